"""Thanks, goodbyes and accepting: messages after which nothing is to be recommended."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ccrs.data.understanding.line import Clause

_CLOSES = re.compile(
    r"\b(?:thanks|thank you|bye+|goodbye|good ?night|take care|see you|appreciate it|have (?:a|an) "
    r"(?:[a-z]+ ){1,3}(?:day|night|evening|time|weekend|one|afternoon|morning)|"
    r"cheers|that is (?:all|it)(?: for (?:now|today)| i need(?:ed)?| thanks| thank you)?$|i am (?:all "
    r")?(?:set|done)|you (?:too|have been (?:very )?helpful)|happy (?:new year|holidays)|ttyl|all i "
    r"need(?:ed)?|nothing else|no more|i am good(?= |$))\b"
)
_GREETS = re.compile(r"\bhow (?:are|is) (?:you|it going)\b|\band (?:you|yourself)$|^yourself\b|^hello|^hi ")
_ACCEPTS = re.compile(
    r"\b(?:i|we)(?: am| are)? (?:will|going to|think i will|might|may|would) (?:definitely |probably |"
    r"have to |just |also |go |try to |be )*(?:watch|watching|check|checking|see|try|give|take|go with|"
    r"look)\b|"
    r"\b(?:sounds?|sounded|looks?|seems?) (?:really |very |so |like )*(?:good|great|perfect|awesome|"
    r"amazing|fun|interesting|a plan|nice|cool|fantastic|wonderful|excellent)\b|"
    r"^(?:great|good|nice|awesome|excellent|perfect|wonderful|cool|fantastic) (?:suggestions?|"
    r"recommendations?|choices?|picks?|ideas?|one|selection)?$|^(?:perfect|great|awesome|excellent|cool|"
    r"ok|okay|sure|deal|sold)$"
)


def closes(clauses: Sequence[Clause]) -> bool:
    """Whether the message thanks, says goodbye, or takes what was offered."""
    if any(_GREETS.search(clause.line) for clause in clauses):
        return False
    return any(_CLOSES.search(clause.line) or _ACCEPTS.search(clause.line) for clause in clauses)


def fits_recommendation(
    clauses: Sequence[Clause], *, questioned: bool, asks: bool, turned: bool, told: bool
) -> bool:
    """Whether a recommendation fits.

    ``questioned``: a fact is asked; ``asks``: something to watch is asked for; ``turned``: something is turned down or
    the wishes changed; ``told``: an opinion is given.
    """
    if asks or turned:
        return True
    if questioned:
        return told
    return not closes(clauses)
