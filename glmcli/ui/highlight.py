"""Colours code line by line, so that a line can be printed for good before the next one is known.

Pygments colours whole texts; here its state machine is run one line at a time and its stack of states kept between
lines. Where a lexer is no plain state machine, each line is coloured by itself. Unknown languages stay plain.
"""

from __future__ import annotations

import copy
from typing import Any

from rich.segment import Segment
from rich.syntax import Syntax

LONGEST = 500
"""Characters: longer lines (minified code, data) are not worth their colours."""


class LineHighlighter:
    """Colours the lines of one piece of code in turn. `theme` is a name that Rich's `Syntax.get_theme` knows."""

    def __init__(self, language: str, theme: str | None) -> None:
        self._lexer = _lexer(language) if theme else None
        self._theme = Syntax.get_theme(theme) if theme else None
        self._stateful = self._lexer is not None and _is_plain_state_machine(self._lexer)
        self._star_comments = self._stateful and _has_star_comments(self._lexer)
        # PHP in an answer seldom begins with the mark that PHP in a file needs.
        self._stack = ["root", "php"] if getattr(self._lexer, "startinline", False) else ["root"]
        self._in_comment = False

    def copy(self) -> "LineHighlighter":
        """One that goes on from here by itself."""
        other = copy.copy(self)
        other._stack = list(self._stack)
        return other

    def line(self, text: str) -> list[Segment]:
        """The next line, without its line feed, as styled segments; tabs are expanded."""
        text = text.expandtabs(4)
        if self._lexer is None or self._theme is None or len(text) > LONGEST:
            return [Segment(text)] if text else []
        tokens = self._tokens(f"{text}\n") if self._stateful else self._lexer.get_tokens(f"{text}\n")
        segments = [
            Segment(value.rstrip("\n"), self._theme.get_style_for_token(kind))
            for kind, value in tokens
            if value.rstrip("\n")
        ]
        if "".join(segment.text for segment in segments) != text:
            return [Segment(text)] if text else []  # a lexer that changes text has no say
        return segments

    def _tokens(self, text: str) -> list[tuple[Any, str]]:
        from pygments.token import Comment

        at = 0
        if self._in_comment:
            end = text.find("*/")
            if end < 0:
                return [(Comment.Multiline, text)]
            at, self._in_comment = end + 2, False
        found: list[tuple[Any, str]] = [(Comment.Multiline, text[:at])]
        while at < len(text):
            if self._star_comments and text.startswith("/*", at) and "*/" not in text[at + 2 :]:
                # One pattern would have to match over several lines: our own flag does instead.
                self._in_comment = True
                return [*found, (Comment.Multiline, text[at:])]
            at = self._step(text, at, found)
        return found

    def _step(self, text: str, at: int, found: list[tuple[Any, str]]) -> int:
        """The first rule of the present state that matches here: notes its tokens, changes the state."""
        from pygments.token import Error, Text, _TokenType

        for match_here, action, new_state in self._lexer._tokens[self._stack[-1]]:  # type: ignore[union-attr]
            match = match_here(text, at)
            if not match:
                continue
            if isinstance(action, _TokenType):
                found.append((action, match.group()))
            elif action is not None:
                found += [(kind, value) for _, kind, value in action(self._lexer, match)]
            self._change(new_state)
            if match.end() > at or new_state is not None:
                return int(match.end())
        if text[at] == "\n":
            self._stack = ["root"]
        found.append((Text if text[at] == "\n" else Error, text[at]))
        return at + 1

    def _change(self, new_state: Any) -> None:
        """Applies what a rule says about states: names to enter, `#pop`, `#push`, or a number of states to leave."""
        if isinstance(new_state, int):
            del self._stack[max(1, len(self._stack) + new_state) :]
            return
        for name in new_state if isinstance(new_state, tuple) else [new_state]:
            if name == "#pop":
                del self._stack[max(1, len(self._stack) - 1) :]
            elif name == "#push":
                self._stack.append(self._stack[-1])
            elif name is not None:
                self._stack.append(name)


def _lexer(language: str) -> Any:
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False, startinline=True)
    except ClassNotFound:
        return None


def _is_plain_state_machine(lexer: Any) -> bool:
    from pygments.lexer import ExtendedRegexLexer, RegexLexer

    # Some add a touch of their own afterwards (names of C's library), which matters less than the states.
    return isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer)


def _has_star_comments(lexer: Any) -> bool:
    from pygments.token import Comment

    return next((kind in Comment for kind, value in lexer.get_tokens("/* */") if value), False)
