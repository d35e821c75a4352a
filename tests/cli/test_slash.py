"""The slash commands: what each does, what it refuses, and what stays of it in the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.cli.slash import SLASHES, find
from glmcli.errors import UsageError
from glmcli.store import Store
from tests.cli.talking import Talk, served
from tests.support.served import USAGE, failing, saying

START = 3  # lines of the greeting


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path, saying("One."), saying("Two."), saying("Three."), saying("Four.")) as served_talk:
        yield served_talk


def replies(talk: Talk, *typed: str, **options: Any) -> list[str]:
    """What stderr got between greeting and farewell, without blank lines."""
    lines = talk(*typed, **options).splitlines()[START:]
    return [line for line in lines if line and "go on with it" not in line]


# Names


@pytest.mark.parametrize(
    ("name", "first"),
    [(name, it.names[0]) for it in SLASHES for name in it.names]
    + [
        ("he", "help"),
        ("exi", "exit"),
        ("n", "new"),
        ("sy", "system"),
        ("uns", "unset"),
        ("ret", "retry"),
        ("c", None),
    ],
)
def test_a_command_has_its_names_and_their_unique_beginnings(name: str, first: str | None) -> None:
    if first is None:
        with pytest.raises(UsageError, match=r"/c could be /.*; nothing was sent"):
            find(name)
    else:
        assert find(name).names[0] == first


def test_a_beginning_of_two_names_of_one_command_is_unique() -> None:
    assert find("ret").names[0] == "retry"
    with pytest.raises(UsageError, match=r"/re could be /.*; nothing was sent"):
        find("re")


def test_an_unknown_command_names_the_nearest_one(talk: Talk) -> None:
    assert replies(talk, "/sistem be brief", "/frob") == [
        "there is no command /sistem; nothing was sent",
        "Did you mean /system? To send it as a message write //sistem",
        "there is no command /frob; nothing was sent",
        "/help lists the commands. To send it as a message write //frob",
    ]
    assert talk.asked == []


def test_a_command_that_takes_nothing_does_nothing_when_it_gets_something(talk: Talk) -> None:
    assert "/new takes nothing after it; nothing was done" in replies(talk, "Hi", "/new york is big", "And?")
    assert len(talk.asked[-1]) == 3


# Help


@pytest.mark.parametrize("width", [40, 80, 200])
def test_help_fits_the_terminal(talk: Talk, width: int) -> None:
    talk.width = width
    lines = talk("/help").splitlines()[START:]
    assert all(len(line) <= max(width, 45) for line in lines)
    named = [line.split()[0] for line in lines if line.startswith("/")]
    assert named == [f"/{it.names[0]}" for it in SLASHES]
    assert "Enter                   sends" in lines


def test_help_with_a_command_tells_its_other_names(talk: Talk) -> None:
    assert replies(talk, "/help /new", "/? usage", "/help unset", "/help frob") == [
        "/new                    starts a new session; the old one is kept (also /clear,",
        "                        /reset)",
        "/usage                  shows tokens and cost of this session (also /cost,",
        "                        /tokens, /stats)",
        "/unset NAME             takes back what was set",
        "there is no command /frob; nothing was sent",
        "/help lists the commands. To send it as a message write //frob",
    ]


# /new


def test_new_starts_a_session_and_keeps_the_old_one(talk: Talk) -> None:
    told = replies(talk, "/new", "Hi", "/set seed 5", "/new", "/usage", "Ho")
    assert told[0] == "a new session"
    (short,) = [line.rpartition(" ")[2] for line in told if "the old one is kept as" in line]
    assert "no answer yet in this session" in told
    with Store.at(talk.folder, talk.world) as store:
        (old,) = [it.id for it in store.list() if it.title == "Hi"]
    assert old.startswith(short)
    assert [it.text for it in talk.stored(old)] == ["Hi", "One."]
    assert [it.text for it in talk.stored()] == ["Ho", "Two."]
    assert talk.bodies[1]["seed"] == 5


def test_new_names_the_old_session(talk: Talk) -> None:
    assert replies(talk, "Hi", "/clear", session="trip") == ["a new session; the old one is kept as trip"]


# /system


def test_system_sets_shows_and_drops_the_system_prompt(talk: Talk) -> None:
    assert replies(talk, "/system", "/system Be brief.\nVery.", "/system", "Hi", "/system none", "Ho", "/system") == [
        "there is no system prompt",
        "system prompt set",
        "Be brief.",
        "Very. (from /system)",
        "no system prompt from now on",
        "there is no system prompt",
    ]
    assert [messages[0] for messages in talk.asked] == [("system", "Be brief.\nVery."), ("user", "Hi")]


def test_the_system_prompt_stays_with_the_session(talk: Talk) -> None:
    talk("Hi", "/system Be brief.")
    assert "Be brief. (from session)\n" in talk("/system", "Ho", continue_=True)
    assert talk.asked[1][0] == ("system", "Be brief.")
    talk("/system none", continue_=True)
    talk("Ha", continue_=True)
    assert talk.asked[2][0] == ("user", "Hi")


# /set, /unset


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("/set temperature 0.2", "temperature", 0.2),
        ("/set temperature=.2", "temperature", 0.2),
        ("/set temperature = 1", "temperature", 1),
        ("/set seed 7.0", "seed", 7),
        ("/set stop END", "stop", ["END"]),
        ('/set stop ["a b", "c"]', "stop", ["a b", "c"]),
        ('/set stop "\\n"', "stop", "\n"),
        ("/set user 42", "user", "42"),
        ('/set user "Ada L."', "user", "Ada L."),
        ("/set response_format json", "response_format", {"type": "json_object"}),
        ("/set response_format text", "response_format", {"type": "text"}),
        ("/set metadata run=7", "metadata", {"run": "7"}),
        ('/set metadata {"a": "b"}', "metadata", {"a": "b"}),
        ("/set reasoning_effort low", "reasoning_effort", "low"),
        ("/set stream false", "stream", False),
        ("/set logprobs true", "logprobs", True),
    ],
)
def test_set_reads_values_as_flags_do(talk: Talk, line: str, name: str, value: object) -> None:
    assert replies(talk, line, "Hi")[0].startswith(f"{name} = ")
    assert talk.bodies[0][name] == value


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("/set temperature 9", "/temperature: 9 is above the maximum 2 (from /set)"),
        ("/set temperature hot", '/temperature: "hot" is a string; a number is wanted (from /set)'),
        ("/set =5", "a value needs the name of a field"),
        ("/set model 5.", None),
        ("/set model []", "model takes a name"),
        ("/set messages []", "there are two conversations: the prompt, and messages from /set"),
        ('/set response_format {"type"', "response_format is "),
    ],
)
def test_set_refuses_what_no_request_may_have_and_changes_nothing(talk: Talk, line: str, fault: str | None) -> None:
    told = replies(talk, "/set temperature 0.5", line, "/set", "Hi")
    if fault is None:
        assert told[1] == 'model = "5." (from /set)'
        return
    assert told[1].startswith(fault)
    assert told[-2:] == ['model = "@cf/zai-org/glm-4.7-flash" (from default)', "temperature = 0.5 (from /set)"]
    assert talk.bodies[0]["temperature"] == 0.5


def test_set_takes_a_file_too(talk: Talk, tmp_path: Path) -> None:
    bias = tmp_path / "bias.json"
    bias.write_text('{\n"1": -5}\n')
    told = replies(talk, f"/set logit_bias @{bias}", "/set user @ann", "/set stop @/missing", "Hi")
    assert told[0] == f'logit_bias = {{"1": -5}} (from /set @{bias})'
    assert told[2] == "/missing cannot be read: no such file or directory (from /set)"
    assert (talk.bodies[0]["logit_bias"], talk.bodies[0]["user"]) == ({"1": -5}, "@ann")


def test_set_shows_what_is_set_and_what_a_field_may_be(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text("[defaults]\nseed = 3\ntop_p = 0.5\n")
    told = replies(talk, "/set", "/set seed", "/set top_p null", "/set top_p", "/set n", "/set colour")
    assert told[:3] == [
        'model = "@cf/zai-org/glm-4.7-flash" (from default)',
        "seed = 3 (from config.toml line 2)",
        "top_p = 0.5 (from config.toml line 3)",
    ]
    assert told[3] == "seed = 3 (from config.toml line 2)"
    assert told.count("top_p is left out (from /set)") == 2
    assert "n is not set" in told
    assert told[-2:] == ["there is no field colour", "`glm config params` lists every field."]
    assert replies(talk, "/set temprature") == ["there is no field temprature", "Did you mean temperature?"]
    assert any("(integer" in line for line in told)


def test_null_leaves_a_field_out(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text("[defaults]\ntop_p = 0.5\n")
    talk("One", "/set top_p null", "Two")
    assert [body.get("top_p") for body in talk.bodies] == [0.5, None]


def test_a_limit_under_one_name_replaces_the_limit_under_the_other(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text("[defaults]\nmax_completion_tokens = 50\n")
    talk("Hi", "/set max_tokens 100", "Hi", "/set max_completion_tokens 70", "Hi", "/unset max_completion_tokens", "Hi")
    limits = [(body["max_completion_tokens"], body["max_tokens"]) for body in talk.bodies]
    assert limits == [(50, 50), (100, 100), (70, 70), (50, 50)]


def test_a_key_the_schema_does_not_know_is_sent_with_a_warning(talk: Talk) -> None:
    told = replies(talk, "/set temprature 1", "Hi")
    assert told[0].startswith("warning: /temprature: is not a key of the schema; did you mean")
    assert talk.bodies[0]["temprature"] == 1


def test_strict_refuses_a_key_the_schema_does_not_know(talk: Talk) -> None:
    replies(talk, "/set temprature 1", "Hi", strict=True)
    assert "temprature" not in talk.bodies[0]


def test_what_was_set_stays_with_the_session(talk: Talk) -> None:
    talk("/set seed 1", "Hi", "/set temperature 0.1", "/set model @cf/demo/echo", "/set stop END", "/unset stop")
    talk("Ho", continue_=True)
    body, request = talk.bodies[1], talk.requests[1]
    assert {name: body.get(name) for name in ("seed", "temperature", "stop")} == {
        "seed": 1,
        "temperature": 0.1,
        "stop": None,
    }
    assert request.target.endswith("@cf/demo/echo")


def test_unset_gives_the_settings_back_their_say(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text("[defaults]\nseed = 3\n")
    assert replies(talk, "/set seed 9", "/unset seed", "/unset seed", "/unset user", "/unset") == [
        "seed = 9 (from /set)",
        "seed = 3 (from config.toml line 2)",
        "seed comes from config.toml line 2",
        "/set seed null leaves it out of the request.",
        "user is not set",
        "/set lists what is.",
        "nothing is named to be taken back",
        "For example: /unset seed; /set lists what is set.",
    ]


def test_unset_takes_back_flags_too(talk: Talk) -> None:
    assert replies(talk, "/unset seed", "Hi", option=["seed=4"]) == ["seed is not set"]
    assert "seed" not in talk.bodies[0]


def test_unset_model_goes_back_to_that_of_the_settings(talk: Talk) -> None:
    assert replies(talk, "/set model other", "Hi", "/unset model", "Hi") == [
        'model = "other" (from /set)',
        'model = "@cf/zai-org/glm-4.7-flash" (from default)',
    ]
    assert [request.target.rpartition("/run/")[2] for request in talk.requests] == [
        "other",
        "@cf/zai-org/glm-4.7-flash",
    ]


def test_unset_model_needs_another_one(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text(
        f'[profiles.other]\nendpoint = "openai"\nbase_url = "{talk.environ["GLM_BASE_URL"]}"\n'
    )
    talk.environ["GLM_PROFILE"] = "other"
    told = replies(talk, "/unset model", field_model="small")
    assert told[:1] == ["profile other names no other model"]


# /retry


def test_retry_asks_again_and_keeps_the_first_answer_on_a_branch(talk: Talk) -> None:
    talk("Hi", "/retry", "Ho")
    assert talk.asked == [
        [("user", "Hi")],
        [("user", "Hi")],
        [("user", "Hi"), ("assistant", "Two."), ("user", "Ho")],
    ]
    assert [it.text for it in talk.stored()] == ["Hi", "Two.", "Ho", "Three."]
    assert [it.text for it in talk.stored(branches=True)] == ["Hi", "One.", "Two.", "Ho", "Three."]


def test_retry_changes_fields_for_once(talk: Talk) -> None:
    talk("Hi", '/retry temperature=1.5 stop=["a b", "c"] seed=2', "/retry", "Ho")
    assert [body.get("temperature") for body in talk.bodies] == [None, 1.5, None, None]
    assert talk.bodies[1]["stop"] == ["a b", "c"]
    assert talk.bodies[1]["seed"] == 2


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("/retry temperature=9", "/temperature: 9 is above the maximum 2 (from /retry)"),
        ("/retry loud", "loud is not of the form NAME=VALUE"),
        ("/retry seed=1 =2", None),
    ],
)
def test_retry_refuses_without_losing_the_answer(talk: Talk, line: str, fault: str | None) -> None:
    told = replies(talk, "Hi", line, "Ho")
    assert fault is None or told[0] == fault
    assert len(talk.asked) == 2
    assert talk.asked[1] == [("user", "Hi"), ("assistant", "One."), ("user", "Ho")]


def test_retry_needs_a_question(talk: Talk) -> None:
    assert replies(talk, "/retry") == ["nothing was asked yet", "Type a message first."]


def test_retry_goes_on_in_a_resumed_session(talk: Talk) -> None:
    talk("Hi", "Ho")
    talk("/retry", continue_=True)
    assert talk.asked[2] == [("user", "Hi"), ("assistant", "One."), ("user", "Ho")]
    assert [it.text for it in talk.stored()] == ["Hi", "One.", "Ho", "Three."]


def test_a_retry_that_fails_keeps_the_question(tmp_path: Path) -> None:
    with served(tmp_path, saying("One."), failing(403, 1, "no"), saying("Three.")) as talk:
        talk("Hi", "/retry", "/retry")
        assert talk.asked == [[("user", "Hi")]] * 3
        assert [it.text for it in talk.stored()] == ["Hi", "Three."]
        assert [(it.text, it.status) for it in talk.stored(branches=True)] == [
            ("Hi", "complete"),
            ("One.", "complete"),
            ("", "error"),
            ("Three.", "complete"),
        ]


# /usage


def test_usage_counts_the_answers_of_the_session(talk: Talk) -> None:
    assert replies(talk, "/usage", "Hi", "/usage", "Ho", "/cost") == [
        "no answer yet in this session",
        "1 answer: 7 tokens in (0 cached), 3 out, $0.000002, 0.15 neurons",
        "2 answers: 14 tokens in (0 cached), 6 out, $0.000003, 0.30 neurons",
    ]
    assert USAGE["prompt_tokens"] == 7


def test_usage_tells_no_price_where_it_is_not_known(talk: Talk) -> None:
    (talk.folder / "config.toml").write_text(
        f'[profiles.other]\nendpoint = "openai"\nmodel = "x"\nbase_url = "{talk.environ["GLM_BASE_URL"]}"\n'
    )
    talk.environ["GLM_PROFILE"] = "other"
    assert replies(talk, "Hi", "/usage") == ["1 answer: 7 tokens in (0 cached), 3 out"]
