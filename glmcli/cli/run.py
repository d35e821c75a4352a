"""`glm run`: one prompt in, one answer out; the place where curl used to be.

The request is made ready and checked (`glmcli.cli.request`), and only then credentials are looked for and something
is sent. What talks to the network is not even imported before.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from glmcli.cli.approve import Approver
from glmcli.cli.command import Invocation, command
from glmcli.cli.conversation import Conversation
from glmcli.cli.options import RunOptions, from_values, parameters
from glmcli.cli.prompt import read_path
from glmcli.cli.templating import with_template
from glmcli.cli.tooling import Tooling, tooling
from glmcli.cli.warnings import Warnings
from glmcli.errors import ExitStatus, StoreError, UsageError

if TYPE_CHECKING:
    from glmcli.cli.request import Asked
    from glmcli.ui.terminal import Terminal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@command(app, "run", more=parameters(RunOptions))
def run(call: Invocation, options: dict[str, Any]) -> ExitStatus | None:
    """One prompt in, one answer out.

    The prompt is the words given, after the text of stdin and of the files of -f. stdout gets the answer alone.
    """
    from glmcli.cli.request import prepare

    chosen = from_values(RunOptions, options, read_path)
    if chosen.save is not None:
        from glmcli.cli.saving import save

        save(call, chosen)
        return None
    chosen = with_template(chosen, call.folder)
    terminal = call.terminal_for(call.settings)
    terminal.flush()  # a standard output that is closed is told before anything is paid for
    warn = Warnings(terminal)
    only_shown = chosen.dry_run or chosen.curl
    keep = not (chosen.no_log or only_shown) and call.settings.value("log").value
    with ExitStack() as stack:
        conversation = Conversation(call.folder, call.world, keep=keep, warn=warn)
        stack.callback(conversation.close)
        ask = Approver.of(call.world, terminal)
        tools = stack.enter_context(tooling(call.folder, call.world, chosen, warn, ask))
        asked = prepare(call, chosen, conversation, tools, terminal.note, warn)
        if only_shown:
            text = _shown(chosen, asked, conversation.id)
            if chosen.output:
                _write(Path(chosen.output), text)
            terminal.write(text)
            return None
        if asked.body.get("n", 1) != 1 and chosen.format == "text" and not terminal.out_is_tty:
            warn("only the first choice is printed; --json gives all of them")
        if asked.body.get("n", 1) != 1 and asked.plan.tools:
            warn("of several choices no call is carried out: which of them would go on?")
        return _send(call, chosen, asked, conversation, tools, terminal, warn, stack)


def _send(
    call: Invocation,
    options: RunOptions,
    asked: "Asked",
    conversation: Conversation,
    tools: Tooling,
    terminal: "Terminal",
    warn: Warnings,
    stack: ExitStack,
) -> ExitStatus | None:
    from glmcli.cli.answer import answer
    from glmcli.cli.connect import connected
    from glmcli.cli.failure import show_failure

    if (resumed := conversation.resumed) is not None:
        terminal.note(resumed)
    client_for = stack.enter_context(connected(asked.plan.settings, options, call.world, terminal, warn))
    completion, failure = answer(
        client_for(asked.plan.model.value),
        asked.plan,
        conversation,
        asked.new,
        asked.body,
        options,
        terminal,
        warn,
        verbose=call.verbose,
        debug=call.debug,
        format="none" if options.extracts else options.format,
        output=Path(options.output) if options.output else None,
        tooling=tools,
        pending=asked.pending,
    )
    if failure is None or isinstance(failure, StoreError):
        text, form = completion.text(), asked.plan.form
        _hand_over(form.lines(form.fitting(text)) if form and text else text, options, terminal, warn)
    if failure is None:
        return None
    if isinstance(failure, StoreError) and not terminal.quiet:
        terminal.note(failure.hint)  # that it is not stored was said when it began
    else:
        show_failure(terminal, failure)
    return failure.exit_status


def _hand_over(text: str, options: RunOptions, terminal: "Terminal", warn: Warnings) -> None:
    """What -x prints and --copy copies of a whole answer. Raises UnusableError for one without a code block."""
    if options.extracts:
        from glmcli.code_blocks import extracted

        text = extracted(text, options.extracts)
        terminal.write(text)
    if options.copy:
        from glmcli.cli.clipboard import copy

        try:
            terminal.note(f"copied, {copy(terminal, text)}")
        except UsageError as error:
            warn(error.message)


def _write(path: Path, text: str) -> None:
    """Puts into the file of --output what is shown instead of an answer. Raises UsageError."""
    from glmcli.api.events import TextDelta
    from glmcli.ui.output_file import OutputFile

    file = OutputFile(path)
    file.feed(TextDelta(text))
    file.close(None)


def _shown(options: RunOptions, asked: "Asked", session_id: str | None) -> str:
    """What --curl or --dry-run prints instead of sending."""
    if options.curl:
        from glmcli.cli.connect import as_curl

        if asked.plan.settings.profile.endpoint in ("demo", "local"):
            raise UsageError(
                "the embedded endpoints end with the command, so curl cannot reach them",
                hint="Start one that stays: glm serve",
            )
        return as_curl(asked.endpoint, asked.body, session_id) + "\n"
    from glmcli.ui.machine import dumps

    return dumps(asked.body, indent=None if options.format == "jsonl" else 2) + "\n"
