"""One running MCP server, from its start to its end, on the event loop of `glmcli.tools.mcp.servers`.

A task of its own holds the transport and the session, which have to be left where they were entered; calls come from
other tasks of the same loop. A connection that has ended stays ended: whoever wants the server again makes a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import mcp_types as types
from mcp.client import ClientSession, IncomingMessage
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp_types.methods import validate_server_result
from pydantic import ValidationError

from glmcli import __version__
from glmcli.errors import ConfigError
from glmcli.tools.mcp.faults import explained
from glmcli.tools.mcp.presented import Failed, visible
from glmcli.tools.mcp.surroundings import Surroundings
from glmcli.tools.mcp.transport import Wire, transport
from glmcli.tools.mcp_config import Server

T = TypeVar("T")
MOST_PAGES = 100
MOST_TOOLS = 1000
LF = "\n"


class Connection:
    """name: of the server. server: with its variables expanded. limit: seconds until it must have answered
    `initialize`, and for each listing of its tools.

    ended: whether it can no longer be used. wire: what is known of the server beside its messages. left_out: tools of
    the last listing that the protocol does not allow, and why.
    """

    def __init__(self, name: str, server: Server, around: Surroundings, *, limit: float) -> None:
        self.ended = False
        self.left_out: list[str] = []
        self.wire = Wire()
        self._transport = transport(name, server, self.wire, around)
        self._limit = limit
        self._open = anyio.CancelScope()
        self._session: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()
        self._listing = asyncio.Lock()
        self._offered: dict[str, types.Tool] | None = None
        self._changes = 0
        self._reason = ""
        self._task = asyncio.create_task(self._run())

    async def started(self) -> None:
        """Waits until it can be used. Raises ConfigError where that will not be; its message goes on after the
        server's name."""
        await asyncio.shield(self._session)

    async def offered(self) -> dict[str, types.Tool]:
        """The server's tools by their own names, listed again where it said that they changed. Raises Failed."""
        async with self._listing:
            if self._offered is not None:
                return self._offered
            changes = self._changes
            self.left_out = []
            try:
                async with asyncio.timeout(self._limit):
                    found = await self._list()
            except TimeoutError:
                raise Failed(f"did not list its tools within {self._limit:g} s") from None
            if changes == self._changes:
                self._offered = found
            return found

    async def call(self, tool: str, arguments: dict[str, Any], seconds: float) -> types.CallToolResult:
        """However it is left before its end, the server is told that the request is cancelled.
        Raises Failed, TimeoutError."""
        request = self._session.result().call_tool(tool, arguments, allow_input_required=True)
        async with asyncio.timeout(seconds):
            answer = await self._answered(request)
        if isinstance(answer, types.InputRequiredResult):
            raise Failed("asks for more input in the middle of the call, which glm does not give")
        return answer

    async def close(self) -> None:
        """Ends session and transport: a child's stdin is closed; after 2 s it gets TERM, after 2 more KILL."""
        self._open.cancel()
        await asyncio.wait([self._task])

    async def _list(self) -> dict[str, types.Tool]:
        found: dict[str, types.Tool] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
            page = await self._answered(self._session.result().list_tools(params=params))
            for tool in page.tools:
                found.setdefault(tool.name, tool)
            cursor = page.next_cursor
            if not cursor or len(found) >= MOST_TOOLS:
                break
        return found

    async def _answered(self, request: Awaitable[T]) -> T:
        try:
            return await request
        except MCPError as error:
            if error.code == types.CONNECTION_CLOSED:
                await self.close()
                raise Failed(self._reason) from None
            if self.wire.status == 404:  # it was started anew
                await self.close()
                raise Failed("has forgotten the session; the next call begins a new one") from None
            raise Failed(explained(error, self.wire, self._limit).message) from None
        except (RuntimeError, ValidationError) as error:  # it does not fit what the server announced, or the protocol
            raise Failed(f"gave an answer that cannot be used: {visible(str(error)).partition(LF)[0][:300]}") from None

    async def _run(self) -> None:
        fault = None
        try:
            async with (
                self._transport as (read, write),
                ClientSession(
                    Watched(read, self._open, self._received),
                    write,
                    message_handler=self._heard,
                    client_info=types.Implementation(name="glm", version=__version__),
                ) as session,
            ):
                with self._open:
                    with anyio.fail_after(self._limit):
                        await _greet(session)
                    self._session.set_result(session)
                    await anyio.sleep_forever()
        except Exception as error:  # noqa: BLE001 - whatever ends a connection is what its calls are told
            fault = explained(error, self.wire, self._limit)
        finally:
            self.ended = True
            fault = fault or ConfigError(f"ended{self.wire.evidence}")
            self._reason = fault.message
            if not self._session.done():
                self._session.set_exception(fault)
                self._session.exception()  # asked for here, since nobody else may

    async def _heard(self, message: IncomingMessage) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._changes += 1
            self._offered = None

    def _received(self, item: SessionMessage | Exception) -> None:
        """Looks at what came before the session does, which would take one bad tool for a bad listing."""
        if isinstance(item, ValidationError):
            self.wire.garbage = self.wire.garbage or visible(str(item.errors()[0]["input"])).strip()[:100]
        elif isinstance(item, SessionMessage) and isinstance(item.message, types.JSONRPCResponse):
            result = item.message.result
            if isinstance(result.get("tools"), list):
                result["tools"] = [tool for tool in result["tools"] if self._is_tool(tool, result)]

    def _is_tool(self, tool: Any, result: dict[str, Any]) -> bool:
        version = self._session.result().protocol_version or ""
        try:
            validate_server_result("tools/list", version, {**result, "tools": [tool]})
        except ValidationError as error:
            name = visible(str(tool.get("name") if isinstance(tool, dict) else tool))[:64]
            where = "".join(f"/{it}" for it in error.errors()[0]["loc"][2:])
            self.left_out.append(f"{name!r}, which is left out: {where or 'it'} is not what the protocol wants")
            return False
        return True


class Watched:
    """A stream of messages that shows each one before it is taken, and ends a scope when it ends itself."""

    def __init__(
        self, stream: Any, scope: anyio.CancelScope, received: Callable[[SessionMessage | Exception], None]
    ) -> None:
        self._stream = stream
        self._scope = scope
        self._received = received

    @property
    def last_context(self) -> Any:
        """Of the sender; the SDK looks for it."""
        return getattr(self._stream, "last_context", None)

    async def receive(self) -> Any:
        return await self._stream.receive()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            item = await self._stream.__anext__()
        except (StopAsyncIteration, anyio.ClosedResourceError):
            self._scope.cancel()
            raise
        self._received(item)
        return item

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        ended: bool | None = await self._stream.__aexit__(kind, error, trace)
        return ended


async def _greet(session: ClientSession) -> None:
    """Asks first as every server understands it, then as those do that know only the newest protocol."""
    try:
        await session.initialize()
    except MCPError as error:
        if error.code == types.CONNECTION_CLOSED:
            raise
        try:
            await session.discover()
        except MCPError:
            raise error from None
