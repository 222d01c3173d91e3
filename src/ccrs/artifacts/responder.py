"""The responder of a run on disk: the folder ``responder`` beside the recommender's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from pydantic import Field, SerializeAsAny, ValidationInfo, field_validator, model_validator
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ccrs.artifacts.chooser import CHOOSER_FILES, Chooser, load_chooser, save_chooser
from ccrs.artifacts.files import MANIFEST, checked_manifest, save_tensors, write_manifest
from ccrs.artifacts.opinions import OPINIONS_FILE, load_opinions, save_opinions
from ccrs.artifacts.reply_knowledge import responder_inputs
from ccrs.artifacts.run import Run
from ccrs.core.config import StrictConfig, parse_config
from ccrs.core.errors import CheckpointError, ConfigError, DataError
from ccrs.core.files import read_json, write_json
from ccrs.core.protocols import ReplyModel
from ccrs.data.confirmation import Facts
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.data.understanding.opinion_model import OpinionModel
from ccrs.meta.reply_adaptation import ReplyInnerConfig, ReplyRates
from ccrs.models.decoding import DecodingConfig
from ccrs.models.reranking import RerankConfig
from ccrs.models.responder import ResponderSizes
from ccrs.models.responders import RESPONDERS, build_responder, responder_row

FOLDER = "responder"
FORMAT = 1
_CONFIG, _MODEL, _TOKENISER, _DROPPED = "config.json", "model.safetensors", "tokenizer.json", "dropped.json"
_CONFIRMED = "confirmed.safetensors"
_FILES = (_CONFIG, _MODEL, _TOKENISER, _DROPPED)


class TextConfig(StrictConfig):
    """How dialogues become tokens."""

    vocabulary_size: int = Field(8000, ge=300)
    """Tokens of the byte-level BPE, special ones included."""
    max_context: int = Field(96, ge=8)
    """Longer contexts keep their last tokens."""
    max_reply: int = Field(48, ge=4)
    fact_slots: bool = True
    """People, genres and years in replies are filled from the graph; off: they are words like others."""
    confirmed_facts: bool = False
    """Only facts are stated that training dialogues name beside the film: for graphs that err."""


class ResponderUseConfig(StrictConfig):
    """What is needed to use a responder."""

    kind: str = "responder"
    name: str = "ccrs"
    """The row of the registry of responders."""
    title: str = "CCRS"
    """What tables call it."""
    model: SerializeAsAny[StrictConfig] = Field(default_factory=lambda given: _model_kind(given)())
    """The model's own section, read by its row."""
    text: TextConfig = TextConfig()
    inner: ReplyInnerConfig = ReplyInnerConfig()
    decoding: DecodingConfig = DecodingConfig()
    choosing: RerankConfig = RerankConfig()
    """The weights by which CCRS+ chooses among candidates."""
    choose: bool = True
    """Whether replies are chosen among many candidates (CCRS+); off: Eq. 9-10 alone."""
    learn_opinions: bool = False
    """Whether likes and dislikes are heard by a model of questionnaires where rules are silent; off: rules alone."""
    adapt: bool = True
    """Whether the responder is adapted to the user (its recommender decides for itself)."""

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            responder_row(name)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return name

    @field_validator("model", mode="before")
    @classmethod
    def _read_by_its_row(cls, value: Any, info: ValidationInfo) -> Any:
        kind = _model_kind(info.data)
        return value if isinstance(value, kind) else kind.model_validate(value)

    @model_validator(mode="after")
    def _fitting(self) -> ResponderUseConfig:
        if self.adapt and not responder_row(self.name).adapts:
            raise ValueError(f"adapt = true, but the responder {self.name!r} cannot adapt. Use adapt = false")
        if self.decoding.max_tokens > self.text.max_reply:
            raise ValueError(
                f"decoding.max_tokens = {self.decoding.max_tokens} is above text.max_reply = {self.text.max_reply}"
            )
        return self


Config = TypeVar("Config", bound=ResponderUseConfig)


def _model_kind(given: Mapping[str, Any]) -> type[StrictConfig]:
    """The kind of the model's section; that of the default where the name is wrong, which is told anyway."""
    return responder_row(given.get("name", "ccrs")).config


def read_responder_config(kind: type[Config], values: Mapping[str, Any], source: str) -> Config:
    """``values`` as a configuration of a responder; raises ``ConfigError`` with all faults at once."""
    name = values.get("name", "ccrs")
    sections = {"model": RESPONDERS[name].config} if isinstance(name, str) and name in RESPONDERS else {}
    return parse_config(kind, values, source, sections=sections)


@dataclass(frozen=True)
class ResponderRun:
    """A trained responder.

    ``dropped`` counts what was left out of its training texts, by reason; ``confirmed`` are the facts it may state,
    None: all of the graph.
    """

    config: ResponderUseConfig
    model: ReplyModel
    rates: ReplyRates
    tokeniser: ReplyTokeniser
    sizes: ResponderSizes
    dropped: Mapping[str, int]
    chooser: Chooser | None = None
    confirmed: Facts | None = None
    opinions: OpinionModel | None = None
    """Hears likes and dislikes where rules are silent; None for data without questionnaires."""
    commit: str = "unknown"


def save_responder(run_folder: Path, responder: ResponderRun, resolved_config: Mapping[str, Any]) -> None:
    """Write ``run_folder``/responder; its manifest comes last."""
    folder = run_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    write_json(folder / _CONFIG, {"ccrs": dict(resolved_config), "sizes": responder.sizes.model_dump()})
    tensors = {f"model.{name}": value for name, value in responder.model.state_dict().items()}
    tensors |= {f"rates.{name}": value for name, value in responder.rates.state_dict().items()}
    save_tensors(folder / _MODEL, tensors)
    responder.tokeniser.save(folder / _TOKENISER)
    write_json(folder / _DROPPED, dict(responder.dropped))
    files: tuple[str, ...] = _FILES
    if responder.confirmed is not None:
        pairs = torch.tensor(sorted(responder.confirmed), dtype=torch.long).view(-1, 2)
        save_tensors(folder / _CONFIRMED, {"facts": pairs})
        files = (*files, _CONFIRMED)
    if responder.opinions is not None:
        save_opinions(folder / OPINIONS_FILE, responder.opinions)
        files = (*files, OPINIONS_FILE)
    if responder.chooser is not None:
        save_chooser(folder, responder.chooser)
        files = (*files, *CHOOSER_FILES)
    write_manifest(folder, files, version=FORMAT, commit=responder.commit)


def has_responder(run_folder: Path) -> bool:
    """Whether a finished responder is there."""
    return (run_folder / FOLDER / MANIFEST).exists()


def load_responder(run_folder: Path, run: Run | None = None) -> ResponderRun:
    """Read the responder of a run; raises ``CheckpointError`` when there is none or it is altered.

    Where the responder needs something of its recommender, that is read too, unless ``run`` is given.
    """
    folder = run_folder / FOLDER
    if not has_responder(run_folder):
        raise CheckpointError(
            f"{run_folder}: has no responder, so it recommends but does not talk. "
            f"Train one: ccrs train configs/responder/... --recommender {run_folder} --data DIR --out OTHER"
        )
    # Whether there are parts to choose by is told by the configuration.
    try:
        stored = read_json(folder / _CONFIG)
        chooses = bool(stored["ccrs"]["choose"])
        confirms = bool(stored["ccrs"]["text"]["confirmed_facts"])
        learned = bool(stored["ccrs"].get("learn_opinions", False))  # not in runs of earlier versions
    except (DataError, KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / _CONFIG}: is broken ({error}). Train the run again.") from error
    files = (
        *_FILES,
        *((_CONFIRMED,) if confirms else ()),
        *((OPINIONS_FILE,) if learned else ()),
        *(CHOOSER_FILES if chooses else ()),
    )
    manifest = checked_manifest(folder, files, version=FORMAT)
    try:
        needed = {k: v for k, v in stored["ccrs"].items() if k in ResponderUseConfig.model_fields}
        config = read_responder_config(ResponderUseConfig, needed, f"{folder / _CONFIG}")
        sizes = parse_config(ResponderSizes, stored["sizes"], f"{folder / _CONFIG}")
        tokeniser = ReplyTokeniser.load(folder / _TOKENISER)
        given = responder_inputs(config.name, sizes, tokeniser, run if run is not None else run_folder)
        model = build_responder(config.name, config.model, given)
        rates = ReplyRates(config.inner)
        tensors = load_file(folder / _MODEL)
        for module, prefix in ((cast("nn.Module", model), "model."), (rates, "rates.")):
            own = {name.removeprefix(prefix): v for name, v in tensors.items() if name.startswith(prefix)}
            module.load_state_dict(own)
        confirmed = None
        if confirms:
            pairs = load_file(folder / _CONFIRMED)["facts"].tolist()
            confirmed = frozenset((int(film), int(value)) for film, value in pairs)
        opinions = load_opinions(folder / OPINIONS_FILE) if learned else None
        dropped = {str(reason): int(count) for reason, count in read_json(folder / _DROPPED).items()}
    except (SafetensorError, RuntimeError, KeyError, TypeError, DataError, ConfigError) as error:
        raise CheckpointError(
            f"{folder}: cannot be loaded ({error}). Train it again with this version."
        ) from error
    chooser = load_chooser(folder, tokeniser) if chooses else None
    commit = str(manifest.get("commit"))
    return ResponderRun(
        config,
        model.eval(),
        rates,
        tokeniser,
        sizes,
        dropped,
        chooser,
        confirmed,
        opinions=opinions,
        commit=commit,
    )
