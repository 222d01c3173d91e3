"""``ccrs recommend``: ranked titles with reasons, whatever a person types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ccrs.data.prepared import load_prepared
from ccrs.data.readers.jsonl import write_dialogues
from ccrs.experiments.corpus import load_corpus
from tests.cli.conftest import Command
from tests.fixtures.tiny_run import TinyRun
from tests.training.small_runs import small_config, train_quietly


def answer(ccrs: Command, tiny: TinyRun, *options: str | Path) -> dict[str, Any]:
    """What ``recommend --json`` prints, as one object."""
    ended = ccrs("recommend", tiny.run, "--json", *options)
    assert ended.code == 0, ended
    assert ended.out.count("\n") == 1
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_titles_ranks_weights_and_reasons(ccrs: Command, tiny: TinyRun) -> None:
    found = answer(ccrs, tiny, "--text", "I like Heat (1995) and Speed (1994)", "-k", "7")
    assert [item["rank"] for item in found["items"]] == list(range(1, 8))
    titles = [item["title"] for item in found["items"]]
    assert not {"Heat (1995)", "Speed (1994)"} & set(titles)  # what was named is not offered
    assert {mention["name"] for mention in found["mentions"]} == {"Heat (1995)", "Speed (1994)"}
    assert sum(mention["weight"] for mention in found["mentions"]) == pytest.approx(1, abs=1e-5)
    assert sum(relation["weight"] for relation in found["relations"]) == pytest.approx(1, abs=1e-5)


def test_a_table_for_people(ccrs: Command, tiny: TinyRun) -> None:
    ended = ccrs("recommend", tiny.run, "--text", "I like Heat (1995)", "-k", "3")
    assert ended.err == ""
    for part in ("rank", "shares", "Heat (1995)", "weight", "director"):
        assert part in ended.out


def test_a_title_may_be_named_as_it_is_or_by_its_id(ccrs: Command, tiny: TinyRun) -> None:
    film = next(item for item in load_prepared(tiny.data).catalogue.items if item.title == "Heat (1995)")
    assert answer(ccrs, tiny, "--like", "Heat (1995)") == answer(ccrs, tiny, "--like", film.id)


@pytest.mark.parametrize("title", ["Heatt", "Heatt (1995)", "Inceptoin"])
def test_an_unknown_title_gets_the_nearest_ones(title: str, refused: Command, tiny: TinyRun) -> None:
    ended = refused("recommend", tiny.run, "--like", title)
    assert f"{title!r} is not in the catalogue" in ended.err
    assert ("Heat (1995)" if title.startswith("Heat") else "Inception (2010)") in ended.err


WORDS = {
    "nothing said": "",
    "blanks": " \t \n",
    "10,000 words": "some words of no use " * 2000,
    "emoji": "\N{CLAPPER BOARD}\N{FACE WITH TEARS OF JOY} \N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    "right to left": "אני אוהב סרטים ישנים \N{RIGHT-TO-LEFT OVERRIDE}؟",
    "nul and controls": "a\x01b\x1b[31m",
}


@pytest.mark.parametrize("words", WORDS)
def test_words_without_a_title_still_get_a_ranking(words: str, ccrs: Command, smallest: TinyRun) -> None:
    ended = ccrs("recommend", smallest.run, "--json", "--text", WORDS[words])
    assert ended.code == 0
    found = json.loads(ended.out)
    assert found["mentions"] == []
    assert len(found["items"]) == 10
    assert "Nothing in this is known to the catalogue" in ended.err


def test_a_title_is_found_among_10_000_words_emoji_and_hebrew(ccrs: Command, tiny: TinyRun) -> None:
    text = "אני אוהב \N{CLAPPER BOARD} Heat (1995) " + "some words of no use " * 2000
    assert [m["name"] for m in answer(ccrs, tiny, "--text", text)["mentions"]] == ["Heat (1995)"]


def test_support_is_one_persons(ccrs: Command, refused: Command, tiny: TinyRun, tmp_path: Path) -> None:
    dialogues = load_prepared(tiny.data).dialogues
    one, other = dialogues[0].user, dialogues[-1].user
    mine = [dialogue for dialogue in dialogues if dialogue.user == one]
    path = tmp_path / "support.jsonl"
    write_dialogues(path, mine)
    found = answer(ccrs, tiny, "--text", "I like Heat (1995)", "--support", path)
    assert found["num_support"] == len(mine)
    alone = answer(ccrs, tiny, "--text", "I like Heat (1995)")
    assert alone["num_support"] == 0
    assert [i["score"] for i in found["items"]] != [i["score"] for i in alone["items"]]  # it was adapted to
    write_dialogues(path, [*mine, *(dialogue for dialogue in dialogues if dialogue.user == other)])
    assert "holds dialogues of 2 users" in refused("recommend", tiny.run, "--support", path).err


def test_who_does_not_adapt_says_so(ccrs: Command, tiny: TinyRun, tmp_path: Path) -> None:
    config = small_config(name="kbrd", model={"embedding_size": 4}, objective="plain", epochs=0)
    train_quietly(config, load_corpus(tiny.data), tmp_path / "run")
    path = tmp_path / "support.jsonl"
    write_dialogues(path, load_prepared(tiny.data).dialogues[:1])
    ended = ccrs("recommend", tmp_path / "run", "--text", "I like Heat (1995)", "--support", path)
    assert ended.code == 0
    assert "The earlier dialogues change nothing: this run of 'kbrd' does not adapt" in ended.err
    assert "no attention to show" in ended.out


def test_k_is_at_least_one_and_at_most_all(ccrs: Command, tiny: TinyRun) -> None:
    assert ccrs("recommend", tiny.run, "-k", "0").code == 2
    num_items = load_prepared(tiny.data).catalogue.num_items
    assert len(answer(ccrs, tiny, "-k", "100000")["items"]) == num_items
