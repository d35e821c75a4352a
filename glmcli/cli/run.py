"""`glm run`: one prompt in, one answer out; the place where curl used to be.

The choices are settled, the input is read, the body is built and checked, and only then credentials are looked for
and something is sent: whatever is wrong with a request is said before a connection is made.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from glmcli.api import json_text
from glmcli.api.endpoint import Endpoint
from glmcli.api.request import build_body, check, system, user
from glmcli.cli.answer import Warnings, answer
from glmcli.cli.command import Invocation, command
from glmcli.cli.connect import as_curl, connected, outline
from glmcli.cli.conversation import Conversation
from glmcli.cli.options import RunOptions, from_values, parameters
from glmcli.cli.plan import Plan, make_plan, with_system
from glmcli.cli.prompt import read_file, read_prompt
from glmcli.cli.stdin import read as read_stdin
from glmcli.errors import ExitStatus, GlmError, UsageError

if TYPE_CHECKING:
    from glmcli.ui.terminal import Terminal

Body = dict[str, Any]
Message = dict[str, Any]

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@command(app, "run", more=parameters(RunOptions))
def run(call: Invocation, options: dict[str, Any]) -> ExitStatus | None:
    """One prompt in, one answer out.

    The prompt is the words given, after the text of stdin and of the files of -f. stdout gets the answer alone.
    """
    chosen = from_values(RunOptions, options)
    with ExitStack() as stack:
        try:
            terminal = call.terminal_for(call.settings)
            warn = Warnings(terminal)
            keep = not chosen.no_log and not (chosen.dry_run or chosen.curl) and call.settings.value("log").value
            conversation = Conversation(call.folder, call.world, keep=keep, warn=warn)
            stack.callback(conversation.close)
            asked = _prepare(call, terminal, chosen, conversation, warn)
            if chosen.dry_run or chosen.curl:
                terminal.write(_shown(chosen, asked, conversation.id))
                return None
            if chosen.continue_ and (it := conversation.session) is not None:
                terminal.note(f"continuing session {it.name or it.id}: {it.title}")
            client_for = stack.enter_context(connected(asked.plan.settings, chosen, call.world, terminal))
            client = client_for(asked.model)
        except GlmError as error:
            _report(call, chosen, error)
            raise
        _, failure = answer(
            client,
            asked.plan,
            conversation,
            asked.new,
            asked.body,
            chosen,
            terminal,
            warn,
            verbose=call.verbose,
            format=chosen.format,
            output=Path(chosen.output) if chosen.output else None,
        )
    if failure is not None:
        raise failure
    return None


@dataclass(frozen=True)
class Asked:
    """A request that is ready. model: goes into the address. new: messages that the conversation does not hold yet."""

    plan: Plan
    model: str
    endpoint: Endpoint
    body: Body
    new: list[Message]


def _prepare(
    call: Invocation, terminal: "Terminal", options: RunOptions, conversation: Conversation, warn: Warnings
) -> Asked:
    """Everything before the network. Raises UsageError, RequestError, ConfigError."""
    if options.body and (options.continue_ or options.session):
        raise UsageError(
            "--body brings a conversation of its own", hint="Leave out --body, or --continue and --session."
        )
    conversation.resume(last=options.continue_, name=options.session)
    plan = make_plan(call, options, conversation.session)
    base = _base(call, terminal, options)
    named = base.get("model") if base is not None and "model" not in options.fields else None
    model = named if isinstance(named, str) else plan.model.value
    endpoint = outline(plan.settings.profile, model, call.folder)
    prompt = read_prompt(options, call.world, terminal.note, body=options.body)
    if base is not None:
        body, new = _merged(base, prompt, options, plan, endpoint)
        origins = {"": f"--body {options.body}", **{name: it.origin for name, it in options.fields.items()}}
    else:
        body, new = _built(plan, endpoint, prompt, options, conversation)
        origins = plan.origins
    for line in check(body, origins, strict=options.strict):
        warn(line)
    if body.get("n", 1) != 1 and options.format == "text" and not terminal.out_is_tty:
        warn("only the first choice is printed; --json gives all of them")
    return Asked(plan, model, endpoint, body, new)


def _built(
    plan: Plan, endpoint: Endpoint, prompt: str, options: RunOptions, conversation: Conversation
) -> tuple[Body, list[Message]]:
    """The body of a conversation, or of a lone prompt."""
    params = {**plan.params, "model": plan.model} if endpoint.model_in_body else dict(plan.params)
    given = params.pop("messages", None)
    before = given.value if given is not None else []
    lone = params.pop("prompt", None)
    if lone is not None and prompt:
        raise UsageError("there are two prompts: the one given, and that of -o prompt", hint="Leave one of them out.")
    prompt = prompt or (lone.value if lone is not None else "")
    if (not isinstance(prompt, str) or not prompt.strip()) and not before:
        raise UsageError(
            "there is no prompt", hint='For example: glm run "Why is the sky blue?", or pipe text into it.'
        )
    how: dict[str, Any] = {
        "params": params,
        "limit_fields": endpoint.limit_fields,
        "stream": not options.no_stream,
    }
    if options.prompt_form or lone is not None:
        if options.system is not None or options.system_file is not None or conversation.messages or before:
            raise UsageError(
                "the prompt form has no place for a system prompt or earlier messages",
                hint="Leave out --prompt-form, or --system, --continue and --session.",
            )
        return build_body(prompt=prompt, **how), [user(prompt)]
    if not isinstance(before, list):
        new = before  # refused as it is, by the name of its own field
        return build_body(messages=new, **how), []
    new = [*before, *([user(prompt)] if prompt else [])]
    return build_body(messages=with_system(plan, [*conversation.messages, *new]), **how), new


def _base(call: Invocation, terminal: "Terminal", options: RunOptions) -> Body | None:
    """The body of --body. Raises UsageError where it is no JSON object."""
    if options.body is None:
        return None
    if options.prompt_form:
        raise UsageError("--body brings a form of its own", hint="Leave out --prompt-form.")
    if options.body == "-":
        text = read_stdin(call.world, terminal.note, timeout=options.stdin_timeout)
    else:
        text = read_file(options.body, "--body")
    try:
        base = json_text.parse(text)
    except UsageError as error:
        raise UsageError(f"{error.message} (from --body {options.body})", hint=error.hint) from None
    if not isinstance(base, dict):
        raise UsageError(f"the request body is not a JSON object (from --body {options.body})")
    return base


def _merged(base: Body, prompt: str, options: RunOptions, plan: Plan, endpoint: Endpoint) -> tuple[Body, list[Message]]:
    """The user's own body with what flags say, and nothing else (interface §3) but the model, where the endpoint
    reads it from the body."""
    named = endpoint.model_in_body or "model" in base
    params = {name: it for name, it in options.fields.items() if name != "model" or named}
    if endpoint.model_in_body and "model" not in base:
        params["model"] = plan.model
    messages = base.get("messages")
    text = options.system
    if options.system_file is not None:
        text = read_file(options.system_file, "--system-file").strip("\n")
    if prompt or text is not None:
        if not isinstance(messages, list):
            raise UsageError(
                f"the body of --body {options.body} holds no messages to add to",
                hint="Leave out the prompt and the system prompt, or give the body messages.",
            )
        if text is not None:
            rest = messages[1:] if messages[:1] and _role(messages[0]) == "system" else messages
            messages = [system(text), *rest]
        messages = [*messages, *([user(prompt)] if prompt else [])]
        base = {**base, "messages": messages}
    stream = not options.no_stream
    body = build_body(params=params, limit_fields=(), stream=stream, base=base)
    if isinstance(messages, list):
        return body, [message for message in messages if _role(message) not in (None, "system")]
    return body, [user(str(base.get("prompt")))]


def _role(message: Any) -> str | None:
    return message.get("role") if isinstance(message, dict) else None


def _shown(options: RunOptions, asked: Asked, session_id: str | None) -> str:
    """What --curl or --dry-run prints instead of sending."""
    if options.curl:
        if asked.plan.settings.profile.endpoint in ("demo", "local"):
            raise UsageError(
                "the embedded endpoints end with the command, so curl cannot reach them",
                hint="Start one that stays: glm serve",
            )
        return as_curl(asked.endpoint, asked.body, session_id) + "\n"
    from glmcli.ui.machine import dumps

    return dumps(asked.body, indent=2) + "\n"


def _report(call: Invocation, options: RunOptions, error: GlmError) -> None:
    """A program that reads JSON gets its failures as JSON, those before the first event too."""
    from glmcli.ui.machine import dumps

    if options.format == "json":
        call.terminal.write(dumps({"error": error.to_json()}) + "\n")
    elif options.format == "jsonl":
        call.terminal.write(dumps({"type": "error", "error": error.to_json()}) + "\n")
