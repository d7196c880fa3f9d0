"""Requests, whose state one transaction moves, and what was authorised of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from vault.errors import StateError
from vault.models import ACT, INTENT, REQUEST
from vault.states import RequestState
from vault.store.pages import PAGE
from vault.vocabulary import Holder


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """One request as the service knows it."""

    id: str
    digest: str
    nonce: str
    officer: str
    agency: str
    recipient: str
    state: RequestState
    data: bytes
    asked_ms: int
    not_after_ms: int
    warn_ms: int
    escalate_ms: int
    expires_ms: int | None


def find(connection: Connection, request_id: str) -> StoredRequest | None:
    """A request by its id; the caller checks who may see it."""
    row = connection.execute(_FIND, {"of": request_id}).one_or_none()
    return None if row is None else _request(row)


def of_officer(connection: Connection, agency: str, officer: str, after: str) -> list[StoredRequest]:
    """An officer's own requests."""
    where = (REQUEST.c.id > after, REQUEST.c.agency == agency, REQUEST.c.officer == officer)
    return [
        _request(row) for row in connection.execute(select(REQUEST).where(*where).order_by(REQUEST.c.id).limit(PAGE))
    ]


def seen_by(connection: Connection, agency: str, is_approver: bool, after: str) -> list[StoredRequest]:
    """Requests that an agency made or must decide or, for a half-holding one, approve and release."""
    found = select(REQUEST).where(REQUEST.c.id > after)
    if not is_approver:
        found = found.where(or_(REQUEST.c.agency == agency, REQUEST.c.recipient == agency))
    return [_request(row) for row in connection.execute(found.order_by(REQUEST.c.id).limit(PAGE))]


def owed_by(connection: Connection, holder: Holder, after: str, most: int) -> list[str]:
    """Ids of authorised requests that lack this holder's released half, from `after` on."""
    return list(connection.execute(_OWED, {"after": after, "ending": f".{holder.value}", "most": most}).scalars())


def asked_since(connection: Connection, agency: str, officer: str, since_ms: int) -> int:
    """How many requests an officer made since then."""
    where = (REQUEST.c.agency == agency, REQUEST.c.officer == officer, REQUEST.c.asked_ms >= since_ms)
    return int(connection.execute(select(func.count()).select_from(REQUEST).where(*where)).scalar_one())


def move(connection: Connection, request_id: str, old: RequestState, new: RequestState, **changes: Any) -> None:
    """Change a request's state; StateError when another was quicker."""
    changed = connection.execute(
        update(REQUEST)
        .where(REQUEST.c.id == request_id, REQUEST.c.state == old.value)
        .values(state=new.value, **changes)
    )
    if changed.rowcount != 1:
        raise StateError("request: its state has changed meanwhile")


def intent(connection: Connection, request_id: str) -> tuple[str, bytes, bytes] | None:
    """(request id of the entry, its bytes, the salt) of a release that was authorised."""
    row = connection.execute(_INTENT, {"of": request_id}).one_or_none()
    return None if row is None else (row.req, bytes(row.entry), bytes(row.salt))


def overdue(connection: Connection, now_ms: int) -> list[dict[str, Any]]:
    """Requests that nobody decided in time: told, escalated, never allowed by it."""
    waiting = (RequestState.ASKED.value, RequestState.DECIDED.value)
    found = (
        select(REQUEST.c.id, REQUEST.c.agency, REQUEST.c.recipient, REQUEST.c.warn_ms, REQUEST.c.escalate_ms)
        .where(REQUEST.c.state.in_(waiting), REQUEST.c.warn_ms < now_ms, REQUEST.c.not_after_ms > now_ms)
        .order_by(REQUEST.c.warn_ms)
        .limit(PAGE)
    )
    rows = connection.execute(found).mappings()
    return [{**row, "is_escalated": row["escalate_ms"] < now_ms} for row in rows]


def unmarked(connection: Connection, now_ms: int) -> list[str]:
    """Requests whose receiving case is not marked: delivered, and no return that says so (办法 art. 6)."""
    found = select(REQUEST.c.id).where(REQUEST.c.state == RequestState.DELIVERED.value).order_by(REQUEST.c.id)
    return [row.id for row in connection.execute(found.limit(PAGE))]


def _request(row: Row[Any]) -> StoredRequest:
    found = row._mapping
    values = {name: found[name] for name in StoredRequest.__dataclass_fields__}
    return StoredRequest(**values | {"state": RequestState(row.state), "data": bytes(row.data)})


_FIND: Final = select(REQUEST).where(REQUEST.c.id == bindparam("of"))
_INTENT: Final = select(INTENT).where(INTENT.c.request == bindparam("of"))
_RELEASED: Final = select(ACT.c.id).where(ACT.c.id == REQUEST.c.id + bindparam("ending"), ACT.c.kind == "release")
_OWED: Final = (
    select(REQUEST.c.id)
    .where(REQUEST.c.id > bindparam("after"), REQUEST.c.state == RequestState.AUTHORISED.value, ~_RELEASED.exists())
    .order_by(REQUEST.c.id)
    .limit(bindparam("most"))
)
