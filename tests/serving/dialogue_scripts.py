"""Scripted dialogues of people with a recommender of films: what they say, and what must come of it.

The scripts stand in ``dialogues.json``; their vocabulary is ``Expect`` and its neighbours in ``dialogue_steps``.
``load_scripts`` reads them strictly (an unknown key, title, name or placeholder is an error), ``run_script`` lets a
``Person`` say them and lists what went wrong.

What is recommended is not fixed, so scripts speak of it by placeholders, filled in from the catalogue at run time:

- ``{shown}``: the items of the latest earlier step of this dialogue that offered any; ``{shown[0]}`` is the first of
  them, ``{shown[-1]}`` the last. An item that was not there fails the script, which stops.
- ``{NAME}``, ``{NAME[0]}``: the same for the step with that ``name``, in this or an earlier dialogue.
- ``{RELATION of SOURCE}``: a fact about the source, which is one of the above or a title, as in ``{director of Heat
  (1995)}``. Relations are those of ``ccrs.simulation.films`` and ``year``. What the catalogue lacks is
  left out, and a reply check of which nothing is left passes.

In ``say`` a placeholder stands within the text and becomes its first value (a title comes with its year where the
catalogue has namesakes); everywhere else it is the whole string and stands for all its values. ``@not-known`` and the
like stand for the ``PHRASES`` in ``dialogue_names``. Items are written with their year (``Heat (1995)``), all else by
its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from ccrs.core.hearing import Constraints, Opinion
from tests.serving.dialogue_names import Expected, Facts, Names, NotShownError, ScriptError
from tests.serving.dialogue_steps import Expect, Script, Step

SCRIPTS = Path(__file__).with_name("dialogues.json")
_NOTHING = Expect()


@dataclass(frozen=True)
class Outcome:
    """What came back: the reply, and the ids of the items *offered* in it or as cards, in that order.

    A film that is only spoken of (*Heat was directed by Michael Mann*, *sorry you did not like Heat*) is not offered.
    """

    reply: str
    items: tuple[str, ...]


class Person(Protocol):
    """One person in front of the system under test, known to it from dialogue to dialogue."""

    def begin(self) -> None:
        """Start a new dialogue."""

    def say(self, text: str, filters: Constraints | None) -> Outcome:
        """Send one message, with hard constraints by entity ids or without."""

    def feedback(self, item: str, opinion: Opinion, undo: bool) -> None:
        """Press a button on the card of an item (an id), or undo it."""

    def opinions(self) -> Mapping[str, set[Opinion]]:
        """Entity id to what is stored of it now, from all dialogues."""


def load_scripts(facts: Facts, path: Path = SCRIPTS) -> tuple[Script, ...]:
    """Read and check all scripts; raises ``ScriptError`` with script, place, fault and mend."""
    try:
        scripts = TypeAdapter(tuple[Script, ...]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ScriptError(f"{path.name}: {error}") from error
    seen: set[str] = set()
    for script in scripts:
        if script.id in seen:
            raise ScriptError(f"{script.id}: two scripts have this id. Rename one.")
        seen.add(script.id)
        _check_names(script, facts)
    return scripts


def _check_names(script: Script, facts: Facts) -> None:
    """Fill in everything once, with any nine items in place of those offered."""
    offered: dict[str, tuple[str, ...]] = {}
    for number, session in enumerate(script.sessions, 1):
        offered.pop("shown", None)
        for place, step in enumerate(session, 1):
            names = Names(facts, offered)
            try:
                names.sentence(step.say or "")
                names.constraints(step.filters)
                names.expected(step.expect or _NOTHING)
                if step.feedback is not None and len(names.set_of((step.feedback.item,), items=True)) != 1:
                    raise ScriptError(f"{step.feedback.item} is several items. Name one, as in {{shown[0]}}.")
            except ScriptError as error:
                raise ScriptError(f"{script.id}, dialogue {number}, step {place}: {error}") from error
            if step.say is not None:
                offered |= {name: facts.items[:9] for name in ("shown", step.name) if name is not None}


def run_script(script: Script, person: Person, facts: Facts) -> list[str]:
    """Let a person go through a script; the faults found, each with its place (none: passed)."""
    run = _Run(facts, person)
    for number, session in enumerate(script.sessions, 1):
        run.begin()
        for place, step in enumerate(session, 1):
            where = f"{script.id}, dialogue {number}, step {place}"
            try:
                run.take(step, where)
            except NotShownError as error:
                return [*run.faults, f"{where}: {error}"]
    return run.faults


class _Run:
    """One script under way."""

    def __init__(self, facts: Facts, person: Person) -> None:
        self._facts, self._person = facts, person
        self._offered: dict[str, tuple[str, ...]] = {}
        self._before: set[str] = set()
        self._banned: set[str] = set()
        self.faults: list[str] = []

    def begin(self) -> None:
        """A new dialogue."""
        self._person.begin()
        self._offered.pop("shown", None)
        self._before = set()

    def take(self, step: Step, where: str) -> None:
        """Say or press, and check what comes of it."""
        names, expect = Names(self._facts, self._offered), step.expect or _NOTHING
        expected = names.expected(expect)
        self._banned |= expected.never_again
        if step.feedback is not None:
            (item,) = names.ids(step.feedback.item)
            self._person.feedback(item, step.feedback.opinion, step.feedback.undo)
            self._note(f"{where} (button)", self._faults_of_opinions(expected))
            return
        text = names.sentence(step.say or "")
        outcome = self._person.say(text, names.constraints(step.filters))
        where = f"{where} ({text!r})"
        self._note(where, self._faults_of_items(outcome.items, expect, expected))
        reply = f"the reply {outcome.reply!r}"
        self._note(where, (f"{reply} {fault}" for fault in expected.faults_of_reply(outcome.reply)))
        self._note(where, self._faults_of_opinions(expected))
        self._before |= set(outcome.items)
        self._offered |= {"shown": outcome.items} if outcome.items else {}
        self._offered |= {step.name: outcome.items} if step.name is not None else {}

    def _note(self, where: str, faults: Iterator[str]) -> None:
        self.faults += [f"{where}: {fault}" for fault in faults]

    def _faults_of_items(self, items: Sequence[str], expect: Expect, expected: Expected) -> Iterator[str]:
        if expect.some_items is not None and bool(items) != expect.some_items:
            yield (
                "no item was offered"
                if expect.some_items
                else f"offered {', '.join(items)} instead of nothing"
            )
        for item in items:
            if item not in self._facts.items:
                yield f"offered {item}, which is not in the catalogue"
                continue
            title = self._facts.entities[item].title
            yield from (f"offered {title}, which {fault}" for fault in expected.faults_of(item, self._facts))
            if item in self._banned:
                yield f"offered {title} again, which was seen or turned down"
            if expect.items_exclude_all_shown_before and item in self._before:
                yield f"offered {title} twice in this dialogue"

    def _faults_of_opinions(self, expected: Expected) -> Iterator[str]:
        stored = self._person.opinions()
        for id_, wanted in expected.opinions.items():
            for opinion in sorted(wanted - stored.get(id_, set())):
                yield f"{opinion} of {id_} is not stored"
        for id_, unwanted in expected.not_opinions.items():
            for opinion in sorted(unwanted & stored.get(id_, set())):
                yield f"{opinion} of {id_} is stored"
