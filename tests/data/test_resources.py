"""Word graphs and reviews: read from what people have, kept exactly, put into a run's word ids."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity
from ccrs.core.resources import Resources, distinct_pairs
from ccrs.core.samples import Ragged
from ccrs.data.resources import (
    encode_resources,
    read_item_reviews,
    read_reviews,
    read_word_graph,
    read_word_pairs,
    write_reviews,
    write_word_pairs,
)
from ccrs.data.vocabulary import Vocabulary

CATALOGUE = Catalogue(
    (
        Entity("a", "movie", "A", is_item=True),
        Entity("b", "movie", "B", is_item=True),
        Entity("p", "person", "P"),
    )
)


@pytest.mark.parametrize(
    "lines",
    [
        ["IsA\tcat\tAnimal", "IsA\tdog\tanimal", "IsA\tanimal\tcat", "IsA\tgo home\tcat", "IsA\tdog\tdog"],
        ["cat\tisa\tanimal", "dog\tisa\tanimal", "Animal\tisa\tcat", "cat\tisa\tgo home", "dog\tisa\tdog"],
    ],
    ids=["relation first", "relation in the middle"],
)
def test_pairs_of_single_words_whichever_column_is_the_relation(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "words.tsv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert read_word_graph(path) == {("animal", "cat"), ("animal", "dog")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"words\.tsv:1: the file is empty"),
        (b"IsA\tcat\tanimal\nIsA\tcat\n", r"words\.tsv:2: found 2 values"),
        (b"\xff\xfe\tcat\tdog\n", r"is not UTF-8"),
        (b"\x1f\x8bnot gzip at all", r"cut short or broken"),
    ],
)
def test_a_word_graph_that_cannot_be_read(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "words.tsv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_word_graph(path)


def test_reviews_by_item_as_text_or_words(tmp_path: Path) -> None:
    path = tmp_path / "reviews.json"
    path.write_text(json.dumps({"1": "A  fine\tfilm", "2": ["so", "so"], "3": "of no item", "4": ""}))
    found = read_reviews(path, {"1": "a", "2": "b", "4": "a"})
    assert found == {"a": "A fine film", "b": "so so"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[1]", "holds a list"),
        ('{"1": 5}', "the review of '1' is a int"),
        ('{"1": ["a", 5]}', "the review of '1' is a list"),
    ],
)
def test_reviews_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "reviews.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_reviews(path, {"1": "a"})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    pairs, reviews = [("b", "c"), ("a", "b")], {"b": "so so", "a": "fine"}
    write_word_pairs(tmp_path / "w.tsv", pairs)
    write_reviews(tmp_path / "r.tsv", reviews)
    assert read_word_pairs(tmp_path / "w.tsv") == (("a", "b"), ("b", "c"))
    assert read_item_reviews(tmp_path / "r.tsv", CATALOGUE) == reviews


def test_a_review_of_something_that_is_no_item(tmp_path: Path) -> None:
    write_reviews(tmp_path / "r.tsv", {"p": "a person"})
    with pytest.raises(DataError, match=r"r\.tsv:2: item 'p' is not in the catalogue"):
        read_item_reviews(tmp_path / "r.tsv", CATALOGUE)


def test_encoded_by_the_vocabulary_without_what_it_lacks() -> None:
    vocabulary = Vocabulary(("animal", "cat", "fine"))  # ids 1, 2, 3
    found = encode_resources(
        CATALOGUE, vocabulary, [("animal", "cat"), ("animal", "dog")], {"b": "A FINE, fine cat"}
    )
    assert found.word_edges is not None
    assert found.reviews is not None
    assert found.word_edges.tolist() == [[1], [2]]
    assert [found.reviews[item].tolist() for item in range(2)] == [[], [3, 3, 2]]
    assert encode_resources(CATALOGUE, vocabulary, None, None) == Resources()


def test_what_a_model_needs_and_the_data_lacks_is_named() -> None:
    with pytest.raises(
        DataError, match=r"'kgsf' needs word_graph and reviews.*--word-graph FILE --reviews FILE"
    ):
        Resources().require({"reviews", "word_graph"}, "kgsf")
    held = Resources(np.zeros((2, 0), np.int64), Ragged.from_rows([[]]))
    assert held.require({"word_graph"}, "kgsf") == Resources(held.word_edges, None)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_distinct_pairs_have_no_order_no_loop_and_no_double(pairs: list[tuple[int, int]]) -> None:
    array = np.array(pairs, np.int64).reshape(-1, 2)
    found = {(int(a), int(b)) for a, b in distinct_pairs(array[:, 0], array[:, 1]).T}
    assert found == {(min(a, b), max(a, b)) for a, b in pairs if a != b}
    assert distinct_pairs(array[:, 0], array[:, 1]).shape[1] == len(found)
