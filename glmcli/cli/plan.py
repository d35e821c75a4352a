"""What one turn will ask for: flag > session > environment > profile > file > default (interface §3), settled once.

Every value keeps its origin, so that a refusal can name the flag or the line it came from. Sends nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.api.endpoint import Endpoint
from glmcli.api.request import Place, Sourced, check, overlay, system
from glmcli.cli.asked_form import FIELD, Structured, asked_form
from glmcli.cli.command import Invocation
from glmcli.cli.options import TurnOptions
from glmcli.cli.prompt import system_prompt
from glmcli.errors import ConfigError, UsageError
from glmcli.settings import Settings

if TYPE_CHECKING:
    from glmcli.store import Session
    from glmcli.structured.form import Form
    from glmcli.tools.tool import Tool
    from glmcli.tools.toolbox import Wanted

Message = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """The settled choices of a turn.

    params: request fields beside the model. chosen: those of them that a session keeps, all but the defaults.
    wanted: the tools that were named. inherited: by the session, not by flags. tools: what they are, once
    `glmcli.cli.tooling` has looked. structured: whether the answer is held against the `response_format`, since
    `glm` made it of a schema; one that the user wrote is the server's business.
    """

    settings: Settings
    model: Sourced
    system: Sourced | None
    params: Mapping[str, Sourced]
    chosen: Mapping[str, Any]
    strict: bool = False
    wanted: "Wanted | None" = None
    inherited: bool = False
    tools: "tuple[Tool, ...]" = ()
    structured: Structured = ""

    @property
    def profile(self) -> str:
        return self.settings.profile.name

    @property
    def priced(self) -> bool:
        """Whether the price list of Workers AI applies; the demo shows what an answer would have cost."""
        return self.settings.profile.on_cloudflare or self.settings.profile.endpoint == "demo"

    def params_for(self, endpoint: Endpoint) -> dict[str, Sourced]:
        """All request fields as they go to this endpoint: with the tools, without thinking where a schema needs that,
        and with the model in the endpoint's own spelling unless the address names it."""
        params = {**self.params, **self.tool_params(self.params)}
        params |= self.thinking_params(params, endpoint)
        return {**params, **({"model": replace(self.model, value=endpoint.model)} if endpoint.model_in_body else {})}

    def tool_params(self, params: Mapping[str, Sourced]) -> dict[str, Sourced]:
        """The fields that the tools change: their definitions after those that are there already, and the choice of
        one by its name alone, which was taken for a function's. Raises UsageError for two tools of one name."""
        if not self.tools:
            return {}
        from glmcli.api.calls import tool_name

        given, choice = params.get("tools"), params.get("tool_choice")
        before = given.value if given is not None and isinstance(given.value, list) else []
        names = {tool_name(it) for it in before}
        if twice := [tool for tool in self.tools if tool.name in names]:
            raise UsageError(
                f"there are two tools named {twice[0].name}: of {given.origin if given else ''} and {twice[0].source}",
                hint="Leave one of them out.",
            )
        definitions = [*before, *(tool.definition for tool in self.tools)]
        fields = {"tools": Sourced(definitions, given.origin if given is not None else "--tool")}
        custom = [tool.name for tool in self.tools if tool.kind == "custom"]
        if choice is not None and (name := tool_name(choice.value)) in custom:
            fields["tool_choice"] = replace(choice, value={"type": "custom", "custom": {"name": name}})
        return fields

    def thinking_params(self, params: Mapping[str, Sourced], endpoint: Endpoint) -> dict[str, Sourced]:
        """The field that turns thinking off, which spends the budget of a structured answer on Workers AI before it
        begins (wire-protocol §4.4). What the user said about thinking holds."""
        kwargs, effort = params.get("chat_template_kwargs"), params.get("reasoning_effort")
        if not self.structured or not endpoint.on_workers_ai or (effort is not None and effort.value is not None):
            return {}
        if kwargs is not None and (not isinstance(kwargs.value, dict) or "enable_thinking" in kwargs.value):
            return {}
        off = Sourced({"enable_thinking": False}, self.params[FIELD].origin)
        given = {"chat_template_kwargs": replace(kwargs, part=True)} if kwargs is not None else {}
        return overlay({"chat_template_kwargs": off}, given)

    def streams(self, endpoint: Endpoint) -> bool:
        """Whether the answer can be streamed: not JSON that Workers AI is made to write (wire-protocol §4.4)."""
        return not (self.structured and endpoint.on_workers_ai)

    @property
    def form(self) -> "Form | None":
        """What the answer is held against; None for nothing."""
        if not self.structured:
            return None
        from glmcli.structured.form import Form

        return Form.of(self.params[FIELD].value, many=self.structured == "many")

    @property
    def origins(self) -> dict[str, Place]:
        """Where each field of the body came from, by its name, and what stands inside of it."""
        fields = {**self.params, **self.tool_params(self.params), "model": self.model}
        return {name: it.told for name, it in fields.items()}


def settings_for(call: Invocation, session: "Session | None") -> Settings:
    """The settings of the profile that is named, else of the one the session was held under. Raises ConfigError."""
    if call.profile is not None or session is None or not session.profile:
        return call.settings
    if session.profile not in call.settings.profiles:
        raise ConfigError(
            f"the session was held under the profile {session.profile!r}, which is gone",
            hint=f"Go on under another one with --profile: {', '.join(call.settings.profiles)}.",
        )
    return call.settings_of(session.profile)


def make_plan(call: Invocation, options: TurnOptions, session: "Session | None" = None) -> Plan:
    """Settles the choices. Raises UsageError, ConfigError; RequestError for a model that is no name."""
    settings = settings_for(call, session)
    kept = {name: Sourced(value, "session") for name, value in (session.options if session else {}).items()}
    form = asked_form(options, call.folder)
    fields = {**options.fields, FIELD: form[0]} if form else options.fields
    params = overlay(settings.defaults(), kept, fields)
    chosen = (kept.keys() | fields.keys()) - {"messages", "prompt"}  # the session holds what was said
    model = params.pop("model", None) or (
        Sourced(session.model, "session") if session and session.model else settings.value("model")
    )
    if not isinstance(model.value, str | None):
        check({"prompt": "?", "model": model.value}, {"model": model.origin}, strict=False)
    if not model.value and settings.profile.endpoint != "local":
        if model.value is not None:
            raise UsageError(f"{model.origin} names no model", hint="Name it with --model.")
        name = settings.profile.name
        raise ConfigError(
            f"profile {name} names no model",
            hint=f"`glm config set profiles.{name}.model NAME` names it for good, --model for once.",
        )
    return Plan(
        settings=settings,
        model=replace(model, value=model.value or "local"),
        system=_system(call, options, session, settings),
        params=params,
        chosen={name: it.value for name, it in params.items() if name in chosen},
        strict=options.strict,
        wanted=_wanted(call.folder, options, session),
        inherited=session is not None and not (options.tool or options.functions),
        structured=form[1] if form else "" if FIELD in fields else structured_of(session),
    )


def _wanted(folder: Path, options: TurnOptions, session: "Session | None") -> "Wanted | None":
    """The tools that flags name, else those of the session unless -o tools=null drops them. None without any."""
    given = options.fields.get("tools")
    before = None if given is not None and given.value is None else wanted_of(session)
    if not (options.tool or options.functions or before):
        return None
    from glmcli.tools.toolbox import Wanted, anywhere

    names = (anywhere(name, folder) for name in options.tool or ())
    named = Wanted(tuple(names), tuple(map(_absolute, options.functions or ())))
    wanted = named or before or named
    return replace(wanted, roots=tuple(map(_absolute, options.root)) if options.root else wanted.roots)


def wanted_of(session: "Session | None") -> "Wanted | None":
    """The tools that a session goes on with. None without any."""
    kept = session.extra.get("tools") if session is not None else None
    if not kept:
        return None
    from glmcli.tools.toolbox import Wanted

    return Wanted.from_json(kept) or None


def structured_of(session: "Session | None") -> Structured:
    """Whether the answers of a session are held against the `response_format` that it keeps."""
    kept = session.extra.get("structured") if session is not None and session.options.get(FIELD) else None
    return kept if kept in ("one", "many") else ""


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _system(call: Invocation, options: TurnOptions, session: "Session | None", settings: Settings) -> Sourced | None:
    text = system_prompt(options, call.world, call.terminal.note)
    if text is not None:
        return Sourced(text, "--system" if options.system_file is None else "--system-file")
    if options.frame is not None and options.frame.system is not None:
        return options.frame.system
    if session is not None:
        return Sourced(session.system, "session") if session.system else None
    chosen = settings.value("system")
    return chosen if chosen.value else None


def with_system(plan: Plan, messages: list[Message]) -> list[Message]:
    """The messages of a conversation, its system prompt first."""
    if plan.system is None or not plan.system.value:
        return messages
    return [system(plan.system.value), *messages]


def system_first(messages: list[Any]) -> tuple[str | None, list[Any]]:
    """The text of a system message at the beginning, if there is one, and the messages after it."""
    first = messages[0] if messages else None
    if isinstance(first, dict) and first.get("role") == "system" and isinstance(first.get("content"), str):
        return first["content"], messages[1:]
    return None, messages
