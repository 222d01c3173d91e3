"""What a responder is built from beside its configuration: all of it is in the run it belongs to."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run, load_run
from ccrs.core.errors import DataError
from ccrs.core.protocols import EntityRows, WordRows
from ccrs.core.replies import ITEM_SLOT
from ccrs.core.resources import ReplyNeed
from ccrs.core.samples import Ragged
from ccrs.data.slots import NAMED_SLOT
from ccrs.data.tokeniser import SPEAKERS, ReplyTokeniser
from ccrs.models.responder import ResponderSizes
from ccrs.models.responder_inputs import ReplyKnowledge, ReplyTokens, ResponderInputs
from ccrs.models.responders import responder_row

_WHAT: dict[ReplyNeed, str] = {
    "entity_rows": "a recommender that encodes entities",
    "word_rows": "a recommender that encodes words",
    "word_graph": "a word graph",
    "reviews": "reviews",
}


def responder_inputs(
    name: str, sizes: ResponderSizes, tokeniser: ReplyTokeniser, run: Run | Path
) -> ResponderInputs:
    """What the responder ``name`` is built from, computed once from the run's frozen recommender.

    ``run`` may be the folder of one, which is read only where something of it is needed. Raises ``DataError``
    naming both sides when the run lacks what the responder needs.
    """
    needs = responder_row(name).needs
    slots = tokeniser.slots
    tokens = ReplyTokens(
        speakers=tuple(tokeniser.role_ids[speaker] for speaker in SPEAKERS.values()),
        films=(slots[ITEM_SLOT], slots[NAMED_SLOT]),
        slots=tuple(sorted(slots.values())),
    )
    if not needs:
        return ResponderInputs(sizes, tokens)
    run = load_run(run) if isinstance(run, Path) else run
    _check(name, needs, run)
    return ResponderInputs(sizes, tokens, _knowledge(needs, tokeniser, run))


def graph_words(run: Run) -> frozenset[int]:
    """The words of the run's vocabulary that its word graph knows; none without a graph."""
    edges = run.resources.word_edges
    return frozenset() if edges is None else frozenset(np.unique(edges).tolist())


def _check(name: str, needs: Collection[ReplyNeed], run: Run) -> None:
    held: dict[ReplyNeed, bool] = {
        "entity_rows": isinstance(run.model, EntityRows),
        "word_rows": isinstance(run.model, WordRows),
        "word_graph": run.resources.word_edges is not None,
        "reviews": run.resources.reviews is not None,
    }
    missing = [what for need, what in _WHAT.items() if need in needs and not held[need]]
    if missing:
        raise DataError(
            f"The responder {name!r} needs {' and '.join(missing)}; the run of the recommender "
            f"{run.config.name!r} has none. Train the responder on a run of its own recommender: "
            f"name = {name!r}."
        )


def _knowledge(needs: Collection[ReplyNeed], tokeniser: ReplyTokeniser, run: Run) -> ReplyKnowledge:
    catalogue, words = run.catalogue, run.statistics.vocabulary.words
    with torch.no_grad():
        entity_rows = cast("EntityRows", run.model).entity_rows(torch.arange(catalogue.num_entities))
        word_rows = None
        if "word_rows" in needs:
            word_rows = cast("WordRows", run.model).word_rows(torch.arange(len(words) + 1))
    keywords = reviews = None
    if "word_graph" in needs:
        known = {words[word - 1] for word in graph_words(run) if word}
        keywords = torch.tensor(tokeniser.whole_words(known), dtype=torch.long)
    if "reviews" in needs and run.resources.reviews is not None:
        texts = run.resources.reviews
        rows = [" ".join(words[word - 1] for word in texts[item].tolist()) for item in range(len(texts))]
        reviews = Ragged.from_rows(tokeniser.encode_many(rows))
    names, single = _names(tokeniser, run)
    return ReplyKnowledge(
        entity_rows=_frozen(entity_rows),
        word_rows=None if word_rows is None else _frozen(word_rows),
        keywords=keywords,
        reviews=reviews,
        facts=_facts(run),
        entity_tokens=names,
        one_token_names=single,
    )


def _facts(run: Run) -> Tensor:
    """The entities one hop from an item that are no items themselves."""
    count, graph = run.catalogue.num_items, run.graph
    near = np.unique(graph.neighbours[: graph.offsets[count]])
    return torch.from_numpy(near[near >= count].astype(np.int64))


def _names(tokeniser: ReplyTokeniser, run: Run) -> tuple[Ragged, Tensor]:
    """The tokens of each entity's name, and the names that are one token; people write genres in small letters."""
    others = run.catalogue.entities[run.catalogue.num_items :]
    spellings = [
        tokeniser.encode_many([entity.name for entity in others]),
        tokeniser.encode_many([entity.name.lower() for entity in others]),
    ]
    nothing: list[list[int]] = [[] for _ in range(run.catalogue.num_items)]
    rows = nothing + [list(dict.fromkeys([*own, *small])) for own, small in zip(*spellings, strict=True)]
    single = {
        (run.catalogue.num_items + number, ids[0])
        for spelling in spellings
        for number, ids in enumerate(spelling)
        if len(ids) == 1
    }
    return Ragged.from_rows(rows), torch.tensor(sorted(single), dtype=torch.long).view(-1, 2).T


def _frozen(rows: Tensor) -> Tensor:
    return rows.detach().float().clone()
