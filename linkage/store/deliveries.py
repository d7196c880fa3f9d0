"""The outbox: messages written in the transaction of what they tell, sent later by the worker.

`announce` is called by whoever makes something happen, within the transaction of its entry: no event without its
messages, no message without its event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from audit.request_id import new_request_id
from linkage.models.webhook import DELIVERY, ENDPOINT
from linkage.store.webhooks import Endpoint, endpoint_of, of_agency
from linkage.webhooks.kinds import DeliveryState, Kind, message


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint; `id` is its webhook-id, the same at every try."""

    id: str
    endpoint: str
    kind: Kind
    body: str
    state: DeliveryState
    tries: int
    next_ms: int
    status: int | None
    fault: str | None
    created_ms: int
    ended_ms: int | None


def announce(connection: Connection, agency: str, kind: Kind, data: Mapping[str, str], now_ms: int) -> int:
    """Put a message into the outbox for each active endpoint of the agency that wants this kind."""
    body = message(kind, data, now_ms)
    wanting = [each.id for each in of_agency(connection, agency) if each.active and kind in each.kinds]
    for endpoint in wanting:
        put(connection, endpoint, kind, body, now_ms)
    return len(wanting)


def put(connection: Connection, endpoint: str, kind: Kind, body: str, now_ms: int) -> str:
    """One message for one endpoint; returns its id."""
    made = new_request_id(now_ms)
    connection.execute(
        insert(DELIVERY).values(
            id=made,
            endpoint=endpoint,
            kind=kind,
            body=body,
            state=DeliveryState.DUE,
            tries=0,
            next_ms=now_ms,
            created_ms=now_ms,
        )
    )
    return made


def claim_due(connection: Connection, now_ms: int, lease_ms: int, limit: int) -> list[tuple[Delivery, Endpoint]]:
    """Take messages to send; another worker sees them again only when the lease has run out."""
    due = (
        select(DELIVERY.c.id)
        .join(ENDPOINT, ENDPOINT.c.id == DELIVERY.c.endpoint)
        .where(DELIVERY.c.state == DeliveryState.DUE, DELIVERY.c.next_ms <= now_ms, ENDPOINT.c.active == 1)
        .order_by(DELIVERY.c.next_ms, DELIVERY.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=DELIVERY)
    )
    ids = list(connection.execute(due).scalars())
    taken = {"next_ms": now_ms + lease_ms, "tries": DELIVERY.c.tries + 1}
    connection.execute(update(DELIVERY).where(DELIVERY.c.id.in_(ids)).values(taken))
    found = {row.id: row for row in connection.execute(select(DELIVERY).where(DELIVERY.c.id.in_(ids)))}
    wanted = {row.endpoint for row in found.values()}
    ends = {row.id: endpoint_of(row) for row in connection.execute(select(ENDPOINT).where(ENDPOINT.c.id.in_(wanted)))}
    return [(delivery_of(found[each]), ends[found[each].endpoint]) for each in ids]


def record_try(
    connection: Connection, delivery: Delivery, status: int, fault: str | None, next_ms: int | None, now_ms: int
) -> None:
    """How the try ended: delivered (2xx), to be tried again at `next_ms`, or given up."""
    delivered = 200 <= status < 300
    state = DeliveryState.DELIVERED if delivered else DeliveryState.FAILED if next_ms is None else DeliveryState.DUE
    ended = None if state is DeliveryState.DUE else now_ms
    put_ = {"state": state, "status": status, "fault": fault, "ended_ms": ended, "next_ms": next_ms or now_ms}
    same = (DELIVERY.c.id == delivery.id, DELIVERY.c.tries == delivery.tries)
    connection.execute(update(DELIVERY).where(*same).values(put_))


def replay(connection: Connection, delivery: str, now_ms: int) -> None:
    """Send it again under the same id, from the first try on."""
    put_ = {"state": DeliveryState.DUE, "tries": 0, "next_ms": now_ms, "ended_ms": None}
    connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery).values(put_))


def find(connection: Connection, endpoint: str, delivery: str) -> Delivery | None:
    row = connection.execute(
        select(DELIVERY).where(DELIVERY.c.id == delivery, DELIVERY.c.endpoint == endpoint)
    ).one_or_none()
    return None if row is None else delivery_of(row)


def of_endpoint(connection: Connection, endpoint: str, after: str, limit: int) -> list[Delivery]:
    rows = connection.execute(
        select(DELIVERY)
        .where(DELIVERY.c.endpoint == endpoint, DELIVERY.c.id > after)
        .order_by(DELIVERY.c.id)
        .limit(limit)
    )
    return [delivery_of(row) for row in rows]


def forget_before(connection: Connection, moment_ms: int) -> int:
    """Remove messages that ended before a moment."""
    old = delete(DELIVERY).where(DELIVERY.c.state != DeliveryState.DUE, DELIVERY.c.ended_ms < moment_ms)
    return int(connection.execute(old).rowcount)


def delivery_of(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        endpoint=row.endpoint,
        kind=Kind(row.kind),
        body=row.body,
        state=DeliveryState(row.state),
        tries=row.tries,
        next_ms=row.next_ms,
        status=row.status,
        fault=row.fault,
        created_ms=row.created_ms,
        ended_ms=row.ended_ms,
    )
