"""*Another one with the same mechanic*: a wish for what an item has in one relation, whatever it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ccrs.core.item_words import plural_of
from ccrs.data.linking_names import tokenise
from ccrs.data.understanding.line import Clause
from ccrs.data.understanding.references import Surroundings


class SameValue:
    """Finds what is wanted by *the same* and the name of a relation."""

    def __init__(self, relations: Iterable[str]) -> None:
        named = ((relation, " ".join(tokenise(relation)[0])) for relation in relations)
        self._patterns = [
            (
                relation,
                re.compile(rf"\b(?:same|similar) (?:{re.escape(name)}|{re.escape(plural_of(name))})\b"),
            )
            for relation, name in named
            if name
        ]

    def wanted(
        self,
        clauses: Sequence[Clause],
        around: Surroundings,
        by_relation: Mapping[str, Mapping[str, Sequence[str]]],
    ) -> list[str]:
        """The value, of several the first, that the item named or spoken of has in the relation."""
        for clause in clauses:
            if "same" not in clause.line and "similar" not in clause.line:
                continue
            items = [ref for _, ref in clause.refs if ref.kind == "item"]
            item = items[-1].entities[-1:] if items else around.latest
            for relation, pattern in self._patterns if item else ():
                values = by_relation.get(item[0], {}).get(relation, ())
                if values and pattern.search(clause.line):
                    return [values[0]]
        return []
