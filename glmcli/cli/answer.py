"""Sends one checked request and shows its answer: what `run` and `chat` have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from glmcli.api.client import Client
from glmcli.api.completion import Completion
from glmcli.api.events import Event, ToolCalled, Usage
from glmcli.api.price import dollars
from glmcli.api.request import user
from glmcli.cli.conversation import Conversation
from glmcli.cli.failure import Bug
from glmcli.cli.holding import Outcome, held
from glmcli.cli.interrupts import when_continued
from glmcli.cli.options import TurnOptions
from glmcli.cli.plan import Plan, with_system
from glmcli.cli.tooling import Tooling, refuse_foreign
from glmcli.cli.warnings import Warnings
from glmcli.errors import GlmError, IncompleteError, Interrupted, StoreError
from glmcli.turn import AnswerLog, run_turn, unforced

if TYPE_CHECKING:
    from glmcli.ui.terminal import Terminal


def answer(
    client: Client,
    plan: Plan,
    conversation: Conversation,
    new: list[dict[str, Any]],
    body: dict[str, Any],
    options: TurnOptions,
    terminal: "Terminal",
    warnings: Warnings,
    *,
    verbose: bool = False,
    debug: bool = False,
    format: Literal["text", "json", "jsonl", "none"] = "text",
    output: Path | None = None,
    on_usage: Callable[[Usage], None] = lambda usage: None,
    tooling: Tooling | None = None,
    pending: Sequence[ToolCalled] = (),
) -> tuple[Completion, GlmError | None]:
    """Keeps the new messages, sends the body, shows and keeps the answer, and those after calls of tools.

    on_usage: gets what each of them cost. tooling: carries out the calls of the plan's tools. pending: calls of the
    last answer that are carried out first. debug: raises a bug of ours as it is, too.

    Returns the last answer as far as it came, and why it is not whole or could not be kept. Raises UsageError for an
    output file that cannot be written and for pending calls of tools that are not at hand, and BrokenPipeError when
    whoever read stdout is gone.
    """
    from glmcli.ui.renderers import choose

    value = plan.settings.value
    refuse_foreign(pending, plan)
    log = conversation.resume_calls(plan) if pending else conversation.begin(new, plan)
    tools = tooling.calling(plan) if tooling is not None else None
    told = {"session": conversation.id, "profile": plan.profile, "model": plan.model.value}
    usages: list[Usage] = []

    def extras() -> dict[str, Any]:
        return {
            "session": conversation.id,
            "profile": plan.profile,
            "cost": sum(map(dollars, usages)) if usages and plan.priced else None,
            "warnings": warnings.said,
        }

    renderer = choose(
        terminal,
        format=format,
        raw=options.raw,
        plain=options.plain,
        markdown=value("markdown").value,
        theme=value("theme").value,
        hide_reasoning=options.hide_reasoning or (value("hide_reasoning").value and not options.show_reasoning),
        show_reasoning=options.show_reasoning,
        include=options.include,
        verbose=verbose,
        usage=options.usage or value("usage").value,
        priced=plan.priced,
        tools=tools is not None,
        structured=bool(plan.structured),
        choices=body.get("n") or 1,
        audio_format=(body.get("audio") or {}).get("format", "wav"),
        output=output,
        started=told,
        extras=extras,
    )

    def show(event: Event) -> None:
        if isinstance(event, Usage):
            usages.append(event)
            on_usage(event)
        renderer.feed(event)

    def turn(body: dict[str, Any], log: AnswerLog, pending: Sequence[ToolCalled] = ()) -> Outcome:
        return run_turn(
            client,
            body,
            show,
            log=log,
            session_id=conversation.id,
            tools=tools,
            max_turns=tooling.max_turns(plan) if tooling is not None else 1,
            pending=pending,
        )

    def again(text: str) -> Outcome:
        new = [user(text)]
        messages = with_system(plan, [*conversation.before(new), *new])
        choice = {"tool_choice": unforced(body["tool_choice"])} if "tool_choice" in body else {}
        return turn({**body, "messages": messages, **choice}, conversation.begin(new, plan))

    try:
        with when_continued(terminal.displace, terminal.lock):
            completion, error = turn(body, log, pending)
            if (form := plan.form) is not None:
                repair = None if options.no_repair or "messages" not in body else again
                hint = _where_it_is(conversation, asked_once=options.no_repair)
                completion, error = held(form, (completion, error), show, repair, hint=hint)
    except BrokenPipeError:
        with suppress(Exception):
            renderer.close(Interrupted())
        if output is None:
            raise
        # Nobody reads stdout any more, which is no failure; that the file is not whole is one.
        return Completion(), IncompleteError(
            f"{output} holds a part of the answer: whoever read stdout left",
            hint="Write to the file alone: > /dev/null",
        )
    except BaseException as fault:
        bug = Bug(fault) if isinstance(fault, Exception) else None
        with suppress(Exception):
            renderer.close(bug or Interrupted())
        if bug is None or debug:
            raise
        return Completion(), bug
    if error is None and (trouble := conversation.trouble) is not None:
        error = StoreError(f"the answer was delivered but not stored: {trouble.message}", hint=trouble.hint)
    renderer.close(error)
    return completion, error


def _where_it_is(conversation: Conversation, *, asked_once: bool) -> str:
    """What to do about an answer that does not fit its schema."""
    label = conversation.label
    kept = f"What came is kept: glm sessions show {label}." if label else "--json shows what came."
    return f"{kept} Without --no-repair it is asked for once more." if asked_once else kept
