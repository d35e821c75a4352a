"""The least that is an MCP server over stdio, of the standard library alone so that it starts at once, and the ways in
which one goes wrong. Its one argument is a JSON object:

pids: a file that gets a line with the process id at each start. stderr, banner: what it writes at its start.
tools: what it lists. deaf: answers nothing. exits: before it reads. stubborn: outlives its stdin and SIGTERM.
modern: knows only the newest protocol, which has no `initialize`. unlisted: never answers `tools/list`.
call: what a call does, "answer", "tell" its environment, "change" what it lists to `later`, "die" or "never" end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

TOOL = {"name": "look", "description": "Looks.", "inputSchema": {"type": "object"}}
COMPLETE = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}


def main(how: dict[str, Any]) -> None:
    if how.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stderr.write(how.get("stderr", ""))
    sys.stdout.buffer.write(how.get("banner", "").encode("latin-1"))
    if "pids" in how:
        with Path(how["pids"]).open("a") as file:
            file.write(f"{os.getpid()}\n")
    if how.get("exits"):
        return
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message and not how.get("deaf"):
            answer(message, how)
    while how.get("stubborn"):
        signal.pause()


def answer(message: dict[str, Any], how: dict[str, Any]) -> None:
    result: dict[str, Any] = {}
    match message["method"]:
        case "initialize" if how.get("modern"):
            say({"id": message["id"], "error": {"code": -32601, "message": "Method not found"}})
            return
        case "server/discover":
            result = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, **COMPLETE}
        case "initialize":
            version = message["params"]["protocolVersion"]
            server = {"name": "bare", "version": "1"}
            result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": server}
        case "tools/list":
            if how.get("unlisted"):
                return
            result = {"tools": how.get("tools", [TOOL]), **(COMPLETE if how.get("modern") else {})}
        case "tools/call":
            if how.get("call") == "never":
                return
            if how.get("call") == "die":
                sys.stderr.write("out of\nmemory\n\n")
                os._exit(3)
            text = "seen"
            if how.get("call") == "tell":
                text = json.dumps([dict(os.environ), str(Path.cwd())])
            if how.get("call") == "change":
                how["tools"] = how["later"]
                say({"method": "notifications/tools/list_changed"})
            result = {
                "content": [{"type": "text", "text": text}],
                **({"resultType": "complete"} if how.get("modern") else {}),
            }
            if how.get("call") == "ask":
                result = {"resultType": "input_required", "requestState": "1"}
    say({"id": message["id"], "result": result})


def say(message: dict[str, Any]) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
