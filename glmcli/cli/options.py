"""What `run` and `chat` accept on the command line, as dataclasses that become Typer parameters.

Here argv turns into values and nothing else happens: no file, environment or network is touched. The flags of request
fields are not written here at all: they come from the request schema (`glmcli.api.fields`), and so do the names that
`-o` knows.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

import typer

from glmcli.api.fields import Field, fields, read_flag, read_value
from glmcli.api.request import Sourced
from glmcli.errors import UsageError

Option = typer.Option


@dataclass(frozen=True, kw_only=True)
class TurnOptions:
    """What both commands take."""

    prompt: Annotated[list[str] | None, typer.Argument(help="The prompt; `-` reads it from stdin.")] = None

    option: Annotated[
        list[str] | None,
        Option("--option", "-o", metavar="NAME=VALUE", help="Any request field; the value is JSON, else a string."),
    ] = None
    think: Annotated[bool | None, Option("--think/--no-think", help="Let the model think before it answers.")] = None
    strict: Annotated[bool, Option("--strict", help="Refuse what would only be warned about.")] = False
    system: Annotated[str | None, Option("--system", "-s", metavar="TEXT", help="The system prompt.")] = None
    system_file: Annotated[str | None, Option("--system-file", metavar="PATH", help="The same, from a file.")] = None

    file: Annotated[
        list[str] | None, Option("--file", "-f", metavar="PATH|URL", help="A text to send along; `-` is stdin.")
    ] = None
    attachment: Annotated[
        list[str] | None,
        Option(
            "--attachment",
            "-a",
            metavar="PATH|URL",
            help="An image, a recording or a file to send along: at most 20 MiB each, 40 MiB in all.",
        ),
    ] = None
    editor: Annotated[bool, Option("--editor", "-e", help="Write the prompt in $VISUAL or $EDITOR.")] = False
    no_stdin: Annotated[bool, Option("--no-stdin", help="Do not look at stdin.")] = False
    stdin_timeout: Annotated[
        float | None,
        Option("--stdin-timeout", metavar="SEC", min=0, help="Wait so long for the first byte of stdin; 0: for ever."),
    ] = None

    continue_: Annotated[bool, Option("--continue", "-c", help="Go on with the last session.")] = False
    session: Annotated[
        str | None, Option("--session", metavar="NAME|ID", help="Go on with this session; a new name makes one.")
    ] = None
    no_log: Annotated[bool, Option("--no-log", help="Store nothing.")] = False

    raw: Annotated[bool, Option("--raw", "-r", help="Markdown source as it comes, on a terminal too.")] = False
    plain: Annotated[bool, Option("--plain", help="Line by line, without moving the cursor.")] = False
    hide_reasoning: Annotated[bool, Option("--hide-reasoning", "-R", help="Do not show the thinking.")] = False
    show_reasoning: Annotated[
        bool, Option("--show-reasoning", help="Show the thinking on stderr even where that is a file.")
    ] = False
    usage: Annotated[bool, Option("--usage", "-u", help="Show tokens, cost and speed on stderr.")] = False
    include: Annotated[bool, Option("--include", "-i", help="Show the response headers on stderr.")] = False

    connect_timeout: Annotated[
        float | None, Option("--connect-timeout", metavar="SEC", min=0, help="To connect (10); 0: no limit.")
    ] = None
    first_byte_timeout: Annotated[
        float | None,
        Option("--first-byte-timeout", metavar="SEC", min=0, help="To the first byte (120 streaming, else 900)."),
    ] = None
    timeout: Annotated[float | None, Option("--timeout", metavar="SEC", min=0, help="Between two bytes (60).")] = None
    retries: Annotated[int | None, Option("--retries", metavar="N", min=0, help="Tries after the first (2).")] = None
    ca_bundle: Annotated[
        str | None, Option("--ca-bundle", metavar="FILE", help="Certificates to trust, in PEM form.")
    ] = None

    fields: dict[str, Sourced] = field(default_factory=dict)
    """The request fields chosen by flags and `-o`, with the flag each came from; see `over`."""

    def over(self, below: Mapping[str, Any]) -> dict[str, Sourced]:
        """The chosen request fields, to be laid over others: --think chooses one key of chat_template_kwargs and
        leaves its other keys to whoever chose them."""
        if self.think is None:
            return self.fields
        name, flag = "chat_template_kwargs", "--think" if self.think else "--no-think"
        given = self.fields.get(name)
        value = given.value if given else below.get(name)
        others = value if isinstance(value, dict) else {}
        origin = f"{given.origin} and {flag}" if given and given.value is not None else flag
        return {**self.fields, name: Sourced({**others, "enable_thinking": self.think}, origin)}

    @property
    def words(self) -> str:
        """The prompt argument: its words joined by a space."""
        return " ".join(self.prompt or [])

    @property
    def names_system(self) -> bool:
        """Whether a flag names a system prompt, be it none."""
        return self.system is not None or self.system_file is not None

    @property
    def sources(self) -> list[str]:
        """What is read besides the words, where it may be `-`, stdin."""
        return [*(self.file or []), *(self.attachment or [])]


@dataclass(frozen=True, kw_only=True)
class RunOptions(TurnOptions):
    """What only `glm run` takes."""

    body: Annotated[
        str | None, Option("--body", metavar="FILE", help="A whole request body; only flags are merged over it.")
    ] = None
    messages: Annotated[
        str | None, Option("--messages", metavar="FILE", help="The conversation so far, as JSON or JSON Lines.")
    ] = None
    prompt_form: Annotated[bool, Option("--prompt-form", help='Send {"prompt": …} instead of messages.')] = False
    no_stream: Annotated[bool, Option("--no-stream", help="Ask for one JSON answer.")] = False
    json: Annotated[bool, Option("--json", help="One JSON object at the end.")] = False
    jsonl: Annotated[bool, Option("--jsonl", help="One JSON event a line, as it happens.")] = False
    output_format: Annotated[Literal["text", "json", "stream-json"] | None, Option("--output-format", hidden=True)] = (
        None
    )
    output: Annotated[str | None, Option("--output", metavar="FILE", help="Write the answer there as well.")] = None
    dry_run: Annotated[bool, Option("--dry-run", help="Print the request body; send nothing.")] = False
    curl: Annotated[bool, Option("--curl", help="Print a curl command that sends the same; send nothing.")] = False

    def __post_init__(self) -> None:
        if self.json and self.jsonl:
            raise UsageError("--json and --jsonl are two forms of the answer", hint="Leave one of them out.")

    @property
    def sources(self) -> list[str]:
        return [*super().sources, *(it for it in (self.body, self.messages) if it is not None)]

    @property
    def format(self) -> Literal["text", "json", "jsonl"]:
        if self.jsonl or self.output_format == "stream-json":
            return "jsonl"
        return "json" if self.json or self.output_format == "json" else "text"


Options = TypeVar("Options", bound=TurnOptions)


def parameters(kind: type[TurnOptions]) -> list[inspect.Parameter]:
    """The Typer parameters of an options class, the flags of the request fields among them."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(it.name, inspect.Parameter.KEYWORD_ONLY, default=it.default, annotation=hints[it.name])
        for it in dataclasses.fields(kind)
        if it.name != "fields"
    ] + [_field_parameter(it) for it in fields().values() if it.flag]


def _field_parameter(it: Field) -> inspect.Parameter:
    flag = it.flag or ""
    kind: Any = str | None
    names = [flag]
    if it.short:
        names.append(it.short)
    if it.kind == "boolean":
        kind, names = bool | None, [f"{flag}/--no-{flag[2:]}"]
    elif it.kind == "strings" or it.name == "metadata":
        kind = list[str] | None
    option = Option(*names, metavar=None if it.kind == "boolean" else it.metavar, help=it.help, show_default=False)
    return inspect.Parameter(
        _PREFIX + it.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


_PREFIX = "field_"


def from_values(kind: type[Options], values: dict[str, Any]) -> Options:
    """The options of one call, from what Typer parsed. Raises UsageError for a field given twice or unreadable."""
    chosen = {name: value for name, value in values.items() if not name.startswith(_PREFIX)}
    return kind(**chosen, fields=_fields(values, chosen.get("option") or []))


def _fields(values: dict[str, Any], assignments: list[str]) -> dict[str, Sourced]:
    known = fields()
    given: dict[str, Sourced] = {}
    for it in known.values():
        value = values.get(_PREFIX + it.name)
        if value is None or value == []:
            continue
        with naming(it.flag or ""):
            given[it.name] = Sourced(_flag_value(it, value), it.flag or "")
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"-o {assignment!r} is not of the form NAME=VALUE", hint="For example: -o temperature=0.2")
        if name in given:
            raise UsageError(f"{name} is given twice: by {given[name].origin} and by -o")
        with naming(f"-o {name}"):
            given[name] = Sourced(read_value(known.get(name), text), f"-o {name}")
    return given


@contextmanager
def naming(origin: str) -> Iterator[None]:
    """Tells where an unreadable value came from, where its fault does not say so itself."""
    try:
        yield
    except UsageError as error:
        if origin in error.message:
            raise
        raise UsageError(f"{error.message} (from {origin})", hint=error.hint) from None


def _flag_value(it: Field, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return read_flag(it, value)
    read = [read_flag(it, text) for text in value]
    if it.kind == "strings":
        return [text for texts in read for text in texts]
    return {key: text for pairs in read for key, text in pairs.items()}
