"""Sessions as `glm run` makes and continues them (interface §7): what is sent on, what is said, what is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import Glm, Result
from tests.support.served import Served, cut, failing, saying, serving, stream


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


class Ids:
    """Session ids that count: 000000000001…, so that their beginnings differ."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"{self.count:012d}".ljust(24, "0")


def run(glm: Glm, served: Served, *argv: str, **how: Any) -> Result:
    return glm("run", *argv, env=served.env, **how)


def test_continue_sends_what_was_said_and_names_the_session_before_anything_is_sent(glm: Glm) -> None:
    with serving(saying("one"), saying("two"), saying("three")) as served:
        run(glm, served, "first", new_id=Ids())
        assert run(glm, served, "-c", "second").answer == ("two\n", f"continuing session {Ids()()[:10]}: first\n", 0)
        assert run(glm, served, "--continue", "third").stdout == "three\n"
        assert [body["messages"] for body in served.bodies] == [
            [user("first")],
            [user("first"), assistant("one"), user("second")],
            [user("first"), assistant("one"), user("second"), assistant("two"), user("third")],
        ]


def test_the_prefix_of_a_growing_conversation_stays_the_same_bytes(glm: Glm) -> None:
    with serving(saying("grüße \U0001f600\n"), cut("half", end=[b"0\r\n\r\n"]), saying("x")) as served:
        for argv in (("a", "-s", "S", "--seed", "1"), ("-c", "b"), ("-c", "c")):
            run(glm, served, *argv)
        heads = [request.body.partition(b'],"max_tokens"')[0] for request in served.requests]
    assert heads[1].startswith(heads[0])
    assert heads[2].startswith(heads[1])


def test_the_session_id_travels_as_affinity_and_not_without_a_session(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a", new_id=Ids())
        run(glm, served, "-c", "b")
        run(glm, served, "c", "--no-log")
        assert [it.headers.get("x-session-affinity") for it in served.requests] == [Ids()(), Ids()(), None]


def test_continue_prefers_the_session_of_this_terminal(glm: Glm) -> None:
    ids = Ids()
    with serving(saying("x")) as served:
        run(glm, served, "here", new_id=ids, terminal_id=lambda: "this")
        run(glm, served, "there", new_id=ids, terminal_id=lambda: "other")
        here = run(glm, served, "-c", "more", terminal_id=lambda: "this")
        there = run(glm, served, "-c", "more", terminal_id=lambda: "other")
        new = run(glm, served, "-c", "more", terminal_id=lambda: "a new one")
        none = run(glm, served, "-c", "more")
    assert [it.stderr.rpartition(": ")[2] for it in (here, there, new, none)] == ["here\n", "there\n"] + ["there\n"] * 2


def test_without_a_session_there_is_nothing_to_continue(glm: Glm) -> None:
    with serving(saying("x")) as served:
        assert run(glm, served, "-c", "hi").answer == (
            "",
            "there is no session to go on with\nStart one with `glm run PROMPT`.\n",
            2,
        )
        assert served.requests == []


def test_a_new_name_makes_a_session_and_the_name_continues_it(glm: Glm) -> None:
    with serving(saying("one"), saying("two")) as served:
        assert run(glm, served, "--session", "work", "first").answer == ("one\n", "new session work\n", 0)
        assert run(glm, served, "--session", "work", "second").answer == (
            "two\n",
            "continuing session work: first\n",
            0,
        )
        assert served.bodies[1]["messages"] == [user("first"), assistant("one"), user("second")]


def test_the_beginning_of_an_id_names_a_session_if_it_names_one_alone(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "first", new_id=lambda: "000000000001".ljust(24, "0"))
        run(glm, served, "second", new_id=lambda: "000000000002".ljust(24, "0"))
        assert run(glm, served, "--session", "000000000001", "more").stderr.endswith(": first\n")
        assert run(glm, served, "--session", "0000000", "more").answer == (
            "",
            "'0000000' begins the ids of 2 sessions\nWhich one? 000000000001 (first), 000000000002 (second)\n",
            2,
        )


def test_continue_and_session_name_two(glm: Glm) -> None:
    assert glm("run", "-c", "--session", "x", "hi").answer == (
        "",
        "--continue and --session name two sessions\nLeave one of them out.\n",
        2,
    )


def test_quiet_does_not_name_the_session(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a")
        assert run(glm, served, "-c", "b", "-q").stderr == ""


def test_a_session_keeps_its_model_system_prompt_and_options(glm: Glm) -> None:
    glm.configure('[defaults]\nseed = 1\n[profiles.p]\nmodel = "of-p"\n')
    with serving(saying("x")) as served:
        run(glm, served, "a", "-m", "mine", "-s", "S", "--temperature", "0.5", "--no-think")
        glm.configure("[defaults]\nseed = 2\ntemperature = 1\n")
        assert glm("run", "-c", "b", env={**served.env, "GLM_MODEL": "other"}).status == 0
        first, second = served.bodies
        assert [it.target.rpartition("/")[2] for it in served.requests] == ["mine", "mine"]
    assert second["messages"][0] == {"role": "system", "content": "S"}
    assert (second["temperature"], second["chat_template_kwargs"]) == (0.5, {"enable_thinking": False})
    assert (first["seed"], second["seed"]) == (1, 2)


def test_a_flag_beats_what_the_session_keeps(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a", "-m", "mine", "-s", "S", "--temperature", "0.5")
        run(glm, served, "-c", "b", "-m", "other", "-s", "T", "--temperature", "1")
        assert served.requests[1].target.endswith("/other")
        assert served.bodies[1]["messages"][0]["content"] == "T"
        assert served.bodies[1]["temperature"] == 1


def test_a_session_keeps_its_profile(glm: Glm) -> None:
    glm.configure('[profiles.p]\nmodel = "of-p"\n')
    with serving(saying("x")) as served:
        run(glm, served, "a", "--profile", "p", new_id=Ids())
        assert glm("run", "-c", "b", env={**served.env, "GLM_PROFILE": "default"}).status == 0
        assert served.requests[1].target.endswith("/of-p")
        glm.configure("")
        assert run(glm, served, "-c", "c").answer == (
            "",
            "the session was held under the profile 'p', which is gone\n"
            "Go on under another one with --profile: default, local, demo.\n",
            3,
        )
        assert run(glm, served, "-c", "c", "--profile", "default").status == 0


def test_a_configured_system_prompt_is_not_put_before_a_session_without_one(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a")
        glm.configure('system = "S"\n')
        run(glm, served, "-c", "b")
        assert served.bodies[1]["messages"] == [user("a"), assistant("x"), user("b")]


def test_no_log_stores_nothing_and_reads_all_the_same(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a", "--no-log")
        assert not (glm.folder / "sessions.db").exists()
        run(glm, served, "b")
        run(glm, served, "-c", "c", "--no-log")
        run(glm, served, "-c", "d")
        assert served.bodies[2]["messages"] == [user("b"), assistant("x"), user("c")]
        assert served.bodies[3]["messages"] == [user("b"), assistant("x"), user("d")]


def test_log_false_stores_nothing(glm: Glm) -> None:
    glm.configure("log = false\n")
    with serving(saying("x")) as served:
        result = run(glm, served, "a", "--json")
        assert json.loads(result.stdout)["glm"]["session"] is None
        assert run(glm, served, "a", "--session", "new").stderr == ""
    assert not (glm.folder / "sessions.db").exists()


def test_a_question_that_failed_as_a_whole_is_kept_but_not_asked_again_beside_another(glm: Glm) -> None:
    with serving(failing(404, 5007, "no"), saying("x"), saying("y")) as served:
        run(glm, served, "a")
        run(glm, served, "-c", "b")
        run(glm, served, "-c", "c")
        answered = [user("b"), {"role": "assistant", "content": "x"}]
        assert [it["messages"] for it in served.bodies[1:]] == [[user("b")], [*answered, user("c")]]
    assert '"content":"a"' in glm("sessions", "export", "--format", "jsonl").stdout.replace(": ", ":")


def test_a_refused_request_makes_no_session(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a", "--temperature", "3")
    assert not (glm.folder / "sessions.db").exists()


def test_calls_that_nobody_carries_out_are_answered_when_the_session_goes_on(glm: Glm) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    script = stream({**_delta_with({"tool_calls": [{"index": 0, **call}]}, "tool_calls")})
    tools = 'tools=[{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]'
    with serving(script, saying("x")) as served:
        run(glm, served, "a", "-o", tools)
        run(glm, served, "-c", "b")
        [asked, called, result, more] = served.bodies[1]["messages"]
        assert served.bodies[1]["tools"] == served.bodies[0]["tools"]
    assert (asked, more) == (user("a"), user("b"))
    assert called["tool_calls"] == [call]
    assert (result["role"], result["tool_call_id"]) == ("tool", "call_1")


def _delta_with(parts: dict[str, Any], finish: str) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
        {"index": 0, "delta": parts, "finish_reason": finish}
    ]}  # fmt: skip


def test_a_whole_body_leaves_its_model_system_prompt_and_options_to_its_session(glm: Glm) -> None:
    messages = [{"role": "system", "content": "S"}, user("a")]
    body = {"model": "mine", "messages": messages, "temperature": 0.5}
    with serving(saying("x")) as served:
        run(glm, served, "--body", "-", stdin=json.dumps(body).encode())
        run(glm, served, "-c", "b")
        assert served.requests[1].target.endswith("/mine")
        assert served.bodies[1]["messages"] == [*messages, assistant("x"), user("b")]
        assert served.bodies[1]["temperature"] == 0.5


@pytest.mark.parametrize(
    ("argv", "stdin"),
    [(("a", "--prompt-form"), None), (("-o", "prompt=a"), None), (("--body", "-"), b'{"prompt": "a"}')],
)
def test_a_prompt_goes_on_as_a_conversation(glm: Glm, argv: tuple[str, ...], stdin: bytes | None) -> None:
    with serving(saying("x")) as served:
        run(glm, served, *argv, stdin=stdin)
        run(glm, served, "-c", "b")
        assert served.bodies[1]["messages"] == [user("a"), assistant("x"), user("b")]


def test_messages_given_whole_are_what_the_session_holds(glm: Glm) -> None:
    given = [user("a"), assistant("b"), user("c")]
    with serving(saying("x")) as served:
        run(glm, served, "-o", f"messages={json.dumps(given)}")
        run(glm, served, "-c", "d")
        assert served.bodies[1]["messages"] == [*given, assistant("x"), user("d")]


def test_a_dry_run_shows_the_conversation_and_adds_nothing_to_it(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a")
        for _ in range(2):
            shown = run(glm, served, "-c", "b", "--dry-run")
            assert json.loads(shown.stdout)["messages"] == [user("a"), assistant("x"), user("b")]
        curl = run(glm, served, "-c", "b", "--curl", new_id=Ids())
        assert "x-session-affinity" in curl.stdout


def test_a_session_without_messages_cannot_be_sent_as_a_prompt_form_with_history(glm: Glm) -> None:
    with serving(saying("x")) as served:
        run(glm, served, "a", "--session", "work")
        assert run(glm, served, "b", "--session", "work", "--prompt-form").answer == (
            "",
            "the prompt form has no place for earlier messages\nLeave out --prompt-form, or the messages.\n",
            2,
        )
