"""What the user has approved: for this process, or for good in `approvals.toml`. Asks nobody and runs nothing.

A rule in the file is bound to a tool's name, to the hash of its definition and of what it runs, and to a pattern of its
arguments: a tool that was changed since is asked about again, however it is called (reliability §5.2, rules 1 and 9).

    [[rule]]
    tool = "weather"
    source = "/home/me/.config/glmcli/tools/weather.py"   # for people
    definition = "sha256:2c26b46b…"
    arguments = { city = "*", days = "3" }                # of each argument a pattern; or input = "…", or scope = "…"
    created = 2026-11-23T10:00:00Z

A pattern is a shell-like one (`*`, `?`, `[…]`) over the whole text of an argument: of a string itself, of other values
their JSON (and of a string that reads like such JSON too, where the schema leaves it open which of them it is). A call
is covered when each of its arguments has a pattern and fits it, and none is left out but where the pattern is `*`: what
a tool does without an argument is another thing. `scope` stands for all that one approval covers of a tool which is
approved by folder or host.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from glmcli.errors import ConfigError, UsageError
from glmcli.private_file import locked, replace_file
from glmcli.tools.tool import Approval, Tool

FILE_NAME = "approvals.toml"
HASHED = "sha256:"
ANY = "*"
_MAGIC = re.compile(r"([*?[])")
_HEAD = "# What glm may run unasked. `glm tools rules` lists and revokes these.\n"


@dataclass(frozen=True)
class Call:
    """A checked call. arguments: a dict that fits the tool's schema, or the input of a custom tool. scope: what one
    approval of the tool covers, where that is a folder or a host."""

    tool: Tool
    arguments: Any
    scope: str | None = None

    @property
    def texts(self) -> dict[str, str]:
        """What patterns are held against: of each argument its text; the input or the scope under that name."""
        if self.scope is not None:
            return {"scope": self.scope}
        if not isinstance(self.arguments, dict):
            return {"input": str(self.arguments)}
        declared = (self.tool.parameters or {}).get("properties")
        schemas = declared if isinstance(declared, dict) else {}
        return {name: _text(value, schemas.get(name)) for name, value in self.arguments.items()}


@dataclass(frozen=True)
class Rule:
    """An approval for good. kind: what `patterns` are of: arguments, input, or scope. created: as in the file."""

    tool: str
    definition: str
    kind: str
    patterns: Mapping[str, str]
    source: str = ""
    created: str = ""

    def covers(self, call: Call) -> bool:
        """Whether the call may run by this rule."""
        texts = call.texts
        return (
            self.tool == call.tool.name
            and self.definition == HASHED + call.tool.hash
            and self.kind == kind_of(call)
            and texts.keys() <= self.patterns.keys()
            and all(
                fnmatchcase(texts[name], pattern) if name in texts else pattern == ANY
                for name, pattern in self.patterns.items()
            )
        )

    @property
    def described(self) -> str:
        """The patterns in one line."""
        if self.kind == "arguments":
            return ", ".join(f"{name} = {pattern}" for name, pattern in self.patterns.items()) or "without arguments"
        return f"{self.kind} = {self.patterns[self.kind]}"


def kind_of(call: Call) -> str:
    """What a rule for the call has patterns of."""
    return "scope" if call.scope is not None else "arguments" if isinstance(call.arguments, dict) else "input"


def exactly(call: Call) -> dict[str, str]:
    """The patterns that cover this very call and no other."""
    return {name: escaped(text) for name, text in call.texts.items()}


def any_like(call: Call) -> dict[str, str]:
    """The patterns that cover every call of the tool; of one that is approved by scope, all of this scope."""
    if call.scope is not None:
        return exactly(call)
    if not isinstance(call.arguments, dict):
        return {"input": ANY}
    declared = (call.tool.parameters or {}).get("properties")
    return dict.fromkeys([*(declared if isinstance(declared, dict) else ()), *call.arguments], ANY)


def escaped(text: str) -> str:
    """A pattern that only this text fits."""
    return _MAGIC.sub(r"[\1]", text)


class Approvals:
    """The rules of the file, which is read again whenever it has changed, since another process may take an approval
    back; and what was approved since this one began.

    Raises ConfigError where the file cannot be read or makes no sense; a broken one approves nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self._rules: list[Rule] = []
        self._read: tuple[int, ...] | None = None
        self._session: set[tuple[str, str]] = set()

    def covers(self, call: Call) -> bool:
        """Whether the call may run without asking."""
        match call.tool.approval:
            case Approval.UNASKED:
                return True
            case Approval.ALWAYS:
                return False
            case _:
                return self._key(call) in self._session or any(rule.covers(call) for rule in self.rules())

    def rules(self) -> list[Rule]:
        """The rules of the file, in their order."""
        found = _version(self.path)
        if found != self._read:
            self._rules, self._read = read(self.path), found
        return self._rules

    def approve_for_session(self, call: Call) -> None:
        """Every further call of the tool runs unasked until the process ends; of one that is approved by scope, those
        of this scope, and those of the tools that share it."""
        self._session.add(self._key(call))

    def approve_for_good(self, call: Call, patterns: Mapping[str, str], *, now: float) -> Rule:
        """Writes a rule. now: seconds since the epoch. Raises ConfigError; then nothing is changed."""
        created = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tool = call.tool
        rule = Rule(tool.name, HASHED + tool.hash, kind_of(call), dict(patterns), tool.source, created)
        with locked(self.path.parent):
            kept = [it for it in read(self.path) if not it.covers(call) or it.patterns != rule.patterns]
            write(self.path, [*kept, rule])
        return rule

    def revoke(self, numbers: set[int]) -> list[Rule]:
        """Takes back the rules of these numbers, counted from 1 as they stand in the file, and returns them. Raises
        UsageError for a number that there is not, ConfigError."""
        with locked(self.path.parent):
            rules = read(self.path)
            if missing := sorted(number for number in numbers if not 1 <= number <= len(rules)):
                raise UsageError(
                    f"there is no rule {missing[0]}: {self.path.name} has {len(rules)}",
                    hint="glm tools rules lists them.",
                )
            write(self.path, [rule for number, rule in enumerate(rules, 1) if number not in numbers])
        return [rule for number, rule in enumerate(rules, 1) if number in numbers]

    @staticmethod
    def _key(call: Call) -> tuple[str, str]:
        return call.tool.shares or call.tool.hash, call.scope or ""


def read(path: Path) -> list[Rule]:
    """The rules of a file, none where there is none. Raises ConfigError, with the number of a rule that is none."""
    from glmcli.toml_text import parse, read_file

    data, _ = parse(read_file(path), path.name)
    rules = data.pop("rule", [])
    if data or not isinstance(rules, list):
        raise ConfigError(
            f"{path} holds {', '.join(data) or 'a rule that is no [[rule]]'}, but only [[rule]] has a meaning there",
            hint=f"Mend or delete {path}.",
        )
    return [_rule(it, number, path) for number, it in enumerate(rules, 1)]


def write(path: Path, rules: list[Rule]) -> None:
    """Puts the rules in the file's place. Raises ConfigError; then the old file is as it was."""
    import tomlkit

    document = tomlkit.document()
    tables = tomlkit.aot()
    for rule in rules:
        table = tomlkit.table()
        table["tool"] = rule.tool
        if rule.source:
            table["source"] = rule.source
        table["definition"] = rule.definition
        if rule.kind == "arguments":
            patterns = tomlkit.inline_table()
            patterns.update(rule.patterns)
            table["arguments"] = patterns
        else:
            table[rule.kind] = rule.patterns[rule.kind]
        if rule.created:
            table["created"] = datetime.fromisoformat(rule.created)
        tables.append(table)
    if rules:
        document["rule"] = tables
    replace_file(path, _HEAD + ("\n" + tomlkit.dumps(document) if rules else ""))


def _rule(value: Any, number: int, path: Path) -> Rule:
    kinds = [kind for kind in ("arguments", "input", "scope") if isinstance(value, dict) and kind in value]
    sound = (
        len(kinds) == 1
        and isinstance(value.get("tool"), str)
        and isinstance(value.get("definition"), str)
        and isinstance(patterns := value[kinds[0]], dict if kinds[0] == "arguments" else str)
        and (isinstance(patterns, str) or all(isinstance(it, str) for it in patterns.values()))
    )
    if not sound:
        raise ConfigError(
            f"{path} rule {number} is no rule: it wants tool, definition, and one of arguments, input, scope",
            hint=f"Mend or delete {path}.",
        )
    created = value.get("created", "")
    return Rule(
        tool=value["tool"],
        definition=value["definition"],
        kind=kinds[0],
        patterns=patterns if isinstance(patterns, dict) else {kinds[0]: patterns},
        source=str(value.get("source", "")),
        created=created.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(created, datetime) else str(created),
    )


def _version(path: Path) -> tuple[int, ...]:
    """What differs between a file and one that was put in its place."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _text(value: Any, schema: Any) -> str:
    """No two values that fit the schema have the same text: "1" is not 1."""
    plain = isinstance(schema, dict) and schema.get("type") == "string"
    if isinstance(value, str) and (plain or not _reads_as_json(value)):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _reads_as_json(text: str) -> bool:
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True
