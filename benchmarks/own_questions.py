"""What a shopper types who has not seen how the shop learned to talk, and what comes of it."""

from __future__ import annotations

import re
from collections import Counter

from ccrs.inference.answers import Answer
from ccrs.inference.conversation import Conversation
from ccrs.inference.talk import Talker

_OTHER_TRADE = re.compile(r"\b(?:films?|movies?|watch|seen|actors?|cinema)\b", re.IGNORECASE)
_NO_MATCH = re.compile(r"\b(?:do not know|know no|no more|cannot say|not that I know)\b")


def shopper_talks(talker: Talker) -> list[list[str]]:
    """Twenty short conversations about lamps; names are taken from what is recommended most."""
    run = talker.run
    counts = run.statistics.popularity.tolist()
    best = sorted(range(run.catalogue.num_items), key=lambda item: -counts[item])[:30]
    first, second = (run.catalogue.entities[item].name for item in best[:2])
    known = {run.catalogue.entities[item].id for item in best}
    values = {
        t.relation: run.catalogue.entities[run.catalogue.index[t.tail]].name
        for t in run.triples
        if t.head in known
    }
    return [
        ["hi", "i need a lamp for my bedroom", "what is it made of?", "hmm too boring, something else"],
        ["something in brass please", "got it in black?"],
        ["do you have red lamps", "who made it?"],
        [f"anything by {values['brand'].lower()}?"],
        [f"who designed {first}?"],
        ["a modern oak lamp for the kitchen"],
        ["a rustic lamp, but i dont like glass"],
        ["what brands do you have?"],
        [f"is {first} dimmable?"],
        [f"which colors does {first.lower()} come in"],
        [f"I have {first} and want a matching one"],
        ["outdoor lamp with motion sensor for the garden"],
        [f"got anything similar to {second} but in black?"],
        ["do you sell chairs?"],
        ["purple lamp"],
        ["dimmabel lamp for the ofice"],
        [f"{values['designer']} lamps"],
        ["a lamp under 30 euros", "something cheaper"],
        ["how much is " + first + "?"],
        ["gift for my mum, she likes vintage stuff", "no she has that one already", "ok thanks, bye"],
    ]


def ask(talker: Talker) -> Counter[str]:
    """Hold the conversations, print them, and count how the answers turned out."""
    found: Counter[str] = Counter()
    for number, lines in enumerate(shopper_talks(talker), start=1):
        talk = Conversation(talker)
        for line in lines:
            answer = talk.say(line)
            outcome = outcome_of(answer)
            found[outcome] += 1
            found["speaks of another trade"] += bool(_OTHER_TRADE.search(answer.text))
            print(f"{number:3} > {line}\n    < {answer.text}   ({outcome})")
    return found


def outcome_of(answer: Answer) -> str:
    """An item, an honest *no match*, facts, or other words."""
    if _NO_MATCH.search(answer.text):
        return "no match"
    if answer.items:
        return "item"
    return "facts" if answer.statements else "other words"
