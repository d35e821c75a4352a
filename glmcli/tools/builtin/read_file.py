"""The tool `read_file`: a text file within the roots, or some lines of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from glmcli.tools.builtin.declaring import READING, Arguments, Refused, declared
from glmcli.tools.builtin.roots import Roots
from glmcli.tools.builtin.text_lines import is_binary, lines
from glmcli.tools.tool import OUTPUT_LIMIT, Approval, Result, Stop, Tool

MOST = OUTPUT_LIMIT - 4096  # bytes of lines in a result; the rest is for what we say about them
LONGEST_LINE = 8192  # bytes of a line that are shown
FURTHEST = 1 << 30  # bytes into a file that are looked through for a line
SECONDS = 20.0


def read_file_tool(roots: Roots, monotonic: Callable[[], float] = time.monotonic) -> Tool:
    def run(arguments: Arguments, stop: Stop) -> Result:
        return _read(roots, arguments, stop, monotonic)

    number = {"type": "integer", "minimum": 1}
    return declared(
        "read_file",
        f"Reads a text file, or some of its lines. At most {MOST // 1024} KiB at once; the result says where to go on."
        + roots.told,
        {
            "path": {"type": "string", "description": "The file, relative to the working directory or absolute."},
            "start_line": {**number, "description": "The first line to read, counted from 1."},
            "end_line": {**number, "description": "The last line to read, itself included."},
        },
        run,
        required=("path",),
        approval=Approval.SCOPE,
        shares=READING,
        scope=roots.scope,
    )


def _read(roots: Roots, arguments: Arguments, stop: Stop, monotonic: Callable[[], float]) -> Result:
    path, first, last = arguments["path"], arguments.get("start_line", 1), arguments.get("end_line")
    if last is not None and last < first:
        raise Refused(f"end_line {last} comes before start_line {first}.")
    shown: list[str] = []
    number = size = cut = more = 0
    clean = True
    deadline = monotonic() + SECONDS

    def goes_on(position: int) -> bool:
        if monotonic() > deadline:
            raise Refused(f"{path} was not read that far: stopped after {SECONDS:g} s, before line {number + 1}.")
        return not stop.is_set and position < FURTHEST

    with roots.file(roots.find(path)) as descriptor:
        length = os.fstat(descriptor).st_size
        if is_binary(descriptor):
            raise Refused(f"{path} is a binary file, or text in UTF-16 ({length} bytes): it cannot be read as text.")
        for line in lines(descriptor, LONGEST_LINE, goes_on):
            number += 1
            if number < first:
                continue
            text = f"{line.text}… [{line.length} bytes]" if line.is_cut else line.text
            size += len(text.encode()) + 1
            if (last and number > last) or size > MOST:
                more = number
                break
            shown.append(text)
            cut, clean = cut + line.is_cut, clean and line.clean
    if stop.is_set:
        raise Refused(f"{path} was not read to its end: stopped.")
    if not number:
        return Result(f"{path} is empty.")
    if not shown:
        raise Refused(f"{path} has no line {first}: it ends with line {number}.")
    is_whole = first == 1 and not more
    notes = [f"{path}, {'whole' if is_whole else f'lines {first} to {first + len(shown) - 1}'}"]
    if more:
        notes.append(f"more follows from line {more} on")
    if cut:
        notes.append(f"lines of more than {LONGEST_LINE} bytes are cut, and say how long they are")
    if not clean:
        notes.append("it is not all UTF-8; what could not be read is shown as \ufffd")
    return Result("\n".join([f"{'; '.join(notes)}:", *shown]), foreign=True)
