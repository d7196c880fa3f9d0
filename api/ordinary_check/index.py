"""The adapter to the city's ordinary index, which is outside this product: a CSV file, or a table of a database.

An index says what is on record about a resident ID, and nothing else is asked of it. One that cannot be read, lacks a
column or has no row at all is an error and never an answer: an empty file would make everybody's record clean. A CSV
file that was replaced is read anew at the next question.

May touch: disk (CSV), database (SQL)
Sees:      names, resident IDs, ordinary records
"""

from __future__ import annotations

import csv
import io
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import ColumnClause, Engine, column, create_engine, make_url, select, table
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from api.ordinary_check.person import plain_id, spellings

COLUMNS: Final = ("name", "resident_id", "matter", "date", "authority")
"""What is read of a row; the index's own names of these columns are settings."""
LARGEST_FILE: Final = 1024 * 1024 * 1024


class IndexFaultError(Exception):
    """The index cannot be read or is not of its form. One sentence, without a value."""


@dataclass(frozen=True, slots=True)
class OrdinaryRecord:
    """One row about a person."""

    name: str = field(repr=False)
    matter: str = field(repr=False)
    date: str = field(repr=False)
    authority: str = field(repr=False)


class OrdinaryIndex(Protocol):
    """What a city may put in place of the two adapters here. Called from several threads."""

    def records(self, resident_id: str) -> Sequence[OrdinaryRecord]:
        """Every row of an 18-digit resident ID; IndexFaultError when the index does not answer."""


class CsvIndex:
    """A CSV file with a heading, UTF-8 or GB 18030. `columns`: our names to the file's."""

    def __init__(self, path: Path, columns: Mapping[str, str] | None = None) -> None:
        self._path, self._columns = path, _named(columns)
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self._rows: dict[str, list[OrdinaryRecord]] = {}
        self.records("")

    def records(self, resident_id: str) -> Sequence[OrdinaryRecord]:
        with self._lock:
            stamp = self._present_stamp()
            if stamp != self._stamp:
                self._rows = self._read()
                self._stamp = stamp
            rows = self._rows
        return [row for spelling in {plain_id(one) for one in spellings(resident_id)} for row in rows.get(spelling, ())]

    def _present_stamp(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise IndexFaultError(f"{self._path.name}: cannot be read: {error.strerror}") from None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self) -> dict[str, list[OrdinaryRecord]]:
        try:
            with self._path.open("rb") as stream:
                if os.fstat(stream.fileno()).st_size > LARGEST_FILE:
                    raise IndexFaultError(f"{self._path.name}: larger than {LARGEST_FILE} bytes")
                text = _decoded(stream.read(), self._path.name)
            reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            _check_columns(self._columns.values(), reader.fieldnames or (), self._path.name)
            rows: dict[str, list[OrdinaryRecord]] = {}
            for row in reader:
                if None in row or None in row.values():
                    raise IndexFaultError(f"{self._path.name} line {reader.line_num}: not as many cells as the heading")
                cells = {ours: row[theirs].strip() for ours, theirs in self._columns.items()}
                rows.setdefault(plain_id(cells.pop("resident_id")), []).append(OrdinaryRecord(**cells))
        except OSError as error:
            raise IndexFaultError(f"{self._path.name}: cannot be read: {error.strerror}") from None
        except csv.Error:
            raise IndexFaultError(f"{self._path.name}: not a CSV file") from None
        if not rows:
            raise IndexFaultError(f"{self._path.name}: no row in it; an empty index answers nothing")
        return rows


class SqlIndex:
    """A table of a database that SQLAlchemy reaches; the account needs to read it and nothing else."""

    def __init__(self, url: str, name: str, columns: Mapping[str, str] | None = None, password: str = "") -> None:
        named = _named(columns)
        self._columns: dict[str, ColumnClause[object]] = {ours: column(theirs) for ours, theirs in named.items()}
        self._table = table(name, *self._columns.values())
        self._engine = _engine(url, password)
        if not self._rows(select(*self._columns.values()).select_from(self._table).limit(1)):
            raise IndexFaultError("table: no row in it; an empty index answers nothing")

    def records(self, resident_id: str) -> Sequence[OrdinaryRecord]:
        chosen = [self._columns[name] for name in COLUMNS if name != "resident_id"]
        asked = select(*chosen).where(self._columns["resident_id"].in_(spellings(resident_id)))
        return [OrdinaryRecord(*("" if cell is None else str(cell) for cell in row)) for row in self._rows(asked)]

    def _rows(self, statement: object) -> Sequence[Sequence[object]]:
        try:
            with self._engine.connect() as connection:
                return [tuple(row) for row in connection.execute(statement)]  # type: ignore[call-overload]
        except SQLAlchemyError:  # its text holds the statement
            raise IndexFaultError("table: the database does not answer, or has no such table or columns") from None


def _engine(url: str, password: str) -> Engine:
    try:
        made = make_url(url)
        if made.password:
            raise IndexFaultError("database: a password in the URL; put it into a file and name that")
        return create_engine(made.set(password=password) if password else made, hide_parameters=True)
    except (ArgumentError, ImportError):
        raise IndexFaultError("database: not a URL that can be used here") from None


def _named(columns: Mapping[str, str] | None) -> dict[str, str]:
    given = dict(columns or {})
    if not given.keys() <= set(COLUMNS):
        raise IndexFaultError(f"columns: only {', '.join(COLUMNS)} are read")
    return {name: given.get(name, name) for name in COLUMNS}


def _check_columns(wanted: Iterable[str], found: Iterable[str], where: str) -> None:
    missing = set(wanted) - set(found)
    if missing:
        raise IndexFaultError(f"{where}: {len(missing)} of the columns that are read are missing")


def _decoded(data: bytes, where: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise IndexFaultError(f"{where}: neither UTF-8 nor GB 18030")
