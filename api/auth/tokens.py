"""The one way in which a signed token is believed: `verify`, in front of PyJWT, which checks signatures alone.

PyJWT by itself accepts what must not be accepted: a token without an end, of another issuer, of another type, ten years
long, with a name twice, with a number as text, ten megabytes large. Here every token is small, strictly read, of the
one type that is expected, by a known key under that key's one algorithm, complete, and short-lived.

1. Size and form, before anything is decoded.
2. Header: strict JSON, no member but those expected, the exact type.
3. The key that the header names, its own algorithm, the signature.
4. Claims: strict JSON; those that are needed are there and of their kind; issuer, audience, times.

What was used before (`seen.py`) and what was revoked (`authenticating.py`) is not known here. Time is an argument.

May touch: nothing
Sees:      tokens
Spec:      RFC 7519, RFC 8725 (best current practices), RFC 9068 (at+jwt)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import jwt

from api.auth.jose_keys import KeyRefusedError, PublicKey, unb64
from api.http.strict_json import NotStrictError, check_json

LONGEST_TOKEN: Final = 8 * 1024
"""Bytes; verification of a longer one would be work that a stranger orders."""
SKEW_S: Final = 10
"""How far two honest clocks may differ."""
LARGEST_TIME: Final = 2**40
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_JTI: Final = re.compile(r"[!-~]{8,128}")
_SIGNATURES: Final = jwt.PyJWS()


class Rule(StrEnum):
    """What a token may break; the log counts refusals by these words."""

    TOO_LONG = "too-long"
    FORM = "form"
    HEADER = "header"
    TYPE = "type"
    KEY = "key"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    CLAIMS = "claims"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    SUBJECT = "subject"
    ISSUED_LATER = "issued-later"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    LIVES_TOO_LONG = "lives-too-long"
    REPLAYED = "replayed"
    REVOKED = "revoked"
    UNKNOWN_CLIENT = "unknown-client"
    PASSWORD = "password"  # noqa: S105  (a rule's name)
    MUST_WAIT = "must-wait"
    NONCE = "nonce"
    STEP = "step"
    AGE = "age"
    ASSURANCE = "assurance"
    PROVIDER = "provider"
    UNKNOWN_ACCOUNT = "unknown-account"
    PROOF_METHOD = "proof-method"
    PROOF_ADDRESS = "proof-address"
    PROOF_TOKEN = "proof-token"  # noqa: S105  (a rule's name)
    PROOF_KEY = "proof-key"
    PROOF_AGE = "proof-age"
    PROOF_NONCE = "proof-nonce"
    PROOF_MISSING = "proof-missing"


class TokenRefusedError(Exception):
    """A token, assertion or proof that is not believed. It carries the rule and never a part of the token."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(str(rule))
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must be. `types` are exact `typ` values; `members` all that its header may hold.

    `needs` are claims that must be there beside iss, aud, iat and exp. `lists` allows `aud` to be a list of one.
    """

    types: frozenset[str | None]
    issuer: str
    audience: str
    longest_s: int
    needs: frozenset[str] = frozenset({"sub", "jti"})
    members: frozenset[str] = frozenset({"alg", "typ", "kid"})
    lists: bool = False


def verify(text: str, keys: Mapping[str, PublicKey], expected: Expected, now_s: int) -> dict[str, Any]:
    """The claims of a token that is all that was expected, at `now_s` (Unix seconds); else TokenRefusedError.

    `keys` are the issuer's, by `kid`.
    """

    def key_of(header: Mapping[str, Any]) -> PublicKey:
        found = keys.get(header.get("kid", ""))
        if found is None:
            raise TokenRefusedError(Rule.KEY)
        return found

    claims = opened(text, expected.types, expected.members, key_of)
    _check_claims(claims, expected, now_s)  # 4
    return claims


def opened(
    text: str, types: frozenset[str | None], members: frozenset[str], key_of: Callable[[Mapping[str, Any]], PublicKey]
) -> dict[str, Any]:
    """The claims of a token that is rightly signed, read strictly and not yet judged. `key_of` may refuse."""
    header = header_of(text)  # 1, 2
    if not header.keys() <= members or not all(type(header.get(name, "")) is str for name in ("alg", "typ", "kid")):
        raise TokenRefusedError(Rule.HEADER)
    if header.get("typ") not in types:
        raise TokenRefusedError(Rule.TYPE)
    key = key_of(header)  # 3
    if header.get("alg") != key.algorithm:
        raise TokenRefusedError(Rule.ALGORITHM)
    try:
        found = _SIGNATURES.decode_complete(text, key.key, algorithms=[str(key.algorithm)])
    except (jwt.PyJWTError, ValueError):
        raise TokenRefusedError(Rule.SIGNATURE) from None
    return _object(found["payload"], Rule.CLAIMS)


def header_of(text: str) -> dict[str, Any]:
    """The header of a token, as somebody wrote it."""
    return _object(_part(text, 0), Rule.HEADER)


def claimed_issuer(text: str) -> str:
    """Who a token says that it is from, so that the keys to verify it with can be found. Not to be believed."""
    return named(_object(_part(text, 1), Rule.CLAIMS), "iss")


def moment(claims: Mapping[str, Any], name: str) -> int:
    """A claim that is a time: a whole number, never a text, a fraction or a truth value."""
    found = claims.get(name)
    if type(found) is not int or not 0 <= found <= LARGEST_TIME:
        raise TokenRefusedError(Rule.CLAIMS)
    return found


def named(claims: Mapping[str, Any], name: str) -> str:
    """A claim that is a text, and not empty."""
    found = claims.get(name)
    if type(found) is not str or not found:
        raise TokenRefusedError(Rule.CLAIMS)
    return found


def identifier(claims: Mapping[str, Any]) -> str:
    """The `jti`: printable, long enough not to meet another by chance, short enough to keep."""
    found = named(claims, "jti")
    if not _JTI.fullmatch(found):
        raise TokenRefusedError(Rule.CLAIMS)
    return found


def _check_claims(claims: Mapping[str, Any], expected: Expected, now_s: int) -> None:
    issued, ends = moment(claims, "iat"), moment(claims, "exp")
    if named(claims, "iss") != expected.issuer:
        raise TokenRefusedError(Rule.ISSUER)
    audience = claims.get("aud")
    if expected.lists and type(audience) is list and len(audience) == 1:
        audience = audience[0]
    if type(audience) is not str or audience != expected.audience:
        raise TokenRefusedError(Rule.AUDIENCE)
    for name in expected.needs - {"jti"}:
        named(claims, name)
    if "jti" in expected.needs:
        identifier(claims)
    if issued > now_s + SKEW_S:
        raise TokenRefusedError(Rule.ISSUED_LATER)
    if "nbf" in claims and moment(claims, "nbf") > now_s + SKEW_S:
        raise TokenRefusedError(Rule.NOT_YET)
    if ends <= now_s:
        raise TokenRefusedError(Rule.EXPIRED)
    if not 0 < ends - issued <= expected.longest_s:
        raise TokenRefusedError(Rule.LIVES_TOO_LONG)


def _part(text: str, number: int) -> bytes:
    if len(text) > LONGEST_TOKEN:
        raise TokenRefusedError(Rule.TOO_LONG)
    if not _FORM.fullmatch(text):
        raise TokenRefusedError(Rule.FORM)
    try:
        return unb64(text.split(".")[number])
    except KeyRefusedError:
        raise TokenRefusedError(Rule.FORM) from None


def _object(data: bytes, rule: Rule) -> dict[str, Any]:
    try:
        check_json(data)
    except NotStrictError:
        raise TokenRefusedError(rule) from None
    found = json.loads(data)
    if type(found) is not dict:
        raise TokenRefusedError(rule)
    return found
