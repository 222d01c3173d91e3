"""The scripted dialogues can be loaded, passed and failed, and the checker sees what it should."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ccrs.core.graph import Catalogue, Entity
from ccrs.core.hearing import Constraints, Opinion
from ccrs.simulation.films import film_catalogue, load_films
from tests.serving.dialogue_names import Facts, Names, NotShownError, ScriptError
from tests.serving.dialogue_scripts import Outcome, load_scripts, run_script
from tests.serving.dialogue_steps import Expect, Feedback, Filters, Script, Step

FACTS = Facts(*film_catalogue(load_films()))
SCRIPTS = load_scripts(FACTS)
HEAT, CASINO, SHREK = "heat-1995", "casino-1995", "shrek-2001"


class Canned:
    """Answers with the outcomes given, in order, and keeps what it is told by button."""

    def __init__(self, outcomes: Sequence[Outcome], opinions: dict[str, set[Opinion]] | None = None) -> None:
        self._outcomes = list(outcomes)
        self._opinions = opinions or {}
        self.heard: list[tuple[str, Constraints | None]] = []
        self.begun = 0

    def begin(self) -> None:
        self.begun += 1

    def say(self, text: str, filters: Constraints | None) -> Outcome:
        self.heard.append((text, filters))
        return self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]

    def feedback(self, item: str, opinion: Opinion, undo: bool) -> None:
        self.heard.append((f"{'undo ' if undo else ''}{opinion} {item}", None))

    def opinions(self) -> Mapping[str, set[Opinion]]:
        return self._opinions


class Obliging:
    """Knows the script, and does what is expected of it wherever the catalogue allows."""

    def __init__(self, script: Script) -> None:
        self._sessions = iter(script.sessions)
        self._offered: dict[str, tuple[str, ...]] = {}
        self._banned: set[str] = set()
        self._stored: dict[str, set[Opinion]] = {}

    def begin(self) -> None:
        self._steps = iter(next(self._sessions))
        self._offered.pop("shown", None)
        self._before: set[str] = set()

    def say(self, text: str, filters: Constraints | None) -> Outcome:
        step = next(self._steps)
        expect = step.expect or Expect()
        expected = Names(FACTS, self._offered).expected(expect)
        self._store(expect)
        self._banned |= expected.never_again
        no = self._banned | (self._before if expect.items_exclude_all_shown_before else set())
        fitting = [item for item in FACTS.items if item not in no and not [*expected.faults_of(item, FACTS)]]
        items = tuple(fitting[:3]) if expect.some_items else ()
        words = [*expected.reply_any[:1], *(group[0] for group in expected.reply_all)]
        self._before |= set(items)
        self._offered |= {name: items for name in ("shown", step.name) if name is not None and items}
        return Outcome(" … ".join(words), items)

    def feedback(self, item: str, opinion: Opinion, undo: bool) -> None:
        self._store(next(self._steps).expect or Expect())

    def opinions(self) -> Mapping[str, set[Opinion]]:
        return self._stored

    def _store(self, expect: Expect) -> None:
        expected = Names(FACTS, self._offered).expected(expect)
        for id_, wanted in expected.opinions.items():
            self._stored.setdefault(id_, set()).update(wanted)
        for id_, unwanted in expected.not_opinions.items():
            self._stored.setdefault(id_, set()).difference_update(unwanted)


def one_step(expect: Expect, before: Sequence[Step] = ()) -> Script:
    return Script("it", "refine", "one step", ((*before, Step(say="go on", expect=expect)),))


def faults(expect: Expect, items: Sequence[str] = (), reply: str = "", **opinions: set[Opinion]) -> list[str]:
    stored = {id_.replace("_", "-"): said for id_, said in opinions.items()}
    return run_script(one_step(expect), Canned([Outcome(reply, tuple(items))], stored), FACTS)


def test_there_are_sixty_scripts_with_all_kinds_of_talk() -> None:
    assert len(SCRIPTS) == 60
    assert len({script.category for script in SCRIPTS}) == 15
    assert (
        len({step.say for script in SCRIPTS for steps in script.sessions for step in steps if step.say}) > 110
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.id)
def test_every_script_can_be_passed(script: Script) -> None:
    assert run_script(script, Obliging(script), FACTS) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.id)
def test_every_script_can_fail(script: Script) -> None:
    assert run_script(script, Canned([Outcome("", ())]), FACTS) != []
    stubborn = Outcome("You will love Heat, Casino and Shrek.", (HEAT, CASINO, SHREK))
    assert run_script(script, Canned([stubborn]), FACTS) != []


@pytest.mark.parametrize(
    ("names", "years"),
    [
        (("western",), range(1980, 1990)),
        (("war", "Jennifer Aniston"), range(3000)),
        (("horror", "Julie Andrews"), range(3000)),
        (("animation",), range(1950, 1960)),
        (("Keanu Reeves", "Bill Murray"), range(3000)),
    ],
)
def test_impossible_wishes_are_impossible(names: tuple[str, ...], years: range) -> None:
    wanted = {FACTS.id_of(name) for name in names}
    assert not [
        item
        for item in FACTS.items
        if wanted <= FACTS.linked(item) and (FACTS.entities[item].year or 0) in years
    ]


def test_only_two_films_have_a_submarine() -> None:
    submarine = FACTS.id_of("submarine")
    films = {item for item in FACTS.items if submarine in FACTS.linked(item)}
    assert films == {"the-abyss-1989", "the-hunt-for-red-october-1990"}


@pytest.mark.parametrize("name", ["Stalker", "Amadeus", "Titanic II", "Zbigniew Cybulski"])
def test_what_is_unknown_is_unknown(name: str) -> None:
    assert name not in {entity.name for entity in FACTS.entities.values()}


@pytest.mark.parametrize(
    ("expect", "good", "bad"),
    [
        ({"items_all_linked": ("crime", "Al Pacino")}, [HEAT], [HEAT, CASINO]),
        ({"items_any_linked": ("animation", "Al Pacino")}, [HEAT, SHREK], [CASINO]),
        ({"items_none_linked": ("Al Pacino",)}, [CASINO], [CASINO, HEAT]),
        ({"items_year_from": 2001}, [SHREK], [HEAT]),
        ({"items_year_to": "{year of Heat (1995)}"}, [HEAT, CASINO], [SHREK]),
        ({"items_exclude": ("Heat (1995)",)}, [CASINO], [CASINO, HEAT]),
        ({"items_none_linked": ("{director of Heat (1995)}",)}, [CASINO], [HEAT]),
    ],
)
def test_checks_offered_items(expect: dict[str, Any], good: list[str], bad: list[str]) -> None:
    expected = Expect(some_items=True, **expect)
    assert faults(expected, good) == []
    assert len(faults(expected, bad)) == 1
    assert faults(expected, []) == ["it, dialogue 1, step 1 ('go on'): no item was offered"]
    assert "not in the catalogue" in faults(expected, ["no-such-film"])[0]


def test_checks_that_nothing_is_offered() -> None:
    assert faults(Expect(some_items=False)) == []
    assert "instead of nothing" in faults(Expect(some_items=False), [HEAT])[0]


@pytest.mark.parametrize(
    ("expect", "good", "bad"),
    [
        ({"reply_any": ("{director of Jaws (1975)}",)}, "By steven spielberg.", "By Martin Scorsese."),
        ({"reply_any": ("{genre of Alien (1979)}",)}, "It is science fiction", "It is a drama"),
        ({"reply_all": ("{director of The Matrix (1999)}",)}, "Lana Wachowski, Lilly Wachowski", "Lana Wachowski"),
        ({"reply_any": ("@no",)}, "No, she isn't.", "I know nothing."),
        ({"reply_any": ("@not-known",)}, "I don’t know that film.", "Sure!"),
        ({"reply_all": ("@yes", "1995")}, "Yes, in 1995.", "Yes, in 19955."),
        ({"reply_none": ("{year of Heat (1995)}",)}, "In 1996", "In 1995"),
        ({"reply_any": ("Tea Leoni",)}, "Téa Leoni", "Tea"),
    ],
)  # fmt: skip
def test_checks_replies(expect: dict[str, Any], good: str, bad: str) -> None:
    assert faults(Expect(**expect), reply=good) == []
    assert len(faults(Expect(**expect), reply=bad)) == 1


def test_checks_opinions() -> None:
    likes = Expect(opinions={"Heat (1995)": frozenset({"like", "seen"})})
    assert faults(likes, heat_1995={"like", "seen"}) == []
    assert faults(likes, heat_1995={"seen"}) == [
        "it, dialogue 1, step 1 ('go on'): like of heat-1995 is not stored"
    ]
    never = Expect(not_opinions={"Heat (1995)": frozenset({"dislike"})})
    assert faults(never, heat_1995={"like"}) == []
    assert "dislike of heat-1995 is stored" in faults(never, heat_1995={"dislike"})[0]


def test_a_ban_holds_in_later_dialogues() -> None:
    ban = Step(say="hated {shown[0]}", expect=Expect(never_again=("{shown[0]}",)))
    script = Script("it", "later", "a ban", ((Step(say="hi"), ban, Step(say="more")), (Step(say="hello"),)))
    answers = [Outcome("", (HEAT,)), Outcome("", ()), Outcome("", (CASINO,)), Outcome("", (HEAT,))]
    person = Canned(answers)
    fault = "offered Heat (1995) again, which was seen or turned down"
    assert run_script(script, person, FACTS) == [f"it, dialogue 2, step 1 ('hello'): {fault}"]
    assert person.begun == 2
    assert [text for text, _ in person.heard] == ["hi", "hated Heat", "more", "hello"]


def test_sees_a_film_shown_twice_in_one_dialogue_only() -> None:
    again = Step(say="more", expect=Expect(some_items=True, items_exclude_all_shown_before=True))
    person = Canned([Outcome("", (HEAT,))])
    twice = Script("it", "refine", "twice", ((Step(say="hi"), again),))
    assert "twice" in run_script(twice, person, FACTS)[0]
    apart = Script("it", "refine", "apart", ((Step(say="hi"),), (again,)))
    assert run_script(apart, person, FACTS) == []


def test_speaks_of_what_was_shown() -> None:
    say = "is {shown[-1]} of {year of first[0]} by {director of Heat (1995)} or {halloween[0]}?"
    answers = [
        Outcome("", (HEAT, SHREK)),
        Outcome("", ("halloween-1978",)),
        Outcome("", (CASINO,)),
        Outcome("", ()),
    ]
    steps = (Step(say="a", name="first"), Step(say="b", name="halloween"), Step(say="c"), Step(say=say))
    person = Canned(answers)
    assert run_script(Script("it", "fact", "speaks", (steps,)), person, FACTS) == []
    assert person.heard[-1][0] == "is Casino of 1995 by Michael Mann or Halloween (1978)?"


def test_a_script_stops_where_it_speaks_of_what_was_not_shown() -> None:
    before = (Step(say="three films please"), Step(say="who made the second one?"))
    script = one_step(Expect(reply_any=("{director of shown[1]}",)), before)
    found = run_script(script, Canned([Outcome("", (HEAT,))]), FACTS)
    assert found == [
        "it, dialogue 1, step 3: {shown[1]} was not offered (1 items were). Check what is offered."
    ]
    with pytest.raises(NotShownError):
        Names(FACTS, {}).ids("{shown}")


def test_presses_buttons_and_sends_filters_by_id() -> None:
    filters = Filters(wanted=("comedy",), unwanted=("Al Pacino", "Heat (1995)"), year_to=1990)
    steps = (
        Step(say="hi", filters=filters),
        Step(feedback=Feedback("{shown[0]}", "seen", undo=True)),
        Step(feedback=Feedback("Heat (1995)", "like"), expect=Expect(opinions={"Heat (1995)": frozenset({"like"})})),
    )  # fmt: skip
    person = Canned([Outcome("", (CASINO,))])
    found = run_script(Script("it", "card", "buttons", (steps,)), person, FACTS)
    assert found == ["it, dialogue 1, step 3 (button): like of heat-1995 is not stored"]
    assert person.heard == [
        ("hi", Constraints(("genre:comedy",), ("person:al-pacino", HEAT), None, 1990)),
        (f"undo seen {CASINO}", None),
        (f"like {HEAT}", None),
    ]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ({"say": "hi", "expects": {}}, "expects"),
        ({"say": "hi", "expect": {"replies": []}}, "replies"),
        ({"say": "hi", "expect": {}}, "Nothing is expected"),
        ({"expect": {"some_items": True}}, "either say or feedback"),
        ({"say": "hi", "expect": {"items_all_linked": ["comedy"]}}, "some_items: true"),
        ({"say": "hi", "expect": {"never_again": ["Amadeus (1984)"]}}, "'Amadeus (1984)' is not in the catalogue"),
        ({"say": "hi", "expect": {"never_again": ["Frozen"]}}, "series:frozen is not an item"),
        ({"say": "hi", "expect": {"some_items": True, "items_all_linked": ["Heat (1995)"]}}, "is an item"),
        ({"say": "hi", "expect": {"never_again": ["{shown}"]}}, "was not offered"),
        ({"say": "hi", "expect": {"reply_any": ["{producer of Heat (1995)}"]}}, "no relation 'producer'"),
        ({"say": "hi", "expect": {"reply_any": ["@maybe"]}}, "no set of phrases"),
        ({"say": "hi", "expect": {"opinions": {"Heat (1995)": ["adores"]}}}, "opinions"),
        ({"say": "what of {first[0]}?"}, "was not offered"),
        ({"say": "hi", "filters": {"wanted": ["comedies"]}}, "'comedies' is not in the catalogue"),
        ({"feedback": {"item": "Heat (1995)", "opinion": "like"}, "expect": {"some_items": True}}, "no reply"),
        ({"feedback": {"item": "comedy", "opinion": "like"}}, "genre:comedy is not an item"),
    ],
)  # fmt: skip
def test_refuses_faulty_scripts(step: dict[str, Any], fault: str, tmp_path: Path) -> None:
    path = tmp_path / "dialogues.json"
    path.write_text(json.dumps([{"id": "it", "category": "fact", "tests": "a fault", "sessions": [[step]]}]))
    with pytest.raises(ScriptError, match=re.escape(fault)):
        load_scripts(FACTS, path)


def test_refuses_a_name_of_two_entities() -> None:
    two = (Entity("person:ann", "person", "Ann"), Entity("series:ann", "series", "Ann"))
    with pytest.raises(ScriptError, match="person:ann or series:ann"):
        Facts(Catalogue(two), ()).id_of("Ann")


def test_refuses_two_scripts_of_one_id(tmp_path: Path) -> None:
    script = {"id": "it", "category": "fact", "tests": "twice", "sessions": [[{"say": "hi"}]]}
    path = tmp_path / "dialogues.json"
    path.write_text(json.dumps([script, script]))
    with pytest.raises(ScriptError, match="two scripts have this id"):
        load_scripts(FACTS, path)
