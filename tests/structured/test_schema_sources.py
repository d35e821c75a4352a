"""What --schema means: a file, JSON, the name of a schema that is kept, or shorthand; and what is told otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmcli.errors import UsageError
from glmcli.structured.sources import Named, find, names

PERSON = '{"type": "object",\n "properties": {"name": {"type": "string"}}}'
PERSON_SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}
NAME_FIELD = {**PERSON_SCHEMA, "required": ["name"], "additionalProperties": False}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's directory, with a schema that is kept; the working directory is another one."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    kept(tmp_path, "person", PERSON)
    return tmp_path


def kept(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / "schemas" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(text: str, folder: Path) -> tuple[str, str]:
    with pytest.raises(UsageError) as error:
        find(text, folder)
    return error.value.message.replace(str(folder), "~"), error.value.hint.replace(str(folder), "~")


@pytest.mark.parametrize("text", ["person", " person\n", "person.json"])
def test_a_word_is_the_name_of_a_schema_that_is_kept(text: str, folder: Path) -> None:
    assert find(text, folder) == Named("person", PERSON_SCHEMA)


def test_a_name_may_hold_dots(folder: Path) -> None:
    kept(folder, "person.v2", PERSON)
    assert find("person.v2", folder) == Named("person.v2", PERSON_SCHEMA)


def test_a_path_is_read_wherever_it_is(folder: Path) -> None:
    path = kept(folder, "other", "\ufeff" + PERSON)
    assert find(str(path), folder) == find("../schemas/other.json", folder) == Named("other", PERSON_SCHEMA)


def test_a_path_may_begin_with_the_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert find("~/schemas/person.json", folder) == Named("person", PERSON_SCHEMA)


@pytest.mark.parametrize("name", ["person", "name, age int", "a schema"])
def test_a_file_of_that_name_wins_over_everything_but_json(name: str, folder: Path) -> None:
    Path(name).write_text('{"type": "array"}')
    assert find(name, folder) == Named(name, {"type": "array"})


def test_json_is_the_schema_itself(folder: Path) -> None:
    assert find(f"\n{PERSON}", folder) == Named("answer", PERSON_SCHEMA)
    assert find("{}", folder) == Named("answer", {})


@pytest.mark.parametrize("title", ['"A person"', '" "', "3"])
def test_a_schema_is_called_by_its_title_where_that_is_a_text(title: str, folder: Path) -> None:
    kept(folder, "titled", f'{{"title": {title}}}')
    if title == "3":
        assert refusal("titled", folder) == (
            '~/schemas/titled.json line 1: /title: no JSON Schema: 3 is not of type "string"',
            "Mend the schema; nothing was sent.",
        )
    else:
        assert find("titled", folder).name == ("A person" if title == '"A person"' else "titled")


def test_the_rest_is_shorthand(folder: Path) -> None:
    assert find("name str", folder) == find("name:", folder) == Named("answer", NAME_FIELD)


def test_the_names_that_are_kept_are_listed_in_their_order(folder: Path) -> None:
    kept(folder, "address", "{}")
    (folder / "schemas" / "notes.txt").write_text("")
    assert (names(folder), names(folder / "none")) == (["address", "person"], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("persn", "there is no schema named persn; did you mean person?"),
        ("zzzzzzz.json", "there is no schema named zzzzzzz; there are person"),
        ("z" * 5000, f"there is no schema named {'z' * 60}; there are person"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_those_that_are(text: str, message: str, folder: Path) -> None:
    name = text.removesuffix(".json")[:60]
    hint = f"Schemas are in ~/schemas. A single field is written with its type: '{name} str'"
    assert refusal(text, folder) == (message, hint)


def test_a_name_where_nothing_is_kept_is_told_with_the_folder(tmp_path: Path) -> None:
    assert refusal("person", tmp_path) == (
        "there is no schema named person",
        "Schemas are in ~/schemas. A single field is written with its type: 'person str'",
    )


@pytest.mark.parametrize("text", ["", " \n"])
def test_no_text_is_no_schema(text: str, folder: Path) -> None:
    assert refusal(text, folder) == (
        "a schema is wanted",
        "For example: --schema 'name, age int, tags [str]'",
    )


@pytest.mark.parametrize("path", ["./nope.json", "sub/nope.json", "../nope"])
def test_a_path_that_leads_nowhere_is_told(path: str, folder: Path) -> None:
    assert refusal(path, folder) == (
        f"the schema {Path(path)} cannot be read: no such file or directory",
        "Check the path.",
    )


def test_a_folder_is_no_schema(folder: Path) -> None:
    assert refusal("../schemas", folder) == ("the schema ../schemas cannot be read: is a directory", "Check the path.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"$ref":\n}', "not JSON: line 2, column 1: expecting value"),
        (b'{"a": 1, "a": 2}', 'the key "a" stands twice in one JSON object'),
        (b'{"a": "\xff"}', "not UTF-8: byte 8 is 0xff"),
        (b'{"maximum": NaN}', "not JSON: NaN is not a JSON number"),
        (b'{"items":' * 5000, "the JSON is nested too deeply"),
    ],
    ids=["syntax", "twice", "utf-8", "nan", "deep"],
)
def test_a_file_that_is_no_json_is_told_with_the_place(text: bytes, message: str, folder: Path) -> None:
    kept(folder, "bad", text)
    assert refusal("bad", folder) == (f"~/schemas/bad.json: {message}", "A schema is a JSON object.")


def test_json_that_is_no_object_is_no_schema(folder: Path) -> None:
    kept(folder, "bad", "[1]")
    assert refusal("bad", folder) == (
        "~/schemas/bad.json is no JSON object",
        'For example: {"type": "object", "properties": {…}}',
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '{"type": "object",\n "properties": {"name":\n {"type": "strin"}}}',
            'line 3: /properties/name/type: no JSON Schema: "strin" is none of object, array, string, number, integer, '
            "boolean, null",
        ),
        ('{"$ref": "https://example.com/x"}', "line 1: /: it refers to https://example.com/x, and nothing is fetched"),
        ('{"$schema": "http://a.b/c"}', "line 1: /: no JSON Schema: it refers to http://a.b/c, and nothing is fetched"),
        ('{"$ref": "#/$defs/a"}', "line 1: /: Pointer '/$defs/a' does not exist"),
        ('{"pattern": "("}', 'line 1: /: "(" is not a "regex"'),
        (
            '{"items":' * 400 + "{}" + "}" * 400,
            "line 1: /: no JSON Schema: it, or what is held against it, is nested too deeply",
        ),
    ],
    ids=["type", "remote", "draft", "nowhere", "regex", "deep"],
)
def test_what_is_no_schema_is_told_with_the_line_before_anything_is_sent(text: str, told: str, folder: Path) -> None:
    kept(folder, "bad", text)
    assert refusal("bad", folder) == (f"~/schemas/bad.json {told}", "Mend the schema; nothing was sent.")


def test_a_fault_of_a_schema_on_the_command_line_has_no_line(folder: Path) -> None:
    assert refusal('{"required": "a"}', folder) == (
        'the schema: /required: no JSON Schema: "a" is not of type "array"',
        "Mend the schema; nothing was sent.",
    )


@pytest.mark.parametrize("text", ["a, b\x00", "\x00", "x" * 3000 + " int, b"])
def test_what_can_be_no_path_is_read_as_shorthand(text: str, folder: Path) -> None:
    if text.startswith("x"):
        assert list(find(text, folder).schema["properties"].values()) == [{"type": "integer"}, {"type": "string"}]
    else:
        assert refusal(text, folder)[0].endswith(("(column 5)", "(column 1)"))
