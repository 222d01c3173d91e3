"""One's own data to a prepared corpus: a table of items, or dialogues and a graph in the project's own formats."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccrs.core.cards import unavailable_items
from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.core.graph import Catalogue, Triple
from ccrs.data.graph_format import read_entities, read_triples
from ccrs.data.linking import Linker
from ccrs.data.linking_dialogues import link_dialogue
from ccrs.data.prepared import Extras, Manifest, write_prepared
from ccrs.data.readers.jsonl import iterate_dialogues
from ccrs.data.readers.plain_dialogues import SpeakerNames, read_plain_dialogues
from ccrs.data.readers.ratings import Ratings, read_ratings
from ccrs.data.readers.table import file_kind
from ccrs.data.readers.table_facts import clash_of
from ccrs.data.readers.table_items import TableConfig, read_items
from ccrs.data.readers.table_triples import read_more_facts
from ccrs.experiments.sessions import SAMPLED_AT, SessionForm, Tried, dialogues_of
from ccrs.simulation.catalogue_config import CatalogueSimulationConfig
from ccrs.simulation.catalogue_corpus import simulate_catalogue

LICENCE = "the owner's"
OPENING = "Hello, what can you recommend?"
FEW_SESSIONS = "users with too few liked items for a session"
LEFT_OVER = "liked items after a user's last whole session"
UNAVAILABLE = "items that are not available: people may name them, they are never recommended"

Simulate = Callable[[Catalogue, Sequence[Triple], Mapping[str, float]], tuple[Dialogue, ...]]
"""Writes dialogues over a catalogue; the numbers say how popular items are, by id."""


@dataclass(frozen=True)
class OwnSources:
    """The files of one's own data; all but ``items`` may be missing."""

    items: Path
    triples: Path | None = None
    dialogues: Path | None = None
    ratings: Path | None = None

    @property
    def files(self) -> list[Path]:
        """Those that there are."""
        return [path for path in (self.items, self.triples, self.dialogues, self.ratings) if path is not None]


@dataclass(frozen=True)
class OwnConfig:
    """How to read them. ``liked`` is the lowest rating that counts as liking; None: above the middle of all."""

    name: str = "own"
    table: TableConfig = field(default_factory=TableConfig)
    speakers: SpeakerNames = field(default_factory=SpeakerNames)
    liked: float | None = None
    session_size: int = 4
    min_sessions: int = 1
    users: int | None = None
    """How many people to simulate where there are no dialogues; None: as many as the simulator chooses."""
    seed: int = 0


def prepare_catalogue(
    sources: OwnSources, out: Path, config: OwnConfig | None = None, *, simulate: Simulate | None = None
) -> Manifest:
    """Prepare a table of items, with what there is of facts, dialogues and ratings, as the folder ``out``.

    Ratings become sessions of liked items beside the dialogues. Without dialogues, ``simulate`` writes them over the
    catalogue (None: ``ccrs.simulation.catalogue_corpus``). Raises ``DataError`` on any fault of the input or of the
    disk; ``out`` is written whole or not at all.
    """
    config = config or OwnConfig()
    form = SessionForm(config.session_size, config.min_sessions, OPENING, FEW_SESSIONS, LEFT_OVER)
    table = read_items(sources.items, config.table)
    entities, triples, dropped = list(table.entities), list(table.triples), Counter(table.dropped)
    relations = dict(table.relations)
    if sources.triples is not None:
        more = read_more_facts(
            sources.triples, table, encoding=config.table.encoding, lenient=config.table.lenient
        )
        entities += more.entities
        triples += more.triples
        dropped.update(more.dropped)
        relations |= more.relations
    _check_relations(sources.items, relations)
    catalogue = Catalogue(tuple(entities))
    notes = [*table.notes]
    hidden = sum(not card.available for card in table.cards.values())
    if hidden:
        notes.append(f"{hidden:,} {UNAVAILABLE}")
    if hidden == catalogue.num_items:
        raise DataError.at(
            sources.items, None, "no item is available", "Leave the column out, or correct it."
        )
    given = _given(sources, config, catalogue, dropped, notes)
    sessions, popularity = _sessions(sources, config, catalogue, form, dropped, notes)
    if given is None:
        offered, facts = _without(catalogue, triples, unavailable_items(table.cards))
        given = _simulated(config, simulate)(offered, facts, popularity)
        notes.append(
            "no dialogues were given: those here are simulated over the catalogue; the items and their facts are "
            "real, the people are not"
        )
    return write_prepared(
        out,
        dataset=config.name,
        licence=LICENCE,
        catalogue=catalogue,
        triples=triples,
        dialogues=itertools.chain(given, sessions),
        sources=_hashes(sources.files),
        dropped=dropped,
        notes=notes,
        extras=Extras(cards=table.cards),
    )


def prepare_own(
    dialogues: Path, entities: Path, triples: Path, out: Path, *, name: str = "own", lenient: bool = False
) -> Manifest:
    """Prepare dialogues and a graph in the project's own formats (``docs/data-formats.md``) as ``out``.

    Dialogues without mentions are linked by name. Raises ``DataError`` as the readers do.
    """
    catalogue = read_entities(entities)
    facts = read_triples(triples, catalogue)
    stream = iterate_dialogues(dialogues, lenient=lenient, known_entities=catalogue.index)
    linker = Linker(catalogue)
    return write_prepared(
        out,
        dataset=name,
        licence=LICENCE,
        catalogue=catalogue,
        triples=facts,
        dialogues=(link_dialogue(dialogue, linker) for dialogue in stream),
        sources=_hashes([dialogues, entities, triples]),
        dropped=stream.dropped,
    )


def _given(
    sources: OwnSources, config: OwnConfig, catalogue: Catalogue, dropped: Counter[str], notes: list[str]
) -> Iterable[Dialogue] | None:
    """The dialogues of the user, linked as they pass; None where there are none."""
    path = sources.dialogues
    if path is None:
        return None
    linker = Linker(catalogue, typos=True)
    if file_kind(path) in (".jsonl", ".json"):
        stream = iterate_dialogues(path, lenient=config.table.lenient, known_entities=catalogue.index)
        linked = _counted((link_dialogue(dialogue, linker) for dialogue in stream), stream.dropped, dropped)
        return _naming_items(linked, catalogue, path)
    notes.append(f"dialogues of {path.name}: mentions were found by their names")
    found = read_plain_dialogues(
        path, config.speakers, encoding=config.table.encoding, lenient=config.table.lenient
    )
    return _naming_items((link_dialogue(dialogue, linker) for dialogue in found), catalogue, path)


def _naming_items(dialogues: Iterable[Dialogue], catalogue: Catalogue, path: Path) -> Iterator[Dialogue]:
    """The dialogues; ``DataError`` at their end where none names an item, as nothing could be learnt from them."""
    named = False
    for dialogue in dialogues:
        mentions = (mention for message in dialogue.messages for mention in message.mentions)
        named = named or any(catalogue.index[mention.entity] < catalogue.num_items for mention in mentions)
        yield dialogue
    if not named:
        mend = "Check the titles, or give further names in a column called aliases."
        raise DataError.at(path, None, "no dialogue names an item of the table", mend)


def _counted(
    dialogues: Iterable[Dialogue], counts: Mapping[str, int], dropped: Counter[str]
) -> Iterator[Dialogue]:
    """The dialogues, with the stream's counts added to ``dropped`` when it ends."""
    yield from dialogues
    dropped.update(counts)


def _sessions(
    sources: OwnSources,
    config: OwnConfig,
    catalogue: Catalogue,
    form: SessionForm,
    dropped: Counter[str],
    notes: list[str],
) -> tuple[list[Dialogue], dict[str, float]]:
    """The ratings as dialogues, and how many people like each item."""
    if sources.ratings is None:
        return [], {}
    ratings = read_ratings(
        sources.ratings, catalogue.items, encoding=config.table.encoding, lenient=config.table.lenient
    )
    dropped.update(ratings.dropped)
    tried, meaning = _tried(ratings, config.liked)
    titles = {entity.id: entity.title for entity in catalogue.items}
    found = list(dialogues_of(tried, titles, form, dropped, prefix="ratings-"))
    popularity = Counter(one.item for items in tried.values() for one in items if one.liked)
    numbers = ", ".join(str(count) for count in SAMPLED_AT if count < form.size)
    order = "in time order" if ratings.timed else "in the order of the file (it has no times)"
    notes += [
        f"{sources.ratings.name}: {meaning}",
        f"of {len(tried):,} users {len({d.user for d in found}):,} have sessions: {form.size} consecutive liked "
        f"items {order}; recommendation samples stand where {numbers} items of a session were named",
    ]
    return found, {item: float(count) for item, count in popularity.items()}


def _tried(ratings: Ratings, liked: float | None) -> tuple[dict[str, list[Tried]], str]:
    """What each user had and liked, and in words what counts as liking."""
    middle = ratings.threshold()

    def likes(value: float | None) -> bool:
        if value is None:
            return True
        return value >= liked if liked is not None else middle is None or value > middle

    if not ratings.rated:
        meaning = "a purchase counts as liking"
    elif liked is not None:
        meaning = f"a rating of {liked:g} or more counts as liking (stated)"
    elif middle is None:
        meaning = "all ratings are the same, so all count as liking"
    else:
        meaning = f"a rating above {middle:g}, the middle between lowest and highest, counts as liking"
    tried = {
        user: [Tried(one.item, likes(one.value)) for one in items] for user, items in ratings.by_user.items()
    }
    return tried, meaning


def _without(
    catalogue: Catalogue, triples: Sequence[Triple], hidden: Collection[str]
) -> tuple[Catalogue, Sequence[Triple]]:
    """The catalogue without some items, and the facts that are left: what a simulated shop may recommend."""
    if not hidden:
        return catalogue, triples
    left = tuple(entity for entity in catalogue.entities if entity.id not in hidden)
    return Catalogue(left), [t for t in triples if t.head not in hidden and t.tail not in hidden]


def _simulated(config: OwnConfig, simulate: Simulate | None) -> Simulate:
    """What writes the dialogues."""
    if simulate is not None:
        return simulate

    def by_simulator(
        catalogue: Catalogue, triples: Sequence[Triple], popularity: Mapping[str, float]
    ) -> tuple[Dialogue, ...]:
        settings = {} if config.users is None else {"num_users": config.users}
        chosen = CatalogueSimulationConfig(seed=config.seed, **settings)
        return simulate_catalogue(catalogue, triples, chosen, popularity=popularity or None)

    return by_simulator


def _check_relations(items: Path, relations: Mapping[str, str]) -> None:
    clash = clash_of(relations)
    if clash is not None:
        problem = f"the relation '{clash} of' would be the reverse of {clash!r}"
        raise DataError.at(items, None, problem, f'Rename one of them: --columns "{clash}=..."')


def _hashes(files: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of the files by name; raises ``DataError`` for one that cannot be read."""
    found = {}
    for path in files:
        try:
            found[path.name if path.name not in found else str(path)] = sha256(path)
        except OSError as error:
            problem = f"cannot be read ({error.strerror or error})"
            raise DataError.at(path, None, problem, "Check the path.") from error
    return found
