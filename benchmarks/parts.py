"""The measurements: each part gives rows with the targets it is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from benchmarks.bench import Bench, both, for_each
from benchmarks.big_catalogue import catalogue
from benchmarks.dense import DenseComparison
from benchmarks.graph_building import graph_building
from benchmarks.judging import evaluate_adapted, evaluate_unadapted, fold_setup, training_memory
from benchmarks.library_bounded import kbrd_bounded
from benchmarks.library_convolution import kbrd_parts, kbrd_step
from benchmarks.linking import linking
from benchmarks.preparing import preparing
from benchmarks.report import Row
from benchmarks.responder import training, writing
from benchmarks.steps import VARIANTS, PlainAgainstSoftmax, Trainee, task_groups
from benchmarks.text import link_all, make_linker, read, utterances
from benchmarks.timing import WARM_UPS, Seconds, Spread, ratios


def plain_step(bench: Bench) -> list[Row]:
    """A training step over the item softmax alone, seconds for 1,000 samples, arithmetic (a, e)."""
    rows = []
    for variant in VARIANTS:
        pair = PlainAgainstSoftmax(bench.corpus, variant)
        actions: dict[str, Callable[[int], object]] = {"softmax": pair.softmax, "step": pair.step}
        times = bench.alternate(f"plain step, {variant}", actions, bench.repeats)
        wall, cpu = ratios(times, "step", "softmax")
        samples, building = pair.trainee.samples[WARM_UPS:], pair.trainee.building[WARM_UPS:]
        thousand = for_each(times["step"], [count / 1000 for count in samples])
        shares = [built.wall / whole.wall for built, whole in zip(building, times["step"], strict=True)]
        rows += [
            Row("a", f"{variant}: plain step / item softmax", wall, "x", 4.5, cpu=cpu),
            Row("a", f"{variant}: 1,000 samples", thousand[0], "s", 0.27, cpu=thousand[1]),
            Row(
                "a", f"{variant}: share of building the batch", Spread.of(shares), note="a thread in training"
            ),
            *_arithmetic(variant, pair, times),
        ]
    return rows


def _arithmetic(variant: str, pair: PlainAgainstSoftmax, times: Mapping[str, Sequence[Seconds]]) -> list[Row]:
    """Operations a second, and which share of the step's time its arithmetic would need at best."""
    works = [work.total for work in pair.works[WARM_UPS:]]
    softmax = [pair.softmax_work / time.wall for time in times["softmax"]]
    step = [work / time.wall for work, time in zip(works, times["step"], strict=True)]
    share = [ours / best for ours, best in zip(step, softmax, strict=True)]
    parts = pair.works[len(pair.works) // 2].parts()
    note = "GFLOP: " + ", ".join(f"{name} {operations / 1e9:.2f}" for name, operations in parts.items())
    return [
        Row("e", f"{variant}: item softmax runs at", Spread.of(softmax).scaled(1e-9), "GFLOP/s"),
        Row("e", f"{variant}: plain step runs at", Spread.of(step).scaled(1e-9), "GFLOP/s"),
        Row("e", f"{variant}: needed arithmetic, share of the time", Spread.of(share), note=note),
    ]


def meta_step(bench: Bench) -> list[Row]:
    """A step that adapts, over a plain step on the same contexts (b)."""
    rows = []
    for variant in VARIANTS:
        for order, name, target in ((1, "first", 1.8), (2, "second", 3.0)):
            meta = Trainee.make(bench.corpus, variant, adapts=True, order=order)
            plain = Trainee.make(bench.corpus, variant, adapts=False)
            groups = task_groups(meta.setup, bench.repeats + WARM_UPS)
            actions = {
                "meta": partial(meta.adapting_step, groups),
                "plain": partial(plain.plain_step, groups),
            }
            times = bench.alternate(f"meta step, {name} order, {variant}", actions, bench.repeats)
            if meta.samples != plain.samples:
                raise RuntimeError("The two steps saw different samples: the benchmark is wrong.")
            wall, cpu = ratios(times, "meta", "plain")
            thousand = for_each(times["meta"], [count / 1000 for count in meta.samples[WARM_UPS:]])
            rows += [
                Row("b", f"{variant}: meta / plain step, {name} order", wall, "x", target, cpu=cpu),
                Row("b", f"{variant}: 1,000 samples, {name} order", thousand[0], "s", cpu=thousand[1]),
            ]
    return rows


def dense_copies(bench: Bench) -> list[Row]:
    """The exact adaptation against copies of the tables per user, once their gradients agree (c)."""
    repeats = max(3, bench.repeats // 4)
    rows = []
    for max_dialogues, target in ((16, 10.0), (4, None)):
        pair = DenseComparison(bench.corpus, repeats + WARM_UPS, max_dialogues)
        difference = pair.check()
        actions = {"ours": pair.ours, "dense": pair.dense}
        times = bench.alternate(f"dense copies, tasks of {max_dialogues} dialogues", actions, repeats)
        wall, cpu = ratios(times, "dense", "ours")
        name = f"dense copies / exact adaptation, {pair.tasks_a_step:.0f} tasks a step"
        note = f"gradients agree to {difference:.0e} of the largest entry"
        rows.append(Row("c", name, wall, "x", target, at_least=True, cpu=cpu, note=note))
    return rows


def evaluation(bench: Bench) -> list[Row]:
    """Seconds to judge the test users of one fold (d)."""
    repeats = max(1, min(3, bench.repeats // 8))
    rows = []
    for variant in VARIANTS:
        setup = fold_setup(bench.corpus, variant)
        num_samples = evaluate_unadapted(setup)
        actions: Mapping[str, Callable[[int], object]] = {
            "adapted": lambda _, setup=setup: evaluate_adapted(setup),  # type: ignore[misc]
            "unadapted": lambda _, setup=setup: evaluate_unadapted(setup),  # type: ignore[misc]
        }
        times = bench.alternate(f"evaluation, {variant}", actions, repeats)
        note = f"{len(setup.division.test)} users, {num_samples:,} samples"
        for name in actions:
            wall, cpu = both(times[name])
            rows.append(Row("d", f"{variant}: evaluation, {name}", wall, "s", 10, cpu=cpu, note=note))
    return rows


def memory(bench: Bench) -> list[Row]:
    """Peak memory of one epoch of training (d)."""
    rows = []
    for variant in VARIANTS:
        bench.announce(f"one epoch in a process of its own, {variant}", 1)
        found = training_memory(bench.folder, variant)
        bench.advance()
        note = (
            f"imports {found['imported']:.2f}, data {found['loaded']:.2f}; epoch in {found['seconds']:.0f} s"
        )
        peak = Spread.of([found["peak"]])
        rows.append(Row("d", f"{variant}: peak memory of an epoch", peak, "GB", 2, note=note))
    return rows


def text(bench: Bench) -> list[Row]:
    """Reading the corpus and linking its words (f); only of data that was given."""
    if not bench.is_real:
        return []
    repeats = max(2, bench.repeats // 8)
    bench.announce("reading", 1)
    corpus, reading, sampling = read(bench.folder)
    linker, building = make_linker(corpus)
    texts = utterances(corpus, 2_000)
    times = bench.alternate("linking", {"link": lambda _: link_all(linker, texts)}, repeats)["link"]
    wall, cpu = (spread.scaled(1e6 / len(texts)) for spread in both(times))
    rows = [Row("f", "linking one utterance", wall, "µs", cpu=cpu, note=f"{len(texts):,} messages")]
    once = (
        ("reading and checking", reading),
        ("making samples", sampling),
        ("building the linker", building),
    )
    for name, seconds in once:
        wall, cpu = both([seconds])
        rows.append(Row("f", name, wall, "s", cpu=cpu))
    return rows


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "plain": plain_step,
    "meta": meta_step,
    "kbrd": kbrd_step,
    "kbrd-parts": kbrd_parts,
    "kbrd-bounded": kbrd_bounded,
    "dense": dense_copies,
    "evaluation": evaluation,
    "memory": memory,
    "text": text,
    "linking": linking,
    "preparing": preparing,
    "graph-building": graph_building,
    "replies": training,
    "writing": writing,
    "catalogue": catalogue,
}
