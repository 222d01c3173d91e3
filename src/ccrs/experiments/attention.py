"""What a run attends to: the relations of films for chosen users, and the turns of dialogues, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import DataError
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.samples import build_samples
from ccrs.evaluation.canvas import shortened
from ccrs.evaluation.figures import Block, Heatmap, TurnImportance
from ccrs.evaluation.ranking import FloatArray
from ccrs.experiments.corpus import Corpus, divide
from ccrs.inference.builders import run_builder
from ccrs.meta.adaptation import adapt
from ccrs.models.ccrs import CCRS

NUM_USERS: Final = 4
NUM_FILMS: Final = 3
NUM_RELATIONS: Final = 6
MOST_TURNS: Final = 16
_COVERED: Final = 0.95  # of the mentions lie in the turns that are shown
_USERS_A_BATCH: Final = 10


@dataclass(frozen=True, eq=False)
class RelationWeights:
    """Attention mass G(r, u) of each relation on each film, for users adapted to and for nobody (Eq. 3).

    Summed over the film's edges of the relation and averaged over heads, so it sums to 1 over relations.
    """

    users: tuple[str, ...]
    num_support: tuple[int, ...]
    films: tuple[str, ...]
    relations: tuple[str, ...]
    adapted: FloatArray  # (users, films, relations)
    unadapted: FloatArray  # (films, relations)
    even: FloatArray  # (films, relations) if every edge of a film weighed the same

    def heatmap(self, note: str = "") -> Heatmap:
        """As Fig. 3a: rows are (user, film), columns relations; two blocks to compare with stand first."""
        blocks = [Block("even: every edge alike", self.films), Block("unadapted: user unknown", self.films)]
        for user, count in zip(self.users, self.num_support, strict=True):
            blocks.append(Block(f"{named_user(user)}, support dialogues: {count}", self.films))
        empty = np.full_like(self.unadapted, np.nan)
        return Heatmap(
            title="What users look at in a film: attention to its relations",
            blocks=tuple(blocks),
            columns=self.relations,
            weights=np.concatenate([self.even, self.unadapted, *self.adapted]),  # (rows, relations)
            change=np.concatenate([empty, empty, *(self.adapted - self.unadapted)]),
            column_label="relation",
            weight_label="Share of attention (a row sums to 1)",
            change_label="Change by adaptation (adapted − unadapted)",
            note=note,
        )


def relation_weights(
    run: Run,
    corpus: Corpus,
    tasks: Sequence[UserTask],
    *,
    num_users: int = NUM_USERS,
    num_films: int = NUM_FILMS,
) -> RelationWeights | None:
    """Relation weights of the users with most support on the films named in most training dialogues.

    Ties go to the earlier user and film. A film without two kinds of relations leaves no choice and is passed
    over; None when no film or no user is left. Relations beyond the heaviest are summed up as *other*. Raises
    ``DataError`` for a model without attention.
    """
    model = _attentive(run)
    films = _frequent_films(run, corpus, num_films)
    chosen = sorted(tasks, key=lambda task: -len(task.support))[:num_users]
    if not films or not chosen:
        return None
    batch = _asked_about(run, corpus, chosen, films).to(model.device)
    adapted = _relation_mass(run, model, batch, _inner(run, model, batch), len(films))
    with torch.no_grad():
        common = model.gather(batch)
    unadapted = _relation_mass(run, model, batch, common, len(films))[0]  # the same for everybody
    even = np.stack([_edge_shares(run, film) for film in films])
    order = np.argsort(-unadapted.sum(axis=0), kind="stable")
    order = order[even.sum(axis=0)[order] > 0]
    shown, rest = order[:NUM_RELATIONS], order[NUM_RELATIONS:]
    names = tuple(run.graph.relations[relation] for relation in shown)
    return RelationWeights(
        users=tuple(corpus.table.users[task.user] for task in chosen),
        num_support=tuple(len(task.support) for task in chosen),
        films=tuple(run.catalogue.entities[film].title for film in films),
        relations=(*names, "other") if len(rest) else names,
        adapted=_with_rest(adapted, shown, rest),
        unadapted=_with_rest(unadapted, shown, rest),
        even=_with_rest(even, shown, rest),
    )


def turn_importance(
    run: Run, corpus: Corpus, tasks: Sequence[UserTask], *, note: str = ""
) -> TurnImportance | None:
    """μ^o over turns from the learned turn embeddings, and the weights used in the query contexts of ``tasks``.

    The turns shown are those that hold 95% of the mentions, ``MOST_TURNS`` at most, counted as the model does:
    from the start of the dialogue (from 1), or back from the present one (0). None when no context has a
    mention. Raises ``DataError`` for a model without attention.
    """
    model = _attentive(run)
    parts = [_used_weights(run, model, batch) for batch in _query_batches(run, corpus, tasks)]
    if not sum(len(part[0]) for part in parts):
        return None
    turns, weights, even, firsts = (np.concatenate(column) for column in zip(*parts, strict=True))
    covered = np.cumsum(np.bincount(turns)) >= _COVERED * len(turns)
    size = min(int(np.argmax(covered)) + 1, MOST_TURNS, model.config.max_turns)
    absolute = model.config.turn_position == "absolute"
    # The present turn stands on the right in both ways of counting.
    order = np.arange(size) if absolute else np.arange(size)[::-1]

    def by_turn(values: FloatArray) -> FloatArray:
        return np.bincount(turns, weights=values, minlength=size)[order].astype(np.float64)

    counts = by_turn(firsts)
    known = np.where(counts > 0, counts, np.nan)
    with torch.no_grad():
        learned = model.turn_importance.scores(model.turns)[:size, 0].double().softmax(0).cpu().numpy()
    return TurnImportance(
        labels=tuple(str(turn + 1) if absolute else f"−{turn}" if turn else "0" for turn in order.tolist()),
        by_turn=learned[order],
        total=by_turn(weights) / known,
        even=by_turn(even) / known,
        num_contexts=counts.astype(np.int64),
        turn_label="turn of the dialogue" if absolute else "turn, counted from the present one",
        note=note,
    )


def named_user(user: str) -> str:
    """A user id as it is written in a figure: ``user 719``."""
    name = shortened(user, 18)
    return name if name.lower().startswith("user") else f"user {name}"


def _attentive(run: Run) -> CCRS:
    """The run's model, if it has attention."""
    if not isinstance(run.model, CCRS):
        raise DataError(f"{run.config.name!r} has no attention over relations. Use a run of 'ccrs'.")
    return run.model


def _frequent_films(run: Run, corpus: Corpus, count: int) -> list[int]:
    """The items named in most training dialogues that have at least two relations."""
    mentions = corpus.table.dialogue_mentions
    positions, _ = mentions.positions(divide(corpus, run.config.data).train_dialogues)
    named = np.bincount(mentions.values[positions], minlength=run.catalogue.num_entities)
    ordered = np.argsort(-named[: run.catalogue.num_items], kind="stable").tolist()
    return [item for item in ordered if len(np.unique(run.graph.edges_of(item)[1])) > 1][:count]


def _asked_about(run: Run, corpus: Corpus, tasks: Sequence[UserTask], films: Sequence[int]) -> Batch:
    """A batch of users with their support, each of whom names all ``films`` now."""
    ids = [run.catalogue.entities[film].id for film in films]
    mentions = tuple(Mention(one, place, place + 1, marked=True) for place, one in enumerate(ids))
    message = Message("seeker", "x" * len(films), mentions)
    earlier = [corpus.dialogues[dialogue] for task in tasks for dialogue in task.support]
    asked = [Dialogue(f"asked-{task.user}", corpus.table.users[task.user], (message,)) for task in tasks]
    table = build_samples(run.catalogue, [*earlier, *asked], open_ended=True)
    ends = np.cumsum([len(task.support) for task in tasks])
    own = [
        UserTask(number, np.arange(end - len(task.support), end), np.array([len(earlier) + number]))
        for number, (task, end) in enumerate(zip(tasks, ends.tolist(), strict=True))
    ]
    return run_builder(run, table).adapting(own)


def _inner(run: Run, model: CCRS, batch: Batch) -> tuple[Tensor, Tensor]:
    """Rows and user embeddings after the inner steps; the common ones where the run does not adapt."""
    if not run.adapts or batch.support is None:
        with torch.no_grad():
            return model.gather(batch)
    with torch.enable_grad():
        adapted = adapt(model, run.rates, batch, run.catalogue.num_items).adapted
    return adapted.rows.detach(), adapted.users.detach()


def _relation_mass(
    run: Run, model: CCRS, batch: Batch, inner: tuple[Tensor, Tensor], num_films: int
) -> FloatArray:
    """Attention of each user of the batch on each film, summed by relation: (users, films, relations)."""
    hop, num_relations = batch.query.hops[-1], len(run.graph.relations)
    with torch.no_grad():
        weights = model.edge_weights(*inner, batch.query).double()
    mass = weights.new_zeros(hop.num_targets * num_relations)
    mass.index_add_(0, hop.edge_targets * num_relations + hop.edge_relations, weights)
    # Each user's one context mentions the films in their order.
    of_mentions = mass.view(-1, num_relations)[batch.query.mention_encodings]
    return of_mentions.view(batch.num_users, num_films, num_relations).cpu().numpy()


def _edge_shares(run: Run, film: int) -> FloatArray:
    """The share of each relation in the edges of an item: (relations,)."""
    relations = run.graph.edges_of(film)[1]
    return np.bincount(relations, minlength=len(run.graph.relations)) / len(relations)


def _with_rest(mass: FloatArray, shown: IntArray, rest: IntArray) -> FloatArray:
    """The columns ``shown``, and the sum of ``rest`` in one more where there are any."""
    kept = mass[..., shown]
    return np.concatenate([kept, mass[..., rest].sum(axis=-1, keepdims=True)], axis=-1) if len(rest) else kept


def _query_batches(run: Run, corpus: Corpus, tasks: Sequence[UserTask]) -> Iterator[Batch]:
    """The query contexts of ``tasks``, a few users at a time."""
    builder = run_builder(run, corpus.table)
    for start in range(0, len(tasks), _USERS_A_BATCH):
        group = tasks[start : start + _USERS_A_BATCH]
        if run.adapts:
            yield builder.adapting(group)
        else:
            yield builder.plain(builder.contexts_of(np.concatenate([task.query for task in group])))


def _used_weights(run: Run, model: CCRS, batch: Batch) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Of each mention: turn, weight in its context, an even share, and 1 if it is the first of context and turn."""
    batch = batch.to(model.device)
    contexts = batch.query
    inner = _inner(run, model, batch)
    with torch.no_grad():
        encoded = model.encode(*inner, contexts)
        weights = model.self_importance(encoded, contexts.mention_contexts, contexts.num_contexts)
        if model.config.turn_encoder:
            weights = (weights + model.turn_weights(contexts)) / 2  # Eq. 8
    absolute = model.config.turn_position == "absolute"
    turns = (contexts.mention_turns if absolute else contexts.mention_ages).cpu().numpy()
    owners = contexts.mention_contexts.cpu().numpy()
    even = 1 / np.bincount(owners, minlength=1)[owners]
    firsts = np.zeros(len(turns))
    firsts[np.unique(np.stack([owners, turns]), axis=1, return_index=True)[1]] = 1
    return turns, weights.double().cpu().numpy(), even, firsts
