"""`glm chat`: starts or resumes a conversation and hands it to the REPL."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import typer

from glmcli.cli.answer import Warnings
from glmcli.cli.command import Invocation, command
from glmcli.cli.connect import connected
from glmcli.cli.conversation import Conversation
from glmcli.cli.options import TurnOptions, from_values, parameters
from glmcli.cli.plan import make_plan
from glmcli.cli.prompt import read_prompt
from glmcli.errors import ExitStatus

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@command(app, "chat", more=parameters(TurnOptions))
def chat(call: Invocation, options: dict[str, Any]) -> ExitStatus | None:
    """Talk in the terminal, turn by turn.

    Words given, files of -f and the text of a pipe make the first message. /help lists the commands.
    """
    from glmcli.cli.keyboard import Keyboard
    from glmcli.cli.repl import Repl

    chosen = from_values(TurnOptions, options)
    terminal = call.terminal_for(call.settings)
    warn = Warnings(terminal)
    keep = not chosen.no_log and call.settings.value("log").value
    with ExitStack() as stack:
        conversation = Conversation(call.folder, call.world, keep=keep, warn=warn)
        stack.callback(conversation.close)
        conversation.resume(last=chosen.continue_, name=chosen.session)
        plan = make_plan(call, chosen, conversation.session)
        first = read_prompt(chosen, call.world, terminal.note)
        keyboard = stack.enter_context(Keyboard(call.world, call.folder, plan.settings, keep=keep))
        client_for = stack.enter_context(connected(plan.settings, chosen, call.world, terminal))
        # Without credentials there is nobody to talk to: said now, not after the first message was typed.
        client_for(plan.model.value)
        repl = Repl(plan, conversation, client_for, keyboard, terminal, warn, options=chosen, verbose=call.verbose)
        repl.run(first)
    return None
