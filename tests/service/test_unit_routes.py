"""The unit's public face."""

from __future__ import annotations

from fastapi.testclient import TestClient
from service_site import ServiceSite

from api.linkage.unit_routes import router
from audit.crypto.hpke import SealingKey
from audit.crypto.signatures import VerifyingKey


def test_a_custodian_learns_whom_to_seal_to(place_sqlite: ServiceSite) -> None:
    """Batches would be sealed to a key that the unit does not hold."""
    with TestClient(place_sqlite.app(router)) as http:
        found = http.get("/v1/unit").json()
    keys = place_sqlite.unit.keys
    assert SealingKey.parse(found["sealing_key"]) == keys.opening.sealing_key
    assert VerifyingKey.parse(found["verifying_key"]) == keys.signing.verifying_key
    assert "seed" not in str(found)
