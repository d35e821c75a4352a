from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import ConfigError, UsageError
from glmcli.settings_file import set_value, target, unset_value, value_of

TEXT = """\
# my settings
log = true  # yes, keep them

# the model
[defaults]
stop = [
  "a",  # first
]

[profiles.work] # office
endpoint = "openai"
"""


def put(folder: Path, key: str, text: str, profile: str = "default") -> str:
    """The file after `config set`."""
    where = target(key, profile)
    set_value(folder, where.path, value_of(where, text, ["default", "work"]))
    return (folder / "config.toml").read_text()


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("log", "no", "log = true  # yes", "log = false  # yes"),
        ("theme", "dark", "keep them\n\n# the", 'keep them\n\n# the model\ntheme = "dark"\n\n'),
        ("defaults.temperature", "0.5", "]\n\n[prof", "]\ntemperature = 0.5\n\n[prof"),
        ("defaults.stop", '["b"]', '[\n  "a",  # first\n]', '["b"]'),
        ("profiles.work.endpoint", "demo", '"openai"', '"demo"'),
    ],
)
def test_one_key_is_set_and_every_comment_stays(tmp_path: Path, key: str, value: str, before: str, after: str) -> None:
    (tmp_path / "config.toml").write_text(TEXT)
    expected = TEXT.replace(before, after)
    if key == "theme":
        expected = TEXT.replace("# the model\n", '# the model\ntheme = "dark"\n\n')
    assert put(tmp_path, key, value) == expected


def test_keys_are_set_in_a_file_that_does_not_exist_yet(tmp_path: Path) -> None:
    put(tmp_path, "model", "m")
    put(tmp_path, "account_id", "acc")
    put(tmp_path, "account_id", "other", profile="work")
    put(tmp_path, "defaults.metadata", '{"a": {"b": "c"}}')
    put(tmp_path, "profiles.work.defaults.seed", "3")
    assert put(tmp_path, 'profiles."my own".model', "x").split("\n") == [
        'model = "m"',
        "",
        "[profiles.default]",
        'account_id = "acc"',
        "",
        "[profiles.work]",
        'account_id = "other"',
        "",
        "[profiles.work.defaults]",
        "seed = 3",
        "",
        '[profiles."my own"]',
        'model = "x"',
        "[defaults]",
        'metadata = {a = {b = "c"}}',
        "",
    ]


def test_a_key_and_a_whole_table_can_be_taken_out(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TEXT)
    assert unset_value(tmp_path, ("log",))
    assert unset_value(tmp_path, ("profiles", "work"))
    assert (tmp_path / "config.toml").read_text() == (
        '# my settings\n\n# the model\n[defaults]\nstop = [\n  "a",  # first\n]\n\n'
    )
    for path in (("log",), ("profiles", "work", "endpoint"), ("defaults", "stop", "x"), ("defaults", "stop", "x", "y")):
        assert not unset_value(tmp_path, path)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("temperature", 'unknown key "temperature"; did you mean "defaults.temperature"?'),
        ("defaults.temprature", 'unknown key "defaults.temprature"; did you mean "defaults.temperature"?'),
        ("colour", 'unknown key "colour"; did you mean "color"?'),
        ("profiles.work.endpiont", 'unknown key "profiles.work.endpiont"; did you mean "endpoint"?'),
        ("profiles.work.profile", 'unknown key "profiles.work.profile"; did you mean "profile"?'),
        ("profiles.work", 'unknown key "profiles.work"'),
        ("x.y.z", 'unknown key "x.y.z"'),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(key: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        target(key, "default")
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "key", ["token", "api_token", "api-key", "profiles.work.token", "CLOUDFLARE_API_TOKEN", "password"]
)
def test_a_token_is_never_taken_as_an_argument(key: str) -> None:
    with pytest.raises(UsageError, match="a token is not given as an argument") as caught:
        target(key, "default")
    assert "glm config login" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("log", "maybe", 'log must be true or false, not "maybe"'),
        ("profile", "wrok", 'there is no profile "wrok"; did you mean "work"?'),
        ("defaults.temperature", "3", "/temperature: 3 is above the maximum 2"),
        ("defaults.temperature", "null", "temperature cannot be null in config.toml"),
        ("base_url", "http://example.com", "base_url: http://example.com is plain http"),
        ("api_key_env", "sk-secret-1", "api_key_env must be the name of an environment variable"),
    ],
)
def test_a_value_is_checked_before_it_is_written(tmp_path: Path, key: str, value: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        put(tmp_path, key, value)
    assert caught.value.message.startswith(message)
    assert "secret" not in caught.value.message + caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_messages_are_judged_as_such(tmp_path: Path) -> None:
    text = put(tmp_path, "defaults.messages", '[{"role": "user", "content": "hi"}]')
    assert text == '[defaults]\nmessages = [{role = "user", content = "hi"}]\n'


def test_the_name_of_an_existing_profile_can_be_set(tmp_path: Path) -> None:
    assert put(tmp_path, "profile", "work") == 'profile = "work"\n'


@pytest.mark.parametrize("change", [lambda it: set_value(it, ("log",), True), lambda it: unset_value(it, ("log",))])
def test_a_file_that_is_no_toml_is_left_alone(tmp_path: Path, change: Any) -> None:
    (tmp_path / "config.toml").write_text("log = \n")
    with pytest.raises(ConfigError) as caught:
        change(tmp_path)
    assert caught.value.message == "config.toml line 1: not valid TOML: invalid value"
    assert (tmp_path / "config.toml").read_text() == "log = \n"


def test_a_value_where_a_table_belongs_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("defaults = 1\n")
    with pytest.raises(ConfigError, match="defaults is no table in config"):
        set_value(tmp_path, ("defaults", "seed"), 1)
    assert (tmp_path / "config.toml").read_text() == "defaults = 1\n"


@pytest.mark.parametrize("written", ["log = false\nmore = 1\n", "log = "])
def test_a_text_that_would_say_something_else_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    (tmp_path / "config.toml").write_text("log = true\n")
    monkeypatch.setattr("tomlkit.dumps", lambda document: written)
    with pytest.raises(ConfigError, match="needs your hand"):
        set_value(tmp_path, ("log",), False)
    assert (tmp_path / "config.toml").read_text() == "log = true\n"


@pytest.mark.parametrize(
    "text",
    [
        "defaults.seed = 1\n",
        "defaults = { seed = 1 }\n",
        "[profiles.a]\n[defaults]\nseed = 1\n[profiles.b]\nlog = true\n",
        "[profiles]\na.log = true\n[profiles.b.defaults]\n",
    ],
)
def test_unusual_layouts_are_changed_rightly_or_not_at_all(tmp_path: Path, text: str) -> None:
    import tomllib

    for key, value in (("defaults.top_p", "0.5"), ("profiles.b.theme", "dark"), ("profiles.c.model", "m")):
        (tmp_path / "config.toml").write_text(text)
        wanted = tomllib.loads(text)
        table = wanted
        *path, last = key.split(".")
        for part in path:
            table = table.setdefault(part, {})
        table[last] = 0.5 if last == "top_p" else value
        try:
            changed = put(tmp_path, key, value)
        except ConfigError:
            assert (tmp_path / "config.toml").read_text() == text
        else:
            assert tomllib.loads(changed) == wanted
