"""`glm config`: settings shown with their origins, and changed. Credentials and diagnosis are in files of their own."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from glmcli.cli import config_local, config_templates
from glmcli.cli.command import CONTEXT, Invocation, command, group
from glmcli.cli.doctor import doctor
from glmcli.cli.login import login, logout
from glmcli.errors import ExitStatus, GlmError
from glmcli.setting_keys import BUILT_IN_PROFILES, CLOUDFLARE, KEYS, shown
from glmcli.settings import FILE_NAME, Settings, load

NEW_FILE = """\
# Settings of glm. `glm config show` lists every key, `glm config params` the request fields for [defaults].

"""

Json = Annotated[bool, typer.Option("--json", help="One JSON value for scripts.")]
KeyName = Annotated[str, typer.Argument(metavar="KEY", help="log, defaults.temperature, profiles.work.model, …")]

app = group("config", "Settings, credentials, diagnosis.")


@command(app, "show")
def show(call: Invocation, json_: Json = False) -> None:
    """Every setting with its value and where that comes from."""
    settings = call.settings
    token = _token(call, settings)
    values = {name: (it.value, it.origin) for name, it in settings.values().items()}
    values |= {f"defaults.{name}": (it.value, it.origin) for name, it in settings.defaults().items()}
    if settings.profile.on_cloudflare:
        values["account_id"] = _account(call, settings)
    if json_:
        found = {name: {"value": value, "origin": origin} for name, (value, origin) in values.items()}
        _write_json(call, {"folder": str(call.folder), "values": found, "token": token})
        return
    rows = [(name, "-" if value is None else shown(value), origin) for name, (value, origin) in values.items()]
    rows.append(("token", token["text"], token["origin"] or ""))
    _write_table(call, rows)


@command(app, "get")
def get(call: Invocation, key: KeyName) -> None:
    """The value that holds for one key."""
    from glmcli.settings_file import target

    where = target(key, call.settings.profile.name)
    settings = call.settings
    if where.path[0] == "profiles" and where.path[1] != settings.profile.name:
        settings = load(call.folder, call.world.environ, profile=where.path[1])
    name = where.path[-1]
    value = settings.value(name) if name in KEYS else settings.defaults().get(name)
    if value is None or value.value is None:
        call.terminal.note(f"{where.name} is not set")
    else:
        call.terminal.write(f"{value.value if isinstance(value.value, str) else json.dumps(value.value)}\n")


@command(app, "set")
def set_(
    call: Invocation, key: KeyName, value: Annotated[str, typer.Argument(metavar="VALUE", help="The value.")]
) -> None:
    """Write one key to config.toml; comments stay."""
    from glmcli.settings_file import set_value, target, value_of

    settings = _lenient(call)
    where = target(key, settings.value("profile").value)
    new = value_of(where, value, settings.profiles)
    set_value(call.folder, where.path, new)
    call.terminal.note(f"{where.name} = {shown(new)} in {settings.file.path}")


# Else -0.5 would be taken for an option that does not exist.
app.registered_commands[-1].context_settings = {**CONTEXT, "ignore_unknown_options": True}


@command(app, "unset")
def unset(call: Invocation, key: KeyName) -> None:
    """Take one key, or a whole profile, out of config.toml."""
    from glmcli.settings_file import target, unset_value
    from glmcli.toml_text import join_key, split_key

    path = split_key(key)
    removed = unset_value(call.folder, path)
    if not removed:
        path = target(key, _lenient(call).value("profile").value).path
        removed = unset_value(call.folder, path)
    said = "taken out of" if removed else "is not set in"
    call.terminal.note(f"{join_key(path)} {said} {call.folder / FILE_NAME}")


@command(app, "edit")
def edit(call: Invocation) -> ExitStatus | None:
    """Open config.toml in $VISUAL or $EDITOR, and check it afterwards."""
    from glmcli.cli.ask import edit_until_right
    from glmcli.private_file import replace_file

    path = call.folder / FILE_NAME
    if not path.exists():
        replace_file(path, NEW_FILE)
    return edit_until_right(call, path, lambda: _lenient(call).faults)


@command(app, "path")
def path(call: Invocation) -> None:
    """Where config.toml is, or would be."""
    call.terminal.write(f"{call.place / FILE_NAME}\n")


@command(app, "profiles")
def profiles(call: Invocation, json_: Json = False) -> None:
    """Every profile, its endpoint, and which one is used."""
    active = call.settings.profile.name
    found = []
    for name in call.settings.profiles:
        profile = load(call.folder, call.world.environ, profile=name).profile
        found.append(
            {
                "name": name,
                "endpoint": profile.endpoint,
                "model": profile.model,
                "base_url": profile.base_url,
                "active": name == active,
                "built_in": name in BUILT_IN_PROFILES,
            }
        )
    if json_:
        _write_json(call, found)
        return
    rows = [
        (
            f"{'*' if it['active'] else ' '} {it['name']}",
            str(it["endpoint"]),
            f"{it['base_url'] or ''} {it['model'] or ''}",
        )
        for it in found
    ]
    _write_table(call, rows)


@command(app, "params")
def params(call: Invocation, json_: Json = False) -> None:
    """Every request field: its flag, type, bounds and default, and where it is set now."""
    from glmcli.api.fields import fields, flags

    chosen = {**call.settings.defaults(), "model": call.settings.value("model")}
    found: list[dict[str, Any]] = []
    for field in fields().values():
        now = chosen.get(field.name)
        found.append(
            {
                "name": field.name,
                "flag": field.flag,
                "flags": [flag for flag, it in flags().items() if it.path[0] == field.name],
                "type": field.type_text,
                "bounds": field.bounds_text or None,
                "default": field.default,
                "value": now.value if now else None,
                "origin": now.origin if now else None,
                "help": field.help,
            }
        )
    if json_:
        _write_json(call, found)
        return
    for it in found:
        facts = [it["type"], it["bounds"], f"default {shown(it['default'])}" if it["default"] is not None else None]
        facts.append(f"now {shown(it['value'])} ({it['origin']})" if it["value"] is not None else None)
        call.terminal.write(it["name"], style="bold")
        given = " ".join(it["flags"]) or f"-o {it['name']}=…"
        call.terminal.write(f"  {given}  {'; '.join(filter(None, facts))}\n")
        call.terminal.write(f"    {it['help']}\n")


command(app, "login")(login)
command(app, "logout")(logout)
command(app, "doctor")(doctor)
app.add_typer(config_templates.app)
app.add_typer(config_local.app)


def _lenient(call: Invocation) -> Settings:
    """The settings in spite of faults, for the commands that a broken file must not stop (interface §8)."""
    return load(call.folder, call.world.environ, profile=call.profile, strict=False)


def _token(call: Invocation, settings: Settings) -> dict[str, Any]:
    """Where the token comes from and how it ends; `text` says it in words. A `token_command` is not run for this."""
    from glmcli.credentials import find_token, token_from_environment

    profile, environ = settings.profile, call.world.environ
    try:
        if profile.token_command and not token_from_environment(profile, environ):
            origin = settings.origin("token_command")
            return {"origin": f"token_command, {origin}", "ending": None, "text": "(the command is not run here)"}
        token = find_token(profile, profile.base_url, environ, call.folder)
    except GlmError as error:
        return {"origin": None, "ending": None, "text": f"({error.message})"}
    if token is None:
        needed = profile.endpoint in CLOUDFLARE
        return {"origin": None, "ending": None, "text": "(none; `glm config login`)" if needed else "(none)"}
    if token.warning:
        call.terminal.note(token.warning, style="warning")
    return {"origin": token.origin, "ending": token.ending or None, "text": f"…{token.ending}"}


def _account(call: Invocation, settings: Settings) -> tuple[str | None, str]:
    from glmcli.credentials import find_account

    sourced = settings.value("account_id")
    if sourced.value is not None:
        return sourced.value, sourced.origin
    try:
        return find_account(settings.profile, call.folder) or (None, sourced.origin)
    except GlmError:  # the token's line says it
        return None, sourced.origin


def _write_json(call: Invocation, value: Any) -> None:
    call.terminal.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _write_table(call: Invocation, rows: list[tuple[str, str, str]]) -> None:
    first, second = (min(40, max(len(row[column]) for row in rows)) for column in (0, 1))
    for name, value, origin in rows:
        call.terminal.write(f"{name:<{first}}  {value:<{second}}  {origin}".rstrip() + "\n")
