"""How answers are made and shown, and what stands behind one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from glmcli import demo
from glmcli.cli.repl import Repl
from glmcli.cli.slash import find
from glmcli.setting_keys import KEYS
from glmcli.world import World
from tests.cli.talking import Talk, served, to_demo
from tests.cli.test_slash import replies
from tests.support.served import TOKEN, delta, saying, stream

THOUGHT = stream(delta(reasoning_content="First,\n"), delta(reasoning_content="then."), delta(content="So."))


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path, THOUGHT, saying("Two.")) as served_talk:
        yield served_talk


class OnTerminal(Talk):
    """Both streams are a terminal."""

    @property
    def world(self) -> World:
        return replace(super().world, environ={"TERM": "xterm", **self.environ}, stdout_tty=True, stderr_tty=True)


# /think


def test_thinking_is_chosen_for_the_session(talk: Talk) -> None:
    told = replies(talk, "/think", "/think off", "a", "/think on", "b", "/think default", "c", "/think maybe")
    assert told == [
        "thinking is left to the model",
        "thinking is off",
        "thinking is on",
        "thinking is left to the model",
        "/think takes on, off or default, not maybe; nothing was changed",
    ]
    assert [body.get("chat_template_kwargs") for body in talk.bodies] == [
        {"enable_thinking": False},
        {"enable_thinking": True},
        None,
    ]


def test_what_else_is_said_to_the_template_stays(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text("[defaults.chat_template_kwargs]\nclear_thinking = true\n")
    talk("/think off", "a", '/set chat_template_kwargs {"x": 1, "enable_thinking": true}', "b", "/think default", "c")
    assert [body.get("chat_template_kwargs") for body in talk.bodies] == [
        {"clear_thinking": True, "enable_thinking": False},
        {"x": 1, "enable_thinking": True},
        {"clear_thinking": True, "x": 1},
    ]
    talk("/think off", "/think default", "/think default", "d")
    assert talk.bodies[3]["chat_template_kwargs"] == {"clear_thinking": True}


def test_a_choice_that_was_left_out_can_be_taken_back(talk: Talk) -> None:
    talk("/set chat_template_kwargs null", "/think", "/think default", "a")
    assert "chat_template_kwargs" not in talk.bodies[0]


# /reasoning


def test_the_thinking_of_the_last_answer_is_shown(talk: Talk) -> None:
    told = replies(talk, "/reasoning", "a", "/reasoning", "b", "/reasoning", "/new", "/reasoning")
    none_yet = "there is no answer yet; there is none to show"
    without = "the last answer came without thinking; there is none to show"
    assert [line for line in told if "new session" not in line] == [none_yet, "First,", "then.", without, none_yet]


def test_the_thinking_of_an_earlier_run_is_in_the_store(talk: Talk) -> None:
    talk("a")
    assert replies(talk, "/reasoning", continue_=True)[-2:] == ["First,", "then."]


# /model, /params


def test_the_model_is_shown_and_changed(talk: Talk) -> None:
    assert replies(talk, "/model", "/model small", "/model", "/params") == [
        "@cf/zai-org/glm-4.7-flash (from default)",
        "the model is small from now on",
        "small (from /model)",
        'model = "small" (from /model)',
    ]


# /json


def test_answers_are_json_objects(talk: Talk) -> None:
    told = replies(talk, "/json", "/json on", "/json", "/json off", "b", "/json off", "/json maybe")
    assert told == [
        "answers may have any form",
        "answers are JSON objects",
        "answers are JSON objects",
        "answers may have any form",
        "answers may have any form",
        "/json takes on or off, not maybe; nothing was changed",
    ]
    assert [body.get("response_format") for body in talk.bodies] == [None]


def test_json_of_the_settings_can_be_switched_off(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text('[defaults.response_format]\ntype = "json_object"\n')
    assert replies(talk, "/json", "/json off", "a") == ["answers are JSON objects", "answers may have any form"]
    assert "response_format" not in talk.bodies[0]


# /vi


def test_vi_changes_the_keys(talk: Talk) -> None:
    assert replies(talk, "/vi", "/vim on", "/vi", "/vi off", "/vi maybe") == [
        "the keys are those of Emacs",
        "the keys are those of vi",
        "the keys are those of vi",
        "the keys are those of Emacs",
        "/vi takes on or off, not maybe; nothing was changed",
    ]


# /raw, /plain, /theme


def test_every_theme_is_offered() -> None:
    assert find("theme").choices == KEYS["theme"].choices


def test_answers_are_shown_another_way(tmp_path: Path) -> None:
    with served(tmp_path, saying("# Title\n")) as plain:
        talk = OnTerminal(tmp_path, plain.requests, plain.environ)
        told = replies(talk, "/raw", "/raw on", "a", "/plain on", "/raw", "/plain", "/raw off", "/raw maybe")
        assert "# Title\n" in talk.said
        assert [line for line in told if "answers" in line or "Markdown" in line or "takes" in line] == [
            "Markdown is rendered",
            "\x1b[2manswers are shown as Markdown source\x1b[0m",
            "\x1b[2manswers are shown line by line\x1b[0m",
            "Markdown is rendered",
            "answers are shown line by line",
            "\x1b[2mMarkdown is rendered\x1b[0m",
            "\x1b[31m/raw takes on or off, not maybe; nothing was changed\x1b[0m",
        ]


def test_plain_is_switched_off_again(talk: Talk) -> None:
    assert replies(talk, "/plain on", "/plain off") == [
        "answers are shown line by line",
        "answers are drawn while they come",
    ]


def test_the_theme_is_shown_and_changed(talk: Talk) -> None:
    def look(repl: Repl) -> None:
        seen.append(repl.plan.settings.value("theme").value)

    seen: list[str] = []
    assert replies(talk, "/theme", "/theme light", look, "/theme pink", "/theme") == [  # type: ignore[arg-type]
        "auto (from default); there are auto, dark, light, plain",
        "the theme is light from now on",
        "/theme takes auto, dark, light or plain, not pink; nothing was changed",
        "light (from /theme); there are auto, dark, light, plain",
    ]
    assert seen == ["light"]


# /curl


def test_the_last_request_is_shown_as_curl_that_runs(talk: Talk) -> None:
    told = replies(talk, "/curl", "It's", "/curl")
    assert told[:2] == ["nothing was sent yet", "Type a message first."]
    command = "\n".join(told[2:])
    assert TOKEN not in command
    assert "$CLOUDFLARE_API_TOKEN" in command
    ran = subprocess.run(["sh", "-c", command], env={**talk.environ, "PATH": "/usr/bin:/bin"}, capture_output=True)
    assert b"Two." in ran.stdout
    assert talk.requests[1].body == talk.requests[0].body


def test_an_embedded_endpoint_has_no_curl(tmp_path: Path) -> None:
    with demo.start() as server:
        talk = to_demo(tmp_path, server)
        talk.environ["GLM_PROFILE"] = "demo"
        assert replies(talk, "Hi", "/curl") == [
            "the embedded endpoints end with the REPL, so curl cannot reach them",
            "Start one that stays: glm serve",
        ]


# /doctor


def test_the_doctor_looks_at_this_machine(talk: Talk) -> None:
    told = replies(talk, "/doctor")
    assert told[0].startswith("ok    config    there is no config.toml")
    assert any(line.startswith(" " * 15) for line in told)


def test_the_form_of_answers_can_be_set_as_a_format_too(talk: Talk) -> None:
    told = replies(talk, "/set format json", "/json", "/set format text")
    assert told == ["answers are JSON objects", "answers are JSON objects", "answers may have any form"]
