"""The tools that come with `glm`, one to a file, none of them on unless it is asked for by name.

They run in this process, with the arguments already checked against their definitions. What they may reach is handed
in: folders, an environment, a clock. A failure is a sentence for the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.errors import UsageError
from glmcli.tools.tool import Tool

if TYPE_CHECKING:
    from glmcli.tools.builtin.roots import Roots

NAMES = ("calculator", "now", "read_file", "list_dir", "search_files", "write_file", "fetch_url", "shell")


def built_in(
    name: str,
    *,
    roots: Sequence[Path],
    cwd: Path,
    environ: Mapping[str, str],
    now: Callable[[], float],
    ca_bundle: str | None,
    config: Path,
    secrets: Sequence[str] = (),
    allow_private: bool = False,
) -> Tool:
    """One of `NAMES`; only that one is imported.

    roots: the folders that the file tools may touch. cwd: what relative paths start from, and where commands run.
    environ: for commands; names proxies. now: seconds since the epoch. ca_bundle: a file of certificates to trust
    instead of the system's. config: the folder of our own configuration, which no file tool touches. secrets: names of
    variables that no command gets. allow_private: whether `fetch_url` may reach this machine and its private networks.
    Raises KeyError for any other name, UsageError for a root that is no folder.
    """
    match name:
        case "calculator":
            from glmcli.tools.builtin.calculator import calculator_tool

            return calculator_tool()
        case "now":
            from datetime import datetime

            from glmcli.tools.builtin.now import now_tool

            return now_tool(lambda: datetime.fromtimestamp(now()).astimezone())
        case "fetch_url":
            from glmcli.tools.builtin.fetch_url import fetch_url_tool

            return fetch_url_tool(environ, ca_bundle=ca_bundle, allow_private=allow_private)
        case "shell":
            from glmcli.tools.builtin.shell import shell_tool

            return shell_tool(cwd, environ, secrets=secrets)
        case "read_file" | "list_dir" | "search_files" | "write_file":
            from glmcli.tools.builtin.roots import Roots

            if missing := [root for root in roots if not root.is_dir()]:
                raise UsageError(
                    f"there is no folder {missing[0]} for the file tools", hint="--root DIR names another."
                )
            return _file_tool(name, Roots(roots, cwd=cwd, home=environ.get("HOME"), closed=[config]))
    raise KeyError(name)


def _file_tool(name: str, roots: Roots) -> Tool:
    if name == "read_file":
        from glmcli.tools.builtin.read_file import read_file_tool

        return read_file_tool(roots)
    if name == "list_dir":
        from glmcli.tools.builtin.list_dir import list_dir_tool

        return list_dir_tool(roots)
    if name == "search_files":
        from glmcli.tools.builtin.search_files import search_files_tool

        return search_files_tool(roots)
    from glmcli.tools.builtin.write_file import write_file_tool

    return write_file_tool(roots)
