"""What can be known of a file of functions without running it: its syntax, where its functions stand, and what it
declares about them. Parses, never compiles or imports.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from glmcli.errors import UsageError


@dataclass(frozen=True)
class PythonSource:
    """path: of the file, as the user wrote it. content: bytes of Python. safe: functions that run unasked.
    environment: variables that the functions may read. timeout: seconds, or None where the file says nothing.
    lines: where functions stand, by name, and parameters, by `function.parameter`."""

    path: Path
    content: bytes
    safe: tuple[str, ...]
    environment: tuple[str, ...]
    timeout: float | None
    lines: dict[str, int]

    def fault(self, message: str, line: int | None = None, hint: str = "") -> UsageError:
        return UsageError(f"{self.path}{f' line {line}' if line else ''}: {message}", hint=hint)


def read_source(path: Path) -> PythonSource:
    """Raises UsageError with file and line: no such file, bad syntax, two functions of one name, a declaration that is
    no literal."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="Check the path."
        ) from None
    bare = PythonSource(path, content, (), (), None, {})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of backslashes in texts; Python tells the user where the file is run
            tree = ast.parse(content, str(path))
    except SyntaxError as error:
        raise bare.fault(f"not valid Python: {error.msg}", error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise bare.fault(f"not valid Python: {str(error) or type(error).__name__}") from None
    safe, environment, timeout = (_declared(bare, tree, name) for name in ("SAFE", "ENVIRONMENT", "TIMEOUT"))
    lines: dict[str, int] = {}
    for name, line in _lines(bare, tree):
        lines.setdefault(name, line)  # the outermost comes first
    return PythonSource(path, content, safe or (), environment or (), timeout, lines)


def _lines(source: PythonSource, tree: ast.Module) -> Iterator[tuple[str, int]]:
    seen: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node in tree.body and not _is_overload(node) and not node.name.startswith("_"):
                if node.name in seen:
                    raise source.fault(
                        f"{node.name} is defined a second time, first in line {seen[node.name]}",
                        node.lineno,
                        "Rename one of them.",
                    )
                seen[node.name] = node.lineno
            yield node.name, node.lineno
            of = node.args
            for argument in (*of.posonlyargs, *of.args, *of.kwonlyargs, of.vararg, of.kwarg):
                if argument is not None:
                    yield f"{node.name}.{argument.arg}", argument.lineno


def _is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def _declared(source: PythonSource, tree: ast.Module, name: str) -> Any:
    """What the file assigns to a name, at its top level. None where it does not."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not any(isinstance(target, ast.Name) and target.id == name for target in targets):
            continue
        try:
            value = ast.literal_eval(node.value)  # type: ignore[attr-defined]
        except (ValueError, TypeError, AttributeError, RecursionError):
            _not_as_wanted(source, node.lineno, name)
        if name == "TIMEOUT":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not 0 < value < math.inf:
                _not_as_wanted(source, node.lineno, name)
            return float(value)
        if not isinstance(value, tuple | list | set) or not all(isinstance(it, str) and it for it in value):
            _not_as_wanted(source, node.lineno, name)
        return tuple(value)
    return None


def _not_as_wanted(source: PythonSource, line: int, name: str) -> NoReturn:
    example = "TIMEOUT = 5, in seconds" if name == "TIMEOUT" else f'{name} = ("name", "another")'
    raise source.fault(
        f"{name} is read without running the file, so it must be written out", line, f"Write it as {example}."
    )
