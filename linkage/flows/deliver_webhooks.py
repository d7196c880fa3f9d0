"""Send what is due in the outbox; called by the worker again and again.

1. Claim some messages, in one short transaction; a worker that dies loses them when the lease runs out.
2. Send them, each signed with the endpoint's secrets of that moment. No transaction is open meanwhile.
3. Record how each ended. 410 Gone, or the last try failed: the endpoint is disabled, by an entry.

A message is sent at least once; its id stays, so that receivers can tell a repetition.
"""

from __future__ import annotations

import random
from typing import Final

from sqlalchemy import Connection

from audit.events import Reason
from linkage.caller import Caller
from linkage.refusals import Refused, Why
from linkage.store import deliveries, webhooks
from linkage.store.deliveries import Delivery
from linkage.store.webhooks import Endpoint
from linkage.unit import Unit, request_sha256
from linkage.webhooks.kinds import DeliveryState
from linkage.webhooks.schedule import next_try
from linkage.webhooks.sending import Http, Sent
from linkage.webhooks.signing import headers, open_secret

LEASE_MS: Final = 5 * 60 * 1000
"""Longer than a whole portion can take."""
_PORTION: Final = 20
_GONE: Final = 410


def deliver_due(unit: Unit, caller: Caller, http: Http) -> int:
    """Send one portion; returns how many messages were tried. `caller` is the worker."""
    with unit.database.writing() as connection:
        taken = deliveries.claim_due(connection, unit.now_ms(), LEASE_MS, _PORTION)  # 1
    for delivery, endpoint in taken:
        sent = _send(unit, http, delivery, endpoint)  # 2
        _record(unit, caller, delivery, endpoint, sent)  # 3
    return len(taken)


def replay_delivery(unit: Unit, caller: Caller, endpoint: str, delivery: str) -> None:
    """An agency has a message sent again, under the same id."""
    with unit.database.writing() as connection:
        if webhooks.find(connection, caller.agency or "", endpoint) is None:
            raise Refused(Why.NOT_FOUND, "webhook: none with this id")
        found = deliveries.find(connection, endpoint, delivery)
        if found is None:
            raise Refused(Why.NOT_FOUND, "delivery: none with this id")
        if found.state is DeliveryState.DUE:
            raise Refused(Why.WRONG_STATE, "delivery: on its way already")
        deliveries.replay(connection, delivery, unit.now_ms())


def list_deliveries(unit: Unit, caller: Caller, endpoint: str, after: str, limit: int) -> list[Delivery]:
    with unit.database.reading() as connection:
        if webhooks.find(connection, caller.agency or "", endpoint) is None:
            raise Refused(Why.NOT_FOUND, "webhook: none with this id")
        return deliveries.of_endpoint(connection, endpoint, after, limit)


def _send(unit: Unit, http: Http, delivery: Delivery, endpoint: Endpoint) -> Sent:
    now, keys = unit.now_ms(), unit.keys.opening
    secrets = [open_secret(keys, endpoint.id, endpoint.secret)]
    if endpoint.secret_before is not None and now < (endpoint.before_until_ms or 0):
        secrets.append(open_secret(keys, endpoint.id, endpoint.secret_before))
    signed = headers(delivery.id, delivery.body, now, secrets)
    stated = {**signed, "Content-Type": "application/json", "User-Agent": "sealink-webhooks/1"}
    return http.post(endpoint.url, stated, delivery.body.encode())


def _record(unit: Unit, caller: Caller, delivery: Delivery, endpoint: Endpoint, sent: Sent) -> None:
    now = unit.now_ms()
    again = None
    if not sent.accepted and sent.status != _GONE:
        again = next_try(delivery.tries, now, random.random(), sent.retry_after_s)  # noqa: S311  (spreads load)
    with unit.database.writing() as connection:
        deliveries.record_try(connection, delivery, sent.status, sent.fault, again, now)
    if again is None and not sent.accepted:
        _disable(unit, caller, endpoint)


def _disable(unit: Unit, caller: Caller, endpoint: Endpoint) -> None:
    def disable(connection: Connection) -> None:
        found = webhooks.find(connection, endpoint.agency, endpoint.id)
        if found is None or not found.active or found.version != endpoint.version:
            raise Refused(Why.WRONG_STATE, "webhook: changed meanwhile")
        webhooks.disable(connection, endpoint.id)

    facts = {"endpoint": endpoint.id, "change": "disabled"}
    request = request_sha256({"endpoint": endpoint.id})
    try:
        allowed = unit.allow(Reason.DEADLINE_PASSED)
        unit.enter(caller, "webhook.change", facts, within=disable, decision=allowed, input=request)
    except Refused:
        return
