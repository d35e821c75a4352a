"""Whether llama.cpp can run on this machine: the package `xllamacpp`, and what its prebuilt wheels ask for.

Nothing native is imported here, since a wheel that does not fit the processor kills the process that loads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glmcli.errors import ConfigError

PACKAGE = "xllamacpp"
INSTALL = "pip install 'glmcli[local]'"
OTHERWISE = 'Start a server such as llama-server yourself and use a profile with endpoint = "openai"'
DEMO = "try `--profile demo`"

_INTEL = ("x86_64", "AMD64")
_WHEELS = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")}
_LIBRARIES = {"libgomp": "libgomp1", "libstdc++": "libstdc++6"}
"""A part of a library's file name, and the package that holds it in Debian and Ubuntu."""


@dataclass(frozen=True)
class Machine:
    """What decides whether the engine runs here.

    system, processor: as `platform` names them. bits: of this Python. musl: whether its C library is musl.
    flags: the processor's features; None where they are unknown.
    """

    system: str
    processor: str
    bits: int = 64
    musl: bool = False
    flags: frozenset[str] | None = None


def this_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> Machine:
    """The machine, and the Python, that we run on."""
    import platform
    import sys
    import sysconfig

    try:
        flags = processor_flags(cpuinfo.read_text(encoding="utf-8", errors="replace"))
    except OSError:  # only Linux has the file
        flags = None
    return Machine(
        system=platform.system(),
        processor=platform.machine(),
        bits=64 if sys.maxsize > 2**32 else 32,
        musl="musl" in str(sysconfig.get_config_var("MULTIARCH")),
        flags=flags,
    )


def processor_flags(cpuinfo: str) -> frozenset[str] | None:
    """The features that /proc/cpuinfo lists for the first processor; None where it lists none."""
    for line in cpuinfo.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() == "flags":
            return frozenset(value.split())
    return None


def version() -> str | None:
    """The version of xllamacpp; None where it is not installed."""
    from importlib import metadata

    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def fault(machine: Machine, installed: str | None) -> ConfigError | None:
    """Why the engine cannot run on this machine; None as far as can be told without loading it.

    installed: its version. Where it is installed it was made for this platform, by a wheel or by whoever compiled it.
    """
    if installed is None:
        platform = _without_wheel(machine)
        if platform:
            return ConfigError(f"the local engine is not available for {platform}", hint=f"{OTHERWISE}, or {DEMO}.")
        return ConfigError("the local engine is not installed", hint=f"{INSTALL}, then: glm config local install")
    if machine.processor in _INTEL and machine.flags is not None and "avx2" not in machine.flags:
        return ConfigError("the local engine needs a processor with AVX2, which this one lacks", hint=f"{OTHERWISE}.")
    return None


def _without_wheel(machine: Machine) -> str | None:
    """The name of a platform that no wheel is made for."""
    if machine.bits != 64:
        return f"{machine.bits}-bit Python"
    if machine.musl:
        return "Linux with musl, such as Alpine"
    if (machine.system, machine.processor) in _WHEELS:
        return None
    if machine.system == "Darwin":
        return "Macs with an Intel processor"
    return f"{machine.system} on {machine.processor}"


def import_fault(reason: str) -> ConfigError:
    """What it means that the engine is installed and cannot be loaded. reason: the text of the ImportError."""
    for library, package in _LIBRARIES.items():
        if library in reason:
            name = next((word for word in reason.split(":") if library in word), library).strip()
            return ConfigError(
                f"the local engine needs the library {name}, which is missing",
                hint=f"Run: apt install {package}, or what your system calls it",
            )
    return ConfigError(
        f"the local engine cannot be loaded: {reason}", hint=f"Run: pip install --force-reinstall {PACKAGE}"
    )
