"""Secrets of endpoints and signatures on messages: Standard Webhooks' symmetric scheme, two secrets while one rotates.

Secrets are shown once, when they are made; in the database they lie sealed to the unit's own key, bound to their
endpoint. Whoever reads the database can neither read nor move them.

May touch: the system's randomness
Sees:      secrets of endpoints, for the length of a call
Spec:      Standard Webhooks 1.0.0 (v1 signatures)
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from audit.crypto.hpke import OpeningKey, open_key, seal_key

ROTATION_MS: Final = 24 * 3600 * 1000
"""How long the secret before stays valid."""
_BYTES: Final = 32
_INFO: Final = b"sealink webhook secret v1"


def new_secret() -> str:
    """A fresh secret in the form that receivers' libraries take."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def seal_secret(keys: OpeningKey, endpoint: str, secret: str) -> bytes:
    return seal_key(keys.sealing_key, secret.encode(), _INFO, endpoint.encode())


def open_secret(keys: OpeningKey, endpoint: str, sealed: bytes) -> str:
    return open_key(keys, sealed, _INFO, endpoint.encode()).decode()


def headers(message: str, body: str, now_ms: int, of_endpoint: Sequence[str]) -> dict[str, str]:
    """The three headers of one try, signed with each of the endpoint's secrets."""
    moment = datetime.fromtimestamp(now_ms // 1000, UTC)
    signatures = " ".join(Webhook(secret).sign(message, moment, body) for secret in of_endpoint)
    return {"webhook-id": message, "webhook-timestamp": str(now_ms // 1000), "webhook-signature": signatures}
