"""What `run` and `chat` accept on the command line, as dataclasses that become Typer parameters.

Here argv turns into values and nothing else happens: no environment or network is touched, and no file but those that
stand for a value as `@FILE`, which are read by the caller's function. The flags of request fields are not written here
at all: they come from the request schema (`glmcli.api.fields`), and so do the names that `-o` knows.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from glmcli.api.choices import Read
from glmcli.api.choices import chosen as chosen_fields
from glmcli.api.fields import Field, flags
from glmcli.api.request import Sourced
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.templates import Frame

Option = typer.Option


@dataclass(frozen=True, kw_only=True)
class TurnOptions:
    """What both commands take."""

    prompt: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROMPT]...", help="The prompt; `-` before or after its words is stdin."),
    ] = None

    option: Annotated[
        list[str] | None,
        Option(
            "--option",
            "-o",
            metavar="NAME=VALUE",
            help="Any request field; the value is JSON, else a string. @FILE holds a list or an object.",
        ),
    ] = None
    strict: Annotated[bool, Option("--strict", help="Refuse what would only be warned about.")] = False
    system: Annotated[str | None, Option("--system", "-s", metavar="TEXT", help="The system prompt.")] = None
    system_file: Annotated[
        str | None, Option("--system-file", metavar="PATH", help="The same, from a file; `-` is stdin.")
    ] = None

    template: Annotated[
        str | None, Option("--template", "-t", metavar="NAME", help="A template for the prompt; or the path of one.")
    ] = None
    param: Annotated[
        list[str] | None,
        Option("--param", "-p", metavar="K=V", help="A value for a variable of the template (repeatable)."),
    ] = None

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

    schema: Annotated[
        str | None,
        Option(
            "--schema",
            metavar="SCHEMA",
            help="Answer in JSON that fits: a FILE, JSON, a NAME in schemas/, or 'name, age int, tags [str]'.",
        ),
    ] = None
    schema_multi: Annotated[
        str | None, Option("--schema-multi", metavar="SCHEMA", help="The same for a list of such items: JSON Lines.")
    ] = None
    json_object: Annotated[bool, Option("--json-object", help="Answer with any one JSON object.")] = False
    no_repair: Annotated[
        bool, Option("--no-repair", help="Do not ask again for an answer that does not fit the schema.")
    ] = False

    tool: Annotated[
        list[str] | None,
        Option(
            "--tool", "-T", metavar="NAME", help="A tool the model may call, or all of a file or server (repeatable)."
        ),
    ] = None
    functions: Annotated[
        list[str] | None,
        Option("--functions", metavar="FILE.py", help="A file whose typed functions the model may call (repeatable)."),
    ] = None
    root: Annotated[
        list[str] | None,
        Option("--root", metavar="DIR", help="A folder for the file tools, instead of the working directory."),
    ] = None
    approve: Annotated[
        Literal["ask", "auto", "deny"] | None,
        Option(
            "--approve",
            metavar="ask|auto|deny",
            help="Ask before calls of tools, approve all, or deny all that no rule approves (ask).",
        ),
    ] = None
    yes: Annotated[bool, Option("--yes", "-y", help="The same as --approve auto.")] = False
    max_turns: Annotated[
        int | None, Option("--max-turns", metavar="N", min=1, help="Requests of one turn with its tool calls (10).")
    ] = None

    continue_: Annotated[bool, Option("--continue", "-c", help="Go on with the last session.")] = False
    session: Annotated[
        str | None, Option("--session", metavar="NAME|ID", help="Go on with this session; a new name makes one.")
    ] = None
    fork: Annotated[bool, Option("--fork", help="Go on in a copy of the session; the old one stays.")] = False
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
    """The request fields chosen by flags and `-o`, with the flag each came from. A flag for the inside of a field,
    such as --think, chooses a part of it, which `overlay` lays over the rest."""

    frame: "Frame | None" = None
    """The template of -t with the values of -p; what it chooses for flags is among these (`glmcli.cli.templating`)."""

    @property
    def words(self) -> str:
        """The prompt argument: its words joined by a space, without the `-` that stands for stdin."""
        return " ".join(self._split[1])

    @property
    def readers(self) -> int:
        """How many read stdin because a `-` says so."""
        return [*self._split[0], *self.sources, self.system_file].count("-")

    @property
    def prompts_from_stdin(self) -> bool:
        """Whether a `-` says that the prompt, or its document, is stdin."""
        return bool(self._split[0])

    @property
    def _split(self) -> tuple[list[str], list[str]]:
        """Each `-` at the beginning and at the end of the prompt, then the words; between words it is one: 3 - 2."""
        words = list(self.prompt or [])
        dashes = [words.pop(end) for end in (0, -1) if words and words[end] == "-"]
        return dashes, words

    @property
    def names_system(self) -> bool:
        """Whether a flag names a system prompt, be it none."""
        return self.system is not None or self.system_file is not None

    @property
    def forms(self) -> list[str]:
        """The flags that say what JSON the answer has to be."""
        given = {"--schema": self.schema, "--schema-multi": self.schema_multi, "--json-object": self.json_object}
        return [flag for flag, value in given.items() if value is not None and value is not False]

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
    extract: Annotated[bool, Option("--extract", "-x", help="Print the first code block alone.")] = False
    extract_last: Annotated[bool, Option("--extract-last", help="Print the last code block alone.")] = False
    extract_all: Annotated[bool, Option("--extract-all", help="Print all code blocks and nothing else.")] = False
    copy: Annotated[bool, Option("--copy", help="Copy what is printed to the clipboard as well.")] = False
    dry_run: Annotated[bool, Option("--dry-run", help="Print the request body; send nothing.")] = False
    save: Annotated[
        str | None, Option("--save", metavar="NAME", help="Keep the flags and the prompt as a template; send nothing.")
    ] = None
    curl: Annotated[bool, Option("--curl", help="Print a curl command that sends the same; send nothing.")] = False

    def __post_init__(self) -> None:
        if self.json and self.jsonl:
            raise UsageError("--json and --jsonl are two forms of the answer", hint="Leave one of them out.")
        if self.extract + self.extract_last + self.extract_all > 1:
            raise UsageError("one kind of --extract at a time", hint="Leave the others out.")
        if self.extracts is not None and self.format != "text":
            raise UsageError("--extract prints code, not JSON", hint="Leave one of them out.")
        if self.extracts is not None and self.forms:
            raise UsageError(f"--extract prints code, {self.forms[0]} prints JSON", hint="Leave one of them out.")
        if self.dry_run and self.curl:
            raise UsageError("--dry-run and --curl print two forms of the request", hint="Leave one of them out.")

    @property
    def sources(self) -> list[str]:
        return [*super().sources, *(it for it in (self.body, self.messages) if it is not None)]

    @property
    def extracts(self) -> Literal["first", "last", "all"] | None:
        """Which code blocks are the answer; None for the whole of it."""
        if self.extract_last:
            return "last"
        return "first" if self.extract else "all" if self.extract_all else None

    @property
    def format(self) -> Literal["text", "json", "jsonl"]:
        if self.jsonl or self.output_format == "stream-json":
            return "jsonl"
        return "json" if self.json or self.output_format == "json" else "text"


Options = TypeVar("Options", bound=TurnOptions)


def parameters(kind: type[TurnOptions]) -> list[inspect.Parameter]:
    """The Typer parameters of an options class, the flags of the request fields among them."""
    hints = _hints(kind)
    return [
        inspect.Parameter(it.name, inspect.Parameter.KEYWORD_ONLY, default=it.default, annotation=hints[it.name])
        for it in dataclasses.fields(kind)
        if it.name not in ("fields", "frame")
    ] + [_field_parameter(it) for it in flags().values()]


def flag_of(kind: type[TurnOptions], name: str) -> str:
    """The flag of an option, as it is told to the user: "--tool"."""
    it = _hints(kind)[name].__metadata__[0]
    # In an annotation Typer keeps the first name where its default would be.
    return next(name for name in map(str, (it.default, *(it.param_decls or ()))) if name.startswith("--"))


def _hints(kind: type[TurnOptions]) -> dict[str, Any]:
    return typing.get_type_hints(kind, localns={"Frame": object}, include_extras=True)


def _field_parameter(it: Field) -> inspect.Parameter:
    flag = it.flag or ""
    kind: Any = str | None
    names = [flag]
    if it.short:
        names.append(it.short)
    if it.kind == "boolean":
        kind, names = bool | None, [f"{flag}/--no-{flag[2:]}"]
    elif it.repeatable:
        kind = list[str] | None
    option = Option(*names, metavar=None if it.kind == "boolean" else it.metavar, help=it.help, show_default=False)
    return inspect.Parameter(
        _parameter(it), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


_PREFIX = "field_"


def _parameter(it: Field) -> str:
    return _PREFIX + "__".join(it.path)


def from_values(kind: type[Options], values: dict[str, Any], read: Read) -> Options:
    """The options of one call, from what Typer parsed. read: the text of the file of a path.

    Raises UsageError for a field given twice or unreadable.
    """
    chosen = {name: value for name, value in values.items() if not name.startswith(_PREFIX)}
    given = [(it, values.get(_parameter(it))) for it in flags().values()]
    present = [(it, value) for it, value in given if value is not None and value != []]
    return kind(**chosen, fields=chosen_fields(present, chosen.get("option") or [], read))
