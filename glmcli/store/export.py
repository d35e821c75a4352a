"""A stored conversation as text that leaves the store: to be read (Markdown, HTML) or to be worked with (JSON, JSON
Lines, a request body). Pure: no I/O, no terminal.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from glmcli.api.unicode import well_formed
from glmcli.store.copies import RECORD_VERSION
from glmcli.store.history import closed, history
from glmcli.store.records import Session, StoredMessage, said

SHORT = 60
"""Characters of a call's arguments that stand over its result."""

Format = Literal["md", "json", "jsonl", "html", "body"]


@dataclass(frozen=True)
class Passage:
    """What one voice says in a conversation. mark: what is to be known about it, `interrupted`
    say, or the call that it is the result of; may be empty."""

    role: str
    text: str
    mark: str = ""
    reasoning: str = ""

    @property
    def heading(self) -> str:
        return f"{self.role} ({self.mark})" if self.mark else self.role


def exported(
    session: Session,
    path: Iterable[StoredMessage],
    tree: Iterable[StoredMessage],
    format: Format,
    *,
    reasoning: bool = False,
) -> str:
    """The conversation in one of the formats. path: its messages. tree: those of the branches that it left, too, which
    only json has. reasoning: whether the forms to be read show what the model thought."""
    match format:
        case "md":
            return markdown(session, path, reasoning=reasoning)
        case "html":
            return page(session, path, reasoning=reasoning)
        case "jsonl":
            return json_lines(session, path)
        case "body":
            return json_text(body(session, path))
    return json_text(record(session, tree))


def passages(session: Session, messages: Iterable[StoredMessage]) -> Iterator[Passage]:
    """The conversation as a person reads it: the system prompt, then every message, calls of tools as lines."""
    if session.system:
        yield Passage("system", session.system)
    called: dict[str, str] = {}  # results come in the order in which they came
    for stored in messages:
        called |= {call["id"]: _short(call) for call in stored.message.get("tool_calls") or ()}
        mark = _mark(stored) or called.get(stored.message.get("tool_call_id", ""), "")
        yield Passage(stored.role, said(stored.message), mark, stored.reasoning)
        for choice in stored.extra.get("choices", ()):
            mark = f"choice {choice['index'] + 1}"
            yield Passage(stored.role, said(choice["message"]), mark, choice.get("reasoning") or "")


def _short(call: Mapping[str, Any]) -> str:
    """A call in a few words, to tell its result from others."""
    body = call.get("function") or call.get("custom") or {}
    arguments = " ".join(str(body.get("arguments", body.get("input", ""))).split())
    return f"{body.get('name')} {arguments[:SHORT]}{'…' if len(arguments) > SHORT else ''}".strip()


def _mark(stored: StoredMessage) -> str:
    if stored.status == "complete":
        return ""
    error = stored.extra.get("error") or {}
    message = error.get("message")
    return f"{stored.status}: {message}" if message and message != stored.status else stored.status


def markdown(session: Session, messages: Iterable[StoredMessage], *, reasoning: bool = False) -> str:
    """Headings for the voices, their words as they are."""
    parts = [f"# {session.name or session.title or 'Untitled'}", _about(session)]
    for passage in passages(session, messages):
        parts.append(f"## {passage.heading.capitalize()}")
        if reasoning and passage.reasoning:
            parts.append("\n".join(f"> {line}".rstrip() for line in passage.reasoning.strip().splitlines()))
        if passage.text:
            parts.append(passage.text.strip("\n"))
    return well_formed("\n\n".join(parts)) + "\n"


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
body {{ max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }}
section {{ border-top: 1px solid #8884; }}
h2 {{ font-size: 0.9rem; opacity: 0.7; }}
.said, .thought {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
.user .said {{ font-weight: 600; }}
.thought {{ opacity: 0.7; font-style: italic; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
{sections}
</body>
</html>
"""


def page(session: Session, messages: Iterable[StoredMessage], *, reasoning: bool = False) -> str:
    """One HTML file that loads nothing and runs nothing; every word of the conversation is escaped."""
    from html import escape

    def shown(text: str) -> str:
        return escape(well_formed(text).replace("\0", "\ufffd"))

    sections = []
    for passage in passages(session, messages):
        thought = f'<p class="thought">{shown(passage.reasoning)}</p>\n' if reasoning and passage.reasoning else ""
        sections.append(
            f'<section class="{shown(passage.role)}">\n<h2>{shown(passage.heading.capitalize())}</h2>\n'
            f'{thought}<div class="said">{shown(passage.text)}</div>\n</section>'
        )
    title = shown(session.name or session.title or "Untitled")
    return _PAGE.format(title=title, about=shown(_about(session)), sections="\n".join(sections))


def _about(session: Session) -> str:
    made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(session.created))
    return ", ".join(part for part in (f"Session {session.id}", made, session.profile, session.model) if part)


def body(session: Session, messages: Iterable[StoredMessage]) -> dict[str, Any]:
    """The request body that goes on with the conversation; a question may be added at its end."""
    system = [{"role": "system", "content": session.system}] if session.system else []
    tools = {"tools": session.tools} if session.tools else {}
    return {"messages": [*system, *closed(history(messages))], **session.options, **tools}


def record(session: Session, messages: Iterable[StoredMessage]) -> dict[str, Any]:
    """All that is stored, nothing lost: given the whole tree, the session can be made again from it.

    {"version": 1, "session": {the fields of Session}, "messages": [{the fields of StoredMessage}]}
    """
    return {
        "version": RECORD_VERSION,
        "session": asdict(session),
        "messages": [asdict(message) for message in messages],
    }


def json_lines(session: Session, messages: Iterable[StoredMessage]) -> str:
    """The conversation, one message a line, in the API's own form."""
    system = [{"role": "system", "content": session.system}] if session.system else []
    return "".join(json_text(message, indent=None) for message in [*system, *(each.message for each in messages)])


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A JSON document and a line feed; in ASCII only where it could not be encoded otherwise."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent)
    return f"{text}\n"
