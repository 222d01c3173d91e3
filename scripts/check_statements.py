"""Print how well statements are found in human replies, how many there are, and how many of them hold.

    python scripts/check_statements.py --data data/redial --graphs redial-kg

``--data`` is ReDial prepared with the imdb graph, ``--graphs`` the folder of the published graphs. Precision and
recall are measured on hand-labelled turns of the test part; truth on all its recommender turns. How many of the data's
own facts the judging graphs confirm tells what a reply that copies them could reach, shuffled facts what chance gives.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ccrs.core.dialogue import Dialogue
from ccrs.data.prepared import load_prepared
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.name_spans import Names
from ccrs.evaluation.statements import PERSON_KINDS, extract_statements
from ccrs.evaluation.tables import aligned
from ccrs.evaluation.truth import FactTable, TruthFigures, judge_statements, truth_figures
from ccrs.experiments.fact_sources import JUDGING_GRAPHS, facts_of_triples, load_graph_facts

LABELS = Path(__file__).resolve().parents[1] / "tests" / "evaluation" / "truth_labels.json"
HALVES = ("development", "held_out")


@dataclass(frozen=True)
class HumanTurn:
    """One merged turn of a human recommender and the film last named before it."""

    reply: JudgedReply
    discussed: str | None

    @property
    def key(self) -> str:
        """``dialogue:message``, as in the labels."""
        return f"{self.reply.dialogue}:{self.reply.message}"


@dataclass(frozen=True)
class Agreement:
    """Statements found and labelled: both, found only, labelled only."""

    both: int
    extra: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of the found statements that a reader sees too."""
        return self.both / max(self.both + self.extra, 1)

    @property
    def recall(self) -> float:
        """The share of a reader's statements that are found."""
        return self.both / max(self.both + self.missed, 1)


def human_turns(
    dialogues: Iterable[Dialogue], item_ids: Mapping[str, str] | None = None
) -> Iterator[HumanTurn]:
    """The recommender turns of the test part; ``item_ids`` renames mentioned films, where given."""
    for dialogue in dialogues:
        if dialogue.part != "test":
            continue
        numbers, discussed = dialogue.turns(), None
        for turn in dict.fromkeys(numbers):
            where = [position for position, number in enumerate(numbers) if number == turn]
            messages = [dialogue.messages[position] for position in where]
            marked = [m.entity for message in messages for m in message.mentions if m.marked]
            items = tuple((item_ids or {}).get(film, film) for film in marked)
            if messages[0].speaker == "recommender":
                text = " ".join(message.text for message in messages)
                reply = JudgedReply(
                    dialogue.user, dialogue.id, where[0], text, text, text, text, items, items
                )
                yield HumanTurn(reply, discussed)
            discussed = items[-1] if items else discussed


def agreement(
    turns: Mapping[str, HumanTurn],
    labels: Mapping[str, Sequence[Sequence[str]]],
    names: Names,
    *,
    roles: bool,
) -> Agreement:
    """Found against labelled statements; without ``roles``, all that people do in a film is one."""
    both = extra = missed = 0
    for key, rows in labels.items():
        turn = turns[key]
        statements = extract_statements(turn.reply.reply, names, turn.discussed)
        found = {_key(s.film, s.kind, s.value, roles) for s in statements}
        wanted = {_key(film, kind, value, roles) for film, kind, value in rows}
        both += len(found & wanted)
        extra += len(found - wanted)
        missed += len(wanted - found)
    return Agreement(both, extra, missed)


def _key(film: str, kind: str, value: str, roles: bool) -> tuple[str, str, str]:
    return film, "person" if kind in PERSON_KINDS and not roles else kind, value.casefold()


def confirmed(own: FactTable, judge: FactTable, *, shuffled: bool) -> dict[str, tuple[int, int, int]]:
    """Per kind the facts of ``own``: all, judged, confirmed by ``judge``; ``shuffled`` gives each another's film."""
    rows = sorted((film, kind, value) for (film, kind), values in own.values.items() for value in values)
    counts: dict[str, list[int]] = {}
    for kind in ("director", "actor", "writer", "genre"):
        films = [film for film, other, _ in rows if other == kind]
        values = [value for _, other, value in rows if other == kind]
        if shuffled:
            films = [films[n] for n in np.random.default_rng(0).permutation(len(films))]
        verdicts = [judge.holds(film, kind, value) for film, value in zip(films, values, strict=True)]
        counts[kind] = [len(verdicts), sum(v is not None for v in verdicts), sum(v is True for v in verdicts)]
    return {kind: (a, b, c) for kind, (a, b, c) in counts.items()}


def show(figures: TruthFigures) -> None:
    """Print the figures of the human replies."""
    print(f"\nhuman replies {figures.num_replies}, naming a film {figures.num_item_replies}")
    rate = figures.per_100_item_replies
    print(f"statements {figures.num_statements}; per 100 replies that name a film {rate:.1f}")
    print(f"judged {figures.num_judged} ({figures.judged_share:.1%}), true {figures.num_true}")
    if figures.truth is not None:
        truth = figures.truth
        print(f"truth {truth.mean:.3f} [{truth.low:.3f}, {truth.high:.3f}] (95%, by user)")
    rows = [
        [kind, str(c.num_statements), str(c.num_judged), str(c.num_true), _share(c.num_true, c.num_judged)]
        for kind, c in figures.by_kind.items()
    ]
    print(aligned(["kind", "statements", "judged", "true", "truth"], rows))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--graphs", type=Path, required=True)
    parser.add_argument(
        "--names", nargs="+", default=list(JUDGING_GRAPHS), help="folders of the judging graphs"
    )
    parser.add_argument("--labels", type=Path, default=LABELS)
    arguments = parser.parse_args()
    corpus = load_prepared(arguments.data)
    judge = load_graph_facts([arguments.graphs / name for name in arguments.names], corpus.catalogue)
    names = Names.of_catalogue(corpus.catalogue, judge.people)
    turns = list(human_turns(corpus.dialogues))
    by_key = {turn.key: turn for turn in turns}
    labels = json.loads(arguments.labels.read_text(encoding="utf-8"))
    for half in HALVES:
        for roles in (True, False):
            found = agreement(by_key, labels[half], names, roles=roles)
            counts = (
                f"found {found.both + found.extra}, labelled {found.both + found.missed}, both {found.both}"
            )
            told = "" if roles else " (roles of people not told apart)"
            print(f"{half}: precision {found.precision:.3f}, recall {found.recall:.3f}; {counts}{told}")
    replies = [turn.reply for turn in turns]
    judged = judge_statements(replies, names, judge, [turn.discussed for turn in turns])
    show(truth_figures(replies, judged))
    print(f"\njudged by {'+'.join(arguments.names)} ({judge.num_films} films)")
    own = facts_of_triples(corpus.catalogue, corpus.triples)
    rows = [
        [name, kind, str(every), _share(known, every), _share(true, known)]
        for name, shuffled in (("the data's own facts", False), ("the same, shuffled", True))
        for kind, (every, known, true) in confirmed(own, judge, shuffled=shuffled).items()
    ]
    print(aligned(["facts", "kind", "number", "judged", "hold"], rows))


if __name__ == "__main__":
    main()
