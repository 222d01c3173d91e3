"""The weights behind a recommendation are those of the present words, whatever support stands beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ccrs.inference.recommend import Recommender
from ccrs.meta.adaptation import InnerConfig, InnerRates
from tests.training.small_runs import small_config, train_quietly, write_corpus


def test_support_without_rates_changes_no_weight(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    run = train_quietly(small_config(epochs=1), corpus, tmp_path / "run")
    still = replace(run, rates=InnerRates(InnerConfig(entity_lr=0, user_lr=0)))
    items = [entity.id for entity in corpus.catalogue.items[2:5]]
    recommender = Recommender(still)
    alone = recommender.recommend(items=items)
    beside = recommender.recommend(items=items, support=corpus.dialogues[:4])
    assert beside.num_support == 4
    assert [m.name for m in beside.mentions] == [m.name for m in alone.mentions]
    assert [m.weight for m in beside.mentions] == pytest.approx([m.weight for m in alone.mentions], rel=1e-5)
    expected = {relation.name: relation.weight for relation in alone.relations}
    assert {relation.name: relation.weight for relation in beside.relations} == pytest.approx(
        expected, rel=1e-4
    )
    assert sum(m.weight for m in beside.mentions) == pytest.approx(1, rel=1e-5)
    assert torch.isfinite(torch.tensor([item.score for item in beside.items])).all()
