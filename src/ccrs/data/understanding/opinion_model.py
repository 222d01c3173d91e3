"""A small model of what is thought of an item from the words around it: three logistic regressions.

An *occurrence* is one message and one item it names or points at, or that was recommended just before. Its features
are words (of its own clause before and behind it, of the message, of what was asked before), negated words marked,
and how the item stands there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ccrs.core.hearing import Opinion
from ccrs.data.understanding.cues import NEGATIONS, Cue, find_cues
from ccrs.data.understanding.line import Clause, Ref

FloatArray = npt.NDArray[np.float64]
LABELS: tuple[Opinion, ...] = ("like", "dislike", "seen")
_WINDOW, _NEAR = 6, 15
"""How many words beside an item count, and how far cues may stand."""
_FEWEST = 20


@dataclass(frozen=True)
class Occurrence:
    """One item in one message, and its features."""

    item: str
    features: tuple[str, ...]


@dataclass(frozen=True)
class Fitting:
    """How the model is fitted: words rarer than ``least`` are left out, ``ridge`` is the penalty on squared weights."""

    least: int = 8
    ridge: float = 3.0
    steps: int = 60


@dataclass(frozen=True)
class OpinionModel:
    """Weights of the features for each label, and the probability from which a label is taken.

    ``weights`` has one row of three numbers (like, dislike, seen) for each of ``features``.
    """

    features: tuple[str, ...]
    weights: FloatArray  # (features, labels)
    bias: FloatArray  # (labels)
    thresholds: tuple[float, ...] = (0.8, 0.6, 0.8)
    index: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {name: place for place, name in enumerate(self.features)})

    def probabilities(self, occurrence: Occurrence) -> FloatArray:
        """P(like), P(dislike), P(seen): (labels,)."""
        rows = [self.index[name] for name in occurrence.features if name in self.index]
        scores = self.bias + self.weights[rows].sum(axis=0)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30))), dtype=np.float64)

    def opinions(self, occurrence: Occurrence) -> frozenset[Opinion]:
        """The labels whose probability reaches its threshold; of like and dislike at most the likelier."""
        chances = self.probabilities(occurrence)
        taken = {
            label for label, p, least in zip(LABELS, chances, self.thresholds, strict=True) if p >= least
        }
        if {"like", "dislike"} <= taken:
            taken.discard("dislike" if chances[0] >= chances[1] else "like")
        return frozenset(taken)


def occurrences(clauses: Sequence[Clause], shown: Sequence[str], asked: str = "") -> list[Occurrence]:
    """Every item that the message names or points at, and those ``shown`` just before that it may answer.

    ``asked`` are the recommender's words before, where known.
    """
    cues = [find_cues(clause) for clause in clauses]
    heard = _message_features(clauses, cues, asked)
    found: dict[str, list[str]] = {}
    for clause, own in zip(clauses, cues, strict=True):
        for number, ref in clause.refs:
            if ref.kind == "item":
                local = _local_features(clause, own, number, ref)
                for item in ref.entities:
                    found.setdefault(item, []).extend(local)
    result = []
    for item, local in found.items():
        place = ["shown"] if item in shown else ["new"]
        result.append(
            Occurrence(item, tuple(dict.fromkeys([*place, *local, *(f"m:{word}" for word in heard)])))
        )
    others = [item for item in shown if item not in found]
    how = "alone" if not found else "beside"
    for item in others:
        many = "one" if len(shown) == 1 else "many"
        answer = [f"answers {how} {many}", *(f"{how}:{word}" for word in heard)]
        result.append(Occurrence(item, tuple(dict.fromkeys(answer))))
    return result


def _message_features(clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]], asked: str) -> list[str]:
    """Words of the whole message, pairs with a negation, and what was asked."""
    words: list[str] = []
    for clause, own in zip(clauses, cues, strict=True):
        words += _marked([token.text for token in clause.tokens])
        words += [f"cue {cue.kind} {'not' if cue.negated else ''}" for cue in own]
    texts = [token.text for token in clauses[0].tokens[:3]] if clauses else []
    words.append("first " + " ".join(texts))
    words.append(f"length {min(4, sum(len(clause.tokens) for clause in clauses) // 4)}")
    low = asked.lower()
    words += [f"asked {cue}" for cue in ("seen", "like", "what kind", "?") if cue in low]
    return list(dict.fromkeys(words))


def _local_features(clause: Clause, cues: Sequence[Cue], number: int, ref: Ref) -> list[str]:
    """Words before and behind the item within its clause, and the cues near it."""
    before = _marked([token.text for token in clause.tokens[max(0, number - _WINDOW) : number]])
    behind = _marked([token.text for token in clause.tokens[number + 1 : number + 1 + _WINDOW]])
    features = [f"b:{word}" for word in before] + [f"a:{word}" for word in behind]
    features.append(f"named {ref.named}")
    features.append(f"opener {clause.opener}")
    features.append("asks" if clause.asks else "tells")
    features += [
        f"{'b' if cue.start < number else 'a'}:cue {cue.kind} {cue.negated} {cue.mine}"
        for cue in cues
        if abs(cue.start - number) <= _NEAR
    ]
    if number:
        features.append("b2:" + " ".join(token.text for token in clause.tokens[max(0, number - 2) : number]))
    return features


def _marked(words: Iterable[str]) -> list[str]:
    """The words, those behind a negation marked, up to a comma."""
    result, denied = [], False
    for word in words:
        result.append(f"not_{word}" if denied else word)
        denied = (denied or word in NEGATIONS) and word != ","
    return result


def fit_opinions(
    observed: Sequence[tuple[Occurrence, tuple[bool | None, ...]]], fitting: Fitting | None = None
) -> OpinionModel:
    """Fit the three regressions on occurrences with answers (like, dislike, seen; ``None`` is not known).

    Newton's method on the penalised likelihood, with the diagonal of the Hessian bounded from below; deterministic.
    """
    how = fitting or Fitting()
    counts = Counter(name for occurrence, _ in observed for name in occurrence.features)
    names = tuple(sorted(name for name, count in counts.items() if count >= how.least))
    index = {name: place for place, name in enumerate(names)}
    rows = [[index[name] for name in occurrence.features if name in index] for occurrence, _ in observed]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    flat = np.array([place for row in rows for place in row], dtype=np.int64)
    owner = np.repeat(np.arange(len(rows)), lengths)
    weights, bias = np.zeros((len(names), len(LABELS))), np.zeros(len(LABELS))
    for label in range(len(LABELS)):
        answers = [answer[label] for _, answer in observed]
        known = np.array([answer is not None for answer in answers], dtype=np.float64)
        truth = np.array([bool(answer) for answer in answers], dtype=np.float64)
        weights[:, label], bias[label] = logistic_regression(flat, owner, truth, known, len(names), how)
    return OpinionModel(names, np.round(weights, 4), np.round(bias, 4))


def with_thresholds(
    model: OpinionModel,
    observed: Sequence[tuple[Occurrence, tuple[bool | None, ...]]],
    precisions: Sequence[float] = (0.97, 0.75, 0.9),
) -> OpinionModel:
    """The model with the lowest thresholds that reach ``precisions`` on other occurrences than it was fitted on.

    A label that never reaches its precision is never taken (threshold above 1).
    """
    chances = np.array([model.probabilities(occurrence) for occurrence, _ in observed]).reshape(
        -1, len(LABELS)
    )
    thresholds = []
    for label, least in enumerate(precisions):
        known = [place for place, (_, answer) in enumerate(observed) if answer[label] is not None]
        order = sorted(known, key=lambda place: -chances[place, label])
        hits = np.cumsum([bool(observed[place][1][label]) for place in order])
        good = np.flatnonzero(hits >= least * np.arange(1, len(order) + 1))
        good = good[good >= _FEWEST]  # a few lucky ones say nothing
        reached = float(chances[order[int(good[-1])], label]) if len(good) else 1.01
        thresholds.append(round(max(reached, 0.5), 4))
    return replace(model, thresholds=tuple(thresholds))


def logistic_regression(
    flat: npt.NDArray[np.int64],
    owner: npt.NDArray[np.int64],
    truth: FloatArray,
    known: FloatArray,
    num_features: int,
    how: Fitting,
) -> tuple[FloatArray, float]:
    """Weights and bias of one logistic regression over sparse binary rows, by accelerated gradient steps."""
    share = min(max(float((truth * known).sum() / max(known.sum(), 1.0)), 1e-4), 1 - 1e-4)
    bias = float(np.log(share / (1 - share)))
    weights = np.zeros(num_features)
    ahead, bias_ahead, momentum = weights.copy(), bias, 1.0
    num_rows = len(truth)
    longest = float(np.bincount(owner, minlength=num_rows).max(initial=1)) + 1.0
    # The usual frequency of a feature bounds the curvature along it; the longest row bounds their interplay.
    frequency = np.bincount(flat, weights=known[owner], minlength=num_features)
    rate = 1.0 / (0.25 * longest * np.maximum(frequency, 1.0) + how.ridge)
    bias_rate = 1.0 / (0.25 * longest * max(known.sum(), 1.0))
    for _ in range(how.steps * 5):
        scores = bias_ahead + np.bincount(owner, weights=ahead[flat], minlength=num_rows)
        error = (1.0 / (1.0 + np.exp(-scores)) - truth) * known
        gradient = np.bincount(flat, weights=error[owner], minlength=num_features) + how.ridge * ahead
        following = ahead - rate * gradient
        bias_following = bias_ahead - bias_rate * float(error.sum())
        step = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / step * (following - weights)
        bias_ahead = bias_following + (momentum - 1) / step * (bias_following - bias)
        weights, bias, momentum = following, bias_following, step
    return weights, bias
