"""The tools of a conversation: looked up by the names that the plan holds, put into the request, and their calls
approved by whoever sits at the terminal.

Nothing of `glmcli.tools` is imported where no tool was named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.cli.options import TurnOptions
from glmcli.errors import ConfigError, UsageError
from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.api.events import ToolCalled
    from glmcli.cli.plan import Plan
    from glmcli.settings import Settings
    from glmcli.store import Session
    from glmcli.tools.approvals import Approvals
    from glmcli.tools.calling import Ask, Calling
    from glmcli.tools.toolbox import Toolbox

Say = Callable[[str], None]

NAMED = 8
"""Tools that a line names."""


class Tooling:
    """What a command knows of tools. Servers run from their first use until `close`.

    ask: asks the user about a call; None where nobody can be asked. mode: of --approve; may be changed.
    """

    def __init__(
        self, folder: Path, world: World, options: TurnOptions, warn: Say, *, ask: "Ask | None" = None
    ) -> None:
        self.ask = ask
        self.mode = "auto" if options.yes else options.approve
        self._folder = folder
        self._world = world
        self._options = options
        self._warn = warn
        self._toolbox: Toolbox | None = None
        self._approvals: Approvals | None = None

    def equip(self, plan: Plan, session: "Session | None" = None) -> Plan:
        """The plan with its tools. session: the one that it goes on with; the user is told where that had tools of
        which nobody knows where they come from. Raises UsageError, ConfigError."""
        if not plan.wanted:
            if names := _unknown_sources(plan, session):
                self._warn(f"this session had the tools {names}; -T gives it tools again")
            return plan
        try:
            return replace(plan, tools=tuple(self.toolbox(plan.settings).chosen(plan.wanted)))
        except (UsageError, ConfigError) as error:
            if plan.inherited:
                error.hint = "The session has it. -T NAME gives it other tools for this turn, -o tools=null none."
            raise

    def equip_rest(self, plan: Plan, session: "Session") -> tuple[Plan, list[str]]:
        """The plan with those tools of the session that are still there, and a line about each other one."""
        if not plan.wanted:
            names = _unknown_sources(plan, session)
            return plan, [f"this session had the tools {names}; /tools NAME gives it tools again"] if names else []
        left, told = replace(plan.wanted, names=(), functions=()), []
        for key in ("names", "functions"):
            for name in getattr(plan.wanted, key):
                more = replace(left, **{key: (*getattr(left, key), name)})
                try:
                    self.toolbox(plan.settings).chosen(more)
                except (UsageError, ConfigError) as error:
                    told.append(f"{error.message}; the session goes on without {Path(name).name}")
                else:
                    left = more
        return self.equip(replace(plan, wanted=left or None)), told

    def calling(self, plan: Plan) -> "Calling | None":
        """Who carries out the calls of this plan's tools; None without any."""
        if not plan.tools:
            return None
        from glmcli.tools.calling import Calling

        return Calling(
            plan.tools,
            self.approvals,
            mode=self.mode or plan.settings.value("approve").value,
            ask=self.ask,
            monotonic=self._world.monotonic,
            now=self._world.now,
            warn=self._warn,
        )

    def max_turns(self, plan: Plan) -> int:
        """Requests of one turn."""
        return self._options.max_turns or max(1, plan.settings.value("max_turns").value)

    @property
    def approvals(self) -> "Approvals":
        if self._approvals is None:
            from glmcli.tools.approvals import Approvals

            self._approvals = Approvals(self._folder)
        return self._approvals

    def toolbox(self, settings: Settings) -> "Toolbox":
        """Where names become tools."""
        if self._toolbox is None:
            self._toolbox = toolbox_of(self._folder, self._world, settings, self._warn)
        return self._toolbox

    def close(self) -> None:
        if self._toolbox is not None:
            self._toolbox.close()
            self._toolbox = None


def _unknown_sources(plan: Plan, session: "Session | None") -> str:
    """The tools that a session had whose sources it does not name: it was imported, and what is imported may name
    programs. Empty where there are none, or where the request brings tools of its own."""
    if session is None or not session.tools or "tools" in session.extra or "tools" in plan.params:
        return ""
    from glmcli.tools.definitions import Definition

    names = [Definition(it, Path()).name or "?" for it in session.tools]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def refuse_foreign(calls: "Sequence[ToolCalled]", plan: Plan) -> None:
    """Raises UsageError where one of the calls that a session stopped in is not of a tool that can run here."""
    runs = {tool.name: tool.run is not None for tool in plan.tools}
    for name in (call.name for call in calls if not runs.get(call.name)):
        what = "is only defined, not run, here" if name in runs else "is not among those of the session"
        cure = "Ask" if name in runs else f"Name it with -T {name}, or ask"
        raise UsageError(
            f"the session stopped in a call of {name}, and that tool {what}",
            hint=f"{cure} something else: then the call is not carried out.",
        )


def toolbox_of(folder: Path, world: World, settings: Settings, warn: Say) -> "Toolbox":
    """A toolbox that knows neither our tokens nor the keys of profiles. What it starts, be it only to be asked what it
    offers, cannot look into this process."""
    from glmcli.cli.scrubbed import secret_names, without_secrets
    from glmcli.tools.environment import hide_environment
    from glmcli.tools.toolbox import Toolbox

    hide_environment()
    return Toolbox(
        folder,
        cwd=Path.cwd(),
        environ=without_secrets(world.environ, settings),
        secrets=secret_names(settings),
        now=world.now,
        warn=warn,
        ca_bundle=settings.value("ca_bundle").value,
        allow_private=settings.value("fetch_private").value,
    )


@contextmanager
def tooling(folder: Path, world: World, options: TurnOptions, warn: Say, ask: "Ask | None") -> Iterator[Tooling]:
    """The tools of a command, whose servers end with the block."""
    found = Tooling(folder, world, options, warn, ask=ask)
    try:
        yield found
    finally:
        found.close()
