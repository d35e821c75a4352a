"""Who reads the keys while an answer comes: on a real terminal, in this process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from glmcli.cli.device import Device
from glmcli.cli.keyboard.listening import Listening
from glmcli.ui.foot import Foot
from tests.ui.drawing import Stage


class Heard:
    """What was kept, with a way to wait for it."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.over = 0
        self._kept = threading.Condition()

    def keep(self, messages: list[str]) -> None:
        with self._kept:
            self.messages = messages
            self._kept.notify_all()

    def end(self) -> None:
        self.over += 1

    def until(self, *messages: str) -> None:
        with self._kept:
            assert self._kept.wait_for(lambda: self.messages == [*messages], 30), self.messages


@contextmanager
def terminal() -> Iterator[tuple[int, Device]]:
    """Where a person types, and the device there."""
    fingers, keys = os.openpty()
    try:
        device = Device(keys, keys)
        with device.quiet():
            yield fingers, device
    finally:
        for descriptor in (fingers, keys):
            with suppress(OSError):
                os.close(descriptor)


def listening(device: Device, heard: Heard, typed: str = "", foot: Foot | None = None) -> Listening:
    return Listening(device, typed, multiline=False, foot=foot, keep=heard.keep, ended=heard.end)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "listening"]


def test_keys_are_kept_and_shown_as_they_come_and_left_to_the_next_prompt() -> None:
    heard, stage = Heard(), Stage(environ={"NO_COLOR": "1", "TERM": "xterm"})
    with terminal() as (fingers, device):
        ahead = listening(device, heard, "be", Foot(stage.terminal))
        with ahead:
            heard.until("be")
            os.write(fingers, b"fore\r")
            heard.until("before")
            os.write(fingers, "grü\x0f".encode()[:3])
            heard.until("before", "gr")
            os.write(fingers, "grü\x0f".encode()[3:] + b"!")
            heard.until("before", "grü!")
            with stage.terminal.lock:
                pass
        assert (ahead.typed, heard.over, stage.rows, threads()) == ("before\rgrü!", 1, [], [])
    assert "1 queued > grü!" in stage.stdout
    assert "no thinking so far" in stage.stdout


def test_half_a_character_at_the_end_is_waited_for() -> None:
    heard = Heard()
    with terminal() as (fingers, device):
        with listening(device, heard) as ahead:
            os.write(fingers, "aü".encode()[:2])
            heard.until("a")
            os.write(fingers, "ü".encode()[1:])
        assert ahead.typed == "aü"


def test_without_a_foot_ctrl_o_is_left_to_the_prompt() -> None:
    heard = Heard()
    with terminal() as (fingers, device):
        with listening(device, heard) as ahead:
            os.write(fingers, b"a\x0f\r")
            heard.until("a")
        assert ahead.typed == "a\x0f\r"


def test_who_asks_a_question_reads_alone() -> None:
    heard, stage = Heard(), Stage()
    with terminal() as (fingers, device), listening(device, heard, foot=Foot(stage.terminal)) as ahead:
        os.write(fingers, b"ahead")
        heard.until("ahead")
        with ahead.released():
            assert (threads(), stage.rows, stage.terminal.foot) == ([], [], None)
            os.write(fingers, b"y")
            assert os.read(device.keys, 10) == b"y"
            ahead.typed += "?"
        os.write(fingers, b"!")
        heard.until("ahead?!")


def test_it_ends_where_the_terminal_is_gone() -> None:
    heard = Heard()
    with terminal() as (fingers, device), listening(device, heard, "kept") as ahead:
        heard.until("kept")
        (thread,) = [it for it in threading.enumerate() if it.name == "listening"]
        os.close(fingers)
        thread.join(30)
        assert not thread.is_alive()
        assert ahead.typed == "kept"


def test_in_the_background_it_leaves_the_keys_to_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    looks = threading.Semaphore(0)
    ours = threading.Event()

    def read(descriptor: int, *args: Any) -> bytes:
        if not ours.is_set():
            looks.release()
            return b""  # as the kernel has it: the signal for it is blocked
        return os.read(descriptor, 10)

    monkeypatch.setattr("glmcli.cli.keyboard.listening.ready", read)
    monkeypatch.setattr("glmcli.cli.keyboard.listening.LOOK", 0.0)
    with terminal() as (fingers, device):
        monkeypatch.setattr(device, "foreground", ours.is_set)
        with listening(device, heard):
            os.write(fingers, b"typed")
            assert looks.acquire(timeout=30)
            assert looks.acquire(timeout=30)
            ours.set()
            heard.until("typed")


def test_the_signal_for_reading_in_the_background_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, masks = Heard(), list[set[int]]()

    def keep(messages: list[str]) -> None:
        masks.append({int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())})
        heard.keep(messages)

    with terminal() as (_, device):
        with Listening(device, "x", multiline=False, foot=None, keep=keep, ended=heard.end):
            heard.until("x")
        assert [signal.SIGTTIN in mask for mask in masks] == [True]
