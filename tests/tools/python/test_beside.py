"""What an approval of a function covers beside its file: the modules that the file loads from its own folder."""

from __future__ import annotations

import os
import py_compile
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glmcli.tools.python.functions import read_functions
from glmcli.tools.tool import Result, Stop, Tool

Read = Callable[..., Tool]
SITE = f".venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes a file of one function, and modules beside it, and reads the tool."""

    def read(source: str = "import helper\ndef f() -> str: return helper.WORD", **modules: str) -> Tool:
        (tmp_path / "uses.py").write_text(source)
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        (tool,) = read_functions(tmp_path / "uses.py", cwd=tmp_path, environ={"PATH": os.defpath})
        return tool

    return read


def called(tool: Tool) -> Result:
    assert tool.run is not None
    return tool.run({}, Stop())


def refused(module: str) -> Result:
    why = f"f was not run: {module}, which uses.py loads, is not what it was when the functions were read."
    return Result(why, failed=True)


def test_a_module_beside_the_file_that_changes_is_another_tool_and_does_not_run(read: Read, tmp_path: Path) -> None:
    approved = read(helper="WORD = 'good'")
    assert called(approved) == Result("good")
    assert read(helper="WORD = 'good'").hash == approved.hash
    changed = read(helper="import pathlib\npathlib.Path('ran').touch()\nWORD = 'evil'")
    (tmp_path / "ran").unlink()
    assert called(approved) == refused("helper.py")
    assert not (tmp_path / "ran").exists()
    assert changed.definition == approved.definition
    assert changed.hash != approved.hash


def test_a_module_that_is_gone_has_changed_too(read: Read, tmp_path: Path) -> None:
    approved = read(helper="WORD = 'good'")
    (tmp_path / "helper.py").unlink()
    assert called(approved) == refused("helper.py")


def test_so_it_is_with_modules_of_packages_and_of_modules(read: Read, tmp_path: Path) -> None:
    package = tmp_path / "package" / "inner"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .deep import WORD")
    (package / "deep.py").write_text("WORD = 'good'")
    approved = read("import package.inner\ndef f() -> str: return package.inner.WORD")
    assert called(approved) == Result("good")
    (package / "deep.py").write_text("WORD = 'evil'")
    assert called(approved) == refused("package/inner/deep.py")


def test_a_file_that_catches_all_that_goes_wrong_does_not_run_either(read: Read) -> None:
    source = "try:\n    import helper\nexcept BaseException:\n    pass\ndef f() -> str: return 'fallen back'"
    approved = read(source, helper="")
    read(source, helper="WORD = 'evil'")
    assert called(approved) == refused("helper.py")


def test_a_module_that_comes_to_hide_one_of_python_does_not_run(read: Read, tmp_path: Path) -> None:
    source = "import colorsys\ndef f() -> str: return str(colorsys.rgb_to_hls(0, 0, 0))"
    approved = read(source)
    assert called(approved) == Result("(0.0, 0.0, 0.0)")
    (tmp_path / "colorsys.py").write_text("def rgb_to_hls(*_): return 'evil'")
    assert called(approved) == refused("colorsys.py")


def test_what_runs_is_the_source_and_no_bytecode_that_lies_in_its_place(read: Read, tmp_path: Path) -> None:
    approved = read(helper="WORD = 'good'")
    times = (tmp_path / "helper.py").stat()
    (tmp_path / "evil.py").write_text("WORD = 'evil'")
    os.utime(tmp_path / "evil.py", ns=(times.st_atime_ns, times.st_mtime_ns))
    cached = tmp_path / "__pycache__" / f"helper.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(str(tmp_path / "evil.py"), str(cached), doraise=True)
    assert called(approved) == Result("good")


def test_a_module_without_source_counts_too(read: Read, tmp_path: Path) -> None:
    def put(text: str) -> None:
        (tmp_path / "text.py").write_text(text)
        py_compile.compile(str(tmp_path / "text.py"), str(tmp_path / "helper.pyc"), doraise=True)

    put("WORD = 'good'")
    approved = read()
    assert called(approved) == Result("good")
    put("WORD = 'evil'")
    assert called(approved) == refused("helper.pyc")


def test_what_is_installed_below_the_folder_and_what_a_call_imports_itself_may_change(
    read: Read, tmp_path: Path
) -> None:
    (tmp_path / SITE).mkdir(parents=True)
    source = (
        f"import sys\nsys.path.append({str(tmp_path / SITE)!r})\nimport installed\n"
        "def f() -> str:\n    import lazy\n    return installed.WORD + lazy.WORD"
    )
    (tmp_path / SITE / "installed.py").write_text("WORD = 'old'")
    approved = read(source, lazy="WORD = ' and old'")
    (tmp_path / SITE / "installed.py").write_text("WORD = 'newer'")
    assert read(source, lazy="WORD = ' and newer'").hash == approved.hash
    assert called(approved) == Result("newer and newer")
