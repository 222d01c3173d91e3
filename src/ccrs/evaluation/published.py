"""Figures printed in papers, to stand beside ours in a table.

Recommendations are on all targets. Of the paper's recommendation figures only HR is
comparable: its HR@10 = .1909 and MRR@10 = .0717 force NDCG@10 into [.0967, .1018], yet it prints .1193.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

Published = Mapping[str, Mapping[str, float]]
"""Row name to metric to value."""

PAPER_REDIAL: Final[Published] = {
    "Popularity": {"hr@10": 0.0647, "hr@50": 0.1768},
    "TextCNN": {"hr@10": 0.0657, "hr@50": 0.1651},
    "ReDial": {"hr@10": 0.1179, "hr@50": 0.3011},
    "KBRD": {"hr@10": 0.1520, "hr@50": 0.3326},
    "KGSF": {"hr@10": 0.1700, "hr@50": 0.3572},
    "KECRS": {"hr@10": 0.1157, "hr@50": 0.3195},
    "RevCore": {"hr@10": 0.1736, "hr@50": 0.3666},
    "CCRS without relation and turn encoder": {"hr@10": 0.1649, "hr@50": 0.3523},
    "CCRS without turn encoder": {"hr@10": 0.1726, "hr@50": 0.3658},
    "CCRS": {"hr@10": 0.1909, "hr@50": 0.3841},
}
"""The CCRS paper's user split: the model, its ablations and the baselines it prints."""

INSPIRED: Final[Published] = {
    "Popularity": {"hr@10": 0.155, "hr@50": 0.323},
    "KGSF": {"hr@10": 0.165, "hr@50": 0.256},
    "best in the literature": {"hr@10": 0.295, "hr@50": 0.509},
}
"""The authors' split of INSPIRED: 257 test samples at most, so that .06 up or down is noise."""

OPENDIALKG: Final[Published] = {"UniCRS, another split": {"hr@10": 0.513, "hr@50": 0.574}}
"""The films of OpenDialKG, turns and not dialogues divided."""

LITERATURE: Final[Mapping[str, Published]] = {
    "redial": PAPER_REDIAL,
    "inspired": INSPIRED,
    "opendialkg": OPENDIALKG,
}
"""What is printed beside our rows, by data set."""


def unclaimed(dataset: str, claimed: Collection[str | None]) -> Published:
    """The printed rows of a data set to which none of ours answers; the paper's own table is told elsewhere."""
    if dataset == "redial":
        return {}
    return {name: row for name, row in LITERATURE.get(dataset, {}).items() if name not in claimed}


_OTHER_TITLES: Final[Mapping[str, str]] = {"CCRS (paper)": "CCRS"}
"""What we call a row of the paper, where it differs."""


def printed_for(dataset: str, title: str) -> Mapping[str, float]:
    """What is printed for the row that we title so; empty where nothing is. CCRS+ is not in the paper."""
    return LITERATURE.get(dataset, {}).get(_OTHER_TITLES.get(title, title), {})


OFFICIAL_REDIAL: Final[Published] = {
    "UCCR": {"hr@10": 0.216, "hr@50": 0.426},
    "UniCRS": {"hr@1": 0.051, "hr@10": 0.224, "hr@50": 0.428},
    "MESE": {"hr@1": 0.056, "hr@10": 0.256, "hr@50": 0.455},
    "MCCRS": {"hr@1": 0.057, "hr@10": 0.250, "hr@50": 0.473},
    "HARPO (7B)": {"hr@1": 0.091, "hr@10": 0.298, "hr@50": 0.502},
    "ReFICR (7B)": {"hr@1": 0.061, "hr@10": 0.305, "hr@50": 0.532},
}
"""Later work on the official split."""

PAPER_REDIAL_REPLIES: Final[Published] = {
    "ReDial": {"bleu": 1.213, "f1": 0.183, "dist_2": 0.089, "dist_3": 0.393, "dist_4": 0.798},
    "KBRD": {"bleu": 1.287, "f1": 0.192, "dist_2": 0.118, "dist_3": 0.571, "dist_4": 1.212},
    "KGSF": {"bleu": 1.629, "f1": 0.227, "dist_2": 0.123, "dist_3": 0.647, "dist_4": 1.583},
    "KECRS": {"bleu": 1.088, "f1": 0.125, "dist_2": 0.078, "dist_3": 0.351, "dist_4": 0.761},
    "RevCore": {"bleu": 1.236, "f1": 0.186, "dist_2": 0.105, "dist_3": 0.553, "dist_4": 1.321},
    "Only-Meta": {"bleu": 2.129, "f1": 0.258, "dist_2": 0.131, "dist_3": 0.692, "dist_4": 1.772},
    "CCRS": {"bleu": 2.386, "f1": 0.267, "dist_2": 0.146, "dist_3": 0.776, "dist_4": 1.924},
}
"""The CCRS paper's replies (Table 2). It does not say which BLEU, nor what Dist-n divides by.

By their size and ratios the Dist-n are unique n-grams of characters per reply. Only-Meta is KBRD's dialogue
model trained with the meta-learner.
"""
