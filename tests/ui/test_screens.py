"""Whole screens, kept as files that a person can read: tests/ui/screens. WRITE_SCREENS=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glmcli.api.events import Finished, ReasoningDelta, Requested, TextDelta
from glmcli.ui.renderers import choose
from tests.support.screen import Screen
from tests.ui.drawing import Stage

FOLDER = Path(__file__).parent / "screens"
ANSWER = """# A heading

Some *prose* with `code`, a [link](https://example.com/page) and 日本語 text, long enough to be broken over two rows.

1. first
   - nested, with **weight**
   - and more

   ```python
   def f(x):
       return x + 1
   ```
2. second

> A quote,
> of two lines.

| name | size |
|:-----|-----:|
| one  |    1 |
| two  |   22 |

---

```sh
echo a line of code that is wider than a small terminal is, so that the terminal wraps it and a copy is whole
```
The end.
"""
THOUGHT = "First I look at the question. Then I weigh what could be meant by it, and what would help.\nThen I answer."


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=str)
@pytest.mark.parametrize("name", ["answer", "half", "thinking", "ascii", "plain", "raw"])
def test_screens(name: str, size: tuple[int, int]) -> None:
    environ = {"NO_COLOR": "1", "TERM": "xterm"} | ({"LC_ALL": "C"} if name == "ascii" else {})
    stage = Stage(size=size, environ=environ)
    renderer = choose(stage.terminal, tickers=stage.tickers, plain=name == "plain", raw=name == "raw")
    renderer.feed(Requested("POST", "https://x.y", (), b""))
    stage.clock.now = 2
    renderer.feed(ReasoningDelta(THOUGHT))
    stage.clock.now = 3
    stage.tickers.tick()
    if name != "thinking":
        text = ANSWER[: ANSWER.index("| two")] if name == "half" else ANSWER
        for at in range(0, len(text), 7):
            stage.clock.now += 1
            renderer.feed(TextDelta(text[at : at + 7]))
    if name not in ("thinking", "half"):
        renderer.feed(Finished(("stop",)))
        renderer.close(None)
    rows = Screen(*size).feed(stage.out.getvalue()).rows
    file = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
    shown = "".join(f"{row}\n" for row in rows)
    if os.environ.get("WRITE_SCREENS"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")
