"""Messages, their signatures and their timetable."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from audit.crypto.errors import SealedKeyError
from audit.crypto.hpke import OpeningKey
from linkage.webhooks.kinds import DATA, Kind, message
from linkage.webhooks.schedule import PAUSES_MS, TRIES, next_try
from linkage.webhooks.signing import headers, new_secret, open_secret, seal_secret

_ID = "0" * 26
_VALUES = {"project": "p-one"}


@pytest.mark.parametrize("kind", Kind)
def test_a_message_holds_ids_alone(kind: Kind) -> None:
    """A name or number could travel to whoever reads a webhook on its way."""
    data = {name: _VALUES.get(name, _ID) for name in DATA[kind]}
    body = json.loads(message(kind, data, 0))
    assert body == {"type": str(kind), "timestamp": "1970-01-01T00:00:00.000Z", "data": data}
    for name in data:
        for canary in ("张伟", "110101201501010012", "Zhang Wei", "2015-01-01 birth", ""):
            with pytest.raises(ValueError, match=name) as refused:
                message(kind, {**data, name: canary}, 0)
            assert not canary or canary not in str(refused.value)
    with pytest.raises(ValueError, match="exactly"):
        message(kind, {**data, "name": "x"}, 0)
    with pytest.raises(ValueError, match="exactly"):
        message(kind, {}, 0)


def test_a_receiver_verifies_with_either_secret_while_one_rotates() -> None:
    """Rotation would break receivers, or a message without our secret would pass."""
    old, new, now = new_secret(), new_secret(), time.time_ns() // 1_000_000
    body = message(Kind.JOB_DONE, {"project": "p-one", "job": _ID}, now)
    signed = headers(_ID, body, now, [new, old])
    for secret in (old, new):
        Webhook(secret).verify(body, signed)
    for secret, text in ((new_secret(), body), (new, body.replace("p-one", "p-two"))):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(text, signed)


def test_a_secret_at_rest_opens_for_its_endpoint_alone() -> None:
    """Whoever reads or edits the database could sign as the unit."""
    keys, secret = OpeningKey.generate(), new_secret()
    sealed = seal_secret(keys, "A" * 26, secret)
    assert secret.encode() not in sealed
    assert open_secret(keys, "A" * 26, sealed) == secret
    for key, endpoint in ((keys, "B" * 26), (OpeningKey.generate(), "A" * 26)):
        with pytest.raises(SealedKeyError):
            open_secret(key, endpoint, sealed)


@given(st.integers(1, TRIES - 1), st.floats(0, 0.999), st.one_of(st.none(), st.integers(0, 10**7)))
def test_tries_come_ever_later_and_end(tries: int, chance: float, asked_s: int | None) -> None:
    """A receiver in trouble would be hammered, or a message tried for ever."""
    found = next_try(tries, 1_000, chance, asked_s)
    assert found is not None
    assert found - 1_000 >= PAUSES_MS[tries - 1]
    assert found - 1_000 <= max(PAUSES_MS[tries - 1] * 1.1, 24 * 3600 * 1000)
    assert next_try(TRIES, 1_000, chance, asked_s) is None
