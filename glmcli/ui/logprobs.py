"""How sure the model was: log probabilities as a table after the answer (`--logprobs` on a terminal).

A row a token, shaded by its probability with the colours of the terminal, the other candidates behind it. What is
written is linear in what came: tokens are laid out one by one and nothing is measured twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp
from typing import Any

from glmcli.api.events import Event, Finished, LogProbs
from glmcli.errors import GlmError
from glmcli.ui.clean import one_line
from glmcli.ui.columns import columns_of, fit
from glmcli.ui.terminal import SGR, Terminal

_SHADES = ((0.9, "32"), (0.6, "36"), (0.3, "33"), (0.0, "31"))
"""From which probability on a token is green, cyan, yellow, red."""
_WIDEST = 24
"""Columns of a token; the rare longer ones are cut."""
_PROBABILITY = len("probability")
_LEAST = 20
"""Columns for the candidates, however narrow the terminal is."""
_BLANKS = str.maketrans({" ": "␣", "\t": "␉"})


class LogProbTable:
    """Prints a table for each choice and channel. Where standard output is no terminal, one note says where to look."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._tokens: dict[tuple[int, str], list[Any]] = {}
        self._noted = False

    def feed(self, event: Event) -> None:
        match event:
            case LogProbs(tokens, index, channel) if tokens:
                self._tokens.setdefault((index, channel), []).extend(tokens)
            case Finished():
                self._show()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._show()

    def _show(self) -> None:
        tables, self._tokens = self._tokens, {}
        if not tables:
            return
        if not self._terminal.out_is_tty:
            if not self._noted:
                self._noted = True
                self._terminal.note("log probabilities came too: --json and --jsonl print them")
            return
        rows = (row for of in sorted(tables) for row in self._table(*of, tables[of]))
        with self._terminal.above():
            self._terminal.fresh_line()
            self._terminal.draw("".join(f"{row}\n" for row in rows))

    def _table(self, index: int, channel: str, tokens: list[Any]) -> Iterator[str]:
        shown = [_token(token) for token in tokens]
        width = max(len("token"), *(_width(name) for name in shown))
        which = f" of choice {index + 1}" if index else ""
        yield ""
        yield self._styled(f"log probabilities{which}{' of the refusal' if channel == 'refusal' else ''}", SGR["bold"])
        yield self._styled(f"{_padded('token', width)}  probability  alternatives", SGR["dim"])
        indent = width + _PROBABILITY + 4
        room = max(_LEAST, self._terminal.width - indent)
        for token, name in zip(tokens, shown, strict=True):
            probability = _probability(token)
            shade = next((code for least, code in _SHADES if probability is not None and probability >= least), "")
            first, *more = _wrapped(_others(token), room) or [""]
            cells = self._styled(f"{_padded(name, width)}  {_percent(probability):>{_PROBABILITY}}", shade)
            yield f"{cells}  {self._styled(first, SGR['dim'])}" if first else cells
            for line in more:
                yield " " * indent + self._styled(line, SGR["dim"])

    def _styled(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if code and self._terminal.color("stdout") else text


def _token(token: Any) -> str:
    """A token in visible characters, at most _WIDEST columns; one that is part of a character as its bytes."""
    text = token.get("token") if isinstance(token, dict) else token
    raw = token.get("bytes") if isinstance(token, dict) else None
    if isinstance(raw, list):
        try:
            bytes(raw).decode()
        except UnicodeDecodeError:
            return fit(f"<{bytes(raw).hex(' ').upper()}>", _WIDEST)
        except (TypeError, ValueError):
            pass  # no list of bytes at all
    return fit(one_line(str(text).replace("\t", "␉")).translate(_BLANKS), _WIDEST)


def _probability(token: Any) -> float | None:
    """From 0 to 1, None where it is not said."""
    value = token.get("logprob") if isinstance(token, dict) else None
    try:
        return exp(min(0.0, value)) if isinstance(value, int | float) and value == value else None
    except OverflowError:  # a whole number that no float holds
        return None


def _percent(probability: float | None) -> str:
    if probability is None:
        return "?"
    return "< 0.01 %" if probability < 0.00005 else f"{100 * probability:.2f} %"


def _others(token: Any) -> Iterator[str]:
    """The candidates that were not taken, each with its probability."""
    others = token.get("top_logprobs") if isinstance(token, dict) else None
    for other in others if isinstance(others, list) else ():
        if not _same(other, token):
            yield f"{_token(other)} {_percent(_probability(other))}"


def _same(other: Any, token: dict[str, Any]) -> bool:
    return isinstance(other, dict) and all(other.get(key) == token.get(key) for key in ("token", "bytes"))


def _wrapped(pieces: Iterator[str], room: int) -> list[str]:
    lines: list[str] = []
    used = room
    for piece in pieces:
        width = _width(piece)
        if used + 3 + width > room:
            lines.append(piece)
            used = width
        else:
            lines[-1] += f"   {piece}"
            used += 3 + width
    return lines


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    return sum(map(columns_of, text))
