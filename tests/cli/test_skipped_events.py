"""Events of a stream that cannot be read are skipped, and the user is told how many they were."""

from __future__ import annotations

import json

import pytest

from glmcli.demo.framing import LAST_CHUNK, chunk
from tests.support.cli import Glm
from tests.support.served import Script, delta, stream, told

BROKEN = chunk(b'data: {"choices": [{"in\n\n')


def answer(broken: int) -> Script:
    """A whole answer with so many broken events in it."""
    said = stream(delta(content="Hel"), end=[])
    rest = stream(delta(content="lo"), delta(finish="stop"))[1:]
    return [*said, *[BROKEN] * broken, *rest]


@pytest.mark.parametrize(
    ("broken", "warning"),
    [
        (0, ""),
        (1, "warning: 1 event of the stream could not be read and was skipped\n"),
        (2, "warning: 2 events of the stream could not be read and were skipped\n"),
    ],
)
def test_what_is_skipped_is_told_after_the_answer(glm: Glm, broken: int, warning: str) -> None:
    assert told(glm, answer(broken)) == (0, "Hello\n", warning, 1)


def test_what_is_skipped_is_told_to_programs(glm: Glm) -> None:
    _, stdout, _, _ = told(glm, answer(2), argv=("run", "hi", "--json"))
    assert json.loads(stdout)["glm"]["warnings"] == ["2 events of the stream could not be read and were skipped"]


def test_what_is_skipped_of_a_cut_answer_is_told_beside_the_cut(glm: Glm) -> None:
    script = [*stream(delta(content="Hel"), usage=False, end=[BROKEN]), LAST_CHUNK]
    status, stdout, stderr, _ = told(glm, script)
    assert (status, stdout) == (8, "Hel\n")
    assert stderr.splitlines()[0] == "warning: 1 event of the stream could not be read and was skipped"
