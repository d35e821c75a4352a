"""What drawing an answer while it comes costs, by hand: `python -m tests.benchmarks.md_live [TOKENS...]`.

Prints microseconds of CPU a token (4 characters, one event each, a frame every 4 tokens as at 50 tokens a second),
bytes to the terminal a token, the cost as a ratio to one print of the whole with the same styles, and its growth from
the first length to the last. Nothing may grow with the answer. A cost is the median of those of 1000 tokens each, and a
short answer is drawn many times, so that what else the machine does counts little.
"""

from __future__ import annotations

import itertools
import random
import statistics
import sys
import time
from dataclasses import replace

from glmcli.api.events import TextDelta
from glmcli.ui.blocks import Blocks
from glmcli.ui.live import LiveMarkdown
from glmcli.ui.markdown import Layout, Painter
from glmcli.ui.terminal import Terminal
from tests.ui.drawing import Clock, Stage

SIZE = (100, 40)
TOKEN = 4
PART = 1000
LEAST_PARTS = 20
WORDS = "the of model token stream a to render block in list code value time and is for with fast cost line".split()  # noqa: SIM905
RANDOM = random.Random(7)


def prose(words: int) -> str:
    return " ".join(RANDOM.choice(WORDS) for _ in range(words))


MIX = (
    f"## {prose(4)}\n\n{prose(40)} `code` and **bold {prose(3)}** [link](http://example.com).\n\n"
    f"- {prose(12)}\n- {prose(5)}\n  - {prose(6)}\n  - {prose(9)}\n- {prose(10)}\n\n"
    "```python\ndef f(x):\n    # a comment\n    return {'a': x + 1}\n```\n\n"
    f"{prose(60)}\n\n| a | b | c |\n|---|---|--:|\n"
    + "".join(f"| {prose(2)} | {prose(3)} | {i} |\n" for i in range(5))
    + f"\n> {prose(20)}\n\n1. {prose(8)}\n2. {prose(12)}\n\n"
)
CORPORA = {
    "mix": MIX,
    "prose": f"{prose(60)}\n\n",
    "fence": "```python\n" + "def f(x):\n    return x + 1  # comment\n\n" * 40_000,
    "list": f"- item {prose(12)}\n",
    "table": "| a | b | c |\n|---|---|---|\n" + f"| 1 | {prose(3)} | {prose(4)} |\n" * 20_000,
    "one paragraph": f"{prose(200)} ",
    "one item": f"- {prose(9)}\n" + f"  - {prose(12)}\n" * 40_000,
}


def text_of(corpus: str, tokens: int) -> str:
    source = CORPORA[corpus]
    return "".join(itertools.islice(itertools.cycle(source), tokens * TOKEN))


def live(text: str) -> tuple[list[float], int]:
    """CPU seconds of each 1000 tokens, bytes. The clock makes a frame due every fourth token, or later after a dear
    one."""
    stage = Stage(size=SIZE)
    paced = Paced()
    renderer = LiveMarkdown(Terminal(replace(stage.world, monotonic=paced)), tickers=stage.tickers)
    marks = [time.process_time()]
    for at in range(0, len(text), TOKEN):
        paced.token()
        renderer.feed(TextDelta(text[at : at + TOKEN]))
        if (at // TOKEN + 1) % PART == 0:
            marks.append(time.process_time())
    renderer.close(None)
    if len(marks) == 1:
        marks.append(time.process_time())
    return [after - before for before, after in itertools.pairwise(marks)], stage.out.tell()


class Paced(Clock):
    """Stream time goes on by 20 ms a token; drawing adds the CPU it takes."""

    def __init__(self) -> None:
        super().__init__()
        self._since = time.process_time()
        self._tokens = 0

    def token(self) -> None:
        self._tokens += 1
        self._since = time.process_time()

    def __call__(self) -> float:
        return self._tokens * 0.02 + time.process_time() - self._since


def once(text: str) -> float:
    began = time.process_time()
    painter = Painter(SIZE[0], color=True)
    "".join(painter.text(row) for row in painter.rows([Blocks(text, {})], Layout()))
    return time.process_time() - began


def main() -> None:
    lengths = [int(word) for word in sys.argv[1:]] or [1_000, 10_000, 100_000]
    live(text_of("mix", 200))
    out = sys.stdout
    heads = ("corpus", "tokens", "us/token", "ratio to one print", "bytes/token", "growth")
    out.write("{:14} {:>7} {:>9} {:>19} {:>12} {:>7}\n".format(*heads))
    for corpus in CORPORA:
        first = 0.0
        for tokens in lengths:
            text = text_of(corpus, tokens)
            parts: list[float] = []
            while len(parts) < LEAST_PARTS:
                seconds, size = live(text)
                parts += seconds
            each = statistics.median(parts) / min(PART, tokens) * 1e6
            ratio = each * tokens / 1e6 / once(text)
            first = first or each
            out.flush()
            out.write(f"{corpus:14} {tokens:7} {each:9.0f} {ratio:19.1f} {size / tokens:12.0f} {each / first:7.2f}\n")


if __name__ == "__main__":
    main()
