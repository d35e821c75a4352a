"""A real MCP server, made with the SDK, that does what servers do well and badly. A program of its own:

python mcp_server.py          over stdio
python mcp_server.py http     over streamable HTTP on loopback; the first line of stdout is its URL
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

PAGE = 4
PIXEL = "iVBORw0KGgo="
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
PATH = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
NOTHING: dict[str, Any] = {"type": "object", "properties": {}}
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}

DESCRIPTIONS = {"echo": "Says it again.\u202e\U000e0041"}
TOOLS = {
    "echo": TEXT,
    "fail": NOTHING,
    "refuse": NOTHING,
    "slow": PATH,
    "show": NOTHING,
    "measure": NOTHING,
    "lie": NOTHING,
    "ask for a model": NOTHING,
    "ask.for.a.model": NOTHING,
    "broken": {"type": "object", "properties": {"n": {"type": "integral"}}},
}


async def list_tools(ctx: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    names = list(TOOLS)
    start = int(params.cursor) if params and params.cursor else 0
    page = [
        types.Tool(
            name=name,
            description=DESCRIPTIONS.get(name),
            input_schema=TOOLS[name],
            output_schema=NUMBER if name in ("measure", "lie") else None,
        )
        for name in names[start : start + PAGE]
    ]
    return types.ListToolsResult(tools=page, next_cursor=str(start + PAGE) if start + PAGE < len(names) else None)


async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    arguments = params.arguments or {}
    match params.name:
        case "echo":
            return said(arguments["text"])
        case "fail":
            return types.CallToolResult(content=[types.TextContent(text="no such city")], is_error=True)
        case "refuse":
            raise MCPError(code=types.INVALID_PARAMS, message="not like this")
        case "slow":
            Path(arguments["path"]).write_text("running")
            try:
                await anyio.sleep(60)
            except anyio.get_cancelled_exc_class():
                Path(arguments["path"]).write_text("cancelled")
                raise
        case "show":
            return shown()
        case "measure":
            return types.CallToolResult(content=[], structured_content={"n": 3})
        case "lie":
            return types.CallToolResult(content=[], structured_content={"n": "three"})
        case "ask for a model":
            return await asked(ctx)
    return said("?")


def said(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)])


def shown() -> types.CallToolResult:
    return types.CallToolResult(
        content=[
            types.TextContent(text="Here:"),
            types.ImageContent(data=PIXEL, mime_type="image/png"),
            types.AudioContent(data=PIXEL * 1000, mime_type="audio/wav"),
            types.ResourceLink(name="log", uri="file:///log"),
            types.EmbeddedResource(resource=types.TextResourceContents(uri="file:///a.txt", text="inside")),
            types.EmbeddedResource(
                resource=types.BlobResourceContents(uri="file:///b.bin", blob=PIXEL, mime_type="application/zip")
            ),
        ]
    )


async def asked(ctx: Any) -> types.CallToolResult:
    """What the client says to all that a server may ask for."""
    message = types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[], max_tokens=1))
    answers = []
    for question, answer in ((message, types.CreateMessageResult), (types.ListRootsRequest(), types.ListRootsResult)):
        try:
            await ctx.session.send_request(question, answer)
        except MCPError as error:
            answers.append(error.message)
    return said("; ".join(answers))


server: Server[Any] = Server("test", version="1.2.3", on_list_tools=list_tools, on_call_tool=call_tool)


async def over_stdio() -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def over_http() -> None:
    import socket

    import uvicorn

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # before the address is known: who comes early waits
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", flush=True)  # noqa: T201
        config = uvicorn.Config(server.streamable_http_app(), log_level="critical")
        await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    anyio.run(over_http if sys.argv[1:] == ["http"] else over_stdio)
