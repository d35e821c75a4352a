"""Ways out of the folders that the file tools may touch, each of them tried."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from glmcli.tools.builtin.declaring import Refused
from glmcli.tools.builtin.list_dir import list_dir_tool
from glmcli.tools.builtin.read_file import read_file_tool
from glmcli.tools.builtin.roots import LONGEST, Roots
from glmcli.tools.builtin.search_files import search_files_tool
from glmcli.tools.builtin.tree import walk
from glmcli.tools.builtin.write_file import write_file_tool
from glmcli.tools.tool import Tool
from tests.tools.builtin.called import call, refusal, told

SECRET = "the secret outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root beside what must not be reached."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.txt").write_text("inside\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text(SECRET)
    return root


def roots(root: Path, between: Callable[[], None] = lambda: None) -> Roots:
    return Roots([root], cwd=root, home=str(root.parent), between=between)


@pytest.mark.parametrize(
    "path",
    [
        "../outside/a.txt",
        "sub/../../outside/a.txt",
        "../rootless",
        "/etc/passwd",
        "/",
        "~/outside/a.txt",
        "~",
        "link/a.txt",
        "file-link",
        "chain",
        "link/../a.txt",
        "/proc/self/root/etc/passwd",
        "/dev/stdin",
    ],
)
@pytest.mark.parametrize("make", [read_file_tool, list_dir_tool, search_files_tool, write_file_tool])
def test_what_lies_outside_is_refused_with_the_names_of_the_roots(
    path: str, make: Callable[[Roots], Tool], root: Path
) -> None:
    (root.parent / "rootless").mkdir()
    (root / "link").symlink_to("../outside")
    (root / "file-link").symlink_to("../outside/a.txt")
    (root / "chain").symlink_to("link/a.txt")
    tool = make(roots(root))
    more = {"search_files": {"pattern": "."}, "write_file": {"content": "x"}}.get(tool.name, {})
    text = f"{path} lies outside the folders that are open to the tools: {root}."
    assert refusal(tool, path=path, **more) == text
    assert tool.scope is not None
    with pytest.raises(Refused) as caught:
        tool.scope({"path": path})
    assert str(caught.value) == text
    assert (root.parent / "outside" / "a.txt").read_text() == SECRET


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a\0b", "The path holds a NUL character."),
        ("", f"The path is empty, or has more than {LONGEST} characters."),
        ("a/" * LONGEST, f"The path is empty, or has more than {LONGEST} characters."),
        ("a" * 300, f"{'a' * 200}… cannot be opened: file name too long."),
        ("\ud800", "'\\ud800' cannot be a path: its characters cannot be encoded."),
        ("nothing", "nothing cannot be opened: no such file or directory."),
        ("sub/a.txt/b", "sub/a.txt/b is no folder, or a part of it is none."),
        ("sub", "sub is a folder, not a file."),
        (".", ". is a folder."),
        ("pipe", "pipe is a named pipe, not a file."),
        ("socket", "socket is a socket, not a file."),
        ("loop", "loop became a symlink while it was being opened."),
    ],
)
def test_what_is_no_file_is_refused_at_once(path: str, text: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "pipe")
    (root / "loop").symlink_to("loop")
    monkeypatch.chdir(root)  # the address of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert refusal(read_file_tool(roots(root)), path=path) == text


def test_a_device_is_refused() -> None:
    assert (
        refusal(read_file_tool(Roots([Path("/dev")], cwd=Path("/dev"))), path="zero") == "zero is a device, not a file."
    )


def test_symlinks_within_a_root_are_followed(root: Path) -> None:
    (root / "here").symlink_to("sub")
    (root / "sub" / "b").symlink_to(root / "sub" / "a.txt")
    (root.parent / "door").symlink_to(root)
    assert told(read_file_tool(roots(root)), path="here/b") == "here/b, whole:\ninside"
    assert told(read_file_tool(roots(root.parent / "door")), path="sub/a.txt") == "sub/a.txt, whole:\ninside"
    assert told(read_file_tool(roots(root)), path="~/root/sub/a.txt") == "~/root/sub/a.txt, whole:\ninside"


def test_a_relative_path_starts_from_the_working_directory_or_else_from_the_first_root(root: Path) -> None:
    tool = read_file_tool(Roots([root], cwd=root / "sub"))
    assert told(tool, path="a.txt") == "a.txt, whole:\ninside"
    tool = read_file_tool(Roots([root, root / "sub"], cwd=root.parent))
    assert told(tool, path="sub/a.txt") == "sub/a.txt, whole:\ninside"


def test_an_approval_covers_the_innermost_root_and_no_secrets(root: Path) -> None:
    both = Roots([root, root / "sub"], cwd=root)
    assert both.scope({}) == str(root)
    assert both.scope({"path": "x"}) == str(root)
    assert both.scope({"path": "sub/a.txt"}) == str(root / "sub")
    for name in (".env", "sub/.env.local", "id_ed25519", ".ssh/config", "tls/server.key", "credentials.json"):
        assert both.scope({"path": name}) == str(root / name)
    for name in (".env.example", "keys.py", "secretary.txt"):
        assert both.scope({"path": name}) == str(root)


@pytest.fixture
def closed(root: Path) -> Path:
    """The folder of our own configuration, in the root."""
    folder = root / "glmcli"
    folder.mkdir()
    (folder / "credentials.toml").write_text(SECRET)
    return folder


@pytest.mark.parametrize(
    "path", ["glmcli/credentials.toml", "glmcli", "other/credentials.toml", "glmcli/new", "g/../glmcli"]
)
def test_our_own_configuration_stays_shut(path: str, root: Path, closed: Path) -> None:
    (root / "other").symlink_to("glmcli")
    reach = Roots([root], cwd=root, closed=[root / "other"])
    text = f"{path} belongs to the configuration of glm itself, which no tool may touch."
    assert refusal(read_file_tool(reach), path=path) == text
    assert refusal(list_dir_tool(reach), path=path) == text
    assert refusal(write_file_tool(reach), path=path, content="x", make_folders=True) == text
    assert refusal(search_files_tool(reach), path=path, pattern="e") == text


def test_our_own_configuration_is_not_walked_through(root: Path, closed: Path) -> None:
    reach = Roots([root], cwd=root, closed=[closed])
    assert told(search_files_tool(reach), pattern="secret") == "Nothing found in 1 file."
    assert told(list_dir_tool(reach), depth=3) == "., 3 entries:\nglmcli/\nsub/\nsub/a.txt  7"


def test_a_second_name_of_a_file_of_our_own_configuration_is_no_way_to_it(root: Path, closed: Path) -> None:
    (closed / "tools").mkdir()
    (closed / "tools" / "a.py").write_text(SECRET)
    os.link(closed / "credentials.toml", root / "one.txt")
    os.link(closed / "tools" / "a.py", root / "sub" / "two.txt")
    os.link(root / "sub" / "a.txt", root / "three.txt")
    reach = Roots([root], cwd=root, closed=[closed])
    for path in ("one.txt", "sub/two.txt"):
        text = f"{path} belongs to the configuration of glm itself, which no tool may touch."
        assert refusal(read_file_tool(reach), path=path) == text
        assert refusal(search_files_tool(reach), path=path, pattern="e") == text
        assert refusal(write_file_tool(reach), path=path, content="x", append=True) == text
    assert told(read_file_tool(reach), path="three.txt") == "three.txt, whole:\ninside"
    assert told(search_files_tool(reach), pattern="e").splitlines() == [
        "2 lines in 2 files; 2 that belong to glm itself:",
        "sub/a.txt:1: inside",
        "three.txt:1: inside",
    ]


def test_our_own_configuration_stays_shut_when_its_name_is_changed_meanwhile(root: Path, closed: Path) -> None:
    def swap() -> None:
        (root / "sub").rename(root / "away")
        closed.rename(root / "sub")
        closed.symlink_to("sub")

    reach = Roots([root], cwd=root, closed=[closed], between=swap)
    assert refusal(read_file_tool(reach), path="sub/credentials.toml") == (
        "sub/credentials.toml belongs to the configuration of glm itself, which no tool may touch."
    )


def swapped_folder(root: Path) -> None:
    (root / "sub").rename(root / "away")
    (root / "sub").symlink_to("../outside")


def swapped_file(root: Path) -> None:
    (root / "sub" / "a.txt").unlink()
    (root / "sub" / "a.txt").symlink_to("../../outside/a.txt")


def test_a_folder_that_becomes_a_symlink_before_it_is_opened_leads_nowhere(root: Path) -> None:
    reach = roots(root, lambda: swapped_folder(root))
    assert refusal(read_file_tool(reach), path="sub/a.txt") == "sub/a.txt is no folder, or a part of it is none."


def test_a_file_that_becomes_a_symlink_before_it_is_opened_leads_nowhere(root: Path) -> None:
    reach = roots(root, lambda: swapped_file(root))
    assert refusal(read_file_tool(reach), path="sub/a.txt") == "sub/a.txt became a symlink while it was being opened."


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (list_dir_tool, {"path": "sub"}),
        (search_files_tool, {"path": "sub", "pattern": "e"}),
        (write_file_tool, {"path": "sub/new.txt", "content": "x"}),
        (write_file_tool, {"path": "sub/a.txt", "content": "x"}),
    ],
)
def test_a_folder_that_becomes_a_symlink_is_neither_listed_nor_searched_nor_written_to(
    make: Callable[[Roots], Tool], arguments: dict[str, str], root: Path
) -> None:
    tool = make(roots(root, lambda: swapped_folder(root)))
    assert refusal(tool, **arguments) == f"{arguments['path']} is no folder, or a part of it is none."
    assert [(it.name, it.read_text()) for it in (root.parent / "outside").iterdir()] == [("a.txt", SECRET)]


def test_a_file_that_becomes_a_symlink_is_not_written_through(root: Path) -> None:
    tool = write_file_tool(roots(root, lambda: swapped_file(root)))
    assert refusal(tool, path="sub/a.txt", content="x") == "sub/a.txt is a symlink, not a file."
    assert (root.parent / "outside" / "a.txt").read_text() == SECRET


def test_a_folder_that_becomes_a_symlink_during_a_walk_is_passed_by(root: Path) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    seen = []
    try:
        for entry in walk(descriptor, 5, lambda _: True):
            seen.append(entry.path)
            swapped_folder(root)  # it was a folder when it was told
    finally:
        os.close(descriptor)
    assert seen == ["sub"]


def test_a_file_that_becomes_a_symlink_during_a_walk_is_not_opened(root: Path) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    try:
        entries = walk(descriptor, 5, lambda _: True)
        entry = [next(entries), next(entries)][1]
        swapped_file(root)
        with pytest.raises(Refused, match="became a symlink"):
            entry.open()
        entries.close()  # type: ignore[attr-defined]
    finally:
        os.close(descriptor)


def test_swapping_all_the_time_never_lets_anything_out(root: Path) -> None:
    (root / "away").symlink_to("../outside")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for one, other in (("sub", "spare"), ("away", "sub"), ("sub", "away"), ("spare", "sub")):
                (root / one).rename(root / other)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        results = [call(read_file_tool(roots(root)), path="sub/a.txt") for _ in range(80)]
        results += [call(search_files_tool(roots(root)), pattern="e") for _ in range(8)]
        results += [call(write_file_tool(roots(root)), path="sub/b.txt", content="b") for _ in range(15)]
    finally:
        done.set()
        thread.join()
    assert not [result for result in results if SECRET in result.text]
    assert [it.name for it in (root.parent / "outside").iterdir()] == ["a.txt"]
    assert told(read_file_tool(roots(root)), path="sub/a.txt") == "sub/a.txt, whole:\ninside"
