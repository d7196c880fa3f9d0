"""The service as processes: ready, healed after a kill, gone without remains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Running, running

from api.serving.supervisor import Child
from api.serving.worker import Round, work
from api.working_folder import make_folder
from audit.keys import parse_vkeys
from audit.verifier.sources import Folder
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("unit")
    make_folder(made, public_url="http://127.0.0.1:8401", port=8401)
    return made


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Running]:
    with running(folder / "settings.toml", "--web", "2") as made:
        yield made


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_it_says_who_it_is(service: Running) -> None:
    """Agencies could not pin the unit's keys."""
    assert service.get("/healthz").json() == {"alive": True}
    assert service.get("/v1/unit").json()["log_origin"].startswith("sealink.local/linkage/")


@pytest.mark.parametrize("name", ["web-1", "web-2", "worker-1"])
def test_a_killed_process_is_started_again(service: Running, name: str) -> None:
    """A crash would take the service down until somebody looks."""
    before = service.pids(name)
    os.kill(before[-1], signal.SIGKILL)
    service.wait_for(lambda: len(service.pids(name)) > len(before))
    assert service.get("/readyz").json() == {"database": "ok", "log": "ok", "disk": "ok"}


def test_what_it_publishes_verifies(service: Running, folder: Path) -> None:
    """Strangers could not check the log of a running service."""
    assert service.get("/log/checkpoint").status_code == 200
    keys = parse_vkeys(service.get("/log/vkeys").text, "vkeys")
    assert verify_log(Folder(folder / "log"), Trust(tuple(keys)), 2**40).head.size == 0


def test_it_goes_without_remains(folder: Path) -> None:
    """A stopped service would leave processes behind that hold its database and its port."""
    with running(folder / "settings.toml") as service:
        pids = service.pids("web-1") + service.pids("worker-1")
        assert all(map(is_there, pids))
    assert service.process.returncode == 0
    assert not any(map(is_there, pids))
    assert "stopping" in [line["event"] for line in service.lines]


def test_children_end_with_a_killed_supervisor(folder: Path) -> None:
    """After kill -9 of the supervisor its orphans would go on serving beside the next one."""
    with running(folder / "settings.toml") as service:
        pids = service.pids("web-1") + service.pids("worker-1")
        service.process.kill()
        service.process.wait()
        service.wait_for(lambda: not any(map(is_there, pids)))


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    """A mistyped path would start a second, empty service."""
    make_folder(tmp_path / "unit", public_url="http://127.0.0.1:8401", port=8401)
    (tmp_path / "unit" / ".log" / "origin").rename(tmp_path / "origin")
    command = [sys.executable, "-m", "api.cli.main", "serve", "linkage"]
    command += ["--settings", str(tmp_path / "unit" / "settings.toml"), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "no log here" in done.stderr and "Traceback" not in done.stderr


def test_what_falls_at_once_is_not_started_in_a_circle() -> None:
    """A process that cannot start would burn the machine."""
    child = Child("x", ("api.no_such_module",))
    child.look(0.0)
    assert child.process is not None
    child.process.wait()
    child.look(1.0)
    assert (child.process, child.due_at) == (None, 1.0)
    child.look(1.0)
    assert child.process is not None
    child.process.wait()
    child.look(2.0)
    assert child.due_at > 2.0
    child.look(2.0)
    assert child.process is None


def test_a_failing_round_keeps_nobody_from_its_turn() -> None:
    """One broken webhook would stop all jobs."""
    ends = threading.Event()
    turns: list[str] = []

    def fails() -> int:
        turns.append("fails")
        raise RuntimeError("with a name in it")

    def works() -> int:
        turns.append("works")
        if turns.count("works") == 3:
            ends.set()
        return 1

    work([Round("fails", fails, every_s=5), Round("works", works)], ends, clock=lambda: 1.0)
    assert turns == ["fails", "works", "works", "works"]
