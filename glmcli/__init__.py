"""`glm`, a command-line client for GLM-4.7-Flash on Cloudflare Workers AI.

One way through the program, one type per hop:

    argv -> options -> plan -> request body -> bytes -> events -> { completion, renderer, session store }

    errors.py, world.py   failures with their exit statuses; the outside of the process as one value
    api/                  everything about talking to the model; `http.py` is the only home of httpx
    settings.py           config.toml and the environment; credentials.py: tokens and where they may go
    store.py              sessions on disk
    turn.py               one user message to its answer: feeds the store, then the renderer
    demo/, local.py       embedded endpoints; demo shares no code with api, so that it cannot share its mistakes
    ui/                   events -> terminal; the only home of Rich
    cli/                  argv and keys -> everything above; the only home of Typer and prompt-toolkit

An import contract in pyproject.toml holds these arrows.
"""

__version__ = "0.1.0"
