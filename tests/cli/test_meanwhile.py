"""What is done while the user types."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event, current_thread

import pytest

from glmcli.cli.meanwhile import Meanwhile

imported = Event()


def test_the_first_drawing_connects_and_later_ones_do_so_when_it_is_long_ago() -> None:
    now = [0.0]
    connected = [Event(), Event()]
    times: list[float] = []

    def connect() -> None:
        assert current_thread().daemon
        times.append(now[0])
        connected[len(times) - 1].set()

    meanwhile = Meanwhile(connect, modules=(), monotonic=lambda: now[0])
    for now[0], waited in ((5.0, 0), (6.0, 0), (34.9, 0), (35.0, 1), (36.0, 1)):
        meanwhile.drawn()
        assert connected[waited].wait(10)
    assert times == [5.0, 35.0]


def test_what_fails_is_passed_over_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken_probe.py").write_text("raise ValueError('broken')")
    (tmp_path / "sound_probe.py").write_text(f"from {__name__} import imported\nimported.set()")
    monkeypatch.syspath_prepend(tmp_path)

    def connect() -> None:
        raise OSError("no network")

    Meanwhile(connect, modules=("no_such_probe", "broken_probe", "sound_probe")).drawn()
    assert imported.wait(10)
    assert capfd.readouterr() == ("", "")
    sys.modules.pop("sound_probe", None)
