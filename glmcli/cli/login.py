"""`glm config login` and `logout`: a token is asked for, tried where it will be sent, and only then kept.

The token is never shown, and never an argument (interface §8). Nothing is stored unless everything before went well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glmcli.cli.ask import ask, ask_secret
from glmcli.cli.command import Invocation
from glmcli.errors import AccessError, ConfigError, RefusedError, UsageError
from glmcli.settings import Profile, load

if TYPE_CHECKING:
    from glmcli.api.account import Account, Directory
    from glmcli.api.http import Http

LONGEST_TOKEN = 64 * 1024  # bytes read from stdin; no token comes near
TRIES = 3


def login(
    call: Invocation,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from stdin.")] = False,
    account: Annotated[str | None, typer.Option("--account", metavar="ID", help="The account to use.")] = None,
    keyring: Annotated[
        bool, typer.Option("--keyring", help="Keep the token in the keyring of the system (Python package keyring).")
    ] = False,
) -> None:
    """Store a token for a profile, after trying it."""
    from glmcli.api.endpoint import check_token, origin
    from glmcli.api.http import Http
    from glmcli.credentials import FILE_NAME, store_token
    from glmcli.setting_keys import TOKEN_VARIABLES

    settings = call.settings
    profile = settings.profile
    if profile.endpoint in ("local", "demo"):
        raise UsageError(f"profile {profile.name} takes no token", hint="Name another one with --profile.")
    if not profile.base_url:
        raise no_base_url(profile)
    at = origin(profile.base_url).removesuffix(":443")
    source = settings.origin("base_url")
    call.terminal.note(f"Profile {profile.name} at {at}" + (f" (from {source})" if source != "default" else ""))
    token = check_token(_read_token(call, token_stdin))
    environ = call.world.environ
    with Http(ca_bundle=settings.value("ca_bundle").value, environ=environ) as http:
        if profile.on_cloudflare:
            chosen: str | None = _cloudflare_account(call, http, profile, token, account or profile.account_id)
        else:
            _try_openai(call, http, profile, token)
            chosen = account
    store_token(call.folder, profile.name, token, chosen, profile.base_url, keyring=keyring)
    place = "the keyring of the system" if keyring else str(call.folder / FILE_NAME)
    call.terminal.note(f"The token is stored in {place}; it goes to {at} only.", style="")
    for variable in (profile.api_key_env, *(TOKEN_VARIABLES if profile.on_cloudflare else ())):
        if variable and environ.get(variable):
            call.terminal.note(f"{variable} is set and comes before it.", style="warning")


def logout(call: Invocation) -> None:
    """Forget the stored token of a profile."""
    from glmcli.credentials import remove_token

    settings = load(call.folder, call.world.environ, profile=call.profile, strict=False)
    name = settings.value("profile").value
    if remove_token(call.folder, name):
        call.terminal.note(f"The token of profile {name} is forgotten. It stays valid until you revoke it.")
    else:
        call.terminal.note(f"No token was stored for profile {name}.")


def no_base_url(profile: Profile) -> ConfigError:
    return ConfigError(
        f"profile {profile.name} has no base_url",
        hint=f"Run: glm config set profiles.{profile.name}.base_url https://…",
    )


def directory_url(profile: Profile) -> str | None:
    """Where questions about a Cloudflare token are answered; None behind a gateway of the user's own."""
    from glmcli.api.endpoint import CLOUDFLARE_URL, GATEWAY_URL, origin

    if profile.endpoint != "ai-gateway":
        return profile.base_url
    return CLOUDFLARE_URL if profile.base_url and origin(profile.base_url) == origin(GATEWAY_URL) else None


def list_accounts(directory: Directory) -> list[Account]:
    """The accounts that the token may list; none for a token that is too narrow for that."""
    try:
        return directory.accounts()
    except (AccessError, RefusedError):
        return []


def _read_token(call: Invocation, from_stdin: bool) -> str:
    world = call.world
    if world.stdin_tty:
        return ask_secret(call, "API token (it is not shown): ")
    if not from_stdin or world.stdin is None:
        raise UsageError(
            "there is no terminal to ask for the token", hint="Pipe it in: … | glm config login --token-stdin"
        )
    return world.stdin.read(LONGEST_TOKEN).decode("utf-8", "replace")


def _try_openai(call: Invocation, http: Http, profile: Profile, token: str) -> None:
    """Raises AccessError for a token that the server refuses, and what stands between us and the server."""
    from glmcli.api import endpoint
    from glmcli.api.account import served_models

    assert profile.base_url is not None
    try:
        served_models(http, endpoint.openai(profile.base_url, token, profile.model or "any"))
    except RefusedError:
        call.terminal.note("The server lists no models, so the token could not be tried.", style="warning")


def _cloudflare_account(call: Invocation, http: Http, profile: Profile, token: str, account: str | None) -> str:
    """The account to use with the token, which is active. Raises AccessError, UsageError."""
    from glmcli.api.account import Directory

    url = directory_url(profile)
    if url is None:
        call.terminal.note(
            "This gateway is not Cloudflare's own host, so the token could not be tried.", style="warning"
        )
        return account or _typed_account(call)
    directory = Directory(http, url, token, now=call.world.now)
    accounts: list[Account] = []
    try:
        state = directory.verify_token(account)
    except (AccessError, RefusedError) as error:
        # A token that an account owns is known to that account alone, which has to be found first.
        accounts = [] if account else list_accounts(directory)
        if not accounts:
            if not account:
                error.hint = "If the token belongs to an account and not to a user, name it: --account ID"
            raise
        account = _chosen(call, accounts)
        state = directory.verify_token(account)
    if state.status != "active":
        raise AccessError(f"the token is {state.status}", hint="Make a new one with the permission Workers AI: Read.")
    accounts = accounts or list_accounts(directory)
    if account is None:
        account = _chosen(call, accounts) if accounts else _typed_account(call)
    named = next((it.name for it in accounts if it.id == account), "")
    if accounts and not named:
        call.terminal.note("The token does not list this account among its own.", style="warning")
    call.terminal.note(f"The token is active. Account: {account}" + (f" ({named})" if named else ""))
    return account


def _chosen(call: Invocation, accounts: list[Account]) -> str:
    """The only account, or the one whose number is typed. Raises UsageError where nobody can be asked."""
    if len(accounts) == 1:
        return accounts[0].id
    listed = "\n".join(f"{number:3}  {it.id}  {it.name}" for number, it in enumerate(accounts, 1))
    if not call.world.stdin_tty:
        raise UsageError(f"the token opens several accounts:\n{listed}", hint="Choose one with --account ID.")
    call.terminal.write_error(f"{listed}\n")
    for _ in range(TRIES):
        answer = ask(call, f"Account (1 to {len(accounts)}): ")
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(accounts):
            return accounts[int(answer) - 1].id
    raise UsageError("no account was chosen; nothing is stored")


def _typed_account(call: Invocation) -> str:
    """The id that is typed, for a token that lists no accounts."""
    missing = UsageError("the token lists no accounts", hint="Name yours with --account ID; the dashboard shows it.")
    if not call.world.stdin_tty:
        raise missing
    answer = ask(call, "Account id (the dashboard shows it): ")
    if not answer:
        raise missing
    return answer
