"""A PostgreSQL session that stays open for the one statement of every flush, outside of the pool and its round trips.

Each statement commits itself. It promises what the server promises for a statement that returned; an error of the
connection leaves the outcome open, and the caller must look. A thread at a time may use it.

May touch: database
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine


class Standing:
    """One autocommitting session; opened when first used and again after `forget`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._driver: Any = None
        self._turn = threading.Lock()

    def execute(self, statement: str, values: Mapping[str, object]) -> int:
        """Run a statement of psycopg's and return how many rows it touched. Raises psycopg's own errors."""
        with self._turn:
            if self._driver is None:
                self._driver = self._connect()
            return int(self._driver.execute(statement, values).rowcount)

    def forget(self) -> None:
        """Close the session, whose connection may be lost."""
        with self._turn, suppress(Exception):
            driver, self._driver = self._driver, None
            if driver is not None:
                driver.close()

    def _connect(self) -> Any:
        fairy = self._engine.raw_connection()
        driver: Any = fairy.driver_connection
        fairy.detach()
        driver.autocommit = True
        return driver
