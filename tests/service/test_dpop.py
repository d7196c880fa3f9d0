"""DPoP proofs: the examples of RFC 9449, every way in which a proof does not fit, and replays on both engines."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest
from service_site import ServiceSite
from tokens_made import NOW, Signer, ed25519_signer, p256_signer, rsa_signer

from api.auth.dpop import NONCE_S, OLDEST_S, Nonces, check_proof
from api.auth.jose_keys import b64
from api.auth.seen import Used, is_first_use
from api.auth.tokens import SKEW_S, Rule, TokenRefusedError

ADDRESS = "https://unit.example/v1/projects/missing-children"
HEAD = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
TOKEN_PROOF = (
    HEAD + ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuI"
    "iwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
"""RFC 9449, section 4.1."""
RESOURCE_PROOF = (
    HEAD + ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90"
    "ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
    ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
"""RFC 9449, section 7.1, with its access token below."""
RFC_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def proof(signer: Signer, header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {"jti": "0123456789abcdef", "htm": "GET", "htu": ADDRESS, "iat": NOW, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return signer.sign({"typ": "dpop+jwt", "jwk": signer.jwk, **(header or {})}, kept)


def refused(text: str, method: str = "GET", address: str = ADDRESS, now: int = NOW, **more: Any) -> Rule:
    with pytest.raises(TokenRefusedError) as caught:
        check_proof(text, method, address, now, **more)
    return caught.value.rule


def test_the_examples_of_the_standard() -> None:
    """Proofs of other programs would be refused."""
    made = check_proof(TOKEN_PROOF, "POST", "https://server.example.com/token", 1_562_262_616)
    assert (made.thumbprint, made.jti) == (RFC_THUMBPRINT, "-BwC3ESc6acc2lTc")
    address = "https://resource.example.org/protectedresource"
    made = check_proof(RESOURCE_PROOF, "GET", address, 1_562_262_618, token=RFC_TOKEN)
    assert made.thumbprint == RFC_THUMBPRINT
    assert refused(RESOURCE_PROOF, "GET", address, 1_562_262_618, token=RFC_TOKEN + "x") is Rule.PROOF_TOKEN


@pytest.mark.parametrize("signer", [ed25519_signer(), p256_signer()])
def test_a_right_proof_holds(signer: Signer) -> None:
    """No call of an agency would be answered."""
    made = check_proof(proof(signer), "GET", ADDRESS, NOW)
    assert made.thumbprint == signer.public.thumbprint and made.until_s > NOW + OLDEST_S


def test_a_proof_is_for_one_method_and_address() -> None:
    """A proof that was seen on its way to a list would delete a record."""
    signer = ed25519_signer()
    assert refused(proof(signer), method="DELETE") is Rule.PROOF_METHOD
    assert refused(proof(signer, htm="get")) is Rule.PROOF_METHOD
    for other in (
        ADDRESS + "/x", ADDRESS.replace("https", "http"), ADDRESS.replace("unit", "evil"), ADDRESS + "%2f",
        "https://unit.example:8443/v1/projects/missing-children", "/v1/projects/missing-children", "https://[",
        "https://a@unit.example/v1/projects/missing-children", "https://unit.example:x/v1/projects/missing-children",
    ):  # fmt: skip
        assert refused(proof(signer, htu=other)) is Rule.PROOF_ADDRESS, other


@pytest.mark.parametrize("same", [
    ADDRESS + "?cursor=1", ADDRESS + "#x", ADDRESS.replace("unit.example", "UNIT.example:443"),
    ADDRESS.replace("missing-children", "missing%2Dchildre%6e"),
])  # fmt: skip
def test_the_same_address_in_other_words_holds(same: str) -> None:
    """Honest programs that spell an address in another way would be locked out (RFC 9449, section 4.3)."""
    assert check_proof(proof(ed25519_signer(), htu=same), "GET", ADDRESS, NOW)


def test_a_proof_is_for_one_token() -> None:
    """A stolen token would be sent with a proof that its owner made for another one."""
    signer = ed25519_signer()
    right = b64(hashlib.sha256(b"token-a").digest())
    assert check_proof(proof(signer, ath=right), "GET", ADDRESS, NOW, token="token-a")
    assert refused(proof(signer, ath=right), token="token-b") is Rule.PROOF_TOKEN
    assert refused(proof(signer), token="token-a") is Rule.PROOF_TOKEN


def test_a_proof_is_young() -> None:
    """A proof that was kept could be sent after all memory of it is gone."""
    signer = ed25519_signer()
    assert refused(proof(signer, iat=NOW - OLDEST_S - 1)) is Rule.PROOF_AGE
    assert refused(proof(signer, iat=NOW + SKEW_S + 1)) is Rule.PROOF_AGE
    assert check_proof(proof(signer, iat=NOW - OLDEST_S), "GET", ADDRESS, NOW).until_s > NOW


def test_a_proof_needs_a_nonce_of_ours() -> None:
    """Somebody with a key for a minute could make proofs for a year."""
    nonces, signer = Nonces(b"k" * 32), ed25519_signer()
    nonce = nonces.newest(NOW)
    assert check_proof(proof(signer, nonce=nonce), "GET", ADDRESS, NOW, nonces=nonces).nonce == nonce
    late = NOW // NONCE_S * NONCE_S + NONCE_S
    assert check_proof(proof(signer, nonce=nonce, iat=late), "GET", ADDRESS, late, nonces=nonces)
    later = late + NONCE_S
    assert refused(proof(signer, nonce=nonce, iat=later), now=later, nonces=nonces) is Rule.PROOF_NONCE
    assert refused(proof(signer), nonces=nonces) is Rule.PROOF_NONCE
    assert refused(proof(signer, nonce=Nonces(b"x" * 32).newest(NOW)), nonces=nonces) is Rule.PROOF_NONCE
    assert refused(proof(signer, nonce=7), nonces=nonces) is Rule.PROOF_NONCE


@pytest.mark.parametrize(("header", "rule"), [
    ({"typ": "at+jwt"}, Rule.TYPE), ({"typ": "JWT"}, Rule.TYPE), ({"kid": "x"}, Rule.HEADER),
    ({"jwk": None}, Rule.PROOF_KEY), ({"jwk": "x"}, Rule.PROOF_KEY), ({"jwk": {}}, Rule.PROOF_KEY),
    ({"jwk": ed25519_signer().jwk}, Rule.SIGNATURE), ({"alg": "ES256"}, Rule.ALGORITHM),
    ({"alg": "none"}, Rule.ALGORITHM), ({"crit": ["x"]}, Rule.HEADER),
    ({"jwk": {**ed25519_signer().jwk, "d": "AQAB"}}, Rule.PROOF_KEY), ({"jwk": rsa_signer().jwk}, Rule.PROOF_KEY),
])  # fmt: skip
def test_a_header_that_does_not_fit_is_refused(header: dict[str, Any], rule: Rule) -> None:
    """An access token would pass as a proof, or a proof hold that its key did not sign."""
    assert refused(proof(ed25519_signer(), header)) is rule


@pytest.mark.parametrize("claim", ["jti", "htm", "htu", "iat"])
@pytest.mark.parametrize("value", [None, 7.5, [], ""])
def test_every_claim_is_needed(claim: str, value: Any) -> None:
    """What is left out would not be checked."""
    assert refused(proof(ed25519_signer(), **{claim: value})) is Rule.CLAIMS


def test_one_use_is_the_first(place: ServiceSite) -> None:
    """A proof or an assertion that was overheard would be taken again, by another process or in the same moment."""
    database, wins = place.unit.database, []
    start = threading.Barrier(8)

    def use() -> None:
        start.wait()
        with database.passing() as connection:
            if is_first_use(connection, Used.PROOF, "key", "jti", 2_000, 1_000):
                wins.append(1)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(wins) == 1
    with database.passing() as connection:
        assert is_first_use(connection, Used.ASSERTION, "key", "jti", 2_000, 1_000)
        assert is_first_use(connection, Used.PROOF, "other", "jti", 2_000, 1_000)
        assert is_first_use(connection, Used.PROOF, "key", "other", 2_000, 1_000)


def test_old_uses_go(place: ServiceSite) -> None:
    """The table would grow with every request that was ever made."""
    with place.unit.database.writing() as connection:
        for number in range(20):
            assert is_first_use(connection, Used.PROOF, "key", str(number), 1_000 + number, 0)
        for number in range(20, 30):
            assert is_first_use(connection, Used.PROOF, "key", str(number), 9_000, 5_000)
        left = connection.exec_driver_sql("SELECT count(*) FROM oauth_seen").scalar()
    assert left == 10


def test_what_passes_is_kept_and_the_log_stays_durable(place: ServiceSite) -> None:
    """A replay would be forgotten at once, or the next act on the same connection would not reach the disk."""
    database = place.unit.database
    with database.passing() as connection:
        assert is_first_use(connection, Used.PROOF, "key", "jti", 2_000, 1_000)
    with pytest.raises(RuntimeError), database.passing() as connection:
        raise RuntimeError
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM oauth_seen").scalar() == 1
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
