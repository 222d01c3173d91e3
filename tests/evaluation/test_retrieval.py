"""BM25 against its formula in plain code."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation import retrieval
from ccrs.evaluation.retrieval import ContextIndex
from ccrs.evaluation.text_overlap import words


def plain_scores(query: str, contexts: list[str]) -> list[float]:
    rows = [words(text) for text in contexts]
    mean = sum(map(len, rows)) / len(rows)
    scores = []
    for row in rows:
        score = 0.0
        for word in set(words(query)):
            df = sum(word in other for other in rows)
            idf = math.log(1 + (len(rows) - df + 0.5) / (df + 0.5))
            tf = row.count(word)
            score += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * len(row) / mean))
        scores.append(score)
    return scores


def random_texts(generator: np.random.Generator, count: int, most: int) -> list[str]:
    sizes = generator.integers(1, most, size=count)
    return [" ".join(f"w{min(int(k), 60)}" for k in generator.zipf(1.5, size=size)) for size in sizes]


@pytest.mark.parametrize(("num_dense", "chunk"), [(256, 10**6), (0, 10**6), (5, 40)])
def test_nearest_has_the_highest_score_of_the_formula(
    num_dense: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieval, "_NUM_DENSE", num_dense)
    monkeypatch.setattr(retrieval, "_CHUNK_CELLS", chunk)
    generator = np.random.default_rng(0)
    contexts, queries = random_texts(generator, 40, 12), random_texts(generator, 15, 8)
    found = ContextIndex(contexts).nearest(queries)
    for query, index in zip(queries, found, strict=True):
        scores = plain_scores(query, contexts)
        assert scores[index] == pytest.approx(max(scores), rel=1e-5)


def test_a_training_context_finds_itself_and_of_equal_ones_the_first() -> None:
    contexts = ["Any horror films?", "hello", "I like war films", "hello", "no"]
    index = ContextIndex(contexts)
    assert index.nearest(["HELLO!", "war films please", "horror"]).tolist() == [1, 2, 0]


def test_nothing_known_gets_the_shortest_context() -> None:
    index = ContextIndex(["a b", "", "c"])
    assert index.nearest(["", "zebra", "c"]).tolist() == [1, 1, 2]
    assert index.nearest([]).tolist() == []
    assert ContextIndex(["", ""]).nearest(["a"]).tolist() == [0]
    with pytest.raises(CcrsError, match="no contexts"):
        ContextIndex([])


def test_many_queries_are_quick() -> None:
    generator = np.random.default_rng(1)
    vocabulary = np.array([f"w{i}" for i in range(3000)])
    contexts = [" ".join(vocabulary[(generator.zipf(1.3, size=30) - 1) % 3000]) for _ in range(2500)]
    start = time.process_time()
    ContextIndex(contexts).nearest(contexts[:500])
    assert time.process_time() - start < 3.0  # a tenth of this is usual; scoring pair by pair takes minutes
