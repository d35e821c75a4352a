"""What the keyboard shows of a conversation and offers for it. Asks the REPL, changes nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glmcli.cli.toolbar import Status
from glmcli.errors import GlmError

if TYPE_CHECKING:
    from glmcli.cli.completing import Suggestion
    from glmcli.cli.repl import Repl


SESSIONS = 100
"""How many are offered, the last used first."""


def _nothing(text: str) -> Iterable[Suggestion]:
    return ()


@dataclass(frozen=True)
class View:
    """Each is asked when it is needed, and raises nothing.

    status: for the line below the prompt; where it is None, or gives it, there is no such line; asked once a prompt.
    thinking: that of the last answer, safe to show. last_message: the user's. suggest: what may follow a text that is
    typed so far.
    """

    status: Callable[[], Status | None] | None = None
    thinking: Callable[[], str] = str
    last_message: Callable[[], str] = str
    suggest: Callable[[str], Iterable[Suggestion]] = _nothing


def view_of(repl: "Repl", *, toolbar: bool = True) -> View:
    """The view of this conversation. toolbar: whether there is a line below the prompt, while answers are not plain."""

    def suggest(text: str) -> Iterable[Suggestion]:
        from glmcli.cli.completing import Known, suggestions
        from glmcli.cli.slash import SLASHES

        known = Known(
            SLASHES,
            sessions=lambda: _sessions(repl),
            models=lambda: _models(repl),
            tools=lambda: _tools(repl),
            servers=lambda: _servers(repl),
            schemas=lambda: _schemas(repl),
            templates=lambda: _templates(repl),
            parameters=lambda name: _parameters(repl, name),
        )
        return suggestions(text, known)

    return View(
        status=(lambda: _status(repl)) if toolbar else None,
        thinking=lambda: _thinking(repl),
        last_message=lambda: _last_message(repl),
        suggest=suggest,
    )


def _status(repl: "Repl") -> Status | None:
    if repl.options.plain:
        return None  # a line that is redrawn at every key is what --plain is there to spare
    from glmcli.api.price import dollars
    from glmcli.ui.clean import clean

    plan, filled = repl.plan, repl.filled()
    template = plan.params.get("chat_template_kwargs")
    kwargs = template.value if template else None
    return Status(
        model=clean(plan.model.value),
        profile=clean(plan.profile),
        session=clean(repl.conversation.label or ""),
        context=filled.percent if filled.window else None,
        cost=sum(map(dollars, repl.usages)) if plan.priced else None,
        thinking=not isinstance(kwargs, dict) or kwargs.get("enable_thinking") is not False,
    )


def _thinking(repl: "Repl") -> str:
    from glmcli.ui.clean import clean

    return clean(repl.thinking())


def _last_message(repl: "Repl") -> str:
    from glmcli.store import text_of

    messages = repl.unasked or repl.conversation.messages
    return next((text_of(it) for it in reversed(messages) if it.get("role") == "user"), "")


def _sessions(repl: "Repl") -> list[tuple[str, str]]:
    """Raises ConfigError where the store cannot be read."""
    with repl.conversation.store() as store:
        return [(it.name or store.short_id(it.id), it.title) for it in store.list(SESSIONS)]


def _models(repl: "Repl") -> list[str]:
    from glmcli.setting_keys import DEFAULT_MODEL

    return list(dict.fromkeys((DEFAULT_MODEL, repl.plan.model.value)))


def _tools(repl: "Repl") -> list[str]:
    """Raises ConfigError where the file of MCP servers cannot be read."""
    return repl.tooling.toolbox(repl.plan.settings).names() if repl.tooling is not None else []


def _servers(repl: "Repl") -> list[str]:
    return list(repl.tooling.toolbox(repl.plan.settings).servers()) if repl.tooling is not None else []


def _schemas(repl: "Repl") -> list[str]:
    from glmcli.structured.sources import names

    return names(repl.plan.settings.folder)


def _templates(repl: "Repl") -> list[tuple[str, str]]:
    from glmcli.templates import Template, kept

    return [(it.name, it.description) for it in kept(repl.plan.settings.folder) if isinstance(it, Template)]


def _parameters(repl: "Repl", name: str) -> list[tuple[str, str]]:
    from glmcli.templates import load

    try:
        template = load(repl.plan.settings.folder, name)
    except GlmError:
        return []
    return [(it, template.params.get(it, "")) for it in template.variables]
