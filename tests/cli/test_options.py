"""Request fields from flags, -o, the configuration and whole bodies: which wins, and what a refusal names
(interface §3)."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from glmcli.api.fields import fields
from tests.support.cli import Glm
from tests.support.served import ACCOUNT, PATH, TOKEN, saying, serving

MESSAGES = [{"role": "user", "content": "hi"}]
PARAMS_HINT = "`glm config params` lists every field and what it may be."
LIMITS = {"max_tokens": 16384, "max_completion_tokens": 16384}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


def body_of(glm: Glm, *argv: str, **how: Any) -> dict[str, Any]:
    """The body of a dry run, about which nothing is said."""
    result = glm("run", "--dry-run", *argv, **how)
    assert (result.stderr, result.status) == ("", 0)
    body: dict[str, Any] = json.loads(result.stdout)
    return body


def own(glm: Glm, *argv: str, **how: Any) -> dict[str, Any]:
    """What of it the user chose."""
    body = body_of(glm, "hi", *argv, **how)
    return {name: value for name, value in body.items() if name not in ("messages", *LIMITS, *STREAMED)}


def test_unset_means_absent(glm: Glm) -> None:
    assert body_of(glm, "hi") == {"messages": MESSAGES, **LIMITS, **STREAMED}


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--temperature", "0.5"], {"temperature": 0.5}),
        (["--top-p", "0.9"], {"top_p": 0.9}),
        (["--seed", "5"], {"seed": 5}),
        (["--stop", "a", "--stop", "b"], {"stop": ["a", "b"]}),
        (["--n", "1.0"], {"n": 1}),
        (["--frequency-penalty", "-1"], {"frequency_penalty": -1}),
        (["--presence-penalty", "1.5"], {"presence_penalty": 1.5}),
        (["--reasoning-effort", "low"], {"reasoning_effort": "low"}),
        (["--response-format", '{"type": "text"}'], {"response_format": {"type": "text"}}),
        (["--response-format", "json_object"], {"response_format": {"type": "json_object"}}),
        (["--logprobs", "--top-logprobs", "3"], {"logprobs": True, "top_logprobs": 3}),
        (["--no-logprobs"], {"logprobs": False}),
        (["--user", "7"], {"user": "7"}),
        (["--metadata", "a=1", "--metadata", "b=x=y"], {"metadata": {"a": "1", "b": "x=y"}}),
        (["-o", "temperature=0.5", "-o", "stop=END"], {"temperature": 0.5, "stop": "END"}),
        (["-o", ' user = "quoted" '], {"user": "quoted"}),
        (["-o", 'logit_bias={"50256": -100}'], {"logit_bias": {"50256": -100}}),
        (["-o", "user=null"], {}),
        (["--think"], {"chat_template_kwargs": {"enable_thinking": True}}),
        (["--no-think"], {"chat_template_kwargs": {"enable_thinking": False}}),
        (
            ["--no-think", "-o", 'chat_template_kwargs={"clear_thinking": true}'],
            {"chat_template_kwargs": {"clear_thinking": True, "enable_thinking": False}},
        ),
        (["--no-think", "-o", "chat_template_kwargs=null"], {"chat_template_kwargs": {"enable_thinking": False}}),
    ],
)
def test_flags_and_options_become_fields(glm: Glm, argv: list[str], expected: dict[str, Any]) -> None:
    assert own(glm, *argv) == expected


def test_every_property_of_the_schema_can_be_reached_by_o(glm: Glm) -> None:
    for name in fields():
        refused = glm("run", "--dry-run", "-o", f"{name}=[[]]", *([] if name == "prompt" else ["hi"]))
        assert refused.status == 2, name
        assert refused.stderr.startswith(f"/{name}"), name


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--max-tokens", "10"], {"max_tokens": 10, "max_completion_tokens": 10}),
        (["-o", "max_completion_tokens=10"], {"max_tokens": 10, "max_completion_tokens": 10}),
        (["-o", "max_tokens=null"], {"max_completion_tokens": 16384}),
        (["-o", "max_tokens=null", "-o", "max_completion_tokens=null"], {}),
        (["--max-tokens", "10", "-o", "max_completion_tokens=20"], {"max_tokens": 10, "max_completion_tokens": 20}),
    ],
)
def test_the_output_limit_goes_out_under_both_names_unless_one_is_dropped(
    glm: Glm, argv: list[str], expected: dict[str, int]
) -> None:
    body = body_of(glm, "hi", *argv)
    assert {name: value for name, value in body.items() if name in LIMITS} == expected


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        (["--temperature", "3"], ["/temperature: 3 is above the maximum 2 (from --temperature)"]),
        (
            ["--temperature", "3", "-o", "top_p=2", "--n", "x"],
            [
                '/n: "x" is a string; an integer is wanted (from --n)',
                "/temperature: 3 is above the maximum 2 (from --temperature)",
                "/top_p: 2 is above the maximum 1 (from -o top_p)",
            ],
        ),
        (
            ["--reasoning-effort", "maximal"],
            ['/reasoning_effort: "maximal" is not one of low, medium, high, null (from --reasoning-effort)'],
        ),
        (["-o", "temperature=NaN"], ['/temperature: "NaN" is a string; a number is wanted (from -o temperature)']),
        (["-o", "messages=[]"], ["/messages: is empty; at least 1 item is wanted (from -o messages)"]),
        (["-o", "messages=5"], ["/messages: 5 is an integer; a list is wanted (from -o messages)"]),
        (["-o", "prompt=5"], ["/prompt: 5 is an integer; a string is wanted (from -o prompt)"]),
    ],
)
def test_a_refusal_names_every_fault_with_pointer_value_limit_and_origin(
    glm: Glm, argv: list[str], lines: list[str]
) -> None:
    words = [] if argv[1].startswith(("messages", "prompt")) else ["hi"]
    assert glm("run", *words, *argv).answer == ("", "\n".join([*lines, PARAMS_HINT, ""]), 2)


def test_a_fault_of_the_configuration_names_its_line(glm: Glm) -> None:
    glm.configure("[defaults]\n\ntemperature = 3\n")
    assert glm("run", "hi").answer == (
        "",
        f"/temperature: 3 is above the maximum 2 (from config.toml line 3)\n{PARAMS_HINT}\n",
        2,
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-o", "max_tokens"], "-o 'max_tokens' is not of the form NAME=VALUE\nFor example: -o temperature=0.2"),
        (["-o", "=3"], "-o '=3' is not of the form NAME=VALUE\nFor example: -o temperature=0.2"),
        (["-o", "seed=1", "--seed", "2"], "seed is given twice: by --seed and by -o"),
        (["-o", "seed=1", "-o", "seed=2"], "seed is given twice: by -o seed and by -o"),
        (
            ["--response-format", "{"],
            "response_format is not JSON: line 1, column 2: expecting property name enclosed in double quotes"
            " (from --response-format)",
        ),
        (
            ["-o", "tools=[{]"],
            "tools is not JSON: line 1, column 3: expecting property name enclosed in double quotes (from -o tools)",
        ),
        (["-o", "top_k=1e999"], "the value: the number 1e999 is too large (from -o top_k)"),
        (["hi", "-o", "prompt=hi"], "there are two prompts: the one given, and that of -o prompt\nLeave one out."),
    ],
)
def test_an_option_that_cannot_be_read_is_told_by_its_name(glm: Glm, argv: list[str], message: str) -> None:
    assert glm("run", "hi", *argv).answer == ("", f"{message}\n", 2)


def test_a_pair_that_is_none_is_named_once(glm: Glm) -> None:
    result = glm("run", "hi", "--metadata", "a")
    assert result.stderr.splitlines()[0] == "--metadata 'a' is not of the form KEY=VALUE"
    assert (result.stdout, result.status) == ("", 2)


def test_a_warning_is_said_once() -> None:
    from glmcli.cli.warnings import Warnings
    from glmcli.ui.terminal import Terminal
    from glmcli.world import World

    err = io.BytesIO()
    warn = Warnings(Terminal(World(None, io.BytesIO(), err), color="never"))
    for line in ("a", "b", "a"):
        warn(line)
    assert (warn.said, err.getvalue()) == (["a", "b"], b"warning: a\nwarning: b\n")


def test_an_unknown_key_is_sent_with_a_warning_and_strict_refuses_it(glm: Glm) -> None:
    line = "/temprature: is not a key of the schema; did you mean temperature? (from -o temprature)"
    sent = glm("run", "hi", "--dry-run", "-o", "temprature=1")
    assert json.loads(sent.stdout)["temprature"] == 1
    assert (sent.stderr, sent.status) == (f"warning: {line}\n", 0)
    assert glm("run", "hi", "--strict", "-o", "temprature=1").answer == ("", f"{line}\n{PARAMS_HINT}\n", 2)


def test_a_flag_beats_the_profile_and_the_profile_beats_the_file(glm: Glm) -> None:
    glm.configure(
        "[defaults]\ntemperature = 0.1\ntop_p = 0.1\nseed = 1\nmax_completion_tokens = 99\n"
        "[profiles.p.defaults]\ntemperature = 0.2\ntop_p = 0.2\n",
    )
    argv = ("--profile", "p", "--temperature", "0.3", "--max-tokens", "5")
    assert own(glm, *argv) == {"temperature": 0.3, "top_p": 0.2, "seed": 1}
    assert body_of(glm, "hi", *argv)["max_completion_tokens"] == 5
    assert own(glm, "-o", "temperature=null") == {"top_p": 0.1, "seed": 1}


def test_no_think_leaves_the_configured_options_of_the_template(glm: Glm) -> None:
    glm.configure("[defaults.chat_template_kwargs]\nclear_thinking = true\n")
    assert own(glm, "--no-think") == {"chat_template_kwargs": {"clear_thinking": True, "enable_thinking": False}}


# The model


@pytest.mark.parametrize(
    ("argv", "env", "file", "model"),
    [
        ([], {}, "", "@cf/zai-org/glm-4.7-flash"),
        ([], {}, 'model = "of-the-file"\n', "of-the-file"),
        ([], {}, 'model = "of-the-file"\n[profiles.default]\nmodel = "of-the-profile"\n', "of-the-profile"),
        ([], {"GLM_MODEL": "of-the-environment"}, '[profiles.default]\nmodel = "x"\n', "of-the-environment"),
        (["-m", "of-the-flag"], {"GLM_MODEL": "x"}, 'model = "x"\n', "of-the-flag"),
        (["-o", "model=of-the-option"], {"GLM_MODEL": "x"}, "", "of-the-option"),
    ],
)
def test_the_model_stands_in_the_address_and_flag_beats_environment_profile_and_file(
    glm: Glm, argv: list[str], env: dict[str, str], file: str, model: str
) -> None:
    glm.configure(file)
    with serving(saying("x")) as served:
        assert glm("run", "hi", *argv, env={**served.env, **env}).status == 0
        assert served.requests[0].target == f"/accounts/{ACCOUNT}/ai/run/{model}"
        assert "model" not in served.bodies[0]


def test_the_cloudflare_variables_are_not_for_other_endpoints(glm: Glm) -> None:
    with serving(saying("x")) as served, serving(saying("y")) as other:
        glm.configure(f'[profiles.o]\nendpoint = "openai"\nmodel = "m"\nbase_url = "{other.server.url}/v1"\n')
        result = glm("run", "hi", "--profile", "o", env={**served.env, "GLM_MODEL": "x"})
        assert result.answer == ("y\n", "", 0)
        assert served.requests == []
        assert other.bodies[0]["model"] == "m"
        assert "authorization" not in other.requests[0].headers


def test_an_empty_name_is_no_model(glm: Glm) -> None:
    assert glm("run", "hi", "-m", "").answer == ("", "--model names no model\nName it with --model.\n", 2)


# --prompt-form


def test_the_prompt_form_sends_a_prompt(glm: Glm) -> None:
    assert body_of(glm, "hi", "--prompt-form") == {"prompt": "hi", **LIMITS, **STREAMED}
    assert body_of(glm, "-o", "prompt=hi") == {"prompt": "hi", **LIMITS, **STREAMED}


@pytest.mark.parametrize("flags", [("-s", "x"), ("--system-file", "x"), ("-c",), ("-a", "x"), ("--messages", "x")])
def test_the_prompt_form_has_no_place_for_a_system_prompt_or_a_conversation(glm: Glm, flags: tuple[str, ...]) -> None:
    assert glm("run", "hi", "--prompt-form", *flags).answer == (
        "",
        "the prompt form has no place for a system prompt, earlier messages, attachments or tools\n"
        "Leave out --prompt-form, or --system, --continue, --messages, --attachment and --tool.\n",
        2,
    )


def test_the_prompt_form_has_no_place_for_given_messages(glm: Glm) -> None:
    result = glm("run", "hi", "--prompt-form", "-o", f"messages={json.dumps(MESSAGES)}")
    assert result.answer == (
        "",
        "the prompt form has no place for earlier messages\nLeave out --prompt-form, or the messages.\n",
        2,
    )


def test_the_prompt_form_says_that_a_configured_system_prompt_is_left_out(glm: Glm) -> None:
    glm.configure('system = "Be brief."\n')
    result = glm("run", "hi", "--prompt-form", "--dry-run")
    assert "messages" not in json.loads(result.stdout)
    assert result.stderr == (
        "warning: the prompt form has no place for a system prompt; the one from config.toml line 1 is left out\n"
    )


def test_messages_may_be_given_whole_and_a_prompt_follows_them(glm: Glm) -> None:
    given = f"messages={json.dumps(MESSAGES)}"
    assert body_of(glm, "-o", given)["messages"] == MESSAGES
    assert body_of(glm, "more", "-o", given)["messages"] == [*MESSAGES, {"role": "user", "content": "more"}]


# Network options


def test_time_limits_and_retries_come_from_flags_and_settings(glm: Glm) -> None:
    from glmcli.demo.framing import whole

    glm.configure("retries = 0\n")
    with serving([whole(500, {}, b"")]) as served:
        assert glm("run", "hi", env=served.env).status == 7
        assert len(served.requests) == 1
        assert glm("run", "hi", "--retries", "1", env=served.env).status == 7
        assert len(served.requests) == 3


def test_a_ca_bundle_that_is_missing_is_named(glm: Glm) -> None:
    env = {"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
    result = glm("run", "hi", "--ca-bundle", "/missing.pem", env=env)
    assert (result.stdout, result.status) == ("", 3)
    assert "/missing.pem" in result.stderr


def test_proxies_are_never_asked_for_loopback(glm: Glm) -> None:
    with serving(saying("proxied")) as proxy, serving(saying("Hello")) as served:
        env = {
            **served.env,
            "HTTP_PROXY": proxy.server.url,
            "http_proxy": proxy.server.url,
            "ALL_PROXY": proxy.server.url,
        }
        assert glm("run", "hi", env=env).answer == ("Hello\n", "", 0)
        assert (proxy.requests, served.requests[0].target) == ([], PATH)
