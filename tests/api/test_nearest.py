"""The name that was meant by a misspelt one."""

from __future__ import annotations

import pytest

from glmcli.api.fields import fields
from glmcli.api.nearest import nearest


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("temperture", "temperature"),
        ("tmeperature", "temperature"),
        ("Temperature", "temperature"),
        ("maxTokens", "max_tokens"),
        ("top-p", "top_p"),
        ("stpo", "stop"),
        ("repetition_penalty", "presence_penalty"),
        ("x", None),
        ("quux", None),
        ("output_tokens", "max_tokens"),
        ("t" * 100_000, None),
        ("", None),
    ],
    ids=lambda it: str(it)[:20],
)
def test_the_nearest_key_is_the_one_that_was_meant(word: str, near: str | None) -> None:
    assert nearest(word, fields()) == near


def test_where_a_wrong_guess_is_worse_than_none_less_is_guessed() -> None:
    efforts = ["low", "medium", "high"]
    assert [nearest(word, efforts, strict=True) for word in ("loud", "big", "hihg", "HIGH")] == [
        None, None, "high", "high",
    ]  # fmt: skip
