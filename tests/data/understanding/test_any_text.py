"""Whatever is typed: nothing raises, everything heard is of the catalogue, and long hostile texts are read in time."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.core.dialogue import Message
from ccrs.core.hearing import Constraints, SoFar
from ccrs.data.understanding.hearer import Hearer
from ccrs.data.understanding.opinion_model import OpinionModel
from tests.fixtures.understanding import CATALOGUE, FILMS, HEARER, LINKER, TRIPLES

WORDS = [
    "i",
    "you",
    "it",
    "that",
    "this",
    "both",
    "neither",
    "the",
    "first",
    "second",
    "last",
    "other",
    "one",
    "not",
    "no",
    "never",
    "but",
    "and",
    "or",
    ",",
    ".",
    "!",
    "?",
    "(",
    ")",
    "like",
    "liked",
    "loved",
    "hated",
    "seen",
    "saw",
    "haven't",
    "don't",
    "want",
    "something",
    "anything",
    "else",
    "comedy",
    "scary",
    "horror",
    "Titanic",
    "(1997)",
    "Titanic",
    "Alien",
    "Tom",
    "Hanks",
    "Nolan",
    "80s",
    "1990s",
    "from",
    "after",
    "before",
    "2000",
    "between",
    "newer",
    "older",
    "who",
    "directed",
    "what",
    "is",
    "about",
    "else",
    "meant",
    "thanks",
    "bye",
    "with",
    "without",
    "İ",
    "ﬁ",
    "’",
    "<i>",
    "<g>",
    "\n",
    "movies",
    "any",
    "year",
    "genre",
    "surprise",
    "me",
    "forget",
]
texts = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
ids = st.sampled_from([*CATALOGUE.index, "not-there"])
lists = st.lists(ids, max_size=4).map(tuple)
befores = st.builds(
    SoFar,
    shown=st.lists(lists, max_size=3).map(tuple),
    named=lists,
    constraints=st.builds(
        Constraints, lists, lists, st.none() | st.integers(1900, 2030), st.none() | st.integers(1900, 2030)
    ),
    previous=st.none() | texts.map(lambda text: Message("seeker", text, LINKER.link(text))),
)


@settings(max_examples=300, deadline=None)
@given(text=texts, before=befores)
def test_nothing_raises_and_everything_is_of_the_catalogue(text: str, before: SoFar) -> None:
    heard = HEARER.hear(text, before)
    assert heard.message.text == text
    end = 0
    for mention in heard.message.mentions:
        assert end <= mention.start < mention.end <= len(text)
        assert mention.entity in CATALOGUE.index
        end = mention.end
    new = {*heard.constraints.wanted, *heard.constraints.unwanted} - {
        *before.constraints.wanted,
        *before.constraints.unwanted,
    }
    assert new <= set(CATALOGUE.index)
    assert set(heard.opinions) <= set(CATALOGUE.index)
    assert all(words and not {"like", "dislike"} <= words for words in heard.opinions.values())
    assert {*heard.rejected, *heard.undone} <= set(FILMS)
    assert not set(heard.constraints.wanted) & set(heard.constraints.unwanted) - set(
        before.constraints.wanted
    )
    if heard.question is not None:
        assert set(heard.question.items) <= set(FILMS)
    assert HEARER.hear(text, before) == heard


HOSTILE = (
    "no " * 1300, "not a " * 700, "Alien " * 700, "Alien good " * 400, "comedy or " * 450, "no comedy, " * 400,
    "(((((" * 800, "!" * 4000, "i,i," * 1000 + "!" * 2000, "that that " * 400, "the first one " * 300, "it is " * 700,
    "between 1990 and " * 250, "who directed " * 320, "what else did he " * 250, "I liked Tom Hanks in " * 200,
    "Titanic and " * 350, "a" * 4000, "without the very " * 250, "something like " * 280, "1990s or " * 450,
    "I loved Alien and hated Titanic. " * 120, "and so ok but well oh cool " * 150, "both of them or " * 250,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_long_hostile_texts_are_read_in_time(text: str) -> None:
    before = SoFar(shown=(("alien", "inception"),), named=("titanic97",))
    hearer = Hearer(CATALOGUE, TRIPLES, LINKER, OpinionModel((), np.zeros((0, 3)), np.zeros(3)))
    spent = []
    for part in (text[:1000], text[:4000]):
        start = time.process_time()
        hearer.hear(part, before)
        spent.append(time.process_time() - start)
    assert spent[1] < 1.0, f"{spent[1]:.2f} s for 4,000 characters"
