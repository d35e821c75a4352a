"""`--body FILE|-`: a request body of the user's own, which gets what flags say and no defaults (interface §3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from glmcli.api import json_text
from glmcli.api.choices import naming
from glmcli.api.endpoint import Endpoint
from glmcli.api.request import Place, Sourced, build_body, fields_of, lines, overlay, system, user
from glmcli.cli.asked_form import FIELD
from glmcli.cli.options import RunOptions
from glmcli.cli.plan import Plan, system_first
from glmcli.cli.prompt import Sources
from glmcli.errors import UsageError

Body = dict[str, Any]
Message = dict[str, Any]

NOT_KEPT = frozenset(("model", "messages", "prompt", "stream", "stream_options"))
"""Fields that are no options of the session: it holds them otherwise, or they follow the form of the output."""

THINKING = ("chat_template_kwargs", "reasoning_effort")


@dataclass(frozen=True)
class Given:
    """A body as it was given. text: the JSON that it was read from. origin: "--body req.json"."""

    body: Body
    text: str
    origin: str


def read(options: RunOptions, sources: Sources) -> Given | None:
    """The body that was given, None where none was. Raises UsageError where it is no JSON object."""
    if options.body is None:
        return None
    data = sources.bytes_of(options.body, "--body")
    origin = f"--body {options.body}"
    with naming(origin):
        body = json_text.parse(data)
        if not isinstance(body, dict):
            raise UsageError("the request body is not a JSON object")
    return Given(body, data.decode(), origin)


def origins(given: Given, options: RunOptions, sent: Body) -> dict[str, Place]:
    """Where each field of the body that is sent came from, and on which line it stands, for `check`."""
    layer = overlay(fields_of(given.body, given.origin, given.text), options.fields)
    told: dict[str, Place] = {"": lines(given.origin, given.text), **{name: it.told for name, it in layer.items()}}
    by = _moved(given.body.get("messages"), sent.get("messages"))
    if options.forms:
        told[FIELD] = lambda inside: options.forms[0]
    if by and "messages" not in options.fields:
        told["messages"] = layer["messages"].moved(by).told
    return told


def _moved(given: Any, sent: Any) -> int:
    """How far a system prompt has moved the messages."""
    if not isinstance(given, list) or not isinstance(sent, list):
        return 0
    pairs = ((new, old) for new in range(min(2, len(sent))) for old in range(min(2, len(given))))
    return next((new - old for new, old in pairs if sent[new] is given[old]), 0)


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
    params = {name: it for name, it in options.fields.items() if name != "model"}
    if "model" in base:
        params["model"] = plan.model
    if endpoint.model_in_body:
        params["model"] = replace(plan.model, value=endpoint.model)
    origin = f"--body {options.body}"
    given = {name: Sourced(it, origin) for name, it in base.items() if name in ("tools", "tool_choice")}
    params |= plan.tool_params({**given, **params})
    if plan.structured:
        params[FIELD] = plan.params[FIELD]
        thinking = {name: it for name, it in fields_of(base, origin, "").items() if name in THINKING}
        params |= plan.thinking_params({**thinking, **params}, endpoint)
    base = _with_messages(base, new, options, plan)
    stream = not options.no_stream and plan.streams(endpoint)
    body = build_body(params=params, limit_fields=(), stream=stream, base=base)
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


def _with_messages(base: Body, new: list[Message], options: RunOptions, plan: Plan) -> Body:
    """The body with the system prompt of the flags in place of its own, and with the new messages at its end."""
    text = plan.system.value if plan.system is not None and options.names_system else None
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
