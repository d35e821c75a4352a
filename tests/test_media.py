"""The kind of a file is told by its bytes alone, whatever they are."""

from __future__ import annotations

import io
import wave
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glmcli.media import TEXT, UNKNOWN, media_type

FRAME_1 = b"\xff\xfb\x90\x64"  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes
FRAME_2 = b"\xff\xf3\x44\xc4"  # MPEG 2, layer III, 32 kbit/s, 24 kHz: 96 bytes
FRAME_25 = b"\xff\xe3\x42\xc4"  # MPEG 2.5, layer III, 32 kbit/s, 11.025 kHz, padded: 208 + 1 bytes


def frames(header: bytes, length: int, count: int) -> bytes:
    return (header + bytes(length - 4)) * count


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(bytes(8))
    return file.getvalue()


def archive(*names: str, mimetype: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        if mimetype:
            out.writestr("mimetype", mimetype)
        for name in names:
            out.writestr(name, "x")
    return file.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument."

SAMPLES = {
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(9), "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
    "gif 87": (b"GIF87a" + bytes(4), "image/gif"),
    "gif 89": (b"GIF89a" + bytes(4), "image/gif"),
    "webp": (b"RIFF\x04\0\0\0WEBPVP8 ", "image/webp"),
    "bmp": (b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0", "image/bmp"),
    "tiff, little end first": (b"II*\0\x08\0\0\0", "image/tiff"),
    "tiff, big end first": (b"MM\0*\0\0\0\x08", "image/tiff"),
    "icon": (b"\0\0\1\0\1\0", "image/x-icon"),
    "avif": (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
    "heic": (b"\0\0\0\x1cftypheic\0\0\0\0", "image/heic"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    "svg with a prolog": (b'<?xml version="1.0"?>\n<!-- a > b -->\n<!DOCTYPE svg PUBLIC "x">\n<svg>', "image/svg+xml"),
    "wav": (sound(), "audio/wav"),
    "mp3 with a tag": (b"ID3\x04\0\0\0\0\0\x0a" + bytes(10), "audio/mpeg"),
    "mp3 from a frame on": (frames(FRAME_1, 417, 3), "audio/mpeg"),
    "mp3 of one frame": (frames(FRAME_1, 417, 1), "audio/mpeg"),
    "mp3 of MPEG 2": (frames(FRAME_2, 96, 2), "audio/mpeg"),
    "mp3 of MPEG 2.5": (frames(FRAME_25, 209, 2), "audio/mpeg"),
    "flac": (b"fLaC\0\0\0\x22", "audio/flac"),
    "midi": (b"MThd\0\0\0\6\0\1", "audio/midi"),
    "aiff": (b"FORM\0\0\0\x04AIFFCOMM", "audio/aiff"),
    "opus": (b"OggS\0\2" + bytes(22) + b"OpusHead\1", "audio/ogg"),
    "theora": (b"OggS\0\2" + bytes(22) + b"\x80theora", "video/ogg"),
    "something else in ogg": (b"OggS\0\2" + bytes(22) + b"fishead\0", "application/ogg"),
    "m4a": (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
    "mp4": (b"\0\0\0\x20ftypisom\0\0\2\0", "video/mp4"),
    "mov": (b"\0\0\0\x14ftypqt  \0\0\2\0", "video/quicktime"),
    "avi": (b"RIFF\x04\0\0\0AVI LIST", "video/x-msvideo"),
    "webm": (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\x82\x84webm", "video/webm"),
    "matroska": (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\x82\x88matroska", "video/x-matroska"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "application/gzip"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "application/x-7z-compressed"),
    "zip": (archive("a.txt", "word/notes.txt"), "application/zip"),
    "docx": (archive("[Content_Types].xml", "word/document.xml"), f"{OFFICE}wordprocessingml.document"),
    "xlsx": (archive("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"),
    "pptx": (archive("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
    "zip with an unknown list of types": (archive("[Content_Types].xml", "a.txt"), "application/zip"),
    "epub": (archive("a.xhtml", mimetype="application/epub+zip"), "application/epub+zip"),
    "odt": (
        archive("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "zip with a file that is called mimetype": (archive(mimetype="Hello"), "application/zip"),
    "html": (b"\xef\xbb\xbf\n <!-- \xc3\xa4 --> <!DOCTYPE html>\n<p>", "text/html"),
    "html without a doctype": (b"<HTML lang='en'>", "text/html"),
    "text": ("Gr\xfc\xdfe, \U0001f600\n".encode(), TEXT),
    "text in latin-1": ("Gr\xfc\xdfe".encode("latin-1"), UNKNOWN),
    "nothing": (b"", TEXT),
    "text with NUL": (b"a\0b", UNKNOWN),
    "random bytes": (b"\x93\x01\xf4\xee", UNKNOWN),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_is_known_by_what_it_begins_with(name: str) -> None:
    data, wanted = SAMPLES[name]
    assert media_type(data) == wanted


@pytest.mark.parametrize(
    "data",
    [
        b"ID3 tags are written by every player",
        b"BMW and Mercedes",
        b"RIFFs of the seventies, the best of",
        b"PK is not a signature on its own",
        b"FORM 1040, page one",
        b"OggSoggy",
        b"my ftype",
        b"<svgs> and <htmlish> are no elements",
        b"<?xml version='1.0'?><feed/>",
    ],
)
def test_a_text_that_begins_like_another_kind_is_still_a_text(data: bytes) -> None:
    assert media_type(data) == TEXT


@pytest.mark.parametrize(
    "header",
    [
        b"\xff\xf1\x50\x80",  # AAC
        b"\xff\xfd\x90\x64",  # layer II
        b"\xff\xeb\x90\x64",  # no such version
        b"\xff\xfb\xf0\x64",  # no such bit rate
        b"\xff\xfb\x00\x64",  # a bit rate of its own, so the next frame may be anywhere
        b"\xff\xfb\x9c\x64",  # no such sampling rate
        b"\xff\xbb\x90\x64",  # ten set bits
        b"\xff\xfb",
    ],
)
def test_eleven_set_bits_make_no_mp3(header: bytes) -> None:
    assert media_type(frames(header, 417, 3)) == UNKNOWN


def test_a_frame_of_mp3_that_is_not_followed_by_another_is_none() -> None:
    assert media_type(frames(FRAME_1, 417, 1) + b"none") == UNKNOWN
    assert media_type(frames(FRAME_1, 400, 1)) == UNKNOWN


STARTS = st.sampled_from([data[:40] for data, _ in SAMPLES.values()])


@settings(max_examples=150)
@given(
    st.binary(max_size=200)
    | st.builds(lambda start, cut, rest: start[:cut] + rest, STARTS, st.integers(0, 40), st.binary(max_size=60))
)
@example(b"ID3")
@example(b"\xff\xfb\x90\x64")
def test_any_bytes_have_a_type(data: bytes) -> None:
    kind, slash, name = media_type(data).partition("/")
    assert kind in ("application", "audio", "image", "text", "video")
    assert slash
    assert name.isascii()
    assert " " not in name


def test_a_text_of_brackets_and_comments_is_looked_at_once() -> None:
    assert media_type(b"<!-- -->" * 1_000_000) == TEXT
    assert media_type(b" " * 1_000_000 + b"<svg>") == TEXT
