"""The site's OpenID provider: what it says of itself, its keys, and the exchange of a code for a believed ID token.

1. Discovery is read once and must name exactly the issuer that the settings name; every address in it is HTTPS (or
   loopback).
2. Keys are fetched when one is unknown, at most every ten seconds, so that a stranger's tokens order no traffic and a
   provider that changes its keys is followed.
3. The ID token goes through `tokens.verify`: exact issuer and audience, five known claims, our nonce; `auth_time` no
   older than was asked for, `acr` one of those that the settings allow.

No redirect is followed, no proxy read from the environment, no answer longer than 256 KiB read.

May touch: network (the provider)
Sees:      codes, ID tokens, the client secret
Spec:      OpenID Connect Core 1.0 (sections 3.1.2, 3.1.3), Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (iss)
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import structlog

from api.auth.jose_keys import Algorithm, KeyRefusedError, PublicKey, b64, public_key
from api.auth.tokens import Expected, Rule, TokenRefusedError, header_of, moment, named, verify
from api.http.strict_json import NotStrictError, check_json

LONGEST_ANSWER: Final = 256 * 1024
LONGEST_ID_TOKEN_S: Final = 24 * 3_600
REFRESH_S: Final = 10.0
TIMEOUT_S: Final = 5.0
AUTH_SKEW_S: Final = 60
RETURN_PATH: Final = "/v1/session/return"
"""Where the provider sends browsers back to; registered there."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_NO_HEADERS: Final[Mapping[str, str]] = {}
_FIELDS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")

log = structlog.get_logger("auth")


@dataclass(frozen=True, slots=True)
class ProviderTerms:
    """What the settings say. Without a secret the client is a public one; `acr` empty: any will do."""

    issuer: str
    client_id: str
    redirect_uri: str
    secret: str = field(default="", repr=False)
    acr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, by the provider's word, and when (Unix seconds)."""

    subject: str
    proved_s: int


class Provider:
    """One provider. Thread-safe; each process has its own copy of its keys."""

    def __init__(
        self, terms: ProviderTerms, clock: Callable[[], float], transport: httpx2.BaseTransport | None = None
    ) -> None:
        self.terms, self._clock = terms, clock
        self._http = httpx2.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False, transport=transport)
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: dict[str, PublicKey] = {}
        self._read_at = float("-inf")

    def close(self) -> None:
        self._http.close()

    def address(self, state: str, nonce: str, verifier: str, *, fresh: bool) -> str:
        """Where a browser is sent to sign in; with `fresh` the person must prove anew who they are."""
        challenge = b64(hashlib.sha256(verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self.terms.client_id,
            "redirect_uri": self.terms.redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            # Asking for an age makes the provider state `auth_time`; 0 makes it ask the person again.
            "max_age": "0" if fresh else str(12 * 3_600),
        }
        if self.terms.acr:
            query["acr_values"] = " ".join(self.terms.acr)
        if fresh:
            query["prompt"] = "login"
        endpoint: str = self.metadata()["authorization_endpoint"]
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    def must_be_from_it(self, iss: str | None) -> None:
        """The answer names its issuer, if the provider says that its answers do (mix-up of providers)."""
        is_told = self.metadata().get("authorization_response_iss_parameter_supported") is True
        if (iss is not None or is_told) and iss != self.terms.issuer:
            raise TokenRefusedError(Rule.ISSUER)

    def identity(self, code: str, nonce: str, verifier: str, now_s: int, *, fresh_since_s: int | None) -> Identity:
        """Exchange the code. TokenRefusedError for an ID token that is not all that was asked for."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.terms.redirect_uri,
            "client_id": self.terms.client_id,
            "code_verifier": verifier,
        }
        found = self._ask("POST", self.metadata()["token_endpoint"], form, self._basic(form))
        return self._believed(named(found, "id_token"), nonce, now_s, fresh_since_s)

    def metadata(self) -> dict[str, Any]:
        """Discovery, step 1."""
        with self._lock:
            if not self._metadata:
                found = self._ask("GET", f"{self.terms.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.terms.issuer:
                    raise TokenRefusedError(Rule.ISSUER)
                for name in _FIELDS:
                    _check_address(named(found, name))
                self._metadata = found
            return self._metadata

    def _believed(self, text: str, nonce: str, now_s: int, fresh_since_s: int | None) -> Identity:
        expected = Expected(
            frozenset({None, "JWT"}), self.terms.issuer, self.terms.client_id, LONGEST_ID_TOKEN_S,
            frozenset({"sub", "nonce"}), lists=True,
        )  # fmt: skip
        claims = verify(text, self._keys_for(header_of(text)), expected, now_s)
        if claims["nonce"] != nonce:
            raise TokenRefusedError(Rule.NONCE)
        if claims.get("azp", self.terms.client_id) != self.terms.client_id:
            raise TokenRefusedError(Rule.AUDIENCE)
        if self.terms.acr and claims.get("acr") not in self.terms.acr:
            raise TokenRefusedError(Rule.ASSURANCE)
        proved = moment(claims, "auth_time")
        if proved > now_s + AUTH_SKEW_S or (fresh_since_s is not None and proved < fresh_since_s - AUTH_SKEW_S):
            raise TokenRefusedError(Rule.AGE)
        return Identity(claims["sub"], min(proved, now_s))

    def _basic(self, form: dict[str, str]) -> dict[str, str]:
        """How a client with a secret shows it: in a header, where the provider does not want it in the form alone."""
        if not self.terms.secret:
            return {}
        methods = self.metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" not in methods:
            form["client_secret"] = self.terms.secret
            return {}
        both = f"{quote(self.terms.client_id, safe='')}:{quote(self.terms.secret, safe='')}"
        return {"authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}

    def _keys_for(self, header: Mapping[str, Any]) -> Mapping[str, PublicKey]:
        """Step 2."""
        uri: str = self.metadata()["jwks_uri"]
        with self._lock:
            if header.get("kid") not in self._keys and self._clock() >= self._read_at + REFRESH_S:
                self._read_at = self._clock()
                found = self._ask("GET", uri).get("keys")
                self._keys = _keys_of(found if isinstance(found, list) else [])
            return self._keys

    def _ask(
        self, method: str, address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] = _NO_HEADERS
    ) -> dict[str, Any]:
        given = {"accept": "application/json", **headers}
        try:
            with self._http.stream(method, address, data=form, headers=given) as answer:
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > LONGEST_ANSWER:
                        raise TokenRefusedError(Rule.PROVIDER)
                status = answer.status_code
            check_json(bytes(data))
        except (httpx2.HTTPError, NotStrictError) as error:
            log.error("provider", kind=type(error).__name__)
            raise TokenRefusedError(Rule.PROVIDER) from None
        found = json.loads(data)
        if status != 200 or type(found) is not dict:
            log.error("provider", status=status)
            raise TokenRefusedError(Rule.PROVIDER)
        return found


def _keys_of(found: list[Any]) -> dict[str, PublicKey]:
    """Keys that can be used; others in the set are other programs' matter."""
    keys: dict[str, PublicKey] = {}
    for jwk in found:
        try:
            keys[str(jwk["kid"])] = public_key(jwk, frozenset(Algorithm))
        except (KeyRefusedError, KeyError, TypeError, AttributeError):
            continue
    return keys


def _check_address(address: str) -> None:
    found = urlsplit(address)
    if not (found.scheme == "https" or (found.scheme == "http" and found.hostname in _LOOPBACK)) or found.fragment:
        raise TokenRefusedError(Rule.PROVIDER)
