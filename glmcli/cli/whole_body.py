"""`--body FILE|-`: a request body of the user's own, which gets what flags say and no defaults (interface §3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glmcli.api import json_text
from glmcli.api.endpoint import Endpoint
from glmcli.api.request import Sourced, build_body, system, user
from glmcli.cli.options import RunOptions, naming
from glmcli.cli.plan import Plan, system_first
from glmcli.cli.prompt import Sources, read_file
from glmcli.errors import UsageError

Body = dict[str, Any]
Message = dict[str, Any]

NOT_KEPT = frozenset(("model", "messages", "prompt", "stream", "stream_options"))
"""Fields that are no options of the session: it holds them otherwise, or they follow the form of the output."""


def read(options: RunOptions, sources: Sources) -> Body | None:
    """The body that was given, None where none was. Raises UsageError where it is no JSON object."""
    if options.body is None:
        return None
    data = sources.bytes_of(options.body, "--body")
    with naming(f"--body {options.body}"):
        body = json_text.parse(data)
        if not isinstance(body, dict):
            raise UsageError("the request body is not a JSON object")
    return body


def origins(body: Body, options: RunOptions) -> dict[str, str]:
    """Where each field came from, for `check`."""
    return {"": f"--body {options.body}", **{name: it.origin for name, it in options.over(body).items()}}


def with_model(plan: Plan, body: Body, options: RunOptions) -> Plan:
    """The plan with the model that the body names, unless a flag names another."""
    named = body.get("model")
    if isinstance(named, str) and "model" not in options.fields:
        return replace(plan, model=Sourced(named, f"--body {options.body}"))
    return plan


def merged(
    base: Body, new: list[Message], options: RunOptions, plan: Plan, endpoint: Endpoint
) -> tuple[Body, Plan, list[Message]]:
    """The body with what flags say, and the model where the endpoint reads it from the body; the plan that a session
    of it goes on with; the messages that the session gets.

    Raises UsageError for a prompt where there are no messages to add it to.
    """
    in_body = endpoint.model_in_body or "model" in base
    params = {name: it for name, it in options.over(base).items() if name != "model"}
    if in_body:
        params["model"] = plan.model
    base = _with_messages(base, new, options)
    body = build_body(params=params, limit_fields=(), stream=not options.no_stream, base=base)
    messages = body.get("messages")
    if not isinstance(messages, list):
        messages = [user(str(body.get("prompt")))]
    text, rest = system_first(messages)
    kept = replace(
        plan,
        system=Sourced(text, f"--body {options.body}") if text else None,
        chosen={name: value for name, value in body.items() if name not in NOT_KEPT},
    )
    return body, kept, rest


def _with_messages(base: Body, new: list[Message], options: RunOptions) -> Body:
    """The body with the system prompt of the flags in place of its own, and with the new messages at its end."""
    text = options.system
    if options.system_file is not None:
        text = read_file(options.system_file, "--system-file").strip("\n")
    if not new and text is None:
        return base
    messages = base.get("messages")
    if not isinstance(messages, list):
        raise UsageError(
            f"the body of --body {options.body} holds no messages to add to",
            hint="Leave out the prompt and the system prompt, or give the body messages.",
        )
    if text is not None:
        own, rest = system_first(messages)
        messages = [*([system(text)] if text else []), *(messages if own is None else rest)]
    return {**base, "messages": [*messages, *new]}
