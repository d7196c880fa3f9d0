"""Keep one signer running for all processes of a site: start it where none answers, and again when it has died.

Whoever holds the lock beside the memory is the keeper; the others only use the socket, and one of them becomes the
keeper when it ends. The signer ends with its keeper, also when that is killed. A signer that somebody else runs is
found answering and left alone. It asks the signer nothing.

May touch: disk (a lock file), a local socket, a process of its own
Sees:      paths
"""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from audit.refusals import SignerGoneError

_STARTS_S: Final = 20.0
_LOOK_S: Final = 0.5


class SignerKeeper:
    """A context: inside it, a signer answers on the socket or is being started again."""

    def __init__(self, key: Path, pq_key: Path, memory: Path, path: Path, officers: Path) -> None:
        self._socket = path
        self._lock_file = memory.with_name(memory.name + ".keeper")
        words = ["--key", key, "--pq-key", pq_key, "--memory", memory, "--socket", path, "--while-stdin-is-open"]
        self._words = [sys.executable, "-m", "audit.signer", *map(str, words)]
        self._officers = officers
        self._lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._ends = threading.Event()
        self._watch = threading.Thread(target=self._run, name="audit-signer-keeper", daemon=True)

    def __enter__(self) -> Self:
        """Return when a signer answers. Raises `SignerGoneError` when none does; its own words are on stderr."""
        deadline = time.monotonic() + _STARTS_S
        try:
            while not self._look():
                if time.monotonic() > deadline or (self._child is not None and self._child.poll() is not None):
                    raise SignerGoneError(hung=False)
                time.sleep(0.01)
        except BaseException:
            self._end()
            raise
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._watch.join()
        self._end()

    def _run(self) -> None:
        while not self._ends.wait(_LOOK_S):
            with suppress(OSError):
                self._look()

    def _look(self) -> bool:
        """Does a signer answer? If none does and nobody else keeps one, start it."""
        if self._child is not None and self._child.poll() is None:
            return self._answers()
        if self._answers():
            return True
        if self._child is None or self._watch.is_alive():  # at first, one that dies at once is a fault to be told
            self._start()
        return False

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(1.0)
            return asking.connect_ex(str(self._socket)) == 0

    def _start(self) -> None:
        if self._lock is None and not self._take_lock():
            return
        self._let_go()
        more = ["--officers", str(self._officers)] if self._officers.exists() else []
        self._child = subprocess.Popen(  # noqa: S603  (our own program)
            [*self._words, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for the service, which still needs its signer to finish
        )

    def _take_lock(self) -> bool:
        lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _end(self) -> None:
        self._let_go()
        if self._lock is not None:
            self._socket.unlink(missing_ok=True)  # a socket left behind trips whoever copies the folder
            os.close(self._lock)

    def _let_go(self) -> None:
        if self._child is not None:
            if self._child.stdin is not None:
                self._child.stdin.close()
            self._child.terminate()
            self._child.wait()
