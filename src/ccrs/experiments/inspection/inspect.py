"""From a prepared folder to what was understood of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ccrs.core.files import replacing
from ccrs.core.graph import Catalogue
from ccrs.core.item_words import ItemWords
from ccrs.data.prepared import Manifest, PreparedStream, open_prepared
from ccrs.evaluation.documents import as_text
from ccrs.evaluation.page import as_html
from ccrs.experiments.inspection.advice import advise
from ccrs.experiments.inspection.dialogues import Progress, inspect_dialogues
from ccrs.experiments.inspection.findings import Inspection
from ccrs.experiments.inspection.graph import inspect_graph
from ccrs.experiments.inspection.view import document_of

EXAMPLES = 3


class Inspected:
    """A prepared folder that was looked at: its findings, as text, as JSON and as a page."""

    def __init__(self, inspection: Inspection, catalogue: Catalogue, manifest: Manifest) -> None:
        self.inspection = inspection
        self.manifest = manifest
        self._document = document_of(inspection, catalogue)

    def as_text(self) -> str:
        """Aligned tables and warnings for a terminal."""
        return as_text(self._document)

    def as_json(self) -> Mapping[str, Any]:
        """Everything that was found, by the names of ``Inspection``."""
        return asdict(self.inspection)

    def write_page(self, path: Path) -> None:
        """Write the HTML page, all or nothing; raises ``DataError`` where the disk refuses."""
        with replacing(path) as temporary:
            temporary.write_text(as_html(self._document), encoding="utf-8")


def inspect_prepared(
    folder: Path, *, examples: int = EXAMPLES, progress: Progress = lambda done, total: None
) -> Inspected:
    """Check a prepared folder against its manifest and look at all of it, dialogues as a stream.

    Raises ``DataError`` as ``load_prepared`` does.
    """
    corpus = open_prepared(folder)
    return Inspected(_inspect(corpus, folder, examples, progress), corpus.catalogue, corpus.manifest)


def _inspect(corpus: PreparedStream, folder: Path, examples: int, progress: Progress) -> Inspection:
    words = ItemWords.of(corpus.catalogue)
    manifest = corpus.manifest
    graph = inspect_graph(corpus.catalogue, corpus.triples)
    dialogues = inspect_dialogues(
        corpus.catalogue,
        corpus.dialogues,
        expected=manifest.counts["dialogues"],
        examples=examples,
        progress=progress,
    )
    return Inspection(
        folder=folder.name,
        dataset=manifest.dataset,
        licence=manifest.licence,
        item=words.singular,
        items=words.plural,
        counts=manifest.counts,
        dropped=manifest.dropped,
        notes=tuple(manifest.notes),
        repeats=manifest.repeats,
        graph=graph,
        dialogues=dialogues,
        advice=advise(graph, dialogues, manifest.dropped, items=words.plural),
    )
