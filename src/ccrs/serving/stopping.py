"""Stop strings: where a text ends that comes in pieces."""

from __future__ import annotations

from collections.abc import Sequence


class StopCutter:
    """Ends a text before the first stop string, however the text comes in pieces.

    Of several stop strings that which is complete first counts, of those complete at once the longest. What may yet
    become one is kept back.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self.stops = tuple(stop for stop in stops if stop)
        self.stopped = False
        self._kept = ""

    def feed(self, piece: str) -> str:
        """What can be told after another piece; nothing once stopped."""
        if self.stopped or not piece:
            return ""
        text = self._kept + piece
        found = [(at + len(stop), -len(stop)) for stop in self.stops if (at := text.find(stop)) >= 0]
        if found:
            end, length = min(found)
            self.stopped, self._kept = True, ""
            return text[: end + length]
        longest = min(len(text), max(map(len, self.stops), default=1) - 1)
        ends = (text[-size:] for size in range(longest, 0, -1))
        self._kept = next((end for end in ends if any(stop.startswith(end) for stop in self.stops)), "")
        return text[: len(text) - len(self._kept)]

    def rest(self) -> str:
        """What was kept back and is no stop string after all."""
        kept, self._kept = self._kept, ""
        return kept


def cut_at(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """A whole text before its first stop string, and whether there is one."""
    cutter = StopCutter(stops)
    return cutter.feed(text) + cutter.rest(), cutter.stopped
