"""What is stored with one run's catalogue is found in another's by title and year, and never mistaken."""

from __future__ import annotations

from collections.abc import Iterable

from ccrs.core.graph import Catalogue, Entity
from ccrs.serving.store.records import KnownItem
from ccrs.serving.stored_ids import StoredIds


class Shelf:
    """The known items of a store."""

    def __init__(self) -> None:
        self.known: dict[str, KnownItem] = {}

    def look_up(self, ids: Iterable[str]) -> dict[str, KnownItem]:
        return {name: self.known[name] for name in ids if name in self.known}

    def note(self, ids: StoredIds, names: list[str]) -> None:
        self.known |= {item.id: item for item in ids.to_note(names)}


def film(name: str, title: str, year: int | None) -> Entity:
    return Entity(name, "movie", title, is_item=True, year=year)


OLD = Catalogue((film("1", "Heat", 1995), film("2", "Alien", 1979), film("3", "Up", 2009)))
NEW = Catalogue((film("1", "Jaws", 1975), film("7", "Heat", 1995), film("3", "Up", 2009)))


def test_the_same_catalogue_keeps_its_ids() -> None:
    shelf = Shelf()
    ids = StoredIds(OLD, shelf.look_up)
    assert ids.to_store(["1", "2", "unknown"]) == {"1": "1", "2": "2"}
    shelf.note(ids, ["1", "2"])
    assert ids.from_store(["1", "2", "nothing"]) == {"1": "1", "2": "2"}
    assert ids.to_note(["1", "2"]) == []  # told once


def test_another_catalogue_finds_titles_under_other_ids_and_mistakes_none() -> None:
    shelf = Shelf()
    shelf.note(StoredIds(OLD, shelf.look_up), ["1", "2", "3"])
    new = StoredIds(NEW, shelf.look_up)
    assert new.from_store(["1", "2", "3"]) == {"1": "7", "3": "3"}  # no Alien there; "1" is not Jaws
    stored = new.to_store(["1", "7", "3"])
    assert stored["3"] == "3"
    assert stored["1"] != "1"  # Jaws goes under a name of its own
    shelf.note(new, ["1", "7", "3"])
    again = StoredIds(NEW, shelf.look_up)
    assert again.from_store(stored.values()) == {name: own for own, name in stored.items()}
    # And back to the old run: its own ids mean what they meant.
    assert StoredIds(OLD, shelf.look_up).from_store(["1", *stored.values()])["1"] == "1"


def test_namesakes_are_told_apart_by_year() -> None:
    shelf = Shelf()
    old = Catalogue((film("a", "Titanic", 1953), film("b", "Titanic", 1997)))
    new = Catalogue((film("b", "Titanic", 1953), film("c", "Titanic", 1997)))
    shelf.note(StoredIds(old, shelf.look_up), ["a", "b"])
    assert StoredIds(new, shelf.look_up).from_store(["a", "b"]) == {"a": "b", "b": "c"}
