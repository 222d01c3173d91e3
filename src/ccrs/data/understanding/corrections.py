"""Taking back and turning down: *I meant the other one*, *not that one*, *something else*."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ccrs.core.hearing import SoFar
from ccrs.data.understanding.line import Clause
from ccrs.data.understanding.question_words import AND_THAT
from ccrs.data.understanding.references import Surroundings
from ccrs.data.understanding.wish_words import ASKS

_MEANT = re.compile(
    r"\b(?:i (?:just |actually |really )?(?:meant|mean)|i was (?:talking|thinking) (?:about|of)|i am "
    r"talking about|was referring to|talking about)\b"
)
_NO = re.compile(r"^(?:no|not|sorry|oops|actually|wrong|wait|oh no|not that|nah)\b")
_WRONG = re.compile(
    r"\b(?:wrong (?:one|movie|version)|not (?:that|this|the) <i>|not <i>|(?:that|it) is not (?:it|the one|"
    r"<i>|what i))\b|^<i> is not (?:it|the one)"
)
_ELSE = re.compile(
    r"\b(?:(?:something|anything|someone|what|some thing) (?:else|different)|another (?:one|movie|"
    r"suggestion|option|recommendation|idea)|(?:any|some|the|have|got) (?:others?|other (?:ones?|movies?|"
    r"suggestions?|"
    r"ideas?|recommendations?|options?)|different (?:ones?|movies?))|a different (?:one|movie)|different "
    r"(?:movie|one|suggestion)|try again|next(?: one)?$|(?:any|some) more(?: suggestions?| ideas?| "
    r"recommendations?| movies?)?$|more suggestions|other (?:suggestions|ideas|options))\b"
)
_NO_THANKS = re.compile(
    r"^(?:(?:hmm|um|oh|well|ok|sorry|ugh|eh|yes|mm|,) )*(?:no thanks?(?: you)?|no thank you|not "
    r"interested|pass|skip(?: (?:it|that|this|<i>))?|not (?:that|this|those|these)(?: one)?|not (?:really "
    r")?(?:my (?:thing|cup of tea|style|type|taste)|for me|feeling it|feeling <i>|in the mood(?: for "
    r"(?:that|it|this|<i>))?|what i (?:am looking for|want|wanted|had in mind|was looking for))|i (?:will|"
    r"would) pass|(?:i )?(?:do|did) not want (?:to (?:see|watch) )?<i>|rather not|too (?:long|old|new|"
    r"slow|scary|violent|sad|dark|gory|childish|silly|serious|recent|weird|much)|no|not really|not <i>|"
    r"(?:i )?(?:do|would) not (?:really )?(?:like|want|care for) <i>)(?=$| ,| \.)"
)
_TOO = re.compile(
    r"(?:^|<i> (?:is|was|looks|sounds|seems) |it is )(?:just |a bit |a little |way |far )?too (?:[a-z]+|"
    r"<[gt]>)(?: for (?:me|us|my taste|the kids|my kids))?$|\bnot (?:what i|in the mood for <i>|"
    r"interested in <i>|<i>)\b|\bnot what (?:i|we)\b|^<i> (?:is|was) not (?:really )?(?:what|for|my)\b"
)
_POLITE_NO = re.compile(r"^(?:[a-z]+ )?no (?:thanks|thank you)")
_TOLD = re.compile(r"\b(?:seen|saw|watched|heard|know)\b")
_DONE = re.compile(
    r"\b(?:thanks|thank you|bye|goodbye|that is (?:all|it)|i am (?:good|all set|done|set)|all set|have a "
    r"(?:good|great|nice)|all i need)\b"
)
_ACCEPTS = re.compile(
    r"\b(?:will (?:watch|check|try|see|take|go with|give)|sounds? (?:good|great|interesting|perfect|like)|"
    r"that is perfect)\b"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """``wrong`` items were not meant; what was said of them holds for ``right``."""

    wrong: tuple[str, ...]
    right: tuple[str, ...]


def correction_of(
    clauses: Sequence[Clause],
    around: Surroundings,
    so_far: SoFar,
    own: Sequence[str],
    same_name: Callable[[str, str], bool],
) -> Correction | None:
    """What the message takes back: a namesake of an item it names, or what was named just before."""
    meant = any(_MEANT.search(clause.line) for clause in clauses)
    denies = bool(clauses) and (
        _NO.match(clauses[0].line) is not None or _WRONG.search(clauses[0].line) is not None
    )
    named = [(clause, number, ref) for clause in clauses for number, ref in clause.refs if ref.kind == "item"]
    items = [ref for clause, number, ref in named if not _denied(clause, number)]
    if not items:
        return None
    right = items[-1].entities
    if len(right) != 1:
        return None
    # What only the recommender named was not meant by anybody; what the message names, too, is compared.
    answered = around.latest if so_far.shown and not so_far.shown[-1] else ()
    known = (*answered, *so_far.mentioned, *own)
    beside = {entity for ref in items[:-1] for entity in ref.entities}
    wrong = next((item for item in reversed(known) if item != right[0] and same_name(item, right[0])), None)
    alone = any(not ref.named for ref in items) and AND_THAT.fullmatch(
        " , ".join(clause.line for clause in clauses)
    )
    if wrong is not None and wrong not in beside and (meant or denies or alone):
        return Correction((wrong,), right)
    if meant and own and items[-1].named and own[-1] != right[0] and (denies or len(clauses) == 1):
        return Correction((own[-1],), right)
    return None


def _denied(clause: Clause, number: int) -> bool:
    """Whether *not* stands before the name at a token: *not Heat, I meant Hitch*."""
    before = [token.text for token in clause.tokens[max(0, number - 2) : number]]
    return bool(before) and (before[-1] == "not" or before in (["not", "the"], ["not", "that"]))


def turned_down(clauses: Sequence[Clause], shown: Sequence[str]) -> list[str]:
    """The items turned down for now: *no thanks*, *something else*, *too old* mean all ``shown``, *not it* one."""
    lines = [clause.line for clause in clauses]
    polite = [_POLITE_NO.sub("", line) for line in lines]
    accepted = any(_ACCEPTS.search(line) for line in lines)
    wants_else = any(_ELSE.search(line) for line in lines)
    closing = any(_DONE.search(line) for line in polite) and not wants_else
    told = any(_TOLD.search(line) for line in lines)
    for clause, line in zip(clauses, lines, strict=True):
        named = [name for _, ref in clause.refs if ref.kind == "item" for name in ref.entities]
        if _ELSE.search(line) and not accepted:
            return list(shown)
        if closing or clause.asks:
            continue
        plain_no = line == "no" and not told and any(ASKS.search(other) for other in lines)
        if plain_no or (line != "no" and _NO_THANKS.match(line)) or _TOO.search(line):
            return [name for name in named if name in shown] if named else list(shown)
    return []
