"""The description at /openapi.json is true: what it says is taken is taken, and nothing is ever a 5xx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.generation.case import Case
from schemathesis.specs.openapi import checks

from ccrs.serving.api.app import create_app
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.schemas import Problem
from tests.fixtures.fake_service import FakeService, FakeStore
from tests.serving.api.asking import OUTSIDE, OWN, asked

REPOSITORY = Path(__file__).resolve().parents[3]
STORE = FakeStore()
STORE.add("key-of-ops", "ops", admin=True)
SETTINGS = ServerSettings(rate_per_address="", rate_per_key="", wrong_keys_per_address="", **OUTSIDE)  # type: ignore[arg-type]
APP = create_app(FakeService(), STORE, SETTINGS)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)
SCHEMA.config.generation.update(allow_x00=False)  # it is refused everywhere, which no schema can say
LENIENT = [checks.negative_data_rejection]  # "4" is taken for 4 and 0 for false
BOUNDS = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


@SCHEMA.auth()  # type: ignore[untyped-decorator]
class Key:
    """The key that all requests carry, but those that try without."""

    def get(self, case: Case, context: object) -> str:
        """The secret."""
        return "key-of-ops"

    def set(self, case: Case, data: str, context: object) -> None:
        """Put it in."""
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


def check(case: Case) -> None:
    """No 5xx, and what is described."""
    response = case.call(base_url=OWN)
    assert response.status_code < 500, response.text
    if not case.path.startswith(("/v1/chat", "/v1/models")):
        named = (
            case.path == "/v1/recommendations"
        )  # items that nobody knows are refused, which no schema can say
        unchecked = [*LENIENT, checks.positive_data_acceptance] if named else LENIENT
        case.validate_response(response, excluded_checks=unchecked)


@SCHEMA.parametrize()
@settings(max_examples=4, **BOUNDS)
def test_nothing_is_a_5xx(case: Case) -> None:
    check(case)


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=150, **BOUNDS)
def test_nothing_is_a_5xx_however_often_it_is_tried(case: Case) -> None:
    check(case)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    told: dict[str, Any] = APP.openapi()
    return told


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if not path.startswith(("/v1/chat", "/v1/models"))
    ]


def test_every_route_is_described(described: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in described["tags"]}
    for method, path, operation in operations(described):
        assert operation["summary"], path
        assert operation["description"], path
        assert set(operation["tags"]) <= tags, (method, path)
        errors = {status for status in operation["responses"] if status >= "400"}
        if path.startswith("/v1/"):
            assert {"400", "401", "403", "422", "429", "500", "503"} <= errors, (method, path)
            assert operation["security"] == [{"HTTPBearer": []}], (method, path)
        if "requestBody" in operation:
            assert {"413", "415"} <= errors, (method, path)
        for status in errors:
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, (method, path, status)


def test_bodies_have_examples_that_work(described: dict[str, Any]) -> None:
    ask = asked()
    schemas = described["components"]["schemas"]
    tried = 0
    for method, path, operation in operations(described):
        if "requestBody" not in operation:
            continue
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for example in schemas[name]["examples"]:
            place = path.replace("{dialogue}", ask.dialogue()).replace("{item}", "new")
            assert ask(method.upper(), place, json=example).is_success, (path, example)
            tried += 1
    assert tried >= 4


def test_writes_that_may_be_repeated_say_so(described: dict[str, Any]) -> None:
    with_key = {
        (method, path)
        for method, path, operation in operations(described)
        if any(parameter["name"] == "idempotency-key" for parameter in operation.get("parameters", []))
    }
    assert with_key == {
        ("post", "/v1/users/{user}/dialogues"),
        ("post", "/v1/dialogues/{dialogue}/turns"),
        ("post", "/v1/feedback"),
    }


def test_pages_that_load_from_elsewhere_are_off() -> None:
    assert (APP.docs_url, APP.redoc_url) == (None, None)
    assert Problem.model_json_schema()["properties"].keys() == {"error"}


def test_the_handbook_names_every_route(described: dict[str, Any]) -> None:
    text = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
    for method, path, _ in operations(described):
        assert f"`{method.upper()} {path}`" in text, (method, path)
