"""`glm chat`: starts or resumes a conversation and hands it to the REPL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import typer

from glmcli.cli.approve import Approver
from glmcli.cli.command import Invocation, command
from glmcli.cli.connect import EMBEDDED, connected
from glmcli.cli.conversation import Conversation
from glmcli.cli.meanwhile import Meanwhile
from glmcli.cli.options import TurnOptions, from_values, parameters
from glmcli.cli.plan import make_plan
from glmcli.cli.prompt import Sources, read_path
from glmcli.cli.templating import with_template
from glmcli.cli.tooling import tooling
from glmcli.cli.warnings import Warnings
from glmcli.errors import ExitStatus

if TYPE_CHECKING:
    from glmcli.api.client import Client
    from glmcli.cli.repl import Repl

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@command(app, "chat", more=parameters(TurnOptions))
def chat(call: Invocation, options: dict[str, Any]) -> ExitStatus | None:
    """Talk in the terminal, turn by turn.

    Words given, files of -f and the text of a pipe make the first message. /help lists the commands.
    """
    from glmcli.cli.device import find_device
    from glmcli.cli.keyboard import Keyboard
    from glmcli.cli.repl import Repl
    from glmcli.cli.view import view_of

    chosen = with_template(from_values(TurnOptions, options, read_path), call.folder)
    terminal = call.terminal_for(call.settings)
    warn = Warnings(terminal)
    keep = not chosen.no_log and call.settings.value("log").value
    with ExitStack() as stack:
        device = stack.enter_context(find_device(call.world))
        conversation = Conversation(call.folder, call.world, keep=keep, warn=warn)
        stack.callback(conversation.close)
        conversation.resume(last=chosen.continue_, name=chosen.session, fork=chosen.fork)
        tools = stack.enter_context(tooling(call.folder, call.world, chosen, warn, None))
        plan = tools.equip(make_plan(call, chosen, conversation.session), conversation.session)
        client_for = stack.enter_context(connected(plan.settings, chosen, call.world, terminal, warn))
        value = plan.settings.value
        keyboard = Keyboard(
            device,
            call.folder / "history" if keep else None,
            vi=value("editing_mode").value == "vi",
            vi_escape=value("vi_escape").value or "",
            multiline=value("multiline").value,
            color=terminal.color("stderr"),
        )
        repl = Repl(
            plan,
            conversation,
            client_for,
            keyboard,
            terminal,
            warn,
            options=chosen,
            tooling=tools,
            usages=conversation.usages(),
            verbose=call.verbose,
            debug=call.debug,
        )
        tools.ask = Approver(terminal, keyboard.asking)
        keyboard.view = view_of(repl, toolbar=value("toolbar").value)
        # What is wrong with the flags or the credentials is said now, not after the first message was typed, and
        # before a pipe is read that cannot be read again.
        repl.check(plan)
        keyboard.drawn = Meanwhile(_getting_ready(repl, client_for(plan.model.value))).drawn
        sources = Sources(chosen, call.world, terminal.note, value("ca_bundle").value)
        text, attached = sources.prompt(), sources.attached()
        given = bool(text.strip() or attached)
        if (frame := chosen.frame) is not None and given:
            text = frame.prompt(text)
        elif frame is not None and (how := repl.take_up(frame)):
            terminal.note(f"template {frame.template.name}: {how}")
        first = _message(text, attached, plan.model.value, warn) if given else None
        stack.enter_context(keyboard.open())
        repl.run([first] if first else [])
    return None


def _message(text: str, attached: list[dict[str, Any]], model: str, warn: Warnings) -> dict[str, Any]:
    """The message of the command line."""
    from glmcli import attachments

    if doubt := attachments.warning(attached, model):
        warn(doubt)
    return attachments.user_message(text, attached)


def _getting_ready(repl: "Repl", client: "Client") -> Callable[[], None]:
    """Makes ready for the next request to this client: one with the profile that there is now, which may change."""
    from glmcli.api.connections import import_httpx

    profile = repl.plan.settings.profile

    def get_ready() -> None:
        import_httpx()
        if profile.endpoint not in EMBEDDED and repl.plan.profile == profile.name:
            client.warm()

    return get_ready
