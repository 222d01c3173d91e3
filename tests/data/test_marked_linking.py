"""A linker beside a source's marks: it adds what is named, but never makes a target where nothing is marked."""

from __future__ import annotations

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking import Linker
from ccrs.data.marked_linking import link_beside_marks

CATALOGUE = Catalogue(
    (
        Entity("h", "movie", "Casablanca", is_item=True),
        Entity("a", "movie", "Goldfinger", is_item=True),
        Entity("p", "person", "Sean Connery"),
    )
)
TEXT = "Goldfinger with Sean Connery"


def linked(*first: Mention) -> list[list[str]]:
    messages = (Message("seeker", "Casablanca", first), Message("recommender", TEXT))
    found = link_beside_marks(Dialogue("d", "u", messages), Linker(CATALOGUE), CATALOGUE)
    return [[mention.entity for mention in message.mentions] for message in found.messages]


def test_items_are_linked_beside_marks() -> None:
    assert linked(Mention("h", 0, 10, marked=True)) == [["h"], ["a", "p"]]


def test_without_any_mark_no_item_is_linked() -> None:
    assert linked() == [[], ["p"]]
