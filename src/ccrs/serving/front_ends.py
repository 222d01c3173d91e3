"""The prompts that chat front ends send on their own: a title for the chat, tags, follow-ups, search queries.

They come over the same endpoint as what people say, as a message of the user. What they hold is nobody's preference,
so they are recognised here and answered without the model. The rules look at how such prompts are built, not at their
exact words: an instruction at the very beginning, that asks for a title (tags, ...), of the *conversation*, with a
limit of length, a demand for nothing else, or a transcript. A message that lacks one of these is a person's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ccrs.core.errors import DataError
from ccrs.serving.resent import INSTRUCTIONS, Resent, persons_words, text_of

Kind = Literal["title", "tags", "follow_ups", "queries", "text", "emoji", "summary", "other"]
"""What is asked for; *text* is the rest of a message that is being typed, *other* what we do not know."""

TITLE_WORDS, TITLE_LETTERS = 5, 60
SUMMARY_WORDS = 200
NO_TITLE = "New chat"
TAG = "Recommendations"
EMOJI = "🙂"
_HEAD = 1500
"""An instruction stands in the first characters; the rest is the chat it is about."""

_JSON_KINDS: dict[str, Kind] = {
    "title": "title",
    "tags": "tags",
    "follow_ups": "follow_ups",
    "queries": "queries",
    "text": "text",
}
_TASK = re.compile(r"\s{0,9}#{1,6} ?\**task\b", re.IGNORECASE)
_JSON_KEY = re.compile(r"\{\s{0,9}\"(\w{1,20})\"\s?:")
_OPENING = re.compile(
    r"[\s#*\-]{0,9}(?:(?:task|title generator|instructions?)\W{1,9})?(?:please |kindly |now )?"
    r"(?:you are |you will |you need to |your (?:task|job) |based on |given |considering |read |analy[sz]e |using "
    r"|in this environment|here is |here's |below is |the following |for the following "
    r"|generate |create |write |provide |give |suggest |make |come up with |summari[sz]e |return |produce "
    r"|craft |compose |propose |reply with |respond with |determine |extract )",
    re.IGNORECASE,
)
_VERB = (
    r"(?:generat|creat|writ|provid|giv|suggest|mak|summari[sz]|return|produc|craft|compos|propos|extract|repl|respond|"
    r"determin)\w{0,4}"
)
# *With* would make the noun part of something else: a film with a short title.
_BETWEEN = r"(?:(?!with\b(?! an? emoji)|the title)[\w,'’()./&–-]+\s+){0,11}?"
_TITLE = r"(?:title|headline|header|heading|subject line)\b"
_ASKED: dict[Kind, re.Pattern[str]] = {
    "title": re.compile(
        rf"\b{_VERB}\s+(?:with\s)?{_BETWEEN}{_TITLE}(?! of )"
        rf"|\bcome up with an?\s+{_BETWEEN}{_TITLE}(?! of )"
        rf"|\btitle generator\b|\n\s{{0,9}}(?:\d[.)]|-)\s?an? (?:concise|short|brief) {_TITLE}"
        rf"|\bsummari[sz]e .{{1,60}} (?:in|into|as) an? {_BETWEEN}{_TITLE}",
        re.IGNORECASE,
    ),
    "tags": re.compile(rf"\b{_VERB}\s+{_BETWEEN}tags\b", re.IGNORECASE),
    "follow_ups": re.compile(
        rf"\b{_VERB}\s+{_BETWEEN}(?:follow[- ]?ups?\b|(?:next|suggested) (?:questions|prompts|replies|messages))",
        re.IGNORECASE,
    ),
    "queries": re.compile(
        rf"\b{_VERB}\s+{_BETWEEN}(?:(?:search|web|retrieval) quer(?:y|ies)|search terms)\b", re.IGNORECASE
    ),
}
_CHAT = re.compile(
    r"\b(?:this|these|the|our|a|an|following|above|provided|given|user[’']?s|first|entire|whole|latest)\s+"
    r"(?:ongoing |current |previous |chat )?"
    r"(?:chat|chat history|conversation|dialog|dialogue|discussion|exchange|thread|messages?|query|question|prompt"
    r"|request|history)\b",
    re.IGNORECASE,
)
_NUMBER = r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)"
_LIMIT = re.compile(
    rf"\b{_NUMBER}\s?(?:(?:-|–|to|or)\s?{_NUMBER})?[\s-]?(?:word|char|letter|sentence|broad|relevant|specific|short"
    rf"|follow|search|tag|question)",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"\bonly (?:return|respond|reply|output|the|with|give|write)\b|\b(?:return|respond|reply|output|answer) only\b"
    r"|nothing else|\bno (?:additional|extra|other|quot|punctuation)|\bwithout (?:any )?(?:lead-in|punctuation|quot)"
    r"|\b(?:avoid|do not use|don't use|never use) \w{0,20} ?(?:quot|punctuation|markdown|special)"
    r"|\btitle case\b|\bjson\b",
    re.IGNORECASE,
)
# Whoever speaks of films in the sentence that asks for a title wants a film's.
_ABOUT_ITEMS = re.compile(
    r"\b(?:movies?|films?|shows?|series|songs?|books?|games?|watch\w*|actors?|directors?|recommend\w*)\b",
    re.IGNORECASE,
)
_SAID = re.compile(r"^[ \t|>*\"]{0,9}(?:user|human)\W{0,3}:", re.IGNORECASE | re.MULTILINE)
_REPLIED = re.compile(
    r"^[ \t|>*\"]{0,9}(?:assistant|response|ai|bot|model)\W{0,3}:", re.IGNORECASE | re.MULTILINE
)
_LABEL = re.compile(r"^(?:prompt|query|question|message|input|text)\s?:", re.IGNORECASE | re.MULTILINE)
_SUMMARY = re.compile(
    r"\s{0,9}(?:please )?summari[sz]e (?:the|our|this) (?:discussion|conversation|chat|dialogue)\b.{0,120}"
    r"\b(?:prompt|context|memory)\b",
    re.IGNORECASE,
)
_EMOJI = re.compile(
    r"\s{0,9}your task is to .{0,80}\b(?:face|facial|emotions?|mood)\b.{0,80}\bemoji\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?:\n]")


@dataclass(frozen=True)
class Chore:
    """What a front end asks for on its own; ``about`` is what the person said first in the chat it is about."""

    kind: Kind
    as_json: bool
    about: str


def chore_of(messages: Sequence[Resent]) -> Chore | None:
    """The chore that a request is, or None when a person speaks.

    The instruction is the last message (of the user or the client), or a message of the client before the only one of
    the user.
    """
    texts = [_text(message, number) for number, message in enumerate(messages)]
    spoken = [number for number, message in enumerate(messages) if message.role not in INSTRUCTIONS]
    places = []
    if messages and messages[-1].role in (*INSTRUCTIONS, "user"):
        places.append(len(messages) - 1)
    if [messages[number].role for number in spoken] == ["user"]:
        places += [number for number in range(len(messages)) if number not in spoken]
    for place in places:
        found = _recognised(texts[place])
        if found is not None:
            others = (texts[n] for n in spoken if n != place and messages[n].role == "user")
            said = next(filter(None, others), "")
            about = _in_transcript(texts[place]) or _in_transcript(said) or said or _after_colon(texts[place])
            return Chore(found[0], found[1], about)
    return None


def chore_answer(chore: Chore) -> str:
    """What fits a chore, in words or as the JSON object that it asks for."""
    title = _title(chore.about)
    if chore.as_json:
        content: dict[Kind, str | list[str]] = {
            "title": title,
            "tags": [TAG],
            "follow_ups": [],
            "queries": [],
            "text": "",
        }
        return json.dumps(
            {chore.kind: content[chore.kind]} if chore.kind in content else {}, ensure_ascii=False
        )
    summary = " ".join(chore.about.split()[:SUMMARY_WORDS])
    words: dict[Kind, str] = {
        "title": title,
        "tags": TAG,
        "emoji": EMOJI,
        "summary": f"The user said: {summary}",
    }
    return words.get(chore.kind, "")


def _text(message: Resent, number: int) -> str:
    """The text, or nothing where there is something else in it."""
    try:
        return text_of(message, number)
    except DataError:
        return ""  # No front end sends an image with its chores.


def _recognised(text: str) -> tuple[Kind, bool] | None:
    """The kind of chore and whether JSON is asked for; None for a person's text."""
    if persons_words(text) != text:
        return None
    instruction = text.partition("<chat_history>")[0][:_HEAD]
    as_json = bool(_JSON_KEY.search(instruction) or re.search(r"\bjson\b", instruction, re.IGNORECASE))
    if _TASK.match(text) and "<chat_history>" in text and "</chat_history>" in text:
        keys = (_JSON_KINDS.get(key) for key in _JSON_KEY.findall(instruction))
        kind = next((key for key in keys if key), None) or _asked_for(instruction) or "other"
        return kind, as_json
    if _SUMMARY.match(instruction):
        return "summary", False
    if _EMOJI.match(instruction):
        return "emoji", False
    asked = _asked_for(instruction) if _OPENING.match(instruction) else None
    has_transcript = "<chat_history>" in text or bool(_SAID.search(text) and _REPLIED.search(text))
    is_bound = has_transcript or _LIMIT.search(instruction) or _ONLY.search(instruction)
    if asked is None or not _CHAT.search(instruction) or not is_bound:
        return None
    return asked, as_json


def _asked_for(instruction: str) -> Kind | None:
    """What an instruction asks for first, unless the sentence speaks of films."""
    found = [
        (match.start(), kind, match) for kind, rule in _ASKED.items() if (match := rule.search(instruction))
    ]
    for _, kind, match in sorted(found, key=lambda each: each[0]):
        ends = _SENTENCE_END.search(instruction, match.end())
        starts = [end.end() for end in _SENTENCE_END.finditer(instruction, 0, match.start())]
        sentence = instruction[starts[-1] if starts else 0 : ends.start() if ends else None]
        if not _ABOUT_ITEMS.search(sentence):
            return kind
    return None


def _in_transcript(text: str) -> str:
    """What the person said first in the transcript in a text; empty when there is none."""
    _, opened, block = text.partition("<chat_history>")
    chat = block.rpartition("</chat_history>")[0] if opened else text
    said = _SAID.search(chat)
    if said is None:
        return chat.strip() if opened else ""
    replied = _REPLIED.search(chat, said.end())
    return chat[said.end() : replied.start() if replied else None].strip(" \t\r\n\"'|>")


def _after_colon(text: str) -> str:
    """What stands behind the instruction: *a title for the following question: ...*."""
    labels = list(_LABEL.finditer(text[:_HEAD]))
    if labels:
        return text[labels[-1].end() :].strip()
    asked = _ASKED["title"].search(text[:_HEAD])
    return text[asked.end() :].partition(":")[2].strip() if asked else ""


def _title(about: str) -> str:
    """The first words, as a title."""
    words = re.sub(r"[\"“”*#`<>{}\[\]]", " ", about).split()[:TITLE_WORDS]
    title = " ".join(words)[:TITLE_LETTERS].strip(" .,;:!?-–'")
    return title[:1].upper() + title[1:] if title else NO_TITLE
