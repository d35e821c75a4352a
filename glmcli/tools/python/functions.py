'''Files of typed Python functions, each of which becomes a tool. The file is never imported into this process: a child
(`child.py`) says what the functions take and calls them, one process a call.

    """My tools."""

    from dataclasses import dataclass
    from datetime import date
    from typing import Annotated, Literal

    import httpx                      # what is installed beside glm, and what lies beside this file

    SAFE = ("dice",)                  # runs without asking; the others ask
    TIMEOUT = 20                      # seconds a call may take; 60 where nothing is said
    ENVIRONMENT = ("WEATHER_KEY",)    # variables the functions may read, beside PATH, HOME and the like

    @dataclass
    class Place:
        """A point on the earth.

        Attributes:
            latitude: Degrees north.
        """

        latitude: float
        longitude: Annotated[float, "Degrees east."]

    def forecast(place: Place, day: date, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, float]:
        """The weather of one day.

        Args:
            place: Where.
            day: Up to ten days from now.
        """
        ...

    async def dice(sides: int = 6) -> int:
        """Throws a die."""
        ...

    def _helper(): ...                # no tool, and neither is what is imported; `__all__` narrows it further

Parameters get their JSON Schema from the annotation (`forms.py` lists what there is), "default" from the
default, and the description from Annotated or the docstring. The function is called with what the annotations promise:
a Place, a date. What it returns goes to the model: text as it is, all else as JSON; an exception as a failure. What it
prints does not.

An approval is bound to the file and to the modules that it loads from its own folder and below (`beside.py`): when one
of them changes, nothing is called. Not covered are modules that a function imports only when it is called, what lies in
`site-packages` or elsewhere, and files that are read or run.
'''

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from glmcli.errors import UsageError
from glmcli.tools.child import STDERR_END, Finished, run_child
from glmcli.tools.definitions import NAME
from glmcli.tools.environment import child_environment
from glmcli.tools.python.docstrings import documented
from glmcli.tools.python.source import PythonSource, read_source
from glmcli.tools.tool import OUTPUT_LIMIT, Approval, Result, Stop, Tool

TIMEOUT = 60.0
"""Seconds, for a call and for loading the file."""

_CHILD = Path(__file__).with_name("child.py")
_DESCRIPTION_LIMIT = 4 * 1024 * 1024
_WORD = 16
"""Bytes that the first line of an answer may take."""


def read_functions(
    path: Path, *, cwd: Path, environ: Mapping[str, str], timeout: float = TIMEOUT, secrets: Iterable[str] = ()
) -> list[Tool]:
    """The tools of a file, in the order of the file. cwd: where they run. environ: what they may get of it is the
    business of `environment.py`. secrets: names of variables that they never get. timeout: seconds, unless the file
    says otherwise.

    Raises UsageError with file, line, function, parameter and a cure.
    """
    source = read_source(path)
    child = _FunctionChild(
        source, cwd, child_environment(environ, source.environment, secrets=secrets), source.timeout or timeout
    )
    functions, modules = child.described(timeout)
    child = replace(child, modules=modules)
    names = [function["name"] for function in functions]
    if not names:
        raise source.fault(
            "holds no function that could be a tool", hint="Define one, with a name without _ before it."
        )
    for name in source.safe:
        if name not in names:
            raise source.fault(f"SAFE names {name}, which is no function here", hint=f"There are: {', '.join(names)}.")
    return [_tool(function, source, child) for function in functions]


def _tool(function: dict[str, Any], source: PythonSource, child: _FunctionChild) -> Tool:
    name, parameters = function["name"], function["parameters"]
    if not NAME.fullmatch(name):
        raise source.fault(
            f"the function {name} cannot be a tool", source.lines.get(name), "Use 1 to 64 ASCII letters, digits and _."
        )
    description = documented(parameters, function["docstring"])
    inner = {"name": name, **({"description": description} if description else {}), "parameters": parameters}
    return Tool(
        definition={"type": "function", "function": inner},
        source=str(source.path),
        run=lambda arguments, stop: child.call(name, arguments, stop),
        approval=Approval.UNASKED if name in source.safe else Approval.EACH,
        implementation=child.implementation,
    )


@dataclass(frozen=True)
class _FunctionChild:
    """Speaks the protocol of `child.py`. timeout: seconds, of a call. modules: SHA-256, by path, of those beside the
    file that a call may load."""

    source: PythonSource
    cwd: Path
    environ: Mapping[str, str]
    timeout: float
    modules: Mapping[str, str] = field(default_factory=dict)

    @property
    def implementation(self) -> bytes:
        """What an approval is bound to."""
        modules = json.dumps(self.modules, sort_keys=True).encode()
        return self.source.content + (b"\0" + modules if self.modules else b"")

    def described(self, timeout: float) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """What the functions take, and the modules beside the file. Raises UsageError."""
        finished = self._run({}, Stop(), timeout, _DESCRIPTION_LIMIT)
        word, _, text = (finished.stdout.whole or b"").decode("utf-8", "replace").partition("\n")
        if word == "functions":
            found = json.loads(text)
            return found["functions"], found["modules"]
        if word == "fault":
            raise self._told(**json.loads(text))
        lines = finished.stderr.end(STDERR_END).splitlines()
        why = finished.fault("Python").rstrip(".") or "Python ended"
        raise self.source.fault(f"cannot be loaded: {why}", hint=lines[-1][:200] if lines else "")

    def call(self, name: str, arguments: dict[str, Any], stop: Stop) -> Result:
        request = {"call": name, "arguments": arguments, "modules": self.modules}
        finished = self._run(request, stop, self.timeout, OUTPUT_LIMIT + _WORD)
        word, is_answer, text = finished.stdout.text().partition("\n")
        if is_answer and not finished.stopped:
            return Result(text, failed=word != "result")
        end = finished.stderr.end(STDERR_END)
        fault = finished.fault(name) or f"{name} ended its program before it returned."
        return Result(f"{fault}\n[the end of its stderr]\n{end}" if end else fault, failed=True)

    def _run(self, request: dict[str, Any], stop: Stop, timeout: float, limit: int) -> Finished:
        head = json.dumps({"path": str(self.source.path.resolve()), **request}).encode()
        return run_child(
            [sys.executable, "-P", str(_CHILD)],
            stdin=head + b"\n" + self.source.content,
            cwd=self.cwd,
            environ=self.environ,
            stop=stop,
            timeout=timeout,
            limit=limit,
        )

    def _told(self, message: str, line: int | None, function: str | None, parameter: str | None) -> UsageError:
        if function is None:
            return self.source.fault(message, line)
        line = self.source.lines.get(f"{function}.{parameter}") or self.source.lines.get(function)
        return self.source.fault(f"parameter {parameter} of {function}: {message}", line)
