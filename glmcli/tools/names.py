"""The names of the tools that a file may hold, without running any of it: for suggestions, and to find the file that
has a tool."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from glmcli.errors import UsageError

PYTHON, JSON = ".py", ".json"


def names_in(path: Path) -> list[str]:
    """In the order of the file; none where it cannot be read."""
    names: list[str] = []
    with suppress(OSError, ValueError, SyntaxError, RecursionError, MemoryError, UsageError):
        if path.suffix == PYTHON:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                names = list(_functions(ast.parse(path.read_bytes())))
        else:
            from glmcli.tools.definitions import read

            names = [definition.name for definition in read(path) if definition.name]
    return list(dict.fromkeys(names))


def _functions(tree: ast.Module) -> Iterator[str]:
    exported = _exported(tree)
    for node in tree.body:
        name = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else "_"
        if not name.startswith("_") and (exported is None or name in exported):
            yield name


def _exported(tree: ast.Module) -> list[str] | None:
    """What `__all__` says, where it is written out."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            with suppress(ValueError, TypeError, AttributeError):
                return list(map(str, ast.literal_eval(node.value)))  # type: ignore[attr-defined]
    return None
