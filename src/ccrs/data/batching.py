"""From samples to ragged batches, vectorised: no Python loop over users, contexts or samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ccrs.core.batch import BLOCK, Batch, Contexts, History, Hop
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.hops import relation_slots
from ccrs.core.samples import BoolArray, IntArray, Ragged, SampleTable, UserTask
from ccrs.data.cooccurrence import Cooccurrence, FloatArray
from ccrs.data.known_items import KnownItems
from ccrs.data.user_items import items_of_users
from ccrs.data.vocabulary import Vocabulary


@dataclass(frozen=True)
class _Keys:
    """Distinct (user, entity) pairs as ``user * num_entities + entity``."""

    values: IntArray
    num_entities: int

    @property
    def entities(self) -> IntArray:
        return self.values % self.num_entities

    @property
    def users(self) -> IntArray:
        return self.values // self.num_entities

    def find(self, values: IntArray) -> IntArray:
        """Positions of ``values`` (all present)."""
        return np.searchsorted(self.values, values)


class BatchBuilder:
    """Builds batches over one sample table.

    ``vocabulary`` and ``cooccurrence`` are the words and the co-occurrence counts of the training dialogues,
    ``by_users`` the counts over their users; where they are None the batch has none. ``num_layers`` is the number of
    hops. ``liked`` holds for each mention of the table (as in ``mention_turns``) how probably the user likes it, where
    a model asks for it. ``known_items`` tells what is no candidate, in data where nobody has an item twice.
    """

    def __init__(
        self,
        table: SampleTable,
        graph: KnowledgeGraph,
        *,
        num_items: int,
        num_layers: int = 1,
        vocabulary: Vocabulary | None = None,
        cooccurrence: Cooccurrence | None = None,
        by_users: Cooccurrence | None = None,
        max_words: int = 64,
        for_seeker: bool = False,
        liked: npt.NDArray[np.float32] | None = None,
        known_items: KnownItems | None = None,
    ) -> None:
        self.table = table
        self.graph = graph
        self.num_items = num_items
        self.num_layers = num_layers
        self.cooccurrence = cooccurrence
        self.by_users = by_users
        self.max_words = max_words
        self.for_seeker = for_seeker
        self.liked = liked
        self.known_items = known_items
        self._edges = Ragged(graph.offsets, graph.neighbours)
        self._words = vocabulary.encode(table.words) if vocabulary is not None else None
        self._user_items = items_of_users(table) if by_users is not None else None
        self._samples_of = _samples_by_context(table)
        self._contexts_of = _contexts_by_dialogue(table)

    def contexts_of(self, dialogues: IntArray) -> IntArray:
        """The contexts of ``dialogues``, in their order."""
        positions, _ = self._contexts_of.positions(dialogues)
        return self._contexts_of.values[positions]

    def plain(self, contexts: IntArray, *, leave_out: bool = False) -> Batch:
        """A batch in which nobody adapts: all share the rows, and equal entities are encoded once.

        ``leave_out`` takes each context's own dialogue out of the co-occurrence counts, as training must.
        """
        return self._batch(
            np.zeros(1, np.int64),
            contexts=contexts,
            local=np.zeros(len(contexts), np.int64),
            support=None,
            shared=True,
            leave_out=leave_out,
            history=[],
        )

    def adapting(self, tasks: Sequence[UserTask], *, leave_out: bool = False) -> Batch:
        """A batch of users who adapt on their support; each has rows of his own."""
        query, query_users = self._contexts_of_tasks([task.query for task in tasks])
        support, support_users = self._contexts_of_tasks([task.support for task in tasks])
        return self._batch(
            np.zeros(len(tasks), np.int64),
            contexts=query,
            local=query_users,
            support=(support, support_users),
            shared=False,
            leave_out=leave_out,
            history=tasks,
        )

    def remembering(self, tasks: Sequence[UserTask]) -> Batch:
        """The query contexts of ``tasks``, nobody adapted, with the history of each user for models that read it."""
        query, query_users = self._contexts_of_tasks([task.query for task in tasks])
        return self._batch(
            np.zeros(len(tasks), np.int64),
            contexts=query,
            local=query_users,
            support=None,
            shared=True,
            leave_out=False,
            history=tasks,
        )

    def own_rows(self, contexts: IntArray, users: IntArray, num_users: int) -> Batch:
        """A batch in which each context's user (``users``, numbers below ``num_users``) has rows of his own.

        Nobody adapts in it: for users who were adapted before, whose rows are put in by the caller.
        """
        return self._batch(
            np.zeros(num_users, np.int64),
            contexts=contexts,
            local=users,
            support=None,
            shared=False,
            leave_out=False,
            history=[],
        )

    def _contexts_of_tasks(self, halves: list[IntArray]) -> tuple[IntArray, IntArray]:
        """Contexts of each user's dialogues and whose they are."""
        dialogues = np.concatenate(halves) if halves else np.zeros(0, np.int64)
        owners = np.repeat(np.arange(len(halves)), [len(half) for half in halves])
        positions, which = self._contexts_of.positions(dialogues)
        return self._contexts_of.values[positions], owners[which]

    def _batch(
        self,
        users: IntArray,
        *,
        contexts: IntArray,
        local: IntArray,
        support: tuple[IntArray, IntArray] | None,
        shared: bool,
        leave_out: bool,
        history: Sequence[UserTask],
    ) -> Batch:
        sides = [(contexts, local)] if support is None else [(contexts, local), support]
        expanded = [self._expand(side, side_users) for side, side_users in sides]
        base = [layers[0] for layers, _ in expanded]
        row_keys = [keys % self.graph.num_entities if shared else keys for keys in base]
        rows = _Keys(np.unique(np.concatenate(row_keys)), self.graph.num_entities)
        is_item = rows.entities < self.num_items
        order = np.concatenate([np.flatnonzero(is_item), np.flatnonzero(~is_item)])  # items first
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        built = [
            self._contexts(
                side, side_users, layers, mentions, rows, place, shared=shared, leave_out=leave_out
            )
            for (side, side_users), (layers, mentions) in zip(sides, expanded, strict=True)
        ]
        return Batch(
            row_entities=_tensor(rows.entities[order]),
            row_users=_tensor(rows.users[order]),
            num_item_rows=int(is_item.sum()),
            users=_tensor(users),
            query=built[0],
            support=built[1] if support is not None else None,
            history=self._history(history, leave_out=leave_out),
        )

    def _expand(self, contexts: IntArray, users: IntArray) -> tuple[list[IntArray], IntArray]:
        """Distinct (user, entity) keys needed at each layer, lowest first, and the keys of the mentions."""
        positions, owner = self.table.mentions.positions(contexts)
        mentions = users[owner] * self.graph.num_entities + self.table.mentions.values[positions]
        layers = [np.unique(mentions)]
        for _ in range(self.num_layers):
            keys = _Keys(layers[0], self.graph.num_entities)
            edges, target = self._edges.positions(keys.entities)
            neighbours = keys.users[target] * self.graph.num_entities + self.graph.neighbours[edges]
            layers.insert(0, np.unique(np.concatenate([layers[0], neighbours])))
        return layers, mentions

    def _contexts(
        self,
        contexts: IntArray,
        users: IntArray,
        layers: list[IntArray],
        mentions: IntArray,
        rows: _Keys,
        place: IntArray,
        *,
        shared: bool,
        leave_out: bool,
    ) -> Contexts:
        table = self.table
        # A side of an adapting batch works on its own rows; a shared batch (one side) on all, in their order.
        sources = rows if shared else _Keys(layers[0], self.graph.num_entities)
        # Rows by entity have the items first as they come.
        side_rows = None if shared else _tensor(place[rows.find(layers[0])])
        hops = []
        for level, values in enumerate(layers[1:]):
            targets = _Keys(values, self.graph.num_entities)
            hops.append(self._hop(targets, sources, shared=shared and level == 0))
            sources = targets
        if shared and not hops:  # nothing is encoded: mentions are looked up among the shared rows themselves
            mentions = mentions % self.graph.num_entities
        positions, owner = table.mentions.positions(contexts)
        samples, sample_contexts = self._samples_of.positions(contexts)
        wanted = table.sample_targets[self._samples_of.values[samples]]
        words, word_contexts = self._words_before(contexts)
        together, weights = self._together(contexts, positions, owner, leave_out=leave_out)
        return Contexts(
            hops=tuple(hops),
            rows=side_rows,
            users=_tensor(users),
            mention_encodings=_tensor(sources.find(mentions)),
            mention_contexts=_tensor(owner),
            mention_turns=_tensor(table.mention_turns[positions]),
            mention_ages=_tensor(table.context_turns[contexts][owner] - table.mention_turns[positions]),
            mention_by_seeker=torch.from_numpy(table.mention_by_seeker[positions]),
            mention_liked=None if self.liked is None else torch.from_numpy(self.liked[positions]),
            words=_tensor(words),
            word_contexts=_tensor(word_contexts),
            together=_tensor(together),
            together_weights=torch.from_numpy(weights),
            known=_tensor(self._known(contexts, wanted, sample_contexts)),
            targets=_tensor(wanted),
            sample_contexts=_tensor(sample_contexts),
            for_seeker=self.for_seeker,
        )

    def _hop(self, targets: _Keys, sources: _Keys, *, shared: bool) -> Hop:
        """One layer: where each target, edge and cell lies (see ``Hop``)."""
        edges, edge_targets = self._edges.positions(targets.entities)
        neighbours, relations = self.graph.neighbours[edges], self.graph.relation_ids[edges]
        own = targets.entities if shared else targets.values
        users = 0 if shared else targets.users[edge_targets]
        cells = relations * max(len(targets.values), 1) + edge_targets
        cells, edge_cells = np.unique(cells, return_inverse=True)
        cell_relations, cell_targets = np.divmod(cells, max(len(targets.values), 1))
        slots, block_relations = relation_slots(cell_relations, len(self.graph.relations))
        slot_targets = np.zeros(len(block_relations) * BLOCK, np.int64)
        slot_targets[slots] = cell_targets
        return Hop(
            target_sources=_tensor(sources.find(own)),
            target_users=_tensor(targets.users),
            edge_targets=_tensor(edge_targets),
            edge_sources=_tensor(sources.find(users * self.graph.num_entities + neighbours)),
            edge_relations=_tensor(relations),
            edge_slots=_tensor(slots[edge_cells]),
            slot_targets=_tensor(slot_targets),
            block_relations=_tensor(block_relations),
            num_sources=len(sources.values),
        )

    def _words_before(self, contexts: IntArray) -> tuple[IntArray, IntArray]:
        """The known ones among the last ``max_words`` words said before each context."""
        if self._words is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        starts = self._words.offsets[self.table.context_dialogues[contexts]]
        ends = starts + self.table.word_counts[contexts]
        starts = np.maximum(starts, ends - self.max_words)
        lengths = ends - starts
        owner = np.repeat(np.arange(len(contexts), dtype=np.int64), lengths)
        first = np.cumsum(lengths) - lengths
        words = self._words.values[np.arange(len(owner)) + np.repeat(starts - first, lengths)]
        known = words > 0
        return words[known], owner[known]

    def _known(self, contexts: IntArray, targets: IntArray, sample_contexts: IntArray) -> IntArray:
        """Flat positions in (contexts, items) of what users have had before, but for the targets."""
        if self.known_items is None:
            return np.zeros(0, np.int64)
        rows, items = self.known_items.of_contexts(contexts)
        return np.setdiff1d(rows * self.num_items + items, sample_contexts * self.num_items + targets)

    def _together(
        self, contexts: IntArray, positions: IntArray, owner: IntArray, *, leave_out: bool
    ) -> tuple[IntArray, np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
        """Items seen beside the mentioned ones in training: flat positions in (contexts, items), and weights."""
        if self.cooccurrence is None:
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        entities = self.table.mentions.values[positions]
        is_item = entities < self.num_items
        own: Ragged | None = self.table.dialogue_mentions if leave_out else None
        items, beside, weights = self.cooccurrence.beside(
            entities[is_item], self.table.context_dialogues[contexts][owner[is_item]], own
        )
        return owner[is_item][beside] * self.num_items + items, weights

    def _history(self, tasks: Sequence[UserTask], *, leave_out: bool) -> History:
        """Every item of each user's support dialogues, once per dialogue, with age, kind and sign.

        ``leave_out`` takes each user's own dialogues out of what others had beside them.
        """
        table = self.table
        support = np.concatenate([task.support for task in tasks]) if tasks else np.zeros(0, np.int64)
        lengths = np.array([len(task.support) for task in tasks], np.int64)
        owners = np.repeat(np.arange(len(tasks)), lengths)
        ages = (
            np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(support)) if len(support) else support
        )
        positions, which = table.dialogue_mentions.positions(support)
        entities = table.dialogue_mentions.values[positions]
        kept = entities < self.num_items
        which, items = which[kept], entities[kept]
        dialogues = support[which]
        recommended = _contains(table.dialogue_targets, dialogues, items, self.num_items)
        liked = _contains(table.liked, dialogues, items, self.num_items)
        disliked = _contains(table.disliked, dialogues, items, self.num_items)
        members = np.array([task.user for task in tasks], np.int64)
        keys = owners[which] * self.num_items + items
        beside = self._beside_history(members, keys[~disliked], ages[which][~disliked], leave_out=leave_out)
        return History(
            users=_tensor(owners[which]),
            items=_tensor(items),
            ages=_tensor(ages[which]),
            kinds=_tensor(recommended.astype(np.int64)),
            signs=_tensor(np.where(disliked, 2, np.where(liked, 1, 0))),
            beside_users=_tensor(beside[0]),
            beside_items=_tensor(beside[1]),
            beside_weights=torch.from_numpy(beside[2]),
        )

    def _beside_history(
        self, members: IntArray, keys: IntArray, ages: IntArray, *, leave_out: bool
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """Users of the batch, items that others had beside theirs, and how strongly: over all, and the latest.

        ``keys`` are user of the batch * num_items + item, ``ages`` dialogues since; among the latest, an item counts
        half of one that is a dialogue younger.
        """
        if self.by_users is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        order = np.lexsort((ages, keys))
        distinct, latest = np.unique(keys[order], return_index=True)  # once a user
        owners, items = np.divmod(distinct, self.num_items)
        weights = np.stack([np.ones(len(items)), 0.5 ** ages[order][latest]], axis=1)
        own = self._user_items if leave_out else None
        return self.by_users.beside_all(items, weights, owners, members[owners], own)


def _tensor(values: IntArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.int64))


def _contains(rows: Ragged, which: IntArray, values: IntArray, span: int) -> BoolArray:
    """Whether row ``which[i]`` holds ``values[i]`` (values below ``span``)."""
    distinct = np.unique(which)
    positions, owner = rows.positions(distinct)
    return np.isin(which * span + values, distinct[owner] * span + rows.values[positions])


def _samples_by_context(table: SampleTable) -> Ragged:
    """The samples of each context; without those whose item is unknown, which no batch can hold."""
    known = np.flatnonzero(table.sample_targets >= 0)
    contexts = table.sample_contexts[known]
    counts = np.bincount(contexts, minlength=len(table.context_dialogues))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Ragged(offsets, known[np.argsort(contexts, kind="stable")])


def _contexts_by_dialogue(table: SampleTable) -> Ragged:
    """The contexts of each dialogue."""
    counts = np.bincount(table.context_dialogues, minlength=len(table.dialogue_ids))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Ragged(offsets, np.argsort(table.context_dialogues, kind="stable"))
