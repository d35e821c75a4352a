"""One count out of the usage objects of every backend known."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.events import Usage
from glmcli.api.usage import UsageCount


def use(prompt: Any, completion: Any, total: Any = None, cached: int | None = None, **more: Any) -> dict[str, Any]:
    details = {} if cached is None else {"prompt_tokens_details": {"cached_tokens": cached}}
    total = prompt + completion if total is None else total
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, **details, **more}


def counted(*usages: Any, tail: Any = None) -> Usage | None:
    count = UsageCount()
    for usage in usages:
        count.add(usage)
    if tail is not None:
        count.add(tail, tail=True)
    return count.result()


CASES: dict[str, tuple[list[Any], Any, tuple[int, int, int, int, float | None]]] = {
    "one object": ([use(12, 31, cached=4)], None, (12, 31, 43, 4, None)),
    "one object with neurons": ([use(12, 31, neurons=1.1944)], None, (12, 31, 43, 0, 1.1944)),
    "increments": (
        [use(14, 0, cached=0, neurons=0.5), use(0, 3, neurons=0.25), use(0, 2, neurons=0.125), use(0, 0, neurons=0)],
        None,
        (14, 5, 19, 0, 0.875),
    ),
    "increments and a native tail": (
        [use(14, 0, cached=8, neurons=0.5), use(0, 3, neurons=0.25)],
        use(14, 6, cached=0, neurons=1.5),
        (14, 6, 20, 8, 1.5),
    ),
    "a native tail of zeros": ([use(14, 0), use(0, 3)], use(0, 0), (14, 3, 17, 0, None)),
    "cumulative": ([use(14, 0), use(14, 1), use(14, 2), use(14, 3)], None, (14, 3, 17, 0, None)),
    "cumulative, then zeros": ([use(14, 1), use(14, 3), use(0, 0)], None, (14, 3, 17, 0, None)),
    "twice, the second without the cache": (
        [use(1457, 3, cached=1408), use(1457, 3, cached=0)],
        None,
        (1457, 3, 1460, 1408, None),
    ),
    "twice, the second without details": (
        [use(1457, 3, cached=1408), use(1457, 3, prompt_tokens_details=None)],
        None,
        (1457, 3, 1460, 1408, None),
    ),
    "zeros before the end": ([use(0, 0), use(0, 0), use(9, 2)], None, (9, 2, 11, 0, None)),
    "only zeros": ([use(0, 0)], None, (0, 0, 0, 0, None)),
    "no total": ([{"prompt_tokens": 3, "completion_tokens": 4}], None, (3, 4, 7, 0, None)),
    "rubbish": ([use("x", None, True, neurons="y"), {}, None, "z"], None, (0, 0, 0, 0, None)),
    "floats, negative and endless numbers": ([use(3.0, -1, 1e300)], None, (3, 0, 3, 0, None)),
}


@pytest.mark.parametrize(("usages", "tail", "expected"), CASES.values(), ids=CASES)
def test_the_count_is_right(usages: list[Any], tail: Any, expected: tuple[int, int, int, int, float | None]) -> None:
    usage = counted(*usages, tail=tail)
    assert usage is not None
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.cached_tokens, usage.neurons)
    assert counts == expected


def test_nothing_said_is_not_zero() -> None:
    assert counted() is None
    assert counted(None) is None


def test_the_raw_object_keeps_what_is_unknown_and_takes_the_counts() -> None:
    usage = counted(use(10, 1, cached=6, odd="a"), use(10, 2, cached=0, new={"x": 1}))
    assert usage is not None
    assert usage.raw == {**use(10, 2, cached=6), "new": {"x": 1}}


def test_increments_are_added_up_key_by_key() -> None:
    usage = counted(
        use(10, 1, cached=6, completion_tokens_details={"reasoning_tokens": 1}, tier="a"),
        use(0, 2, completion_tokens_details={"reasoning_tokens": 2}, tier=None, late=1),
    )
    assert usage is not None
    assert usage.raw == use(10, 3, cached=6, completion_tokens_details={"reasoning_tokens": 3}, tier="a", late=1)
