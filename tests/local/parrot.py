"""Writes a GGUF file of 1.5 MB whose "language model" is a scripted parrot: `python -m tests.local.parrot OUT.gguf`.

It is a genuine model of one layer in the llama architecture, which any build of llama.cpp loads; but its weights are
computed here, not trained. So a server that we did not write says known things, thousands of tokens a second:

- The embedding of a token is one-hot, and the output matrix is a table of which token follows which: the text is
  deterministic.
- One attention head notices a few marker tokens anywhere in the prompt, and switches to another branch of the script:
  `<tools>` thinks and then calls a tool in the form of GLM-4.x (the server's grammar fills in its name and keys),
  `<|observation|>` answers that a tool has replied, and `#long`, `#empty`, `#md` or `#utf8` in a message ask for
  endless text, no text, Markdown, or characters whose bytes arrive one by one.
- Otherwise it thinks, and then greets with one random colour, which makes seed, temperature and `n` visible.

The chat template was written for this file and has the shape of GLM-4.x: `[gMASK]<sop>`, `<|user|>`, `<think>`,
`<tool_call>name<arg_key>…</arg_key><arg_value>…</arg_value></tool_call>`, `enable_thinking`. Standard library only.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

TEMPLATE = r"""[gMASK]<sop>
{%- macro text(c) -%}
{%- if c is string -%}{{- c -}}
{%- elif c is iterable and c is not mapping -%}{%- for i in c -%}{%- if i is mapping and i.type == 'text' -%}{{- i.text -}}{%- endif -%}{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- if tools -%}
{{- '<|system|>\n# Tools\n<tools>\n' -}}{%- for t in tools -%}{{- (t | tojson) + '\n' -}}{%- endfor -%}{{- '</tools>' -}}
{%- endif -%}
{%- for m in messages -%}
{%- if m.role == 'assistant' -%}
{{- '<|assistant|>' -}}
{%- if m.reasoning_content is string and m.reasoning_content -%}{{- '<think>' + m.reasoning_content + '</think>' -}}{%- else -%}{{- '</think>' -}}{%- endif -%}
{{- text(m.content) -}}
{%- if m.tool_calls -%}{%- for tc in m.tool_calls -%}{%- if tc.function -%}{%- set tc = tc.function -%}{%- endif -%}
{{- '<tool_call>' + tc.name -}}
{%- set args = tc.arguments -%}{%- for k, v in args.items() -%}{{- '<arg_key>' + k + '</arg_key><arg_value>' -}}{{- v if v is string else (v | tojson) -}}{{- '</arg_value>' -}}{%- endfor -%}
{{- '</tool_call>' -}}
{%- endfor -%}{%- endif -%}
{%- elif m.role == 'tool' -%}
{{- '<|observation|><tool_response>' + text(m.content) + '</tool_response>' -}}
{%- else -%}
{{- '<|' + m.role + '|>' + text(m.content) -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{{- '</think>' if (enable_thinking is defined and not enable_thinking) else '<think>' -}}{%- endif -%}
"""  # noqa: E501 - whitespace matters in a template

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
WORD = LETTERS + LETTERS.upper() + "_-"

CERTAIN = 60.0
"""The logit of a step that is always taken."""
SWITCH = 24.0
"""How much a marker that was noticed lifts the first token of its branch."""
QUERY = 20.0
"""The strength of the attention head's query; only its product with the key counts."""

HEAD_SIZE = 32
FEED_FORWARD_SIZE = 32
ALIGNMENT = 32


class Kind(IntEnum):
    """The token types of GGUF."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    BYTE = 6


CONTROL_TOKENS = ("<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")
MARKUP_TOKENS = (
    *("<think>", "</think>", "<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"),
    *("<tools>", "</tools>", "<tool_response>", "</tool_response>", "#long", "#empty", "#md", "#utf8"),
)

Piece = str | int | list[str]
"""One step of a text: a new token, a token's id, or several new tokens of which one is chosen at random."""


class Script:
    """The vocabulary, and how strongly each token asks for each next one.

    ids: token -> id. follows: (id, next id) -> logit. flags: (marker's id, attention score, id of the token that is
    lifted when the marker stands in the prompt); a higher score hides the lower ones.
    """

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.kinds: list[Kind] = []
        self.ids: dict[str, int] = {}
        self.follows: dict[tuple[int, int], float] = {}
        self.flags: list[tuple[int, float, int]] = []
        self.unknown = self.token("<unk>", Kind.UNKNOWN)
        self.begin = self.token("[gMASK]", Kind.CONTROL)
        self.end = self.token("<|endoftext|>", Kind.CONTROL)
        for text in CONTROL_TOKENS:
            self.token(text, Kind.CONTROL)
        for text in MARKUP_TOKENS:
            self.token(text, Kind.USER_DEFINED)
        self.first_byte = len(self.tokens)
        for byte in range(256):
            self.token(f"<0x{byte:02X}>", Kind.BYTE)

    def token(self, text: str, kind: Kind = Kind.NORMAL) -> int:
        """Adds a token, returns its id. Each is unique, since what follows a token depends on it alone."""
        if text in self.ids:
            raise ValueError(f"the token {text!r} exists already: join it with its neighbour")
        self.ids[text] = len(self.tokens)
        self.tokens.append(text)
        self.kinds.append(kind)
        return self.ids[text]

    def piece(self, text: str) -> int:
        """Adds a token of ordinary text, spaces written as the tokenizer wants them."""
        return self.token(text.replace(" ", "\u2581"))

    def byte(self, value: str | int) -> int:
        """The id of the token for one byte, or for one ASCII character."""
        return self.first_byte + (ord(value) if isinstance(value, str) else value)

    def spelled(self, text: str) -> list[int]:
        """The ids of the bytes of a text."""
        return [self.byte(value) for value in text.encode()]

    def chain(self, start: int, pieces: Iterable[Piece], end: int | None) -> None:
        """start -> each piece -> end, every step certain."""
        before = [start]
        for piece in pieces:
            choices: Sequence[str | int] = piece if isinstance(piece, list) else [piece]
            after = [choice if isinstance(choice, int) else self.piece(choice) for choice in choices]
            self.follows.update({(here, there): CERTAIN for here in before for there in after})
            before = after
        if end is not None:
            self.follows.update({(here, end): CERTAIN for here in before})

    def branch(self, first: str, pieces: Iterable[Piece], *, endless: bool = False) -> int:
        """A text of its own; returns the id of its first token, which whoever wants the text must lift."""
        start = self.piece(first)
        self.chain(start, pieces, None if endless else self.end)
        return start

    def taste(self, after: str, likes: Mapping[str | int, float]) -> None:
        """What may follow a character where a grammar of the server leaves a choice."""
        for liked, weight in likes.items():
            following = liked if isinstance(liked, int) else self.byte(liked)
            self.follows[self.byte(after), following] = 4.0 * weight


def script() -> Script:
    """All that the parrot can say."""
    s = Script()
    _speak(s)
    _call_tools(s)
    _fill_grammars(s)
    return s


def _speak(s: Script) -> None:
    """Thoughts, the greeting, and the branches that markers in the prompt ask for."""
    think_end = s.ids["</think>"]
    thoughts = ["The", " user", " wrote", " something", ". I", " will", " answer", " briefly", ".\n"]
    s.chain(s.ids["<think>"], thoughts, think_end)

    colours = [" blue", " green", " red"]
    hello = s.branch(
        "Hello",
        [
            *("!", " This", " is", " a", " tiny", " scripted", " model", " on", " a real", " server", "."),
            *(" My", " colour", " today is", colours, ", and", " that", " is all", "!\n"),
        ],
    )
    s.follows[think_end, hello] = 8.0
    done = s.branch("The tool", [" replied", ",", " so", " here", " is the", " result", ":", " all", " done", ".\n\n"])
    endless = s.branch(
        "One",
        [" two", " three", " four", " five", " six", " seven", " eight", " nine", " ten", "; "],
        endless=True,
    )
    s.follows[s.ids[";\u2581"], endless] = CERTAIN
    markdown = s.branch(
        "# Title",
        [
            *("\n\n", "Some ", "**bold**", " text", " and ", "`code`", ".\n\n-", " first\n", "-", " second\n\n"),
            *("```python\n", "print", '("hi")\n', "```\n"),
            *("\n| a |", " b |\n", "|---|", "---|\n", "| 1", " | 2", " |\n"),
        ],
    )
    characters = s.branch(
        "Wave: ",
        [*s.spelled("🌊"), " accent ", *s.spelled("é"), " kanji ", *s.spelled("日"), "本", "語", " ", "🇫", "🇷", " end"],
    )
    s.flags = [
        (s.ids["<tools>"], 30.0, s.ids["<tool_call>"]),
        (s.ids["<|observation|>"], 50.0, done),
        (s.ids["#long"], 70.0, endless),
        (s.ids["#empty"], 70.0, s.end),
        (s.ids["#md"], 70.0, markdown),
        (s.ids["#utf8"], 70.0, characters),
    ]


def _call_tools(s: Script) -> None:
    """Calls in the form of GLM; the server's grammar supplies the name of the function and the keys."""
    call, call_end = s.ids["<tool_call>"], s.ids["</tool_call>"]
    key, key_end = s.ids["<arg_key>"], s.ids["</arg_key>"]
    value, value_end = s.ids["<arg_value>"], s.ids["</arg_value>"]
    # Only reachable where no grammar holds, as with the tool choice "none".
    off = s.token("(tools\u2581are\u2581off)")
    s.follows[call, off] = 100.0
    s.follows[off, s.end] = CERTAIN
    for rank, letter in enumerate(LETTERS):
        s.follows[call, s.byte(letter)] = 60.0 - 2 * rank
    s.chain(value, ["sample"], value_end)
    s.follows[key_end, value] = CERTAIN
    s.follows[value_end, call_end] = 40.0
    s.follows[value_end, key] = 30.0
    s.follows[call_end, s.end] = CERTAIN


def _fill_grammars(s: Script) -> None:
    """Byte by byte, what fits a grammar: short strings, one item a list, small numbers."""
    key, key_end, value_end = s.ids["<arg_key>"], s.ids["</arg_key>"], s.ids["</arg_value>"]
    for character in WORD + DIGITS:
        for rank, letter in enumerate(LETTERS):
            s.follows[s.byte(character), s.byte(letter)] = 20.0 - 0.7 * rank
        s.follows[s.byte(character), key_end] = s.follows[s.byte(character), key] = 40.0
        s.follows[s.byte(character), s.ids["</tool_call>"]] = 38.0
    value: dict[str | int, float] = {'"': 5, "{": 4.5, "[": 4.4, "7": 4, "t": 3}
    for character in WORD:
        s.taste(character, {'"': 13})
    s.taste('"', {"x": 8, ":": 5, "}": 6, "]": 6, ",": 1, s.end: 5})
    for character in ": ,":
        s.taste(character, value)
    s.taste("{", {'"': 5, "}": 3})
    s.taste("[", {**value, "]": 2})
    for character in DIGITS:
        s.taste(character, {"}": 6, "]": 6, ",": 5, s.end: 4})
    for character in "}]e":
        s.taste(character, {"}": 6, "]": 6, ",": 2, s.end: 5})
    for character in DIGITS + '}]"e':
        s.follows[s.byte(character), value_end] = 27.0
    for start, weight in value.items():
        s.follows[s.ids["</think>"], s.byte(start)] = weight
        s.follows[s.ids["<arg_value>"], s.byte(start)] = 4 * weight


Cell = tuple[int, int, float]
"""Row, column, value."""


def _matrix(rows: int, columns: int, cells: Iterable[Cell] = ()) -> array[float]:
    matrix = array("f", bytes(4 * rows * columns))
    for row, column, value in cells:
        matrix[row * columns + column] = value
    return matrix


def _width(s: Script) -> int:
    """The width of the embedding: a place for each token and each flag, as a multiple of 32."""
    return (len(s.tokens) + len(s.flags) + 31) // 32 * 32


def _tensors(s: Script) -> list[tuple[str, tuple[int, ...], array[float]]]:
    """(name, shape with the columns first as GGUF has it, values)."""
    words, width = len(s.tokens), _width(s)
    # A one-hot vector leaves RMS normalisation as sqrt(width); this takes it back to one.
    unit = [width**-0.5] * width
    score = HEAD_SIZE**0.5 / QUERY
    table = [(there, here, logit) for (here, there), logit in s.follows.items()]
    switches = [(lifted, words + place, SWITCH) for place, (_, _, lifted) in enumerate(s.flags)]
    # The query is the same for every token; a marker's key answers it with its score, and its value sets its flag.
    query = [(HEAD_SIZE - 2, word, QUERY) for word in range(words)]
    keys = [(HEAD_SIZE - 2, marker, strength * score) for marker, strength, _ in s.flags]
    values = [(place, marker, 1.0) for place, (marker, _, _) in enumerate(s.flags)]
    flags = [(words + place, place, 1.0) for place in range(len(s.flags))]
    return [
        ("token_embd.weight", (width, words), _matrix(words, width, [(word, word, 1.0) for word in range(words)])),
        ("output_norm.weight", (width,), array("f", unit)),
        ("output.weight", (width, words), _matrix(words, width, table + switches)),
        ("blk.0.attn_norm.weight", (width,), array("f", unit)),
        ("blk.0.attn_q.weight", (width, HEAD_SIZE), _matrix(HEAD_SIZE, width, query)),
        ("blk.0.attn_k.weight", (width, HEAD_SIZE), _matrix(HEAD_SIZE, width, keys)),
        ("blk.0.attn_v.weight", (width, HEAD_SIZE), _matrix(HEAD_SIZE, width, values)),
        ("blk.0.attn_output.weight", (HEAD_SIZE, width), _matrix(width, HEAD_SIZE, flags)),
        ("blk.0.ffn_norm.weight", (width,), array("f", [1.0] * width)),
        ("blk.0.ffn_gate.weight", (width, FEED_FORWARD_SIZE), _matrix(FEED_FORWARD_SIZE, width)),
        ("blk.0.ffn_up.weight", (width, FEED_FORWARD_SIZE), _matrix(FEED_FORWARD_SIZE, width)),
        ("blk.0.ffn_down.weight", (FEED_FORWARD_SIZE, width), _matrix(width, FEED_FORWARD_SIZE)),
    ]


_NUMBERS = {"u32": (4, "<I"), "i32": (5, "<i"), "f32": (6, "<f"), "bool": (7, "<?")}
_STRING, _ARRAY, _FLOAT32 = 8, 9, 0


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _item(kind: str, value: Any) -> bytes:
    return _string(value) if kind == "str" else struct.pack(_NUMBERS[kind][1], value)


def _entry(name: str, kind: str, value: Any) -> bytes:
    """One pair of the metadata; `[kind` is a list of that kind."""
    item = kind.removeprefix("[")
    code = _STRING if item == "str" else _NUMBERS[item][0]
    if item == kind:
        return _string(name) + struct.pack("<I", code) + _item(kind, value)
    items = b"".join(_item(item, one) for one in value)
    return _string(name) + struct.pack("<IIQ", _ARRAY, code, len(value)) + items


def _metadata(s: Script) -> list[bytes]:
    words = len(s.tokens)
    return [
        _entry("general.architecture", "str", "llama"),
        _entry("general.name", "str", "parrot (scripted test model)"),
        _entry("general.license", "str", "cc0-1.0"),
        _entry("general.file_type", "u32", 0),
        _entry("llama.vocab_size", "u32", words),
        _entry("llama.context_length", "u32", 131072),
        _entry("llama.embedding_length", "u32", _width(s)),
        _entry("llama.block_count", "u32", 1),
        _entry("llama.feed_forward_length", "u32", FEED_FORWARD_SIZE),
        _entry("llama.attention.head_count", "u32", 1),
        _entry("llama.attention.head_count_kv", "u32", 1),
        _entry("llama.attention.key_length", "u32", HEAD_SIZE),
        _entry("llama.attention.value_length", "u32", HEAD_SIZE),
        _entry("llama.rope.dimension_count", "u32", HEAD_SIZE),
        # So slow a rotation that the position of a marker makes no difference.
        _entry("llama.rope.freq_base", "f32", 1e9),
        _entry("llama.attention.layer_norm_rms_epsilon", "f32", 1e-9),
        _entry("tokenizer.ggml.model", "str", "llama"),
        _entry("tokenizer.ggml.pre", "str", "default"),
        _entry("tokenizer.ggml.tokens", "[str", s.tokens),
        _entry("tokenizer.ggml.scores", "[f32", [0.0] * words),
        _entry("tokenizer.ggml.token_type", "[i32", s.kinds),
        _entry("tokenizer.ggml.bos_token_id", "u32", s.begin),
        _entry("tokenizer.ggml.eos_token_id", "u32", s.end),
        _entry("tokenizer.ggml.unknown_token_id", "u32", s.unknown),
        _entry("tokenizer.ggml.add_bos_token", "bool", False),
        _entry("tokenizer.ggml.add_eos_token", "bool", False),
        _entry("tokenizer.ggml.add_space_prefix", "bool", False),
        _entry("tokenizer.chat_template", "str", TEMPLATE),
    ]


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % ALIGNMENT)


def parrot() -> bytes:
    """The GGUF file."""
    s = script()
    tensors, metadata = _tensors(s), _metadata(s)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)) + b"".join(metadata)
    blobs: list[bytes] = []
    offset = 0
    for name, shape, values in tensors:
        head += _string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", _FLOAT32, offset)
        if sys.byteorder == "big":
            values.byteswap()
        blobs.append(_padded(values.tobytes()))
        offset += len(blobs[-1])
    return _padded(head) + b"".join(blobs)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(parrot())
