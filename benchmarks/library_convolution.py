"""A training step of KBRD against the same step with the graph library's own R-GCN layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.nn import RGCNConv

from benchmarks.bench import Bench, both
from benchmarks.report import Row
from benchmarks.steps import CONTEXTS
from benchmarks.timing import WARM_UPS, Seconds, Stopwatch, ratios
from ccrs.core.graph import KnowledgeGraph
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.setup import Setup, set_up
from ccrs.models.baselines.kbrd import KBRD, KBRDConfig
from ccrs.training.config import TrainingConfig
from ccrs.training.objectives import PlainObjective
from ccrs.training.optimiser import Optimiser
from ccrs.training.plans import PlainPlan

REPEATS = 5  # a step of the library takes long


class LibraryConvolution(nn.Module):
    """The library's layer in the place of ours, with our values; it encodes the whole graph, as it must."""

    def __init__(self, graph: KnowledgeGraph, ours: Any) -> None:
        super().__init__()
        num_bases, size = ours.bases.shape[1:]
        self.layer = RGCNConv(graph.num_entities, size, len(graph.relations), num_bases=num_bases)
        targets = torch.repeat_interleave(
            torch.arange(graph.num_entities), torch.from_numpy(graph.offsets).diff()
        )
        self.edges = torch.stack([torch.from_numpy(graph.neighbours), targets])
        self.relations = torch.from_numpy(graph.relation_ids)
        with torch.no_grad():
            self.layer.weight.copy_(ours.bases.transpose(0, 1))
            self.layer.comp.copy_(ours.coefficients)
            self.layer.root.copy_(ours.root)
            self.layer.bias.copy_(ours.bias)

    def forward(self, entities: Tensor) -> Tensor:
        """The rows of ``entities``: (rows, d)."""
        encoded: Tensor = self.layer(None, self.edges, self.relations)
        return encoded.index_select(0, entities)


class Steps:
    """Training steps of one model on the same batches."""

    def __init__(self, setup: Setup, model: nn.Module) -> None:
        training = setup.config.training
        contexts = setup.builder.contexts_of(setup.training_dialogues)
        plan = PlainPlan(setup.builder, contexts, batch_size=CONTEXTS, seed=0)
        self._steps = plan.steps(0, (0, 1))
        self._objective = PlainObjective(model)
        self._optimiser = Optimiser(
            model,
            sparse=[],
            rates=[],
            learning_rate=training.learning_rate,
            rate_learning_rate=training.rate_learning_rate,
            clip_norm=training.clip_norm,
        )
        self.losses: list[float] = []

    def __call__(self, number: int) -> list[Seconds]:
        """One step; how long it took to build the batch, forward, backward, and the optimiser."""
        watch = Stopwatch()
        batch = self._steps[number % len(self._steps)]()
        if batch is None:
            raise RuntimeError("The step is empty: the corpus is too small for this benchmark.")
        parts = [watch.read()]
        loss = self._objective(batch)
        parts.append(watch.read())
        (loss.total / loss.count).backward()  # type: ignore[no-untyped-call]
        parts.append(watch.read())
        self._optimiser.step()
        parts.append(watch.read())
        self.losses.append(float(loss.total.detach()) / loss.count)
        return parts


def our_steps(corpus: Corpus) -> Steps:
    """Steps with our layer."""
    setup = set_up(_configuration(), corpus)
    return Steps(setup, setup.model.train())


def library_steps(corpus: Corpus) -> Steps:
    """Steps with the library's layer, from the same values."""
    setup = set_up(_configuration(), corpus)
    model = setup.model.train()
    if not isinstance(model, KBRD):
        raise RuntimeError("The registry's 'kbrd' is no KBRD: the benchmark is wrong.")
    model.encoder = LibraryConvolution(setup.graph, model.encoder)  # type: ignore[assignment]
    return Steps(setup, model)


def kbrd_step(bench: Bench) -> list[Row]:
    """KBRD with the library's layer over KBRD with ours; the losses of the first step must agree (g)."""
    ours, theirs = our_steps(bench.corpus), library_steps(bench.corpus)
    repeats = min(bench.repeats, REPEATS)
    times = bench.alternate("KBRD step", {"ours": ours, "library": theirs}, repeats)
    difference = abs(ours.losses[0] - theirs.losses[0])
    if difference > 1e-4:
        raise RuntimeError(f"The losses of the first step differ by {difference}: the benchmark is wrong.")
    wall, cpu = ratios(times, "library", "ours")
    alone = both(times["ours"])
    note = f"{CONTEXTS} contexts; losses of the first step agree to {difference:.0e}"
    return [
        Row("g", "KBRD step, library layer / ours", wall, "x", 10, at_least=True, cpu=cpu, note=note),
        Row("g", "KBRD step, ours", alone[0], "s", cpu=alone[1]),
    ]


def kbrd_parts(bench: Bench) -> list[Row]:
    """Where a step of ours spends its time, without the library's beside it (g)."""
    setup = set_up(_configuration(), bench.corpus)
    steps, scores = Steps(setup, setup.model.train()), Scores(setup.sizes.num_items)
    bench.announce("parts of a KBRD step", bench.repeats + WARM_UPS)
    taken: list[list[Seconds]] = []
    for number in range(bench.repeats + WARM_UPS):
        taken.append([*steps(number), scores()])
        bench.advance()
    rows = []
    names = ("building the batch", "forward", "backward", "optimiser", "of these, scores of all items")
    for name, times in zip(names, zip(*taken[WARM_UPS:], strict=True), strict=True):
        wall, cpu = both(times)
        rows.append(Row("g", f"KBRD step, ours: {name}", wall, "s", cpu=cpu))
    return rows


class Scores:
    """The products that score all items for the contexts of a step, and their gradients."""

    def __init__(self, num_items: int) -> None:
        size = KBRDConfig().embedding_size
        self._vectors = torch.randn(CONTEXTS, size, requires_grad=True)
        self._items = torch.randn(num_items, size, requires_grad=True)
        self._bias = torch.zeros(num_items)
        self._gradient = torch.randn(CONTEXTS, num_items)

    def __call__(self) -> Seconds:
        """How long they take."""
        watch = Stopwatch()
        scores = torch.addmm(self._bias, self._vectors, self._items.T)
        torch.autograd.grad(scores, [self._vectors, self._items], self._gradient)
        return watch.read()


def _configuration() -> RecommenderConfig:
    return RecommenderConfig(
        name="kbrd",
        title="KBRD",
        adapt=False,
        training=TrainingConfig(objective="plain", batch_size=CONTEXTS, clip_norm=100),
    )
