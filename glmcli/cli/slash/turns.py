"""Slash commands that go on with the conversation, go back in it, or begin another one. None of them destroys
anything: what is left behind stays in the store, on a branch or in a session of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from glmcli.api.request import user
from glmcli.cli.slash.choices import assignment, with_field
from glmcli.cli.slash.slash import Slash
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl

GO_ON = "Go on exactly where your last answer stopped, without repeating any of it."
"""What /continue says to the model. It is a turn of its own, since no field of the request asks a model to finish a
message of its own, and servers differ in what they make of a conversation that ends with one."""


def _exit(repl: "Repl", argument: str) -> None:
    repl.leave()


def _new(repl: "Repl", argument: str) -> None:
    kept = f"; the old one is kept as {repl.conversation.label}" if repl.conversation.session else ""
    repl.start_over()
    repl.terminal.note(f"a new session{kept}")


def _retry(repl: "Repl", argument: str) -> None:
    plan = repl.plan
    # A value may hold blanks: what follows one is another field only if it looks like one.
    for given in re.split(r"\s+(?=\w+=)", argument) if argument else ():
        name, text = assignment(given)
        if not text:
            raise UsageError(f"{given} is not of the form NAME=VALUE", hint="For example: /retry temperature=1")
        plan = with_field(plan, name, text, "/retry")
    repl.check(plan)
    conversation = repl.conversation
    if repl.unasked:
        repl.ask(repl.unasked, plan)
        return
    had_answer = conversation.is_answered
    with conversation.trying():
        if not conversation.back_to_question():
            raise UsageError("nothing was asked yet", hint="Type a message first.")
        repl.ask([], plan)
        if had_answer and not conversation.is_answered:
            repl.terminal.note("the answer before is in its place again")


def _continue(repl: "Repl", argument: str) -> None:
    if repl.conversation.stopped_in_calls:
        repl.ask([])
        return
    if not repl.conversation.is_answered:
        raise UsageError("there is no answer to go on with", hint="/retry asks the last question again.")
    with repl.conversation.trying():
        repl.ask([user(GO_ON)])
        repl.unasked = []  # if it could not be sent, there is no question of the user's to repeat


def _undo(repl: "Repl", argument: str) -> None:
    back = _number(argument or "1", "turns", "/undo 2")
    if repl.unasked:
        raise UsageError("the last message was not sent, so there is nothing to undo", hint="/retry sends it.")
    path = repl.conversation.path()
    asked = [number for number, it in enumerate(path, 1) if it.role == "user"]
    if not asked:
        raise UsageError("nothing was asked yet", hint="Type a message first.")
    at = asked[-back] if back <= len(asked) else asked[0]
    repl.conversation.cut(at - 1)
    repl.last = None
    turns = min(back, len(asked))
    kept = "; /branch finds what was said" if repl.conversation.session else ""
    repl.terminal.note(f"{turns} {'turn' if turns == 1 else 'turns'} undone{kept}")
    repl.keyboard.offer(path[at - 1].text)


def _edit(repl: "Repl", argument: str) -> None:
    if not argument:
        text = edited(repl, "")
        if text.strip():
            repl.tell(text)
        return
    path = repl.conversation.path()
    number = _number(argument, "message", "/edit 3; /history shows the numbers")
    if number > len(path):
        raise UsageError(f"there is no message {number}", hint="/history shows the numbers.")
    stored = path[number - 1]
    if stored.role not in ("user", "assistant"):
        raise UsageError(f"message {number} is neither yours nor an answer", hint="/history shows the numbers.")
    text = edited(repl, stored.text)
    if text.strip() in ("", stored.text.strip()):
        repl.terminal.note("nothing was changed")
        return
    message = with_text(stored.message, text)
    repl.unasked = []
    if stored.role == "user":
        repl.conversation.cut(number - 1)
        repl.ask([message])
        return
    repl.conversation.cut(number - 1, message)
    repl.last = None
    repl.terminal.note(f"message {number} is edited, and the conversation goes on from it")


def edited(repl: "Repl", text: str) -> str:
    """The text after a visit to the editor. Raises UsageError where there is none."""
    from glmcli.cli.prompt import edited as visited

    with repl.keyboard.lent():
        return visited(text, repl.terminal.world.environ)


def with_text(message: dict[str, Any], text: str) -> dict[str, Any]:
    """The message with another text; images and files that it has stay in it."""
    content = message.get("content")
    others = [part for part in content if part.get("type") != "text"] if isinstance(content, list) else []
    kept = {key: value for key, value in message.items() if key != "refusal"}
    return {**kept, "content": [{"type": "text", "text": text}, *others] if others else text}


def _fork(repl: "Repl", argument: str) -> None:
    old = repl.conversation.label
    repl.conversation.fork(argument or None)
    repl.usages.clear()
    repl.terminal.note(f"goes on in a copy, session {repl.conversation.label}; {old} stays as it is")


def _number(text: str, what: str, example: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise UsageError(f"{text or 'nothing'} is no number of {what}", hint=f"For example: {example}")
    return int(text)


SLASHES = (
    Slash(("exit", "quit", "bye"), "", "leaves; the session is kept", _exit),
    Slash(("new", "clear", "reset"), "", "starts a new session; the old one is kept", _new),
    Slash(
        ("retry", "regenerate"),
        "[NAME=VALUE]...",
        "asks the last question again, with fields set for once",
        _retry,
        "assignments",
    ),
    Slash(("continue",), "", "lets the model go on after an answer that was cut short", _continue),
    Slash(("undo", "rewind"), "[N]", "takes back the last turn, or the last N", _undo),
    Slash(
        ("edit",),
        "[N]",
        "edits message N, yours or the model's; without a number as /editor",
        _edit,
    ),
    Slash(("fork",), "[NAME]", "goes on in a copy of the session", _fork),
)
