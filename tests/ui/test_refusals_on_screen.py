"""What a person sees of an answer that the model refused to give: its words once, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmcli.api.events import RefusalDelta
from glmcli.errors import UnusableError
from tests.support.cli import Glm
from tests.support.screen import seen
from tests.support.served import delta, serving, stream
from tests.ui.drawing import Stage
from tests.ui.test_renderers import STOP, plain, show

LONG = " ".join(f"reason{i}" for i in range(40))


@pytest.mark.parametrize(
    ("argv", "refusal", "rows"),
    [
        ((), "I will not.", ["the model refused: I will not."]),
        ((), "I will not.\n\nAsk me \x1b[1mnot.", ["the model refused: I will not. Ask me [1mnot."]),
        ((), LONG, [f"the model refused: {LONG}", "the model refused"]),
        (("--raw",), LONG, [f"the model refused: {LONG}", "the model refused"]),
        (("--quiet",), LONG, [f"the model refused: {LONG}", "the model refused"]),
    ],
    ids=["short", "of two lines", "long", "raw", "quiet"],
)
def test_a_refusal_stands_on_the_screen_once(
    tmp_path: Path, argv: tuple[str, ...], refusal: str, rows: list[str]
) -> None:
    pieces = [refusal[at : at + 30] for at in range(0, len(refusal), 30)]
    with serving(stream(*(delta(refusal=piece) for piece in pieces), delta(finish="stop"))) as served:
        result = Glm(tmp_path)("run", "hi", *argv, env={**served.env, "NO_COLOR": "1"}, tty=True, size=(600, 24))
    assert (result.status, result.stdout) == (9, "")
    assert seen(result.stderr.encode(), 600) == [*rows, "Put the request otherwise."]


def test_what_an_error_does_not_quote_is_told_in_whole() -> None:
    stage = show(plain(size=(500, 24)), [RefusalDelta(LONG), STOP], UnusableError("the model refused"))
    assert stage.rows == [f"the model refused: {LONG}"]
    quiet = show(Stage(tty=False, quiet=True), [RefusalDelta("No."), STOP])
    assert quiet.stderr == ""
