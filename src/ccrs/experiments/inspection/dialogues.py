"""What the dialogues of a corpus hold, counted while they pass by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from ccrs.core.dialogue import Dialogue
from ccrs.core.graph import Catalogue
from ccrs.data.linking import Linker
from ccrs.data.unknown_titles import KnownTitles
from ccrs.data.unknown_words import UnknownTitle
from ccrs.experiments.inspection.findings import DialogueFindings, Some, UnlinkedName, UnlinkedNames
from ccrs.experiments.inspection.graph import FEW, TOP, most, some

SEARCHED = 2_000
"""Dialogues searched for names that the linker did not find: that takes longest."""
_BINS = ((0, "0"), (1, "1"), (2, "2"), (3, "3 to 5"), (6, "6 to 10"), (11, "11 to 20"), (21, "21 and more"))
Progress = Callable[[int, int], None]


def inspect_dialogues(
    catalogue: Catalogue,
    dialogues: Iterable[Dialogue],
    *,
    expected: int,
    examples: int,
    progress: Progress = lambda done, total: None,
) -> DialogueFindings:
    """Count ``dialogues``, read once; ``expected`` is their number, to spread examples over them."""
    counting = _Counting(catalogue)
    unlinked = _Unlinked(catalogue)
    shown: list[Dialogue] = []
    for place, dialogue in enumerate(dialogues):
        counting.add(dialogue)
        if _is_chosen(place, expected, SEARCHED):
            unlinked.search(dialogue)
        if _is_chosen(place, expected, examples):
            shown.append(dialogue)
        progress(place + 1, expected)
    return counting.findings(unlinked.findings(), tuple(shown))


def _is_chosen(place: int, whole: int, wanted: int) -> bool:
    """Whether the dialogue at ``place`` is one of ``wanted``, evenly spread over ``whole``."""
    if wanted >= whole:
        return True
    return (place + 1) * wanted // whole > place * wanted // whole


class _Counting:
    """The counts over the dialogues so far."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._items = frozenset(item.id for item in catalogue.items)
        self._dialogues = self._messages = 0
        self._users: Counter[int] = Counter()
        self._parts: Counter[str] = Counter()
        self._any: Counter[int] = Counter()
        self._of_items: Counter[int] = Counter()
        self._mentioned: Counter[str] = Counter()
        self._without_item: list[str] = []
        self._without_target: list[str] = []
        self._num_without_item = self._num_without_target = 0

    def add(self, dialogue: Dialogue) -> None:
        """Count one more."""
        self._dialogues += 1
        self._messages += len(dialogue.messages)
        self._users[hash(dialogue.user)] += 1  # a hash takes less than an id, however long that is
        self._parts[dialogue.part or "none"] += 1
        named = [(message.speaker, m.entity) for message in dialogue.messages for m in message.mentions]
        self._mentioned.update(entity for _, entity in named)
        items = [speaker for speaker, entity in named if entity in self._items]
        self._any[len(named)] += 1
        self._of_items[len(items)] += 1
        if not items:
            self._num_without_item += 1
            self._without_item += [dialogue.id] if len(self._without_item) < FEW else []
        if "recommender" not in items:
            self._num_without_target += 1
            self._without_target += [dialogue.id] if len(self._without_target) < FEW else []

    def findings(self, unlinked: UnlinkedNames, examples: tuple[Dialogue, ...]) -> DialogueFindings:
        """All that was counted."""
        catalogue = self._catalogue
        of_users = Counter(self._users.values())
        return DialogueFindings(
            dialogues=self._dialogues,
            messages=self._messages,
            users=len(self._users),
            parts={part: self._parts[part] for part in ("train", "test", "none") if self._parts[part]},
            by_mentions=_binned(self._any),
            by_item_mentions=_binned(self._of_items),
            mean_mentions=_mean(self._any),
            mean_item_mentions=_mean(self._of_items),
            without_item=self._some(self._num_without_item, self._without_item),
            without_target=self._some(self._num_without_target, self._without_target),
            users_by_dialogues={name: count for name, count in _binned(of_users).items() if name != "0"},
            returning=sum(count for dialogues, count in of_users.items() if dialogues > 1),
            never_mentioned=some(
                [item.title for item in catalogue.items if item.id not in self._mentioned],
                catalogue.num_items,
            ),
            most_mentioned=most(catalogue, self._mentioned, TOP),
            unlinked=unlinked,
            examples=examples,
        )

    def _some(self, count: int, examples: list[str]) -> Some:
        return Some(count, count / self._dialogues if self._dialogues else 0.0, tuple(examples))


class _Unlinked:
    """Names that are typed and that no entity of the catalogue bears."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._known = KnownTitles(Linker(catalogue), catalogue)
        self._searched = self._dialogues = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], UnlinkedName] = {}

    def search(self, dialogue: Dialogue) -> None:
        """Look for names outside the dialogue's mentions."""
        self._searched += 1
        before = self._counts.total()
        for message in dialogue.messages:
            _, unknown = self._known.read(message.text)
            for name in unknown:
                if not any(m.start < name.end and name.start < m.end for m in message.mentions):
                    self._add(name, dialogue.id)
        self._dialogues += self._counts.total() > before

    def findings(self) -> UnlinkedNames:
        """The most frequent names, of equal ones the first."""
        ranked = self._counts.most_common(TOP)
        names = tuple(_counted(self._first[key], count) for key, count in ranked)
        return UnlinkedNames(self._searched, self._dialogues, self._counts.total(), names)

    def _add(self, name: UnknownTitle, dialogue: str) -> None:
        key = (" ".join(name.name.casefold().split()), name.kind)
        self._counts[key] += 1
        self._first.setdefault(key, UnlinkedName(name.name, name.kind, 0, dialogue))


def _counted(name: UnlinkedName, count: int) -> UnlinkedName:
    return UnlinkedName(name.name, name.kind, count, name.dialogue)


def _binned(counts: Counter[int]) -> dict[str, int]:
    """Counts of numbers in the bins, from the first to the last that holds any."""
    binned = {name: 0 for _, name in _BINS}
    for number, count in counts.items():
        binned[next(name for start, name in reversed(_BINS) if number >= start)] += count
    filled = [place for place, count in enumerate(binned.values()) if count]
    return dict(list(binned.items())[: max(filled, default=0) + 1])


def _mean(counts: Counter[int]) -> float:
    return sum(number * count for number, count in counts.items()) / max(1, counts.total())
