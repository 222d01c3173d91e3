"""The tokeniser gives every text back, keeps slots whole, and is the same for the same texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.errors import CheckpointError
from ccrs.data.tokeniser import SPEAKERS, ReplyTokeniser
from ccrs.data.turns import BREAK, clean

SLOTS = ("[item]", "[named]", "[director]", "[starred actors]")
TEXTS = [
    "Have you seen [item]? It is by [director].",
    "שלום, ça va 😀",
    "I'd recommend [item] [break] bye",
] * 3
TOKENISER = ReplyTokeniser.train(TEXTS, SLOTS, vocabulary_size=400)
ORDINARY = st.text(max_size=30).map(clean)


def given_back(text: str) -> str:
    return TOKENISER.decode(TOKENISER.encode(text))


@given(ORDINARY)
def test_any_text_comes_back(text: str) -> None:
    assert given_back(text) == text


@given(
    st.lists(
        st.text(alphabet="abz é😀ש!?.,'", max_size=8).map(clean) | st.sampled_from([*SLOTS, BREAK]),
        max_size=8,
    )
)
def test_text_with_slots_comes_back(parts: list[str]) -> None:
    text = " ".join(part for part in parts if part)
    assert given_back(text) == text
    for name, number in TOKENISER.slots.items():
        assert TOKENISER.encode(text).count(number) == text.count(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It's [item]!",
        "[item], [named] and [item].",
        "([item])",
        'Seen "[item]" yet?',
        "[item] - [director]",
        "action/[item]",
        "👩‍👩‍👧 e\u0301 \U0001f1e9\U0001f1ea",
        "مرحبا بالعالم",
        "[item] [break] [named]",
    ],
)
def test_texts_come_back(text: str) -> None:
    assert given_back(text) == text


@pytest.mark.parametrize("slot", [*SLOTS, BREAK])
def test_slots_are_single_tokens_wherever_they_stand(slot: str) -> None:
    number = (TOKENISER.slots | TOKENISER.role_ids)[slot]
    for text in (slot, f"x {slot}", f"x{slot}y", f"{slot}{slot}", f"({slot})"):
        assert TOKENISER.encode(text).count(number) == text.count(slot)


def test_roles_have_fixed_numbers_and_are_no_slots() -> None:
    assert [TOKENISER.pad_id, TOKENISER.start_id, TOKENISER.end_id] == [0, 1, 2]
    assert [TOKENISER.role_ids[name] for name in ("[pad]", "[start]", "[end]")] == [0, 1, 2]
    assert set(TOKENISER.slots) == set(SLOTS)
    assert set(SPEAKERS.values()) <= set(TOKENISER.role_ids)


def test_roles_are_not_spoken() -> None:
    ids = [TOKENISER.role_ids[name] for name in ("[start]", "[seeker]", "[recommender]", "[end]", "[pad]")]
    words = TOKENISER.encode("fine")
    assert TOKENISER.decode([*ids[:2], *words, *ids[2:], *words]) == "fine fine"


def test_many_are_encoded_as_one_by_one() -> None:
    texts = [*TEXTS, "", "new words"]
    assert TOKENISER.encode_many(texts) == [TOKENISER.encode(text) for text in texts]


def test_saved_and_loaded_is_equal(tmp_path: Path) -> None:
    TOKENISER.save(tmp_path / "tokenizer.json")
    loaded = ReplyTokeniser.load(tmp_path / "tokenizer.json")
    assert len(loaded) == len(TOKENISER)
    assert loaded.slots == TOKENISER.slots
    assert loaded.role_ids == TOKENISER.role_ids
    for text in (*TEXTS, "unheard Ω [item]x"):
        assert loaded.encode(text) == TOKENISER.encode(text)
        assert loaded.decode(loaded.encode(text)) == TOKENISER.decode(TOKENISER.encode(text))
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()


def test_the_same_texts_give_the_same_bytes_and_others_do_not(tmp_path: Path) -> None:
    for name, texts in (("a", TEXTS), ("b", iter(TEXTS)), ("c", TEXTS[1:])):
        ReplyTokeniser.train(texts, SLOTS, vocabulary_size=320).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_the_vocabulary_keeps_its_size() -> None:
    texts = [" ".join(f"w{a}{b}" for a in "abcdefgh" for b in "abcdefgh")] * 3
    assert len(ReplyTokeniser.train(texts, SLOTS, vocabulary_size=300)) == 300
    assert len(ReplyTokeniser.train([], SLOTS, vocabulary_size=300)) == 256 + 6 + len(SLOTS)


def test_every_byte_has_a_token() -> None:
    """Also where nothing was learned."""
    empty = ReplyTokeniser.train([], SLOTS, vocabulary_size=300)
    text = "Ünïcödé 😀 [item] שלום"
    assert empty.decode(empty.encode(text)) == text


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"version": "1.0"}', "\x00\x01"])
def test_a_broken_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: is no tokeniser .* Train the run again"):
        ReplyTokeniser.load(path)


def test_a_missing_file_and_one_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is no tokeniser"):
        ReplyTokeniser.load(tmp_path / "tokenizer.json")
    TOKENISER.save(tmp_path / "t.json")
    (tmp_path / "latin.json").write_bytes((tmp_path / "t.json").read_bytes() + b"\xff")
    with pytest.raises(CheckpointError, match="is no tokeniser"):
        ReplyTokeniser.load(tmp_path / "latin.json")
    values = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    values["added_tokens"] = [t for t in values["added_tokens"] if t["content"] != "[start]"]
    del values["model"]["vocab"]["[start]"]
    (tmp_path / "t.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"has no \[pad\], \[start\], \[end\]|is no tokeniser"):
        ReplyTokeniser.load(tmp_path / "t.json")
