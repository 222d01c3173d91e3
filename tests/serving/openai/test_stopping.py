"""Stop strings: the same end, however the text comes."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ccrs.serving.stopping import StopCutter

SHORT = st.text("ab ", min_size=1, max_size=4)


def cut(text: str, stops: list[str]) -> str:
    """The text before the stop string that is complete first, looked at letter by letter."""
    for end in range(1, len(text) + 1):
        begins = [end - len(stop) for stop in stops if stop and text[:end].endswith(stop)]
        if begins:
            return text[: min(begins)]
    return text


@given(pieces=st.lists(st.text("ab ", max_size=4), max_size=12), stops=st.lists(SHORT, max_size=4))
@example(pieces=["ab", "ab", "a "], stops=["aba "])
@example(pieces=["a", "b", "a", " "], stops=["ab b", "ba"])
@example(pieces=[""], stops=[])
def test_any_split_is_cut_like_the_whole(pieces: list[str], stops: list[str]) -> None:
    cutter = StopCutter(stops)
    told = [cutter.feed(piece) for piece in pieces] + [cutter.rest()]
    whole = "".join(pieces)
    assert "".join(told) == cut(whole, stops)
    assert cutter.stopped == any(stop in whole for stop in stops)
    assert not any(stop in "".join(told) for stop in stops)


@given(text=st.text(), stop=st.text(min_size=1), size=st.integers(1, 5))
def test_one_stop_string_is_a_split_of_the_text(text: str, stop: str, size: int) -> None:
    cutter = StopCutter([stop])
    told = [cutter.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join([*told, cutter.rest()]) == text.split(stop, maxsplit=1)[0]


def test_nothing_is_kept_back_without_need() -> None:
    cutter = StopCutter(["END"])
    assert [cutter.feed(piece) for piece in ("one ", "E", "N", "x", "EN", "D", "more")] == [
        "one ", "", "", "ENx", "", "", "",
    ]  # fmt: skip
    assert StopCutter(["", "x"]).feed("a") == "a"
