from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.cli import Glm

TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
CONFIG = """\
# mine
log = false

[defaults]
temperature = 0.3

[profiles.work]
endpoint = "openai"
base_url = "https://example.com/v1"
model = "m"
"""


@pytest.fixture
def config(glm: Glm) -> Path:
    glm.folder.mkdir(mode=0o700)
    path = glm.folder / "config.toml"
    path.write_text(CONFIG)
    return path


def test_show_prints_every_value_with_its_origin(glm: Glm, config: Path) -> None:
    result = glm("config", "show", env={"GLM_MODEL": "mine", "CLOUDFLARE_API_TOKEN": TOKEN})
    assert (result.status, result.stderr) == (0, "")
    assert TOKEN not in result.stdout
    rows = [line.split(maxsplit=2) for line in result.stdout.splitlines()]
    assert rows == [
        ["profile", '"default"', "default"],
        ["endpoint", '"workers-ai"', "default"],
        ["account_id", "-", "default"],
        ["base_url", '"https://api.cloudflare.com/client/v4"', "default"],
        ["model", '"mine"', "GLM_MODEL"],
        ["system", "-", "default"],
        ["gateway", "-", "default"],
        ["gateway_path", "-", "default"],
        ["gateway_token_env", "-", "default"],
        ["api_key_env", "-", "default"],
        ["token_command", "-", "default"],
        ["max_tokens_field", '"max_tokens"', "default"],
        ["log", "false", "config.toml line 2"],
        ["color", '"auto"', "default"],
        ["theme", '"auto"', "default"],
        ["markdown", "true", "default"],
        ["usage", "false", "default"],
        ["hide_reasoning", "false", "default"],
        ["editing_mode", '"emacs"', "default"],
        ["vi_escape", "-", "default"],
        ["toolbar", "true", "default"],
        ["multiline", "false", "default"],
        ["approve", '"ask"', "default"],
        ["max_turns", "10", "default"],
        ["fetch_private", "false", "default"],
        ["timeout", "60.0", "default"],
        ["first_byte_timeout", "-", "default"],
        ["connect_timeout", "10.0", "default"],
        ["retries", "2", "default"],
        ["ca_bundle", "-", "default"],
        ["defaults.temperature", "0.3", "config.toml line 5"],
        ["token", "…2345", "CLOUDFLARE_API_TOKEN"],
    ]


def test_show_gives_scripts_one_json_value(glm: Glm, config: Path) -> None:
    (glm.folder / "credentials.toml").write_text(
        f'[default]\ntoken = "{TOKEN}"\norigin = "https://api.cloudflare.com"\naccount_id = "acc"'
    )
    (glm.folder / "credentials.toml").chmod(0o644)
    result = glm("config", "show", "--json")
    shown = json.loads(result.stdout)
    assert shown["folder"] == str(glm.folder)
    assert shown["values"]["log"] == {"value": False, "origin": "config.toml line 2"}
    assert shown["values"]["account_id"] == {"value": "acc", "origin": "credentials.toml"}
    assert shown["token"] == {"origin": "credentials.toml", "ending": "2345", "text": "…2345"}
    assert "chmod 600" in result.stderr


@pytest.mark.parametrize(
    ("profile", "toml", "text"),
    [
        ("default", "", "(none; `glm config login`)"),
        ("demo", "", "(none)"),
        ("w", '[profiles.w]\ntoken_command = "false"', "(the command is not run here)"),
        (
            "w",
            '[profiles.w]\nendpoint = "openai"\napi_key_env = "K"',
            "(profile w takes its key from $K, which is not set)",
        ),
    ],
)
def test_show_says_why_there_is_no_token(glm: Glm, config: Path, profile: str, toml: str, text: str) -> None:
    config.write_text(toml)
    assert json.loads(glm("config", "show", "--json", "--profile", profile).stdout)["token"]["text"] == text


def test_show_names_the_account_of_the_environment_and_survives_broken_credentials(glm: Glm, config: Path) -> None:
    (glm.folder / "credentials.toml").write_text("[")
    values = json.loads(glm("config", "show", "--json").stdout)["values"]
    assert values["account_id"] == {"value": None, "origin": "default"}
    values = json.loads(glm("config", "show", "--json", env={"CLOUDFLARE_ACCOUNT_ID": "a"}).stdout)["values"]
    assert values["account_id"] == {"value": "a", "origin": "CLOUDFLARE_ACCOUNT_ID"}


@pytest.mark.parametrize(
    ("argv", "out", "err"),
    [
        (["log"], "false\n", ""),
        (["model"], "@cf/zai-org/glm-4.7-flash\n", ""),
        (["defaults.temperature"], "0.3\n", ""),
        (["profiles.work.endpoint"], "openai\n", ""),
        (["endpoint", "--profile", "work"], "openai\n", ""),
        (["system"], "", "system is not set\n"),
        (["defaults.seed"], "", "defaults.seed is not set\n"),
    ],
)
def test_get_prints_the_value_that_holds(glm: Glm, config: Path, argv: list[str], out: str, err: str) -> None:
    assert glm("config", "get", *argv).answer == (out, err, 0)


def test_get_refuses_what_it_does_not_know(glm: Glm, config: Path) -> None:
    result = glm("config", "get", "colour")
    assert (result.stdout, result.status) == ("", 2)
    assert 'did you mean "color"?' in result.stderr
    assert glm("config", "get", "profiles.nope.model").status == 3


def test_set_changes_one_key_and_says_where(glm: Glm, config: Path) -> None:
    assert glm("config", "set", "log", "yes").answer == ("", f"log = true in {config}\n", 0)
    assert glm("config", "set", "defaults.frequency_penalty", "-0.5").status == 0
    assert glm("--profile", "new", "config", "set", "endpoint", "demo").status == 0
    assert config.read_text() == CONFIG.replace("false", "true").replace("0.3\n", "0.3\nfrequency_penalty = -0.5\n") + (
        '\n[profiles.new]\nendpoint = "demo"\n'
    )


def test_set_refuses_a_token_and_a_wrong_value_and_changes_nothing(glm: Glm, config: Path) -> None:
    for argv in (["token", TOKEN], ["profiles.work.api_key", TOKEN], ["defaults.temperature", "3"], ["log", "maybe"]):
        result = glm("config", "set", *argv)
        assert (result.stdout, result.status) == ("", 2)
        assert TOKEN not in result.stderr
    assert config.read_text() == CONFIG


def test_set_and_unset_work_with_a_key_that_nobody_knows_in_the_file(glm: Glm, config: Path) -> None:
    config.write_text("temprature = 1\nlog = true\n")
    assert glm("config", "show").answer == (
        "",
        'config.toml line 1: unknown key "temprature"; did you mean "temperature" under [defaults]?\n'
        "`glm config edit` opens the file, `glm config doctor` lists everything that is wrong.\n",
        3,
    )
    assert glm("config", "set", "usage", "on").status == 0
    assert glm("config", "path").answer == (f"{config}\n", "", 0)
    assert glm("config", "unset", "temprature").answer == ("", f"temprature taken out of {config}\n", 0)
    assert config.read_text() == "log = true\nusage = true\n"


def test_unset_takes_out_a_key_a_profile_and_says_when_there_was_nothing(glm: Glm, config: Path) -> None:
    assert glm("config", "unset", "model", "--profile", "work").answer[1:] == (f"model is not set in {config}\n", 0)
    assert glm("config", "unset", "base_url", "--profile", "work").answer[1:] == (
        f"profiles.work.base_url taken out of {config}\n",
        0,
    )
    assert glm("config", "unset", "profiles.work").status == 0
    assert glm("config", "unset", "log").status == 0
    assert glm("config", "unset", "nonsense").status == 2
    assert config.read_text() == "# mine\n\n[defaults]\ntemperature = 0.3\n\n"


def test_profiles_lists_each_with_its_endpoint_and_marks_the_one_in_use(glm: Glm, config: Path) -> None:
    assert glm("config", "profiles", "--profile", "work").answer == (
        "  default  workers-ai  https://api.cloudflare.com/client/v4 @cf/zai-org/glm-4.7-flash\n"
        "  local    local\n"
        "  demo     demo         @cf/zai-org/glm-4.7-flash\n"
        "* work     openai      https://example.com/v1 m\n",
        "",
        0,
    )
    assert json.loads(glm("config", "profiles", "--json").stdout)[3] == {
        "name": "work",
        "endpoint": "openai",
        "model": "m",
        "base_url": "https://example.com/v1",
        "active": False,
        "built_in": False,
    }


def test_params_lists_every_request_field_and_where_it_is_set(glm: Glm, config: Path) -> None:
    from glmcli.api.fields import fields

    found = {it["name"]: it for it in json.loads(glm("config", "params", "--json").stdout)}
    assert list(found) == list(fields())
    assert found["temperature"] == {
        "name": "temperature",
        "flag": "--temperature",
        "flags": ["--temperature"],
        "type": "number or null",
        "bounds": "0 to 2",
        "default": fields()["temperature"].default,
        "value": 0.3,
        "origin": "config.toml line 5",
        "help": fields()["temperature"].help,
    }
    lines = glm("config", "params").stdout.splitlines()
    assert len(lines) == 2 * len(found)
    line = next(line for line in lines if line.startswith("temperature "))
    assert line.startswith("temperature  --temperature  number or null; 0 to 2;")
    assert line.endswith("; now 0.3 (config.toml line 5)")
    assert any(line.startswith("messages  -o messages=…  ") for line in lines)


def editor(folder: Path, *texts: str) -> dict[str, str]:
    """An editor that leaves the first text in the file at its first visit, the second at its second, and so on."""
    script = folder / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        f"left = pathlib.Path({str(folder / 'left')!r})\n"
        "number = int(left.read_text()) if left.exists() else 0\n"
        "left.write_text(str(number + 1))\n"
        f"pathlib.Path(sys.argv[1]).write_text({list(texts)!r}[number])\n"
    )
    return {"EDITOR": f"{sys.executable} {script}"}


def test_edit_makes_the_file_and_is_content_when_it_is_right(glm: Glm, tmp_path: Path) -> None:
    assert glm("config", "edit", env={"VISUAL": "true", "PATH": "/usr/bin:/bin"}).answer == ("", "", 0)
    assert (glm.folder / "config.toml").read_text().startswith("# Settings of glm.")
    assert glm("config", "edit", env=editor(tmp_path, "log = true")).answer == ("", "", 0)


def test_edit_names_every_fault_and_keeps_what_was_typed(glm: Glm, config: Path, tmp_path: Path) -> None:
    assert glm("config", "edit", env=editor(tmp_path, "log = 1\nx = ")).answer == (
        "",
        f"config.toml line 2: not valid TOML: invalid value\n{config} is kept as you left it.\n",
        3,
    )
    assert config.read_text() == "log = 1\nx = "


def test_edit_offers_another_visit_on_a_terminal(glm: Glm, config: Path, tmp_path: Path) -> None:
    env = editor(tmp_path, "log = 1", "log = 2", "log = true")
    result = glm("config", "edit", stdin=b"\nyes\n", env=env, stdin_tty=True)
    assert (result.status, config.read_text()) == (0, "log = true")
    assert result.stderr.count("Edit again? [Y/n] ") == 2
    (tmp_path / "left").unlink()
    assert glm("config", "edit", stdin=b"no\n", env=env, stdin_tty=True).status == 3
    assert config.read_text() == "log = 1"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "/no/such/editor",
            "the editor '/no/such/editor' does not start: No such file or directory\nSet VISUAL or EDITOR.\n",
        ),
        ("'", 'the editor "\'" does not start: No closing quotation\nSet VISUAL or EDITOR.\n'),
        ("false", "the editor 'false' ended with status 1\n{path} is as it left it.\n"),
    ],
)
def test_an_editor_that_fails_is_said(glm: Glm, config: Path, command: str, message: str) -> None:
    env = {"EDITOR": command, "PATH": "/usr/bin:/bin"}
    assert glm("config", "edit", env=env).answer == ("", message.format(path=config), 2)
    assert config.read_text() == CONFIG
