"""Keys at a question, one by one: a pipe is the keyboard, and the clock is the number of looks at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from glmcli.cli.device import Device
from glmcli.cli.keyboard.asking import QUIET, Asking


@contextmanager
def typing(monkeypatch: pytest.MonkeyPatch, *pieces: tuple[float, bytes]) -> Iterator[Device]:
    """A keyboard on which each piece comes so many seconds after the last one was read."""
    keys, fingers = os.pipe()
    waiting = list(pieces)

    def select(read: list[int], _: object, __: object, seconds: float) -> tuple[list[int], list[int], list[int]]:
        if not waiting or waiting[0][0] > seconds:
            return [], [], []
        os.write(fingers, waiting.pop(0)[1])
        return read, [], []

    monkeypatch.setattr("select.select", select)
    try:
        yield Device(keys, fingers)
    finally:
        os.close(keys)
        os.close(fingers)


def test_who_is_typing_is_asked_after_a_pause_and_loses_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[str] = []
    with typing(monkeypatch, (0.0, b"ye"), (0.1, b"s"), (QUIET, b", a"), (QUIET + 0.1, b"n")) as device:
        Asking(device, ahead.append).begin()
    assert ahead == ["yes, a"]
