"""What of a corpus will hurt training, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ccrs.experiments.inspection.findings import Advice, DialogueFindings, GraphFindings

FEW_DIALOGUES: Final = 200
MANY_WITHOUT_ITEM: Final = 0.3
MANY_WITHOUT_TARGET: Final = 0.5
FEW_RETURNING: Final = 0.1
MANY_WITHOUT_FACTS: Final = 0.2
MANY_NEVER_MENTIONED: Final = 0.5
DOMINATES: Final = 0.8
"""A relation with more of the triples than this drowns the others."""
TELLS_NOTHING: Final = 0.95
"""A relation of one value for more of the items than this, or with more of its triples to dead ends."""
MANY_DROPPED: Final = 0.05
MANY_UNLINKED: Final = 0.5
_FEW_ITEMS: Final = 20
"""Of fewer items no share says much."""


def advise(
    graph: GraphFindings, dialogues: DialogueFindings, dropped: Mapping[str, int], *, items: str
) -> tuple[Advice, ...]:
    """What will hurt, the worst first; ``items`` is what several items are called."""
    found = [
        *_about_mentions(dialogues, items),
        *_about_users(dialogues),
        *_about_items(graph, dialogues, items),
        *_about_relations(graph, items),
        *_about_losses(graph, dialogues, dropped, items),
    ]
    return tuple(found)


def _about_mentions(found: DialogueFindings, items: str) -> Iterator[Advice]:
    if found.without_item.share > MANY_WITHOUT_ITEM:
        yield Advice(
            f"{found.without_item.count:,} of {found.dialogues:,} dialogues ({found.without_item.share:.0%}) mention "
            f"none of the {items}: the recommender learns nothing from them.",
            "Look at the names that were not linked: add what is missing as items or as aliases in entities.tsv, or "
            "mark the mentions in the dialogues.",
        )
    elif found.without_target.share > MANY_WITHOUT_TARGET:
        yield Advice(
            f"In {found.without_target.count:,} of {found.dialogues:,} dialogues ({found.without_target.share:.0%}) "
            f"the recommender mentions none of the {items}: there is nothing to learn to recommend.",
            "Check that the speakers are not swapped; what the recommender names is what is learned.",
        )
    if found.dialogues < FEW_DIALOGUES:
        yield Advice(
            f"There are only {found.dialogues:,} dialogues: figures will be mostly chance.",
            "Bring more, or add ratings or simulated dialogues (docs/your-data.md).",
        )


def _about_users(found: DialogueFindings) -> Iterator[Advice]:
    if found.returning <= FEW_RETURNING * found.users:
        yield Advice(
            f"{found.returning:,} of {found.users:,} people have more than one dialogue: the model adapts to a person "
            "by earlier dialogues, and here is nothing to adapt to.",
            "Give all dialogues of one person the same `user`. Where that is not known, the adapted figures will be "
            "those of the unadapted model.",
        )
    elif found.users < _FEW_ITEMS:
        yield Advice(
            f"There are only {found.users:,} people: a tenth of them, for testing, says little.",
            "Check that `user` names the person and not the channel or the shop.",
        )


def _about_items(graph: GraphFindings, found: DialogueFindings, items: str) -> Iterator[Advice]:
    if graph.without_facts.share > MANY_WITHOUT_FACTS:
        yield Advice(
            f"{graph.without_facts.count:,} of {graph.items:,} {items} ({graph.without_facts.share:.0%}) have no fact: "
            "the graph says nothing of them, and they can be learned from mentions only.",
            "Add triples or columns for them, or build a graph (`ccrs data build-graph --help`).",
        )
    if found.never_mentioned.share > MANY_NEVER_MENTIONED:
        yield Advice(
            f"{found.never_mentioned.count:,} of {graph.items:,} {items} ({found.never_mentioned.share:.0%}) are "
            "never mentioned: they can be recommended by their facts only.",
            "That is usual for a large catalogue. More dialogues, ratings or simulated dialogues make up for it.",
        )
    alike = [group for group in graph.namesakes if group.same_year]
    if alike:
        names = sum(len(group.ids) for group in alike)
        yield Advice(
            f"{names:,} {items} share title and year with another (first: {alike[0].title[:60]!r}): in words they "
            "cannot be told apart, and the linker always takes one of them.",
            "Merge them if they are one; otherwise put what differs (edition, number of parts) into the title.",
        )


def _about_relations(graph: GraphFindings, items: str) -> Iterator[Advice]:
    if not graph.relations:
        yield Advice(
            "The graph has no triples: the model knows no facts, and no question about them can be answered.",
            "Give --triples, or more columns in items.csv.",
        )
    elif len(graph.relations) == 1 or graph.relations[0].share > DOMINATES:
        first = graph.relations[0]
        yield Advice(
            f"The relation {first.name!r} has {first.share:.0%} of the triples: it drowns whatever else is there.",
            f"Add facts of other kinds about the {items}, or fewer of this one (only the most important values).",
        )
    for relation in graph.relations:
        if relation.items < _FEW_ITEMS:
            continue
        if relation.dead_ends > TELLS_NOTHING * relation.triples:
            yield Advice(
                f"The relation {relation.name!r} has {relation.values:,} values for {relation.items:,} {items}, and "
                f"{relation.dead_ends:,} of them stand in one triple only: it connects nothing.",
                "Leave it out, or group its values (ranges of numbers, decades).",
            )
        elif relation.values == 1 and relation.coverage > TELLS_NOTHING:
            yield Advice(
                f"The relation {relation.name!r} has one value for {relation.coverage:.0%} of the {items}: it tells "
                "none of them apart.",
                "Leave it out.",
            )


def _about_losses(
    graph: GraphFindings, found: DialogueFindings, dropped: Mapping[str, int], items: str
) -> Iterator[Advice]:
    skipped = sum(count for reason, count in dropped.items() if reason.startswith("dialogues skipped"))
    if skipped > MANY_DROPPED * (found.dialogues + skipped):
        yield Advice(
            f"{skipped:,} dialogues were skipped as faulty when the data were prepared.",
            "Prepare without --lenient to be told file and line of the first fault.",
        )
    names = found.unlinked
    if names.dialogues > MANY_UNLINKED * names.searched:
        yield Advice(
            f"{names.dialogues:,} of {names.searched:,} dialogues searched have names that nothing in the catalogue "
            "bears.",
            f"See the most frequent ones below: missing {items}, other spellings (add aliases), or no names at all.",
        )
    useless = graph.self_loops + graph.doubled
    if useless > MANY_DROPPED * max(1, graph.triples + useless):
        yield Advice(
            f"Of the triples, {graph.self_loops:,} lead from an entity to itself and {graph.doubled:,} stand twice: "
            "models leave both out.",
            "Check how the triples were made; two entities may have got one id.",
        )
