"""One template as it stands in its file: read, and checked as strictly as config.toml is.

    description   one line for lists
    prompt        the text that is sent, with variables; without it, what the user gives is the prompt
    system        the system prompt, with variables, but not $input: it must not change from message to message
    model         a name
    [options]     request fields, as [defaults] of config.toml has them
    [params]      texts that stand for variables where nobody gives them a value
    tools         a list, as -T takes them; a path is that from the file's folder
    functions     a list of files of Python functions, from the file's folder
    schema, schema_multi   as the flags take them, or a table that is the JSON Schema
    extract       "first", "last" or "all": the code blocks that `glm run` prints

Every value knows the line it stands on, so that a refusal can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from glmcli.api.request import Sourced
from glmcli.errors import ConfigError
from glmcli.setting_keys import did_you_mean, nearest, shown
from glmcli.settings import checked_fields
from glmcli.templates.text import INPUT, variables
from glmcli.toml_text import Lines, join_key, line_of, parse, read_file

Extract = Literal["first", "last", "all"]
Fault = tuple[tuple[str, ...], str]
"""The path of a key, and what is wrong with it."""

EXTRACTS = ("first", "last", "all")


@dataclass(frozen=True)
class Template:
    """A template in which nothing is wrong. name: as -t has it. folder: that of its file, which its paths are from.

    options: request fields. params: defaults of variables. schema, schema_multi: a text, or the JSON Schema itself.
    """

    name: str
    folder: Path
    description: str = ""
    prompt: str | None = None
    system: Sourced | None = None
    model: Sourced | None = None
    options: Mapping[str, Sourced] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    schema: Sourced | None = None
    schema_multi: Sourced | None = None
    extract: Extract | None = None

    @cached_property
    def variables(self) -> list[str]:
        """Those of system and prompt which a value can be given to, in their order: all but $input."""
        texts = (self.system.value if self.system else "", self.prompt or "")
        return [name for name in dict.fromkeys(it for text in texts for it in variables(text)) if name != INPUT]

    @property
    def takes_input(self) -> bool:
        """Whether the prompt has a place for what the user gives."""
        return self.prompt is None or INPUT in variables(self.prompt)

    @property
    def summary(self) -> str:
        """What the user can give it: `$input $lang $tone=formal`."""
        given = [f"${INPUT}"] if self.takes_input else []
        return " ".join(
            [*given, *(f"${it}={self.params[it]}" if it in self.params else f"${it}" for it in self.variables)]
        )


def read(path: Path, name: str, shown_as: str, hint: str) -> Template:
    """The template of a file. shown_as: the file in messages. hint: what to do where something is wrong with it.

    Raises ConfigError with one line for each fault, `templates/x.toml line 4: …`.
    """
    try:
        data, lines = parse(read_file(path), shown_as)
    except ConfigError as error:
        raise ConfigError(error.message, hint=hint) from None
    faults: list[Fault] = []
    checked = _checked(data, faults)
    template = _template(checked, lines, name, path.absolute().parent, shown_as)
    faults += _faults_of_variables(template)
    if faults:
        told = sorted((line_of(lines, where), message) for where, message in faults)
        raise ConfigError("\n".join(f"{shown_as} line {line}: {message}" for line, message in told), hint=hint)
    return template


def _checked(data: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """The part of the file that is right; what is wrong with the rest is added to faults."""
    checked: dict[str, Any] = {}
    for key, value in data.items():
        if key not in KEYS:
            faults.append(((key,), f"unknown key {shown(key)}{_meant(key, data)}"))
        elif not KEYS[key].right(value):
            faults.append(((key,), f"{key} must be {KEYS[key].allowed}, not {shown(value)}"))
        else:
            checked[key] = value
    if "options" in checked:
        checked["options"] = _options(checked, faults)
    if "params" in checked:
        checked["params"] = dict(_params(checked["params"], faults))
    forms: list[tuple[str, ...]] = []
    if "response_format" in checked.get("options", ()):
        forms.append(("options", "response_format"))
    forms += [(key,) for key in ("schema", "schema_multi", "extract") if key in checked]
    if len(forms) > 1:
        faults.append((forms[-1], f"{join_key(forms[0])} and {join_key(forms[-1])} ask for two forms of the answer"))
    return checked


def _options(checked: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """The request fields whose names are known; the values are checked with the request that they go into."""
    options = checked_fields(checked["options"], ("options",), faults)
    for name in ("prompt", "model"):
        if name in options:
            faults.append((("options", name), f"{name} belongs at the top of the file, not under [options]"))
            del options[name]
    return options


def _params(table: Mapping[str, Any], faults: list[Fault]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if not isinstance(value, str):
            faults.append((("params", name), f"{name} must be a text, not {shown(value)}; write it in quotes"))
        elif name == INPUT:
            faults.append((("params", name), f"${INPUT} is what the user gives; it has no default"))
        else:
            yield name, value


def _meant(key: str, data: Mapping[str, Any]) -> str:
    """A guess for a key that the file does not have: fields and variables are written at its top by mistake."""
    from glmcli.api.fields import fields

    texts = (it for it in (data.get("prompt"), data.get("system")) if isinstance(it, str))
    if any(key in variables(text) for text in texts):
        return "; it belongs under [params]"
    if key in fields():
        return "; it belongs under [options]"
    near = nearest(key, fields())
    return did_you_mean(key, KEYS) or (f'; did you mean "{near}" under [options]?' if near else "")


def _faults_of_variables(template: Template) -> Iterator[Fault]:
    if template.system is not None and INPUT in variables(template.system.value):
        yield ("system",), f"system has no ${INPUT}, which differs from message to message; put it into prompt"
    for name in template.params:
        if name not in template.variables:
            guess = did_you_mean(name, template.variables)
            yield ("params", name), f"{name} is of no use: ${name} stands in neither prompt nor system{guess}"


def _template(checked: Mapping[str, Any], lines: Lines, name: str, folder: Path, shown_as: str) -> Template:
    def sourced(*path: str) -> Sourced:
        value: Any = checked
        for part in path:
            value = value[part]

        def place(inside: str) -> str:
            return f"{shown_as} line {line_of(lines, (*path, *inside.split('/')[1:]))}"

        return Sourced(value, place(""), place=place)

    def optional(key: str) -> Sourced | None:
        return sourced(key) if key in checked else None

    system = optional("system")
    return Template(
        name=name,
        folder=folder,
        description=checked.get("description", ""),
        prompt=checked["prompt"].strip("\r\n") if "prompt" in checked else None,
        system=Sourced(system.value.strip("\r\n"), system.origin) if system else None,
        model=optional("model"),
        options={it: sourced("options", it) for it in checked.get("options", ())},
        params=checked.get("params", {}),
        tools=tuple(checked.get("tools", ())),
        functions=tuple(str(folder / Path(it).expanduser()) for it in checked.get("functions", ())),
        schema=optional("schema"),
        schema_multi=optional("schema_multi"),
        extract=checked.get("extract"),
    )


@dataclass(frozen=True)
class Key:
    """What the value of a key may be: a test, and the same in words."""

    right: Callable[[Any], bool]
    allowed: str


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_name, value))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_schema(value: Any) -> bool:
    return _is_name(value) or _is_table(value)


KEYS = {
    "description": Key(_is_text, "a text"),
    "prompt": Key(_is_text, "a text"),
    "system": Key(_is_text, "a text"),
    "model": Key(_is_name, "a text that is not empty"),
    "tools": Key(_are_names, "a list of names"),
    "functions": Key(_are_names, "a list of paths"),
    "schema": Key(_is_schema, "a text or a table"),
    "schema_multi": Key(_is_schema, "a text or a table"),
    "extract": Key(EXTRACTS.__contains__, "first, last or all"),
    "options": Key(_is_table, "a table"),
    "params": Key(_is_table, "a table"),
}
