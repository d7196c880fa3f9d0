"""Acts on a request: decision, approval, refusal, release, delivery, return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from vault.models import ACT
from vault.states import RequestState
from vault.store import request_rows
from vault.store.pages import insert_row


@dataclass(frozen=True, slots=True)
class StoredAct:
    """One act on a request."""

    id: str
    request: str
    kind: str
    agency: str
    digest: str
    data: bytes
    at_ms: int


def of_request(connection: Connection, request_id: str, kind: str) -> list[StoredAct]:
    """Acts of one kind, by agency."""
    return [_act(row) for row in connection.execute(_OF_KIND, {"of": request_id, "called": kind})]


def by_kind(connection: Connection, request_id: str) -> dict[str, tuple[bytes, ...]]:
    """What was signed on a request, by the kinds of act that there are, each by agency."""
    found: dict[str, tuple[bytes, ...]] = {}
    for row in connection.execute(_ALL, {"of": request_id}):
        found[row.kind] = (*found.get(row.kind, ()), bytes(row.data))
    return found


def put(connection: Connection, act: StoredAct) -> None:
    """A new act; the database refuses a second one of the same kind and agency."""
    insert_row(connection, ACT, **{name: getattr(act, name) for name in StoredAct.__dataclass_fields__})


def moving(act: StoredAct, old: RequestState, new: RequestState) -> Callable[[Connection], None]:
    """What an act does to its request, to be done in the transaction of its entry."""

    def rows(connection: Connection) -> None:
        request_rows.move(connection, act.request, old, new)
        put(connection, act)

    return rows


def _act(row: Row[Any]) -> StoredAct:
    found = row._mapping
    return StoredAct(**{name: found[name] for name in StoredAct.__dataclass_fields__} | {"data": bytes(row.data)})


_ALL: Final = select(ACT.c.kind, ACT.c.data).where(ACT.c.request == bindparam("of")).order_by(ACT.c.agency)
_OF_KIND: Final = (
    select(ACT).where(ACT.c.request == bindparam("of"), ACT.c.kind == bindparam("called")).order_by(ACT.c.agency)
)
