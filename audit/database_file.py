"""Is SQLite's file still where it was? An engine goes on writing into a file that was deleted or replaced under it.

Every such commit succeeds and is lost with the process. So log and witness look before a commit and after it, and one
whose file went away refuses until it is opened anew, which compares a log with all who remember. It cannot see what
lies in the file.

May touch: disk (file status)
"""

from __future__ import annotations

import os
import sqlite3


class DatabaseFile:
    """The file at a path, as it was found at the start."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._is = self._found()

    def must_stand(self) -> None:
        """Raise what SQLite would say (`SQLITE_READONLY_DBMOVED`) if it looked. For use while a connection is open."""
        if self._is is None or self._found() != self._is or not os.path.exists(self._path + "-wal"):  # noqa: PTH110 - hot
            raise DatabaseMovedError("the database file was moved")

    def _found(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - hot
        except OSError:
            return None
        return found.st_dev, found.st_ino


class DatabaseMovedError(sqlite3.OperationalError):
    """The file that a connection writes to is no longer the one at its path."""

    sqlite_errorname = "SQLITE_READONLY_DBMOVED"
