"""The child process of a file of functions: says what they take, or calls one. The user's code runs here, never in glm.

    python -P child.py < REQUEST > ANSWER

REQUEST is one line of JSON and the file's content, so that what runs is what was approved, whatever happens to the
file meanwhile:

    {"path": "/home/me/tools.py"}                                           say what the functions take
    {"path": "/home/me/tools.py", "call": "forecast", "arguments": {…}, "modules": {…}}     call one

modules: those beside the file that it may load (`beside.py`); where one is another now, nothing is called.

ANSWER is one word on a line of its own and what it is about:

    functions   a JSON object of "functions", a list of {"name", "docstring", "parameters"}, and "modules": SHA-256, by
                path, of what the file loaded from its folder
    fault       a JSON object of {"message", "line", "function", "parameter"}: why the file cannot be used
    result      the text that the function returned
    failed      the text of what went wrong

What the functions print goes to the error stream, and so does the output of programs that they start. Standard library
only, and nothing of ours but `forms.py`, what that imports, and `beside.py`.
"""

from __future__ import annotations

import inspect
import io
import json
import linecache
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from glmcli.tools.python.beside import Beside, Changed
from glmcli.tools.python.fields import MISSING, Field, Unsupported, hints
from glmcli.tools.python.forms import Form, Forms
from glmcli.tools.python.values import Mismatch, jsonable

MODULE = "glm_functions"
_LONGEST = 2000


class Fault(Exception):
    """Why a file cannot be used, and where."""

    def __init__(
        self, message: str, *, line: int | None = None, function: str | None = None, parameter: str | None = None
    ) -> None:
        super().__init__(message)
        self.told = {"message": message, "line": line, "function": function, "parameter": parameter}


def main() -> None:
    channel = os.dup(1)  # not inherited by programs that the functions start
    os.dup2(2, 1)
    head, _, content = sys.stdin.buffer.read().partition(b"\n")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - no Path is needed
        os.dup2(nothing.fileno(), 0)
    request = json.loads(head)
    sys.path[0] = os.path.dirname(request["path"])  # noqa: PTH120 - as Python does for a script
    word, text = answer(request, content)
    sys.stdout.flush()
    with open(channel, "wb") as answers:  # noqa: PTH123 - a descriptor, not a path
        answers.write(f"{word}\n{text}".encode("utf-8", "replace"))


def answer(request: dict[str, Any], content: bytes) -> tuple[str, str]:
    """The word and the text of an answer."""
    path = request["path"]
    folder, file = os.path.split(path)
    try:
        with Beside(folder, request.get("modules")) as beside:
            functions = load(path, content)
        if "call" in request:
            return call(functions[request["call"]], request["arguments"], path)
        found = [described(name, function) for name, function in functions.items()]
        return "functions", json.dumps({"functions": found, "modules": beside.found})
    except Changed as changed:
        why = f"was not run: {changed}, which {file} loads, is not what it was when the functions were read."
        return "failed", f"{request['call']} {why}"
    except Fault as fault:
        return "fault", json.dumps(fault.told)


def load(path: str, content: bytes) -> dict[str, Callable[..., Any]]:
    """Runs the file and gives its public functions. Raises Fault."""
    module = types.ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module
    text = content.decode("utf-8", "replace")
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    stdout, sys.stdout = sys.stdout, _Loading(path)
    try:
        exec(compile(content, path, "exec", dont_inherit=True), module.__dict__)
    except Fault:
        raise
    except SystemExit as ending:
        why = f"ends the program while it is loaded (status {ending.code}); put that into a function"
        raise Fault(why, line=line_of(ending, path)) from None
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises
        raise Fault(f"cannot be loaded: {told(error)}", line=line_of(error, path)) from None
    finally:
        sys.stdout.flush()
        sys.stdout = stdout
    names = getattr(module, "__all__", None)
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and (names is None or name in names) and _is_own_function(value)
    }


def _is_own_function(value: Any) -> bool:
    inner = inspect.unwrap(value) if callable(value) and not isinstance(value, type) else None
    return inspect.isfunction(inner) and inner.__module__ == MODULE and inner.__name__ != "<lambda>"


class _Loading(io.TextIOWrapper):
    """The output stream while the file is loaded: its own lines may not print, what they import may."""

    def __init__(self, path: str) -> None:
        super().__init__(open(2, "wb", closefd=False), encoding="utf-8", errors="replace")  # noqa: SIM115
        self._path = path

    def write(self, text: str) -> int:
        caller = sys._getframe(1)
        if caller.f_code.co_filename == self._path and caller.f_code.co_name == "<module>":
            raise Fault("prints while it is loaded; put that into a function", line=caller.f_lineno)
        return super().write(text)


def described(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    """What a function takes: a JSON Schema. Raises Fault."""
    form, definitions = form_of(name, function)
    parameters = {**form.schema, **({"$defs": definitions} if definitions else {})}
    return {"name": name, "docstring": inspect.getdoc(function) or "", "parameters": parameters}


def form_of(name: str, function: Callable[..., Any]) -> tuple[Form, dict[str, Any]]:
    """The form of a function's arguments, and the `$defs` of its schema. Raises Fault."""
    forms, fields = Forms(), []
    names = getattr(inspect.unwrap(function), "__globals__", {})
    for parameter in inspect.signature(function).parameters.values():
        problem = _problem(parameter)
        if not problem:
            try:
                annotation = hints({parameter.name: parameter.annotation}, names)[parameter.name]
                forms.of(annotation)
            except (Unsupported, RecursionError) as error:
                problem = str(error)
            else:
                required = parameter.default is MISSING
                fields.append(Field(parameter.name, annotation, parameter.default, required))
        if problem:
            raise Fault(problem, function=name, parameter=parameter.name)
    return forms.record(fields, dict), forms.definitions


def _problem(parameter: inspect.Parameter) -> str:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
        return f"{stars}{name} has no names to give; write parameters with names, or one list"
    if parameter.kind is parameter.POSITIONAL_ONLY:
        return "arguments have names here; take the / out of the signature"
    if parameter.annotation is MISSING:
        return f"has no type; write {name}: str, or {name}: Any for any value"
    return ""


def call(function: Callable[..., Any], arguments: dict[str, Any], path: str) -> tuple[str, str]:
    """ "result" and its text, or "failed" and why."""
    try:
        values = form_of(function.__name__, function)[0].convert(arguments)
    except Mismatch as error:
        return "failed", f"The arguments do not fit. {error.pointer or '/'}: {error.message}"
    try:
        value = function(**values)
        if inspect.iscoroutine(value):
            import asyncio  # as long as all the rest

            value = asyncio.run(value)
        return "result", written(value, inspect.signature(function).return_annotation)
    except SystemExit as ending:
        return "failed", f"The function ended its program with status {ending.code}{_place(ending, path)}."
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises
        return "failed", f"{told(error)}{_place(error, path)}"


def written(value: Any, annotation: Any) -> str:
    """What a function returned, for the model: text as it is, everything else as JSON. None of a function that says
    to return nothing is no null, which would read as nothing found."""
    if value is None and annotation in (None, "None"):
        return "done"
    return value if type(value) is str else json.dumps(jsonable(value), ensure_ascii=False)


def told(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}"[:_LONGEST] if text else type(error).__name__


def line_of(error: BaseException, path: str) -> int | None:
    """The last line of the file that took part."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    found, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == path:
            found = frame.tb_lineno
        frame = frame.tb_next
    return found


def _place(error: BaseException, path: str) -> str:
    line = line_of(error, path)
    if line is None:
        return ""
    return f" ({os.path.basename(path)} line {line}: {linecache.getline(path, line).strip()[:200]})"  # noqa: PTH119


if __name__ == "__main__":
    main()
