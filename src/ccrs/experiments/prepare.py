"""Raw data to a prepared corpus: release and graph are read, joined, linked and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Feedback, Part
from ccrs.core.files import sha256, write_json
from ccrs.core.graph import Catalogue
from ccrs.data.linking import Linker
from ccrs.data.linking_dialogues import link_dialogue
from ccrs.data.prepared import Extras, Manifest, write_prepared
from ccrs.data.readers.redial import read_redial
from ccrs.data.redial_graphs import load_joined_graph
from ccrs.data.resources import read_reviews, read_word_graph
from ccrs.simulation.corpus import SimulationConfig, simulate

TRUTH = "truth.json"
UNKNOWN_ITEM = "mentions of films that the graph's catalogue lacks"
UNKNOWN_FEEDBACK = "feedback on films that the graph's catalogue lacks"

# The numbers of dialogues in the official release, to tell in the manifest when some are missing.
OFFICIAL_DIALOGUES: dict[Part, int] = {"train": 10_006, "test": 1_342}


def prepare_redial(
    source: Path,
    graph: Sequence[Path],
    out: Path,
    *,
    lenient: bool = False,
    side_graphs: Sequence[Path] = (),
    word_graphs: Sequence[Path] = (),
    reviews: Path | None = None,
) -> Manifest:
    """Prepare the ReDial release in ``source`` over one graph folder, or several joined, as the folder ``out``.

    Movie ids become entities of the graph's catalogue; people, genres and titles that the words
    name are linked beside the marked mentions. ``side_graphs`` are kept apart, for models that need another graph;
    ``word_graphs`` (triples of words) and ``reviews`` (movie id to text, as JSON) for those that need them. Raises
    ``DataError`` on any fault of the input (``lenient`` as in ``read_redial``) or of the disk; ``out`` is written
    whole or not at all.
    """
    release = read_redial(source, lenient=lenient)
    knowledge = load_joined_graph(graph, release.titles, sides=side_graphs)
    dropped = Counter(release.dropped)
    dropped.update(knowledge.dropped)
    dialogues = [_with_items(dialogue, knowledge.item_ids, dropped) for dialogue in release.dialogues]
    # Without popularity: counting the dialogues here would let test dialogues speak to training.
    # Nor are entities linked that only a side graph has: all models shall hear the same.
    linker = Linker(Catalogue(knowledge.catalogue.entities[: knowledge.num_linked]))
    pairs: set[tuple[str, str]] = set().union(*(read_word_graph(path) for path in word_graphs))
    extras = Extras(
        knowledge.sides,
        tuple(pairs) if word_graphs else None,
        None if reviews is None else read_reviews(reviews, knowledge.item_ids),
    )
    files = [*word_graphs, *([] if reviews is None else [reviews])]
    return write_prepared(
        out,
        dataset="redial",
        licence=release.licence,
        catalogue=knowledge.catalogue,
        triples=knowledge.triples,
        dialogues=[link_dialogue(dialogue, linker) for dialogue in dialogues],
        sources=release.sources
        | {f"{knowledge.name}/{name}": h for name, h in knowledge.sources.items()}
        | {path.name: sha256(path) for path in files},
        dropped=dict(+dropped),  # without the reasons that did not occur
        notes=_notes(release.dialogues, knowledge.name),
        extras=extras,
    )


def prepare_simulated(config: SimulationConfig, out: Path) -> Manifest:
    """Simulate the embedded corpus and write it as ``out``, with the truth about its users beside the data."""
    corpus = simulate(config)
    manifest = write_prepared(
        out,
        dataset="simulated",
        licence="Apache-2.0 (written by the project)",
        catalogue=corpus.catalogue,
        triples=corpus.triples,
        dialogues=corpus.dialogues,
        notes=[f"simulated with seed {config.seed}; the films are real, the people are not"],
    )
    write_json(out / TRUTH, corpus.truth.to_json())
    return manifest


def _with_items(dialogue: Dialogue, item_ids: Mapping[str, str], dropped: Counter[str]) -> Dialogue:
    """The dialogue by entities of the catalogue; what has none is dropped and counted."""
    messages = []
    for message in dialogue.messages:
        known = [m for m in message.mentions if m.entity in item_ids]
        dropped[UNKNOWN_ITEM] += len(message.mentions) - len(known)
        mentions = tuple(replace(m, entity=item_ids[m.entity]) for m in known)
        messages.append(replace(message, mentions=mentions))
    feedback: dict[str, Feedback] = {}
    for movie, answer in dialogue.feedback.items():
        if movie in item_ids:
            item = item_ids[movie]
            feedback[item] = _merged(feedback[item], answer) if item in feedback else answer
        else:
            dropped[UNKNOWN_FEEDBACK] += 1
    return replace(dialogue, messages=tuple(messages), feedback=feedback)


def _merged(first: Feedback, second: Feedback) -> Feedback:
    """Two answers about one film listed twice: what one leaves open the other says, else undecided."""
    return Feedback(
        suggested=_agreed({first.suggested, second.suggested}),
        seen=_agreed({first.seen, second.seen}),
        liked=_agreed({first.liked, second.liked}),
    )


def _agreed(answers: set[bool | None]) -> bool | None:
    said = answers - {None}
    return said.pop() if len(said) == 1 else None


def _notes(dialogues: tuple[Dialogue, ...], graph: str) -> list[str]:
    """What a user of the data should know: the graph, and whether the release was whole."""
    notes = [f"knowledge graph: {graph} (the licence named here is that of the dialogues, not of the graph)"]
    parts = Counter(dialogue.part for dialogue in dialogues)
    for part, official in OFFICIAL_DIALOGUES.items():
        if parts[part] != official:
            notes.append(f"{part}: {parts[part]:,} dialogues of the {official:,} of the official release")
    return notes
