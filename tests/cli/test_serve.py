"""`glm serve`, in this process and as a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from glmcli.demo.server import LoopbackServer
from tests.support.cli import Glm

MODEL = "@cf/zai-org/glm-4.7-flash"


def visitor(visit: Callable[[], Any]) -> Callable[[float], None]:
    """What `glm serve` waits with: somebody comes, and then Ctrl-C."""

    def sleep(seconds: float) -> None:
        visit()
        raise KeyboardInterrupt

    return sleep


def free_port() -> int:
    with LoopbackServer(lambda request: []) as server:
        return int(server.url.rpartition(":")[2])


def test_it_says_where_it_is_and_how_to_use_it_and_logs_every_request(glm: Glm) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}/client/v4"

    def visit() -> None:
        with httpx.Client(trust_env=False, headers={"authorization": "Bearer t"}) as client:
            url = f"{base}/accounts/a/ai/run/{MODEL}"
            assert client.post(url, json={"prompt": "hi", "stream": True}).text.endswith("data: [DONE]\n\n")
            assert client.get(base).status_code == 404

    result = glm("serve", "--port", str(port), "--pace", "0", sleep=visitor(visit))
    assert result.answer == (
        f"READY http://127.0.0.1:{port}\n",
        "The demo endpoint runs. Elsewhere, say:\n"
        f"  export GLM_BASE_URL={base}\n"
        "  export CLOUDFLARE_API_TOKEN=demo CLOUDFLARE_ACCOUNT_ID=demo\n"
        "Ctrl-C ends it.\n"
        f"POST /client/v4/accounts/a/ai/run/{MODEL} 200\n"
        "GET /client/v4 404\n",
        0,
    )


def test_quiet_leaves_the_ready_line_alone(glm: Glm) -> None:
    result = glm("serve", "--port", "0", "-q", sleep=visitor(lambda: None))
    assert re.fullmatch(r"READY http://127\.0\.0\.1:[0-9]+\n", result.stdout)
    assert (result.stderr, result.status) == ("", 0)


def test_a_port_in_use_is_a_usage_error_that_names_the_way_out(glm: Glm) -> None:
    with LoopbackServer(lambda request: []) as server:
        port = server.url.rpartition(":")[2]
        result = glm("serve", "--port", port)
    hint = "Try another --port, or --port 0 for any free one."
    assert result.answer == ("", f"cannot listen on port {port}: Address already in use\n{hint}\n", 2)


def test_recorded_exchanges_are_replayed(glm: Glm, tmp_path: Path) -> None:
    file, port = tmp_path / "kept.jsonl", free_port()
    answers = []

    def visit() -> None:
        url = f"http://127.0.0.1:{port}/client/v4/accounts/a/ai/run/{MODEL}"
        with httpx.Client(trust_env=False) as client:
            body = {"prompt": "hi", "stream": True}
            answers.append(client.post(url, json=body, headers={"authorization": "Bearer t"}).content)

    here = ("serve", "--port", str(port), "--pace", "0")
    assert glm(*here, "--record", str(file), sleep=visitor(visit)).status == 0
    assert glm(*here, "--replay", str(file), sleep=visitor(visit)).status == 0
    assert answers[0] == answers[1]
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 1


def test_a_recording_that_is_none_is_named(glm: Glm, tmp_path: Path) -> None:
    result = glm("serve", "--port", "0", "--replay", str(tmp_path / "none"))
    message = f"cannot read {tmp_path / 'none'}: No such file or directory\nRecord one with --record FILE.\n"
    assert result.answer == ("", message, 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly_with_status_0(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "glmcli", "serve", "--port", "0", "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"READY http://127.0.0.1:")
        process.send_signal(number)
        assert (process.stdout.read(), process.stderr.read(), process.wait(10)) == (b"", b"", 0)
