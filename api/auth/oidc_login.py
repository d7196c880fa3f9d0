"""Sign in at the provider and hand the session to the command that waits on its own machine.

1. `begin`: the command opens a browser here, with the port it listens on (loopback alone), a challenge and a state of
   its own. The browser is sent on to the provider with our state, nonce and PKCE challenge.
2. `come_back`: the provider sends the browser back. Our state is taken once; the code is exchanged, the ID token
   believed or not, the account found. The browser is sent to the command's port with a code of ours.
3. `redeem`: the command shows the code and the verifier of its challenge, once, within a minute, and gets the session.

So neither browser nor history holds a session, and a code that somebody else sees is worth nothing without the
verifier. Nonce and verifier toward the provider are derived from the state; nothing secret is stored.

May touch: database, network (the provider)
Sees:      codes and sessions, for the length of a call
Spec:      RFC 8252 (native apps), RFC 7636 (PKCE), OpenID Connect Core 1.0
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, Final
from urllib.parse import urlencode

from api.auth import account_rows as rows
from api.auth.account_rows import AccountState
from api.auth.jose_keys import b64
from api.auth.provider import Provider
from api.auth.server import AuthServer
from api.auth.sessions import OpenedSession, open_session
from api.auth.tokens import Rule, TokenRefusedError

AUTH: Final = "oidc"
AWAY_MS: Final = 10 * 60_000
"""How long a person may be at the provider."""
REDEEM_MS: Final = 60_000
_AT_PROVIDER, _HANDED_OVER = "at-provider", "handed-over"


def begin(server: AuthServer, provider: Provider, port: int, challenge: str, state: str, *, fresh: bool) -> str:
    """The provider's address that the browser is sent to."""
    ours, now = secrets.token_urlsafe(32), server.unit.now_ms()
    about = {"port": port, "challenge": challenge, "state": state, "fresh": fresh, "begun_s": now // 1000}
    with server.unit.database.writing() as connection:
        rows.begin_step(connection, ours, _AT_PROVIDER, about, now + AWAY_MS, now)
    return provider.address(ours, _derived(server, "nonce", ours), _derived(server, "verifier", ours), fresh=fresh)


def come_back(server: AuthServer, provider: Provider, state: str, code: str, iss: str | None) -> str:
    """The address of the waiting command that the browser is sent to."""
    now = server.unit.now_ms()
    with server.unit.database.writing() as connection:
        about = rows.take_step(connection, state, _AT_PROVIDER, now)
    if about is None:
        raise TokenRefusedError(Rule.STEP)
    provider.must_be_from_it(iss)
    nonce, verifier = _derived(server, "nonce", state), _derived(server, "verifier", state)
    since = about["begun_s"] if about["fresh"] else None
    found = provider.identity(code, nonce, verifier, now // 1000, fresh_since_s=since)
    with server.unit.database.writing() as connection:
        account = rows.account_of_subject(connection, found.subject)
        if account is None or account.state is not AccountState.ACTIVE:
            raise TokenRefusedError(Rule.UNKNOWN_ACCOUNT)
        ours = secrets.token_urlsafe(32)
        told = {"account": account.code, "proved_s": found.proved_s, "challenge": about["challenge"]}
        rows.begin_step(connection, ours, _HANDED_OVER, told, now + REDEEM_MS, now)
    return f"http://127.0.0.1:{about['port']}/?{urlencode({'code': ours, 'state': about['state']})}"


def redeem(server: AuthServer, code: str, verifier: str) -> OpenedSession:
    """The session, for the code and the verifier of the challenge it was begun with."""
    with server.unit.database.writing() as connection:
        about: dict[str, Any] | None = rows.take_step(connection, code, _HANDED_OVER, server.unit.now_ms())
    if about is None:
        raise TokenRefusedError(Rule.STEP)
    if not hmac.compare_digest(challenge_of(verifier), about["challenge"]):
        raise TokenRefusedError(Rule.PROOF_KEY)
    return open_session(server, about["account"], AUTH, about["proved_s"] * 1000)


def challenge_of(verifier: str) -> str:
    """PKCE's S256."""
    return b64(hashlib.sha256(verifier.encode()).digest())


def _derived(server: AuthServer, what: str, state: str) -> str:
    key = hmac.digest(server.sealing_key, b"signing-in", "sha256")
    return b64(hmac.digest(key, f"{what}/{state}".encode(), "sha256"))
