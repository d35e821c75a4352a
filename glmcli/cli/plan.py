"""What one turn will ask for: flag > session > environment > profile > file > default (interface §3), settled once.

Every value keeps its origin, so that a refusal can name the flag or the line it came from. Sends nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from glmcli.api.endpoint import Endpoint
from glmcli.api.request import Place, Sourced, check, overlay, system
from glmcli.cli.command import Invocation
from glmcli.cli.options import TurnOptions
from glmcli.cli.prompt import read_file
from glmcli.errors import ConfigError, UsageError
from glmcli.settings import Settings

if TYPE_CHECKING:
    from glmcli.store import Session

Message = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """The settled choices of a turn.

    params: request fields beside the model. chosen: those of them that a session keeps, all but the defaults.
    """

    settings: Settings
    model: Sourced
    system: Sourced | None
    params: Mapping[str, Sourced]
    chosen: Mapping[str, Any]
    strict: bool = False

    @property
    def profile(self) -> str:
        return self.settings.profile.name

    @property
    def priced(self) -> bool:
        """Whether the price list of Workers AI applies; the demo shows what an answer would have cost."""
        return self.settings.profile.on_cloudflare or self.settings.profile.endpoint == "demo"

    def model_for(self, endpoint: Endpoint) -> dict[str, Sourced]:
        """The field `model` of a body, in the endpoint's own spelling; nothing where the address names it."""
        return {"model": replace(self.model, value=endpoint.model)} if endpoint.model_in_body else {}

    @property
    def origins(self) -> dict[str, Place]:
        """Where each field of the body came from, by its name, and what stands inside of it."""
        return {name: it.told for name, it in {**self.params, "model": self.model}.items()}


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
    if options.system is not None and options.system_file is not None:
        raise UsageError("--system and --system-file name two system prompts", hint="Leave one of them out.")
    settings = settings_for(call, session)
    kept = {name: Sourced(value, "session") for name, value in (session.options if session else {}).items()}
    params = overlay(settings.defaults(), kept, options.fields)
    chosen = (kept.keys() | options.fields.keys()) - {"messages", "prompt"}  # the session holds what was said
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
        system=_system(options, session, settings),
        params=params,
        chosen={name: it.value for name, it in params.items() if name in chosen},
        strict=options.strict,
    )


def _system(options: TurnOptions, session: "Session | None", settings: Settings) -> Sourced | None:
    if options.system is not None:
        return Sourced(options.system, "--system")
    if options.system_file is not None:
        return Sourced(read_file(options.system_file, "--system-file").strip("\n"), "--system-file")
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
