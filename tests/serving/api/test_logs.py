"""Logs hold routes and times: no keys, no names, no words."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from ccrs.serving.api.access_log import configure_logging, note_failure
from tests.fixtures.fake_service import FakeService, FakeStore
from tests.serving.api.asking import EVENTS, OUTSIDE, asked

SECRETS = (
    "ccrs_very_secret",
    "wrong_secret",
    "annabella",
    "private words",
    "my-once-key",
    "hidden-query",
    "evil.example",
)


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    """Later tests on this worker shall not write to what was standard error here."""
    loggers = [logging.getLogger(name) for name in ("ccrs", "uvicorn")]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate


def test_no_secrets_in_logs(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)
    store = FakeStore()
    store.add("ccrs_very_secret", "shop")
    ask = asked(FakeService(), store, **OUTSIDE)
    key = {"key": "ccrs_very_secret"}
    dialogue = ask.dialogue("annabella", **key)
    path = f"/v1/dialogues/{dialogue}/turns"
    words = {"text": "private words"}
    ask("POST", path, json=words, headers={"idempotency-key": "my-once-key"}, **key)
    ask("POST", path, json=words, headers=EVENTS, **key)
    ask("POST", path, json={"private words": 1}, **key)
    ask("GET", "/v1/items?q=hidden-query", **key)
    ask("GET", "/v1/items", key="wrong_secret")
    ask("GET", "/v1/users/annabella/nothing", **key)
    ask("GET", "/v1/items", headers={"host": "evil.example"})
    for error in (RuntimeError("private words of annabella"), KeyError("annabella")):

        async def export_user(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(ask.service, "export_user", export_user)
        assert ask("GET", "/v1/users/annabella", **key).status_code == 500
    records = [
        record for record in caplog.records if record.name.split(".")[0] != "httpx"
    ]  # the client's own
    logged = "\n".join(record.getMessage() + str(record.exc_info or "") for record in records)
    assert "POST /v1/dialogues/{dialogue}/turns 200" in logged
    assert "GET /v1/users/{user} 500" in logged
    assert "RuntimeError at export_user (api/test_logs.py:" in logged
    for secret in SECRETS:
        assert secret not in logged, secret


def test_a_failure_tells_its_kind_and_its_causes(caplog: pytest.LogCaptureFixture) -> None:
    try:
        try:
            raise KeyError("words")
        except KeyError as error:
            raise ValueError("more words") from error
    except ValueError as error:
        note_failure(error)
    assert caplog.messages[0].startswith("ValueError from KeyError at test_a_failure_tells")
    assert "words" not in caplog.text


def test_logs_go_to_standard_error_once(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    configure_logging()
    logging.getLogger("ccrs.access").info("GET / 200 1.0 ms")
    logging.getLogger("uvicorn.error").info("not told")
    seen = capfd.readouterr()
    assert seen.out == ""
    assert seen.err.count("INFO ccrs.access GET / 200 1.0 ms") == 1
    assert "not told" not in seen.err
