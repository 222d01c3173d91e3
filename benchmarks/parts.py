"""The measurements: each part gives rows with the targets it is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dense import dense_step, gradient_difference, gradients_of
from benchmarks.judging import evaluate_adapted, evaluate_unadapted, fold_setup, training_memory
from benchmarks.report import Row
from benchmarks.steps import CONTEXTS, VARIANTS, ItemSoftmax, Trainee, task_groups
from benchmarks.text import link_all, make_linker, read, utterances
from benchmarks.timing import WARM_UPS, Spread, alternate, ratios
from benchmarks.work import plain_step_work, softmax_work
from ccrs.experiments.corpus import Corpus
from ccrs.models.ccrs import CCRSConfig
from ccrs.training.plans import PlainPlan

GRADIENT_TOLERANCE = 1e-3
"""Largest difference of two float32 gradients that are equal on paper, relative to the largest entry."""


@dataclass(frozen=True)
class Bench:
    """What the parts are handed: the data, how often to repeat, and whom to tell of progress."""

    folder: Path
    corpus: Corpus
    repeats: int
    is_real: bool
    advance: Callable[[], None]
    announce: Callable[[str, int], None]
    """Called with what begins and how many times ``advance`` will be called."""

    def begin(self, what: str, repetitions: int) -> None:
        """Tell what begins; warm-ups are added."""
        self.announce(what, repetitions + WARM_UPS)


def plain_step(bench: Bench) -> list[Row]:
    """A training step over the item softmax alone, seconds for 1,000 samples, arithmetic (a, e)."""
    rows = []
    for variant in VARIANTS:
        bench.begin(f"plain step, {variant}", bench.repeats)
        trainee = Trainee.make(bench.corpus, variant, adapts=False)
        setup = trainee.setup
        contexts = setup.builder.contexts_of(setup.training_dialogues)
        plan = PlainPlan(setup.builder, contexts, batch_size=CONTEXTS, seed=0)
        steps = [step for epoch in range(2) for step in plan.steps(epoch, (0, 1))[:-1]]
        model_config = CCRSConfig.model_validate(VARIANTS[variant])
        softmax = ItemSoftmax(setup.sizes.num_items, model_config.embedding_size)
        batches = []

        def step(number: int, trainee: Trainee = trainee, steps: list = steps, batches: list = batches) -> None:  # type: ignore[type-arg]
            batches.append(trainee.step(steps[number % len(steps)]))

        times = alternate({"softmax": softmax, "step": step}, bench.repeats, bench.advance)
        wall, cpu = ratios(times, "step", "softmax")
        samples, building = trainee.samples[WARM_UPS:], trainee.building[WARM_UPS:]
        per_thousand = [1000 * t.wall / n for t, n in zip(times["step"], samples, strict=True)]
        per_thousand_cpu = [1000 * t.cpu / n for t, n in zip(times["step"], samples, strict=True)]
        shares = [b.wall / t.wall for b, t in zip(building, times["step"], strict=True)]
        num_items, size = setup.sizes.num_items, model_config.embedding_size
        rates = [softmax_work(CONTEXTS, num_items, size) / t.wall for t in times["softmax"]]
        works = [plain_step_work(batch, model_config, num_items) for batch in batches[WARM_UPS:]]
        achieved = [work.total / t.wall for work, t in zip(works, times["step"], strict=True)]
        least = [work.total / rate / t.wall for work, rate, t in zip(works, rates, times["step"], strict=True)]
        typical = works[len(works) // 2]
        parts = (typical.item_softmax, typical.projections, typical.attention, typical.importance)
        split = " + ".join(f"{part / 1e9:.2f}" for part in parts)
        rows += [
            Row("a", f"{variant}: plain step / item softmax", wall, "x", 4.5, cpu=cpu),
            Row("a", f"{variant}: 1,000 samples", Spread.of(per_thousand), "s", 0.27, cpu=Spread.of(per_thousand_cpu)),
            Row("a", f"{variant}: share of building the batch", Spread.of(shares), note="the loop builds ahead in a thread"),
            Row("e", f"{variant}: item softmax runs at", Spread.of([rate / 1e9 for rate in rates]), "GFLOP/s"),
            Row("e", f"{variant}: plain step runs at", Spread.of([rate / 1e9 for rate in achieved]), "GFLOP/s"),
            Row(
                "e",
                f"{variant}: arithmetic needed / time, at the softmax's rate",
                Spread.of(least),
                note=f"GFLOP: softmax + projections + attention + importance = {split}",
            ),
        ]
    return rows


def meta_step(bench: Bench) -> list[Row]:
    """A step that adapts, over a plain step on the same contexts (b)."""
    rows = []
    for variant in VARIANTS:
        for order, target in ((1, 1.8), (2, 3.0)):
            bench.begin(f"meta step of order {order}, {variant}", bench.repeats)
            meta = Trainee.make(bench.corpus, variant, adapts=True, order=order)
            plain = Trainee.make(bench.corpus, variant, adapts=False)
            groups = task_groups(meta.setup, bench.repeats + WARM_UPS)
            times = alternate(
                {
                    "meta": lambda n, meta=meta, groups=groups: meta.step(lambda: meta.adapting_batch(groups[n])),  # type: ignore[misc]
                    "plain": lambda n, plain=plain, groups=groups: plain.step(lambda: plain.plain_batch(groups[n])),  # type: ignore[misc]
                },
                bench.repeats,
                bench.advance,
            )
            if meta.samples != plain.samples:
                raise RuntimeError("The two steps saw different samples; the benchmark is wrong.")
            wall, cpu = ratios(times, "meta", "plain")
            name = "first" if order == 1 else "second"
            thousand = Spread.of([1000 * t.wall / n for t, n in zip(times["meta"], meta.samples[WARM_UPS:], strict=True)])
            rows += [
                Row("b", f"{variant}: meta / plain step, {name} order", wall, "x", target, cpu=cpu),
                Row("b", f"{variant}: 1,000 samples, {name} order", thousand, "s"),
            ]
    return rows


def dense_copies(bench: Bench) -> list[Row]:
    """The exact adaptation against copies of the tables per user, once their gradients agree (c)."""
    repeats = max(3, bench.repeats // 4)
    bench.begin("dense copies per user", repeats)
    trainee = Trainee.make(bench.corpus, "CCRS (paper)", adapts=True)
    setup = trainee.setup
    model, rates = setup.model.eval(), setup.rates  # without dropout both must agree
    groups = task_groups(setup, repeats + WARM_UPS)

    def ours(number: int) -> None:
        loss = trainee.objective(trainee.adapting_batch(groups[number]))
        loss.total.backward()  # type: ignore[no-untyped-call]

    def dense(number: int) -> None:
        model.sparse_gradients = False  # type: ignore[assignment] - the reference copies whole tables
        dense_step(model, rates, setup.builder, groups[number])
        model.sparse_gradients = True  # type: ignore[assignment]

    ours(0)
    first = gradients_of(model, rates)
    dense(0)
    difference, where = gradient_difference(first, gradients_of(model, rates))
    if difference > GRADIENT_TOLERANCE:
        raise RuntimeError(f"The gradients differ by {difference:.2g} (of {where}); a ratio would mean nothing.")

    def forgetting(action: Callable[[int], None]) -> Callable[[int], None]:
        def run(number: int) -> None:
            model.zero_grad(set_to_none=True)
            rates.zero_grad(set_to_none=True)
            action(number)

        return run

    times = alternate({"ours": forgetting(ours), "dense": forgetting(dense)}, repeats, bench.advance)
    wall, cpu = ratios(times, "dense", "ours")
    users = sum(map(len, groups)) / len(groups)
    note = f"gradients agree to {difference:.1g} of the largest entry; {users:.1f} tasks a step"
    return [Row("c", "dense copies / exact adaptation, first order", wall, "x", 10, at_least=True, cpu=cpu, note=note)]


def evaluation(bench: Bench) -> list[Row]:
    """Seconds to judge the test users of one fold (d)."""
    repeats = max(1, min(3, bench.repeats // 8))
    rows = []
    for variant in VARIANTS:
        bench.begin(f"evaluation, {variant}", repeats)
        setup = fold_setup(bench.corpus, variant)
        counts: set[int] = set()
        actions: Mapping[str, Callable[[int], object]] = {
            "adapted": lambda _, s=setup, c=counts: c.add(evaluate_adapted(s)),  # type: ignore[misc]
            "unadapted": lambda _, s=setup, c=counts: c.add(evaluate_unadapted(s)),  # type: ignore[misc]
        }
        times = alternate(actions, repeats, bench.advance)
        note = f"{len(setup.division.test)} users, {max(counts):,} samples"
        for name in actions:
            wall, cpu = (Spread.of([getattr(t, clock) for t in times[name]]) for clock in ("wall", "cpu"))
            rows.append(Row("d", f"{variant}: evaluation, {name}", wall, "s", 10, cpu=cpu, note=note))
    return rows


def memory(bench: Bench) -> list[Row]:
    """Peak memory of one epoch of training (d)."""
    rows = []
    for variant in VARIANTS:
        bench.announce(f"one epoch in a process of its own, {variant}", 1)
        measured = training_memory(bench.folder, variant)
        bench.advance()
        note = f"imports {measured['imported']:.2f}, data {measured['loaded']:.2f}; {measured['seconds']:.0f} s"
        rows.append(Row("d", f"{variant}: peak memory of an epoch", Spread.of([measured["peak"]]), "GB", 2, note=note))
    return rows


def text(bench: Bench) -> list[Row]:
    """Reading the corpus and linking its words (f); real data only."""
    if not bench.is_real:
        return []
    repeats = max(2, bench.repeats // 8)
    bench.begin("reading and linking", repeats)
    corpus, reading, sampling = read(bench.folder)
    linker, building = make_linker(corpus)
    texts = utterances(corpus, 2_000)
    times = alternate({"link": lambda _: link_all(linker, texts)}, repeats, bench.advance)["link"]
    micro = 1e6 / len(texts)
    wall, cpu = (Spread.of([getattr(t, clock) * micro for t in times]) for clock in ("wall", "cpu"))
    return [
        Row("f", "reading and checking the corpus", Spread.of([reading.wall]), "s", cpu=Spread.of([reading.cpu])),
        Row("f", "making samples of it", Spread.of([sampling.wall]), "s", cpu=Spread.of([sampling.cpu])),
        Row("f", "building the linker", Spread.of([building.wall]), "s", cpu=Spread.of([building.cpu])),
        Row("f", "linking one utterance", wall, "µs", cpu=cpu, note=f"{len(texts):,} messages"),
    ]


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "plain": plain_step,
    "meta": meta_step,
    "dense": dense_copies,
    "evaluation": evaluation,
    "memory": memory,
    "text": text,
}
