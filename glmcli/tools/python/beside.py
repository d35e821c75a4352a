"""Which modules a file of functions loads from its own folder and below, and that they are still those that were
approved. What is installed there (`site-packages`) is left alone: it has its own way of being trusted.

A module that is not as approved does not run at all. Its bytes are looked at as they are loaded, and its bytecode in
`__pycache__`, which could be anything, is not used. What a function imports by itself while it is called is not
covered: it is not known before.

Runs in the child process of a file of functions: standard library only, nothing of ours.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = os.path.join(os.path.dirname(os.__file__), "")  # noqa: PTH118, PTH120 - as strings, for each import


class Changed(Exception):
    """A module is not what was approved; the text is its path from the folder."""


class Beside:
    """While it is entered, it stands before all that finds modules. Leaving it raises Changed where a module was not as
    approved, even if the file caught that, and where one is gone that the file cannot do without.

    folder: absolute. approved: SHA-256 by path from the folder; None where everything may be loaded. found: the same of
    what was loaded.
    """

    def __init__(self, folder: str, approved: Mapping[str, str] | None = None) -> None:
        self.found: dict[str, str] = {}
        self._folder = os.path.join(folder, "")  # noqa: PTH118 - with one / at its end
        self._approved = approved
        self._changed: list[str] = []

    def __enter__(self) -> Beside:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        sys.meta_path.remove(self)
        gone = [it for it in self._approved or () if not Path(self._folder, it).exists()] if failure else []
        if changed := self._changed + gone:
            raise Changed(changed[0]) from None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As importlib wants it: what the others find. Raises Changed."""
        for finder in list(sys.meta_path):
            if finder is not self and (find := getattr(finder, "find_spec", None)):
                spec: ModuleSpec | None = find(name, path, target)
                if spec is not None:
                    return self._checked(spec)
        return None

    def check(self, inner: str, content: bytes) -> None:
        """Raises Changed."""
        self.found[inner] = digest = hashlib.sha256(content).hexdigest()
        if self._approved is not None and self._approved.get(inner) != digest:
            self._changed.append(inner)
            raise Changed(inner)

    def _checked(self, spec: ModuleSpec) -> ModuleSpec:
        inner = self._inner(spec.origin) if spec.has_location and spec.origin else ""
        if not inner:
            return spec
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _Source(spec.loader.name, spec.loader.path, self, inner)
            spec.cached = None
        else:  # machine code, bytecode alone, or by a loader that is not Python's
            self.check(inner, Path(self._folder, inner).read_bytes())
        return spec

    def _inner(self, origin: str) -> str:
        """The path from the folder; "" for what does not lie in it, is installed or Python's own, or is no file."""
        origin = os.path.normpath(origin)
        if not origin.startswith(self._folder) or origin.startswith(_STANDARD):
            return ""
        inner = origin.removeprefix(self._folder)
        return inner if INSTALLED.isdisjoint(Path(inner).parts) and os.path.isfile(origin) else ""  # noqa: PTH113


class _Source(SourceFileLoader):
    """Loads a module from the very bytes that were checked."""

    def __init__(self, name: str, path: str, beside: Beside, inner: str) -> None:
        super().__init__(name, path)
        self._beside = beside
        self._inner = inner

    def get_code(self, fullname: str) -> CodeType:
        content = self.get_data(self.path)
        self._beside.check(self._inner, content)
        code: CodeType = self.source_to_code(content, self.path)
        return code
