"""The tool `search_files`: lines of text files within the roots that hold a pattern."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator

from glmcli.tools.builtin.declaring import READING, Arguments, Refused, declared
from glmcli.tools.builtin.pattern import matcher, name_matcher
from glmcli.tools.builtin.roots import Place, Roots
from glmcli.tools.builtin.secret_names import is_secret
from glmcli.tools.builtin.text_lines import is_binary, lines
from glmcli.tools.builtin.tree import SKIPPED, Entry, printable, walk
from glmcli.tools.tool import Approval, Result, Stop, Tool

MOST = 200  # lines in a result
SHOWN = 250  # characters of a line that are shown
LONGEST_LINE = 1 << 14  # bytes of a line that are searched
LARGEST = 1 << 25  # bytes of a file that are searched
DEEPEST = 40
SECONDS = 20.0


def search_files_tool(roots: Roots, monotonic: Callable[[], float] = time.monotonic) -> Tool:
    def run(arguments: Arguments, stop: Stop) -> Result:
        return _Search(roots, arguments, stop, monotonic).result()

    yes = {"type": "boolean"}
    return declared(
        "search_files",
        f"Finds lines in the text files of a folder, all its subfolders included. At most {MOST} lines, as "
        "path:line: text. Version control, installed packages, binary files and files with secrets are left out."
        + roots.told,
        {
            "pattern": {
                "type": "string",
                "description": "A regular expression, without lookaround and backreferences; matched line by line.",
            },
            "path": {"type": "string", "description": "A folder or a file; left out, the working directory."},
            "glob": {"type": "string", "description": "Only files with such names, for example *.py or src/*.md."},
            "ignore_case": {**yes, "description": "Whether capital and small letters are the same."},
            "literal": {**yes, "description": "Whether the pattern is plain text instead."},
        },
        run,
        required=("pattern",),
        approval=Approval.SCOPE,
        shares=READING,
        scope=roots.scope,
    )


class _Search:
    """One search. Its time is limited, because a folder may hold anything."""

    def __init__(self, roots: Roots, arguments: Arguments, stop: Stop, monotonic: Callable[[], float]) -> None:
        self._roots = roots
        self._path = arguments.get("path", ".")
        self._matches = matcher(
            arguments["pattern"],
            literal=arguments.get("literal", False),
            ignore_case=arguments.get("ignore_case", False),
        )
        self._is_named = name_matcher(arguments["glob"]) if "glob" in arguments else lambda _: True
        self._stop = stop
        self._monotonic = monotonic
        self._deadline = monotonic() + SECONDS
        self._rows: list[str] = []
        self._searched = 0
        self._left_out: Counter[str] = Counter()

    def result(self) -> Result:
        place = self._roots.find(self._path)
        for descriptor, path in self._files(place):
            if is_binary(descriptor):
                self._left_out["binary"] += 1
            else:
                self._searched += 1
                self._search(descriptor, printable(path))
            if len(self._rows) > MOST or self._is_over():
                break
        rows = self._rows[:MOST]
        return Result("\n".join([self._head() + (":" if rows else "."), *rows]), foreign=bool(rows))

    def _files(self, place: Place) -> Iterator[tuple[int, str]]:
        """Descriptors, closed as the next is asked for, and paths from the folder that was named."""
        if not place.is_folder:
            with self._roots.file(place) as descriptor:
                yield descriptor, self._path
            return
        with self._roots.folder(place) as (folder, _):
            start = "" if self._path in (".", "./") else f"{self._path.rstrip('/')}/"
            for entry in walk(folder, DEEPEST, self._enters):
                if self._is_over():
                    return
                if not entry.is_file or not self._is_named(entry.path):
                    continue
                if is_secret((*place.parts, *entry.path.split("/"))):
                    self._left_out["that may hold secrets"] += 1
                    continue
                try:
                    descriptor = entry.open()
                except Refused:
                    self._left_out["that cannot be opened"] += 1
                    continue
                try:
                    if self._roots.is_closed(os.fstat(descriptor)):
                        self._left_out["that belong to glm itself"] += 1
                        continue
                    yield descriptor, start + entry.path
                finally:
                    os.close(descriptor)

    def _search(self, descriptor: int, path: str) -> None:
        for number, line in enumerate(lines(descriptor, LONGEST_LINE, self._goes_on), 1):
            if self._matches(line.text):
                text = line.text.rstrip("\r")
                self._rows.append(f"{path}:{number}: {text[:SHOWN]}{'…' if len(text) > SHOWN or line.is_cut else ''}")
                if len(self._rows) > MOST:
                    return

    def _goes_on(self, position: int) -> bool:
        if position >= LARGEST:
            self._left_out[f"searched only up to {LARGEST >> 20} MiB"] += 1
        return position < LARGEST and not self._is_over()

    def _is_over(self) -> bool:
        return self._stop.is_set or self._monotonic() > self._deadline

    def _enters(self, entry: Entry) -> bool:
        return entry.name not in SKIPPED and not self._roots.is_closed(entry.info)

    def _head(self) -> str:
        """What was found and where, and what was not looked at."""
        found = f"{len(self._rows)} {'line' if len(self._rows) == 1 else 'lines'}"
        if not self._rows:
            found = "Nothing found"
        elif len(self._rows) > MOST:
            found = f"The first {MOST} lines (narrow the search for others)"
        parts = [f"{found} in {self._searched} {'file' if self._searched == 1 else 'files'}"]
        parts += [f"{count} {what}" for what, count in self._left_out.items()]
        if self._is_over():
            parts.append(f"stopped before the end, after at most {SECONDS:g} s: search a smaller folder")
        return "; ".join(parts)
