"""Name what a database error means for the log: one word of `Why`, and whether trying again can help.

Pure reading of error codes. The texts of database errors quote values, so they are never passed on.

May touch: nothing
Sees:      errors
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.refusals import Why

CLOSED = "the audit log is closed"
"""What the guard of `models.close_log` says."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`why` for the caller. `again`: the same transaction may pass if repeated. `lost`: its outcome is unknown."""

    why: Why
    again: bool = False
    lost: bool = False


_BY_STATE = {
    "53100": Fault(Why.DISK_FULL),
    "53200": Fault(Why.DATABASE_BUSY, again=True),
    "53300": Fault(Why.DATABASE_BUSY, again=True),
    "25006": Fault(Why.READ_ONLY),
    "SLCL1": Fault(Why.ROLLED_OVER),  # the guard that `models.close_log` sets
    "42501": Fault(Why.GRANT_REVOKED),
    "28000": Fault(Why.GRANT_REVOKED),
    "28P01": Fault(Why.GRANT_REVOKED),
    "40001": Fault(Why.DATABASE_BUSY, again=True),
    "40P01": Fault(Why.DATABASE_BUSY, again=True),
    "55P03": Fault(Why.DATABASE_BUSY, again=True),
    "57014": Fault(Why.DATABASE_BUSY, again=True),
}
"""PostgreSQL's SQLSTATE (appendix A of its manual)."""

_BY_SQLITE = {
    "SQLITE_FULL": Fault(Why.DISK_FULL),
    "SQLITE_READONLY_DBMOVED": Fault(Why.DATABASE_GONE),  # `database_file.py` says so
    "SQLITE_READONLY": Fault(Why.READ_ONLY),
    "SQLITE_BUSY": Fault(Why.DATABASE_BUSY, again=True),
    "SQLITE_LOCKED": Fault(Why.DATABASE_BUSY, again=True),
    "SQLITE_CANTOPEN": Fault(Why.DATABASE_GONE, again=True, lost=True),
    "SQLITE_IOERR": Fault(Why.DATABASE_FAULT, again=True, lost=True),
    "SQLITE_AUTH": Fault(Why.GRANT_REVOKED),
}


def fault_of(error: Exception) -> Fault:
    """What an error of SQLAlchemy or of a driver means. One without a code leaves the outcome unknown."""
    driver = getattr(error, "orig", error)
    state = getattr(driver, "sqlstate", None)
    name = getattr(driver, "sqlite_errorname", None)
    if state in _BY_STATE:
        return _BY_STATE[state]
    if _is_closed(driver):
        return Fault(Why.ROLLED_OVER)
    if name is not None:
        found = next((fault for prefix, fault in _BY_SQLITE.items() if name.startswith(prefix)), None)
        return found or Fault(Why.DATABASE_FAULT)
    if state is None or state[:2] in _LOST:
        return Fault(Why.DATABASE_GONE, again=True, lost=True)
    return Fault(Why.DATABASE_FAULT)


def is_conflict(error: Exception) -> bool:
    """Did a row clash with one that stands, as a request id does that was already used?"""
    driver = getattr(error, "orig", error)
    state, name = getattr(driver, "sqlstate", None) or "", getattr(driver, "sqlite_errorname", None) or ""
    return state.startswith("23") or (name.startswith("SQLITE_CONSTRAINT") and not _is_closed(driver))


def _is_closed(driver: object) -> bool:
    """SQLite gives its guards no codes of their own, only their words."""
    return getattr(driver, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_TRIGGER" and str(driver) == CLOSED


_LOST = frozenset({"08", "25", "57", "58", "XX"})
"""Classes of SQLSTATE after which the session is gone: connection, transaction state, operator, system, internal."""
