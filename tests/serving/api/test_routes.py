"""Every route does what it is there for."""

from __future__ import annotations

import pytest

from tests.fixtures.fake_films import FILMS
from tests.serving.api.asking import Asked, asked, problem


@pytest.fixture
def ask() -> Asked:
    return asked()


def test_a_dialogue_from_its_begin_to_its_end(ask: Asked) -> None:
    begun = ask("POST", "/v1/users/anna/dialogues")
    assert begun.status_code == 201
    dialogue = begun.json()
    assert dialogue == {"id": dialogue["id"], "user": "anna", "created": 1000.0, "turns": []}
    assert begun.headers["location"] == f"/v1/dialogues/{dialogue['id']}"
    turn = ask("POST", f"/v1/dialogues/{dialogue['id']}/turns", json={"text": "I loved Heat", "k": 2})
    assert turn.status_code == 200
    told = turn.json()
    assert told["reply"] == "You could watch Collateral (2004)."
    assert [card["title"] for card in told["items"]] == ["Collateral", "The Insider"]
    assert told["items"][0]["facts"]["director"] == ["Michael Mann"]
    assert told["items"][0]["reasons"][0] == "director Michael Mann"
    assert told["explanation"]["relations"][0] == {"name": "director", "weight": 0.8, "unadapted": 0.333}
    assert told["heard"] == [
        {"id": "m1", "name": "Heat", "start": 8, "end": 12, "is_item": True, "opinions": ["like"]}
    ]
    assert ask("GET", f"/v1/dialogues/{dialogue['id']}").json()["turns"] == [told]
    gone = ask("DELETE", f"/v1/dialogues/{dialogue['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    problem(ask("GET", f"/v1/dialogues/{dialogue['id']}"), 404, "not_found")
    problem(ask("DELETE", f"/v1/dialogues/{dialogue['id']}"), 404, "not_found")


def test_filters_and_seed_reach_the_service(ask: Asked) -> None:
    body = {"text": "Heat", "filters": {"wanted": ["Comedy"], "year_to": 1990}, "k": 9, "seed": 3}
    turn = ask("POST", f"/v1/dialogues/{ask.dialogue()}/turns", json=body).json()
    assert [card["title"] for card in turn["items"]] == ["Big"]


def test_recommendations(ask: Asked) -> None:
    told = ask("POST", "/v1/recommendations", json={"user": "bert", "items": ["Alien"], "k": 3}).json()
    assert [card["title"] for card in told["items"]][:1] == ["Aliens"]
    assert told["items"][0]["rank"] == 1
    assert told["explanation"]["relations"][1]["name"] == "actor"
    assert told["explanation"]["relations"][1]["weight"] == 0.8
    plain = ask("POST", "/v1/recommendations", json={"text": "Heat", "explain": False}).json()
    assert plain["explanation"] is None
    assert len(plain["items"]) == 10


def test_feedback_and_undo(ask: Asked) -> None:
    def say(opinion: str, **more: object) -> list[str]:
        answer = ask("POST", "/v1/feedback", json={"user": "anna", "item": "m1", "opinion": opinion, **more})
        assert answer.status_code == 200
        return list(answer.json()["opinions"])

    assert say("like") == ["like"]
    assert say("seen") == ["like", "seen"]
    assert say("dislike") == ["seen", "dislike"]
    assert say("dislike", undo=True) == ["seen"]


def test_items_are_searched_page_by_page(ask: Asked) -> None:
    found = ask("GET", "/v1/items", params={"q": "titanic"}).json()
    assert [(card["title"], card["year"]) for card in found["items"]] == [
        ("Titanic", 1997),
        ("Titanic", 1953),
    ]
    assert found["total"] == 2
    page = ask("GET", "/v1/items", params={"limit": 5, "offset": 10}).json()
    assert [card["id"] for card in page["items"]] == [film.id for film in FILMS[10:]]
    assert page["total"] == len(FILMS)


def test_an_item_is_put_in_changed_and_taken_out(ask: Asked) -> None:
    new = {"title": "New Film", "year": 2026, "facts": {"director": ["Michael Mann"]}, "price": "3 €"}
    assert ask("PUT", "/v1/items/shop/new%20film", json=new).status_code == 200
    card = ask("GET", "/v1/items/shop%2Fnew film").json()
    assert (card["id"], card["price"], card["facts"]) == ("shop/new film", "3 €", new["facts"])
    changed = ask("PUT", "/v1/items/m1", json={"title": "Heat", "available": False}).json()
    assert (changed["available"], changed["year"]) == (False, 1995)
    assert ask("DELETE", "/v1/items/m1").status_code == 204
    problem(ask("GET", "/v1/items/m1"), 404, "not_found")


def test_a_user_is_seen_exported_and_deleted(ask: Asked) -> None:
    dialogue = ask.dialogue()
    ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "I loved Heat, not Titanic"})
    profile = ask("GET", "/v1/users/anna/profile").json()
    assert [(k["name"], k["opinion"]) for k in profile["opinions"]] == [
        ("Heat", "like"),
        ("Titanic", "dislike"),
    ]
    assert profile["dialogues"][0]["num_turns"] == 1
    export = ask("GET", "/v1/users/anna").json()
    assert export["dialogues"][0]["turns"][0]["said"] == "I loved Heat, not Titanic"
    assert ask("DELETE", "/v1/users/anna").status_code == 204
    for method, path in (
        ("GET", "/v1/users/anna"),
        ("DELETE", "/v1/users/anna"),
        ("GET", "/v1/users/anna/profile"),
    ):
        problem(ask(method, path), 404, "not_found")
    problem(ask("GET", f"/v1/dialogues/{dialogue}"), 404, "not_found")


def test_the_run_is_loaded_anew(ask: Asked) -> None:
    assert ask("POST", "/v1/admin/reload").json() == {"model": "fake-2"}
    assert ask.service.reloads == 1


def test_health_and_readiness(ask: Asked) -> None:
    assert ask("GET", "/healthz").json() == {"status": "ok"}
    assert ask("GET", "/readyz").json() == ask.service.readiness()
    assert ask.service.readiness()["ready"] is True
    ask.service.ready = False
    not_yet = ask("GET", "/readyz")
    problem(not_yet, 503, "not_ready")
    assert not_yet.headers["retry-after"] == "2"
    assert ask("GET", "/healthz").status_code == 200


def test_the_counts(ask: Asked) -> None:
    dialogue = ask.dialogue()
    ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "Heat"})
    ask("GET", "/v1/users/nobody-knows-me")
    counts = ask("GET", "/metrics")
    assert counts.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = counts.text.splitlines()
    turns = 'ccrs_requests_total{method="POST",route="/v1/dialogues/{dialogue}/turns",status="200"} 1.0'
    assert turns in lines
    assert 'ccrs_requests_total{method="GET",route="/v1/users/{user}",status="404"} 1.0' in lines
    assert "ccrs_turns_total 1.0" in lines
    assert "ccrs_reply_tokens_total 5.0" in lines
    assert "ccrs_first_token_seconds_count 1.0" in lines
    assert "ccrs_in_flight 1.0" in lines
    assert 'ccrs_service{name="adaptation_cache_hits"} 3.0' in lines
    assert "nobody-knows-me" not in counts.text
    assert "anna" not in counts.text


def test_a_method_that_nobody_knows_makes_no_label_of_its_own(ask: Asked) -> None:
    ask("BREW", "/v1/items")
    assert 'method="other"' in ask("GET", "/metrics").text
    assert "BREW" not in ask("GET", "/metrics").text


def test_the_other_protocol_is_there(ask: Asked) -> None:
    assert ask("GET", "/v1/models").json()["data"][0]["id"] == "ccrs"
    unknown = ask("GET", "/v1/models/nobody")
    assert unknown.status_code == 404
    assert set(unknown.json()["error"]) == {"message", "type", "param", "code"}
