"""The adaptations kept stay within their bytes, and are of just the dialogues they are asked for."""

from __future__ import annotations

import threading

import torch
from hypothesis import given
from hypothesis import strategies as st

from ccrs.serving.adaptations import Adaptation, AdaptationCache


def adaptation(signature: str = "s", size: int = 100) -> Adaptation:
    return Adaptation(signature, None, {"layer": torch.zeros(size)}, has_inner=True)


def key(name: str, dialogue: str = "") -> tuple[str, str, str]:
    return ("tenant", name, dialogue)


def test_only_the_same_dialogues_are_a_hit() -> None:
    cache = AdaptationCache(10**6)
    cache.put(key("ann"), adaptation("one"))
    assert cache.get(key("ann"), "one") is not None
    assert cache.get(key("ann"), "two") is None
    assert cache.get(key("bob"), "one") is None
    assert (cache.hits, cache.misses) == (1, 2)


def test_the_least_recently_used_goes_first() -> None:
    size = adaptation().num_bytes
    cache = AdaptationCache(2 * size)
    cache.put(key("a"), adaptation())
    cache.put(key("b"), adaptation())
    cache.get(key("a"), "s")
    cache.put(key("c"), adaptation())
    assert [cache.get(key(name), "s") is not None for name in "abc"] == [True, False, True]


def test_what_is_larger_than_all_is_not_kept_and_drives_nobody_out() -> None:
    cache = AdaptationCache(2 * adaptation().num_bytes)
    cache.put(key("a"), adaptation())
    cache.put(key("b"), adaptation(size=10**5))
    assert len(cache) == 1
    assert cache.get(key("a"), "s") is not None


def test_who_is_forgotten_is_gone_in_all_dialogues() -> None:
    cache = AdaptationCache(10**6)
    for name, dialogue in (("a", ""), ("a", "1"), ("b", "1")):
        cache.put(key(name, dialogue), adaptation())
    cache.forget("tenant", "a")
    assert len(cache) == 1
    cache.clear()
    assert (len(cache), cache.num_bytes) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 300), st.booleans()), max_size=60))
def test_bytes_are_counted_and_never_above_the_budget(steps: list[tuple[int, int, bool]]) -> None:
    cache = AdaptationCache(3 * adaptation().num_bytes)
    kept: dict[int, int] = {}
    for name, size, forget in steps:
        if forget:
            cache.forget("tenant", str(name))
        else:
            cache.put(key(str(name)), adaptation(size=size))
            kept[name] = size
        assert 0 <= cache.num_bytes <= cache.byte_budget
    found = [cache.get(key(str(name)), "s") for name in kept]
    assert cache.num_bytes == sum(one.num_bytes for one in found if one is not None)


def test_many_threads_lose_no_bytes() -> None:
    cache = AdaptationCache(5 * adaptation().num_bytes)

    def use(start: int) -> None:
        for number in range(200):
            cache.put(key(str((start + number) % 9)), adaptation(size=number % 50))
            cache.get(key(str(number % 9)), "s")

    threads = [threading.Thread(target=use, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [cache.get(key(str(name)), "s") for name in range(9)]
    assert cache.num_bytes == sum(one.num_bytes for one in found if one is not None)
