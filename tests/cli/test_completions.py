"""The completion scripts, in the shells themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.fields import fields
from glmcli.cli.completion.__main__ import main, scripts
from glmcli.cli.root import COMMANDS, load
from glmcli.setting_keys import KEYS
from glmcli.tools.builtin import NAMES
from tests.cli.shells import COMPLETIONS, FILES, Bash, Zsh, fish_lines, in_bash, in_fish, run, shell

CONFIG = """\
[profiles.work]
model = "x"
[ profiles."home" ]  # quoted
[profiles.work.defaults]
temperature = 1
[profiles."$(: >ran)"]
[defaults]
"""

SERVERS = '{"mcpServers": {"git": {"command": "x", "env": {"A": "b"}}, "docs":\n{"url": "u", "headers": {}}}}'
TRIP = (
    "import os\nraise SystemExit\nasync def forecast(name): ...\ndef dice (): ...\ndef _no(): ...\n  def inner(): ...\n"
)
SQL = """[{"type": "custom", "custom": {"name":"sql"}},
 {"type": "function", "function": {"name": "look_up", "parameters": {"properties": {"name": {"type": "string"}}}}}]"""
REVIEW = "system = 'In $lang'\nprompt = '''\n# $5 in $$own: ${input}\n$tone$tone ${lang}\n'''\n"
KEPT = ["dice", "docs", "forecast", "git", "look_up", "sql-tools", "sql", "trip"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory to complete in, with a configuration in `settings`."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "empty").mkdir()
    (folder / "settings").mkdir()
    (folder / "settings" / "config.toml").write_text(CONFIG)
    (folder / "settings" / "mcp.json").write_text(SERVERS)
    tools = folder / "settings" / "tools"
    tools.mkdir()
    for name, text in {"trip.py": TRIP, "sql-tools.json": SQL, "_not.py": TRIP, ".not.json": SQL, "x.txt": ""}.items():
        (tools / name).write_text(text)
    templates = folder / "settings" / "templates"
    templates.mkdir()
    for name, text in {"review.toml": REVIEW, "joke.toml": "prompt = 'Joke'", ".not.toml": "", "x.txt": ""}.items():
        (templates / name).write_text(text)
    (folder / "own.toml").write_text("prompt = '$a $input'")
    (folder / "alpha beta.json").touch()
    (folder / "my tools.py").touch()
    return folder


@pytest.fixture(scope="module")
def zsh(place: Path) -> Iterator[Zsh]:
    session = Zsh(place)
    yield session
    session.child.close(force=True)


@pytest.fixture(scope="module")
def bash(place: Path) -> Iterator[Bash]:
    session = Bash(place)
    yield session
    session.child.close(force=True)


@pytest.fixture(params=sorted(FILES))
def offered(request: pytest.FixtureRequest, place: Path) -> Callable[[str], list[str]]:
    """What each shell in turn offers for a line, sorted."""
    if request.param == "zsh":
        session: Zsh = request.getfixturevalue("zsh")
        return lambda line: sorted(session.offered(line)[0])
    ask = in_bash if request.param == "bash" else in_fish
    return lambda line: sorted(it for it in ask(place, line) if not it.startswith("compopt "))


def names(*path: str) -> list[str]:
    """Every spelling of every option that the command itself declares."""
    command: Any = load(path[0])
    for name in path[1:]:
        command = command.commands[name]
    options = [it for it in command.params if it.param_type_name == "option" and not it.hidden]
    return sorted({name for it in options for name in (*it.opts, *it.secondary_opts)} | {"--help", "-h"})


KEY_NAMES = sorted([*KEYS, *(f"defaults.{name}" for name in fields())])

LINES: dict[str, list[str]] = {
    "glm ": sorted(COMMANDS),
    "glm --profile work ": sorted(COMMANDS),
    "glm -qv --color=never ": sorted(COMMANDS),
    "glm ses": ["sessions"],
    "glm sessions ": sorted(load("sessions").commands),
    "glm -q config --debug ": sorted(load("config").commands),
    "glm config --color never local ": sorted(load("config").commands["local"].commands),
    "glm run -": names("run"),
    "glm chat -": names("chat"),
    "glm sessions export --": [name for name in names("sessions", "export") if name.startswith("--")],
    "glm config local install -": names("config", "local", "install"),
    "glm -": sorted([*names("run"), "--version", "-V"]),
    "glm run --rea": ["--reasoning-effort"],
    "glm --rea": ["--reasoning-effort"],
    "glm run --reasoning-effort ": ["high", "low", "medium"],
    "glm --json --reasoning-effort ": ["high", "low", "medium"],
    "glm run --reasoning-effort=m": ["--reasoning-effort=medium"],
    "glm run --tool-choice ": ["auto", "none", "required"],
    "glm run --response-format ": ["json", "text"],
    "glm run --think --no-l": ["--no-log", "--no-logprobs"],
    "glm run --thin": ["--think"],
    "glm run --no-thin": ["--no-think"],
    "glm run --output-f": [],
    "glm run --temperature ": [],
    "glm run --color al": ["always"],
    "glm run -qv --color=": ["--color=always", "--color=auto", "--color=never"],
    "glm --color ": ["always", "auto", "never"],
    "glm run summarize ": [],
    "glm run -- --col": [],
    "glm sessions export --format ": ["body", "html", "json", "jsonl", "md"],
    "glm run -o ": sorted(f"{name}=" for name in fields()),
    "glm run -o temper": ["temperature="],
    "glm run -o temperature=": [],
    "glm run -o stream=": ["stream=false", "stream=true"],
    "glm run -o reasoning_effort=l": ["reasoning_effort=low"],
    "glm run --option=tool_choice=n": ["--option=tool_choice=none"],
    "glm run --option=temper": ["--option=temperature="],
    "glm run -Ro temper": ["temperature="],
    "glm --json -o temper": ["temperature="],
    "glm config get ": KEY_NAMES,
    "glm config unset defaults.temper": ["defaults.temperature"],
    "glm config set edit": ["editing_mode"],
    "glm config set log ": ["false", "true"],
    "glm config set --color never theme ": ["auto", "dark", "light", "plain"],
    "glm config set profiles.work.endpoint a": ["ai-gateway"],
    "glm config set defaults.store ": ["false", "true"],
    "glm config set profiles.work.defaults.reasoning_effort ": ["high", "low", "medium"],
    "glm config set model ": [],
    "glm config nonsense ": [],
    "glm --profile ": ["default", "demo", "home", "local", "work"],
    "glm run --profile=w": ["--profile=work"],
    "glm config set profile d": ["default", "demo"],
    "glm run -T ": sorted([*NAMES, *KEPT]),
    "glm chat --tool=d": ["--tool=dice", "--tool=docs"],
    "glm run -T dice -T fo": ["forecast"],
    "glm run -T git__": [],
    "glm tools show ": sorted([*NAMES, *KEPT]),
    "glm tools call sq": ["sql", "sql-tools"],
    "glm tools call sql ": [],
    "glm tools check dice se": ["search_files"],
    "glm tools rm ": sorted(KEPT),
    "glm tools rm dice tr": ["trip"],
    "glm run --approve ": ["ask", "auto", "deny"],
    "glm -t re": ["review"],
    "glm chat --template=j": ["--template=joke"],
    "glm run -t review -p ": ["lang=", "tone="],
    "glm run --template=review hi -p t": ["tone="],
    "glm chat -qt review --param=l": ["--param=lang="],
    "glm -treview -pl": ["-plang="],
    "glm run -t ./own.toml -p ": ["a="],
    "glm run -t own.toml -p ": ["a="],
    "glm run -t review -p lang=": [],
    "glm run -t joke -p ": [],
    "glm run -t nowhere -p ": [],
    "glm run -p ": [],
    "glm config templates show ": ["joke", "review"],
    "glm config templates rm joke re": ["review"],
    "glm config templates e": ["edit"],
}


@pytest.mark.parametrize("line", LINES)
def test_every_shell_offers_the_same(line: str, offered: Callable[[str], list[str]]) -> None:
    assert offered(line) == LINES[line]


@pytest.mark.parametrize("line", ["glm config get log ", "glm config set log true ", "glm sessions list "])
def test_nothing_but_options_is_offered_where_no_argument_is_left(
    line: str, offered: Callable[[str], list[str]]
) -> None:
    assert [it for it in offered(line) if not it.startswith("-")] == []


FILES_WANTED = (
    "glm run --body ",
    "glm run -f ",
    "glm --system-file ",
    "glm sessions export -o ",
    "glm config local install ",
    "glm config set ca_bundle ",
)


@pytest.mark.parametrize("line", FILES_WANTED)
def test_bash_completes_files_its_own_way(place: Path, line: str) -> None:
    assert in_bash(place, line) == ["compopt -o bashdefault -o default"]


def test_bash_completes_directories_its_own_way(place: Path) -> None:
    assert in_bash(place, "glm run --config-dir ") == ["compopt -o dirnames"]


@pytest.mark.parametrize("line", FILES_WANTED)
def test_fish_and_zsh_offer_files(place: Path, zsh: Zsh, line: str) -> None:
    assert in_fish(place, f"{line}a") == ["alpha beta.json"]
    assert zsh.offered(f"{line}a")[0] == ["alpha\\ beta.json"]


def test_fish_and_zsh_offer_only_directories_for_a_directory(place: Path, zsh: Zsh) -> None:
    assert in_fish(place, "glm run --config-dir ") == ["empty/", "settings/"]
    assert zsh.offered("glm run --config-dir ")[0] == ["empty", "settings"]


def test_files_of_functions_end_with_py(place: Path, zsh: Zsh) -> None:
    for line in ("glm run --functions ", "glm tools call --functions "):
        in_fish_first = in_fish(place, f"{line}m")[:1]
        assert [in_bash(place, f"{line}m")[1:], in_fish_first, zsh.offered(f"{line}m")[0]] == [
            ["my tools.py"],
            ["my tools.py"],
            ["my\\ tools.py"],
        ]
        assert in_bash(place, f"{line}se") == ["compopt -o filenames -o default", "settings"]


def test_folders_are_offered_for_a_root(place: Path, zsh: Zsh) -> None:
    assert in_bash(place, "glm run --root ") == ["compopt -o dirnames"]
    assert in_fish(place, "glm run --root se") == ["settings/"]
    assert zsh.offered("glm run --root se")[0] == ["settings"]


def test_a_template_may_be_a_path(place: Path, zsh: Zsh) -> None:
    assert in_bash(place, "glm run -t ./ow") == ["compopt -o bashdefault -o default"]
    assert in_fish(place, "glm run -t ./ow") == ["./own.toml"]
    assert zsh.offered("glm run -t ./ow")[0] == ["own.toml"]


def test_a_tool_may_be_a_path(place: Path, zsh: Zsh) -> None:
    assert in_bash(place, "glm run -T ./m") == ["compopt -o bashdefault -o default"]
    assert in_fish(place, "glm run -T ./m") == ["./my tools.py"]
    assert zsh.offered("glm tools check ./m")[0] == ["my\\ tools.py"]


HELP = {
    "glm tools li": [("list", load("tools").commands["list"].help)],
    "glm run --prompt-f": [("--prompt-form", 'Send {"prompt": …} instead of messages.')],
    "glm run --store": [("--store", fields()["store"].help)],
    "glm run -o temper": [("temperature=", fields()["temperature"].help)],
    "glm config set defaults.logp": [("defaults.logprobs", fields()["logprobs"].help)],
    "glm config set gateway_p": [("gateway_path", KEYS["gateway_path"].help)],
}


@pytest.mark.parametrize("line", HELP)
def test_fish_and_zsh_show_the_help(place: Path, zsh: Zsh, line: str) -> None:
    assert fish_lines(place, line) == [f"{name}\t{help}" for name, help in HELP[line]]
    ((name, help),) = HELP[line]
    (shown,) = zsh.offered(line)[1]
    # zsh cuts what is wider than the terminal.
    label, _, text = shown.partition(" -- ")
    assert label.strip() == name.rstrip("=")
    assert text
    assert help.startswith(text)


def test_the_name_of_a_profile_is_never_run(place: Path, zsh: Zsh) -> None:
    in_bash(place, "glm --profile ")
    in_fish(place, "glm --profile ")
    zsh.offered("glm --profile ")
    assert not (place / "ran").exists()


@pytest.mark.parametrize("folder", ["xdg", ".config"])
@pytest.mark.parametrize("ask", [in_bash, in_fish])
def test_profiles_are_looked_for_where_the_settings_are(
    folder: str, ask: Callable[..., list[str]], tmp_path: Path, place: Path
) -> None:
    (tmp_path / folder / "glmcli").mkdir(parents=True)
    (tmp_path / folder / "glmcli" / "config.toml").write_text("[profiles.elsewhere]")
    xdg = str(tmp_path / "xdg") if folder == "xdg" else ""
    where = {"GLM_CONFIG_DIR": "", "XDG_CONFIG_HOME": xdg, "HOME": str(tmp_path), "PATH": os.defpath}

    assert ask(place, "glm --profile e", **where) == ["elsewhere"]


@pytest.mark.parametrize("ask", [in_bash, in_fish])
def test_without_a_configuration_the_built_in_profiles_are_offered(
    ask: Callable[..., list[str]], tmp_path: Path, place: Path
) -> None:
    assert sorted(ask(place, "glm --profile ", GLM_CONFIG_DIR=str(tmp_path))) == ["default", "demo", "local"]


TYPED = {
    "glm run -o temper\t0.2": ["run", "-o", "temperature=0.2"],
    "glm run -o stream=t\tx": ["run", "-o", "stream=true", "x"],
    "glm run --option=stream=f\tx": ["run", "--option=stream=false", "x"],
    "glm run --color=al\tx": ["run", "--color=always", "x"],
    "X=1 glm run --rea\tl\tx": ["run", "--reasoning-effort", "low", "x"],
    "glm run --model @cf/a:b --no-str\tx": ["run", "--model", "@cf/a:b", "--no-stream", "x"],
    "glm run 'a b' \"c\" --no-str\tx": ["run", "a b", "c", "--no-stream", "x"],
    "true; glm ses\tli\tx": ["sessions", "list", "x"],
    "glm run --body al\tx": ["run", "--body", "alpha beta.json", "x"],
    "glm run --body=al\tx": ["run", "--body=alpha beta.json", "x"],
    "glm run --functions my\tx": ["run", "--functions", "my tools.py", "x"],
    "glm run -T for\tx": ["run", "-T", "forecast", "x"],
    "glm run -t rev\t-p to\tkind x": ["run", "-t", "review", "-p", "tone=kind", "x"],
    "glm run --config-dir em\tx": ["run", "--config-dir", "empty/x"],
    "glm run -otemper\t1": ["run", "-otemperature=1"],
    "glm run -o 'stream=t\tx": ["run", "-o", "stream=true", "x"],
}


@pytest.mark.parametrize("keys", TYPED)
def test_bash_inserts_what_was_meant(bash: Bash, keys: str) -> None:
    assert bash.send(f"{keys}\r") == TYPED[keys]


def test_bash_completes_before_the_end_of_the_line(bash: Bash) -> None:
    assert bash.send("glm run --rea low" + "\x02" * 4 + "\t" + "\r") == ["run", "--reasoning-effort", "low"]


@pytest.mark.parametrize("keys", TYPED)
def test_zsh_inserts_what_was_meant(zsh: Zsh, keys: str) -> None:
    # It joins an option and its value by the `=` that goes away when a space is typed.
    meant = " ".join(TYPED[keys]).replace("--reasoning-effort low", "--reasoning-effort=low")
    assert " ".join(zsh.send(f"{keys}\r")) == meant


def test_zsh_takes_the_script_as_a_plain_file_too(place: Path) -> None:
    script = "autoload -Uz compinit; compinit -D -u; source $1; print $_comps[glm]"

    assert run(place, shell("zsh"), "-f", "-c", script, "zsh", str(COMPLETIONS / "_glm")) == ["_glm"]


def test_bash_3_is_left_alone(place: Path) -> None:
    text = (COMPLETIONS / "glm.bash").read_text().replace("BASH_VERSINFO[0]", "3")
    (place / "old.bash").write_text(text)

    assert run(place, shell("bash"), "--norc", "-c", f"source {place}/old.bash; complete -p") == []


@pytest.mark.parametrize("name", FILES)
def test_the_script_has_no_fault_of_syntax(name: str, place: Path) -> None:
    assert run(place, shell(name), "-n", str(COMPLETIONS / FILES[name])) == []


def test_the_scripts_are_those_of_the_commands_as_they_are(tmp_path: Path) -> None:
    kept = {name: (COMPLETIONS / name).read_text(encoding="utf-8") for name in FILES.values()}

    assert main([str(tmp_path / "new")]) == 0
    written = {it.name: it.read_text(encoding="utf-8") for it in (tmp_path / "new").iterdir()}

    assert written == scripts()
    assert kept == written, "completions/ is stale; run: python -m glmcli.cli.completion completions"


def test_the_generator_wants_one_directory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "usage: python -m glmcli.cli.completion DIR\n"
