"""Measure how well a run recommends items that it was not trained with.

    python scripts/check_new_items.py --data data/redial --config configs/recommender/redial.toml --out runs/new-items

A tenth of the items (by a hash of their ids) is taken out of the catalogue, the graph and all training samples and
mentions, and a run is trained; then the items are put in by ``extended_run``, with their facts alone. This is done for
``--tenths`` tenths. Ways to make a row are compared on validation users; the settings of ``RowConfig`` are then judged
on test users once. All ranks are among all items, old and new. ``--full`` names a run trained with everything.
``--quick`` takes one tenth and trains for two epochs.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from ccrs.artifacts.run import Run, load_run
from ccrs.core.graph import Catalogue
from ccrs.core.samples import BoolArray, IntArray, UserTask
from ccrs.data.probing import probe_hop
from ccrs.data.samples import build_samples
from ccrs.data.splits import user_fraction
from ccrs.data.statistics import recommended_counts
from ccrs.evaluation.ranking import target_ranks
from ccrs.evaluation.significance import interval, paired_difference
from ccrs.evaluation.tables import aligned
from ccrs.experiments.config import RecommenderConfig, load_config
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate import SplitName
from ccrs.experiments.judging import adapted_logits, outcomes_of, ranks_of, unadapted_logits
from ccrs.experiments.train import train_recommender
from ccrs.inference.builders import run_builder
from ccrs.inference.new_items import NewItem, extended_run
from ccrs.models.ccrs import CCRS
from ccrs.models.layers.relation_attention import RelationAttention
from ccrs.models.row_prediction import RowConfig

CUTOFFS = (10, 50)
RAISES = (0.0, 0.5, 1.0)
ATTENTION = "attention without own row"
MOST_LOSS = 0.05
"""Of the old items' HR@10 on validation users: what putting a tenth of the items in may cost at most, as a share. Of
the ways that are allowed, the one with the highest HR@10 on new items was taken."""
Floats = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]
Key = tuple[str, int, str]
"""Dialogue, message and item of a sample: the same under every catalogue."""


@dataclass(frozen=True)
class Judged:
    """Ranks of the true items of the samples of one catalogue."""

    ranks: IntArray
    users: IntArray
    new: BoolArray  # whether the true item was put in
    first: BoolArray  # whether the user's earlier dialogues do not hold it
    keys: list[Key]

    def hits(self, k: int) -> Floats:
        """Whether the true item is among the first ``k``, (samples,)."""
        return (self.ranks <= k).astype(np.float64)

    @property
    def by_key(self) -> dict[Key, int]:
        """The rank of every sample."""
        return dict(zip(self.keys, self.ranks.tolist(), strict=True))


@dataclass(frozen=True)
class Tenth:
    """A run trained without some items, and these."""

    run: Run
    held: frozenset[str]
    items: list[NewItem]


def without(corpus: Corpus, held: frozenset[str]) -> Corpus:
    """The corpus as if nobody had heard of the items ``held``, nor of people and genres only they have."""
    triples = tuple(t for t in corpus.triples if t.head not in held and t.tail not in held)
    before = {name for t in corpus.triples for name in (t.head, t.tail)}
    left = {name for t in triples for name in (t.head, t.tail)}
    kept = tuple(
        entity
        for entity in corpus.catalogue.entities
        if entity.id not in held and (entity.is_item or entity.id in left or entity.id not in before)
    )
    catalogue = Catalogue(kept)
    table = build_samples(catalogue, corpus.dialogues)
    return replace(corpus, catalogue=catalogue, triples=triples, table=table)


def described(corpus: Corpus, held: frozenset[str], known: Catalogue) -> list[NewItem]:
    """The items ``held`` as they would be put in: facts by id where there is one, else by name."""
    facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    entities, index = corpus.catalogue.entities, corpus.catalogue.index
    for triple in corpus.triples:
        if triple.head in held:
            value = triple.tail if triple.tail in known.index else entities[index[triple.tail]].name
            facts[triple.head][triple.relation].append(value)
    return [
        NewItem(
            item.id,
            item.name,
            item.year,
            item.type,
            item.aliases,
            {r: tuple(v) for r, v in facts[item.id].items()},
        )
        for item in corpus.catalogue.items
        if item.id in held
    ]


def tenths(corpus: Corpus, config: RecommenderConfig, out: Path, number: int) -> Iterator[Tenth]:
    """Train without each of the first ``number`` tenths; a finished run in ``out`` is used again."""
    for tenth in range(number):
        held = frozenset(
            item.id
            for item in corpus.catalogue.items
            if int(10 * user_fraction(item.id, 0, "new items")) == tenth
        )
        reduced = without(corpus, held)
        run = train_recommender(config, reduced, out / f"tenth-{tenth}", resume=True, quiet=True)
        print(f"tenth {tenth}: {len(held)} items out, {run.catalogue.num_items} left", flush=True)
        yield Tenth(run, held, described(corpus, held, run.catalogue))


def judged(
    run: Run, corpus: Corpus, split: SplitName, held: frozenset[str], *, adapted: bool = True
) -> Judged:
    """Rank everything that the users of ``split`` are recommended in their query dialogues."""
    users = set(run.data.validation if split == "validation" else run.data.test)
    dialogues = tuple(dialogue for dialogue in corpus.dialogues if dialogue.user in users)
    table = build_samples(run.catalogue, dialogues)
    theirs = replace(corpus, catalogue=run.catalogue, dialogues=dialogues, table=table)
    tasks: list[UserTask] = divide(theirs, run.config.data).tasks(split)
    builder = run_builder(run, table)
    if adapted:
        ranks, samples = ranks_of(
            table, lambda take: adapted_logits(run.model, run.rates, builder, tasks, take)
        )
    else:
        ranks, samples = ranks_of(table, lambda take: unadapted_logits(run.model, builder, tasks, take))
    contexts, targets = table.sample_contexts[samples], table.sample_targets[samples]
    names = [run.catalogue.entities[item].id for item in targets.tolist()]
    ids = [table.dialogue_ids[d] for d in table.context_dialogues[contexts].tolist()]
    keys = list(zip(ids, table.context_messages[contexts].tolist(), names, strict=True))
    outcome = outcomes_of(table, tasks, ranks, samples, 0)
    return Judged(ranks, outcome.users, np.array([name in held for name in names]), outcome.new_to_user, keys)


def by_attention(run: Run, held: frozenset[str]) -> Run:
    """The run with the rows of ``held`` as the attention layer encodes these items without a row of their own."""
    model = cast("CCRS", run.model)
    items = np.array([run.catalogue.index[name] for name in sorted(held)], np.int64)
    hop, entities = probe_hop(run.graph, items)
    with torch.no_grad():
        model.items[torch.from_numpy(items)] = 0.0
        table = torch.cat([model.items, model.others])[entities]
        layer = cast("RelationAttention", model.layers[-1])
        model.items[torch.from_numpy(items)] = layer(table, model.users.expand(len(items), -1), hop)
    return run


def ways() -> Iterator[tuple[str, RowConfig, int | None]]:
    """What is compared on validation users: a name, the settings, co-occurrence by what is shared."""
    yield "mean row, bias by regression", RowConfig(row="mean"), None
    yield ATTENTION, RowConfig(row="mean"), None
    yield "neighbours", RowConfig(row="neighbours"), None
    yield "half neighbours, half regression", RowConfig(row="mixture"), None
    yield "regression, mean bias", RowConfig(bias="mean"), None
    yield "regression, no co-occurrence", RowConfig(), 0
    yield "regression, co-occurrence 3", RowConfig(), 3
    yield "regression, penalty 0.3", RowConfig(penalty=0.3), None
    for raised in RAISES:
        yield "regression", RowConfig(raised=raised), None


def compare(corpus: Corpus, found: Sequence[Tenth]) -> str:
    """HR of new and old items on validation users for every way, pooled over the tenths."""
    before = [judged(tenth.run, corpus, "validation", tenth.held) for tenth in found]
    header = [
        "way",
        "raised",
        *(f"new HR@{k}" for k in CUTOFFS),
        *(f"old HR@{k}" for k in CUTOFFS),
        "allowed",
    ]
    old = [np.concatenate([part.hits(k) for part in before]).mean() for k in CUTOFFS]
    rows = [["without the items", "", "0", "0", *(f"{value:.4f}" for value in old), ""]]
    for name, config, together in ways():
        parts = []
        for tenth in found:
            run = extended_run(tenth.run, tenth.items, rows=config, together=together)
            run = by_attention(run, tenth.held) if name == ATTENTION else run
            parts.append(judged(run, corpus, "validation", tenth.held))
        new = [np.concatenate([p.hits(k)[p.new] for p in parts]).mean() for k in CUTOFFS]
        kept = [np.concatenate([p.hits(k)[~p.new] for p in parts]).mean() for k in CUTOFFS]
        allowed = "yes" if kept[0] >= (1 - MOST_LOSS) * old[0] else "no"
        rows.append(
            [name, f"{config.raised}", *(f"{v:.4f}" for v in new), *(f"{v:.4f}" for v in kept), allowed]
        )
    return aligned(header, rows)


def tested(corpus: Corpus, tenth: Tenth, whole: Judged | None) -> Columns:
    """Hits on the test users, with users: of the items put in ("new ..."), and of the others ("old ...")."""
    extended = extended_run(tenth.run, tenth.items)
    after = judged(extended, corpus, "test", tenth.held)
    alone = judged(extended, corpus, "test", tenth.held, adapted=False)
    before = judged(tenth.run, corpus, "test", tenth.held).by_key
    keys = np.array(after.keys, object)
    popular = popularity_ranks(corpus, extended, after.keys)
    columns: Columns = {"new users": after.users[after.new], "old users": after.users[~after.new]}
    columns["new first"] = after.first[after.new]
    for k in CUTOFFS:
        columns[f"new put in@{k}"] = after.hits(k)[after.new]
        columns[f"new put in, unadapted@{k}"] = alone.hits(k)[after.new]
        columns[f"new popularity with all data@{k}"] = (popular <= k)[after.new].astype(np.float64)
        columns[f"new new items at random@{k}"] = np.full(int(after.new.sum()), k / len(tenth.held))
        columns[f"old put in@{k}"] = after.hits(k)[~after.new]
        columns[f"old before@{k}"] = hits_of(before, keys[~after.new], k)
        if whole is not None:
            columns[f"new trained with all data@{k}"] = hits_of(whole.by_key, keys[after.new], k)
    return columns


def hits_of(ranks: Mapping[Key, int], keys: np.ndarray[tuple[int], np.dtype[np.object_]], k: int) -> Floats:
    """Whether the samples ``keys`` are hits, by ranks under another catalogue."""
    return np.array([float(ranks[tuple(key)] <= k) for key in keys])


def popularity_ranks(corpus: Corpus, run: Run, keys: Sequence[Key]) -> IntArray:
    """Ranks by how often training and support dialogues of the whole corpus recommend each item."""
    division = divide(corpus, run.config.data)
    counted = np.concatenate([division.train_dialogues, division.support_dialogues])
    counts = recommended_counts(corpus.table, counted, corpus.catalogue.num_items)
    targets = torch.tensor([corpus.catalogue.index[item] for _, _, item in keys], dtype=torch.long)
    return target_ranks(torch.from_numpy(counts).float().expand(len(keys), -1), targets).numpy()


def report(parts: Sequence[Columns]) -> str:
    """Means over the samples of all tenths with 95% intervals by user, and differences."""
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows: list[list[str]] = []
    for name in dict.fromkeys(name.split("@")[0] for name in columns if "@" in name):
        users = columns[f"{name[:3]} users"]
        found = [interval(columns[f"{name}@{k}"], users) for k in CUTOFFS]
        rows.append([name, *(f"{i.mean:.4f} [{i.low:.4f}, {i.high:.4f}]" for i in found)])
    first = columns["new first"].astype(np.bool_)
    for name, other, chosen in (
        ("new put in", "new popularity with all data", np.ones_like(first)),
        ("new put in", "new new items at random", np.ones_like(first)),
        ("new put in", "new new items at random", first),
        ("old put in", "old before", np.ones(len(columns["old users"]), np.bool_)),
    ):
        users = columns[f"{name[:3]} users"][chosen]
        pairs = [(columns[f"{name}@{k}"][chosen], columns[f"{other}@{k}"][chosen]) for k in CUTOFFS]
        differences = [paired_difference(a, b, users).interval for a, b in pairs]
        title = f"{name} - {other[4:]}" + ("" if chosen.all() else f", new to the user ({chosen.sum()})")
        rows.append([title, *(f"{d.mean:+.4f} [{d.low:+.4f}, {d.high:+.4f}]" for d in differences)])
    counts = {kind: len(columns[f"{kind} users"]) for kind in ("new", "old")}
    table = aligned(["samples", *(f"HR@{k}" for k in CUTOFFS)], rows)
    return f"{counts['new']} samples of new items, {counts['old']} of others\n{table}"


def main() -> None:
    """Train what is missing, compare on validation users, judge on test users, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--full", type=Path, help="a run trained with all items, on the same data and split")
    parser.add_argument("--tenths", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--no-compare", action="store_true", help="leave the validation users out")
    arguments = parser.parse_args()
    corpus = load_corpus(arguments.data)
    config = load_config(arguments.config, ["training.epochs=2"] if arguments.quick else [])
    out = arguments.out / "quick" if arguments.quick else arguments.out
    found = list(tenths(corpus, config, out, 1 if arguments.quick else arguments.tenths))
    if not arguments.no_compare:
        print(compare(corpus, found), end="\n\n")
    full = load_run(arguments.full) if arguments.full is not None else None
    whole = judged(full, corpus, "test", frozenset()) if full is not None else None
    print(report([tested(corpus, tenth, whole) for tenth in found]))


if __name__ == "__main__":
    main()
