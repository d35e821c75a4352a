"""What kind of file some bytes are, by what they begin with; names and labels are not looked at.

Pure: bytes in, a media type out (`image/png`). Imports nothing of ours, opens nothing, and never fails: what is not
known is `text/plain` where it is UTF-8, else `application/octet-stream`.
"""

from __future__ import annotations

import re

TEXT = "text/plain"
UNKNOWN = "application/octet-stream"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"fLaC", "audio/flac"),
    (b"MThd\0\0\0\6", "audio/midi"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
)

_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}

_MP4_BRANDS = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"qt  ": "video/quicktime",
}

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OFFICE_FOLDERS = {
    b"word/": f"{_OFFICE}wordprocessingml.document",
    b"xl/": f"{_OFFICE}spreadsheetml.sheet",
    b"ppt/": f"{_OFFICE}presentationml.presentation",
}
_DIRECTORY = 64 * 1024
"""Bytes at the end of an archive in which its list of names is looked for."""

_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?>(?:<\?xml[^>]*\?>|<!--.*?-->|<!doctype\s+svg[^>]*>)\s*+)*+"
    rb"<(?:!doctype\s+html|html|(?P<svg>svg))[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
_PROLOG = 4096
"""Bytes at the beginning of a text in which its root element is looked for."""

# Layer III in kbit/s, by the four bits of the frame header; 0 is `free`, of which the length is not known.
_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# Hz, by the two bits for the version (0: 2.5, 2: 2, 3: 1) and the two for the rate.
_RATES = {0: (11025, 12000, 8000), 2: (22050, 24000, 16000), 3: (44100, 48000, 32000)}


def media_type(data: bytes) -> str:
    """The media type of a whole file, without parameters."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    if data[4:8] == b"ftyp":
        return _MP4_BRANDS.get(data[8:12], "video/mp4")
    if data[:5] == b"OggS\0":
        return _ogg(data)
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in data[:64] else "video/x-matroska"
    if data[:4] == b"PK\3\4":
        return _zip(data)
    if data[:2] == b"BM" and data[6:10] == bytes(4):  # two letters alone are also how a text may begin
        return "image/bmp"
    if (data[:3] == b"ID3" and data[3:4] in (b"\2", b"\3", b"\4")) or _is_mp3_frame(data):
        return "audio/mpeg"
    if not _is_text(data):
        return UNKNOWN
    markup = _MARKUP.match(data[:_PROLOG])
    if markup is None:
        return TEXT
    return "image/svg+xml" if markup["svg"] else "text/html"


def _is_text(data: bytes) -> bool:
    if b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_mp3_frame(data: bytes) -> bool:
    """Whether the bytes begin with a frame of MPEG audio layer III, and go on with another if they are long enough:
    one header alone is only eleven set bits, which bytes of any kind may begin with."""
    length = _mp3_frame(data[:4])
    if not length:
        return False
    following = data[length : length + 4]
    return _mp3_frame(following) > 0 if len(following) == 4 else len(data) == length


def _mp3_frame(header: bytes) -> int:
    """The length of the frame with this header, in bytes; 0 where it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return 0
    kilobits = _BITRATES_1[bitrate] if version == 3 else _BITRATES_2[bitrate]
    return (144 if version == 3 else 72) * kilobits * 1000 // _RATES[version][rate] + padding


def _ogg(data: bytes) -> str:
    first = data[:128]
    if b"\x80theora" in first:
        return "video/ogg"
    return (
        "audio/ogg" if any(codec in first for codec in (b"OpusHead", b"\1vorbis", b"\x7fFLAC")) else "application/ogg"
    )


def _zip(data: bytes) -> str:
    """Documents that are archives: EPUB and OpenDocument name their type in the first entry, which is not compressed;
    Office has a folder of the program's name."""
    if data[30:38] == b"mimetype":
        declared = re.match(rb"application/[a-z0-9.+-]{1,100}", data[38:160])
        if declared:
            # What follows in the archive is a signature in capital letters, and so not taken along.
            return declared[0].decode()
    directory = data[-_DIRECTORY:]
    if b"[Content_Types].xml" in directory:
        for folder, name in _OFFICE_FOLDERS.items():
            if folder in directory:
                return name
    return "application/zip"
