"""Clauses that speak of a film without naming it: *already seen*, *great movie*, *too boring*."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from ccrs.data.understanding.cues import COPULAS, Cue
from ccrs.data.understanding.line import Clause

Said = Literal["like", "dislike", "seen", "unseen"]

_INTERJECTIONS_TEXT = """
    yes no ok okay oh well ah haha lol hmm um i have it was is also actually yup that one so very really
    really just absolutely and the a both too movie movies already before all of definitely not did me we them
    think thought pretty one times once twice many in years ago last year week night recently yet never ,
    ever still much lot do kind but though wow omg sorry great film since been
"""
_INTERJECTIONS = frozenset(_INTERJECTIONS_TEXT.split())
_NOT_OF_FILMS_TEXT = """
    suggestion suggestions recommendation recommendations idea ideas choice choices thanks thank chat day
    night help talk job morning evening afternoon sounds sound looks time luck you your weekend any some
    something anything more another please morning looking want need list pick picks can could would will what
"""
NOT_OF_FILMS = frozenset(_NOT_OF_FILMS_TEXT.split())
_HAVE_SEEN = frozenset(["i have", "yes i have", "yes have", "i did", "yes i did", "yes , i have", "yes , i did",
    "i have already", "yes i already have", "oh yes i have", "i already have", "i sure have", "of course i have",
    "we have", "yes we have", "yes both", "yes i have both"])  # fmt: skip
_HAVE_NOT = frozenset(["i have not", "no i have not", "no , i have not", "have not", "no i did not", "i did not",
    "not yet", "no not yet", "no , not yet", "never"])  # fmt: skip
_PLAIN_TEXT = """
    great good awesome nice cool perfect fantastic excellent amazing interesting wonderful bad fun lovely sweet better
    not best decent solid
"""
PLAIN_PRAISE = frozenset(_PLAIN_TEXT.split())
_REFUSALS = frozenset(["not really", "not at all", "not so much", "not much", "so so"])


def unnamed(clause: Clause, cues: Sequence[Cue], *, fresh: bool) -> tuple[Said, ...]:
    """What a clause without a name says of what was just shown; ``fresh``: nothing was named in the message before."""
    line = clause.line.replace(" too", "").strip(" ,")
    if fresh and not clause.asks and (line in _HAVE_SEEN or line in _HAVE_NOT):
        return ("seen",) if line in _HAVE_SEEN else ("unseen",)
    if not _speaks_of_it(clause, cues):
        return ()
    said: list[Said] = []
    for cue in cues:
        if cue.kind == "seen":
            said.append("unseen" if cue.negated else "seen")
        elif cue.kind in ("like", "dislike"):
            said += _taste(clause, cue)
        elif cue.kind in ("good", "bad") and _of_a_film(clause, cue):
            said.append("like" if (cue.kind == "good") != cue.negated else "dislike")
    return tuple(dict.fromkeys(said))


def _speaks_of_it(clause: Clause, cues: Sequence[Cue]) -> bool:
    """Whether the clause is nothing but cues and small words, and about the film rather than the talk."""
    texts = [token.text for token in clause.tokens if token.ref is None]
    if clause.asks or not cues or len(texts) > 9 or any(text in NOT_OF_FILMS for text in texts):
        return False
    if any(cue.kind == "open" or not cue.mine for cue in cues) or _describes_a_wish(clause):
        return False
    return all(text in _INTERJECTIONS for text in _rest(clause, cues))


def _describes_a_wish(clause: Clause) -> bool:
    """*One that is funny*, *a scary one*: of what is wanted rather than of what was shown."""
    if re.search(r"\b(?:ones?|something|anything|movies?) (?:that|which)\b", clause.line):
        return True
    texts = {token.text for token in clause.tokens}
    adjective = any(ref.adjective for _, ref in clause.refs)
    return adjective and bool({"a", "an", "some", "one"} & texts) and not COPULAS & texts


def _rest(clause: Clause, cues: Sequence[Cue]) -> list[str]:
    """The words outside all cues and names."""
    covered = {place for cue in cues for place in range(cue.start, cue.end)}
    return [t.text for place, t in enumerate(clause.tokens) if place not in covered and t.ref is None]


def _taste(clause: Clause, cue: Cue) -> list[Said]:
    """*Loved it*; *I love all movies* and *I love creepy ones* speak of no film."""
    rest = _rest(clause, [cue])
    if clause.refs or "movies" in rest or (not cue.past and len(rest) > 3):
        return []
    said: list[Said] = ["like" if (cue.kind == "like") != cue.negated else "dislike"]
    return [*said, "seen"] if cue.past else said


def _of_a_film(clause: Clause, cue: Cue) -> bool:
    """Whether praise is praise of a film: *great movie*, *was so good*, *hilarious*, but not *great*."""
    texts = [token.text for token in clause.tokens]
    if {"movie", "movies", "one", "classic", "was"} & set(texts):
        return True
    word = " ".join(texts[cue.start : cue.end])
    if word in _REFUSALS:
        return False
    return word not in PLAIN_PRAISE or bool({"so", "too"} & set(texts[: cue.start]))
