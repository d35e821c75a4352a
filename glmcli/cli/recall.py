"""The end of a conversation, shown when it is taken up again: the last question in a line, and how its answer ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glmcli.cli.options import TurnOptions
    from glmcli.settings import Settings
    from glmcli.ui.terminal import Terminal

LINES = 8
"""Lines of the answer that are shown at least, where there are so many."""


def recall(
    messages: Sequence[dict[str, Any]], terminal: "Terminal", settings: "Settings", options: "TurnOptions"
) -> None:
    """Shows where these messages ended, the answer as it was shown when it came. Where standard output is no terminal
    it gets nothing: the source of the answer goes to standard error."""
    from glmcli.store import text_of
    from glmcli.store.records import title_of

    asked = next((at for at in range(len(messages) - 1, -1, -1) if messages[at].get("role") == "user"), None)
    if asked is None or terminal.quiet:
        return
    title = title_of(messages[asked])
    terminal.note(f"> {title}{'' if title == text_of(messages[asked]).strip() else ' …'}")
    answers = [text_of(it).strip() for it in messages[asked:] if it.get("role") == "assistant"]
    if not answers or not answers[-1]:
        return
    if terminal.out_is_tty:
        from glmcli.ui.again import show_again

        # A third of the screen is for what stands around it.
        most = max(LINES, terminal.height * 2 // 3)
        markdown, theme = settings.value("markdown").value, settings.value("theme").value
        show_again(
            terminal, answers[-1], raw=options.raw, plain=options.plain, markdown=markdown, theme=theme, most=most
        )
        return
    answered = answers[-1].split("\n")
    if len(answered) > LINES:
        terminal.note(f"… {len(answered) - LINES} more lines")
    for line in answered[-LINES:]:
        terminal.note(line)
