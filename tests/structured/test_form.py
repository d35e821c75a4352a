"""An answer is held against the form that it was asked for in; what stands around its JSON does not count."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.api.conforms import Mismatch
from glmcli.errors import ExitStatus, UsageError
from glmcli.structured.form import (
    MOST_QUOTED,
    MOST_TOLD,
    Fitting,
    Form,
    Unfit,
    failure,
    name_of,
    repair,
    response_format,
    wrapped,
)
from tests.api.schema_strategies import anything

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
FORM = Form(PERSON)
LIST = Form({"type": "array"})
ANN = '{"name": "Ann",  "age": 3}'
BOB = '{"name": "Bob", "age": 4}'
NO_VALUE = "/: not JSON: line 1, column 1: expecting value"


def unfit(answer: str, form: Form = FORM) -> Unfit:
    with pytest.raises(Unfit) as error:
        form.fitting(answer)
    return error.value


@pytest.mark.parametrize(
    "answer",
    [
        ANN,
        f"\ufeff \n{ANN}\n",
        f"```json\n{ANN}\n```",
        f"Here it is:\n\n~~~\n{ANN}\n~~~\nAnything else?",
        f"- It is:\n\n  ```json\n  {ANN}\n  ```",
        f"```json\n{ANN}",
        f"Run this:\n```sh\nls\n```\nand take this:\n```json\n{ANN}\n```",
        f"Sure! {ANN} Done.",
        f"Here [it] is [1]: {ANN} [sic]",
        f"`{ANN}`",
    ],
)
def test_the_json_of_an_answer_is_taken_as_the_model_wrote_it(answer: str) -> None:
    assert FORM.fitting(answer) == Fitting(ANN, {"name": "Ann", "age": 3})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (f'{{"a": {ANN}, oops', "/: not JSON: line 1, column 35: expecting property name enclosed in double quotes"),
        (f'{{"a": {ANN}', "/: not JSON: line 1, column 33: expecting ',' delimiter"),
        (f"[{ANN}, oops]", "/: not JSON: line 1, column 30: expecting value"),
        (f"[{ANN}, oops", "/: not JSON: line 1, column 30: expecting value"),
        (f"So: [[{ANN}], oops]", NO_VALUE),
        (f"```json\n[{ANN}, oops]\n```", NO_VALUE),
        (f'{{"a": "\n```json\n{ANN}\n```\n', "/: not JSON: line 1, column 8: invalid control character at"),
    ],
)
def test_nothing_inside_of_a_broken_value_is_taken_for_the_answer(answer: str, told: str) -> None:
    error = unfit(answer)
    assert (str(error), error.is_json) == (told, False)


def test_a_list_inside_of_a_broken_list_is_not_the_answer() -> None:
    assert [str(unfit(it, LIST)) for it in ("So: [[1], oops]", "[[1], oops")] == [
        NO_VALUE,
        "/: not JSON: line 1, column 7: expecting value",
    ]


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        (f"Either {ANN} or {BOB}", FORM),
        (f"Either\n```json\n{ANN}\n```\nor\n```json\n{BOB}\n```", FORM),
        ("Either [1] or [2]", LIST),
    ],
    ids=["words", "fences", "lists"],
)
def test_two_values_are_not_the_answer(answer: str, form: Form) -> None:
    error = unfit(answer, form)
    assert (str(error), error.is_json) == (NO_VALUE, False)


def test_a_value_after_a_value_is_not_the_answer() -> None:
    error = unfit(f"{ANN}\n{BOB}")
    assert (str(error), error.is_json) == ("/: not JSON: line 2, column 1: extra data", False)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "/: not JSON: line 1, column 1: expecting value"),
        ("hello", "/: not JSON: line 1, column 1: expecting value"),
        ('{"name": "Ann", "age": 3', "/: not JSON: line 1, column 25: expecting ',' delimiter"),
        ('{"name": "Ann", "age": 3, "age": 3}', '/: the key "age" stands twice in one JSON object'),
        ('{"name": "Ann", "age": NaN}', "/: not JSON: NaN is not a JSON number"),
        ('{"name": "Ann", "age": 1e999}', "/: the number 1e999 is too large"),
        (f'{{"name": "Ann", "age": 1{"0" * 5000}}}', "/: the number 1000000000000000000… is too large"),
        ("[" * 100_000 + "]" * 100_000, "/: the JSON is nested too deeply"),
        ('{"a":' * 100_000, "/: the JSON is nested too deeply"),
        ("So: " + "[" * 100_000 + "]" * 100_000, "/: not JSON: line 1, column 1: expecting value"),
        ("> " * 3000 + "```", "/: not JSON: line 1, column 1: expecting value"),
    ],
    ids=["empty", "words", "cut", "twice", "nan", "infinite", "digits", "deep", "open", "deep in words", "quotes"],
)
def test_what_is_no_json_that_every_reader_reads_alike_is_not_the_answer(answer: str, told: str) -> None:
    error = unfit(answer)
    assert (str(error), error.is_json) == (told, False)


@pytest.mark.parametrize("answer", ['{"name": 1, "x": 2}', 'So: {"name": 1, "x": 2}', '```\n{"name": 1, "x": 2}\n```'])
def test_json_that_does_not_fit_is_told_with_all_that_does_not(answer: str) -> None:
    error = unfit(answer)
    assert error.is_json
    assert sorted(map(str, error.mismatches)) == [
        "/age: is missing",
        "/name: 1 is not of type string",
        "/x: is not known; known: name, age",
    ]


def test_an_answer_that_is_nested_more_deeply_than_can_be_held_against_the_schema_is_refused() -> None:
    form = Form({"anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "null"}]})
    with pytest.raises(UsageError) as error:
        form.fitting("[" * 300 + "1" + "]" * 300)
    assert (error.value.message, error.value.hint) == (
        "nothing can be held against the schema: it, or what is held against it, is nested too deeply",
        "Mend the schema.",
    )


def test_a_schema_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        Form({"$ref": "https://a.b/c"}).fitting("{}")
    assert (error.value.message, error.value.hint) == (
        "nothing can be held against the schema: it refers to https://a.b/c, and nothing is fetched",
        "Mend the schema.",
    )


values = st.dictionaries(st.text(max_size=4), anything, max_size=3) | st.lists(anything, max_size=3)
written = st.builds(
    json.dumps, values, ensure_ascii=st.booleans(), indent=st.sampled_from([None, 2]), sort_keys=st.booleans()
)
around = st.text(st.characters(codec="utf-8", exclude_characters="[]{}`~"), max_size=12)


@given(anything.map(json.dumps))
def test_any_bare_value_that_fits_is_the_answer(text: str) -> None:
    assert Form({}).fitting(f" {text}\n") == Fitting(text, json.loads(text))


@given(written, around, around)
def test_any_object_or_list_between_words_is_the_answer(text: str, before: str, after: str) -> None:
    form = Form({"type": ["object", "array"]})
    assert form.fitting(before + text + after) == Fitting(text, json.loads(text))


@given(written, around.filter(lambda it: "\r" not in it), around, st.sampled_from(["```", "~~~~"]))
def test_any_object_or_list_between_fences_is_the_answer(text: str, before: str, after: str, fence: str) -> None:
    answer = f"Words {before.strip()}\n\n{fence}json\n{text}\n{fence}\n{after}"
    assert Form({"type": ["object", "array"]}).fitting(answer) == Fitting(text, json.loads(text))


@given(st.text(st.sampled_from('[]{}",:1a \n`') | st.characters(), max_size=40))
def test_what_is_taken_for_the_answer_stands_in_it_and_fits(answer: str) -> None:
    with suppress(Unfit):
        fitting = LIST.fitting(answer)
        assert fitting.text in answer
        assert fitting.value == json.loads(fitting.text)
        assert isinstance(fitting.value, list)


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        ({"type": "json_object"}, Form({"type": "object"})),
        (response_format("a", PERSON), FORM),
        ({"type": "text"}, None),
        ({"type": "json_schema"}, None),
        ({"type": "json_schema", "json_schema": {"schema": True}}, None),
        (None, None),
        ("json_object", None),
    ],
)
def test_the_form_is_that_of_the_request(asked: Any, form: Form | None) -> None:
    assert Form.of(asked) == form


def test_the_request_has_the_schema_in_the_wrapper_of_the_api() -> None:
    assert response_format("A person, with: age", PERSON) == {
        "type": "json_schema",
        "json_schema": {"name": "A_person_with_age", "strict": True, "schema": PERSON},
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [("person", "person"), ("größe-1", "gr_e-1"), ("x" * 99, "x" * 64), ("…", "answer"), ("", "answer")],
)
def test_a_name_is_written_as_the_api_takes_it(text: str, name: str) -> None:
    assert name_of(text) == name


def test_one_answer_is_printed_as_it_came() -> None:
    fitting = FORM.fitting(ANN)
    assert (FORM.lines(fitting), FORM.printed(fitting)) == (ANN, {"name": "Ann", "age": 3})


def test_several_are_printed_each_on_a_line_of_its_own() -> None:
    form = Form.of(response_format("a", wrapped({})), many=True)
    assert form is not None
    fitting = form.fitting('{"items": [{"a": "é\\n"},\n 1]}')
    assert (form.lines(fitting), form.printed(fitting)) == ('{"a": "é\\n"}\n1\n', [{"a": "é\n"}, 1])
    assert form.lines(form.fitting('{"items": []}')) == ""


MANY = [Mismatch(f"/{at}", "is missing") for at in range(30)]


def test_the_model_is_told_what_was_wrong_and_what_is_wanted() -> None:
    assert repair(unfit("no")) == (
        "Your answer is not the JSON that was asked for:\n- /: not JSON: line 1, column 1: expecting value\n"
        "Answer again with the whole JSON, corrected, and with nothing else."
    )
    faults = "\n".join(f"- /{at}: is missing" for at in range(MOST_QUOTED))
    assert repair(Unfit(MANY, is_json=True)) == (
        f"Your answer does not fit the JSON Schema that was asked for:\n{faults}\n- and 10 more\n"
        "Answer again with the whole JSON, corrected, and with nothing else."
    )


def test_the_user_is_told_the_first_that_was_wrong() -> None:
    plain, many = failure(unfit("no"), hint="Ask again."), failure(Unfit(MANY, is_json=True), hint="")
    assert (plain.message, plain.hint, plain.exit_status) == (
        "the answer is not the JSON that was asked for: not JSON: line 1, column 1: expecting value",
        "Ask again.",
        ExitStatus.UNUSABLE,
    )
    faults = "; ".join(f"/{at}: is missing" for at in range(MOST_TOLD))
    assert many.message == f"the answer does not fit the schema: {faults}; and 25 more"
