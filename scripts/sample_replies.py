"""Write sample dialogues: unselected contexts of test users, and what each system says there.

    python scripts/sample_replies.py --run runs/talk --baseline runs/kbrd-talk --out docs/samples.md

The contexts are drawn by a fixed seed, stratified by what the turn asks for. The columns are shuffled in every row;
which is whose stands in a file of its own (``<out>-key.md``). The words of the data set's people are not written
unless ``--with-text`` asks for them: then contexts and human replies stand in the page as well, which is for reading
at home and not for publishing. What stands below the line ``<!-- read by hand -->`` of an earlier page is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ccrs.artifacts.responder import load_responder
from ccrs.artifacts.run import load_run
from ccrs.core.files import replacing
from ccrs.core.samples import IntArray
from ccrs.data.act_model import state_after
from ccrs.data.acts import reply_act
from ccrs.experiments.corpus import divide
from ccrs.experiments.evaluate import own_corpus
from ccrs.experiments.reply_data import ReplyData, responder_data
from ccrs.experiments.reply_rows import ReplyRows

STRATA = {"opening": 6, "recommendation": 18, "after feedback or a question": 12, "closing": 4}
BY_HAND = "<!-- read by hand -->"
FEEDBACK = {"question", "accept", "reject", "seen"}


@dataclass(frozen=True)
class Sample:
    """One context and what is said there, by system."""

    stratum: str
    place: str  # dialogue:message
    situation: str
    context: str
    human: str
    replies: dict[str, str]


def main() -> None:
    """Parse, write, and say where."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="a run with a responder that chooses")
    parser.add_argument("--baseline", type=Path, required=True, help="KBRD with its dialogue model")
    parser.add_argument("--data", type=Path, default=None, help="the prepared folder, if it has moved")
    parser.add_argument("--out", type=Path, default=Path("docs/samples.md"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--with-text", action="store_true", help="also the words of the data set's people")
    args = parser.parse_args()
    samples = collect(args.run, args.baseline, args.data, seed=args.seed)
    page, key = render(samples, seed=args.seed, with_text=args.with_text)
    earlier = args.out.read_text(encoding="utf-8") if args.out.exists() else ""
    if BY_HAND in earlier:
        page += "\n" + earlier[earlier.index(BY_HAND) :]
    for path, text in ((args.out, page), (args.out.with_name(f"{args.out.stem}-key.md"), key)):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
        print(f"written: {path}")


def collect(run: Path, baseline: Path, data: Path | None, *, seed: int) -> list[Sample]:
    """The samples; both runs must have been trained on the same data and split."""
    found: dict[str, tuple[ReplyRows, list[str]]] = {}
    chosen: dict[int, str] = {}
    for name, folder in (("CCRS", run), ("KBRD", baseline)):
        loaded, responder = load_run(folder), load_responder(folder)
        corpus = own_corpus(loaded, data, {})
        division = divide(corpus, loaded.config.data)
        tasks = division.tasks("test")
        everybody = [*division.validation, *division.test]
        read = responder_data(loaded, responder, corpus.dialogues, everybody)
        if not chosen:
            plain = ReplyRows(loaded, responder, corpus.dialogues, read, tasks, seed=seed)
            chosen = drawn(plain, read, seed=seed)
        rows = ReplyRows(
            loaded,
            responder,
            corpus.dialogues,
            read,
            tasks,
            seed=seed,
            only=np.array(sorted(chosen), np.int64),
        )
        found[name] = rows, [one.filled.text for one in rows.written(choose=False)]
        if responder.chooser is not None and name == "CCRS":
            found["CCRS+"] = rows, [one.filled.text for one in rows.written(choose=True)]
    rows = found["CCRS"][0]
    samples = []
    for number, turn in enumerate(rows.turns):
        table = rows.data.replies
        state = state_after(turn.situation.turns)
        dialogue = table.dialogue_ids[int(table.reply_dialogues[turn.reply])]
        replies = {name: texts[number].replace("\n", " / ") for name, (_, texts) in found.items()}
        context = " / ".join(f"{who[0].upper()}: {text}" for who, text in turn.situation.turns[-4:])
        named = [rows.run.catalogue.entities[item].title for item in turn.situation.named[:3]]
        told = f"seeker's act: {state.seeker}; films named last: {', '.join(named) or 'none'}"
        place = f"{dialogue}:{int(table.reply_messages[turn.reply])}"
        human = table.texts[turn.reply]
        samples.append(Sample(chosen[turn.reply], place, told, context, human, replies))
    order = list(STRATA)
    return sorted(samples, key=lambda sample: order.index(sample.stratum))


def drawn(rows: ReplyRows, read: ReplyData, *, seed: int) -> dict[int, str]:
    """The chosen replies by number, each with its stratum; what fits several counts as the rarest."""
    groups: dict[str, list[int]] = {stratum: [] for stratum in STRATA}
    for turn in rows.turns:
        state, act = state_after(turn.situation.turns), reply_act(read.replies.slotted[turn.reply])
        if state.position == 0:
            groups["opening"].append(turn.reply)
        elif state.seeker == "close" or act == "close":
            groups["closing"].append(turn.reply)
        elif state.seeker in FEEDBACK:
            groups["after feedback or a question"].append(turn.reply)
        elif act == "recommend":
            groups["recommendation"].append(turn.reply)
    rng = np.random.default_rng(seed)
    chosen: dict[int, str] = {}
    for stratum, count in STRATA.items():
        some: IntArray = rng.permutation(np.array(groups[stratum], np.int64))[:count]
        chosen |= dict.fromkeys(some.tolist(), stratum)
    return chosen


def render(samples: Sequence[Sample], *, seed: int, with_text: bool) -> tuple[str, str]:
    """The page and the key."""
    rng = np.random.default_rng(seed + 1)
    names = list(samples[0].replies)
    if with_text:
        names.append("human")
    letters = "ABCD"[: len(names)]
    page = [
        "# What the systems say",
        "",
        f"{len(samples)} contexts of ReDial's test users, drawn by seed {seed} and not selected, by kind of turn. The "
        "columns are shuffled in every row; `samples-key.md` tells which is whose. Contexts stand by dialogue and "
        "message number of the release; the words of its people are not repeated here "
        "(`scripts/sample_replies.py --with-text` writes a page with them).",
        "",
    ]
    key = [
        "# Whose column is whose",
        "",
        f"| context | {' | '.join(letters)} |",
        f"| --- |{' --- |' * len(letters)}",
    ]
    stratum = ""
    for sample in samples:
        if sample.stratum != stratum:
            stratum = sample.stratum
            page += ["", f"## {stratum.capitalize()}", ""]
            page += [f"| context | {' | '.join(letters)} |", f"| --- |{' --- |' * len(letters)}"]
        said = dict(sample.replies) | ({"human": sample.human} if with_text else {})
        order = [names[number] for number in rng.permutation(len(names))]
        where = f"`{sample.place}` {sample.situation}" + (f"<br>{sample.context}" if with_text else "")
        page.append("| " + " | ".join(cell(text) for text in (where, *(said[name] for name in order))) + " |")
        key.append(f"| `{sample.place}` | {' | '.join(order)} |")
    return "\n".join(page) + "\n", "\n".join(key) + "\n"


def cell(text: str) -> str:
    """A text as one cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " / ")


if __name__ == "__main__":
    main()
