"""llama.cpp's own server as our child: what it answers, and that it never outlives us nor takes us down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from glmcli import local
from glmcli.errors import ConfigError
from glmcli.local import serve
from glmcli.local.server import LocalServer, Served, launch
from glmcli.local.weights import name_file
from tests.support.local_server import MODEL, TOKEN, Parrot, environment, needs_engine, served

HI = [{"role": "user", "content": "hi"}]
THOUGHTS = "The user wrote something. I will answer briefly.\n"
SERVED = Served(path="/models/m.gguf", name="m", key="k")
CURE = "see `glm config local status`; another model: glm config local install PATH.gguf"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def ask(server: LocalServer, key: str = TOKEN, **body: Any) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=60) as client:
        return client.post(
            f"{server.base_url}/chat/completions",
            headers={"Authorization": f"Bearer {key}"},
            json={"model": MODEL, "messages": HI, **body},
        )


def events(response: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def deltas(response: httpx.Response) -> list[dict[str, Any]]:
    return [choice["delta"] for event in events(response) for choice in event["choices"]]


def python(code: str) -> Sequence[str]:
    """A child played by a few lines of Python."""
    return (sys.executable, "-c", code)


def start_failure(code: str, **how: Any) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        launch(SERVED, environ={}, command=python(code), **how)
    return caught.value.message, caught.value.hint


def ended(pid: int) -> bool:
    """Whether the process is gone, or waits for nothing but to be counted."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(done: Callable[[], bool]) -> None:
    while not done():  # the time limit of the test ends this
        pass


# The real server, with the scripted model


def test_it_stands_where_workers_ai_would_and_thinks_before_it_answers(parrot: Parrot) -> None:
    assert parrot.server.url == f"{parrot.base}/accounts/acc/ai"
    assert parrot.server.base_url == f"{parrot.base}/accounts/acc/ai/v1"
    assert (parrot.server.model, parrot.server.key, parrot.server.note) == (MODEL, TOKEN, "")
    assert parrot.server.fault() is None
    response = ask(parrot.server, stream=True, seed=1)
    pieces = deltas(response)
    assert "".join(piece.get("reasoning_content") or "" for piece in pieces) == THOUGHTS
    answer = "".join(piece.get("content") or "" for piece in pieces)
    assert answer in {
        f"Hello! This is a tiny scripted model on a real server. My colour today is {colour}, and that is all!\n"
        for colour in ("blue", "green", "red")
    }
    channels = [
        "reasoning" if "reasoning_content" in piece else "content" for piece in pieces if piece.get("content", "")
    ]
    assert channels == sorted(channels, reverse=True)
    assert {event["model"] for event in events(response)} == {MODEL}


def test_it_calls_tools_in_pieces_and_answers_after_the_result(parrot: Parrot) -> None:
    response = ask(parrot.server, stream=True, tools=[WEATHER])
    calls = [call for piece in deltas(response) for call in piece.get("tool_calls", [])]
    assert [call["function"]["name"] for call in calls if "name" in call["function"]] == ["weather"]
    pieces = [call["function"]["arguments"] for call in calls]
    assert json.loads("".join(pieces)) == {"city": "sample"}
    assert len(pieces) > 2
    assert events(response)[-1]["choices"][0]["finish_reason"] == "tool_calls"
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    history = [*HI, {"role": "assistant", "content": None, "tool_calls": [call]}]
    history.append({"role": "tool", "tool_call_id": "1", "content": "rain"})
    message = ask(parrot.server, messages=history, tools=[WEATHER]).json()["choices"][0]["message"]
    assert message["content"] == "The tool replied, so here is the result: all done.\n\n"


def test_nobody_gets_in_without_the_key_and_no_page_may_read_what_is_said(parrot: Parrot) -> None:
    assert ask(parrot.server, key="wrong").status_code == 401
    with httpx.Client(trust_env=False, timeout=60) as client:
        asked = client.options(f"{parrot.server.base_url}/chat/completions", headers={"Origin": "http://page.example"})
    assert asked.headers.get("access-control-allow-origin", "") == ""


def test_several_choices_share_one_context(parrot: Parrot) -> None:
    assert [choice["index"] for choice in ask(parrot.server, n=4).json()["choices"]] == [0, 1, 2, 3]


def test_an_output_limit_above_the_context_ends_with_length_and_a_long_prompt_is_refused(parrot: Parrot) -> None:
    with launch(served(parrot.path, prefix="", context=512), environ=environment()) as server:
        endless = ask(server, messages=[{"role": "user", "content": "#long"}], max_tokens=16_384).json()
        refused = ask(server, messages=[{"role": "user", "content": "x" * 600}])
    assert endless["choices"][0]["finish_reason"] == "length"
    assert endless["usage"]["total_tokens"] == 512
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "exceed_context_size_error"


def test_ctrl_c_in_the_terminal_leaves_it_alone_and_stopping_ends_it(parrot: Parrot) -> None:
    server = launch(served(parrot.path), environ=environment())
    assert os.getpgid(server.pid) != os.getpgrp()
    os.kill(server.pid, signal.SIGINT)
    assert ask(server).status_code == 200
    server.stop()
    assert ended(server.pid)
    assert server.fault() is None
    server.stop()


def test_a_server_that_was_killed_says_so(parrot: Parrot) -> None:
    with launch(served(parrot.path), environ=environment()) as server:
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: server.fault() is not None)
        fault = server.fault()
    assert fault is not None
    assert (fault.message, fault.hint) == ("the local server stopped: Killed (SIGKILL)", CURE)


def test_it_ends_when_we_are_killed(parrot: Parrot) -> None:
    code = (
        "import os, time\nfrom glmcli.local.server import *\n"
        f"server = launch(Served(path={str(parrot.path)!r}, name='m', key='k', threads=1), environ=os.environ)\n"
        "print(server.pid, flush=True)\ntime.sleep(600)"
    )
    with subprocess.Popen(python(code), stdout=subprocess.PIPE, env=environment()) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not ended(pid)
        parent.kill()
    until(lambda: ended(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the child ends when its model is loaded")
def test_it_ends_when_we_are_gone_even_while_native_code_holds_the_interpreter() -> None:
    code = (
        "import ctypes\nfrom glmcli.local import serve\nserve.end_with(0)\n"
        "print('ready', flush=True)\nctypes.PyDLL(None).sleep(600)"
    )
    child = subprocess.Popen(python(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        child.stdin.close()
        assert child.wait() == -signal.SIGIO


def test_a_file_that_only_begins_as_a_model_shows_what_the_engine_says(parrot: Parrot, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(parrot.path.read_bytes()[:5000])
    with pytest.raises(ConfigError) as caught:
        launch(served(cut), environ=environment())
    first, *log = caught.value.message.splitlines()
    assert first == f"the local server could not load {cut}"
    assert f"cmn  common_init_: failed to load model '{cut}'" in log
    assert caught.value.hint == CURE


# Starting, with the user's own model


def test_a_profile_starts_it_on_a_free_port_with_a_random_key(parrot: Parrot, tmp_path: Path) -> None:
    name_file(tmp_path / "glmcli", parrot.path)
    waits: list[str] = []
    environ = {**environment(), "GLM_LOCAL_THREADS": "1", "GLM_LOCAL_CONTEXT": "2048", "GLM_LOCAL_WAIT": "60"}
    with local.start(tmp_path / "glmcli", environ=environ, on_wait=waits.append) as server:
        assert ask(server, key=server.key).status_code == 200
        assert server.url.startswith("http://127.0.0.1:")
        assert (server.model, server.note) == ("parrot", "")
        assert len(server.key) > 40
    assert set(waits) == {"starting parrot on this machine"}


def test_the_demonstration_model_gets_a_small_context_and_few_threads(parrot: Parrot, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "SmolLM2-135M-Instruct.Q4_1.gguf").symlink_to(parrot.path)
    with local.start(tmp_path, environ=environment()) as server:
        refused = ask(server, key=server.key, messages=[{"role": "user", "content": "x" * 5000}])
        assert refused.json()["error"]["n_ctx"] == 4096
        assert server.note.startswith("SmolLM2-135M-Instruct is a tiny model for demonstration")


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "²"])
def test_a_setting_that_is_no_number_is_refused(parrot: Parrot, tmp_path: Path, value: str) -> None:
    name_file(tmp_path, parrot.path)
    with pytest.raises(ConfigError) as caught:
        local.start(tmp_path, environ={"GLM_LOCAL_THREADS": value})
    assert caught.value.message == f"GLM_LOCAL_THREADS must be a whole number from 1, not {value!r}"


def test_a_machine_that_does_not_fit_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local.engine, "PACKAGE", "no-such-package-of-glm")
    with pytest.raises(ConfigError, match="the local engine is not "):
        local.start(tmp_path, environ={})


def test_without_a_model_the_installation_is_named(tmp_path: Path) -> None:
    needs_engine()
    with pytest.raises(ConfigError, match="no model is installed for the local server"):
        local.start(tmp_path, environ={})


# Children that fail


def test_a_child_that_stays_silent_is_given_up_after_the_longest_wait() -> None:
    clock = [0.0]
    waits: list[str] = []

    def sleep(seconds: float) -> None:
        clock[0] += 7

    assert start_failure(
        "import time; time.sleep(600)", on_wait=waits.append, monotonic=lambda: clock[0], sleep=sleep, longest_wait=21
    ) == ("the local server was not ready after 21 s", "GLM_LOCAL_WAIT=600 waits up to ten minutes")
    assert waits == ["starting m on this machine"] * 4


def test_a_child_that_dies_shows_its_status_and_the_end_of_its_log() -> None:
    code = "import sys\nfor line in range(9): print('0.00.010.304 E line', line, file=sys.stderr)\nsys.exit(3)"
    log = "".join(f"\nline {line}" for line in range(3, 9))
    assert start_failure(code) == (f"the local server did not start: exit status 3{log}", CURE)


def test_a_child_that_meets_an_unknown_instruction_names_the_signal() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"
    assert start_failure(code) == ("the local server did not start: Illegal instruction (SIGILL)", CURE)


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 5)"
    number = signal.SIGRTMIN + 5
    assert start_failure(code) == (f"the local server did not start: signal {number}", CURE)


@pytest.mark.parametrize("line", ["hello", "[]", ""])
def test_a_child_that_says_something_else_did_not_start(line: str) -> None:
    assert start_failure(f"print({line!r})") == ("the local server did not start: exit status 0", CURE)


def test_a_library_that_is_missing_is_named_with_its_package() -> None:
    reason = "libgomp.so.1: cannot open shared object file: No such file or directory"
    assert start_failure(f"print({json.dumps({'import': reason})!r})") == (
        "the local engine needs the library libgomp.so.1, which is missing",
        "Run: apt install libgomp1, or what your system calls it",
    )


def test_ctrl_c_while_waiting_leaves_no_process(tmp_path: Path) -> None:
    note = tmp_path / "pid"

    def interrupt(text: str) -> None:
        if note.exists() and note.read_text().endswith("\n"):
            raise KeyboardInterrupt

    code = f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(f'{{os.getpid()}}\\n'); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        launch(SERVED, environ={}, command=python(code), on_wait=interrupt, sleep=lambda seconds: None)
    assert ended(int(note.read_text()))


def test_a_child_that_will_not_end_is_killed() -> None:
    code = (
        "import json, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(json.dumps({'url': 'http://127.0.0.1:1'}), flush=True)\ntime.sleep(600)"
    )
    server = launch(SERVED, environ={}, command=python(code))
    server.stop(within=0.05)
    assert ended(server.pid)


def test_a_program_that_cannot_be_started_leaves_nothing_open() -> None:
    with pytest.raises(FileNotFoundError):
        launch(SERVED, environ={}, command=("/no/such/program",))


def test_a_child_that_is_gone_before_it_was_told_anything_is_no_crash() -> None:
    # 100 kB do not fit into a pipe that nobody reads.
    long = Served(path="x" * 200_000, name="m", key="k")
    with pytest.raises(ConfigError, match="did not start: exit status 0"):
        launch(long, environ={}, command=python("import os; os._exit(0)"))


# The child itself, with an engine made for the test


class Params:
    """Stands in for llama.cpp's parameters: whatever is set is kept."""

    def __init__(self) -> None:
        class Group:
            path = ""
            n_threads = -1
            penalty_repeat = 0.0

        self.model = Group()
        self.sampling = Group()
        self.cpuparams = Group()
        self.cpuparams_batch = Group()


class Engine:
    """Stands in for `xllamacpp`."""

    CommonParams = Params

    class Server:
        def __init__(self, params: Any) -> None:
            if params.model.path == "bad":
                raise RuntimeError("Failed to init server")
            self.listening_address = "http://127.0.0.1:2"


def told(**changes: Any) -> dict[str, Any]:
    said = Served("m.gguf", "m", "k", prefix="/p", context=9, slots=2, threads=3, repeat_penalty=1.5)
    return {**asdict(said), **changes}


def test_the_engine_is_told_loopback_the_key_and_the_limits() -> None:
    params = serve.parameters(Engine, told())
    kept = {name: value for name, value in vars(params).items() if not name.startswith(("model", "cpu", "sampling"))}
    assert kept == {
        "hostnames": ["127.0.0.1"],
        "port": 0,
        "api_keys": ["k"],
        "api_prefix": "/p",
        "cors_origins": "",
        "kv_unified": True,
        "n_parallel": 2,
        "n_ctx": 9,
        "ctx_shift": False,
        "cache_ram_mib": 0,
        "sse_ping_interval": 10,
        "offline": True,
        "ui": False,
        "verbosity": 1,
    }
    assert (params.model.path, params.model_alias) == ("m.gguf", {"m"})
    assert (params.cpuparams.n_threads, params.cpuparams_batch.n_threads) == (3, 3)
    assert params.sampling.penalty_repeat == 1.5
    assert serve.parameters(Engine, told(threads=None)).cpuparams.n_threads == -1


def test_the_child_says_its_url_or_why_there_is_none() -> None:
    def missing() -> Any:
        raise ImportError("libgomp.so.1: cannot open")

    line, server = serve.started(told(), lambda: Engine)
    assert line == {"url": "http://127.0.0.1:2"}
    assert isinstance(server, Engine.Server)
    assert serve.started(told(), missing) == ({"import": "libgomp.so.1: cannot open"}, None)
    assert serve.started(told(path="bad"), lambda: Engine) == ({"error": "Failed to init server"}, None)
