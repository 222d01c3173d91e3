"""The measurements of the responder: its training (g), and writing replies (h)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch

from benchmarks.bench import Bench, both, for_each
from benchmarks.padded import check as check_reference
from benchmarks.replies import ReplyWorld, support_of
from benchmarks.reply_steps import ReplySteps, ReplyTrainee
from benchmarks.reply_work import Product, reply_work
from benchmarks.report import Row
from benchmarks.timing import WARM_UPS, Seconds, Spread, ratios
from benchmarks.uncached import UncachedDecoder
from benchmarks.uncached import check as check_uncached
from ccrs.core.replies import ReplyBatch
from ccrs.data.reply_batching import live_batch
from ccrs.inference.choosing import ReplyChooser
from ccrs.inference.writing import ReplyWriter, Situation
from ccrs.meta.reply_adaptation import adapt_replies
from ccrs.models.decoding import DecodingConfig, StepDecoder, decode

NUM_TOKENS, NUM_ROWS = 30, 32
"""Tokens of a greedy reply, and replies of a batch."""
TURNS_A_BATCH = 16
State = TypeVar("State")
Times = Mapping[str, Sequence[Seconds]]


def training(bench: Bench) -> list[Row]:
    """Steps of the responder: plain, meta, in both precisions, and the padded reference (g)."""
    steps = ReplySteps(bench.replies)
    trainees = {
        "plain": ReplyTrainee.make(bench.replies, low_precision=True),
        "full": ReplyTrainee.make(bench.replies, low_precision=False),
        "padded": ReplyTrainee.make(bench.replies, low_precision=True, padded=True),
        "padded full": ReplyTrainee.make(bench.replies, low_precision=False, padded=True),
        "same": ReplyTrainee.make(bench.replies, low_precision=True),
        "meta": ReplyTrainee.make(bench.replies, order=1, low_precision=True),
        "second": ReplyTrainee.make(bench.replies, order=2, low_precision=True),
    }
    batches = dict.fromkeys(trainees, steps.plain_batch)
    batches |= {"same": steps.same_batch, "meta": steps.meta_batch, "second": steps.meta_batch}
    difference = check_reference(trainees["plain"].model, trainees["padded"].model, steps.plain_batch(0))
    actions: dict[str, Callable[[int], object]] = {
        name: lambda number, t=trainee, build=batches[name]: t.step(lambda: build(number))  # type: ignore[misc]
        for name, trainee in trainees.items()
    }
    num_tokens = int(steps.plain_batch(0).context_mask.sum())
    products = {
        low: Product(bench.replies.fresh_model(), num_tokens=num_tokens, low_precision=low)
        for low in (True, False)
    }
    actions |= {"product": products[True], "full product": products[False]}
    times = bench.alternate("training a responder", actions, bench.repeats)
    if not trainees["same"].tokens == trainees["meta"].tokens == trainees["second"].tokens:
        raise RuntimeError("The steps saw different replies: the benchmark is wrong.")
    return [
        *_rates(trainees, times),
        *_ratios(times, difference),
        *_shares(steps, trainees["plain"], times["plain"]),
        *_arithmetic(trainees, times, products),
        _parts(bench.replies, steps.plain_batch(0)),
    ]


def _rates(trainees: Mapping[str, ReplyTrainee], times: Times) -> list[Row]:
    """Real tokens a second."""
    names = {
        "plain": "plain",
        "meta": "meta, first order",
        "second": "meta, second order",
        "padded": "padded",
    }
    rows = []
    for key, name in names.items():
        trainee = trainees[key]
        counts = trainee.tokens[WARM_UPS:]
        wall = Spread.of([n / time.wall for n, time in zip(counts, times[key], strict=True)])
        cpu = Spread.of([n / time.cpu for n, time in zip(counts, times[key], strict=True)])
        share = sum(trainee.targets[WARM_UPS:]) / sum(counts)
        note = f"contexts and replies, bfloat16; {share:.0%} are predicted"
        rows.append(Row("g", f"training, {name}", wall, "tokens/s", cpu=cpu, note=note))
    return rows


def _ratios(times: Times, difference: float) -> list[Row]:
    """Steps over steps of the same replies."""
    same = "the same replies"
    agree = f"losses agree to {difference:.0e}"
    table: list[tuple[str, str, str, float | None, bool, str]] = [
        ("meta / plain step, first order", "meta", "same", 3.0, False, same),
        ("meta / plain step, second order", "second", "same", None, False, same),
        ("plain step, float32 / bfloat16", "full", "plain", None, True, ""),
        ("torch's padded Transformer / ours", "padded", "plain", 1.0, True, f"bfloat16; {agree}"),
        ("torch's padded Transformer / ours", "padded full", "full", 1.0, True, f"float32; {agree}"),
    ]
    rows = []
    for name, above, below, target, at_least, note in table:
        wall, cpu = ratios(times, above, below)
        rows.append(Row("g", name, wall, "x", target, at_least=at_least, cpu=cpu, note=note))
    return rows


def _shares(steps: ReplySteps, plain: ReplyTrainee, times: Sequence[Seconds]) -> list[Row]:
    """Padding of the plain plan, and what building batches takes."""
    share, of_contexts, of_replies = steps.padding()
    note = f"contexts {of_contexts:.1%}, replies {of_replies:.1%}; {len(steps.plain)} steps"
    building = [b.wall / t.wall for b, t in zip(plain.building[WARM_UPS:], times, strict=True)]
    return [
        Row("g", "padding of the plain plan, share of the cells", Spread.of([share]), target=0.1, note=note),
        Row("g", "share of building the batch, plain", Spread.of(building), note="a thread in training"),
    ]


def _arithmetic(
    trainees: Mapping[str, ReplyTrainee], times: Times, products: Mapping[bool, Product]
) -> list[Row]:
    """Operations a second of a product and of steps, and which share of a step its arithmetic would need at best."""
    rows = []
    for key, name, low in (
        ("plain", "plain, bfloat16", True),
        ("full", "plain, float32", False),
        ("meta", "meta, bfloat16", True),
        ("padded", "padded, bfloat16", True),
    ):
        product = [products[low].work / time.wall for time in times["product" if low else "full product"]]
        step = [w / time.wall for w, time in zip(trainees[key].works[WARM_UPS:], times[key], strict=True)]
        share = Spread.of([ours / best for ours, best in zip(step, product, strict=True)])
        if key in ("plain", "full"):
            precision = "bfloat16" if low else "float32"
            best = Spread.of(product).scaled(1e-9)
            rows.append(Row("g", f"one matrix product runs at, {precision}", best, "GFLOP/s"))
        note = f"needed arithmetic: {share.median:.0%} of the time at the product's speed"
        rows.append(Row("g", f"step runs at, {name}", Spread.of(step).scaled(1e-9), "GFLOP/s", note=note))
    return rows


def _parts(world: ReplyWorld, batch: ReplyBatch) -> Row:
    """What the arithmetic of a plain step is for."""
    work = reply_work(batch, world.fresh_model())
    note = ", ".join(f"{name} {operations / 1e9:.1f}" for name, operations in work.parts().items())
    return Row("g", "arithmetic of a plain step", Spread.of([work.total / 1e9]), "GFLOP", note=note)


def writing(bench: Bench) -> list[Row]:
    """Greedy replies, adaptation to a user, a whole chosen turn (h)."""
    return [*_greedy(bench), *_adaptation(bench), *_turns(bench)]


def _greedy(bench: Bench) -> list[Row]:
    """A reply of 30 tokens: one user, 32 side by side, without the cache."""
    world = bench.replies
    model = world.responder.model
    situations = world.situations(2 * NUM_ROWS)
    plain = UncachedDecoder(model)
    difference = check_uncached(model, _batch(situations[:2]), range(3, 3 + NUM_TOKENS))

    def action(
        decoder: StepDecoder[State], start: Callable[[ReplyBatch], State], rows: int
    ) -> Callable[[int], object]:
        def write(number: int) -> None:
            chosen = [situations[(number + row) % len(situations)] for row in range(rows)]
            _written(world, decoder, start, _batch(chosen))

        return write

    actions = {
        "one": action(model, model.start, 1),
        "many": action(model, model.start, NUM_ROWS),
        "one plain": action(plain, plain.start, 1),
        "many plain": action(plain, plain.start, NUM_ROWS),
    }
    times = bench.alternate("greedy replies", actions, bench.repeats)
    one, many = both(times["one"]), both(times["many"])
    name, note = f"greedy reply of {NUM_TOKENS} tokens", f"logits agree to {difference:.0e}"
    rows = [
        Row("h", f"{name}, one user", one[0].scaled(1e3), "ms", 100, cpu=one[1].scaled(1e3)),
        Row("h", f"{name}, {NUM_ROWS} side by side", many[0].scaled(1e3), "ms", cpu=many[1].scaled(1e3)),
    ]
    for label, above, below, target, least, told in (
        (f"{NUM_ROWS} replies / one reply", "many", "one", None, False, ""),
        ("without cache / with cache, one user", "one plain", "one", 1.0, True, note),
        (f"without cache / with cache, {NUM_ROWS} side by side", "many plain", "many", 1.0, True, note),
    ):
        wall, cpu = ratios(times, above, below)
        rows.append(Row("h", label, wall, "x", target, at_least=least, cpu=cpu, note=told))
    return rows


def _batch(situations: Sequence[Situation]) -> ReplyBatch:
    """Contexts of several users."""
    vectors = torch.stack([situation.vector for situation in situations])
    owners = torch.zeros(len(situations), dtype=torch.long)
    return live_batch([situation.context for situation in situations], vectors, owners, 1)


def _written(
    world: ReplyWorld,
    decoder: StepDecoder[State],
    start: Callable[[ReplyBatch], State],
    batch: ReplyBatch,
) -> None:
    """Greedy replies that are all of the same length."""
    config = DecodingConfig(min_tokens=NUM_TOKENS, max_tokens=NUM_TOKENS)
    tokeniser = world.responder.tokeniser
    with torch.no_grad():
        state = start(batch)
    count, start_id, end_id = len(batch.context_ids), tokeniser.start_id, tokeniser.end_id
    found = decode(decoder, state, count, config, start_id=start_id, end_id=end_id)
    if any(len(row[0].token_ids) != NUM_TOKENS for row in found):
        raise RuntimeError("A greedy reply has another length: the benchmark is wrong.")


def _adaptation(bench: Bench) -> list[Row]:
    """The inner step of one test user a repetition: on all of his support, and on one dialogue of it."""
    world, setup = bench.replies, bench.replies.setup
    model, rates = world.responder.model, world.responder.rates
    users = support_of(setup)
    users = [users[n] for n in np.random.default_rng(0).permutation(len(users))]
    dialogues = [setup.replies.reply_dialogues[replies] for replies in users]
    shares = {
        "all his support": users,
        "one dialogue": [r[d == d[0]] for r, d in zip(users, dialogues, strict=True)],
    }
    nothing = np.zeros(0, np.int64)
    actions: dict[str, Callable[[int], object]] = {
        name: lambda number, found=found: adapt_replies(  # type: ignore[misc]
            model, rates, setup.builder.adapting([found[number % len(found)]], [nothing])
        )
        for name, found in shares.items()
    }
    times = bench.alternate("adaptation of one user", actions, bench.repeats)
    rows = []
    for name, found in shares.items():
        numbers = [n % len(found) for n in range(WARM_UPS, WARM_UPS + bench.repeats)]
        sizes = [int(setup.builder.sizes[found[n]].sum()) for n in numbers]
        wall, cpu = (spread.scaled(1e3) for spread in both(times[name]))
        note = f"median {np.median([len(found[n]) for n in numbers]):.0f} replies, {np.median(sizes):,.0f} tokens"
        rows.append(Row("h", f"adaptation of one user, {name}", wall, "ms", 50, cpu=cpu, note=note))
        thousand = for_each(times[name], [size / 1000 for size in sizes])
        wall, cpu = (spread.scaled(1e3) for spread in thousand)
        rows.append(Row("h", f"adaptation, {name}, 1,000 tokens", wall, "ms", cpu=cpu))
    return rows


def _turns(bench: Bench) -> list[Row]:
    """A whole turn, from the situation to the filled reply: greedy, and chosen among candidates."""
    world = bench.replies
    writer = ReplyWriter(world.setup.run, world.responder)
    if world.responder.chooser is None:
        raise RuntimeError("The responder does not choose: the benchmark is wrong.")
    chooser = ReplyChooser(writer, world.responder.chooser)
    situations = world.situations(2 * TURNS_A_BATCH)
    counts: list[int] = []

    def chosen(number: int, rows: int) -> list[Situation]:
        return [situations[(number + row) % len(situations)] for row in range(rows)]

    def candidates(number: int) -> None:
        mine = chosen(number, 1)
        counts.append(len(chooser.candidates(mine, writer.batch(mine, None), None, None)))

    actions: dict[str, Callable[[int], object]] = {
        "greedy": lambda number: writer.write(chosen(number, 1), None),
        "candidates": candidates,
        "chosen": lambda number: chooser.write(chosen(number, 1), None),
        "many": lambda number: chooser.write(chosen(number, TURNS_A_BATCH), None),
    }
    times = bench.alternate("whole turns", actions, bench.repeats)
    state = "trained" if world.is_trained else "untrained: its replies end as often as people's"
    note = f"{state}; {np.median(counts):.0f} candidates"
    greedy, whole = both(times["greedy"]), both(times["chosen"])
    wall, cpu = ratios(times, "candidates", "chosen")
    many = for_each(times["many"], [TURNS_A_BATCH] * bench.repeats)
    return [
        Row("h", "greedy turn, one user", greedy[0].scaled(1e3), "ms", cpu=greedy[1].scaled(1e3), note=state),
        Row(
            "h", "chosen turn, one user", whole[0].scaled(1e3), "ms", 200, cpu=whole[1].scaled(1e3), note=note
        ),
        Row("h", "share of writing the candidates", wall, cpu=cpu),
        Row(
            "h",
            f"chosen turn, each of {TURNS_A_BATCH} side by side",
            many[0].scaled(1e3),
            "ms",
            cpu=many[1].scaled(1e3),
        ),
    ]
