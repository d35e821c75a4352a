"""Which addresses belong to the public internet, and to which of them a name leads.

For requests that somebody else than the user asks for: a name that leads to this machine, to its networks or to what
a cloud tells its machines about themselves must not be followed. What is checked here is what is connected to, so that
a name server cannot say one thing now and another in a moment.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence

from glmcli.errors import NetworkError, UsageError

Lookup = Callable[[str, int], Sequence[str]]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_NOT_PUBLIC = (
    # They answer only to the machines of one cloud: Azure's, and Oracle's, which is IANA's own network.
    ipaddress.IPv4Network("168.63.129.16/32"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    # Public to Python 3.11: whichever relay is nearest (RFC 7526), and addresses for documentation (RFC 9637).
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("3fff::/20"),
)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system has them. Raises NetworkError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise NetworkError(f"the name {host} cannot be looked up right now", hint="Check the network.") from None
        raise NetworkError(f"there is no host {host}", hint="Check the address.") from None
    except (OSError, UnicodeError):
        raise NetworkError(f"the name {host} cannot be looked up", hint="Check the address.") from None
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def addresses(host: str, port: int, lookup: Lookup) -> list[str]:
    """The addresses of a host, at least one. Raises NetworkError, and what the lookup raises."""
    if found := list(lookup(host, port)):
        return found
    raise NetworkError(f"there is no host {host}", hint="Check the address.")


def public_addresses(host: str, port: int, lookup: Lookup) -> list[str]:
    """The addresses of a host, if all of them are public. Raises UsageError, and as `addresses` does."""
    found = addresses(host, port, lookup)
    for address in found:
        if not is_public(address):
            via = "" if address == host else f" leads to {address}, which"
            raise UsageError(
                f"{host}{via} is no public address: it may be this machine or its network",
                hint="Only public addresses are fetched from.",
            )
    return found


def is_public(address: str) -> bool:
    """Whether an IP address is reached through the internet, and means the same host from everywhere."""
    try:
        parsed = _unwrapped(ipaddress.ip_address(address))
    except ValueError:
        return False
    if any(parsed in network for network in _NOT_PUBLIC):
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        return parsed in _GLOBAL_UNICAST and parsed.is_global
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address
