"""Slash commands about what the conversation costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmcli.cli.slash.slash import Slash

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl


def _usage(repl: "Repl", argument: str) -> None:
    from glmcli.api.price import dollars, neurons
    from glmcli.ui.remarks import total

    if not repl.usages:
        repl.say("no answer yet in this session")
        return
    it = total(repl.usages)
    answers = "1 answer" if len(repl.usages) == 1 else f"{len(repl.usages)} answers"
    price = f", ${dollars(it):.6f}, {neurons(it):.2f} neurons" if repl.plan.priced else ""
    repl.say(f"{answers}: {it.prompt_tokens} tokens in ({it.cached_tokens} cached), {it.completion_tokens} out{price}")


SLASHES = (Slash(("usage", "cost", "tokens", "stats"), "", "shows tokens and cost of this session", _usage),)
