"""*What else did she direct?*: a wish for more of somebody who is not named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ccrs.data.understanding.line import Clause
from ccrs.data.understanding.references import Surroundings

_WHAT = r"(?:(?:what|which|any|some|anything|something|the|are there|have|show me|do you know) )"
_MORE = re.compile(
    r"\b(?:what|anything|something|which movies?|what movies?|what are) (?:else|other(?: movies?)?|"
    r"more)?\b.*|\b(?:other|another|more|any) (?:movies?|ones?|<g>|of|from|by|with).*|\bmore (?:of|from|"
    r"by|with).*|\bwho else.*"
)
_ELSE = re.compile(r"\b(?:else|other|others|more|another|same)\b")
_ROLES = (
    (
        "direction",
        re.compile(r"\b(?:direct|directed|directs|director|director's|made|make|makes|done|do|did)\b"),
    ),
    ("writing", re.compile(r"\b(?:write|wrote|written|writer|author)\b")),
    ("music", re.compile(r"\b(?:compose|composed|composer|scored)\b")),
    ("cast", re.compile(r"\b(?:in|star|stars|starred|starring|played|acted|actor|actress|cast|lead)\b")),
)
_SAME = re.compile(
    r"\b(?:same|that|this|the) (director|writer|author|composer|actor|actress|star|cast|lead|actors|"
    r"filmmaker)\b"
)

_OF_ITEM = re.compile(
    r"\b(?:by|from|with) the (?:same )?(director|writer|author|composer|actor|actress|star|cast|lead|"
    r"filmmaker)s? "
    r"(?:of|from|in|as|as in|who made|behind) <i>"
)


def more_of_people(
    clauses: Sequence[Clause],
    around: Surroundings,
    by_relation: Mapping[str, Mapping[str, Sequence[str]]],
    concepts: Mapping[str, str],
) -> list[str]:
    """The persons of whom more is wanted: named, pointed at (*her*), or by role (*the same director*).

    A person pointed at who was not named is the one who stands in that role to the item spoken of, where there is
    just one (of actors the first).
    """
    for clause in clauses:
        line = clause.line
        of_item = _OF_ITEM.search(line)
        if of_item is None and (not _ELSE.search(line) or not _MORE.search(line)):
            continue
        people = [ref for _, ref in clause.refs if ref.kind == "person"]
        if people:
            return list(people[-1].entities)
        same = of_item or _SAME.search(line)
        if same is None and not re.search(r"\b(?:he|she|him|her|his|they)\b", line):
            continue
        items = [ref for _, ref in clause.refs if ref.kind == "item"]
        item = items[-1].entities[-1:] if items else around.latest
        role = next(
            (concept for concept, pattern in _ROLES if pattern.search(same[1] if same else line)), None
        )
        relation = concepts.get(role or "")
        linked = by_relation.get(item[0], {}).get(relation, ()) if item and relation is not None else ()
        if linked and (len(linked) == 1 or role == "cast"):
            return [linked[0]]
    return []
