"""Train and count what chooses among candidate replies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ccrs.artifacts.chooser import Chooser, new_selector
from ccrs.core.samples import BoolArray, IntArray, Ragged
from ccrs.data.act_model import ActModel, observations
from ccrs.data.acts import reply_act
from ccrs.data.linking import Linker
from ccrs.data.linking_dialogues import run_linker
from ccrs.data.replies import slotted_turns
from ccrs.experiments.reply_judging import query_replies
from ccrs.experiments.reply_setup import ReplySetup
from ccrs.models.reply_bank import BankConfig, build_bank
from ccrs.models.reranking import RerankConfig, human_lengths
from ccrs.models.selector import SelectorConfig
from ccrs.training.checkpoint import FILE as CHECKPOINT
from ccrs.training.selector import SelectorData, SelectorTrainingConfig, encode, train_selector
from ccrs.training.tracking import Tracker


def train_chooser(
    setup: ReplySetup, folder: Path, *, weights: RerankConfig, training: SelectorTrainingConfig, quiet: bool
) -> Chooser:
    """Selector, bank and acts from the training replies; the validation users' replies stop the selector.

    ``folder`` holds the selector's checkpoint while it trains.
    """
    chosen = setup.training
    validation = query_replies(setup.builder, setup.division.validation)
    torch.manual_seed(training.seed)
    selector = new_selector(SelectorConfig(), setup.tokeniser)
    folder.mkdir(parents=True, exist_ok=True)
    with Tracker(folder, epochs=training.epochs, quiet=quiet) as tracker:
        train_selector(
            selector, setup.replies, chosen, validation, config=training, folder=folder, tracker=tracker
        )
    (folder / CHECKPOINT).unlink(missing_ok=True)
    data = SelectorData(setup.replies)
    lengths = data.replies.lengths[chosen]
    texts = [setup.replies.slotted[int(reply)] for reply in chosen]
    bank = build_bank(
        texts,
        Ragged.from_rows([data.replies[int(reply)].tolist() for reply in chosen]),
        setup.replies.dialogue_users[setup.replies.reply_dialogues[chosen]],
        names_left(texts, run_linker(setup.run.catalogue, setup.run.statistics.popularity)),
        encode=lambda found: encode(selector, data, chosen[found])[1],
        act_of=reply_act,
        config=BankConfig(min_users=1),
    )
    shortest, longest = human_lengths(lengths.tolist())
    config = weights.model_copy(update={"min_tokens": shortest, "max_tokens": longest})
    return Chooser(
        selector.eval(), bank, _acts(setup, np.unique(setup.replies.reply_dialogues[chosen])), config
    )


def names_left(slotted: Sequence[str], linker: Linker) -> BoolArray:
    """Which replies still name an entity outside their slots."""
    return np.array([bool(linker.link(re.sub(r"\[[^\[\]]+\]", " ", text))) for text in slotted], np.bool_)


def _acts(setup: ReplySetup, dialogues: IntArray) -> ActModel:
    """Which act follows which, in the training dialogues."""
    return ActModel.fit(
        observed
        for number in dialogues.tolist()
        for observed in observations(
            [
                (
                    found.turn.speaker,
                    found.reply.text if found.turn.speaker == "recommender" else found.context,
                )
                for found in slotted_turns(setup.corpus.dialogues[number], setup.slotter)
            ]
        )
    )
