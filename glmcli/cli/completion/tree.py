"""The commands of `glm` as data, for scripts that cannot ask Python: read from the Typer parameters that run them.

What may stand for a value is told from the parameter alone: its type, its name where that is special everywhere, and
its metavar, whose words in small letters are the words to type (`none|auto|NAME`). The values of request fields and
settings come from their own declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from glmcli.api.fields import fields
from glmcli.cli.root import COMMANDS, load, root
from glmcli.setting_keys import BUILT_IN_PROFILES, KEYS
from glmcli.tools.builtin import NAMES

NAME = "glm"
IMPLIED = "glm run"
"""What `glm --option …` means (interface §1)."""

Kind = Literal[
    "any",
    "words",
    "file",
    "python",
    "folder",
    "profile",
    "assignment",
    "key",
    "setting",
    "tool",
    "kept",
    "template",
    "named_template",
    "variable",
]

_KINDS: dict[str, Kind] = {
    "NAME=VALUE": "assignment",
    "KEY": "key",
    "VALUE": "setting",
    "FILE.py": "python",
    "DIR": "folder",
    "TOOL": "tool",
    "TOOL|FILE": "tool",
    "KEPT": "kept",
    "TEMPLATE": "named_template",
    "K=V": "variable",
}
_FILE = re.compile(r"(PATH|FILE)\b").match
_WORD = re.compile(r"[a-z][a-z0-9_-]*").fullmatch


@dataclass(frozen=True)
class Values:
    """What may stand for a value.

    kind: "assignment" is `field=value`, "key" a settings key, "setting" the value of the key before it; "kept" is what
    the user keeps of tools, files and servers, "tool" that or a built-in one or a path; "named_template" is one that
    the user keeps, "template" that or a path, "variable" the `name=` of one in the template before; "python" a file of
    Python;
    "any" cannot be completed. words: those of the kind "words".
    """

    kind: Kind = "any"
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """One option. names: every spelling, the `--no-` form of a switch among them. takes: None for a switch."""

    names: tuple[str, ...]
    help: str
    takes: Values | None = None
    metavar: str = ""
    repeats: bool = False

    @property
    def long(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name.startswith("--"))

    @property
    def short(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if not name.startswith("--"))


@dataclass(frozen=True)
class Argument:
    """One positional argument; one that repeats is the last."""

    help: str
    takes: Values
    repeats: bool = False


@dataclass(frozen=True)
class Command:
    """One command or group. path: as typed, "glm config set"."""

    path: str
    help: str
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def name(self) -> str:
        return self.path.rpartition(" ")[2]

    def all(self) -> Iterator[Command]:
        """This command and every one below it."""
        yield self
        for command in self.commands:
            yield from command.all()


def read_tree() -> Command:
    """`glm` with everything below it; imports the module of every command."""
    return _command(root(), NAME, root().help, [(load(name), help) for name, (_, help) in COMMANDS.items()])


def everywhere(tree: Command) -> tuple[Option, ...]:
    """The options that every command has."""
    return tuple(it for it in tree.options if all(it in command.options for command in tree.all()))


def everywhere_pattern(tree: Command) -> str:
    """The regular expression of the words that may stand before a command's name, the values of options aside; any
    other option means `IMPLIED`."""
    short = "".join(name[1] for it in tree.options if it.takes is None for name in it.short)
    long = [f"{name}(=.*)?" if it.takes else name for it in tree.options for name in it.long]
    return "|".join([f"-[{short}]+", *long])


def by_commands(tree: Command) -> dict[tuple[str, ...], list[Option]]:
    """The other options, put together by the paths of the commands that have them. Those of `IMPLIED` are offered to
    the bare `glm` as well."""
    common = everywhere(tree)
    owners: dict[Option, list[str]] = {}
    for command in tree.all():
        for option in command.options:
            if option not in common:
                owners.setdefault(option, []).append(command.path)
    grouped: dict[tuple[str, ...], list[Option]] = {}
    for option, paths in owners.items():
        if IMPLIED in paths and NAME not in paths:
            paths = [NAME, *paths]
        grouped.setdefault(tuple(paths), []).append(option)
    return grouped


def keys() -> dict[str, str]:
    """Every settings key with its help, but for the request fields under `defaults`."""
    return {it.name: it.help for it in KEYS.values()}


def field_names() -> dict[str, str]:
    """Every request field with its help."""
    return {it.name: it.help for it in fields().values()}


def settings_by_values() -> dict[Values, list[str]]:
    """The settings keys, `defaults.` ones included, by what their values may be, but for those that may be anything."""
    grouped: dict[Values, list[str]] = {}
    for key in KEYS.values():
        if key.name == "profile":
            values = Values("profile")
        elif key.kind == "path":
            values = Values("file")
        else:
            values = _words(("true", "false") if key.kind == "boolean" else key.choices)
        grouped.setdefault(values, []).append(key.name)
    for field in fields().values():
        # A list is written as JSON here, other than for its flag.
        choices = () if field.kind == "strings" else field.choices
        values = _words(("true", "false") if field.kind == "boolean" else choices)
        grouped.setdefault(values, []).append(f"defaults.{field.name}")
    grouped.pop(Values(), None)
    return grouped


def tools() -> tuple[str, ...]:
    """The tools that are built in."""
    return NAMES


def profiles() -> tuple[str, ...]:
    """The profiles that need no configuration."""
    return tuple(BUILT_IN_PROFILES)


def _words(words: Iterable[str]) -> Values:
    words = tuple(words)
    return Values("words", words) if words else Values()


def _command(declared: Any, path: str, help: str, below: Iterable[tuple[Any, str]]) -> Command:
    context = declared.context_class(declared, info_name=path, **declared.context_settings)
    shown = [it for it in declared.get_params(context) if not getattr(it, "hidden", False)]
    return Command(
        path,
        help,
        tuple(_option(it) for it in shown if it.param_type_name == "option"),
        tuple(_argument(it) for it in shown if it.param_type_name == "argument"),
        tuple(_command(it, f"{path} {it.name}", its_help, _below(it)) for it, its_help in below if not it.hidden),
    )


def _below(declared: Any) -> list[tuple[Any, str]]:
    commands = getattr(declared, "commands", {}).values()
    return [(it, (it.help or "").partition("\n")[0]) for it in commands]


def _option(declared: Any) -> Option:
    return Option(
        # Long ones first; those of --help come in no order.
        names=tuple(sorted((*declared.opts, *declared.secondary_opts), key=lambda name: not name.startswith("--"))),
        help=" ".join((declared.help or "").split()),
        takes=None if declared.is_flag or declared.count else _values(declared),
        metavar=declared.metavar or declared.name.rpartition("_")[2].upper(),
        repeats=declared.multiple or declared.count,
    )


def _argument(declared: Any) -> Argument:
    return Argument(" ".join((declared.help or "").split()), _values(declared), declared.nargs == -1)


def _values(declared: Any) -> Values:
    if declared.name == "profile":
        return Values("profile")
    if declared.name in ("tool", "template"):
        return Values(declared.name)
    metavar = (declared.metavar or "").rstrip(".").strip("[]")
    if metavar in _KINDS:
        return Values(_KINDS[metavar])
    parts = metavar.split("|")
    if getattr(declared.type, "file_okay", False) or any(map(_FILE, parts)):
        return Values("file")
    return _words(getattr(declared.type, "choices", None) or filter(_WORD, parts))
