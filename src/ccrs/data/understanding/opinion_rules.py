"""What is liked, disliked and seen, by rules over the clauses of a message.

A verb of taste or of seeing speaks of the names behind it (*I loved A and B*) or, where none is, of the name before it
(*A is one I hated*); a predicate speaks of its subject (*A was boring*). *Similar to A* and a bare title are likes.
What somebody wants to see, has heard of, or asks the other about is no opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ccrs.data.understanding.cues import COPULAS, NEGATIONS, Cue, find_cues
from ccrs.data.understanding.line import Clause, Ref
from ccrs.data.understanding.unnamed import NOT_OF_FILMS, PLAIN_PRAISE, Said, unnamed

_JOINS_TEXT = """
    , and or nor & plus the also both as well even movie movies with too maybe either a all of series original
    old new then
"""
_JOINS = frozenset(_JOINS_TEXT.split())
_FILLERS_TEXT = """
    yes no ok okay oh well hmm um maybe and or also the movie movies like a of course too original new one
    with both hi hello hey ah i mean let see definitely probably such as , anything by classics in first old
    for example haha lol sure plus then even original as well my favorite favorites
"""
_FILLERS = frozenset(_FILLERS_TEXT.split())

_DEGREES = frozenset(
    ["so", "very", "really", "just", "pretty", "absolutely", "truly", "simply", "a", "an", "also", "always"]
)


@dataclass
class Opinions:
    """What is said of entities, the latest word on liking last; ``wished`` are clauses that speak of wishes."""

    valence: dict[str, Literal["like", "dislike"]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    ruled: set[str] = field(default_factory=set)
    """Entities of which a rule says something, be it that nothing is known."""

    def add(self, entities: Sequence[str], said: Sequence[Said]) -> None:
        """Record what is said of ``entities``."""
        for entity in entities:
            self.ruled.add(entity)
            for word in said:
                if word in ("like", "dislike"):
                    self.valence.pop(entity, None)
                    self.valence[entity] = "like" if word == "like" else "dislike"
                elif word == "seen":
                    self.seen.add(entity)
                    self.unseen.discard(entity)
                else:
                    self.unseen.add(entity)
                    self.seen.discard(entity)


def hear_opinions(clauses: Sequence[Clause], answered: Sequence[str]) -> Opinions:
    """The opinions in a message; clauses without a name (*already seen*) speak of what was named or ``answered``."""
    result = Opinions()
    before: tuple[Said, ...] = ()
    recent: tuple[str, ...] | None = None
    for clause in clauses:
        cues = find_cues(clause)
        spoken: tuple[Said, ...] = ()
        for number, ref in clause.refs:
            said = _of_ref(clause, cues, number, ref, before)
            if said is None:
                continue
            # "Tom Hanks in Big" speaks of Big.
            if ref.kind == "person" and _in_item(clause, number):
                continue
            result.add(ref.entities, said)
            spoken = said or spoken
        items = [ref for _, ref in clause.refs if ref.kind == "item"]
        if items:
            recent = items[-1].entities
        elif not clause.refs or all(ref.adjective for _, ref in clause.refs):
            # Named last, an item that the catalogue lacks is spoken of: nothing is known of any other.
            about = tuple(answered) if recent is None else recent
            result.add(about, unnamed(clause, cues, fresh=recent is None))
        before = spoken or before
    for entity in result.unseen:
        if entity not in result.seen and result.valence.get(entity) == "like":
            del result.valence[entity]
    return result


def _in_item(clause: Clause, number: int) -> bool:
    """Whether the person at a token is spoken of in one item: *Tom Hanks in Big*."""
    texts = [token.text for token in clause.tokens[number + 1 : number + 4]]
    return (bool(texts) and texts[0] == "in" and "<i>" in texts[1:]) or (
        texts[:2] == ["was", "in"] and "<i>" in texts
    )


def _person_in(clause: Clause, first: int) -> int | None:
    """The person before *in A*, whom a verb before names first: *I liked Tom Hanks in Big*."""
    for back in (2, 3, 4):
        texts = [token.text for token in clause.tokens[max(0, first - back) : first]]
        if len(texts) == back and texts[0] == "<p>" and "in" in texts:
            return first - back
    return None


def _of_ref(
    clause: Clause, cues: Sequence[Cue], number: int, ref: Ref, before: tuple[Said, ...]
) -> tuple[Said, ...] | None:
    """What the clause says of the name at a token; ``None`` where no rule speaks."""
    first = _group_start(clause, number)
    if ref.kind == "item" and (person := _person_in(clause, first)) is not None:
        first = person
    ahead = _object_cues(clause, cues, first)
    behind = _predicates(clause, cues, number)
    said = _read(ahead, cues, clause, first, is_item=ref.kind == "item")
    valence = _predicate_valence(behind, ahead)
    if valence and not any(word in ("like", "dislike") for word in said):
        past = any(cue.past for cue in behind)
        said = (*said, valence, *(("seen",) if past and ref.kind == "item" and "unseen" not in said else ()))
    for cue in behind:
        if cue.kind == "seen" and cue.mine and ref.kind == "item":
            said = (*said, "unseen" if cue.negated else "seen")
    if said or ahead or behind:
        return said
    if ref.kind != "item" or clause.asks:
        return None
    return _bare(clause, ref, before)


def _group_start(clause: Clause, number: int) -> int:
    """The first token of the list of names that the token belongs to."""
    start = place = number
    while place >= 0:
        token = clause.tokens[place]
        if token.ref is not None:
            start = place
        elif token.text not in _JOINS or start - place > 4:
            break
        place -= 1
    return start


def _object_cues(clause: Clause, cues: Sequence[Cue], first: int) -> list[Cue]:
    """The cues before a list of names that may govern it: those behind the name before it."""
    previous = max(
        (number for number, ref in clause.refs if number < first and not ref.adjective), default=-1
    )
    kinds = ("like", "dislike", "seen", "example", "open")
    found = [cue for cue in cues if previous < cue.start < first and cue.kind in kinds]
    for cue in cues:
        # "The best movie is A", "a good one is A"
        if cue.kind not in ("good", "bad") or not previous < cue.start < first:
            continue
        if _exclaims(clause):
            found.append(Cue("like" if cue.kind == "good" else "dislike", cue.start, cue.end, cue.negated))
        elif first - cue.end <= 9:
            beside = clause.tokens[max(cue.end, first - 3) : first]
            between = {token.text for token in clause.tokens[cue.end : first][:4]}
            if ({token.text for token in beside} if first - cue.end > 4 else between) & COPULAS:
                found.append(
                    Cue("like" if cue.kind == "good" else "dislike", cue.start, cue.end, cue.negated)
                )
    return found


def _exclaims(clause: Clause) -> bool:
    """Whether it is *what a great movie A is*."""
    texts = [token.text for token in clause.tokens[:3]]
    return any(texts[place : place + 2] in (["what", "a"], ["what", "an"]) for place in (0, 1))


def _read(
    cues: Sequence[Cue], earlier: Sequence[Cue], clause: Clause, first: int, *, is_item: bool
) -> tuple[Said, ...]:
    """What the cues before a name say of it; ``earlier`` are all of the clause."""
    said: list[Said] = []
    example = any(cue.kind == "example" for cue in cues)
    disliked = _disliked([cue for cue in earlier if cue.start < first])
    opened = any(cue.kind == "open" for cue in cues)
    denied_here = first > 0 and clause.tokens[first - 1].text == "not"
    for cue in cues:
        negated = cue.negated != denied_here
        if cue.kind == "example" and is_item:
            said.append("dislike" if negated or disliked else "like")
        elif cue.kind == "like" and cue.mine and not (example and is_item):
            if not opened or cue.start > max(c.start for c in cues if c.kind == "open"):
                said.append("dislike" if negated else "like")
        elif cue.kind == "dislike" and cue.mine:
            said.append("like" if negated else "dislike")
        elif cue.kind == "seen" and cue.mine and is_item and not example and not opened:
            said.append("unseen" if negated else "seen")
        if cue.past and is_item and cue.mine and cue.kind in ("like", "dislike") and not example:
            said.append("seen")
    if "dislike" in said:
        said = [word for word in said if word != "like"]
    return tuple(dict.fromkeys(said))


def _disliked(cues: Sequence[Cue]) -> bool:
    """Whether a clause that gives an example speaks of what is not liked."""
    return any(
        (cue.kind == "dislike" and not cue.negated) or (cue.kind == "like" and cue.negated) for cue in cues
    )


def _predicates(clause: Clause, cues: Sequence[Cue], number: int) -> list[Cue]:
    """The cues behind a name that speak of it, where no further name takes them."""
    after = [place for place, ref in clause.refs if place > number and not ref.adjective]
    opened = any(cue.kind == "open" and number - 3 < cue.end <= number for cue in cues)
    result: list[Cue] = []
    for cue in cues:
        if cue.start <= number:
            continue
        between = {token.text for token in clause.tokens[number + 1 : cue.start]}
        passed = [place for place in after if place < cue.start]
        if cue.start - number > 13 or any(_group_start(clause, place) > number for place in passed):
            break
        following = clause.tokens[cue.end].text if cue.end < len(clause.tokens) else ""
        if following in NOT_OF_FILMS or (not following and _accepts(clause, cue, number)):
            continue
        opened |= cue.kind == "open"
        taken = any(place >= cue.end for place in after)
        if cue.kind in ("good", "bad"):
            near = bool(between & COPULAS) or cue.start - number <= 2
            # "A is great and so is B": a predicate with nothing but a copula between stays with its subject.
            plain = between <= COPULAS | _DEGREES
            fits = near and not (taken and cue.kind == "good" and cue.start - number > 1 and not plain)
        else:
            fits = cue.kind in ("like", "dislike", "seen") and not taken
        if fits and not opened:
            result.append(cue)
    return result


def _accepts(clause: Clause, cue: Cue, number: int) -> bool:
    """Whether *that is perfect* takes an offer rather than praises a film."""
    ref = clause.tokens[number].ref
    between = [token.text for token in clause.tokens[number + 1 : cue.start]]
    pointed = ref is not None and not ref.named and ref.word in ("that", "this")
    return pointed and between == ["is"] and clause.tokens[cue.start].text in PLAIN_PRAISE


def _predicate_valence(behind: Sequence[Cue], ahead: Sequence[Cue]) -> Said | None:
    """Whether the predicates praise; words that leave it open (*I heard A was good*) take praise away."""
    if any(cue.kind == "open" for cue in ahead):
        return None
    for cue in reversed(behind):
        if cue.kind in ("like", "dislike") and not cue.mine:
            continue
        if cue.kind in ("good", "like"):
            return "dislike" if cue.negated else "like"
        if cue.kind in ("bad", "dislike"):
            return "like" if cue.negated else "dislike"
    return None


def _bare(clause: Clause, ref: Ref, before: tuple[Said, ...]) -> tuple[Said, ...] | None:
    """A name without any cue: goes on with the clause before, turns it round behind *but not*, or is an example."""
    texts = [token.text for token in clause.tokens if token.ref is None]
    denied = any(text in NEGATIONS and text != "no" for text in texts)
    turned: dict[Said, Said] = {"like": "dislike", "dislike": "like", "seen": "unseen", "unseen": "seen"}
    if denied and all(text in _FILLERS or text in NEGATIONS for text in texts):
        tastes = tuple(word for word in before if word in ("like", "dislike")) or before
        return (
            tuple(turned[word] for word in tastes)
            if tastes and clause.opener in ("but", ",", "and")
            else None
        )
    if denied or not ref.named or not all(text in _FILLERS for text in texts):
        return None
    if clause.opener in ("and", ",") and before:
        return before
    return ("like",)
