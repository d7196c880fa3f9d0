"""How a child process learns that it shall end: SIGTERM, or the death of whoever started it. Ctrl-C is not for it.

The parent holds the other end of standard input. When the parent dies, however, that end closes.

May touch: signals, standard input
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable


def on_end(end: Callable[[], None]) -> None:
    """Call `end` once asked to stop; it is called from a signal handler or a thread and must only set a mark."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: end())

    def watch() -> None:
        while os.read(0, 4_096):
            pass
        end()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
