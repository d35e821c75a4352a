"""Reads TOML together with the line each key stands on, so that a fault can name its place.

tomllib says what the file means but not where; a scan over the same text, which tomllib has found valid before,
says where.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from glmcli.errors import ConfigError, UsageError

Lines = dict[tuple[str, ...], int]

_TOKEN = re.compile(
    r"""
      (?P<blank> [ \t\r]+ | \#[^\n]* )
    | (?P<newline> \n )
    | (?P<string> \"{3} (?: \\. | [^\\] )*? \"{3,5} (?!\") | '{3} .*? '{3,5} (?!')
                | \" (?: \\. | [^\"\\\n] )* \" | '[^'\n]*' )
    | (?P<mark> [\[\]{}=,.] )
    | (?P<bare> [^\s\#\"'\[\]{}=,.]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def read_file(path: Path) -> str:
    """The text of the file, "" where there is none. Raises ConfigError."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name} line {line}: not valid UTF-8") from None


def parse(text: str, name: str) -> tuple[dict[str, Any], Lines]:
    """The data, and the line (from 1) of each key, table and dotted prefix. name: of the file, for ConfigError."""
    try:
        return tomllib.loads(text), key_lines(text)
    except (ValueError, RecursionError) as error:
        message, _, place = str(error).partition(" (at ")
        number = re.match(r"line (\d+)", place)
        line = int(number[1]) if number else text.count("\n") + 1
        raise ConfigError(f"{name} line {line}: not valid TOML: {message[:1].lower()}{message[1:]}") from None


def key_lines(text: str) -> Lines:
    """The line of every key. Keys of inline tables are not in it: `line_of` gives the line of the table."""
    lines: Lines = {}
    table: tuple[str, ...] = ()
    key: list[str] = []
    line, depth = 1, 0
    in_key, in_header = True, False
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match.group()
        if kind == "newline":
            line += 1
            if depth == 0:
                key, in_key, in_header = [], True, False
        elif in_key and kind in ("bare", "string"):
            key.append(_unquoted(token))
        elif in_key and token == "[":
            in_header = True
        elif in_key and token == "]" and in_header:
            table, in_key = tuple(key), False
            lines.setdefault(table, line)
        elif in_key and token == "=":
            for length in range(len(key)):
                lines.setdefault((*table, *key[: length + 1]), line)
            in_key = False
        elif not in_key and not in_header and kind == "mark":
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token, 0)
        if kind == "string":
            line += token.count("\n")
    return lines


def line_of(lines: Lines, path: tuple[str, ...]) -> int:
    """The line of a key, or of the nearest thing around it; 1 where nothing is known."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def split_key(text: str) -> tuple[str, ...]:
    """A dotted key as TOML reads it: `profiles."my.own".model` has three parts. Raises UsageError."""
    parts: list[str] = []
    expect_part, end = True, 0
    for match in _TOKEN.finditer(text.strip()):
        token, kind = match.group(), match.lastgroup
        wanted = kind in ("bare", "string") if expect_part else token == "."
        if not wanted or match.start() != end:
            break
        if expect_part:
            parts.append(_unquoted(token))
        expect_part, end = not expect_part, match.end()
    if expect_part or end != len(text.strip()) or "\n" in text:
        raise UsageError(f"{text!r} is not a key", hint="Keys look like log, defaults.stop, profiles.work.model.")
    return tuple(parts)


def join_key(path: tuple[str, ...]) -> str:
    """The path as a dotted key, quoted where it must be."""
    import json

    return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part) for part in path)


def _unquoted(token: str) -> str:
    if token[0] in "\"'":
        try:
            return str(tomllib.loads(f"k={token}")["k"])
        except tomllib.TOMLDecodeError:
            return token
    return token
