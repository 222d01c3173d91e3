"""What is wanted and not wanted: the role of every genre, person and theme in a message.

A plain statement of taste (*I like comedies*) is an opinion. It is a wish, too, when the message asks for something,
turns something down, or when nothing has been shown yet, as it then answers the question of what kind to look for.
Alternatives (*a comedy or a drama*) cannot be hard filters, which hold all at once: they are liked instead. What is
said of an item (*Heat is a thriller*, *Heat with Al Pacino*) or told (*I saw a comedy*) is no wish. Who cannot stand a
genre or a person does not want it, asked or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ccrs.data.understanding.line import Clause, Ref
from ccrs.data.understanding.wish_words import (
    ADDS,
    ANY_GENRE,
    ANY_PERSON,
    ANY_YEAR,
    ANYTHING,
    ASKED_IF,
    ASKED_THAT,
    ASKED_THAT_IS,
    DESCRIBES,
    DROPS_ALL,
    EXCLAIMED,
    ITEM_THEN,
    ITEM_WITH,
    NEGATIVE,
    NEVERMIND,
    NOT_MINDED,
    PERSON_IS,
    REPLACES,
    SURPRISE,
    TASTE,
    TELLS,
)

_PLAINLY_ADDS = re.compile(
    r"^(?:and|also|but|plus)\b|\b(?:also|too|as well|with some|(?:a|with) (?:little )?(?:bit|"
    r"touch|dash|hint) of|mixed with|combined with|add)\b"
)


@dataclass
class Wishes:
    """Entity ids by role; ``alternatives`` are liked, ``released`` let go by name."""

    wanted: list[str] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    barred: list[str] = field(default_factory=list)
    """Of the rejected items those named by their titles."""
    tastes: list[str] = field(default_factory=list)
    dislikes: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    adds: bool = False
    adjectives: bool = False
    """The genres that are wanted are named by adjectives, which go well with a theme: *animated*."""
    replaces: bool = False
    joined: set[str] = field(default_factory=set)
    """Tastes named by one word (*romantic comedies*) or joined without a comma or *and* (*animated comedies*)."""
    any_genre: bool = False
    any_year: bool = False
    any_person: bool = False
    anything: bool = False
    surprise: bool = False


def hear_wishes(clauses: Sequence[Clause]) -> Wishes:
    """The roles of everything named in a message that is no item, and items that are not wanted."""
    wishes = Wishes()
    carried_no = False
    for clause in clauses:
        line = clause.line
        wishes.any_genre |= ANY_GENRE.search(line) is not None
        wishes.any_year |= ANY_YEAR.search(line) is not None
        wishes.any_person |= ANY_PERSON.search(line) is not None
        wishes.anything |= ANYTHING.search(line) is not None and "anything but" not in line
        wishes.anything |= _drops_all(clause)
        wishes.surprise |= SURPRISE.search(line) is not None
        wishes.replaces |= REPLACES.search(line) is not None
        refs = [ref for _, ref in clause.refs]
        if not refs:
            carried_no = False
            continue
        done = _released(clause, wishes)
        negative = _negated(clause, wishes, done)
        if carried_no and clause.opener == "and" and not negative:
            negative = False
        carried_no = negative
        rest = [(n, ref) for n, ref in clause.refs if id(ref) not in done and ref.kind != "item"]
        _positive(clause, rest, wishes)
    return wishes


def _drops_all(clause: Clause) -> bool:
    """Whether all wishes are let go: *scrap that*, but not *forget Heat*."""
    match = DROPS_ALL.search(clause.line)
    return match is not None and not any(ref.named for ref in clause.refs_in(match.start(), match.end()))


def _released(clause: Clause, wishes: Wishes) -> set[int]:
    """Let go of what is named as not needed or not minded; the names that are dealt with."""
    done: set[int] = set()
    for match in (*NEVERMIND.finditer(clause.line), *NOT_MINDED.finditer(clause.line)):
        for ref in clause.refs_in(match.start(), match.end()):
            wishes.released += ref.entities
            done.add(id(ref))
    return done


def _negated(clause: Clause, wishes: Wishes, done: set[int]) -> bool:
    """Take what is not wanted; true when something is not."""
    found = False
    for match in NEGATIVE.finditer(clause.line):
        words = match.group()
        before = clause.line[: match.start()]
        if words.startswith("too ") and not re.match(r"too (?:much )?<[gt]>", words):
            continue
        told = re.search(
            r"\b(?:seen|saw|watched|heard|know|knew|sure|tell|remember|think|believe)\b", f"{before} {words}"
        )
        if told or (before.endswith("why ") and words.startswith("not")):
            continue
        if not ASKED_THAT_IS.search(before) and re.search(
            r"\b(?:did|have|has|had|(?:<i>|it|that|this|they|he|she) (?:is|was|are|were)) $", before
        ):
            continue
        if words.startswith("too ") and not any(
            ref.adjective for ref in clause.refs_in(match.start(), match.end())
        ):
            continue
        for ref in clause.refs_in(match.start(), match.end()):
            if id(ref) in done:
                continue
            if ref.kind == "item" and re.search(r"\b(?:like|as) $", clause.line[: _place(clause, ref)]):
                continue
            done.add(id(ref))
            found = True
            (wishes.rejected if ref.kind == "item" else wishes.unwanted).extend(ref.entities)
            if ref.kind == "item" and ref.named:
                wishes.barred.extend(ref.entities)
    return found


def _place(clause: Clause, ref: Ref) -> int:
    """Where in the line the name stands."""
    number = next(number for number, other in clause.refs if other is ref)
    return sum(len(token.text) + 1 for token in clause.tokens[:number])


def _positive(clause: Clause, refs: Sequence[tuple[int, Ref]], wishes: Wishes) -> None:
    """Sort what is named and not denied into wishes, tastes and mere description."""
    if not refs:
        return
    line = clause.line
    described = {
        id(ref)
        for match in DESCRIBES.finditer(line)
        if not (match.group().startswith(("that ", "which ")) and ASKED_THAT.search(line[: match.start()]))
        for ref in clause.refs_in(match.start(), match.end())
    }
    tells = TELLS.search(line) is not None and not re.search(
        r"\b(?:looking|want|recommend|suggest|mood)\b", line
    )
    asked = ASKED_IF.match(line) is not None
    taste = TASTE.search(line) is not None and not re.search(
        r"\b(?:would|you|to) (?:like|love|enjoy|prefer)\b", line
    )
    wished: list[Ref] = []
    for _, ref in refs:
        place = _place(clause, ref)
        before, behind = line[max(0, place - 80) : place], line[place : place + 80]
        if (
            ref.kind == "person"
            and PERSON_IS.match(behind)
            and not before.endswith((" where ", " in which "))
        ):
            continue  # said of a person: no wish, but it may well be an opinion
        if (
            id(ref) in described
            or asked
            or tells
            or clause.opener == "because"
            or _of_item(before, ref)
            or (ref.adjective and EXCLAIMED.match(line))
            or (ref.kind == "person" and _of_named(before))
            or (ref.kind == "person" and re.match(r"<p> in <i>|<p> was in|<p> is in", line[place:]))
        ):
            wishes.ignored.update(ref.entities)
        elif taste:
            wishes.tastes += ref.entities
            if len(ref.entities) > 1 or re.search(r"<g> <g>", line):
                wishes.joined.update(ref.entities)
        else:
            wished.append(ref)
    if not wished:
        return
    chosen = _alternatives(clause, wished)
    wishes.alternatives += [entity for ref in chosen for entity in ref.entities]
    wished = [ref for ref in wished if all(ref is not other for other in chosen)]
    if not wished:
        return
    wishes.wanted += [entity for ref in wished for entity in ref.entities]
    adjectives = all(ref.adjective for ref in wished if ref.kind == "genre")
    # "Something scarier" is measured against what is in force.
    compared = any(ref.adjective and ref.word.endswith("er") for ref in wished)
    plainly = clause.opener == "but" or compared or _PLAINLY_ADDS.search(line) is not None
    wishes.adjectives |= adjectives and any(ref.kind == "genre" for ref in wished)
    wishes.adds |= plainly or (ADDS.search(line) is not None and adjectives)


def _of_item(before: str, ref: Ref) -> bool:
    """Whether a person or genre just describes the item named before it."""
    return ref.kind in ("person", "thing") and ITEM_THEN.search(before) is not None


def _of_named(before: str) -> bool:
    """Whether a person belongs to an item named before, which is no example of what is wanted."""
    return ITEM_WITH.search(before) is not None and not re.search(r"\b(?:like|similar to|as) <i>", before)


_OR = re.compile(
    r"<[gpt]>(?: movies?| flicks?)?(?: , <[gpt]>)*(?: ,)? or (?:a |an |some |maybe |with |even |in )*<[gpt]>"
)


def _alternatives(clause: Clause, wished: Sequence[Ref]) -> list[Ref]:
    """Those of the ``wished`` that *or* joins (*brass or marble*); the others hold beside them."""
    joined = [ref for m in _OR.finditer(clause.line) for ref in clause.refs_in(m.start(), m.end())]
    found = [ref for ref in wished if any(ref is other for other in joined)]
    return found if len(found) > 1 and len({ref.kind for ref in found}) == 1 else []


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values without repetitions, in order."""
    return tuple(dict.fromkeys(values))


def tastes_in(clause: Clause) -> bool:
    """Whether a clause states a taste (*I like old movies*)."""
    return TASTE.search(clause.line) is not None and not re.search(
        r"\b(?:would|you|to) (?:like|love|enjoy|prefer)\b", clause.line
    )
