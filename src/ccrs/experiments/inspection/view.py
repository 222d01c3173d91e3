"""An inspection as a document of tables, warnings and example dialogues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.graph import Catalogue
from ccrs.evaluation.documents import (
    Block,
    Cell,
    Conversation,
    Document,
    Paragraph,
    Piece,
    Said,
    Section,
    Share,
    Table,
    Warned,
    printable,
)
from ccrs.experiments.inspection.findings import Inspection, Named, Some

_ROWS = 100
"""Types and relations on a page; a graph can have thousands of them."""
_NAME = 60
"""Characters of a name among others."""
_MESSAGES = 100
"""Messages of an example."""
FIGURES = ("items", "entities", "triples", "dialogues", "users", "messages", "mentions")


def document_of(found: Inspection, catalogue: Catalogue) -> Document:
    """Everything that was found, in the order in which a person asks."""
    counts = {name: found.counts[name] for name in FIGURES if name in found.counts}
    sections = (
        Section("What will hurt training", tuple(_warnings(found))),
        Section("Origin", tuple(_origin(found)), on_page_only=True),
        Section("Catalogue and graph", tuple(_graph(found))),
        Section("Dialogues", tuple(_dialogues(found))),
        Section("Names that were not linked", tuple(_unlinked(found))),
        Section("Examples", tuple(_examples(found, catalogue))),
    )
    return Document(f"Prepared corpus {found.dataset}", counts, sections)


def _warnings(found: Inspection) -> Iterator[Block]:
    for advice in found.advice:
        yield Warned(advice.problem, advice.mend)
    if not found.advice:
        yield Paragraph(
            "Nothing that was looked for: mentions, people, facts, names and losses are in order."
        )


def _origin(found: Inspection) -> Iterator[Block]:
    yield Paragraph(f"{found.folder}; licence: {found.licence}")
    if not found.repeats:
        yield Paragraph(f"Nobody is recommended {found.items} he has had before.")
    for note in found.notes:
        yield Paragraph(f"Note: {note}")
    if found.dropped:
        rows = tuple((reason, count) for reason, count in found.dropped.items())
        yield Table("Dropped or merged when the data were prepared", ("reason", "count"), rows)


def _graph(found: Inspection) -> Iterator[Block]:
    graph = found.graph
    kinds: list[tuple[Cell, ...]] = [(kind, "item", count) for kind, count in graph.item_types.items()]
    kinds += [(kind, "other", count) for kind, count in graph.other_types.items()]
    yield Table("Types of entities", ("type", "role", "entities"), tuple(kinds[:_ROWS]))
    relations: tuple[tuple[Cell, ...], ...] = tuple(
        (r.name, r.triples, Share(r.share), r.values, r.dead_ends, r.items, Share(r.coverage))
        for r in graph.relations[:_ROWS]
    )
    header = (
        "relation",
        "triples",
        "of all triples",
        "distinct values",
        "in one triple only",
        found.items,
        f"of all {found.items}",
    )
    if relations:
        yield Table(f"Relations, and how many {found.items} have at least one", header, relations)
    others = sum(graph.other_types.values())
    left_out = f"Left out by models: doubled triples {graph.doubled:,}, self-loops {graph.self_loops:,}."
    yield Paragraph(
        f"{_of(graph.without_facts, graph.items)} {found.items} have no fact{_first(graph.without_facts)}. "
        f"{_of(graph.unconnected, others)} other entities are in no triple{_first(graph.unconnected)}. {left_out}"
    )
    if graph.most_linked:
        yield _ranking("Most-linked entities", "triples", graph.most_linked)
        by_type = tuple(
            (kind, ", ".join(f"{printable(named.title, _NAME)} ({named.count:,})" for named in top[:3]))
            for kind, top in graph.most_linked_by_type.items()
        )
        yield Table("Most-linked entities of each type", ("type", "entities (triples)"), by_type)
    if graph.namesakes:
        rows = tuple(
            (group.title, len(group.ids), "yes" if group.same_year else "no", ", ".join(group.ids[:6]))
            for group in graph.namesakes[:20]
        )
        names = sum(len(group.ids) for group in graph.namesakes)
        yield Table(
            f"Namesakes: {names:,} {found.items} in {len(graph.namesakes):,} groups of one title; without a year in "
            "the text, the more popular or else the newest one is meant",
            ("title", found.items, "same year too", "ids"),
            rows,
        )


def _dialogues(found: Inspection) -> Iterator[Block]:
    talk = found.dialogues
    if len(talk.parts) > 1 or "none" not in talk.parts:
        yield _histogram("Dialogues by the part that the source gives them", "part", "dialogues", talk.parts)
    yield _histogram(
        f"Dialogues by mentions of {found.items}; {talk.mean_item_mentions:.1f} on average",
        "mentions",
        "dialogues",
        talk.by_item_mentions,
    )
    yield _histogram(
        f"Dialogues by mentions of any entity; {talk.mean_mentions:.1f} on average",
        "mentions",
        "dialogues",
        talk.by_mentions,
    )
    yield Paragraph(
        f"{_of(talk.without_item, talk.dialogues)} dialogues mention none of the {found.items} and teach nothing"
        f"{_first(talk.without_item)}. In {_of(talk.without_target, talk.dialogues)} the recommender mentions none."
    )
    yield _histogram(
        f"People by dialogues; {talk.returning:,} of {talk.users:,} have more than one",
        "dialogues",
        "people",
        talk.users_by_dialogues,
    )
    never = talk.never_mentioned
    yield Paragraph(f"{_of(never, found.graph.items)} {found.items} are never mentioned{_first(never)}.")
    if talk.most_mentioned:
        yield _ranking("Most-mentioned entities", "mentions", talk.most_mentioned)


def _unlinked(found: Inspection) -> Iterator[Block]:
    names = found.dialogues.unlinked
    doubt = " Some are no names: what begins with a capital may be anything." if names.found else ""
    yield Paragraph(
        f"Capitalised or quoted names that nothing in the catalogue bears, in {names.searched:,} of "
        f"{found.dialogues.dialogues:,} dialogues: {names.found:,} in {names.dialogues:,} dialogues.{doubt}"
    )
    if names.most_frequent:
        kinds = {"item": found.item, "person": "person"}
        rows = tuple(
            (name.name, kinds.get(name.kind, name.kind), name.count, name.dialogue)
            for name in names.most_frequent
        )
        yield Table("The most frequent", ("name", "looks like", "times", "for example in dialogue"), rows)


def _examples(found: Inspection, catalogue: Catalogue) -> Iterator[Block]:
    if found.dialogues.examples:
        yield Paragraph(
            "Mentions are highlighted, with the entity that is meant where it has another name. Those underlined by a "
            "solid line are marked in the source; the linker found the others.",
            in_terminal="Mentions are in brackets, with the entity that is meant where it has another name.",
        )
    for dialogue in found.dialogues.examples:
        yield _talk(dialogue, catalogue)


def _talk(dialogue: Dialogue, catalogue: Catalogue) -> Conversation:
    said = [Said(one.speaker, tuple(_pieces(one, catalogue))) for one in dialogue.messages[:_MESSAGES]]
    rest = len(dialogue.messages) - _MESSAGES
    if rest > 0:
        said.append(Said("", (Piece(f"… and {rest:,} more messages"),)))
    return Conversation(f"Dialogue {dialogue.id} of {dialogue.user}", tuple(said))


def _pieces(message: Message, catalogue: Catalogue) -> Iterator[Piece]:
    """The text in pieces, mentions apart."""
    place = 0
    for mention in message.mentions:
        if mention.start > place:
            yield Piece(message.text[place : mention.start])
        entity = catalogue.entities[catalogue.index[mention.entity]]
        text = message.text[mention.start : mention.end]
        label = "" if text.casefold() == entity.title.casefold() else f"{entity.title}, {entity.type}"
        yield Piece(text, label, mention.marked)
        place = mention.end
    if place < len(message.text):
        yield Piece(message.text[place:])


def _histogram(caption: str, what: str, of: str, counts: Mapping[str, int]) -> Table:
    whole = max(1, sum(counts.values()))
    rows = tuple((name, count, Share(count / whole)) for name, count in counts.items())
    return Table(caption, (what, of, f"of all {of}"), rows)


def _ranking(caption: str, what: str, named: tuple[Named, ...]) -> Table:
    rows = tuple((one.title, one.type, one.count, one.id) for one in named)
    return Table(caption, ("entity", "type", what, "id"), rows)


def _of(found: Some, whole: int) -> str:
    return f"{found.count:,} of {whole:,} ({found.share:.1%})"


def _first(found: Some) -> str:
    """Some examples, in brackets."""
    if not found.examples:
        return ""
    names = ", ".join(printable(name, _NAME) for name in found.examples[:5])
    return f" ({names}{', …' if found.count > 5 else ''})"
