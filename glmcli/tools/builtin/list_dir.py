"""The tool `list_dir`: what is in a folder within the roots."""

from __future__ import annotations

import os

from glmcli.tools.builtin.declaring import READING, Arguments, declared
from glmcli.tools.builtin.roots import Roots, kind
from glmcli.tools.builtin.tree import SKIPPED, Entry, printable, walk
from glmcli.tools.tool import Approval, Result, Stop, Tool

MOST = 500  # entries in a result
DEEPEST = 8


def list_dir_tool(roots: Roots) -> Tool:
    def run(arguments: Arguments, stop: Stop) -> Result:
        return _list(roots, arguments, stop)

    return declared(
        "list_dir",
        f"Lists a folder: names, sizes in bytes, / behind folders, targets of symlinks. At most {MOST} entries."
        + roots.told,
        {
            "path": {"type": "string", "description": "The folder; left out, the working directory."},
            "depth": {
                "type": "integer",
                "minimum": 1,
                "maximum": DEEPEST,
                "description": "How many levels to list; 1, the folder itself, if left out.",
            },
        },
        run,
        approval=Approval.SCOPE,
        shares=READING,
        scope=roots.scope,
    )


def _list(roots: Roots, arguments: Arguments, stop: Stop) -> Result:
    path = arguments.get("path", ".")
    rows: list[str] = []
    more = False

    def enters(entry: Entry) -> bool:
        return entry.name not in SKIPPED and not roots.is_closed(entry.info)

    with roots.folder(roots.find(path)) as (folder, _):
        for entry in walk(folder, arguments.get("depth", 1), enters):
            more = len(rows) == MOST or stop.is_set
            if more:
                break
            rows.append(_row(entry))
    if not rows and not more:
        return Result(f"{path} is empty.")
    count = f"{len(rows)} {'entry' if len(rows) == 1 else 'entries'}"
    head = f"{path}, the first {count}; look into a folder of it for more:" if more else f"{path}, {count}:"
    return Result("\n".join([head, *rows]), foreign=True)


def _row(entry: Entry) -> str:
    name = printable(entry.path)
    if entry.is_folder:
        return f"{name}/"
    if entry.is_link:
        return f"{name} -> {printable(os.fspath(entry.target))}"
    return f"{name}  {entry.info.st_size}" if entry.is_file else f"{name}  {kind(entry.info.st_mode)}"
