"""Which proxy a request goes through, by the usual variables of the environment. No I/O.

HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are read, the lower-case spelling first as curl does. This machine is
never reached through a proxy: that would hand its traffic, and a token in it, to another machine (reliability §4).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from glmcli.api.endpoint import is_loopback
from glmcli.errors import ConfigError

SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True)
class Proxy:
    """url: may hold a password. variable: where it stands. name: host and port, for messages."""

    url: str
    variable: str
    name: str

    @property
    def cure(self) -> str:
        """What to do about a proxy that cannot be reached, or that refuses, as a hint."""
        return f"Check {self.variable}, or name hosts to reach without that proxy in NO_PROXY."


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for this address, None for the direct way. Raises ConfigError for a proxy that cannot be one."""
    target = urlsplit(url)
    if is_loopback(url) or _excepted(target.hostname or "", target.port, _read("no_proxy", environ)[0]):
        return None
    for name in (f"{target.scheme}_proxy", "all_proxy"):
        value, variable = _read(name, environ)
        if value:
            return _proxy(value, variable)
    return None


def _read(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Value and variable; an empty lower-case variable hides the upper-case one."""
    for variable in (name, name.upper()):
        if variable in environ:
            return environ[variable].strip(), variable
    return "", name


def _proxy(value: str, variable: str) -> Proxy:
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in SCHEMES or not url.isascii() or not url.isprintable():
        raise ConfigError(
            f"{variable} is not the address of a proxy",
            hint=f"Write it as http://HOST:PORT (or {', '.join(SCHEMES[1:])}), or unset it.",
        )
    return Proxy(url, variable, f"{host}:{port}" if port else host)


def _excepted(host: str, port: int | None, rules: str) -> bool:
    """Whether NO_PROXY names the host: `*`, a domain with all below it, an address or a network, each with or
    without a port."""
    return any(_matches(rule, host, port) for rule in rules.lower().replace(",", " ").split())


def _matches(rule: str, host: str, port: int | None) -> bool:
    if rule == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule.strip("[]"), strict=False)
    except ValueError:
        pass
    name, _, wanted = rule.rpartition(":") if rule.rpartition(":")[2].isdigit() else (rule, "", "")
    name = name.strip("[]").removeprefix("*").strip(".")
    return (not wanted or wanted == str(port)) and bool(name) and (host == name or host.endswith(f".{name}"))
