"""From the options of `glm run` to a request that is checked and ready: whatever is wrong with it is said here, before
the model is asked. Reads files, stdin, the session, and what an address on the command line leads to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from glmcli import attachments
from glmcli.api.endpoint import Endpoint
from glmcli.api.request import Sourced, build_body, check, user
from glmcli.attachments import user_message
from glmcli.cli import whole_body
from glmcli.cli.command import Invocation
from glmcli.cli.connect import outline
from glmcli.cli.conversation import Conversation
from glmcli.cli.options import RunOptions
from glmcli.cli.plan import Plan, make_plan, system_first, with_system
from glmcli.cli.prompt import Sources
from glmcli.cli.templating import framed
from glmcli.cli.tooling import Tooling, refuse_foreign
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.api.events import ToolCalled

Body = dict[str, Any]
Message = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """A request that is ready. The model of the plan goes into the address.

    endpoint: as far as it is known without credentials. new: messages that the conversation does not hold yet.
    pending: calls of its last answer that are carried out first.
    """

    plan: Plan
    endpoint: Endpoint
    body: Body
    new: list[Message]
    pending: "list[ToolCalled]" = field(default_factory=list)


def prepare(
    call: Invocation, options: RunOptions, conversation: Conversation, tooling: Tooling, note: Say, warn: Say
) -> Asked:
    """Everything before the network. note, warn: say one line. Raises UsageError, RequestError, ConfigError."""
    _refuse_conflicts(options)
    conversation.resume(last=options.continue_, name=options.session, fork=options.fork)
    plan = tooling.equip(make_plan(call, options, conversation.session), conversation.session)
    sources = Sources(options, call.world, note, plan.settings.value("ca_bundle").value)
    prompt = sources.prompt()
    given = whole_body.read(options, sources)
    attached = sources.attached()
    prompt = framed(options.frame, prompt, more=bool(attached))
    new = [user_message(prompt, attached)] if prompt or attached else []
    if given is None:
        plan = _with_earlier_messages(plan, options, sources, warn)
        asked = _asked(plan, call, prompt, new, options, conversation, warn)
        origins = asked.plan.origins
    else:
        plan = whole_body.with_model(plan, given.body, options)
        endpoint = outline(plan.settings.profile, plan.model.value, call.folder)
        body, plan, new = whole_body.merged(given.body, new, options, plan, endpoint)
        if "messages" not in body:
            _refuse_tools(plan)
        asked = Asked(plan, endpoint, body, new)
        origins = whole_body.origins(given, options, body)
    if attached and (doubt := attachments.warning(attached, asked.plan.model.value)):
        warn(doubt)
    for line in check(asked.body, origins, strict=options.strict):
        warn(line)
    return asked


def _with_earlier_messages(plan: Plan, options: RunOptions, sources: Sources, warn: Say) -> Plan:
    """The plan with the conversation of --messages; a system prompt at its beginning is that of the plan, unless a
    flag says another. Raises UsageError with the line of each fault."""
    if options.messages is None:
        return plan
    from glmcli.conversation_file import read_messages

    origin = f"--messages {options.messages}"
    if "messages" in plan.params:
        other = plan.params["messages"].origin
        raise UsageError(f"there are two conversations: of {origin} and of {other}", hint="Leave one of them out.")
    name = "stdin" if options.messages == "-" else options.messages
    messages = read_messages(sources.bytes_of(options.messages, "--messages"), name, warn)
    text, rest = system_first(messages)
    own = Sourced(text, origin) if text is not None and not options.names_system else plan.system
    return replace(plan, system=own, params={**plan.params, "messages": Sourced(rest, origin)})


def _asked(
    plan: Plan,
    call: Invocation,
    prompt: str,
    new: list[Message],
    options: RunOptions,
    conversation: Conversation,
    warn: Say,
) -> Asked:
    """The request of a conversation, or of a lone prompt."""
    endpoint = outline(plan.settings.profile, plan.model.value, call.folder)
    params = plan.params_for(endpoint)
    stream = not options.no_stream and plan.streams(endpoint)
    lone = params.get("prompt")
    if lone is not None and prompt:
        raise UsageError(f"there are two prompts: the one given, and that of {lone.origin}", hint="Leave one out.")
    if options.prompt_form or lone is not None:
        lone = lone or Sourced(prompt, "")
        _refuse_tools(plan)
        if "messages" in params or conversation.messages:
            raise UsageError(
                "the prompt form has no place for earlier messages", hint="Leave out --prompt-form, or the messages."
            )
        _refuse_blank(lone.value)
        if plan.system is not None:
            warn(f"the prompt form has no place for a system prompt; the one from {plan.system.origin} is left out")
            plan = replace(plan, system=None)
        params["prompt"], new = lone, [user(str(lone.value))]
    else:
        given = params.get("messages")
        resuming = given is None and not new and conversation.stopped_in_calls
        if resuming:
            whole = with_system(plan, [*conversation.messages])
            body = build_body(
                params={**params, "messages": Sourced(whole, "session")},
                limit_fields=endpoint.limit_fields,
                stream=stream,
            )
            return Asked(plan, endpoint, body, [], _pending(plan, conversation))
        if given is None and not new:
            _refuse_blank(prompt)
        before = given.value if given is not None else []
        new = [*(before if isinstance(before, list) else []), *new]
        if new:  # else what was given is refused as it is, by the name of its own field
            whole = with_system(plan, [*conversation.before(new), *new])
            params["messages"] = Sourced(whole, given.origin if given else "")
            if given is not None:
                plan = replace(plan, params={**plan.params, "messages": given.moved(len(whole) - len(new))})
    body = build_body(params=params, limit_fields=endpoint.limit_fields, stream=stream)
    return Asked(plan, endpoint, body, new)


def _pending(plan: Plan, conversation: Conversation) -> "list[ToolCalled]":
    """The calls that the session stopped in. Raises UsageError where a tool of them is not at hand."""
    calls = conversation.open_calls()
    refuse_foreign(calls, plan)
    return calls


def _refuse_tools(plan: Plan) -> None:
    """Raises UsageError: what a call comes to needs messages to stand in."""
    if plan.tools:
        raise UsageError(
            "the prompt form has no place for tools", hint="Leave out --tool and --functions, or give messages."
        )


def _refuse_blank(prompt: Any) -> None:
    if isinstance(prompt, str) and not prompt.strip():
        raise UsageError(
            "there is no prompt", hint='For example: glm run "Why is the sky blue?", or pipe text into it.'
        )


def _refuse_conflicts(options: RunOptions) -> None:
    if options.body and (options.continue_ or options.session):
        raise UsageError(
            "--body brings a conversation of its own", hint="Leave out --body, or --continue and --session."
        )
    if options.body and options.template:
        raise UsageError("--body brings a prompt of its own", hint="Leave out --body, or --template.")
    if options.body and options.prompt_form:
        raise UsageError("--body brings a form of its own", hint="Leave out --prompt-form.")
    if options.body and options.messages:
        raise UsageError("--body and --messages bring two conversations", hint="Leave one of them out.")
    misplaced = (options.continue_, options.names_system, options.messages, options.attachment, options.tool)
    if options.prompt_form and any((*misplaced, options.functions)):
        raise UsageError(
            "the prompt form has no place for a system prompt, earlier messages, attachments or tools",
            hint="Leave out --prompt-form, or --system, --continue, --messages, --attachment and --tool.",
        )
