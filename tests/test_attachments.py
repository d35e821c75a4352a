"""What goes along with a prompt: each source becomes the part its content asks for, or is refused by name."""

from __future__ import annotations

import base64
import os
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.download import Fetched, download
from glmcli.api.http import Http
from glmcli.api.validate import faults
from glmcli.attachments import (
    MAX_SIZE,
    MAX_TOTAL,
    document,
    name_of,
    part,
    parts,
    read_path,
    user_message,
    warning,
)
from glmcli.demo.framing import whole
from glmcli.demo.server import LoopbackServer, in_turn
from glmcli.errors import GlmError, NetworkError, UsageError

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
MP3 = b"ID3\4\0\0\0\0\0\0"
WAV = b"RIFF\4\0\0\0WAVEfmt "
PDF = b"%PDF-1.7\n"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def no_fetch(url: str) -> Fetched:
    raise AssertionError(f"{url} is not to be fetched")


def no_read(name: str) -> bytes:
    raise AssertionError(f"{name} is not to be read")


def of(data: bytes, name: str = "a") -> dict[str, Any]:
    return part(name, no_fetch, lambda _: data)


def refused(source: str, data: bytes = b"", *, read: Any = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        part(source, lambda url: Fetched(url, "", data), read or (lambda _: data))
    assert caught.value.message.isprintable()
    assert caught.value.hint
    return caught.value


def judged(*made: dict[str, Any]) -> list[Any]:
    return faults({"messages": [user_message("?", list(made))]})


@pytest.mark.parametrize(
    ("data", "name", "wanted"),
    [
        (PNG, "notes.txt", {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PNG)}"}}),
        (WAV, "song.mp3", {"type": "input_audio", "input_audio": {"data": encoded(WAV), "format": "wav"}}),
        (MP3, "song.wav", {"type": "input_audio", "input_audio": {"data": encoded(MP3), "format": "mp3"}}),
        (
            PDF,
            "dir/photo.png",
            {
                "type": "file",
                "file": {"filename": "photo.png", "file_data": f"data:application/pdf;base64,{encoded(PDF)}"},
            },
        ),
        (
            b"hi",
            "hi.py",
            {"type": "file", "file": {"filename": "hi.py", "file_data": "data:text/plain;charset=utf-8;base64,aGk="}},
        ),
        (
            b"\0\xff",
            "x",
            {"type": "file", "file": {"filename": "x", "file_data": "data:application/octet-stream;base64,AP8="}},
        ),
        (
            b"fLaC",
            "x.flac",
            {"type": "file", "file": {"filename": "x.flac", "file_data": "data:audio/flac;base64,ZkxhQw=="}},
        ),
        (
            b"<svg/>",
            "x.svg",
            {"type": "image_url", "image_url": {"url": "data:image/svg+xml;base64,PHN2Zy8+"}},
        ),
    ],
)
def test_the_content_tells_the_kind_of_a_part_and_the_name_does_not(
    data: bytes, name: str, wanted: dict[str, Any]
) -> None:
    made = of(data, name)
    assert made == wanted
    assert judged(made) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/home/ann/secret/plan.pdf", "plan.pdf"),
        ("a\x1b[31m\u202egnp.exe", "a\ufffd[31m\ufffdgnp.exe"),
        ("caf\udce9.txt", "caf\ufffd.txt"),
        ("x" * 120 + ".pdf", "x" * 96 + ".pdf"),
        ("x" * 120 + "." + "y" * 120, "x" * 90 + "." + "y" * 9),
    ],
)
def test_only_the_base_name_of_a_file_is_sent_and_it_can_be_shown_anywhere(name: str, shown: str) -> None:
    assert of(PDF, name)["file"]["filename"] == shown


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=5000), st.sampled_from([b"", PNG, WAV, MP3, PDF, b"<html>", b"\xff\xfb\x90"]))
def test_any_bytes_come_through_as_they_are(data: bytes, start: bytes) -> None:
    made = of(start + data)
    assert judged(made) == []
    match made:
        case {"image_url": {"url": url}} | {"file": {"file_data": url}}:
            assert part(url, no_fetch, no_read)["type"] == made["type"]
            data_of = url.partition(";base64,")[2]
        case {"input_audio": {"data": data_of}}:
            pass
    assert base64.b64decode(data_of, validate=True) == start + data


def test_a_file_of_the_limit_is_sent_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(MAX_SIZE)
    made = part(str(big), no_fetch, read_path)
    assert len(made["file"]["file_data"]) == len("data:application/octet-stream;base64,") + 4 * -(-MAX_SIZE // 3)
    with big.open("wb") as file:
        file.truncate(MAX_SIZE + 1)
    error = refused(str(big), read=read_path)
    assert error.message == f"{big} is too large: 20.1 MiB, more than the 20 MiB that are allowed (from -a)"


def test_a_pipe_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as out:
            while True:
                try:
                    out.write(bytes(1 << 20))
                except BrokenPipeError:
                    return

    writer = threading.Thread(target=write)
    writer.start()
    error = refused(str(pipe), read=read_path)
    writer.join()
    assert error.message == f"{pipe} is too large: more than the 20 MiB that are allowed (from -a)"


def test_what_is_read_or_fetched_by_others_is_held_to_the_limit_too() -> None:
    too_much = bytes(MAX_SIZE + 1)
    assert refused("-", too_much).message.startswith("stdin is too large: 20.1 MiB, more than the 20 MiB")
    assert refused("https://h/x?sig=hunter2", too_much).message.startswith("https://h/x is too large")
    url = f"data:,{'x' * (MAX_SIZE + 1)}"
    assert refused(url).message.startswith("the data: URL is too large")


def test_all_attachments_of_a_message_have_a_limit_together() -> None:
    assert MAX_TOTAL == 2 * MAX_SIZE
    full = bytes(MAX_SIZE)
    assert len(parts(["a", "b"], no_fetch, lambda _: full)) == 2
    with pytest.raises(UsageError) as caught:
        parts(["a", "b", "c"], no_fetch, lambda name: full if name != "c" else b"x")
    assert caught.value.message == (
        "c is one attachment too many: they are 40.1 MiB together, and at most 40 MiB are allowed"
    )


def test_several_attachments_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.mp3").write_bytes(MP3)
    made = parts(
        [str(tmp_path / "b.mp3"), "https://example.com/c.PNG", str(tmp_path / "a.png"), "data:,x"], no_fetch, read_path
    )
    assert [it["type"] for it in made] == ["input_audio", "image_url", "image_url", "file"]
    assert made[1]["image_url"]["url"] == "https://example.com/c.PNG"
    assert judged(*made) == []


def test_a_path_may_begin_with_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("x")
    assert read_path("~/a.txt") == b"x"


def test_a_file_that_cannot_be_sent_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    said = {
        "missing.png": "missing.png cannot be read: no such file or directory (from -a)",
        str(tmp_path): f"{tmp_path} cannot be read: is a directory (from -a)",
        str(loop): f"{loop} cannot be read: too many levels of symbolic links (from -a)",
        str(tmp_path / "empty"): f"{tmp_path / 'empty'} is empty (from -a)",
        "a\0b": "a\ufffdb cannot be read: embedded null byte (from -a)",
        "~no-such-user/x": "~no-such-user/x cannot be read: could not determine home directory. (from -a)",
    }
    assert {name: refused(name, read=read_path).message for name in said} == said


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "https://example.com/a.JPEG?size=9#x",
        "https://93.184.216.34/b.webp",
        "https://example.com/%61.gi%66",
    ],
)
def test_the_url_of_an_image_is_left_to_the_server(url: str) -> None:
    assert part(url, no_fetch, no_read) == {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/picture",  # nothing says that it is an image
        "https://example.com/?name=a.png",
        "https://example.com/a.svg",  # hardly a server reads it
        "https://nas/a.png",  # the rest are addresses that no server elsewhere can reach
        "https://printer.local/a.png",
        "https://192.168.1.7/a.png",
        "https://[::1]/a.png",
        "http://127.0.0.1:8000/a.png",
    ],
)
def test_any_other_url_is_downloaded_and_its_content_sent(url: str) -> None:
    made = part(url, lambda asked: Fetched(asked, "text/html", PNG), no_read)
    assert made == of(PNG)


def test_a_downloaded_file_is_called_by_the_last_part_of_its_address() -> None:
    made = part("https://h/get?id=1", lambda _: Fetched("https://h/papers/a%0Ab.pdf", "", PDF), no_read)
    assert made["file"]["filename"] == "a\ufffdb.pdf"


def test_urls_that_are_not_fetched_are_refused() -> None:
    assert refused("ftp://h/a.png").message == "ftp://h/a.png is not https (from -a)"
    assert refused("file:///etc/passwd").message == "file:///etc/passwd is not https (from -a)"
    assert refused("http://example.com/a.png").message.startswith("http://example.com/a.png is plain http")
    assert refused("https://u:hunter2@example.com/a.png").message.startswith("https://example.com/a.png holds a user")
    assert refused("https://h/x").message == "https://h/x is empty (from -a)"


def test_a_download_is_typed_by_what_really_came() -> None:
    answers = in_turn([whole(200, {"content-type": "image/png"}, WAV)], [whole(404, {}, b"")])
    with LoopbackServer(answers) as server, Http(environ={}) as http:
        fetch = partial(download, http, limit=MAX_SIZE)
        assert part(f"{server.url}/a.png", fetch, no_read) == of(WAV)
        with pytest.raises(UsageError, match="404 Not Found"):
            part(f"{server.url}/a.png", fetch, no_read)
        url = server.url
    with Http(environ={}) as http, pytest.raises(NetworkError, match="refused the connection"):
        part(url, partial(download, http, limit=MAX_SIZE), no_read)


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("data:image/png;base64," + encoded(PNG), PNG),
        ("DATA:text/plain;BASE64," + encoded(PNG), PNG),
        ("data:;base64,%69VBORw0KGgoAAAANSUhEUg%3D%3D\n", PNG),
        ("data:;base64,iVBORw0K\r\n GgoAAAANSUhEUg", PNG),
        ("data:;base64,_-8", b"\xff\xef"),
        ("data:text/plain;charset=utf-8,h%C3%A4%20,ho", "hä ,ho".encode()),
    ],
)
def test_a_data_url_is_what_it_holds_whatever_it_says(url: str, data: bytes) -> None:
    made = part(url, no_fetch, no_read)
    expected = of(data)
    if expected["type"] == "file":
        made["file"]["filename"] = expected["file"]["filename"]
    assert made == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("data:image/png;base64", "the data: URL has no comma (from -a)"),
        ("data:;base64,hunter2!", "the data: URL is not base64 (from -a)"),
        ("data:;base64,abcde", "the data: URL is not base64 (from -a)"),
        ("data:,", "the data: URL is empty (from -a)"),
    ],
)
def test_a_broken_data_url_is_refused_without_showing_it(url: str, why: str) -> None:
    assert refused(url).message == why


@pytest.mark.parametrize(
    ("data", "name"), [(PDF, "attachment.pdf"), (b"<html>", "attachment.html"), (b"\xff", "attachment")]
)
def test_what_has_no_name_is_called_an_attachment(data: bytes, name: str) -> None:
    assert part("-", no_fetch, {"-": data}.__getitem__)["file"]["filename"] == name
    assert part(f"data:;base64,{encoded(data)}", no_fetch, no_read)["file"]["filename"] == name


def test_without_attachments_a_message_is_plain_text() -> None:
    assert user_message("hi", []) == {"role": "user", "content": "hi"}


def test_with_attachments_the_text_comes_first() -> None:
    image, recording = of(PNG), of(WAV)
    message = user_message("what is this?", [image, recording])
    assert message == {"role": "user", "content": [{"type": "text", "text": "what is this?"}, image, recording]}
    assert user_message(" \n", [image]) == {"role": "user", "content": [image]}


def test_it_is_said_that_the_model_reads_text_only() -> None:
    model = "@cf/zai-org/glm-4.7-flash"
    assert warning([], model) is None
    assert warning([of(PNG)], model) == (
        "GLM-4.7-Flash reads text only: 1 image is sent, and the server may refuse or ignore it"
    )
    assert warning([of(PNG), of(PNG), of(WAV), of(b"hi")], "GLM-4.7-Flash") == (
        "GLM-4.7-Flash reads text only: 2 images, 1 recording and 1 file are sent, and the server may refuse or ignore "
        "them; -f sends a text file as text"
    )
    assert warning([of(PNG)], "glm-4.6v") is None


def text_at(data: bytes, content_type: str = "") -> str:
    return document("https://h/x", lambda url: Fetched(url, content_type, data))


@pytest.mark.parametrize(
    ("data", "content_type", "text"),
    [
        ("Grüße\n".encode(), "", "Grüße\n"),
        ("Grüße".encode("latin-1"), "text/plain; charset=ISO-8859-1", "Grüße"),
        ("Grüße".encode("utf-8-sig"), "text/plain; charset=latin1", "Grüße"),
        ("Grüße".encode("utf-16"), "", "Grüße"),
        ("Grüße".encode("utf-16-be"), "text/plain; charset=utf-16be", "Grüße"),
        (b'<html><meta charset="windows-1252">\x93', "text/html", '<html><meta charset="windows-1252">“'),
        (b'<html><meta charset="hex">\xc3\xa9', "text/html; charset=nonsense", '<html><meta charset="hex">é'),
        (rb"\u0041", "text/plain; charset=unicode_escape", r"\u0041"),
        (b"<svg/>", "", "<svg/>"),
    ],
)
def test_a_document_is_decoded_as_its_server_or_itself_says(data: bytes, content_type: str, text: str) -> None:
    assert text_at(data, content_type) == text


@pytest.mark.parametrize(
    ("data", "content_type", "why"),
    [
        (PDF, "text/plain", "https://h/x is application/pdf, not text (from -f)"),
        (PNG, "", "https://h/x is image/png, not text (from -f)"),
        (b"\xff\xee", "text/plain", "https://h/x is not text in utf-8 (from -f)"),
        (b"\xe9\0", "text/plain; charset=latin1", "https://h/x holds NUL bytes, so it is not text (from -f)"),
        (b" \n", "", "https://h/x is empty (from -f)"),
    ],
)
def test_a_document_that_is_no_text_is_refused(data: bytes, content_type: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        text_at(data, content_type)
    assert caught.value.message == why
    assert caught.value.hint


def test_a_document_is_fetched_for_real() -> None:
    with LoopbackServer(in_turn([whole(200, {"content-type": "text/html"}, b"<p>hi")])) as server:
        with Http(environ={}) as http:
            assert document(f"{server.url}/a", partial(download, http, limit=MAX_SIZE)) == "<p>hi"
        url = server.url
    with Http(environ={}) as http, pytest.raises(GlmError, match="refused the connection"):
        document(url, partial(download, http, limit=MAX_SIZE))


def test_a_source_is_named_without_its_secrets() -> None:
    sources = ["-", "data:,hunter2", "https://h/x?sig=hunter2", "S3://key@h/x#y", "dir/a\nb"]
    assert [name_of(it) for it in sources] == ["stdin", "the data: URL", "https://h/x", "S3://h/x", "dir/a\ufffdb"]
