"""What the store keeps of a turn beyond its words: JSON with the store's ids, read back into another catalogue's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ccrs.core.dialogue import Message
from ccrs.core.hearing import Heard, Opinion
from ccrs.inference.answers import Exchange
from ccrs.serving.errors import StoreError
from ccrs.serving.store.records import KnownItem, NewTurn
from ccrs.serving.stored_ids import StoredIds

FORMAT = 1
View = Mapping[str, Any]
"""A ``schemas.Turn`` without id, number and time, as JSON."""


@dataclass(frozen=True)
class _Stored:
    """An exchange as it is stored."""

    heard: Heard
    spoken: tuple[Message, ...]
    shown: tuple[str, ...]


_ADAPTER = TypeAdapter(_Stored)


@dataclass(frozen=True)
class Kept:
    """A turn as the store takes it, with the opinions in it, those it takes back, and titles the store may not know."""

    turn: NewTurn
    opinions: list[tuple[str, Opinion]]
    undone: list[str]
    titles: list[KnownItem]


def kept_turn(
    exchange: Exchange,
    ids: StoredIds,
    *,
    said: str,
    reply: str,
    model: str,
    view: View | None = None,
    fingerprint: str = "",
) -> Kept:
    """An exchange with the store's ids; ``model`` is the version that answered, "" where somebody else did."""
    heard = exchange.heard
    names = ids.to_store([*heard.opinions, *heard.undone, *exchange.shown])
    return Kept(
        NewTurn(
            said=said,
            reply=reply,
            model=model,
            content=to_content(exchange, view or {}, ids),
            shown=tuple(names[item] for item in exchange.shown if item in names),
            fingerprint=fingerprint,
        ),
        [
            (names[entity], opinion)
            for entity, opinions in heard.opinions.items()
            if entity in names
            for opinion in sorted(opinions)
        ],
        [names[entity] for entity in heard.undone if entity in names],
        ids.to_note(entities_of(exchange)),
    )


def to_content(exchange: Exchange, view: View, ids: StoredIds) -> dict[str, Any]:
    """The JSON of a turn, with the store's ids in the exchange; ``view`` stays as it was shown."""
    names = ids.to_store(entities_of(exchange))
    stored = _translated(_Stored(exchange.heard, exchange.spoken, exchange.shown), names)
    return {"format": FORMAT, "exchange": _ADAPTER.dump_python(stored, mode="json"), "view": dict(view)}


def from_content(content: Mapping[str, Any], ids: StoredIds, turn: str) -> Exchange:
    """The exchange of a stored turn (named in errors) in the ids of the present catalogue.

    What this catalogue does not have is left out. Raises ``StoreError`` for content that cannot be read.
    """
    try:
        stored = _ADAPTER.validate_python(content["exchange"])
    except (KeyError, TypeError, ValidationError) as error:
        raise StoreError(
            f"Turn {turn} in the store cannot be read ({str(error).splitlines()[0]}). "
            "It was written by another version: delete its dialogue, or use that version."
        ) from error
    exchange = Exchange(stored.heard, stored.spoken, stored.shown)
    names = ids.from_store(entities_of(exchange))
    found = _translated(stored, names)
    return Exchange(found.heard, found.spoken, found.shown)


def entities_of(exchange: Exchange) -> list[str]:
    """Ids of all entities of an exchange."""
    heard = exchange.heard
    found = [m.entity for message in (heard.message, *exchange.spoken) for m in message.mentions]
    found += [*exchange.shown, *heard.opinions, *heard.rejected, *heard.undone]
    found += [*heard.constraints.wanted, *heard.constraints.unwanted]
    found += [name for group in heard.constraints.any_of for name in group]
    if heard.question is not None:
        found += heard.question.items
        if heard.question.entity is not None:
            found.append(heard.question.entity)
    return found


def _translated(stored: _Stored, names: Mapping[str, str]) -> _Stored:
    heard, question = stored.heard, stored.heard.question
    if question is not None:
        entity = None if question.entity is None else names.get(question.entity)
        question = replace(question, items=_known(question.items, names), entity=entity)
    constraints = replace(
        heard.constraints,
        wanted=_known(heard.constraints.wanted, names),
        unwanted=_known(heard.constraints.unwanted, names),
        any_of=tuple(found for group in heard.constraints.any_of if (found := _known(group, names))),
    )
    return _Stored(
        replace(
            heard,
            message=_message(heard.message, names),
            opinions={names[e]: said for e, said in heard.opinions.items() if e in names},
            rejected=_known(heard.rejected, names),
            undone=_known(heard.undone, names),
            constraints=constraints,
            question=question,
        ),
        tuple(_message(message, names) for message in stored.spoken),
        _known(stored.shown, names),
    )


def _message(message: Message, names: Mapping[str, str]) -> Message:
    kept = (replace(m, entity=names[m.entity]) for m in message.mentions if m.entity in names)
    return replace(message, mentions=tuple(kept))


def _known(ids: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names[name] for name in ids if name in names)
