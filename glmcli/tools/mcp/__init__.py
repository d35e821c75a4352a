"""MCP servers: programs and addresses of others that offer tools, through the official SDK (the extra `glmcli[mcp]`).

    servers.py       the synchronous face: `Servers`, which gives the tools of each by its name
    loop.py          the thread of the event loop, where threads and coroutines meet
    connection.py    one running server, from its start to its end, on that loop
    transport.py     how bytes reach it: a child process or streamable HTTP
    faults.py        why a connection ended
    surroundings.py  what a server gets of the world around it
    stderr_log.py    what children write to stderr, in one bounded file
    presented.py     what a server says of a tool -> its definition; what a call came to -> its result

Nothing outside this package imports the SDK, its anyio or its httpx2, and nothing outside is asynchronous. Only the
tools of a server are used; where it asks for a model, for input or for folders, the SDK refuses in our name.
"""

from glmcli.tools.mcp.servers import Servers as Servers
