"""The worker's round beside its jobs."""

from __future__ import annotations

import pytest
from service_site import ServiceSite, caller
from test_webhooks import JOB, POLICE, URL, Recorder, tell

from linkage.flows import follow_up as module
from linkage.flows.deliver_webhooks import list_deliveries
from linkage.flows.follow_up import KEPT_MS, follow_up
from linkage.flows.manage_webhooks import register_webhook
from linkage.webhooks.kinds import Kind

WORKER = caller(subject="worker")


def test_a_round_does_all_and_forgets_in_time(place: ServiceSite) -> None:
    """Messages would wait for ever, or be kept for ever."""
    made, _ = register_webhook(place.unit, POLICE, URL, [Kind.JOB_DONE])
    tell(place)
    http = Recorder()
    assert follow_up(place.unit, WORKER, http) == 1
    assert JOB["job"].encode() in http.sent[0][2]
    assert follow_up(place.unit, WORKER, http) == 0
    assert len(list_deliveries(place.unit, POLICE, made.id, "", 9)) == 1
    place.shift_ms[0] += KEPT_MS + 1000
    follow_up(place.unit, WORKER, http)
    assert list_deliveries(place.unit, POLICE, made.id, "", 9) == []


def test_a_part_that_fails_keeps_no_other_from_its_turn(
    place_sqlite: ServiceSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One broken request would stop all webhooks."""

    def broken(*_: object) -> int:
        raise RuntimeError("broken")

    register_webhook(place_sqlite.unit, POLICE, URL, [Kind.JOB_DONE])
    tell(place_sqlite)
    monkeypatch.setattr(module, "follow_checks", broken)
    http = Recorder()
    with pytest.raises(RuntimeError):
        follow_up(place_sqlite.unit, WORKER, http)
    assert len(http.sent) == 1
