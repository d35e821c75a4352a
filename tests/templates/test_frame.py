"""What a template makes of the input of a user."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.api.request import Sourced
from glmcli.errors import UsageError
from glmcli.templates import Frame, Template
from glmcli.templates.text import filled

HERE = Path("/nowhere")


def made(prompt: str | None, system: str | None = None, **params: str) -> Template:
    return Template(
        "x", HERE, prompt=prompt, system=Sourced(system, "x.toml line 1") if system else None, params=params
    )


def framed(template: Template, text: str, **values: str) -> str:
    return Frame.of(template, values, "-p {}").prompt(text)


def test_the_input_stands_where_the_prompt_wants_it() -> None:
    assert framed(made("Say $input twice: $input!"), "hi") == "Say hi twice: hi!"


def test_without_a_place_the_input_follows_after_a_blank_line() -> None:
    assert framed(made("Tell a joke."), "About cats.") == "Tell a joke.\n\nAbout cats."
    assert framed(made("Tell a joke."), " \n") == "Tell a joke."


def test_without_a_prompt_the_input_is_the_prompt() -> None:
    assert framed(made(None, "Be $tone.", tone="kind"), "$tone") == "$tone"


def test_values_that_are_given_beat_those_of_the_template() -> None:
    template = made("$a $b $input", a="1", b="2")
    assert framed(template, "x", b="3") == "1 3 x"


def test_the_system_prompt_keeps_its_origin() -> None:
    assert Frame.of(made(None, "Be $tone. $$"), {"tone": "$kind"}, "{}").system == Sourced(
        "Be $kind. $", "x.toml line 1"
    )
    assert Frame.of(made("x"), {}, "{}").system is None


@given(st.text(min_size=1), st.text(), st.sampled_from([None, "a $input b", "$input$v", "no place", "$$input $v"]))
def test_nothing_that_is_given_is_dropped_or_looked_into(text: str, value: str, prompt: str | None) -> None:
    template = made(prompt)
    result = framed(template, text, **dict.fromkeys(template.variables, value))
    assert text in result or not text.strip()
    if prompt is not None:
        rest = filled(prompt, {"input": "", "v": ""})
        assert len(result) == len(rest) + len(text) * prompt.replace("$$", "").count("$input") + (
            len(value) * prompt.count("$v")
        ) + (2 + len(text) if not template.takes_input and text.strip() else 0)


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            {},
            "template x wants values for lang, tone",
            "A dollar sign itself is $$ in a template. Give values: -p lang=… -p tone=…",
        ),
        (
            {"lang": "de"},
            "template x wants a value for tone",
            "A dollar sign itself is $$ in a template. Give a value: -p tone=…",
        ),
        (
            {"lnag": "de"},
            "template x has no parameter lnag",
            "Did you mean lang? It has lang, tone, end.",
        ),
        ({"colour": "red"}, "template x has no parameter colour", "It has lang, tone, end."),
        ({"input": "x"}, "$input is what you give as the prompt", "Leave that parameter out."),
    ],
)
def test_what_is_missing_or_unknown_is_named(given: dict[str, str], message: str, hint: str) -> None:
    template = made("$tone $end $input", "In $lang", end=".")
    with pytest.raises(UsageError) as raised:
        Frame.of(template, given, "-p {}")
    assert (raised.value.message, raised.value.hint) == (message, hint)


def test_a_template_without_variables_has_no_parameters() -> None:
    with pytest.raises(UsageError) as raised:
        Frame.of(made("$input"), {"lang": "de"}, "-p {}")
    assert (raised.value.message, raised.value.hint) == ("template x has no parameters", "Leave out lang.")
