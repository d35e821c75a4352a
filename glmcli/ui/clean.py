"""Makes foreign text safe to show on a terminal: nothing in it can move the cursor, recolour, hide or obey.

Control characters are shown, not deleted, since deleted text misleads (reliability §3.3). The rule looks at one code
point at a time and never at escape sequences, so no way of cutting the text into pieces defeats it and no unfinished
sequence swallows what follows. It knows nothing of terminals, colours or Markdown.

Kept: line feed, tab, every printable character, joiners (ZWJ, ZWNJ), variation selectors 1-16, combining marks,
direction marks (LRM, RLM, ALM), and tag characters that spell a flag after U+1F3F4.
Shown: C0 and DEL as control pictures; C1, bidi overrides and isolates, invisible characters, other tags as `<U+XXXX>`.
Changed: CRLF, U+2028 and U+2029 become a line feed, surrogates U+FFFD.
"""

from __future__ import annotations

import re

FLAG = "\U0001f3f4"
"""Waving black flag: the only character after which tag characters mean something visible."""

_C1_AND_INVISIBLE = (
    "\x80-\x9f\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\U000e0100-\U000e01ef"
)
_UNSAFE = re.compile(f"\r\n|[\x00-\x08\x0b-\x1f\x7f{_C1_AND_INVISIBLE}\u2028\u2029\ud800-\udfff]")
_FLAG_TAGS = re.compile(f"(?<={FLAG})[\U000e0020-\U000e007e]*\U000e007f?")
_OPEN_FLAG_TAGS = re.compile("[\U000e0020-\U000e007e]*\U000e007f?")
_OPEN_FLAG = re.compile(f"{FLAG}[\U000e0020-\U000e007e]*\\Z")
_ESCAPED_IN_JSON = re.compile(f"[\x7f{_C1_AND_INVISIBLE}\u2028\u2029\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text as it may be shown. Cleaning twice changes nothing more."""
    return text if text.isascii() and text.isprintable() else Cleaner().feed(text, final=True)


class Cleaner:
    """The same rule for text that comes in pieces. State: a carriage return at the end of a piece may be half of a
    CRLF, and a flag may go on in the next piece."""

    def __init__(self) -> None:
        self._held = ""
        self._in_flag = False

    def feed(self, text: str, *, final: bool = False) -> str:
        """What of the text may be shown now; with `final` nothing is held back."""
        text = self._held + text
        self._held = ""
        if not final and text.endswith("\r"):
            text, self._held = text[:-1], "\r"
        if not text:
            return ""
        begun = _OPEN_FLAG_TAGS.match(text) if self._in_flag else None
        kept = begun.end() if begun else 0
        self._in_flag = _OPEN_FLAG.search(text) is not None if kept < len(text) else text[-1] != "\U000e007f"
        if not _UNSAFE.search(text, kept):
            return text
        parts, at = [text[:kept]], kept
        for flag in _FLAG_TAGS.finditer(text, kept):
            parts += [_UNSAFE.sub(_shown, text[at : flag.start()]), flag.group()]
            at = flag.end()
        parts.append(_UNSAFE.sub(_shown, text[at:]))
        return "".join(parts)


def _shown(match: re.Match[str]) -> str:
    found = match.group()
    code = ord(found[0])
    if found == "\r\n" or code in (0x2028, 0x2029):
        return "\n"
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"<U+{code:04X}>"


def one_line(text: str) -> str:
    """Cleaned, with line feeds and tabs shown too: for titles, names and arguments inside a line of ours."""
    return clean(text).replace("\n", "\u240a").replace("\t", " ")


def utf8(text: str) -> bytes:
    """The exact bytes of the text; a lone surrogate, which has none, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text).encode()


def escaped_in_json(document: str) -> str:
    """JSON text with everything that could fool a terminal as \\u escapes; it still means the same document."""
    return _ESCAPED_IN_JSON.sub(_json_escape, document)


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
