"""The connections that requests go over: opened, kept for the next request, replaced unseen when they broke meanwhile.

Beside `http` the only place that imports httpx, and that with the first request. What httpx does not offer, a
connection that is there before the request, its pool is given by `opened_ahead`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from glmcli.api.proxy import Proxy, proxy_for
from glmcli.errors import ConfigError

if TYPE_CHECKING:
    import ssl

    import httpx

    from glmcli.api.opened_ahead import OpenedAhead

KEEP_ALIVE = 90.0  # seconds that an unused connection is kept; a server that drops it earlier is noticed
MOST_KEPT = 2


class Connections:
    """Those to every server, direct ones and those through a proxy.

    ca_bundle: a file of certificates to trust instead of the system's. environ: where proxies and SSL_CERT_FILE are
    looked up. One thread sends; another one may open ahead meanwhile.
    """

    def __init__(self, ca_bundle: str | None, environ: Mapping[str, str]) -> None:
        self._ca_bundle = ca_bundle
        self._environ = environ
        self._making = Lock()
        self._ways: dict[tuple[Proxy | None, bool], _Way] = {}

    def close(self) -> None:
        """Closes all of them. The next request opens new ones."""
        ways, self._ways = self._ways, {}
        for way in list(ways.values()):
            way.close()

    def send(self, proxy: Proxy | None, request: "httpx.Request", limits: dict[str, float | None]) -> "httpx.Response":
        """The response once its headers are there. Raises ConfigError, and what httpx raises.

        Sends again, unseen, where the connection was there before and the server had dropped it: a new one works, and
        the server never saw the request.
        """
        import httpx

        way = self._way(self._ways, proxy, secure=request.url.scheme == "https")
        connecting: list[str] = []
        taken = way.ahead.taken

        def trace(event: str, _: Mapping[str, Any]) -> None:
            if event.endswith("connect_tcp.started"):
                connecting.append(event)

        # The transport reads the limits anew for the body, so that they can be changed in between.
        request.extensions = {**request.extensions, "timeout": limits, "trace": trace}
        try:
            return way.transport.handle_request(request)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if connecting and way.ahead.taken == taken:
                raise
        return way.transport.handle_request(request)

    def open_ahead(self, url: str, timeout: float | None) -> None:
        """Opens the connection for the next request to this address, unless there is one. Through a proxy none is
        opened, which would want to be asked first; but what is slow about the first request is done.

        timeout: seconds, None for no limit. Raises ConfigError, and what httpx raises for an address that is none; a
        connection that fails is no error yet.
        """
        ways = self._ways
        import_httpx()
        import httpx

        address = httpx.URL(url)
        proxy = proxy_for(url, self._environ)
        way = self._way(ways, proxy, secure=address.scheme == "https")
        if proxy is None:
            way.open_ahead(address, timeout)
        if ways is not self._ways:  # they were closed while this one was made
            way.close()

    def _way(self, ways: "dict[tuple[Proxy | None, bool], _Way]", proxy: Proxy | None, *, secure: bool) -> "_Way":
        """The one through this proxy. Raises ConfigError."""
        from glmcli.api.tls import tls_context, untrusting_context

        with self._making:
            if (proxy, secure) not in ways:
                proxy_speaks_tls = proxy is not None and proxy.url.startswith("https:")
                context = untrusting_context()
                if secure or proxy_speaks_tls:
                    context = tls_context(self._ca_bundle, self._environ)
                ways[proxy, secure] = _Way(proxy, context)
            return ways[proxy, secure]


class _Way:
    """The pool of connections through one proxy, or of direct ones. Raises ConfigError for a SOCKS proxy that needs a
    package."""

    def __init__(self, proxy: Proxy | None, context: "ssl.SSLContext") -> None:
        import httpcore
        import httpx

        from glmcli.api.opened_ahead import OpenedAhead

        self._context = context
        self.ahead: OpenedAhead = OpenedAhead(KEEP_ALIVE)
        limits = httpx.Limits(max_keepalive_connections=MOST_KEPT, keepalive_expiry=KEEP_ALIVE)
        through = None
        if proxy is not None:
            through = httpx.Proxy(proxy.url, ssl_context=context if proxy.url.startswith("https:") else None)
        try:
            self.transport = httpx.HTTPTransport(verify=context, trust_env=False, limits=limits, proxy=through)
        except ImportError as error:
            raise ConfigError(
                "the environment names a SOCKS proxy, which needs one more package",
                hint="Install it: pip install 'httpx[socks]'",
            ) from error
        if proxy is None:
            # httpx has no way to say where its connections come from; its pool, which is public, has.
            self.transport._pool = httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=None,
                max_keepalive_connections=MOST_KEPT,
                keepalive_expiry=KEEP_ALIVE,
                network_backend=self.ahead,
            )

    def open_ahead(self, address: "httpx.URL", timeout: float | None) -> None:
        """As `Connections.open_ahead`."""
        import httpcore

        secure = address.scheme == "https"
        origin = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=b"/").origin
        connections = self.transport._pool.connections
        if not any(it.can_handle_request(origin) and not it.is_closed() and not it.has_expired() for it in connections):
            self.ahead.open(origin.host.decode("ascii"), origin.port, self._context if secure else None, timeout)

    def close(self) -> None:
        self.ahead.close()
        self.transport.close()


def import_httpx() -> None:
    """Imports httpx without a command line of its own, for which it would load Rich and Pygments, 100 ms of imports,
    wherever click happens to be installed."""
    its_command = "httpx._main"
    if "httpx" not in sys.modules:
        sys.modules[its_command] = None  # type: ignore[assignment] # an import of it fails, which httpx is ready for
        try:
            import httpx  # noqa: F401
        finally:
            sys.modules.pop(its_command, None)
