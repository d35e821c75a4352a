"""The one declaration of every settings key, apart from the request fields under `defaults`.

Reading, checking, `config set`, `config show` and completion are all fed from `KEYS`. Nothing here reads a file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "boolean", "number", "integer", "path", "url", "variable"]
Scope = Literal["top", "profile", "both"]

DEFAULT_MODEL = "@cf/zai-org/glm-4.7-flash"
ENDPOINTS = ("workers-ai", "workers-ai-openai", "ai-gateway", "openai", "local", "demo")
CLOUDFLARE = frozenset({"workers-ai", "workers-ai-openai", "ai-gateway"})
TOKEN_VARIABLES = ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_AUTH_TOKEN", "CF_API_TOKEN")
"""Where the token of Cloudflare may stand, the first one wins (interface §8)."""
WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
BUILT_IN_PROFILES = {"default": "workers-ai", "local": "local", "demo": "demo"}


@dataclass(frozen=True)
class Key:
    """One settings key.

    scope: whether it stands at the top of config.toml, in a `[profiles.NAME]` table, or in both (the profile wins).
    variables: environment variables that set it, the first one wins. For a key of a profile they speak to the
    Cloudflare endpoints alone (interface §8), and so does a `model` at the top of the file.
    """

    name: str
    kind: Kind
    scope: Scope
    help: str
    default: Any = None
    choices: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def cloudflare_only(self) -> bool:
        """Whether variables and the top of the file are no business of the other endpoints."""
        return self.name in ("account_id", "base_url", "model")

    @property
    def allowed(self) -> str:
        """What a value may be, as words: `true or false`."""
        if self.choices:
            return alternatives(self.choices)
        return {
            "boolean": "true or false",
            "number": "a number of seconds; 0 is no limit",
            "integer": "a whole number from 0",
            "path": "the path of a file",
            "url": "a URL",
            "variable": "the name of an environment variable",
            "text": "a text that is not empty",
        }[self.kind]

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value from the file, as `log must be true or false, not "yes"`; None if nothing."""
        if self.kind == "boolean":
            right = isinstance(value, bool)
        elif self.kind == "integer":
            right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        elif self.kind == "variable":
            # The value is not shown: it may be the key itself, put here by mistake.
            named = isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value)
            return None if named else f"{self.name} must be {self.allowed}"
        elif self.kind == "number":
            right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
        else:
            right = isinstance(value, str) and bool(value.strip()) and (not self.choices or value in self.choices)
        if not right:
            return f"{self.name} must be {self.allowed}, not {shown(value)}"
        return _url_fault(self.name, value) if self.kind == "url" else None

    def read(self, text: str) -> Any:
        """The value that a word of the command line or of the environment means; what makes no sense stays a text,
        which `fault` then refuses."""
        text = text.strip()
        if self.kind == "boolean":
            return WORDS.get(text.lower(), text)
        for kind, number in (("integer", int), ("number", float)):
            if self.kind == kind:
                try:
                    return number(text)
                except ValueError:
                    return text
        return text


def _declared(*keys: Key) -> dict[str, Key]:
    return {key.name: key for key in keys}


KEYS: dict[str, Key] = _declared(
    Key("profile", "text", "top", "The profile to use.", "default", variables=("GLM_PROFILE",)),
    Key("endpoint", "text", "profile", "What kind of server the profile talks to.", "workers-ai", ENDPOINTS),
    Key(
        "account_id", "text", "profile", "The Cloudflare account.", None, (), ("CLOUDFLARE_ACCOUNT_ID", "CF_ACCOUNT_ID")
    ),
    Key("base_url", "url", "profile", "Where the API is.", None, (), ("GLM_BASE_URL",)),
    Key("model", "text", "both", "The model.", None, (), ("GLM_MODEL",)),
    Key("system", "text", "both", "The system prompt."),
    Key("gateway", "text", "profile", "The id of the AI Gateway."),
    Key("gateway_path", "text", "profile", "What follows the gateway's id, if not workers-ai."),
    Key("gateway_token_env", "variable", "profile", "The variable with the token of an authenticated gateway."),
    Key("api_key_env", "variable", "profile", "The environment variable that holds the key of this profile."),
    Key("token_command", "text", "profile", "A command that prints the token, run without a shell."),
    Key("max_tokens_field", "text", "profile", "The field for the output limit, on openai.", "max_tokens"),
    Key("log", "boolean", "both", "Whether conversations are stored.", True),
    Key("color", "text", "both", "When to use colour.", "auto", ("auto", "always", "never")),
    Key("theme", "text", "both", "The colours of code and headings.", "auto", ("auto", "dark", "light", "plain")),
    Key("markdown", "boolean", "both", "Whether answers are rendered on a terminal.", True),
    Key("usage", "boolean", "both", "Whether tokens and cost follow each answer.", False),
    Key("hide_reasoning", "boolean", "both", "Whether the thinking of the model stays hidden.", False),
    Key("editing_mode", "text", "both", "The keys of the prompt in chat.", "emacs", ("emacs", "vi")),
    Key("vi_escape", "text", "both", "Two letters that leave the insert mode of vi, such as jk."),
    Key("toolbar", "boolean", "both", "Whether a line below the prompt of chat tells model, context and cost.", True),
    Key("multiline", "boolean", "both", "Whether Enter starts a new line in chat.", False),
    Key("approve", "text", "both", "Whether to ask before calls of tools.", "ask", ("ask", "deny")),
    Key("max_turns", "integer", "both", "Requests of one turn with its tool calls.", 10),
    Key("fetch_private", "boolean", "both", "Whether fetch_url may reach this machine and private networks.", False),
    Key("timeout", "number", "both", "Seconds without a byte before an answer counts as cut.", 60.0),
    Key("first_byte_timeout", "number", "both", "Seconds until the first byte; 120 when streaming, else 900."),
    Key("connect_timeout", "number", "both", "Seconds for making the connection.", 10.0),
    Key("retries", "integer", "both", "How often a request that failed without an answer is sent again.", 2),
    Key("ca_bundle", "path", "both", "A file of certificate authorities to trust.", variables=("SSL_CERT_FILE",)),
)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean "temperature"?`, or nothing."""
    near = nearest(name, known)
    return f'; did you mean "{near}"?' if near else ""


def shown(value: Any) -> str:
    """A value as config.toml has it, on one line and at most 60 characters."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def alternatives(words: Iterable[str]) -> str:
    """`auto, always or never`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _url_fault(name: str, url: str) -> str | None:
    from glmcli.api.endpoint import check_base_url
    from glmcli.errors import GlmError

    try:
        check_base_url(url)
    except GlmError as error:
        return f"{name}: {error.message}"
    return None
