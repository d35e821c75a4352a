"""`glm`, a command-line client for GLM-4.7-Flash on Cloudflare Workers AI.

One way through the program, one type per hop:

    argv -> options -> plan -> request body -> bytes -> events -> { completion, renderer, session store }

    errors.py, world.py   failures with their exit statuses; the outside of the process as one value
    api/                  everything about talking to the model; `http.py` and `connections.py` alone import httpx
    settings.py           config.toml and the environment, by the keys of setting_keys.py; settings_file.py writes it
    credentials.py        tokens and where they may go; private_file.py and toml_text.py serve all of these
    store/                conversations on disk: SQLite, and a spool for the answer that is coming
    templates/            prompts with variables, in files of the user's; what one makes of an input
    attachments.py        what goes along with a prompt, by media.py; conversation_file.py: --messages
    code_blocks.py        the code of an answer
    tools/                what the model may call: built-in tools, functions, programs, MCP servers; who approves a call
    structured/           the schema that an answer was asked for, and whether it fits
    turn.py               one user message to its answer, calls of tools in between: feeds the store, then the renderer
    demo/, local/         embedded endpoints; demo shares no code with api, so that it cannot share its mistakes
    ui/                   events -> terminal; the only home of Rich
    cli/                  argv and keys -> everything above; the only home of Typer, and of prompt-toolkit

An import contract in pyproject.toml holds these arrows.
"""

__version__ = "0.1.0"
