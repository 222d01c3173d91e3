"""Word graph and reviews: read from their sources, kept in a prepared folder, and put into a run's word ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue
from ccrs.core.resources import Resources, distinct_pairs
from ccrs.core.samples import Ragged
from ccrs.data.graph_format import read_body, read_rows, read_text, write_rows
from ccrs.data.vocabulary import Vocabulary

WORD_COLUMNS = ("first", "second")
REVIEW_COLUMNS = ("item", "text")
MAX_REVIEW_WORDS = 20  # RevCore's length
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")

WordPairs = tuple[tuple[str, str], ...]


def read_word_graph(path: Path) -> set[tuple[str, str]]:
    """Related pairs of single words, smaller word first, from triples of words (plain or gzip).

    Of the three columns the one with the fewest distinct values is the relation, so that ConceptNet's order
    (relation, head, tail) and WordNet's (head, relation, tail) can both be read. Concepts of several words are
    left out. Raises ``DataError`` with file and line.
    """
    rows = []
    for number, values in read_rows(path):
        if len(values) < 3:
            mend = "Write three values separated by tabs: relation, head and tail"
            raise DataError.at(path, number, f"found {len(values)} values in the line", mend)
        rows.append(values[:3])
    if not rows:
        raise DataError.at(path, 1, "the file is empty", "Give triples of words")
    relation = min(range(3), key=lambda column: len({row[column] for row in rows}))
    first, second = (column for column in range(3) if column != relation)
    pairs = ((row[first].strip().lower(), row[second].strip().lower()) for row in rows)
    return {(min(a, b), max(a, b)) for a, b in pairs if a != b and _WORD.fullmatch(a) and _WORD.fullmatch(b)}


def read_reviews(path: Path, item_ids: Mapping[str, str]) -> dict[str, str]:
    """Item id to the text of its review, from a JSON object of movie id to text or words (plain or gzip).

    ``item_ids`` maps movie ids to item ids; others are passed over. Raises ``DataError`` when the file is not that.
    """
    try:
        found: Any = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError.at(path, error.lineno, f"is not JSON ({error.msg})", "Give an object") from error
    if not isinstance(found, dict):
        raise DataError.at(
            path, None, f"holds a {type(found).__name__}", "Give an object: movie id to review"
        )
    reviews: dict[str, str] = {}
    for movie, review in found.items():
        words = review.split() if isinstance(review, str) else review
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            mend = "Give a text or a list of words"
            raise DataError.at(path, None, f"the review of {movie!r} is a {type(review).__name__}", mend)
        text = " ".join(" ".join(words).split())
        if movie in item_ids and text:
            reviews.setdefault(item_ids[movie], text)
    return reviews


def write_word_pairs(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Write related words, sorted, all or nothing."""
    write_rows(path, WORD_COLUMNS, sorted(pairs), required=2)


def read_word_pairs(path: Path) -> WordPairs:
    """What ``write_word_pairs`` wrote."""
    return tuple((first, second) for _, (first, second) in read_body(path, WORD_COLUMNS))


def write_reviews(path: Path, reviews: Mapping[str, str]) -> None:
    """Write the review of each item, all or nothing."""
    write_rows(path, REVIEW_COLUMNS, sorted(reviews.items()), required=2)


def read_item_reviews(path: Path, catalogue: Catalogue) -> dict[str, str]:
    """What ``write_reviews`` wrote; raises ``DataError`` for an item that is not in the catalogue."""
    reviews = {}
    for number, (item, text) in read_body(path, REVIEW_COLUMNS):
        if catalogue.index.get(item, catalogue.num_items) >= catalogue.num_items:
            raise DataError.at(path, number, f"item {item!r} is not in the catalogue", "Prepare again")
        reviews[item] = text
    return reviews


def encode_resources(
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    word_pairs: Sequence[tuple[str, str]] | None,
    reviews: Mapping[str, str] | None,
) -> Resources:
    """Both by the word ids of ``vocabulary``; what has a word outside it is left out."""
    edges = None
    if word_pairs is not None:
        ids = vocabulary.ids
        known = [(ids[a], ids[b]) for a, b in word_pairs if a in ids and b in ids]
        found = np.array(known, np.int64).reshape(-1, 2)
        edges = distinct_pairs(found[:, 0], found[:, 1])
    texts = None
    if reviews is not None:
        rows = [
            _WORD.findall(reviews.get(item.id, "").lower())[:MAX_REVIEW_WORDS] for item in catalogue.items
        ]
        texts = Ragged.from_rows([[vocabulary.ids[w] for w in row if w in vocabulary.ids] for row in rows])
    return Resources(edges, texts)
