"""Reads the keys while an answer comes: shows them, keeps them on disk, and leaves them to the next prompt.

Who reads the terminal, one at a time: a prompt, a picker or an editor while it is there; a question in the middle of a
turn, for which this makes room; a program that the user runs; and from the request to the end of its answer, this. At
no other time does anybody read, and what is typed waits in the kernel. No thread of this is left when it ends.
"""

from __future__ import annotations

import codecs
import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

from glmcli.cli.device import Device
from glmcli.cli.keyboard.ready import ready
from glmcli.errors import GlmError

if TYPE_CHECKING:
    from glmcli.cli.keyboard.ahead import Ahead
    from glmcli.ui.foot import Foot

LOOK = 0.2
"""Seconds between two looks at whether the terminal, which belongs to the shell, is ours again."""
REST = 0.05
"""Seconds in which the rest of a character comes."""


class Listening:
    """For one answer. While it is entered, keys are read; Ctrl-C and Ctrl-Z are signals as ever.

    typed: what was typed ahead before; that and more, as the terminal sent it, when nobody reads. foot: where it is
    shown, and where Ctrl-O unfolds the thinking; None for nowhere: then Ctrl-O is left to the prompt. keep: gets the
    messages of it before they are shown. ended: is called once when it is over.
    """

    def __init__(
        self,
        device: Device,
        typed: str,
        *,
        multiline: bool,
        foot: "Foot | None",
        keep: Callable[[list[str]], None],
        ended: Callable[[], None],
    ) -> None:
        self.typed = typed
        self._device = device
        self._multiline = multiline
        self._foot = foot
        self._keep = keep
        self._ended = ended
        self._thread: Thread | None = None
        self._wake = (-1, -1)

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._ended()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Somebody else reads while the block runs, and nothing of this is seen. `typed` may be changed."""
        self._end()
        try:
            yield
        finally:
            self._begin()

    def _begin(self) -> None:
        if self._foot is not None:
            self._foot.open()
        self._wake = os.pipe()
        self._thread = Thread(target=self._listen, args=(self._wake[0],), name="listening", daemon=True)
        self._thread.start()

    def _end(self) -> None:
        if self._thread is None:
            return
        os.close(self._wake[1])
        self._thread.join()
        self._thread = None
        os.close(self._wake[0])
        if self._foot is not None:
            with suppress(OSError, GlmError):  # whoever writes next meets the same trouble, and reports it
                self._foot.close()

    def _listen(self, wake: int) -> None:
        # Python's part of a signal is done by the main thread. One for reading in the background would stop us all;
        # blocked, it makes the reading fail.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN})
        from glmcli.cli.keyboard.ahead import Ahead

        ahead = Ahead(self.typed, multiline=self._multiline)
        self._take(ahead, "")
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        keys = self._device.keys
        while wake not in select.select([keys, wake], [], [])[0]:
            data = ready(keys)
            if data:
                self._take(ahead, decoder.decode(data))
            elif self._device.foreground() or select.select([wake], [], [], LOOK)[0]:
                break  # the terminal is gone, or the answer is over
        if decoder.getstate()[0]:
            self._take(ahead, decoder.decode(ready(keys, REST)))

    def _take(self, ahead: "Ahead", text: str) -> None:
        folds = ahead.feed(text, folding=self._foot is not None)
        self.typed = ahead.typed
        self._keep(ahead.messages)
        if self._foot is not None:
            with suppress(OSError, GlmError):
                if folds % 2:
                    self._foot.fold()
                self._foot.type(*ahead.row)
