"""A trained run on disk: all that is needed to use it, checked file by file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ccrs.artifacts.config import UseConfig
from ccrs.artifacts.files import MANIFEST, checked_manifest, save_tensors, write_manifest
from ccrs.core.cards import ItemCard
from ccrs.core.config import parse_config
from ccrs.core.errors import CheckpointError, ConfigError, DataError
from ccrs.core.files import read_json, replacing, write_json
from ccrs.core.graph import Catalogue, KnowledgeGraph, Triple
from ccrs.core.resources import Resources
from ccrs.core.samples import IntArray, Ragged
from ccrs.data.cards import CARDS_FILE, read_cards, write_cards
from ccrs.data.cooccurrence import Cooccurrence
from ccrs.data.graph import build_graph
from ccrs.data.graph_format import read_entities, read_triples, write_entities, write_triples
from ccrs.data.sentiment import Sentiment
from ccrs.data.statistics import Statistics
from ccrs.data.vocabulary import Vocabulary
from ccrs.meta.adaptation import InnerRates
from ccrs.models.inputs import ModelInputs
from ccrs.models.registry import model_row, parse_model_config
from ccrs.models.sizes import Sizes

FORMAT = 1
_CONFIG, _MODEL, _STATISTICS = "config.json", "model.safetensors", "statistics.safetensors"
_WORDS, _SPLIT, _ENTITIES, _TRIPLES, _CARD = (
    "vocabulary.json",
    "split.json",
    "entities.tsv",
    "triples.tsv",
    "README.md",
)
_RESOURCES = "resources.safetensors"
"""Only in a run whose model needs them."""
RUN_FILES = (_CONFIG, _MODEL, _STATISTICS, _WORDS, _SPLIT, _ENTITIES, _TRIPLES, _CARD)
SPLIT_FILE, CARD_FILE = _SPLIT, _CARD


@dataclass(frozen=True)
class DataIdentity:
    """Which data a run was trained on, and who was in which part of it."""

    path: str
    dataset: str
    checksum: str
    licence: str
    train: list[str]  # user ids
    validation: list[str]
    test: list[str]
    test_digest: str = field(default="", kw_only=True)
    """Of a published run, which names nobody: the SHA-256 over its test users; otherwise empty."""

    @property
    def is_public(self) -> bool:
        """Whether the users and the place of the data were left out, as in a run from the hub."""
        return bool(self.test_digest)

    def same_split(self, other: DataIdentity) -> bool:
        """Whether both are of the same data with the same test users."""
        return (self.checksum, self._digest()) == (other.checksum, other._digest())

    def without_people(self) -> DataIdentity:
        """The same without user ids and without the place of the data on this machine."""
        return replace(self, path="", train=[], validation=[], test=[], test_digest=self._digest())

    def _digest(self) -> str:
        named = "\n".join(sorted(self.test))
        return self.test_digest or hashlib.sha256(named.encode()).hexdigest()


@dataclass(frozen=True)
class Run:
    """A trained recommender with everything it needs: catalogue, graph, counts, adaptation rates."""

    config: UseConfig
    model: nn.Module
    rates: InnerRates
    sizes: Sizes
    catalogue: Catalogue
    triples: tuple[Triple, ...]
    graph: KnowledgeGraph
    statistics: Statistics
    data: DataIdentity
    resources: Resources = field(default_factory=Resources)
    commit: str = "unknown"
    cards: Mapping[str, ItemCard] = field(default_factory=dict)
    """What a shop says of its items, by id, for those of which it says anything."""

    @property
    def adapts(self) -> bool:
        """Whether users are adapted to."""
        return self.config.adapt and model_row(self.config.name).adapts

    def inputs(self) -> ModelInputs:
        """What its model is built from."""
        return ModelInputs(
            self.sizes, torch.from_numpy(self.statistics.popularity), self.graph, self.resources
        )


def build_model(config: UseConfig, inputs: ModelInputs) -> nn.Module:
    """The model that ``config`` names, freshly initialised by torch's seed."""
    row = model_row(config.name)
    return row.build(parse_model_config(config.name, config.model, "model"), inputs)


def run_files(config: UseConfig, *, cards: bool = False) -> tuple[str, ...]:
    """The names of the files that a run of ``config`` has, with ``cards`` or without, beside its manifest."""
    needed = (_RESOURCES,) if model_row(config.name).needs else ()
    return (*RUN_FILES, *needed, *((CARDS_FILE,) if cards else ()))


def save_run(folder: Path, run: Run, resolved_config: Mapping[str, Any], card: str) -> None:
    """Write a run into ``folder``; the manifest comes last, so a folder without one is not yet a run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    write_json(folder / _CONFIG, {"ccrs": dict(resolved_config), "sizes": run.sizes.model_dump()})
    tensors = {f"model.{name}": value for name, value in run.model.state_dict().items()}
    tensors |= {f"rates.{name}": value for name, value in run.rates.state_dict().items()}
    save_tensors(folder / _MODEL, tensors)
    learned, by_users = run.statistics.sentiment, run.statistics.by_users
    save_tensors(
        folder / _STATISTICS,
        {
            **({} if learned is None else {"sentiment": torch.from_numpy(learned.weights)}),
            "popularity": torch.from_numpy(run.statistics.popularity),
            **_count_tensors("together", run.statistics.cooccurrence),
            **({} if by_users is None else _count_tensors("by_users", by_users)),
        },
    )
    write_json(folder / _WORDS, list(run.statistics.vocabulary.words))
    write_json(folder / _SPLIT, asdict(run.data))
    write_entities(folder / _ENTITIES, run.catalogue)
    write_triples(folder / _TRIPLES, run.triples)
    with replacing(folder / _CARD) as temporary:
        temporary.write_text(card, encoding="utf-8")
    if model_row(run.config.name).needs:
        save_tensors(folder / _RESOURCES, _resource_tensors(run.resources))
    if run.cards:
        write_cards(folder / CARDS_FILE, run.cards)
    write_manifest(folder, run_files(run.config, cards=bool(run.cards)), version=FORMAT, commit=run.commit)


def load_run(folder: Path) -> Run:
    """Read a run and check every file; raises ``CheckpointError`` when one is missing, altered or unreadable."""
    manifest = _checked_manifest(folder)
    try:
        config_file = read_json(folder / _CONFIG)
        needed = {key: value for key, value in config_file["ccrs"].items() if key in UseConfig.model_fields}
        config = parse_config(UseConfig, needed, f"{folder / _CONFIG}")
        sizes = parse_config(Sizes, config_file["sizes"], f"{folder / _CONFIG}")
        catalogue = read_entities(folder / _ENTITIES)
        triples = read_triples(folder / _TRIPLES, catalogue)
        statistics = _read_statistics(folder)
        graph = run_graph(config, catalogue, triples)
        resources = _read_resources(folder, config)
        cards = _read_cards(folder, manifest, catalogue)
        model = build_model(
            config, ModelInputs(sizes, torch.from_numpy(statistics.popularity), graph, resources)
        )
        rates = InnerRates(config.inner)
        tensors = load_file(folder / _MODEL)
        for module, prefix in ((model, "model."), (rates, "rates.")):
            own = {
                name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)
            }
            module.load_state_dict(own)
        data = DataIdentity(**read_json(folder / _SPLIT))
    except (SafetensorError, RuntimeError, KeyError, TypeError, DataError, ConfigError) as error:
        raise CheckpointError(
            f"{folder}: cannot be loaded ({error}). Train it again with this version."
        ) from error
    return Run(
        config,
        model.eval(),
        rates,
        sizes,
        catalogue,
        triples,
        graph,
        statistics,
        data,
        resources,
        str(manifest.get("commit")),
        cards,
    )


def run_graph(config: UseConfig, catalogue: Catalogue, triples: tuple[Triple, ...]) -> KnowledgeGraph:
    """The graph a run works on; the same choice of edges every time."""
    return build_graph(
        catalogue,
        triples,
        relations=config.graph.relations,
        min_relation_count=config.graph.min_relation_count,
        max_neighbours=config.graph.max_neighbours,
        seed=config.data.seed,
    )


def _checked_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder whose files are all there and unaltered."""
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder}: there is no such run. Train one: ccrs train CONFIG --data DIR --out {folder}"
        )
    if not (folder / MANIFEST).exists():
        raise CheckpointError(
            f"{folder}: is not a finished run ({MANIFEST} is missing). "
            "Name a run's folder, or finish training with --resume."
        )
    return checked_manifest(folder, RUN_FILES, version=FORMAT, free=(_CARD,))


def _read_statistics(folder: Path) -> Statistics:
    tensors = {name: value.numpy() for name, value in load_file(folder / _STATISTICS).items()}
    return Statistics(
        tensors["popularity"],
        Vocabulary(tuple(read_json(folder / _WORDS))),
        _read_counts("together", tensors),
        Sentiment(tensors["sentiment"]) if "sentiment" in tensors else None,
        _read_counts("by_users", tensors) if "by_users.offsets" in tensors else None,
    )


def _count_tensors(name: str, counts: Cooccurrence) -> dict[str, Tensor]:
    return {
        f"{name}.offsets": torch.from_numpy(counts.neighbours.offsets),
        f"{name}.items": torch.from_numpy(counts.neighbours.values),
        f"{name}.counts": torch.from_numpy(counts.counts),
        f"{name}.dialogues": torch.from_numpy(counts.dialogues),
    }


def _read_counts(name: str, tensors: Mapping[str, IntArray]) -> Cooccurrence:
    neighbours = Ragged(tensors[f"{name}.offsets"], tensors[f"{name}.items"])
    return Cooccurrence(neighbours, tensors[f"{name}.counts"], tensors[f"{name}.dialogues"])


def _read_cards(folder: Path, manifest: Mapping[str, Any], catalogue: Catalogue) -> dict[str, ItemCard]:
    if CARDS_FILE not in manifest["files"]:
        return {}
    checked_manifest(folder, (CARDS_FILE,), version=FORMAT)
    return read_cards(folder / CARDS_FILE, catalogue)


def _resource_tensors(resources: Resources) -> dict[str, Tensor]:
    tensors = {}
    if resources.word_edges is not None:
        tensors["word_edges"] = torch.from_numpy(resources.word_edges)
    if resources.reviews is not None:
        tensors["reviews.offsets"] = torch.from_numpy(resources.reviews.offsets)
        tensors["reviews.words"] = torch.from_numpy(resources.reviews.values)
    return tensors


def _read_resources(folder: Path, config: UseConfig) -> Resources:
    if not model_row(config.name).needs:
        return Resources()
    checked_manifest(folder, (_RESOURCES,), version=FORMAT)
    tensors = {name: value.numpy() for name, value in load_file(folder / _RESOURCES).items()}
    reviews = None
    if "reviews.offsets" in tensors:
        reviews = Ragged(tensors["reviews.offsets"], tensors["reviews.words"])
    return Resources(tensors.get("word_edges"), reviews)
