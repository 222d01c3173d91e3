"""A catalogue that is searched by lists gives the items and scores of one that is scored whole."""

from __future__ import annotations

import pytest
import torch

from ccrs.core.dialogue import Message
from ccrs.inference import searching
from ccrs.inference.ranking import RankRequest
from ccrs.inference.recommend import Recommender
from ccrs.models.item_index import IndexConfig
from tests.training.small_runs import small_config, train_quietly, write_corpus

LISTS = IndexConfig(exact_up_to=0, num_lists=4, share=1.0, spare=2)
ADDITIONS = {"cooccurrence": True, "history_prior": True, "item_prior": True}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recommender, Recommender, list[object]]:
    folder = tmp_path_factory.mktemp("searching")
    corpus = write_corpus(folder / "corpus")
    config = small_config(epochs=1)
    model = {**config.model, "additions": {**config.model.get("additions", {}), **ADDITIONS}}
    run = train_quietly(config.model_copy(update={"model": model}), corpus, folder / "run")
    return Recommender(run), Recommender(run, index_config=LISTS), list(corpus.dialogues)


@pytest.mark.parametrize("num_support", [0, 1, 5])
@pytest.mark.parametrize("barred", [0, 2])
def test_the_best_items_and_their_scores_are_the_same(
    num_support: int,
    barred: int,
    both: tuple[Recommender, Recommender, list[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "NUM_CANDIDATES", 6)
    whole, listed, dialogues = both
    assert whole.index is None
    assert listed.index is not None
    assert not listed.index.is_exact
    items = [entity.id for entity in whole.run.catalogue.items[2:4]]
    messages: tuple[Message, ...] = tuple(whole.naming(item) for item in items)
    support = dialogues[:num_support]
    allowed = whole.unnamed(messages)
    allowed[:barred] = False
    found = []
    for recommender in (whole, listed):
        state = recommender.state(support)  # type: ignore[arg-type]
        found.append(recommender.rank_all([RankRequest(messages, state, allowed)])[0])
    best = whole.best(found[0], 5, allowed)
    assert listed.best(found[1], 5, allowed) == best
    for name in ("logits", "unadapted"):
        exact, searched = getattr(found[0], name)[best], getattr(found[1], name)[best]
        torch.testing.assert_close(searched, exact, rtol=1e-4, atol=1e-4)
    first, second = (r.explain(f, k=5, allowed=allowed) for r, f in zip((whole, listed), found, strict=True))
    assert [item.reasons for item in first.items] == [item.reasons for item in second.items]
    assert int(torch.isfinite(found[1].logits).sum()) == 6  # the others were never scored
