"""Every message and hint of an error has one form: messages are lower case without a full stop; a hint is a sentence,
or ends with what can be copied."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import glmcli
from glmcli import errors

SOURCES = Path(glmcli.__file__).parent
KINDS = {name for name, it in vars(errors).items() if isinstance(it, type) and issubclass(it, errors.GlmError)}

# The third line of one sentence (interface §9), whose first two are the message.
GOES_ON = "or `--profile demo`: made-up answers, no model and no account."

# {} stands for what is only known at run time.
BEGINS_LIKE_A_HINT = re.compile(r"[A-Z]|[`{/-]|glm ")  # a sentence, or what can be typed
ENDS_LIKE_A_HINT = re.compile(r".*([.?]|\{\}|: \S.*)|/.*", re.DOTALL)
OPENS_LIKE_A_MESSAGE = re.compile(r"[^A-Z]|[A-Z][A-Za-z_-]*[A-Z]|HTTP |Workers AI|AI Gateway")  # or a name


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may have; none where nothing of it is known."""
    match node:
        case ast.Constant(str(text)) if text:
            yield text
        case ast.JoinedStr(parts):
            yield "".join(str(it.value) if isinstance(it, ast.Constant) else "{}" for it in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one)
            yield from texts(other)
        case _:
            return


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(SOURCES)}:{node.lineno}", node


HINTS = [
    (place, text) for place, it in calls() for word in it.keywords if word.arg == "hint" for text in texts(word.value)
]
MESSAGES = [
    (place, text)
    for place, it in calls()
    if isinstance(it.func, ast.Name) and it.func.id in KINDS
    for text in (texts(it.args[0]) if it.args else ())
]


def test_the_sources_have_messages_and_hints() -> None:
    assert (len(HINTS) > 150, len(MESSAGES) > 150) == (True, True)


def test_a_hint_is_a_sentence_or_ends_with_what_can_be_copied() -> None:
    wrong = [it for it in HINTS if not (BEGINS_LIKE_A_HINT.match(it[1]) and ENDS_LIKE_A_HINT.fullmatch(it[1]))]
    assert [text for _, text in wrong] == [GOES_ON], wrong


def test_a_message_is_lower_case_without_a_full_stop() -> None:
    wrong = [it for it in MESSAGES if not OPENS_LIKE_A_MESSAGE.match(it[1]) or it[1].endswith(".")]
    assert wrong == []


@pytest.mark.parametrize(
    ("hint", "right"),
    [
        ("Try again.", True),
        ("Which one?", True),
        ("`glm config show` lists them.", True),
        ("Start one that stays: glm serve", True),
        ("try again.", False),
        ("Try again", False),
    ],
)
def test_the_form_of_a_hint(hint: str, right: bool) -> None:
    assert bool(BEGINS_LIKE_A_HINT.match(hint) and ENDS_LIKE_A_HINT.fullmatch(hint)) is right


def test_hints_by_code_have_the_same_form() -> None:
    from glmcli.api import faults

    hints = {*faults._HINTS.values(), *faults._STATUS_HINTS.values()}
    assert [it for it in hints if not (it[0].isupper() and it.endswith("."))] == []
