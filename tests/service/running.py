"""A whole service in processes of its own, as an operator starts it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

START_S = 60.0


@dataclass
class Running:
    """`lines` are what it logged, as JSON objects; `base` is its address."""

    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)
    base: str = ""

    def pids(self, name: str) -> list[int]:
        """Of every process of that place so far, in the order of their starts."""
        return [
            line["pid"] for line in list(self.lines) if line["event"] == "process started" and line["process"] == name
        ]

    def serving(self) -> list[dict[str, Any]]:
        return [line for line in list(self.lines) if line["event"] == "serving"]

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self.base + path, trust_env=False, timeout=30)

    def wait_for(self, found: Any) -> None:
        """Until `found()` is true; fails when it never is."""
        until = time.monotonic() + START_S
        while not found():
            assert time.monotonic() < until, self.lines
            time.sleep(0.05)


@contextmanager
def running(settings: Path, *arguments: str) -> Iterator[Running]:
    """Ready when the block begins; ended by SIGTERM after it."""
    command = [sys.executable, "-m", "api.cli.main", "serve", "linkage", "--settings", str(settings), "--port", "0"]
    process = subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    made = Running(process)

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            made.lines.append(json.loads(line))  # anything but JSON lines ends the thread, and the test

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        made.wait_for(
            lambda: any(line["event"] == "serving" for line in list(made.lines)) or process.poll() is not None
        )
        (serving,) = [line for line in made.lines if line["event"] == "serving"]
        made.base = f"http://127.0.0.1:{serving['port']}"
        assert made.get("/readyz").status_code == 200
        yield made
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
        reader.join()
        assert process.stderr is not None
        process.stderr.close()
