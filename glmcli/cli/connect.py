"""From a profile to the model: builds the endpoint with its credentials, and starts the embedded ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.api import endpoint as endpoints
from glmcli.api.endpoint import Endpoint
from glmcli.cli.options import TurnOptions
from glmcli.errors import ConfigError
from glmcli.settings import Profile, Settings
from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.api.client import Client, Patience
    from glmcli.credentials import Token
    from glmcli.ui.terminal import Terminal

EMBEDDED = ("demo", "local")
"""Endpoints that are started along with the command, on this machine."""


@contextmanager
def connected(
    settings: Settings, options: TurnOptions, world: World, terminal: "Terminal", warn: Callable[[str], None]
) -> Iterator[Callable[[str], "Client"]]:
    """A function that gives the client for a model of the profile's endpoint, which is up while the block runs.

    warn: says one line to the user. An embedded endpoint is started first. Raises ConfigError where that fails; the
    function raises it without credentials. Its clients share their connections.
    """
    from glmcli.api.client import Client
    from glmcli.api.http import Http

    profile = settings.profile
    patience = _patience(settings, options)
    bundle = options.ca_bundle or settings.value("ca_bundle").value
    with ExitStack() as stack:
        place: Callable[[str], Endpoint]
        if profile.endpoint == "demo":
            from glmcli import demo

            server = stack.enter_context(demo.start(pace=DEMO_PACE if world.stdout_tty else 0.0))
            place = partial(endpoints.workers_ai, server.base, "demo", "demo")
        elif profile.endpoint == "local":
            local = stack.enter_context(_local(settings, world, terminal))
            place = lambda model: local  # noqa: E731 - it serves one model, whatever it is called
        else:
            place = lambda model: remote(profile, model, world.environ, settings.folder, warn)  # noqa: E731
        http = stack.enter_context(Http(ca_bundle=bundle, environ=world.environ, connect_timeout=patience.connect))
        yield lambda model: Client(
            place(model),
            http=http,
            patience=patience,
            sleep=world.sleep,
            random=world.random,
            now=world.now,
            warn=warn,
        )


@contextmanager
def _local(settings: Settings, world: World, terminal: "Terminal") -> Iterator[Endpoint]:
    """The model on this machine. It is said what it is, since nobody should take it for GLM."""
    from glmcli import local
    from glmcli.cli.interrupts import when_continued
    from glmcli.ui.status import Status

    said = ["starting the local model"]
    status = Status(terminal)
    status.start(lambda seconds: f"{said[0]} {seconds:.0f} s")

    def say(text: str) -> None:
        said[0] = text

    try:
        with when_continued(terminal.displace, terminal.lock):
            server = local.start(
                settings.folder, environ=world.environ, on_wait=say, monotonic=world.monotonic, sleep=world.sleep
            )
    finally:
        status.stop()
    with server:
        if server.note:
            terminal.note(server.note)
        field = settings.profile.max_tokens_field
        yield endpoints.openai(server.base_url, server.key, server.model, field, kind="local")


DEMO_PACE = 0.01
"""Seconds between two tokens of the demo on a terminal, so that people see it stream."""


def remote(
    profile: Profile, model: str, environ: Mapping[str, str], folder: Path, warn: Callable[[str], None]
) -> Endpoint:
    """The endpoint of a profile that is somewhere else, with its credentials; warn is told of a token that others can
    read. Raises ConfigError."""
    from glmcli.credentials import find_account, find_token, gateway_token, no_account, require_token

    if profile.endpoint == "openai":
        found = find_token(profile, profile.base_url, environ, folder)
        return _openai(profile, model, _told(found, warn).value if found else None)
    token = _told(require_token(profile, profile.base_url, environ, folder), warn)
    account = find_account(profile, folder)
    if account is None:
        raise no_account()
    return _cloudflare(profile, account[0], token.value, model, gateway_token(profile, environ))


def _told(token: "Token", warn: Callable[[str], None]) -> "Token":
    if token.warning:
        warn(token.warning)
    return token


def outline(profile: Profile, model: str, folder: Path) -> Endpoint:
    """The endpoint as far as it is known without credentials, for `--dry-run` and `--curl`: placeholders stand for
    the token and for an account that nobody named. It must not be sent to."""
    from glmcli.credentials import find_account

    if profile.endpoint in ("openai", "local"):
        wants_key = profile.api_key_env or profile.token_command
        return _openai(profile, model, PLACEHOLDER if wants_key else None)
    account = find_account(profile, folder)
    gateway_token = PLACEHOLDER if profile.gateway_token_env else None
    return _cloudflare(profile, account[0] if account else ACCOUNT_PLACEHOLDER, PLACEHOLDER, model, gateway_token)


def as_curl(endpoint: Endpoint, body: dict[str, Any], session_id: str | None) -> str:
    """A curl command for an `outline`: in it, an account that nobody named is a variable of the shell, as the token."""
    from glmcli.api.curl import curl_command

    command = curl_command(endpoint, body, session_id)
    return command.replace(ACCOUNT_PLACEHOLDER, "'\"$CLOUDFLARE_ACCOUNT_ID\"'", 1)


PLACEHOLDER = "placeholder"
ACCOUNT_PLACEHOLDER = "account.that.nobody.named"


def _cloudflare(profile: Profile, account: str, token: str, model: str, gateway_token: str | None) -> Endpoint:
    base = profile.base_url or endpoints.CLOUDFLARE_URL
    if profile.endpoint == "workers-ai-openai":
        return endpoints.workers_ai_openai(base, account, token, model)
    if profile.endpoint == "ai-gateway":
        if not profile.gateway:
            raise ConfigError(
                f"profile {profile.name} names no gateway",
                hint=f"Run: glm config set profiles.{profile.name}.gateway NAME",
            )
        path = profile.gateway_path or "workers-ai"
        return endpoints.ai_gateway(
            base, account, profile.gateway, token, model, path=path, gateway_token=gateway_token
        )
    return endpoints.workers_ai(base, account, token, model)


def _openai(profile: Profile, model: str, token: str | None) -> Endpoint:
    base = profile.base_url or ("http://127.0.0.1/v1" if profile.endpoint == "local" else None)
    if not base:
        raise ConfigError(
            f"profile {profile.name} has no base_url",
            hint=f"Run: glm config set profiles.{profile.name}.base_url http://127.0.0.1:8080/v1",
        )
    variable = profile.api_key_env or "OPENAI_API_KEY"
    return endpoints.openai(base, token, model, profile.max_tokens_field, token_variable=variable)


def _patience(settings: Settings, options: TurnOptions) -> "Patience":
    """How long to wait, by flags, else by the settings; all in seconds."""
    from glmcli.api.client import Patience

    def chosen(name: str, given: float | None) -> Any:
        return given if given is not None else settings.value(name).value

    return Patience(
        connect=chosen("connect_timeout", options.connect_timeout),
        first_byte=chosen("first_byte_timeout", options.first_byte_timeout),
        idle=chosen("timeout", options.timeout),
        retries=chosen("retries", options.retries),
    )
