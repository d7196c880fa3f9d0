"""An agency registers, changes, rotates the secret of, and removes its webhook endpoints; each act is an entry.

A secret is returned once, by the call that makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from audit.canonical import JsonValue
from audit.events import Reason
from audit.request_id import new_request_id
from linkage.caller import Caller
from linkage.refusals import Refused, Why
from linkage.store import deliveries, webhooks
from linkage.store.webhooks import Endpoint
from linkage.unit import Unit, request_sha256
from linkage.webhooks.addresses import AddressRefusedError, target
from linkage.webhooks.kinds import Kind, message
from linkage.webhooks.signing import ROTATION_MS, new_secret, seal_secret

MOST: Final = 10
"""Endpoints of one agency."""


def register_webhook(
    unit: Unit, caller: Caller, url: str, kinds: Sequence[Kind], *, loopback: bool = False
) -> tuple[Endpoint, str]:
    """A new endpoint, and its secret. `loopback` allows servers on this machine: tests and demonstrations."""
    _check(url, loopback)
    now, agency, secret = unit.now_ms(), caller.agency or "", new_secret()
    made = new_request_id(now)
    sealed = seal_secret(unit.keys.opening, made, secret)
    endpoint = Endpoint(made, agency, url, _kinds(kinds), True, sealed, None, None, now, 1)

    def add(connection: Connection) -> None:
        if webhooks.count(connection, agency) >= MOST:
            raise Refused(Why.QUOTA_SPENT, f"webhooks: at most {MOST} endpoints", hint="remove one first")
        webhooks.add(connection, endpoint)

    _enter(unit, caller, made, "added", add, _request(url, kinds, True))
    return endpoint, secret


def change_webhook(
    unit: Unit,
    caller: Caller,
    endpoint: str,
    version: int,
    url: str,
    kinds: Sequence[Kind],
    active: bool,
    *,
    loopback: bool = False,
) -> Endpoint:
    """Another address, other kinds, on or off."""
    _check(url, loopback)

    def change(connection: Connection) -> None:
        _current(connection, caller, endpoint, version)
        webhooks.change(connection, endpoint, url, _kinds(kinds), active)

    word = "replaced" if active else "disabled"
    _enter(unit, caller, endpoint, word, change, _request(url, kinds, active))
    return read_webhook(unit, caller, endpoint)


def rotate_secret(unit: Unit, caller: Caller, endpoint: str, version: int) -> str:
    """A new secret; for a day messages carry signatures by both, so that the receiver can change in its own time."""
    secret = new_secret()
    sealed = seal_secret(unit.keys.opening, endpoint, secret)
    until = unit.now_ms() + ROTATION_MS

    def rotate(connection: Connection) -> None:
        found = _current(connection, caller, endpoint, version)
        webhooks.put_secret(connection, endpoint, sealed, found.secret, until)

    _enter(unit, caller, endpoint, "replaced", rotate, {"secret": "rotate"})
    return secret


def remove_webhook(unit: Unit, caller: Caller, endpoint: str, version: int) -> None:
    """The endpoint and all its messages."""

    def remove(connection: Connection) -> None:
        _current(connection, caller, endpoint, version)
        webhooks.remove(connection, endpoint)

    _enter(unit, caller, endpoint, "removed", remove, {})


def read_webhook(unit: Unit, caller: Caller, endpoint: str) -> Endpoint:
    with unit.database.reading() as connection:
        return _found(webhooks.find(connection, caller.agency or "", endpoint))


def list_webhooks(unit: Unit, caller: Caller) -> list[Endpoint]:
    with unit.database.reading() as connection:
        return webhooks.of_agency(connection, caller.agency or "")


def ping_webhook(unit: Unit, caller: Caller, endpoint: str) -> str:
    """Send a message that says nothing, to see whether it arrives; returns its id."""
    now = unit.now_ms()
    with unit.database.writing() as connection:
        found = _found(webhooks.find(connection, caller.agency or "", endpoint))
        if not found.active:
            raise Refused(Why.WRONG_STATE, "webhook: disabled")
        body = message(Kind.PING, {"endpoint": endpoint}, now)
        return deliveries.put(connection, endpoint, Kind.PING, body, now)


def _request(url: str, kinds: Sequence[Kind], active: bool) -> dict[str, JsonValue]:
    return {"url": url, "kinds": " ".join(_kinds(kinds)), "active": active}


def _kinds(kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    return tuple(sorted(set(kinds)))


def _check(url: str, loopback: bool) -> None:
    try:
        target(url, loopback=loopback)
    except AddressRefusedError as error:
        raise Refused(Why.ADDRESS_REFUSED, str(error)) from None


def _found(endpoint: Endpoint | None) -> Endpoint:
    if endpoint is None:
        raise Refused(Why.NOT_FOUND, "webhook: none with this id")
    return endpoint


def _current(connection: Connection, caller: Caller, endpoint: str, version: int) -> Endpoint:
    found = _found(webhooks.find(connection, caller.agency or "", endpoint))
    if found.version != version:
        raise Refused(Why.STALE, "webhook: changed since it was read")
    return found


def _enter(
    unit: Unit,
    caller: Caller,
    endpoint: str,
    change: str,
    within: Callable[[Connection], None],
    request: Mapping[str, JsonValue],
) -> None:
    facts = {"endpoint": endpoint, "change": change}
    sha256 = request_sha256({"endpoint": endpoint, "change": change, **request})
    allowed = unit.allow(Reason.OWN_RECORDS)
    unit.enter(caller, "webhook.change", facts, within=within, decision=allowed, input=sha256)
