"""Slash commands about how answers are made and shown: thinking, model, Markdown, colours; and what stands behind an
answer: its thinking, its request, the state of this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glmcli.api.request import Sourced, overlay
from glmcli.cli.slash.choices import with_field, without_field
from glmcli.cli.slash.slash import Slash, row
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl

TEMPLATE = "chat_template_kwargs"
THINKING = "enable_thinking"
ON_OFF = {"on": True, "off": False}


def _think(repl: "Repl", argument: str) -> None:
    if argument in ON_OFF:
        repl.choose(with_thinking(repl.plan, ON_OFF[argument]))
    elif argument == "default":
        repl.choose(without_thinking(repl.plan))
    elif argument:
        raise UsageError(f"/think takes on, off or default, not {argument}; nothing was changed")
    said = repl.terminal.note if argument else repl.say
    said(f"thinking is {thinking(repl.plan)}")


def thinking(plan: "Plan") -> str:
    """`on`, `off`, or `left to the model`."""
    it = plan.params.get(TEMPLATE)
    chosen = it.value.get(THINKING) if it is not None and isinstance(it.value, dict) else None
    return "left to the model" if chosen is None else "on" if chosen else "off"


def with_thinking(plan: "Plan", on: bool) -> "Plan":
    """The plan with thinking on or off; whatever else is said to the template stays."""
    params = overlay(plan.params, {TEMPLATE: Sourced({THINKING: on}, "/think", part=True)})
    return replace(plan, params=params, chosen={**plan.chosen, TEMPLATE: params[TEMPLATE].value})


def without_thinking(plan: "Plan") -> "Plan":
    """The plan without that choice; where the settings make one, it holds again."""
    it = plan.params.get(TEMPLATE)
    if TEMPLATE not in plan.chosen or it is None:
        return plan
    rest = {key: value for key, value in it.value.items() if key != THINKING} if isinstance(it.value, dict) else {}
    plan = without_field(plan, TEMPLATE)
    inherited = plan.params.get(TEMPLATE)
    if inherited is not None and isinstance(inherited.value, dict):
        rest = {key: value for key, value in rest.items() if inherited.value.get(key) != value}
    if not rest:
        return plan
    params = overlay(plan.params, {TEMPLATE: Sourced(rest, it.origin, part=True)})
    return replace(plan, params=params, chosen={**plan.chosen, TEMPLATE: params[TEMPLATE].value})


def _reasoning(repl: "Repl", argument: str) -> None:
    thoughts = repl.thinking()
    if not thoughts.strip():
        said = "the last answer came without thinking" if repl.conversation.is_answered else "there is no answer yet"
        raise UsageError(f"{said}; there is none to show")
    from glmcli.ui.columns import wrapped

    repl.terminal.fresh_line("stderr")
    for line in thoughts.strip().split("\n"):
        for fitting in wrapped(line, repl.terminal.width):
            repl.terminal.write_error(f"{fitting}\n", style="dim")


def _model(repl: "Repl", argument: str) -> None:
    if argument:
        repl.choose(with_field(repl.plan, "model", argument, "/model"))
        repl.terminal.note(f"the model is {repl.plan.model.value} from now on")
    else:
        repl.say(f"{repl.plan.model.value} (from {repl.plan.model.origin})")


def _curl(repl: "Repl", argument: str) -> None:
    if repl.sent is None:
        raise UsageError("nothing was sent yet", hint="Type a message first.")
    from glmcli.cli.connect import as_curl, outline

    body, plan = repl.sent
    profile = plan.settings.profile
    if profile.endpoint in ("demo", "local"):
        raise UsageError(
            "the embedded endpoints end with the REPL, so curl cannot reach them",
            hint="Start one that stays: glm serve",
        )
    endpoint = outline(profile, plan.model.value, plan.settings.folder)
    repl.say(as_curl(endpoint, body, repl.conversation.id))


def _raw(repl: "Repl", argument: str) -> None:
    _shown_as(repl, "raw", argument, "plain", "answers are shown as Markdown source", "Markdown is rendered")


def _plain(repl: "Repl", argument: str) -> None:
    _shown_as(repl, "plain", argument, "raw", "answers are shown line by line", "answers are drawn while they come")


def _shown_as(repl: "Repl", option: str, argument: str, other: str, on: str, off: str) -> None:
    """Switches one of two ways to show answers, which exclude each other."""
    if argument in ON_OFF:
        chosen: dict[str, Any] = {option: ON_OFF[argument]}
        repl.show_with(**chosen, **({other: False} if ON_OFF[argument] else {}))
    elif argument:
        raise UsageError(f"/{option} takes on or off, not {argument}; nothing was changed")
    said = repl.terminal.note if argument else repl.say
    said(on if getattr(repl.options, option) else off)


def _theme(repl: "Repl", argument: str) -> None:
    from glmcli.setting_keys import KEYS

    settings, key = repl.plan.settings, KEYS["theme"]
    if argument:
        if argument not in key.choices:
            raise UsageError(f"/theme takes {key.allowed}, not {argument}; nothing was changed")
        values = {**settings.values(), key.name: Sourced(argument, "/theme")}
        repl.plan = replace(repl.plan, settings=replace(settings, _values=values))
        repl.terminal.note(f"the theme is {argument} from now on")
    else:
        it = settings.value("theme")
        repl.say(f"{it.value} (from {it.origin}); there are {', '.join(key.choices)}")


def _doctor(repl: "Repl", argument: str) -> None:
    from glmcli.cli.command import Invocation
    from glmcli.cli.doctor import examine

    settings = repl.plan.settings
    named = settings.value("profile").origin == "--profile"
    profile = repl.plan.profile if named else None
    call = Invocation(repl.terminal.world, profile=profile, config_dir=str(settings.folder))
    for finding in examine(call):
        row(repl, f"{finding.verdict:<4}  {finding.about}", finding.text, 16)
        if finding.cure:
            row(repl, "", finding.cure, 16)


def _vi(repl: "Repl", argument: str) -> None:
    if argument in ON_OFF:
        repl.keyboard.vi = ON_OFF[argument]
    elif argument:
        raise UsageError(f"/vi takes on or off, not {argument}; nothing was changed")
    said = repl.terminal.note if argument else repl.say
    said(f"the keys are those of {'vi' if repl.keyboard.vi else 'Emacs'}")


_SWITCH = ("on", "off")

SLASHES = (
    Slash(("model",), "[NAME]", "shows or changes the model", _model, "model"),
    Slash(("think",), "[on|off|default]", "whether the model thinks", _think, "choice", (*_SWITCH, "default")),
    Slash(("reasoning",), "", "shows the thinking of the last answer", _reasoning),
    Slash(("raw",), "[on|off]", "whether answers are shown as Markdown source", _raw, "choice", _SWITCH),
    Slash(("plain",), "[on|off]", "whether answers are shown line by line", _plain, "choice", _SWITCH),
    Slash(("theme",), "[NAME]", "shows or changes the colours", _theme, "choice", ("auto", "dark", "light", "plain")),
    Slash(("vi", "vim"), "[on|off]", "whether the keys are those of vi, else of Emacs", _vi, "choice", _SWITCH),
    Slash(("curl",), "", "shows the last request as a curl command, secrets as variables", _curl),
    Slash(("doctor",), "", "checks token, network, files and terminal", _doctor),
)
