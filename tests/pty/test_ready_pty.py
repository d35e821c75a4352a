"""The first prompt of `glm chat`: what has not been imported before it, and what is made ready behind it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from glmcli.cli.meanwhile import MODULES
from tests.pty.conftest import Start
from tests.support.served import ACCOUNT, TOKEN, Served, saying, serving
from tests.support.tty import Tty

LATER = frozenset((*MODULES, "httpcore", "httpx", "markdown_it", "pygments", "rich"))
"""What the prompt does without. If it is there all the same, the prompt comes later for nothing."""

NEVER = frozenset(("jsonschema_rs", "multiprocessing", "platformdirs", "pydantic", "tomlkit", "xllamacpp"))

REPORT = """
import sys, threading
from glmcli.cli.meanwhile import Meanwhile
path, idle, *sys.argv = sys.argv[1:]
if idle:
    Meanwhile.drawn = lambda self: None
from glmcli.__main__ import main
status = main()
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join(10)
with open(path, "w") as report:
    report.write(" ".join([str(status), *sys.modules]))
"""


def modules(tmp_path: Path, server: Served, idle: str) -> set[str]:
    """What a chat has imported when it ends. idle: whether nothing is done while the user types."""
    report = tmp_path / "report"
    environ = {"HOME": str(tmp_path), "GLM_CONFIG_DIR": str(tmp_path / "glm"), **server.env}
    with Tty([sys.executable, "-c", REPORT, str(report), idle, "glm", "chat"], environ) as chat:
        assert chat.prompted().type("\x04").end() == 0
    status, *names = report.read_text().split(" ")
    assert status == "0"
    return set(names)


def test_the_prompt_waits_for_no_module_that_it_does_without(tmp_path: Path) -> None:
    with serving() as server:
        assert modules(tmp_path, server, idle="idle") & (LATER | NEVER) == set()


def test_what_an_answer_needs_is_imported_behind_the_prompt(tmp_path: Path) -> None:
    with serving() as server:
        assert modules(tmp_path, server, idle="") & (LATER | NEVER) == LATER


def test_the_connection_is_there_before_anything_is_typed_and_nothing_is_sent_over_it(started: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        chat = started(
            "chat", env={"GLM_BASE_URL": url, "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
        )
        with listener.accept()[0] as connection:
            connection.settimeout(30)
            assert chat.prompted().type("draft").prompted("draft").type("\x03\x04").end() == 0
            assert connection.recv(1) == b""


def test_the_first_message_goes_over_that_connection(started: Start) -> None:
    with serving(saying("Hello."), saying("Again.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Hi\r").until("Hello.").prompted().type("More\r").until("Again.").prompted()
        assert [request.connection for request in server.requests] == [0, 0]
        assert chat.type("\x04").end() == 0
