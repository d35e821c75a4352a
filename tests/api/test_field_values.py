"""What a text means for each field: of `-o`, of a flag, of a file, and any text at all."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.fields import Field, expanded, fields, flags, laid_over, read_flag, read_flags, read_value
from glmcli.errors import UsageError

# --- -o name=TEXT ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "0.2", 0.2),
        ("temperature", "hot", "hot"),
        ("temperature", "NaN", "NaN"),
        ("temperature", "1.0", 1.0),
        ("max_tokens", "null", None),
        ("n", "1.0", 1),
        ("n", "1.5", 1.5),
        ("store", "true", True),
        ("user", "ann", "ann"),
        ("user", '"7"', "7"),
        ("user", "7", 7),
        ("user", "{not json", "{not json"),
        ("stop", "END", "END"),
        ("stop", '["a", "b"]', ["a", "b"]),
        ("stop", "[", "["),
        ("metadata", '{"a": 1}', {"a": 1}),
        ("metadata", "a=1", "a=1"),
        ("tool_choice", "any", "any"),
        ("response_format", "json", "json"),
        ("unheard_of", "1.0", 1.0),
        ("unheard_of", "{x", "{x"),
        ("unheard_of", "", ""),
    ],
)
def test_an_option_is_json_else_a_string(name: str, text: str, value: Any) -> None:
    read = read_value(fields().get(name), text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metadata", '{"a": 1', "metadata is not JSON: line 1, column 8: expecting ',' delimiter"),
        ("tools", " [NaN]", "tools is not JSON: NaN is not a JSON number"),
        ("metadata", '{"a": 1, "a": 2}', 'metadata: the key "a" stands twice in one JSON object'),
        ("temperature", "1e400", "temperature: the number 1e400 is too large"),
        ("unheard_of", "1e400", "the value: the number 1e400 is too large"),
    ],
)
def test_an_option_that_would_be_sent_as_something_else_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_value(fields().get(name), text)
    assert error.value.message == message


# --- --name TEXT -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "0.2", 0.2),
        ("temperature", ".5", 0.5),
        ("temperature", "1.", 1.0),
        ("temperature", "+1", 1),
        ("temperature", "1e-1", 0.1),
        ("temperature", "hot", "hot"),
        ("temperature", "inf", "inf"),
        ("temperature", "null", None),
        ("seed", "-7", -7),
        ("seed", "007", 7),
        ("seed", "1e2", 100),
        ("seed", "1.5", 1.5),
        ("seed", "1_000", "1_000"),
        ("seed", "9" * 350, int("9" * 350)),
        ("user", "7", "7"),
        ("user", "null", "null"),
        ("model", "[x]", "[x]"),
        ("reasoning_effort", "low", "low"),
        ("reasoning_effort", "null", None),
        ("stop", "[", ["["]),
        ("stop", "1", ["1"]),
        ("modalities", "text", ["text"]),
        ("response_format", "json", {"type": "json_object"}),
        ("response_format", "json_object", {"type": "json_object"}),
        ("response_format", "text", {"type": "text"}),
        ("response_format", '{"type": "text"}', {"type": "text"}),
        ("response_format", "yaml", "yaml"),
        ("tool_choice", "auto", "auto"),
        ("tool_choice", "weather", {"type": "function", "function": {"name": "weather"}}),
        ("tool_choice", '{"type": "custom"}', {"type": "custom"}),
        ("metadata", "a=1=2", {"a": "1=2"}),
        ("metadata", "a=", {"a": ""}),
        ("metadata", '{"a": "b", "c": "d"}', {"a": "b", "c": "d"}),
        ("logit_bias", '{"50": -1}', {"50": -1}),
        ("function_call", "auto", "auto"),
        ("function_call", "weather", {"name": "weather"}),
        ("function_call", '{"name": "f"}', {"name": "f"}),
        ("tool_choice", "7", {"type": "function", "function": {"name": "7"}}),
        ("tool_choice", "null", None),
        ("response_format", "null", None),
        ("logit_bias", "123=-5", {"123": -5}),
        ("logit_bias", "123=.5", {"123": 0.5}),
        ("logit_bias", "1=1e400", {"1": "1e400"}),
        ("logit_bias", "null", None),
        ("metadata", "null", None),
        ("metadata", "a=b\nc", {"a": "b\nc"}),
        ("modalities", "text,audio", ["text", "audio"]),
        ("stop", "a,b", ["a,b"]),
        ("prediction", "x = 1", {"type": "content", "content": "x = 1"}),
        ("prediction", "", {"type": "content", "content": ""}),
        ("prediction", "null", {"type": "content", "content": "null"}),
        ("prediction", "{ int x; }", {"type": "content", "content": "{ int x; }"}),
        ("prediction", '{"name": "app"}', {"type": "content", "content": '{"name": "app"}'}),
        ("prediction", "[1]", {"type": "content", "content": "[1]"}),
        ("prediction", '{"type": "content", "content": []}', {"type": "content", "content": []}),
        ("audio", '{"voice": "v"}', {"voice": "v"}),
        ("audio", "loud", "loud"),
        ("web_search_options", "{}", {}),
        ("chat_template_kwargs", "1", 1),
        ("voice", "alloy", "alloy"),
        ("voice", "7", "7"),
        ("voice", "id:abc", {"id": "abc"}),
        ("voice", "id:", "id:"),
        ("voice", '{"id": "abc"}', {"id": "abc"}),
        ("audio_format", "mp3", "mp3"),
        ("search_context_size", "low", "low"),
        ("user_location", "city=Oslo", {"type": "approximate", "approximate": {"city": "Oslo"}}),
        ("user_location", '{"type": "approximate"}', {"type": "approximate"}),
        ("think", "true", True),
    ],
)
def test_a_flag_takes_text_as_people_write_it(name: str, text: str, value: Any) -> None:
    read = read_flag(flags()[f"--{name.replace('_', '-')}"], text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metadata", "a", "--metadata 'a' is not of the form KEY=VALUE"),
        ("metadata", "=a", "--metadata '=a' is not of the form KEY=VALUE"),
        ("logit_bias", "a", "--logit-bias 'a' is not of the form TOKEN=BIAS"),
        ("logit_bias", "a=b", "--logit-bias 'a=b' is not of the form TOKEN=BIAS"),
        ("user_location", "Oslo", "--user-location 'Oslo' is not of the form KEY=VALUE"),
        (
            "metadata",
            "{a=1}",
            "metadata is not JSON: line 1, column 2: expecting property name enclosed in double quotes",
        ),
        (
            "tool_choice",
            "{",
            "tool_choice is not JSON: line 1, column 2: expecting property name enclosed in double quotes",
        ),
        ("temperature", "1e400", "temperature: the number 1e400 is too large"),
    ],
)
def test_a_flag_that_cannot_be_read_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_flag(flags()[f"--{name.replace('_', '-')}"], text)
    assert error.value.message == message


@pytest.mark.parametrize(
    ("flag", "texts", "value"),
    [
        ("--stop", ["a", "b"], ["a", "b"]),
        ("--modalities", ["text", "audio"], ["text", "audio"]),
        ("--metadata", ["a=1", "b=2", "a=1", '{"c": "3"}'], {"a": "1", "b": "2", "c": "3"}),
        ("--logit-bias", ["1=-5", "2=.5"], {"1": -5, "2": 0.5}),
        ("--logit-bias", ["null"], None),
        (
            "--user-location",
            ["city=Oslo", "country=NO"],
            {"type": "approximate", "approximate": {"city": "Oslo", "country": "NO"}},
        ),
    ],
)
def test_a_flag_that_is_repeated_adds_up(flag: str, texts: list[str], value: Any) -> None:
    assert read_flags(flags()[flag], texts) == value


@pytest.mark.parametrize(
    ("flag", "texts", "message"),
    [
        ("--metadata", ["a=1", "a=2"], "--metadata gives a two values"),
        ("--user-location", ["city=Oslo", "city=Rome"], "--user-location gives city two values"),
        ("--metadata", ["a=1", "null"], "--metadata is given twice, with values that do not go together"),
    ],
)
def test_a_flag_that_is_repeated_with_two_values_for_one_key_is_refused(
    flag: str, texts: list[str], message: str
) -> None:
    with pytest.raises(UsageError) as error:
        read_flags(flags()[flag], texts)
    assert error.value.message == message


# --- @FILE -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("tools", "@tools.json", "<tools.json>"),
        ("stop", "@a b", "<a b>"),
        ("unheard_of", "@x", "<x>"),
        ("metadata", "x@y", "x@y"),
        ("metadata", " @x", " @x"),
        ("metadata", "@@x", "@x"),
        ("metadata", "@@", "@"),
        ("metadata", "", ""),
        # a string, a number, a switch is never a file
        ("model", "@cf/zai-org/glm-4.7-flash", "@cf/zai-org/glm-4.7-flash"),
        ("user", "@ann", "@ann"),
        ("user", "@@ann", "@@ann"),
        ("temperature", "@x", "@x"),
        ("store", "@x", "@x"),
    ],
)
def test_an_at_sign_names_a_file_where_a_list_or_an_object_is_wanted(name: str, text: str, expected: str) -> None:
    assert expanded(fields().get(name), text, lambda path: f"<{path}>\n") == expected


@pytest.mark.parametrize(("ending", "kept"), [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n")])
def test_the_newline_that_ends_a_file_is_no_part_of_the_value(ending: str, kept: str) -> None:
    assert expanded(fields()["stop"], "@x", lambda path: ending) == kept


def test_an_at_sign_alone_names_no_file() -> None:
    with pytest.raises(UsageError, match=r"^@ names no file$"):
        expanded(fields()["tools"], "@", lambda path: "")


def test_a_value_is_laid_over_another_key_by_key() -> None:
    lower = {"a": {"b": 1, "c": 2}, "d": [1], "e": 0}
    assert laid_over(lower, {"a": {"c": 3}, "d": [2], "f": {}}) == {"a": {"b": 1, "c": 3}, "d": [2], "e": 0, "f": {}}
    assert laid_over([1], {"a": 1}) == {"a": 1}
    assert laid_over({"a": 1}, None) is None


# --- any text ----------------------------------------------------------------------------------------------------


def test_any_text_for_any_flag_is_read_or_refused_in_one_line() -> None:
    for it in (fields() | flags()).values():
        for text in ("", "{", "[1", "null", "true", "-", "=", "é", "\udcff", "0x10", "[" * 5000, "1" * 5000):
            _reads(it, text)


def _reads(it: Field, text: str) -> None:
    for read in (read_flag, read_value):
        try:
            read(it, text)
        except UsageError as error:
            assert "\n" not in error.message  # noqa: PT017 - the point is that nothing else is raised
