"""What a user has had before is no candidate, where the data have no repeats."""

from __future__ import annotations

import numpy as np
import torch

from ccrs.core.dialogue import Dialogue, Feedback
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.known_items import KnownItems
from ccrs.data.samples import build_samples
from tests.training.small_runs import message

CATALOGUE = Catalogue(
    (
        *(Entity(f"f{n}", "movie", f"Film {n}", is_item=True) for n in range(6)),
        Entity("p0", "person", "Somebody"),
    )
)


def dialogue(name: str, user: str, time: int, seeker: list[str], told: list[str], disliked: str) -> Dialogue:
    said = (message("seeker", "I like", seeker, CATALOGUE), message("recommender", "Try", told, CATALOGUE))
    return Dialogue(name, user, said, time=time, feedback={disliked: Feedback(liked=False)})


def test_earlier_dialogues_and_the_context_are_taken_out_the_target_never() -> None:
    dialogues = [
        dialogue("late", "u", 2, ["f3", "p0"], ["f1", "f4"], "f5"),  # f1 is had before, and the target
        dialogue("early", "u", 1, ["f0"], ["f1"], "f2"),
        dialogue("other", "v", 0, ["f5"], ["f0"], "f1"),
    ]
    table = build_samples(CATALOGUE, dialogues)
    known = KnownItems(table, CATALOGUE.num_items)
    logits = torch.arange(6.0).expand(table.num_samples, -1)
    found = known.without(logits, np.arange(table.num_samples))
    out = {table.sample_id(n): found[n].isinf().nonzero()[:, 0].tolist() for n in range(table.num_samples)}
    assert out == {
        "late:1:0": [0, 2, 3],  # f1 is this sample's target
        "late:1:1": [0, 1, 2, 3],
        "early:1:0": [0],
        "other:1:0": [5],
    }
    assert not logits.isinf().any()  # the input stays as it was
    torch.testing.assert_close(found[~found.isinf()], logits[~found.isinf()])
