"""What chooses among candidate replies, beside the responder on disk: selector, bank of replies, acts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from ccrs.artifacts.files import save_tensors
from ccrs.core.config import parse_config
from ccrs.core.errors import CheckpointError, ConfigError, DataError
from ccrs.core.files import read_json, write_json
from ccrs.data.act_model import ActModel
from ccrs.data.tokeniser import SPEAKERS, ReplyTokeniser
from ccrs.models.reply_bank import TENSORS as BANK_TENSORS
from ccrs.models.reply_bank import TEXTS as BANK_TEXTS
from ccrs.models.reply_bank import ReplyBank
from ccrs.models.reranking import RerankConfig
from ccrs.models.selector import ReplySelector, SelectorConfig

_SELECTOR, _ACTS, _WEIGHTS = "selector.safetensors", "acts.json", "choosing.json"
CHOOSER_FILES = (_SELECTOR, _ACTS, _WEIGHTS, BANK_TENSORS, BANK_TEXTS)


@dataclass(frozen=True)
class Chooser:
    """The parts that candidates are judged by; ``config`` holds the weights of the terms."""

    selector: ReplySelector
    bank: ReplyBank
    acts: ActModel
    config: RerankConfig


def save_chooser(folder: Path, chooser: Chooser) -> None:
    """Write all parts into ``folder``."""
    save_tensors(folder / _SELECTOR, chooser.selector.state_dict())
    chooser.bank.save(folder)
    chooser.acts.save(folder / _ACTS)
    write_json(
        folder / _WEIGHTS,
        {"selector": chooser.selector.config.model_dump(), "terms": chooser.config.model_dump()},
    )


def new_selector(config: SelectorConfig, tokeniser: ReplyTokeniser) -> ReplySelector:
    """A selector over the tokens of ``tokeniser``, freshly initialised."""
    seeker, recommender = (tokeniser.role_ids[SPEAKERS[speaker]] for speaker in ("seeker", "recommender"))
    return ReplySelector(config, num_tokens=len(tokeniser), seeker_id=seeker, recommender_id=recommender)


def load_chooser(folder: Path, tokeniser: ReplyTokeniser) -> Chooser:
    """Read what ``save_chooser`` wrote; raises ``CheckpointError``."""
    try:
        weights = read_json(folder / _WEIGHTS)
        source = str(folder / _WEIGHTS)
        selector = new_selector(parse_config(SelectorConfig, weights["selector"], source), tokeniser)
        selector.load_state_dict(load_file(folder / _SELECTOR))
        config = parse_config(RerankConfig, weights["terms"], source)
        return Chooser(selector.eval(), ReplyBank.load(folder), ActModel.load(folder / _ACTS), config)
    except (SafetensorError, RuntimeError, KeyError, TypeError, DataError, ConfigError, OSError) as error:
        raise CheckpointError(
            f"{folder}: cannot be loaded ({error}). Train it again with this version."
        ) from error
