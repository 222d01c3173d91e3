"""Dialogues counted and checked while they pass by, so that a stream is read only once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import DataError
from ccrs.core.graph import Triple
from ccrs.data.seen_ids import SeenIds


class Tally:
    """How many dialogues, users, messages and mentions there are in what was read so far."""

    def __init__(self) -> None:
        self._dialogues = self._messages = self._mentions = self._marked = 0
        self._users = SeenIds()

    def add(self, dialogue: Dialogue) -> None:
        """Count one more dialogue."""
        self._dialogues += 1
        self._users.add(dialogue.user)
        self._messages += len(dialogue.messages)
        for message in dialogue.messages:
            self._mentions += len(message.mentions)
            self._marked += sum(mention.marked for mention in message.mentions)

    def checked(self, dialogues: Iterable[Dialogue], known: Container[str]) -> Iterator[Dialogue]:
        """The dialogues, counted as they pass; ``DataError`` where one names what is not ``known``."""
        for dialogue in dialogues:
            self.add(dialogue)
            mentioned = (mention.entity for message in dialogue.messages for mention in message.mentions)
            for entity in (*mentioned, *dialogue.feedback):
                if entity not in known:
                    problem = f"Dialogue {dialogue.id!r} names {entity!r}, not in the catalogue"
                    raise DataError(f"{problem}. Add it to the catalogue or drop the mention.")
            yield dialogue

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name, in the order of the manifest."""
        return {
            "dialogues": self._dialogues,
            "users": len(self._users),
            "messages": self._messages,
            "mentions": self._mentions,
            "marked mentions": self._marked,
        }


def check_triples(graphs: Iterable[Sequence[Triple]], known: Mapping[str, int]) -> None:
    """Raise ``DataError`` where a triple names an entity that is not in the catalogue's index."""
    for triples in graphs:
        for triple in triples:
            if triple.head not in known or triple.tail not in known:
                entity = triple.tail if triple.head in known else triple.head
                raise DataError(f"Triple {triple} names {entity!r}, not in the catalogue. Add it or drop it.")
