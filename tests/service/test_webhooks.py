"""Webhooks from registration to delivery, on both engines; the receiver verifies with the published library."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from service_site import ServiceSite, caller, who
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError
from webhook_receiver import receiving

from api.auth.permissions import Role
from api.linkage.webhook_routes import router
from audit.entry import read
from linkage.flows.deliver_webhooks import LEASE_MS, deliver_due, list_deliveries, replay_delivery
from linkage.flows.manage_webhooks import (
    MOST,
    change_webhook,
    list_webhooks,
    ping_webhook,
    read_webhook,
    register_webhook,
    remove_webhook,
    rotate_secret,
)
from linkage.models.webhook import ENDPOINT
from linkage.refusals import Refused, Why
from linkage.store import deliveries
from linkage.store.deliveries import announce
from linkage.webhooks.kinds import Kind
from linkage.webhooks.schedule import PAUSES_MS, TRIES
from linkage.webhooks.sending import GuardedHttp, Sent
from linkage.webhooks.signing import ROTATION_MS

POLICE, HOSPITAL, WORKER = caller("police"), caller("hospital"), caller(subject="worker")
JOB = {"project": "p-one", "job": "0" * 26}
URL = "https://hooks.police.example/x"


@dataclass
class Recorder:
    """Instead of the network: answers as told and keeps what was sent."""

    answers: list[Sent] = field(default_factory=lambda: [Sent(204)])
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, headers: Any, body: bytes) -> Sent:
        self.sent.append((url, dict(headers), body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def refused(why: Why) -> Any:
    return pytest.raises(Refused, check=lambda error: error.why is why)


def tell(place: ServiceSite, agency: str = "police", kind: Kind = Kind.JOB_DONE) -> int:
    with place.unit.database.writing() as connection:
        return announce(connection, agency, kind, JOB, place.unit.now_ms())


def test_a_message_arrives_signed_and_only_where_it_belongs(place: ServiceSite) -> None:
    """An agency would not learn of its job, or another's server would."""
    with receiving() as there, receiving() as foreign:
        made, secret = register_webhook(place.unit, POLICE, there.url, [Kind.JOB_DONE], loopback=True)
        register_webhook(place.unit, HOSPITAL, foreign.url, [Kind.JOB_DONE], loopback=True)
        assert tell(place) == 1
        assert tell(place, kind=Kind.RESULTS_READY) == 0
        assert deliver_due(place.unit, WORKER, GuardedHttp(loopback=True)) == 1
        assert deliver_due(place.unit, WORKER, GuardedHttp(loopback=True)) == 0
        assert foreign.got == []
    ((_, headers, body),) = there.got
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    assert json.loads(body)["data"] == JOB
    (kept,) = list_deliveries(place.unit, POLICE, made.id, "", 9)
    assert (kept.id, kept.state, kept.status) == (headers["webhook-id"], "delivered", 204)


def test_a_message_and_its_event_stand_or_fall_together(place: ServiceSite) -> None:
    """An agency would be told of what never happened, or never told of what did."""
    register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE])
    with pytest.raises(RuntimeError), place.unit.database.writing() as connection:
        announce(connection, "police", Kind.JOB_DONE, JOB, place.unit.now_ms())
        raise RuntimeError
    assert deliver_due(place.unit, WORKER, Recorder()) == 0


def test_tries_come_later_and_end_with_the_endpoint_disabled(place: ServiceSite) -> None:
    """A dead receiver would be called for ever, or a short outage would lose messages."""
    made, _ = register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE])
    tell(place)
    http = Recorder([Sent(0, "unreachable")])
    for pause in (*PAUSES_MS, 0):
        assert deliver_due(place.unit, WORKER, http) == 1
        assert deliver_due(place.unit, WORKER, http) == 0
        place.shift_ms[0] += int(pause * 1.1) + 1
    assert len({headers["webhook-id"] for _, headers, _ in http.sent}) == 1
    assert len(http.sent) == TRIES
    assert not read_webhook(place.unit, POLICE, made.id).active
    assert tell(place) == 0
    log = place.unit.log
    last = read(log.entries(log.head().size - 1, log.head().size)[0])
    assert (last.event, last.facts["change"]) == ("webhook.change", "disabled")


def test_gone_disables_at_once_and_a_later_try_succeeds(place: ServiceSite) -> None:
    """A receiver that says it is gone would go on being called; one in trouble would lose its message."""
    made, _ = register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE])
    tell(place)
    http = Recorder([Sent(503, None, 60), Sent(200), Sent(410)])
    deliver_due(place.unit, WORKER, http)
    place.shift_ms[0] += 59_000
    assert deliver_due(place.unit, WORKER, http) == 0
    place.shift_ms[0] += 10_000
    assert deliver_due(place.unit, WORKER, http) == 1
    (kept,) = list_deliveries(place.unit, POLICE, made.id, "", 9)
    assert (kept.state, kept.tries) == ("delivered", 2)
    tell(place)
    deliver_due(place.unit, WORKER, http)
    assert not read_webhook(place.unit, POLICE, made.id).active


def test_a_killed_worker_loses_its_messages_to_the_next(place: ServiceSite) -> None:
    """A message would be lost with its worker, or two workers would send it at once."""
    register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE])
    for _ in range(30):
        tell(place)
    http = Recorder()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: deliver_due(place.unit, WORKER, http), range(4)))
    deliver_due(place.unit, WORKER, http)
    assert len({headers["webhook-id"] for _, headers, _ in http.sent}) == len(http.sent) == 30
    tell(place)
    with place.unit.database.writing() as connection:
        assert len(deliveries.claim_due(connection, place.unit.now_ms(), LEASE_MS, 9)) == 1
    assert deliver_due(place.unit, WORKER, http) == 0
    place.shift_ms[0] += LEASE_MS + 1
    assert deliver_due(place.unit, WORKER, http) == 1


def test_two_secrets_are_valid_while_one_rotates(place: ServiceSite) -> None:
    """A rotation would lose messages, or a lost secret would stay valid."""
    made, old = register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE])
    new = rotate_secret(place.unit, POLICE, made.id, 1)
    http = Recorder()
    tell(place)
    deliver_due(place.unit, WORKER, http)
    _, headers, body = http.sent[-1]
    for secret in (old, new):
        Webhook(secret).verify(body, headers)
    place.shift_ms[0] += ROTATION_MS
    tell(place)
    deliver_due(place.unit, WORKER, http)
    _, headers, body = http.sent[-1]
    headers["webhook-timestamp"], at = str(int(headers["webhook-timestamp"])), headers["webhook-timestamp"]
    assert len(headers["webhook-signature"].split()) == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, {**headers, "webhook-timestamp": at})
    with place.unit.database.reading() as connection:
        row = connection.execute(select(ENDPOINT)).one()
    assert not [each for each in row if isinstance(each, bytes) and (old[6:20].encode() in each or b"whsec" in each)]
    assert old not in repr(read_webhook(place.unit, POLICE, made.id))


def test_replay_sends_the_same_message_again(place: ServiceSite) -> None:
    """A receiver that lost a message could not get it again."""
    made, _ = register_webhook(place.unit, POLICE, URL, [Kind.PING])
    message = ping_webhook(place.unit, POLICE, made.id)
    http = Recorder()
    with refused(Why.WRONG_STATE):
        replay_delivery(place.unit, POLICE, made.id, message)
    deliver_due(place.unit, WORKER, http)
    replay_delivery(place.unit, POLICE, made.id, message)
    deliver_due(place.unit, WORKER, http)
    assert [headers["webhook-id"] for _, headers, _ in http.sent] == [message, message]
    with refused(Why.NOT_FOUND):
        replay_delivery(place.unit, HOSPITAL, made.id, message)
    with refused(Why.NOT_FOUND):
        replay_delivery(place.unit, POLICE, made.id, "0" * 26)


def test_an_agency_sees_and_changes_its_own_alone(place: ServiceSite) -> None:
    """One agency could read, move or silence another's webhooks."""
    made, _ = register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE])
    assert list_webhooks(place.unit, HOSPITAL) == []
    acts = (
        lambda: read_webhook(place.unit, HOSPITAL, made.id),
        lambda: change_webhook(place.unit, HOSPITAL, made.id, 1, URL, [Kind.PING], False),
        lambda: rotate_secret(place.unit, HOSPITAL, made.id, 1),
        lambda: remove_webhook(place.unit, HOSPITAL, made.id, 1),
        lambda: ping_webhook(place.unit, HOSPITAL, made.id),
        lambda: list_deliveries(place.unit, HOSPITAL, made.id, "", 9),
    )
    for act in acts:
        with refused(Why.NOT_FOUND):
            act()
    with refused(Why.STALE):
        change_webhook(place.unit, POLICE, made.id, 9, URL, [Kind.PING], False)
    assert not change_webhook(place.unit, POLICE, made.id, 1, URL, [Kind.PING], False).active
    tell(place)
    remove_webhook(place.unit, POLICE, made.id, 2)
    assert list_webhooks(place.unit, POLICE) == []


def test_no_more_than_a_few_and_no_private_addresses(place_sqlite: ServiceSite) -> None:
    """An agency could use the unit to call what it cannot reach itself, or to call thousands."""
    for url in ("https://10.0.0.1/", "http://hooks.example/", "https://localhost/"):
        with refused(Why.ADDRESS_REFUSED):
            register_webhook(place_sqlite.unit, POLICE, url, [Kind.PING])
    for at in range(MOST):
        register_webhook(place_sqlite.unit, POLICE, f"{URL}/{at}", [Kind.PING])
    with refused(Why.QUOTA_SPENT):
        register_webhook(place_sqlite.unit, POLICE, URL, [Kind.PING])


def test_over_http(place_sqlite: ServiceSite) -> None:
    """Routes could miss their flows, or show a secret twice."""
    police = who(Role.AGENCY, "police")
    with TestClient(place_sqlite.app(router)) as http:
        wrong = http.post("/v1/webhooks", json={"url": "http://127.0.0.1:1/", "kinds": ["ping"]}, headers=police)
        assert (wrong.status_code, wrong.json()["type"].rsplit("/")[-1]) == (422, "address-refused")
        made = http.post("/v1/webhooks", json={"url": URL, "kinds": ["job.done"]}, headers=police)
        assert made.status_code == 201
        path, secret = made.headers["location"], made.json()["secret"]
        one = http.get(path, headers=police)
        assert secret not in one.text
        new = http.post(f"{path}/secret", headers={**police, "If-Match": one.headers["etag"]}).json()["secret"]
        assert new != secret
        body = {"url": URL, "kinds": ["ping"], "active": True}
        assert http.put(path, json=body, headers=police).status_code == 428
        assert http.put(path, json=body, headers={**police, "If-Match": '"1"'}).status_code == 412
        assert http.put(path, json=body, headers={**police, "If-Match": '"2"'}).json()["kinds"] == ["ping"]
        sent = http.post(f"{path}/ping", headers=police)
        assert sent.status_code == 202
        (listed,) = http.get(f"{path}/deliveries", headers=police).json()["deliveries"]
        assert (listed["delivery"], listed["state"]) == (sent.json()["delivery"], "due")
        assert http.post(f"{path}/deliveries/{listed['delivery']}/replay", headers=police).status_code == 409
        assert http.get("/v1/webhooks", headers=who(Role.AGENCY, "hospital")).json() == {"webhooks": []}
        assert http.get("/v1/webhooks", headers=who(Role.OPERATOR)).status_code == 403
        assert http.delete(path, headers={**police, "If-Match": '"3"'}).status_code == 204
        assert http.get(path, headers=police).status_code == 404
