"""Rows of webhook endpoints. Every query but the delivery's own is filtered by the agency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from linkage.models.webhook import DELIVERY, ENDPOINT
from linkage.webhooks.kinds import Kind


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server of an agency. Secrets are sealed."""

    id: str
    agency: str
    url: str
    kinds: tuple[Kind, ...]
    active: bool
    secret: bytes = field(repr=False)
    secret_before: bytes | None = field(repr=False)
    before_until_ms: int | None
    created_ms: int
    version: int


def add(connection: Connection, endpoint: Endpoint) -> None:
    connection.execute(
        insert(ENDPOINT).values(
            id=endpoint.id,
            agency=endpoint.agency,
            url=endpoint.url,
            kinds=" ".join(endpoint.kinds),
            active=int(endpoint.active),
            secret=endpoint.secret,
            created_ms=endpoint.created_ms,
            version=endpoint.version,
        )
    )


def find(connection: Connection, agency: str, endpoint: str) -> Endpoint | None:
    row = connection.execute(
        select(ENDPOINT).where(ENDPOINT.c.id == endpoint, ENDPOINT.c.agency == agency)
    ).one_or_none()
    return None if row is None else endpoint_of(row)


def of_agency(connection: Connection, agency: str) -> list[Endpoint]:
    rows = connection.execute(select(ENDPOINT).where(ENDPOINT.c.agency == agency).order_by(ENDPOINT.c.id))
    return [endpoint_of(row) for row in rows]


def count(connection: Connection, agency: str) -> int:
    found = select(func.count()).select_from(ENDPOINT).where(ENDPOINT.c.agency == agency)
    return int(connection.execute(found).scalar_one())


def change(connection: Connection, endpoint: str, url: str, kinds: Sequence[Kind], active: bool) -> None:
    put = {"url": url, "kinds": " ".join(kinds), "active": int(active), "version": ENDPOINT.c.version + 1}
    connection.execute(update(ENDPOINT).where(ENDPOINT.c.id == endpoint).values(put))


def put_secret(connection: Connection, endpoint: str, secret: bytes, before: bytes, until_ms: int) -> None:
    """A new secret; the one before stays valid until `until_ms`, one before that is gone."""
    put = {"secret": secret, "secret_before": before, "before_until_ms": until_ms, "version": ENDPOINT.c.version + 1}
    connection.execute(update(ENDPOINT).where(ENDPOINT.c.id == endpoint).values(put))


def disable(connection: Connection, endpoint: str) -> None:
    put = {"active": 0, "version": ENDPOINT.c.version + 1}
    connection.execute(update(ENDPOINT).where(ENDPOINT.c.id == endpoint).values(put))


def remove(connection: Connection, endpoint: str) -> None:
    """The endpoint, its secrets and its messages."""
    connection.execute(delete(DELIVERY).where(DELIVERY.c.endpoint == endpoint))
    connection.execute(delete(ENDPOINT).where(ENDPOINT.c.id == endpoint))


def endpoint_of(row: Row[Any]) -> Endpoint:
    return Endpoint(
        id=row.id,
        agency=row.agency,
        url=row.url,
        kinds=tuple(Kind(word) for word in row.kinds.split()),
        active=bool(row.active),
        secret=bytes(row.secret),
        secret_before=None if row.secret_before is None else bytes(row.secret_before),
        before_until_ms=row.before_until_ms,
        created_ms=row.created_ms,
        version=row.version,
    )
