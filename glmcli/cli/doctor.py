"""`glm config doctor`: looks at everything a request depends on, and says what to do about what is wrong.

It runs with a broken configuration, and one failed look never hides the next. The token is sent where requests would
send it, and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glmcli.cli.command import Invocation
from glmcli.cli.login import directory_url, list_accounts, no_base_url
from glmcli.errors import AccessError, ExitStatus, GlmError, RefusedError, StoreError
from glmcli.settings import FILE_NAME, HINT, Settings, cure, load

if TYPE_CHECKING:
    from pathlib import Path

    from glmcli.api.account import TokenState
    from glmcli.api.http import Http
    from glmcli.credentials import Token

Verdict = Literal["ok", "warn", "fail"]
SOON = 7 * 86400.0  # seconds before its end at which a token is worth a warning
CLOCK_TOLERANCE = 300.0  # seconds


@dataclass(frozen=True)
class Finding:
    """One look. about: one word. cure: what to do; empty where nothing is to be done."""

    verdict: Verdict
    about: str
    text: str
    cure: str = ""


def doctor(
    call: Invocation, json_: Annotated[bool, typer.Option("--json", help="One JSON value for scripts.")] = False
) -> ExitStatus | None:
    """Check token, account, endpoint, network, files and terminal."""
    findings = []
    for finding in examine(call):
        findings.append(finding)
        if not json_:
            call.terminal.write(f"{finding.verdict:<4}", style=_STYLE[finding.verdict])
            call.terminal.write(f"  {finding.about:<9} {finding.text}\n")
            if finding.cure:
                call.terminal.write(f"{'':15} {finding.cure}\n")
    if json_:
        call.terminal.write(json.dumps([asdict(it) for it in findings], ensure_ascii=False, indent=2) + "\n")
    return ExitStatus.CONFIG if any(it.verdict == "fail" for it in findings) else None


_STYLE: dict[Verdict, Literal["", "warning", "error"]] = {"ok": "", "warn": "warning", "fail": "error"}


def examine(call: Invocation) -> Iterator[Finding]:
    """Every finding, as it is made."""
    settings = load(call.place, call.world.environ, profile=call.profile, strict=False)
    yield from _config(settings)
    yield from _files(call)
    yield from _profile(call, settings)
    yield _terminal(call)
    yield _local_engine(call, needed=settings.profile.endpoint == "local")


def _failed(about: str, error: GlmError) -> Finding:
    return Finding("fail", about, error.message.replace("\n", " "), error.hint)


def _config(settings: Settings) -> Iterator[Finding]:
    for fault in settings.faults:
        yield Finding("fail", "config", fault, "glm config edit" if (how := cure(fault)) == HINT else how)
    if not settings.faults:
        there = settings.file.path.exists()
        yield Finding("ok", "config", str(settings.file.path) if there else f"there is no {FILE_NAME}; defaults hold")
    profile = settings.profile
    yield Finding("ok", "profile", f"{profile.name} ({settings.origin('profile')}), endpoint {profile.endpoint}")


def _files(call: Invocation) -> Iterator[Finding]:
    """The modes of the folder and of what lies in it; config.toml holds nothing secret."""
    import os

    from glmcli.private_file import open_to_others

    folder = call.place
    if not folder.exists():
        yield Finding("ok", "folder", f"{folder} does not exist yet")
        return
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("fail", "folder", f"{folder} cannot be used", "Check its owner and mode, or set GLM_CONFIG_DIR.")
        return
    exposed = open_to_others(folder)
    yield (
        Finding("warn", "folder", f"{folder}: {exposed}", f"chmod 700 {folder}")
        if exposed
        else Finding("ok", "folder", str(folder))
    )
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != FILE_NAME and (exposed := open_to_others(path)):
            yield Finding("warn", "file", f"{path}: {exposed}", f"chmod 600 {path}")
    yield _sessions(folder)


def _sessions(folder: Path) -> Finding:
    from glmcli.store.health import examine_store

    try:
        return Finding("ok", "sessions", examine_store(folder))
    except StoreError as error:
        return _failed("sessions", error)


def _profile(call: Invocation, settings: Settings) -> Iterator[Finding]:
    """What the endpoint of the profile needs: a way there, and credentials."""
    from glmcli.credentials import find_token, login_command

    profile = settings.profile
    if profile.endpoint in ("local", "demo"):
        yield Finding("ok", "token", "none is needed")
        return
    if not profile.base_url:
        yield _failed("endpoint", no_base_url(profile))
        return
    token = None
    try:
        token = find_token(profile, profile.base_url, call.world.environ, call.place)
        if token is None and profile.on_cloudflare:
            yield Finding("fail", "token", "none", login_command(profile.name))
    except GlmError as error:
        yield _failed("token", error)
    reached = yield from _network(call, settings, profile.base_url)
    if reached is not None:
        with reached as http:
            yield from (_cloudflare if profile.on_cloudflare else _openai)(call, settings, http, token)


def _network(call: Invocation, settings: Settings, base_url: str) -> Generator[Finding, None, Http | None]:
    """Certificates, proxy, the way to the server, and the clock. Returns the open `Http`, None without a way."""
    from glmcli.api.http import Http
    from glmcli.api.proxy import proxy_for
    from glmcli.api.tls import tls_context

    environ = call.world.environ
    bundle = settings.value("ca_bundle")
    try:
        tls_context(bundle.value, environ)
        text = f"{bundle.value} ({bundle.origin})" if bundle.value else "the certificates of the system"
        yield Finding("ok", "tls", text)
        proxy = proxy_for(base_url, environ)
        yield Finding("ok", "proxy", f"{proxy.name} ({proxy.variable})" if proxy else "none")
        http = Http(ca_bundle=bundle.value, environ=environ, connect_timeout=settings.value("connect_timeout").value)
        status, headers, _ = http.get(base_url, [("Accept-Encoding", "identity")])
    except GlmError as error:
        yield _failed("endpoint", error)
        return None
    if 300 <= status < 400:
        yield Finding("warn", "endpoint", f"{base_url} redirects elsewhere (HTTP {status})", "Check the base URL.")
    else:
        yield Finding("ok", "endpoint", f"{base_url} answers")
    yield from _clock(call, next((value for name, value in headers if name.lower() == "date"), ""))
    return http


def _clock(call: Invocation, date: str) -> Iterator[Finding]:
    from email.utils import parsedate_to_datetime

    try:
        ahead = call.world.now() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return
    if abs(ahead) > CLOCK_TOLERANCE:
        how = "ahead of" if ahead > 0 else "behind"
        yield Finding("warn", "clock", f"{abs(ahead) / 60:.0f} minutes {how} the server", "Set the clock.")
    else:
        yield Finding("ok", "clock", "agrees with the server")


def _openai(call: Invocation, settings: Settings, http: Http, token: Token | None) -> Iterator[Finding]:
    from glmcli.api import endpoint
    from glmcli.api.account import served_models

    profile = settings.profile
    said = f"{token.origin}{_ending(token)}" if token else "none"
    try:
        models = served_models(
            http, endpoint.openai(str(profile.base_url), token.value if token else None, profile.model or "any")
        )
    except RefusedError:
        yield Finding("ok", "token", f"{said}; the server lists no models, so it could not be tried")
        return
    except GlmError as error:
        yield _failed("token", error)
        return
    yield Finding("ok", "token", f"{said}, accepted")
    names = [model.name for model in models]
    if profile.model is None:
        offered = f"The server has: {', '.join(names[:5])}" if names else ""
        yield Finding("warn", "model", f"profile {profile.name} names none", offered)
    elif names and profile.model not in names:
        yield Finding("warn", "model", f"the server does not list {profile.model}", f"It has: {', '.join(names[:5])}")
    else:
        yield Finding("ok", "model", profile.model)


def _cloudflare(call: Invocation, settings: Settings, http: Http, token: Token | None) -> Iterator[Finding]:
    from glmcli.api.account import Directory
    from glmcli.credentials import find_account, no_account

    profile = settings.profile
    account = None
    try:
        account = find_account(profile, call.place)
    except GlmError as error:
        yield _failed("account", error)
    else:
        if account is None:
            yield _failed("account", no_account())
        elif not re.fullmatch(r"[0-9a-f]{32}", account[0]):
            yield Finding("warn", "account", f"{account[0]} does not look like an account id", "It has 32 hex digits.")
    url = directory_url(profile)
    if token is None or url is None:
        return
    directory = Directory(http, url, token.value, now=call.world.now)
    try:
        state = directory.verify_token(account[0] if account else None)
    except (AccessError, RefusedError) as error:
        yield Finding("fail", "token", f"{token.origin}{_ending(token)}: {error.message}", "glm config login")
        return
    except GlmError as error:
        yield _failed("token", error)
        return
    yield _token_finding(call, token, state)
    if account is not None:
        known = {it.id: it.name for it in list_accounts(directory)}
        if not known:
            yield Finding(
                "ok", "account", f"{account[0]}; this token may not list accounts, so it could not be looked up"
            )
        elif account[0] in known:
            yield Finding("ok", "account", f"{account[0]} ({known[account[0]]})")
        else:
            theirs = ", ".join(f"{it} ({name})" for it, name in known.items())
            yield Finding("fail", "account", f"the token does not open {account[0]}", f"It opens: {theirs}")


def _token_finding(call: Invocation, token: Token, state: TokenState) -> Finding:
    from datetime import datetime

    said = f"{token.origin}{_ending(token)}, {state.status}, owned by {_OWNER.get(state.owner, state.owner)}"
    if state.status != "active":
        return Finding("fail", "token", said, "Make a new one, then: glm config login")
    if state.expires_on:
        said += f", until {state.expires_on}"
        try:
            left = datetime.fromisoformat(state.expires_on).timestamp() - call.world.now()
        except ValueError:
            return Finding("ok", "token", said)
        if left < SOON:
            return Finding("warn", "token", said, "Make a new one in time, then: glm config login")
    return Finding("ok", "token", said)


_OWNER = {"user": "a user", "account": "an account"}


def _ending(token: Token) -> str:
    return f" (…{token.ending})" if token.ending else ""


def _terminal(call: Invocation) -> Finding:
    terminal, environ = call.terminal, call.world.environ
    if not terminal.out_is_tty:
        return Finding("ok", "terminal", "stdout is a file or a pipe")
    columns, lines = call.world.size()
    text = f"{environ.get('TERM') or 'of no known kind'}, {columns}×{lines}, {'' if terminal.color() else 'no '}colour"
    if terminal.dumb:
        return Finding("warn", "terminal", text, "It cannot move its cursor; set TERM, or use --plain.")
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if not re.search(r"utf-?8", locale, re.IGNORECASE):
        return Finding("warn", "terminal", f"{text}, locale {locale or 'not set'}", "export LANG=C.UTF-8")
    return Finding("ok", "terminal", f"{text}, UTF-8")


def _local_engine(call: Invocation, *, needed: bool) -> Finding:
    """llama.cpp and a model for it, which are optional unless the profile is the local one."""
    from glmcli.local import engine, weights

    installed = engine.version()
    fault = engine.fault(engine.this_machine(), installed)
    try:
        if fault is not None:
            raise fault
        model = weights.chosen(call.place)
    except GlmError as error:
        return _failed("local", error) if needed else Finding("ok", "local", f"{error.message} (optional)")
    return Finding("ok", "local", f"{engine.PACKAGE} {installed}, {model.name}")
