"""What a message may point at, from what was said and shown before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ccrs.core.hearing import SoFar
from ccrs.data.understanding.references import Surroundings
from ccrs.data.understanding.world import World
from ccrs.data.unknown_titles import KnownTitles

_RETRACTS = re.compile(
    r"\W*(?:(?:no|wait|sorry|oops|actually|hmm|oh|well)\W+){2,}(?=i\b)|.{0,20}\b(?:take (?:that|it) back|what i meant|"
    r"i meant to say|changed my mind about)\b",
    re.IGNORECASE,
)
"""Takes back what was said just before: *actually no, I did not like it*."""
_WEIGHS = re.compile(
    r"\b(?:between|decide|choose|choosing|torn|versus|vs|or|which (?:one |movie |film )?is better)\b",
    re.IGNORECASE,
)


def surroundings(text: str, so_far: SoFar, world: World, titles: KnownTitles) -> Surroundings:
    """What the message ``text`` may point at.

    *It* is the first of the offered items that the reply names (the best), else what the reply or the seeker named,
    else the first shown. After a turn that showed nothing it is what that turn was about.
    """
    shown = world.items(next((turn for turn in reversed(so_far.shown) if turn), ()))
    last = shown if so_far.shown and so_far.shown[-1] else ()
    known = world.items(so_far.named)
    own = world.named_in(so_far.previous, "item")
    spoken = world.named_in(so_far.asked, "item")
    offered = tuple(item for item in spoken if item in last)
    if own and _RETRACTS.match(text):
        latest = answered = own[-1:]
    else:
        if so_far.asked is None:
            latest = last[:1] or known[-1:] or own[-1:] or shown[:1]
        else:
            latest = offered[:1] or spoken[:1] or own[-1:] or last[:1] or known[-1:] or shown[:1]
        answered = offered or last or latest
    lacking = not offered and _asked_in_vain(so_far, spoken, world, titles)
    if lacking:
        latest = ()
    pair = tuple(dict.fromkeys(reversed(world.items(so_far.mentioned))))[1::-1]
    weighed = own if len(own) > 1 and so_far.previous and _WEIGHS.search(so_far.previous.text) else ()
    if len(pair) == 2 and not last and latest and latest[0] in pair and latest[0] not in shown:
        weighed = weighed or pair  # still the two that were weighed before
    return Surroundings(
        shown=shown,
        earlier=known or own,
        latest=latest,
        answered=answered,
        listed=weighed or shown or own[-4:],
        own=own,
        lacking=lacking,
        pair=pair,
        people=_people(so_far, world),
        years=world.years,
        links=world.links,
        namesakes=world.namesakes,
    )


def _asked_in_vain(so_far: SoFar, spoken: Sequence[str], world: World, titles: KnownTitles) -> bool:
    """Whether the seeker last spoke of an item that the catalogue lacks: *it* is that one, and means nothing."""
    if so_far.previous is None or spoken:
        return False
    mentions, unknown = titles.read(so_far.previous.text)
    named = [m.start for m in mentions if world.is_item(m.entity)]
    return any(title.kind == "item" and title.start > max(named, default=-1) for title in unknown)


def _people(so_far: SoFar, world: World) -> tuple[str, ...]:
    """The persons spoken of, the latest last: the one of a plain answer is the latest."""
    told = world.named_in(so_far.asked, "person")
    wanted = [name for name in so_far.constraints.wanted if world.kinds.get(name) == "person"]
    spoken = [name for name in so_far.mentioned if world.kinds.get(name) == "person"]
    answered = told if so_far.shown and not so_far.shown[-1] and len(told) == 1 else ()
    return (*told, *wanted, *spoken, *world.named_in(so_far.previous, "person"), *answered)
