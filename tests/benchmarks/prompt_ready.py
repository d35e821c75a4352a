"""How long the first prompt of `glm chat` takes, by hand: `python -m tests.benchmarks.prompt_ready [ROUNDS]`.

Prints, as the least and the middle of so many rounds, milliseconds and their ratio to a bare start of the interpreter:
for prompt-toolkit alone, which is not ours to make faster; until the prompt is drawn; until a key that was pressed then
is on the screen; and from Enter to the first word of an answer that comes at once. Other work on the machine disturbs
it: read the ratios of the least.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from tests.support.served import saying, serving
from tests.support.tty import GLM, Tty

DRAWN = b"\x1b[?7h"
"""What prompt-toolkit ends a drawing with."""
MESSAGE = "Why is the sky blue at noon and red in the evening?"
"""Typed key by key, each when the one before is on the screen: faster than anybody types."""


def bare(code: str) -> float:
    """Seconds of an interpreter that runs this. Byte code is kept, as it is for a program that is installed."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environ)
    return time.perf_counter() - began


def chat(folder: str) -> tuple[float, float, float]:
    """Seconds from the start to the prompt, and to a key; seconds from Enter to an answer."""
    with serving(saying("Hello.")) as server:
        began = time.perf_counter()
        with Tty([*GLM, "chat"], {"HOME": folder, "GLM_CONFIG_DIR": f"{folder}/glm", **server.env}) as tty:
            tty.until(lambda: DRAWN in tty.raw)
            drawn = time.perf_counter()
            seen = len(tty.raw)
            tty.type("?")
            tty.until(lambda: b"?" in tty.raw[seen:].replace(b"[?", b""))
            pressed = time.perf_counter()
            for at, key in enumerate(MESSAGE, 1):
                tty.type(key).prompted(f"?{MESSAGE[:at]}")
            tty.type("\r")
            sent = time.perf_counter()
            tty.until("Hello.")
            answered = time.perf_counter()
            tty.prompted().type("\x04").end()
    return drawn - began, pressed - began, answered - sent


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        chat(folder)  # compiles what is not compiled yet
        measured = [(bare("pass"), bare("import prompt_toolkit"), *chat(folder)) for _ in range(rounds)]
    names = ("python -c pass", "import prompt_toolkit", "prompt drawn", "key on the screen", "Enter to first word")
    sys.stdout.write("{:22} {:>9} {:>7} {:>11} {:>7}\n".format("", "least ms", "ratio", "middle ms", "ratio"))
    least, middle = [[of(column) for column in zip(*measured, strict=True)] for of in (min, statistics.median)]
    for name, best, usual in zip(names, least, middle, strict=True):
        ratios = best / least[0], usual / middle[0]
        sys.stdout.write(f"{name:22} {best * 1e3:9.0f} {ratios[0]:7.1f} {usual * 1e3:11.0f} {ratios[1]:7.1f}\n")


if __name__ == "__main__":
    main()
