"""Every token that PyJWT 2.15 accepts by itself and must not be believed is refused here, each with its rule."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tokens_made import NOW, Signer, ed25519_signer, p256_signer, rsa_signer

from api.auth.jose_keys import Algorithm, KeyRefusedError, b64, public_key
from api.auth.tokens import LONGEST_TOKEN, SKEW_S, Expected, Rule, TokenRefusedError, verify

EXPECTED = Expected(frozenset({"at+jwt"}), "https://unit.example", "https://unit.example", 300)
SIGNER = ed25519_signer()
KID = SIGNER.public.thumbprint
KEYS = {KID: SIGNER.public}
HEADER = {"typ": "at+jwt", "kid": KID}
CLAIMS: dict[str, Any] = {
    "iss": "https://unit.example", "aud": "https://unit.example", "sub": "police", "jti": "0123456789abcdef",
    "iat": NOW, "exp": NOW + 300,
}  # fmt: skip


def refused(text: str, keys: Any = None, now: int = NOW) -> Rule:
    with pytest.raises(TokenRefusedError) as caught:
        verify(text, KEYS if keys is None else keys, EXPECTED, now)
    assert str(caught.value) == str(caught.value.rule)
    return caught.value.rule


def signed(**changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return SIGNER.sign(HEADER, claims)


@pytest.mark.parametrize("signer", [ed25519_signer(), p256_signer(), rsa_signer(), rsa_signer(2_048, Algorithm.PS256)])
def test_a_right_token_is_believed(signer: Signer) -> None:
    """Nobody could get in, and every refusal below would prove nothing."""
    key = public_key({**signer.jwk, "alg": str(signer.algorithm)}, frozenset(Algorithm))
    text = signer.sign({"typ": "at+jwt", "kid": "k"}, CLAIMS)
    assert verify(text, {"k": key}, EXPECTED, NOW) == CLAIMS


# --- the rows of the table of what PyJWT accepts ---


def test_a_token_without_an_end_is_refused() -> None:
    """A stolen token would be good for ever."""
    assert refused(signed(exp=None)) is Rule.CLAIMS


@pytest.mark.parametrize("issuer", ["https://other.example", "https://unit.example/", ["https://unit.example"], None])
def test_another_issuer_is_refused(issuer: Any) -> None:
    """Whoever else signs with a known key could let in its own."""
    assert refused(signed(iss=issuer)) in (Rule.ISSUER, Rule.CLAIMS)


@pytest.mark.parametrize("typ", ["dpop+jwt", "JWT", "AT+JWT", "application/at+jwt", "at+jwt ", ""])
def test_another_type_is_refused(typ: str) -> None:
    """A DPoP proof, an assertion or an ID token would pass as an access token."""
    assert refused(SIGNER.sign({**HEADER, "typ": typ}, CLAIMS)) is Rule.TYPE


def test_a_token_without_a_type_is_refused() -> None:
    """The same, by leaving it out."""
    assert refused(SIGNER.sign({"kid": KID}, CLAIMS)) is Rule.TYPE


def test_a_token_that_lives_too_long_is_refused() -> None:
    """A signer that was tricked once would have let somebody in for ten years."""
    assert refused(signed(exp=NOW + 10 * 365 * 86_400)) is Rule.LIVES_TOO_LONG
    assert refused(signed(exp=NOW + 301)) is Rule.LIVES_TOO_LONG
    assert refused(signed(iat=NOW - 301 + 300, exp=NOW + 300)) is Rule.LIVES_TOO_LONG


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", [str(NOW + 60), NOW + 60.5, True, [NOW], {}, -1, 2**60, "soon"])
def test_a_time_of_another_kind_is_refused(name: str, value: Any) -> None:
    """Two readers would read two times."""
    assert refused(signed(**{name: value})) is Rule.CLAIMS


def test_a_claim_twice_is_refused() -> None:
    """Who checks the first and who uses the last would see two subjects."""
    text = json.dumps(CLAIMS)[:-1] + ', "sub": "hospital"}'
    assert jwt.decode(
        SIGNER.sign(HEADER, text.encode()), SIGNER.public.key, ["EdDSA"], audience=EXPECTED.audience,
        options={"verify_exp": False, "verify_iat": False},
    )["sub"] == "hospital"  # fmt: skip
    assert refused(SIGNER.sign(HEADER, text.encode())) is Rule.CLAIMS


def test_a_header_member_twice_is_refused() -> None:
    """The same for the key that it names."""
    header = json.dumps({"alg": "EdDSA", **HEADER})[:-1] + f', "kid": "{KID}"}}'
    assert refused(SIGNER.sign_parts(header.encode(), json.dumps(CLAIMS).encode())) is Rule.HEADER


def test_weak_keys_are_refused() -> None:
    """A key that can be factored or guessed would sign for whoever did so."""
    with pytest.raises(KeyRefusedError, match="2048"):
        public_key(rsa_signer(1_024).jwk, frozenset(Algorithm))
    with pytest.raises(KeyRefusedError, match="kind"):
        public_key({"kty": "oct", "alg": "HS256", "x": b64(b"abc")}, frozenset(Algorithm))


def test_an_enormous_token_is_refused_unread() -> None:
    """A stranger could order half a second of work by one request."""
    assert refused(signed(padding="x" * 10_000_000)) is Rule.TOO_LONG
    assert refused("a" * (LONGEST_TOKEN + 1)) is Rule.TOO_LONG


# --- what PyJWT refuses by itself, and must go on being refused through this door ---


def test_no_algorithm_and_macs_are_refused() -> None:
    """Anybody could sign: with nothing, or with the public key as if it were a secret."""
    none = f"{b64(json.dumps({'alg': 'none', **HEADER}).encode())}.{b64(json.dumps(CLAIMS).encode())}."
    assert refused(none) is Rule.FORM
    assert refused(none + "AA") is Rule.ALGORITHM
    public = SIGNER.public.key
    assert isinstance(public, Ed25519PublicKey)
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes_raw(),
        json.dumps(SIGNER.jwk).encode(),
    ):
        signing = f"{b64(json.dumps({'alg': 'HS256', **HEADER}).encode())}.{b64(json.dumps(CLAIMS).encode())}"
        mac = jwt.get_algorithm_by_name("HS256")
        forged = f"{signing}.{b64(mac.sign(signing.encode(), secret))}"
        assert refused(forged) is Rule.ALGORITHM


def test_another_algorithm_than_the_keys_is_refused() -> None:
    """A key would be used in a way that it was not made for."""
    rsa = rsa_signer()
    pss = Signer(rsa.key, Algorithm.PS256)
    assert refused(pss.sign({"typ": "at+jwt", "kid": "k"}, CLAIMS), {"k": rsa.public}) is Rule.ALGORITHM


@pytest.mark.parametrize("member", ["crit", "b64", "jwk", "jku", "x5c", "x5u", "zip", "cty"])
def test_a_header_that_says_more_is_refused(member: str) -> None:
    """A token could bring its own key, name where to fetch one, or ask to be read in another way."""
    value: Any = ["exp"] if member in ("crit", "x5c") else SIGNER.jwk if member == "jwk" else "https://evil.example"
    assert refused(SIGNER.sign({**HEADER, member: value}, CLAIMS)) is Rule.HEADER


@pytest.mark.parametrize("kid", ["unknown", "", 7, None, ["k"], "../../key", "' OR 1=1"])
def test_an_unknown_key_is_refused(kid: Any) -> None:
    """A signature would be checked with a key that the sender chose."""
    assert refused(SIGNER.sign({**HEADER, "kid": kid}, CLAIMS)) in (Rule.KEY, Rule.HEADER)
    assert refused(SIGNER.sign({"typ": "at+jwt"}, CLAIMS)) is Rule.KEY


def test_another_signature_is_refused() -> None:
    """Anybody could write a token under the name of a known key."""
    assert refused(ed25519_signer().sign(HEADER, CLAIMS)) is Rule.SIGNATURE
    head, _, signature = signed().split(".")
    other = b64(json.dumps({**CLAIMS, "sub": "hospital"}).encode())
    assert refused(f"{head}.{other}.{signature}") is Rule.SIGNATURE


@pytest.mark.parametrize("audience", [["https://unit.example"], ["https://unit.example", "x"], "https://x", None, []])
def test_another_audience_is_refused(audience: Any) -> None:
    """A token that was meant for another service, or for two, would be good here (audience injection)."""
    assert refused(signed(aud=audience)) is Rule.AUDIENCE


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "iat", "exp", "jti"])
def test_every_claim_must_be_there(claim: str) -> None:
    """What is left out would not be checked."""
    assert refused(signed(**{claim: None})) in (Rule.CLAIMS, Rule.AUDIENCE)


@pytest.mark.parametrize("changes", [{"sub": 7}, {"sub": ""}, {"jti": "short"}, {"jti": 12345678}, {"jti": "a b" * 8}])
def test_claims_are_of_their_kind(changes: dict[str, Any]) -> None:
    """A number could be taken for a name, and a repeated jti not be kept."""
    assert refused(signed(**changes)) is Rule.CLAIMS


def test_times_are_kept() -> None:
    """A token would be good before or after its time."""
    assert refused(signed(), now=NOW + 300) is Rule.EXPIRED
    assert refused(signed(), now=NOW - SKEW_S - 1) is Rule.ISSUED_LATER
    assert refused(signed(nbf=NOW + SKEW_S + 1)) is Rule.NOT_YET
    assert verify(signed(), KEYS, EXPECTED, NOW + 299)
    assert verify(signed(nbf=NOW), KEYS, EXPECTED, NOW - SKEW_S)
    assert refused(signed(iat=NOW + 5, exp=NOW + 5)) is Rule.LIVES_TOO_LONG


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c.d", "a.b.c\n", " a.b.c", "a.b.é", "a=.b.c", "a+.b.c"])
def test_what_is_no_token_is_refused(text: str) -> None:
    """A fault of the parser would be an error of the service."""
    assert refused(text) in (Rule.FORM, Rule.HEADER)


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    """A token could be written in several ways, and a deny list would know one of them."""
    head, claims, signature = signed().split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(signature[-1]) + 1]
    twin = signature[:-1] + last
    assert base64.urlsafe_b64decode(twin + "==") == base64.urlsafe_b64decode(signature + "==")
    assert refused(f"{head}.{claims}.{twin}") is Rule.SIGNATURE


@pytest.mark.parametrize("payload", [b"[]", b"7", b"null", b'"x"', b"{", b"\xff", b'{"exp": NaN}', b'{"exp": 1e999}'])
def test_claims_that_are_no_object_are_refused(payload: bytes) -> None:
    """The same as above, with a right signature."""
    assert refused(SIGNER.sign(HEADER, payload)) is Rule.CLAIMS


@given(st.text(max_size=300) | st.from_regex(r"[A-Za-z0-9_-]{0,80}\.[A-Za-z0-9_-]{0,80}\.[A-Za-z0-9_-]{0,90}"))
def test_anything_at_all_is_refused_by_a_rule(text: str) -> None:
    """Some text would be a fault of the service, or be believed."""
    refused(text)


@given(st.data())
def test_every_changed_character_is_refused(data: st.DataObject) -> None:
    """Some part of a token would not be covered by its signature."""
    text = signed()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCabc012-_."))
    changed = text[:at] + other + text[at + 1 :]
    if changed != text:
        refused(changed)
