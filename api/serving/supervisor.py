"""Run the linkage service: hold its socket, its signer and its publisher; start web and worker processes, and restart.

1. The socket is bound before any process starts, so that an address in use is told at once.
2. Web processes share it: the kernel gives each connection to one of them.
3. A process that ends without being asked is started again, at once at first, later after a pause.
4. Asked to stop (SIGTERM, SIGINT): workers and web processes finish what is under way, then publisher, then signer.

It serves nothing itself and holds no key but the log's, which its signer process keeps.

May touch: network (the listening socket), processes, signals
Sees:      nothing personal
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import Final

import structlog
from prometheus_client.multiprocess import mark_process_dead

from api.settings import Settings, SettingsError
from api.wiring import opened, publisher

FINISH_S: Final = 20.0
"""How long a process may take to finish what is under way before it is killed."""
_FIGURES: Final = "PROMETHEUS_MULTIPROC_DIR"
_LOOK_S: Final = 0.2
_STEADY_S: Final = 10.0
_PAUSES_S: Final = (0.0, 0.5, 2.0, 5.0, 10.0)

log = structlog.get_logger("supervisor")


@dataclass
class Child:
    """One place in the service, and the process that fills it at the moment."""

    name: str
    words: tuple[str, ...]
    files: tuple[int, ...] = ()
    figures: str = ""
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    falls: int = field(default=0)

    def look(self, now: float) -> None:
        """Start it if it is due; note it if it fell."""
        if self.process is None:
            if now >= self.due_at:
                self._start(now)
            return
        status = self.process.poll()
        if status is None:
            return
        self.falls = 1 if now - self.started_at > _STEADY_S else self.falls + 1
        self.due_at = now + _PAUSES_S[min(self.falls, len(_PAUSES_S)) - 1]
        log.error("process ended", process=self.name, status=status, falls=self.falls)
        self._close()

    def _forget_figures(self, pid: int) -> None:
        if self.figures:
            mark_process_dead(pid, self.figures)  # type: ignore[no-untyped-call]

    def _start(self, now: float) -> None:
        command = [sys.executable, "-m", *self.words]
        shared = {_FIGURES: self.figures} if self.figures else {}
        self.process = subprocess.Popen(  # noqa: S603  (our own program)
            command,
            stdin=subprocess.PIPE,
            pass_fds=self.files,
            start_new_session=True,
            env=os.environ | shared,  # noqa: TID251  (prometheus_client takes its folder from there alone)
        )
        self.started_at = now
        log.info("process started", process=self.name, pid=self.process.pid)

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, until: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("process killed", process=self.name)
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        if self.process is not None:
            if self.process.stdin is not None:
                self.process.stdin.close()
            self._forget_figures(self.process.pid)
        self.process = None


def supervise(settings: Settings, ends: threading.Event) -> None:
    """Serve until `ends` is set. SettingsError or AuditError when the service cannot start."""
    listening = listen(settings.listen.host, settings.listen.port)  # 1
    with (
        listening,
        tempfile.TemporaryDirectory(prefix="sealink-figures-") as figures,
        opened(settings) as service,
        publisher(service),
    ):
        host, port = listening.getsockname()[:2]
        children = children_of(settings, listening.fileno(), figures)
        log.info("serving", host=host, port=port, public_url=settings.public_url)
        try:
            while not ends.wait(_LOOK_S):  # 2, 3
                for child in children:
                    child.look(time.monotonic())
        finally:  # 4
            log.info("stopping")
            for child in children:
                child.ask_to_end()
            until = time.monotonic() + FINISH_S
            for child in children:
                child.end(until)


def children_of(settings: Settings, descriptor: int, figures: str) -> list[Child]:
    """All places of the service. `figures` is the folder in which web processes add up what they count."""
    file = str(settings.file)
    counts = settings.processes
    web = ("api.serving.web", "--settings", file, "--socket", str(descriptor))
    worker = ("api.serving.worker", "--settings", file)
    return [Child(f"web-{number}", web, (descriptor,), figures) for number in range(1, counts.web + 1)] + [
        Child(f"worker-{number}", worker) for number in range(1, counts.workers + 1)
    ]


def stop_on_signals() -> threading.Event:
    """Set when the operator or the system asks the service to stop."""
    ends = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ends.set())
    return ends


def listen(host: str, port: int) -> socket.socket:
    """A bound, listening socket that children may inherit."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SettingsError(f"[listen] {host} port {port}: {error.strerror}") from None
    listening.listen(2_048)
    listening.setblocking(False)
    return listening
