"""A catalogue of a million items: recall, time, memory of the search by lists, against exact search in the same run."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.bench import Bench, both
from benchmarks.report import Row
from benchmarks.simulated_catalogue import (
    HALF_COUNT,
    RATE,
    SUPPORT,
    SimulatedCatalogue,
    SimulatedPerson,
)
from benchmarks.timing import Seconds, Spread, Stopwatch, ratios
from ccrs.models.item_index import FoundItems, IndexConfig, ItemIndex, ItemQuery
from ccrs.models.support_reach import SupportReach, support_reach

NUM_ITEMS, SMALL = 1_000_000, 100_000
K = 100
PEOPLE, QUERIES = 12, 2
SCATTERED = 2.0
"""Norm of the noise of a second, harder catalogue: items are farther from their centre than that is from the mean."""
REPEATS = 10
FILTERS = (0.5, 0.1, 0.04)
"""Shares of the items that filters leave."""


@dataclass(frozen=True)
class Kind:
    """How strongly people are adapted to: a multiple of the learned rate, and how sure the model is of the support."""

    name: str
    rate: float
    sharpness: float


KINDS = (Kind("rates of ReDial", 1.0, 1.0), Kind("rates × 10, sharp support", 10.0, 2.0))


@dataclass(frozen=True)
class Case:
    """One query of an adapted user, how it is scored exactly, and the right answer."""

    query: ItemQuery
    rescore: Callable[[int, Tensor], Tensor]
    exact: Tensor  # (items,) the exact scores of all


class Adapted:
    """A person's adaptation at ``rate`` times the learned one, kept as a server keeps it: nothing of all items."""

    def __init__(self, catalogue: SimulatedCatalogue, person: SimulatedPerson, rate: float) -> None:
        self._catalogue, self._person = catalogue, person
        self._scale = rate * RATE * HALF_COUNT / (SUPPORT + HALF_COUNT)

    def cases(self) -> list[Case]:
        """All queries of the person; needs the support's logits of all items, for as long as it runs."""
        person, catalogue = self._person, self._catalogue
        logits = torch.addmm(catalogue.bias, person.support, catalogue.table.T)
        normaliser = logits.logsumexp(dim=1)
        reach = support_reach(logits, torch.ones(SUPPORT))
        probabilities = logits.sub_(normaliser[:, None]).exp_()
        return [self._case(number, probabilities, normaliser, reach) for number in range(len(person.queries))]

    def _case(self, number: int, probabilities: Tensor, normaliser: Tensor, reach: SupportReach) -> Case:
        person, query = self._person, self._person.queries[number]
        strengths = self._scale * (person.support @ query.vector)
        exact = torch.addmv(self._catalogue.bias, self._catalogue.table, query.vector)
        exact -= strengths @ probabilities
        exact.index_add_(0, person.targets, strengths)
        exact.index_add_(0, person.rows, person.changes @ query.vector)
        exact.index_add_(0, query.items, query.additions)
        always = torch.cat([person.targets, person.rows, query.items, reach.lifted(strengths)])
        found = ItemQuery(query.vector, always, lift=reach.lift(strengths))
        return Case(found, partial(self._scores, number, strengths, normaliser), exact)

    def _scores(self, number: int, strengths: Tensor, normaliser: Tensor, _: int, items: Tensor) -> Tensor:
        """The exact scores of ``items`` (ascending): (items,)."""
        person, query = self._person, self._person.queries[number]
        table, bias = self._catalogue.table[items], self._catalogue.bias[items]
        scores = torch.addmv(bias, table, query.vector)
        probabilities = torch.addmm(bias, person.support, table.T).sub_(normaliser[:, None]).exp_()
        scores -= strengths @ probabilities
        for named, values in (
            (person.targets, strengths),
            (person.rows, person.changes @ query.vector),
            (query.items, query.additions),
        ):
            places = torch.searchsorted(items, named).clamp(max=len(items) - 1)
            here = items[places] == named
            scores.index_add_(0, places[here], values[here])
        return scores


def catalogue(bench: Bench) -> list[Row]:
    """Recall@100, time, memory at a million items (i), adaptation of 50 support contexts included."""
    bench.announce("a million items", 2 + 2 * len(KINDS) * PEOPLE)
    world = SimulatedCatalogue(NUM_ITEMS)
    bench.advance()
    before, watch = _resident(), Stopwatch()
    lists = ItemIndex(world.table, world.bias)
    built, grown = watch.read(), _resident() - before
    kept: list[Case] = []
    rows = _judged(bench, world, lists, "items in clusters", kept)
    wall, cpu = both([built])
    note = (
        f"bytes, ids and centres {lists.num_bytes / 1e6:.0f} MB; the table {world.table.nbytes / 1e6:.0f} MB"
    )
    rows += [
        Row("i", "building the lists", wall, "s", 60, cpu=cpu),
        Row("i", "memory of the lists, as the process grows", Spread.of([grown / 1e6]), "MB", note=note),
        *_times(bench, world, lists, kept),
        *_filtered(lists, kept),
    ]
    del world, lists
    kept.clear()  # the next table takes their place
    bench.announce("a million items, scattered", 1 + len(KINDS) * PEOPLE)
    world = SimulatedCatalogue(NUM_ITEMS, noise=SCATTERED)
    bench.advance()
    rows += _judged(bench, world, ItemIndex(world.table, world.bias), "items scattered", [])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return [*rows, Row("i", "peak memory of this process so far", Spread.of([peak]), "GB", 3)]


@dataclass
class Judgement:
    """What was found for some queries, against the right answers."""

    recalls: list[float] = field(default_factory=list)
    plain_recalls: list[float] = field(default_factory=list)
    """Of the lists alone: no item named, no adaptation."""
    moved: list[float] = field(default_factory=list)
    """Which share of the best is not among the best by plain score."""
    num_candidates: list[int] = field(default_factory=list)
    lifts: list[float] = field(default_factory=list)
    certified: int = 0
    wrong: int = 0

    def add(self, lists: ItemIndex, case: Case) -> None:
        """Judge one query."""
        truth = case.exact.topk(K).indices
        vector = case.query.vector[None]
        plain = lists.plain_scores(vector)[0].topk(K).indices
        found, thorough = _search(lists, case), _search(lists, case, thorough=True)
        alone = Case(
            ItemQuery(vector[0], lift=0.0), lambda _, items: lists.plain_scores(vector, items)[0], truth
        )
        self.recalls.append(_overlap(found.items, truth))
        self.plain_recalls.append(_overlap(_search(lists, alone).items, plain))
        self.moved.append(1 - _overlap(plain, truth))
        self.num_candidates.append(found.num_candidates)
        self.lifts.append(case.query.lift)
        self.certified += thorough.certified
        self.wrong += _overlap(thorough.items, truth) < 1

    def rows(self, name: str) -> list[Row]:
        """Recall of the search, of its lists alone, and what the thorough search proves."""
        note = (
            f"lowest {min(self.recalls):.2f}; {np.mean(self.num_candidates):,.0f} candidates; "
            f"{np.mean(self.moved):.0%} of the best are not so by plain score; lift at most {max(self.lifts):.2g}"
        )
        lowest = f"lowest {min(self.plain_recalls):.2f}"
        proven = f"{self.wrong} of {len(self.recalls)} results miss an item"
        mean, plain = (
            Spread.of([float(np.mean(self.recalls))]),
            Spread.of([float(np.mean(self.plain_recalls))]),
        )
        share = Spread.of([self.certified / len(self.recalls)])
        return [
            Row("i", f"{name}: recall@{K}", mean, target=0.99, at_least=True, note=note),
            Row("i", f"{name}: of the lists alone", plain, note=lowest),
            Row("i", f"{name}: thorough search, certified", share, note=proven),
        ]


def _judged(
    bench: Bench, world: SimulatedCatalogue, lists: ItemIndex, name: str, kept: list[Case]
) -> list[Row]:
    """Recall for all kinds of people; the first case of each of the first kind is put into ``kept``."""
    rows = []
    for kind in KINDS:
        judgement = Judgement()
        for _ in range(PEOPLE):
            person = world.person(QUERIES, sharpness=kind.sharpness)
            cases = Adapted(world, person, kind.rate).cases()
            for case in cases:
                judgement.add(lists, case)
            if kind is KINDS[0]:
                kept.append(cases[0])
            bench.advance()
        rows += judgement.rows(f"{name}, {kind.name}")
    return rows


def _times(bench: Bench, world: SimulatedCatalogue, lists: ItemIndex, cases: list[Case]) -> list[Row]:
    """One query at a time, each search in turn."""
    exact = ItemIndex(world.table, world.bias, IndexConfig(exact_up_to=NUM_ITEMS))
    small = ItemIndex(world.table[:SMALL], world.bias[:SMALL], IndexConfig(exact_up_to=SMALL))

    def case(repetition: int) -> Case:
        return cases[repetition % len(cases)]

    def within_small(repetition: int) -> FoundItems:
        full = case(repetition)
        always = full.query.always[full.query.always < SMALL]
        return _search(small, replace(full, query=replace(full.query, always=always)))

    actions: dict[str, Callable[[int], object]] = {
        "lists": lambda number: _search(lists, case(number)),
        "thorough": lambda number: _search(lists, case(number), thorough=True),
        "exact": lambda number: _search(exact, case(number)),
        "small": within_small,
        "rescoring": lambda number: case(number).rescore(0, case(number).query.always.unique()),
    }
    times: dict[str, list[Seconds]] = bench.alternate("searching", actions, min(bench.repeats, REPEATS))
    names = {
        "lists": f"one query, lists, {NUM_ITEMS:,} items",
        "thorough": f"one query, thorough, {NUM_ITEMS:,} items",
        "exact": f"one query, exact, {NUM_ITEMS:,} items",
        "small": f"one query, exact, {SMALL:,} items",
        "rescoring": "of which scoring the named items exactly",
    }
    rows = []
    for action, name in names.items():
        wall, cpu = (spread.scaled(1e3) for spread in both(times[action]))
        rows.append(Row("i", name, wall, "ms", cpu=cpu))
    wall, cpu = ratios(times, "exact", "lists")
    note = f"{torch.get_num_threads()} thread(s) of torch"
    return [*rows, Row("i", "exact / lists", wall, "x", at_least=True, cpu=cpu, note=note)]


def _filtered(lists: ItemIndex, cases: list[Case]) -> list[Row]:
    """Recall and time under filters that leave items at random."""
    generator = torch.Generator().manual_seed(1)
    rows = []
    for share in FILTERS:
        recalls, times = [], []
        for case in cases:
            allowed = torch.rand(len(lists), generator=generator) < share
            filtered = replace(case, query=replace(case.query, allowed=allowed))
            watch = Stopwatch()
            found = _search(lists, filtered)
            times.append(watch.read())
            truth = case.exact.masked_fill(~allowed, -torch.inf).topk(K).indices
            recalls.append(_overlap(found.items, truth))
        wall, cpu = (spread.scaled(1e3) for spread in both(times))
        value, note = Spread.of([float(np.mean(recalls))]), f"lowest {min(recalls):.2f}"
        name = f"filter leaving {share:.0%}"
        rows += [
            Row("i", f"{name}: recall@{K}", value, target=0.99, at_least=True, note=note),
            Row("i", f"{name}: one query", wall, "ms", cpu=cpu),
        ]
    return rows


def _search(index: ItemIndex, case: Case, *, thorough: bool = False) -> FoundItems:
    return index.search([case.query], k=K, rescore=case.rescore, thorough=thorough)[0]


def _overlap(found: Tensor, truth: Tensor) -> float:
    return float(torch.isin(truth, found).float().mean())


def _resident() -> int:
    """Bytes of memory this process has now; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123 - not a file on disk
            return int(stream.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0
