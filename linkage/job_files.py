"""Files of jobs: `jobs/JOB-ATTEMPT/…` in the unit's folder, written durably, read only if they are what a row states.

A file is Arrow IPC, appears whole, and is on disk before any row names it. Opening maps it into memory; its SHA-256 is
checked once in a process. Files that no row names are swept away: those of killed attempts and of earlier results.

May touch: disk
Sees:      what the callers keep
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa

from linkage.errors import BatchError
from linkage.jobs import Job
from linkage.staging import file_sha256
from linkage.unit import Unit
from linkage.whole_file import whole_file

MANIFEST: Final = "manifest.arrow"


def jobs_folder(unit: Unit) -> Path:
    return unit.folder / "jobs"


def write_table(unit: Unit, name: str, table: pa.Table) -> str:
    """Write `name` (FOLDER/FILE); its SHA-256 in hexadecimal. Durable when it returns."""
    with _durable(unit, name) as sink, pa.ipc.new_file(pa.PythonFile(sink, mode="w"), table.schema) as out:
        out.write_table(table)
    return sink.hash.hexdigest()


def write_pieces(unit: Unit, name: str, pieces: Iterable[bytes | memoryview]) -> str:
    """The same for a file of any bytes."""
    with _durable(unit, name) as sink:
        for piece in pieces:
            sink.write(piece)
    return sink.hash.hexdigest()


def open_table(unit: Unit, name: str, sha256: str) -> pa.Table:
    """The file that a row names, mapped. BatchError when it is not the one that was written."""
    return open_path(jobs_folder(unit) / name, sha256)


def write_manifest(unit: Unit, folder: str, files: Mapping[str, str]) -> str:
    """Name the unit's own files of a job with their digests; the SHA-256 of the list, which the job's row states."""
    names = pa.table({"file": list(files), "sha256": list(files.values())})
    return write_table(unit, f"{folder}/{MANIFEST}", names)


def own_file(unit: Unit, job: Job, name: str) -> tuple[Path, str]:
    """Path and digest of one of the unit's own files of a finished job."""
    listed = open_table(unit, f"{job.files}/{MANIFEST}", job.manifest).to_pylist()
    digest = next((row["sha256"] for row in listed if row["file"] == name), None)
    if digest is None:
        raise BatchError(f"{name}: the job wrote no such file")
    return jobs_folder(unit) / job.files / name, digest


def own_table(unit: Unit, job: Job, name: str) -> pa.Table:
    """The same, opened."""
    return open_path(*own_file(unit, job, name))


def list_job_files(unit: Unit) -> list[Path]:
    """All files that lie there now; list them before reading the rows that name them."""
    return [path for path in jobs_folder(unit).glob("*/*") if path.is_file()]


def sweep_job_files(unit: Unit, files: Iterable[Path], names: Set[str], folders: Set[str]) -> int:
    """Remove those of the listed files that are neither named nor in a named folder; how many went."""
    gone = [
        path for path in files if path.parent.name not in folders and f"{path.parent.name}/{path.name}" not in names
    ]
    for path in gone:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in gone}:
        if not any(folder.iterdir()):
            folder.rmdir()
    return len(gone)


def check_file(path: Path, sha256: str) -> None:
    """BatchError when it is not the file that was written."""
    try:
        with path.open("rb", buffering=0) as file:
            if file_sha256(file) != sha256:
                raise BatchError(f"{path.name}: not the file that the job wrote")
    except OSError as error:
        raise BatchError(f"{path.name}: a job's file cannot be read") from error


@lru_cache(maxsize=64)
def open_path(path: Path, sha256: str) -> pa.Table:
    """A table's file, mapped, once for all who ask in this process."""
    check_file(path, sha256)
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise BatchError(f"{path.name}: a job's file cannot be read") from error


class _Seen:
    """A sink that hashes what passes."""

    closed = False

    def __init__(self, sink: BinaryIO) -> None:
        self._sink, self.hash = sink, hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        self.hash.update(data)
        return self._sink.write(data)

    def flush(self) -> None:
        """The bytes are forced to disk at the end."""

    def close(self) -> None:
        self.closed = True


@contextmanager
def _durable(unit: Unit, name: str) -> Iterator[_Seen]:
    path = jobs_folder(unit) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open("wb", buffering=1024 * 1024) as sink:
        yield _Seen(sink)
        sink.flush()
        os.fsync(sink.fileno())
    for folder in (path.parent, path.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
