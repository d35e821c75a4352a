"""Each way in which a machine does not fit has a sentence of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmcli.local import engine
from glmcli.local.engine import Machine, fault, import_fault, processor_flags

OTHERWISE = 'Start a server such as llama-server yourself and use a profile with endpoint = "openai"'

ALL = frozenset({"fpu", "sse4_2", "avx", "avx2"})

CPUINFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
flags\t\t: fpu sse4_2 avx{more}
bugs\t\t:

processor\t: 1
flags\t\t: fpu
"""


def said(machine: Machine, installed: str | None = None) -> tuple[str, str] | None:
    found = fault(machine, installed)
    return (found.message, found.hint) if found else None


def test_the_flags_of_the_first_processor_are_read() -> None:
    assert processor_flags(CPUINFO.format(more=" avx2")) == ALL
    assert processor_flags("processor : 0\nFeatures : asimd\n") is None


def test_a_missing_package_names_both_commands_to_type() -> None:
    for machine in (
        Machine("Linux", "x86_64"),
        Machine("Linux", "aarch64"),
        Machine("Darwin", "arm64"),
        Machine("Windows", "AMD64"),
    ):
        assert said(machine) == (
            "the local engine is not installed",
            "pip install 'glmcli[local]', then: glm config local install",
        )


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machine("Linux", "x86_64", bits=32), "32-bit Python"),
        (Machine("Linux", "x86_64", musl=True), "Linux with musl, such as Alpine"),
        (Machine("Darwin", "x86_64"), "Macs with an Intel processor"),
        (Machine("Linux", "riscv64"), "Linux on riscv64"),
        (Machine("Windows", "ARM64"), "Windows on ARM64"),
    ],
)
def test_a_platform_without_a_wheel_is_named_and_shown_the_other_ways(machine: Machine, name: str) -> None:
    assert said(machine) == (
        f"the local engine is not available for {name}",
        f"{OTHERWISE}, or try `--profile demo`.",
    )


def test_a_processor_without_avx2_is_told_before_anything_native_is_loaded() -> None:
    flags = processor_flags(CPUINFO.format(more=""))
    assert said(Machine("Linux", "x86_64", flags=flags), "1.0") == (
        "the local engine needs a processor with AVX2, which this one lacks",
        f"{OTHERWISE}.",
    )


def test_an_engine_that_somebody_compiled_here_is_not_refused() -> None:
    assert said(Machine("Linux", "x86_64", musl=True, flags=frozenset({"avx2"})), "1.0") is None
    assert said(Machine("Linux", "riscv64"), "1.0") is None
    assert said(Machine("Darwin", "arm64"), "1.0") is None


@pytest.mark.parametrize(
    ("reason", "message", "hint"),
    [
        (
            "libgomp.so.1: cannot open shared object file: No such file or directory",
            "the local engine needs the library libgomp.so.1, which is missing",
            "Run: apt install libgomp1, or what your system calls it",
        ),
        (
            "libstdc++.so.6: cannot open shared object file: No such file or directory",
            "the local engine needs the library libstdc++.so.6, which is missing",
            "Run: apt install libstdc++6, or what your system calls it",
        ),
        (
            "undefined symbol: x",
            "the local engine cannot be loaded: undefined symbol: x",
            "Run: pip install --force-reinstall xllamacpp",
        ),
    ],
)
def test_an_engine_that_cannot_be_loaded_names_what_to_install(reason: str, message: str, hint: str) -> None:
    found = import_fault(reason)
    assert (found.message, found.hint) == (message, hint)


def test_this_machine_is_described_with_or_without_a_list_of_flags(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(CPUINFO.format(more=" avx2"))
    machine = engine.this_machine(cpuinfo)
    assert machine.system
    assert machine.processor
    assert machine.flags == ALL
    assert engine.this_machine(tmp_path / "none").flags is None


def test_the_version_is_unknown_where_the_package_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PACKAGE", "no-such-package-of-glm")
    assert engine.version() is None
