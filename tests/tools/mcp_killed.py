"""A program that is killed while it waits for an MCP server: FOLDER and the file for the server's process id."""

import sys
from pathlib import Path

from tests.tools.mcp_client import bare, client

if __name__ == "__main__":
    with client(bare(deaf=True, stubborn=True, pids=sys.argv[2]), Path(sys.argv[1])) as it:
        it.tools()
