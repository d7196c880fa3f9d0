"""A site: one log for several processes that share a signer, made once, found again, refused when it is not whole."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from log_site import delivery, ulid

from audit.events import Book
from audit.publish import publish
from audit.refusals import LogUnavailableError, SignerGoneError, StoreError, Why
from audit.site import Place, create_site, open_site
from audit.verifier.sources import Folder
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log

WORKER = """
import sys
from pathlib import Path
from log_site import delivery
from audit.events import Book
from audit.site import open_site
with open_site(Path(sys.argv[1]), Book.LINKAGE, *sys.argv[2:]) as site:
    for line in sys.stdin:
        print(site.log.append_and_wait(delivery()).index, flush=True)
"""


def start_worker(folder: Path, *url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), *url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,  # for log_site
    )


def append_by(worker: subprocess.Popen[str]) -> int:
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    return int(worker.stdout.readline())


def test_a_site_is_made_once_and_found_again(tmp_path: Path) -> None:
    """Each start of a service would begin a new log, or forget the last one's signer."""
    for start in range(2):
        with open_site(tmp_path, Book.LINKAGE, origin="log.example/linkage") as site:
            assert site.log.append_and_wait(delivery()).index == start
            publish(site.log, site.place.published, site.keys)
    proven = verify_log(Folder(tmp_path / "log"), Trust(site.keys), 1_760_000_000)
    assert (proven.head.size, proven.head.origin) == (2, "log.example/linkage")
    assert (tmp_path / "log" / "vkeys").read_text().splitlines() == list(site.vkeys)


def test_processes_share_a_signer_and_outlive_its_keeper(site_url: tuple[Path, list[str]]) -> None:
    """The second worker of a service could not append, or no worker could after the one that started the signer."""
    folder, url = site_url
    first = start_worker(folder, *url)
    assert append_by(first) == 0
    second = start_worker(folder, *url)
    assert append_by(second) == 1
    first.kill()
    first.wait()
    time.sleep(1.5)
    assert append_by(second) == 2
    assert second.stdin is not None and second.stdout is not None
    second.stdin.close()
    assert second.wait(10) == 0
    for worker in (first, second):
        assert worker.stdout is not None
        worker.stdout.close()
    assert first.stdin is not None
    first.stdin.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def site_url(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[str]]:
    """A folder, and the address of an empty database when it is PostgreSQL's."""
    if request.param == "sqlite":
        return tmp_path, []
    import psycopg

    server: str = request.getfixturevalue("postgresql")
    name = f"site_{ulid().lower()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return tmp_path, [server.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://")]


def test_a_killed_signer_is_started_again(tmp_path: Path) -> None:
    """One crash of a small process would stop a service until somebody looks."""
    with open_site(tmp_path, Book.LINKAGE, deadline_s=20.0) as site:
        site.log.append_and_wait(delivery())
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(site.place.socket))
            pid = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        os.kill(pid, signal.SIGKILL)
        assert site.log.append_and_wait(delivery()).index == 1


def test_a_signer_without_its_memory_is_never_given_a_new_one(tmp_path: Path) -> None:
    """Deleting one file would make the signer sign a database that was rolled back."""
    with open_site(tmp_path, Book.LINKAGE) as site:
        site.log.append_and_wait(delivery())
    site.place.memory.unlink()
    with pytest.raises(SignerGoneError), open_site(tmp_path, Book.LINKAGE):
        pass
    site.place.origin.unlink()
    with pytest.raises(StoreError, match="memory"):
        create_site(tmp_path, Book.LINKAGE)


@pytest.mark.parametrize("remembers", ["memory", "log"])
def test_a_restored_backup_is_read_only_and_named(tmp_path: Path, remembers: str) -> None:
    """A database set back to yesterday would be signed today, with the signer's memory or only the export to tell."""
    backup = tmp_path / "backup"
    with open_site(tmp_path / "data", Book.LINKAGE) as site:
        site.log.append_and_wait(delivery())
    shutil.copytree(site.place.state, backup)
    with open_site(tmp_path / "data", Book.LINKAGE) as site:
        site.log.append_and_wait(delivery())
        site.log.append_and_wait(delivery())
        if remembers == "log":
            publish(site.log, site.place.published, site.keys)
    for name in ("log.sqlite", *(["memory"] if remembers == "log" else [])):
        shutil.copy(backup / name, site.place.state / name)
    with open_site(tmp_path / "data", Book.LINKAGE) as site:
        assert "entries 1 to 2 are lost" in str(site.log.read_only)
        with pytest.raises(LogUnavailableError) as refusal:
            site.log.append_and_wait(delivery())
        assert refusal.value.why is Why.ROLLED_BACK


def test_a_half_made_site_is_finished_and_a_foreign_database_refused(tmp_path: Path) -> None:
    """A kill in the first second of a service would need a hand; a wrong address would mix two logs."""
    place = create_site(tmp_path / "one", Book.LINKAGE)
    place.origin.unlink()
    place.memory.unlink()
    with open_site(tmp_path / "one", Book.LINKAGE) as site:
        site.log.append_and_wait(delivery())
    with pytest.raises(StoreError, match="another log"), open_site(tmp_path / "two", Book.LINKAGE, place.default_url):
        pass
    with pytest.raises(StoreError, match="another log"), open_site(tmp_path / "one", Book.VAULT):
        pass


def test_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    """A data folder deep in a tree could not have a signer: a socket's path is short."""
    folder = tmp_path / ("deep" * 20) / ("deeper" * 12)
    with open_site(folder, Book.LINKAGE) as site:
        assert site.log.append_and_wait(delivery()).index == 0
    short = Place(folder).socket.parent
    assert short.stat().st_mode & 0o077 == 0
    shutil.rmtree(short)
