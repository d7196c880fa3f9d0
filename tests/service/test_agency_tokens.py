"""An agency gets a token for its key, and only with both gets in; every other way is refused and counted."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from auth_site import AuthSite, auth_site
from fastapi.testclient import TestClient
from service_site import ServiceSite, caller
from tokens_made import p256_signer

from api.auth.agencies import add_key, change_state, end_tokens, register_agency, remove_key
from api.auth.dpop import NONCE_S, OLDEST_S
from api.auth.jose_keys import public_key
from api.auth.token_keys import LIVES_S, NEXT, NOW, TokenKeys, rotated, with_token_keys
from api.client.credentials import AgencyCredential, JoseKey
from api.http.problems import MEDIA_TYPE
from audit.crypto.keystore import KeyKind, Keystore
from linkage.agencies import AgencyState


@pytest.fixture
def site(place: ServiceSite) -> AuthSite:
    return auth_site(place)


@pytest.fixture
def one(place_sqlite: ServiceSite) -> AuthSite:
    return auth_site(place_sqlite)


def check(answer: Any, status: int, error: str) -> dict[str, Any]:
    """The answer is an OAuth error and a problem at once."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    found: dict[str, Any] = answer.json()
    assert found["error"] == error
    assert found["status"] == status and found["instance"] == answer.headers["request-id"]
    return found


def challenge(answer: Any, error: str) -> None:
    """The answer is the 401 of a resource."""
    assert answer.status_code == 401, answer.text
    assert f'error="{error}"' in answer.headers["www-authenticate"]


# --- the way in ---


def test_an_agency_gets_in(site: AuthSite) -> None:
    """Nobody could, or anybody: the token says who it is of, for how long, and which key it is bound to."""
    police = site.agency()
    answer = site.ask(police)
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert answer.json()["token_type"] == "DPoP" and LIVES_S - 30 < answer.json()["expires_in"] <= LIVES_S
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    keys = site.http.get("/.well-known/jwks.json").json()["keys"]
    header = jwt.get_unverified_header(token)
    (key,) = [each for each in keys if each["kid"] == header["kid"]]
    claims = jwt.decode(token, jwt.PyJWK(key).key, ["EdDSA"], audience=site.server.issuer, issuer=site.server.issuer)
    assert (header["typ"], claims["sub"], claims["client_id"]) == ("at+jwt", "police", "police")
    assert claims["cnf"] == {"jkt": police.bound.kid} and 0 < claims["exp"] - claims["iat"] <= 300
    assert site.call(police, token).json()["agency"] == "police"


def test_it_is_in_the_log_first(site: AuthSite) -> None:
    """Nobody could tell later who was let in, by which key."""
    police = site.agency()
    site.token(police)
    (entry,) = site.entries("token.issue")
    assert (entry.actor.pseudonym, entry.actor.auth) == ("police", "private-key-jwt")
    assert entry.facts["key"] == public_key(police.key.jwk).sha256


def test_no_entry_no_token(one: AuthSite) -> None:
    """Somebody would be let in without a trace."""
    police = one.agency()
    one.place.site.stop_signer()
    one.place.unit.log.signer.close()
    answer = one.ask(police)
    assert answer.status_code == 503 and "access_token" not in answer.text


def test_keys_of_the_other_kind_get_in(one: AuthSite) -> None:
    """Agencies whose hardware knows P-256 alone would be locked out."""
    signer = p256_signer()
    register_agency(one.place.unit, caller(), "school", "School", "school", signer.public)
    now, issuer = one.now(), one.server.issuer
    claims = {"iss": "school", "sub": "school", "aud": issuer, "iat": now, "exp": now + 60, "jti": "a" * 20}
    assertion = signer.sign({"typ": "JWT", "kid": signer.public.thumbprint}, claims)
    proof = {"htm": "POST", "htu": f"{issuer}/oauth/token", "iat": now, "jti": "b" * 20, "nonce": one.nonce()}
    text = signer.sign({"typ": "dpop+jwt", "jwk": signer.jwk}, proof)
    answer = one.ask(AgencyCredential("school", JoseKey.generate()), text, client_assertion=assertion)
    assert answer.status_code == 200, answer.text


def test_the_description_of_the_server(one: AuthSite) -> None:
    """Clients would ask elsewhere, or with what is not taken."""
    found = one.http.get("/.well-known/oauth-authorization-server").json()
    assert found["issuer"] == one.server.issuer
    assert found["token_endpoint"] == one.server.issuer + "/oauth/token"
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert found["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA"]


def test_a_client_without_the_nonce_is_told_it(one: AuthSite) -> None:
    """The first call of every client would fail for good."""
    police = one.agency()
    address = one.server.issuer + "/oauth/token"
    answer = one.ask(police, police.proof("POST", address, one.now()))
    check(answer, 400, "use_dpop_nonce")
    assert one.ask(police, police.proof("POST", address, one.now(), nonce=answer.headers["dpop-nonce"])).is_success
    token = one.token(police)
    proof = police.proof("GET", one.server.issuer + "/v1/agency", one.now(), token)
    answer = one.http.get("/v1/agency", headers={"authorization": f"DPoP {token}", "dpop": proof})
    challenge(answer, "use_dpop_nonce")
    assert answer.headers["dpop-nonce"] == one.nonce()
    assert one.entries("token.refuse") == []


def test_a_nonce_that_grows_old_is_replaced_in_time(one: AuthSite) -> None:
    """Every client would be refused once in five minutes."""
    police = one.agency()
    token, nonce = one.token(police), one.nonce()
    one.place.shift_ms[0] = NONCE_S * 1000
    proof = police.proof("GET", one.server.issuer + "/v1/agency", one.now(), token, nonce)
    answer = one.http.get("/v1/agency", headers={"authorization": f"DPoP {token}", "dpop": proof})
    assert answer.is_success and answer.headers["dpop-nonce"] == one.nonce() != nonce


# --- the token endpoint refuses ---


def assertion(site: AuthSite, who: AgencyCredential, header: dict[str, Any] | None = None, **changes: Any) -> str:
    now = site.now()
    claims = {
        "iss": who.client, "sub": who.client, "aud": site.server.issuer, "iat": now, "exp": now + 60, "jti": "j" * 20,
        **changes,
    }  # fmt: skip
    return who.key.sign({"typ": "JWT", "kid": who.key.kid, **(header or {})}, claims)


def test_an_assertion_is_taken_once(site: AuthSite) -> None:
    """An assertion that was overheard would be a token for whoever has it, bound to his own key."""
    police = site.agency()
    form = assertion(site, police)
    assert site.ask(police, client_assertion=form).is_success
    thief = AgencyCredential("police", JoseKey.generate())
    check(site.ask(thief, client_assertion=form), 401, "invalid_client")
    assert len(site.entries("token.issue")) == 1
    (entry,) = site.entries("token.refuse")
    assert (entry.facts["rule"], entry.facts["count"]) == ("replayed", 1)


def test_a_proof_is_taken_once(site: AuthSite) -> None:
    """A proof that was overheard would bind another's token, or read once more."""
    police = site.agency()
    proof = police.proof("POST", site.server.issuer + "/oauth/token", site.now(), nonce=site.nonce())
    assert site.ask(police, proof).is_success
    check(site.ask(police, proof), 401, "invalid_client")
    token = site.token(police)
    headers = site.headers(police, token)
    assert site.http.get("/v1/agency", headers=headers).is_success
    challenge(site.http.get("/v1/agency", headers=headers), "invalid_token")


@pytest.mark.parametrize("changes", [
    {"aud": "http://127.0.0.1:8401/oauth/token"}, {"aud": ["http://127.0.0.1:8401"]}, {"aud": "https://other.example"},
    {"aud": ["http://127.0.0.1:8401", "https://other.example"]}, {"exp": None}, {"exp": 2**33}, {"iat": None},
    {"jti": None}, {"jti": "x"}, {"sub": "hospital"}, {"sub": None}, {"iss": "hospital"}, {"iss": None}, {"nbf": 2**33},
])  # fmt: skip
def test_an_assertion_that_does_not_fit_is_refused(one: AuthSite, changes: dict[str, Any]) -> None:
    """It would be one that was made for another server, for ever, or in another's name (RFC 7523, section 3)."""
    police = one.agency()
    one.agency("hospital")
    check(one.ask(police, client_assertion=assertion(one, police, **changes)), 401, "invalid_client")


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "x", ""])
def test_an_assertion_of_another_type_is_refused(one: AuthSite, typ: str) -> None:
    """What was signed for another purpose would be taken for a request of a token."""
    police = one.agency()
    check(one.ask(police, client_assertion=assertion(one, police, {"typ": typ})), 401, "invalid_client")


def test_nobody_learns_who_is_registered(one: AuthSite) -> None:
    """A stranger could list the agencies that take part, or which keys they have."""
    police = one.agency()
    suspended = one.agency("hospital")
    change_state(one.place.unit, caller(), "hospital", 1, AgencyState.SUSPENDED)
    unknown = AgencyCredential("nobody", JoseKey.generate())
    other_key = AgencyCredential("police", JoseKey.generate())
    forged = police.key.kid
    false = other_key.key.sign(
        {"typ": "JWT", "kid": forged}, {"iss": "police", "sub": "police", "aud": one.server.issuer}
    )
    answers = [
        one.ask(unknown), one.ask(other_key), one.ask(police, client_assertion=false), one.ask(suspended),
        one.ask(police, client_id="hospital"),
    ]  # fmt: skip
    bodies = [{**check(answer, 401, "invalid_client"), "instance": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize(("changes", "status", "error"), [
    ({"grant_type": "password"}, 400, "unsupported_grant_type"), ({"grant_type": ""}, 400, "invalid_request"),
    ({"client_secret": "x"}, 400, "invalid_request"), ({"scope": "all"}, 400, "invalid_request"),
    ({"client_assertion": ""}, 401, "invalid_client"), ({"client_assertion_type": "x"}, 401, "invalid_client"),
    ({"client_assertion": "a.b.c"}, 401, "invalid_client"), ({"client_assertion": "x" * 9_000}, 401, "invalid_client"),
])  # fmt: skip
def test_another_request_is_refused(one: AuthSite, changes: dict[str, str], status: int, error: str) -> None:
    """A weaker way in would be open beside this one."""
    check(one.ask(one.agency(), **changes), status, error)


def test_the_form_is_read_in_one_way(one: AuthSite) -> None:
    """Two readers would see two clients."""
    police = one.agency()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in ("client_id=police&client_id=hospital", "a", "&".join(f"a{n}=1" for n in range(40)), "a=%ff", ""):
        answer = one.http.post("/oauth/token", content=body, headers=headers)
        check(answer, 400, "invalid_request")
    assert one.http.post("/oauth/token", json=one.form(police)).status_code == 415


@pytest.mark.parametrize("proof", ["", "x", "a.b.c"])
def test_a_token_needs_a_proof(one: AuthSite, proof: str) -> None:
    """A token would be given that is good for whoever holds it."""
    answer = one.ask(one.agency(), proof)
    assert answer.status_code in (400, 401) and "access_token" not in answer.text


def test_a_proof_for_another_request_is_refused(one: AuthSite) -> None:
    """A proof that a resource saw would be used at the token endpoint."""
    police = one.agency()
    for method, path in (("GET", "/oauth/token"), ("POST", "/oauth/revoke"), ("POST", "/v1/agency")):
        proof = police.proof(method, one.server.issuer + path, one.now(), nonce=one.nonce())
        check(one.ask(police, proof), 400, "invalid_dpop_proof")
    old = police.proof("POST", one.server.issuer + "/oauth/token", one.now() - OLDEST_S - 1, nonce=one.nonce())
    check(one.ask(police, old), 400, "invalid_dpop_proof")


# --- a resource refuses ---


def test_a_stolen_token_is_worthless(one: AuthSite) -> None:
    """Whoever reads a token from a log or a memory could read the agency's results."""
    police = one.agency()
    token = one.token(police)
    thief = AgencyCredential("police", police.key)
    challenge(one.call(thief, token), "invalid_dpop_proof")
    challenge(one.http.get("/v1/agency", headers={"authorization": f"DPoP {token}"}), "invalid_dpop_proof")
    for scheme in ("Bearer", "Basic", "dPoPx", ""):
        answer = one.http.get(
            "/v1/agency", headers={**one.headers(police, token), "authorization": f"{scheme} {token}"}
        )
        assert answer.status_code == 401, scheme


def test_a_proof_belongs_to_one_token_and_one_address(one: AuthSite) -> None:
    """A proof would open another agency's token, or another address."""
    police = one.agency()
    token, other = one.token(police), one.token(police)
    answer = one.http.get("/v1/agency", headers={**one.headers(police, token), "authorization": f"DPoP {other}"})
    challenge(answer, "invalid_dpop_proof")
    answer = one.http.get("/v1/projects", headers=one.headers(police, token))
    challenge(answer, "invalid_dpop_proof")
    answer = one.http.get("/v1/agency", headers={**one.headers(police, token), "host": "evil.example"})
    assert answer.is_success  # the host that a caller states counts for nothing
    assert one.http.get("/v1/agency?x=1", headers=one.headers(police, token)).is_success


def test_two_credentials_are_none(one: AuthSite) -> None:
    """Two readers would each believe another one."""
    police = one.agency()
    token = one.token(police)
    headers = list(one.headers(police, token).items())
    for doubled in ("authorization", "dpop"):
        twice = [*headers, *(each for each in one.headers(police, token).items() if each[0] == doubled)]
        assert one.http.get("/v1/agency", headers=twice).status_code == 401


def test_no_other_token_opens_a_resource(one: AuthSite) -> None:
    """An assertion, a proof, an older or a foreign token would be taken."""
    police = one.agency()
    token = one.token(police)
    own = police.key.sign({"typ": "at+jwt", "kid": police.key.kid}, json.loads("{}"))
    for text in (one.form(police)["client_assertion"], police.proof("GET", ISSUER_PATH, one.now()), own, "x", "a.b.c"):
        challenge(one.call(police, text), "invalid_token")
    one.place.shift_ms[0] = LIVES_S * 1000
    challenge(one.call(police, token), "invalid_token")


ISSUER_PATH = "http://127.0.0.1:8401/v1/agency"


def test_a_token_given_back_is_worth_nothing(site: AuthSite) -> None:
    """An agency could not end a token that it knows to be stolen (RFC 7009)."""
    police, hospital = site.agency(), site.agency("hospital")
    token, other = site.token(police), site.token(police)
    foreign = {name: value for name, value in site.form(hospital).items() if name != "grant_type"}
    assert site.http.post("/oauth/revoke", data={**foreign, "token": token}).status_code == 200
    assert site.call(police, token).is_success
    own = {name: value for name, value in site.form(police).items() if name != "grant_type"}
    answer = site.http.post("/oauth/revoke", data={**own, "token": token})
    assert (answer.status_code, answer.content) == (200, b"")
    challenge(site.call(police, token), "invalid_token")
    assert site.call(police, other).is_success
    assert [entry.actor.pseudonym for entry in site.entries("token.revoke")] == ["police"]
    check(site.http.post("/oauth/revoke", data={**own, "token": other}), 401, "invalid_client")
    check(site.http.post("/oauth/revoke", data={"token": other}), 401, "invalid_client")
    again = {name: value for name, value in site.form(police).items() if name != "grant_type"}
    assert site.http.post("/oauth/revoke", data={**again, "token": "no token"}).status_code == 200
    check(site.http.post("/oauth/revoke", data=again), 400, "invalid_request")


@pytest.mark.parametrize("how", ["suspended", "removed", "ended", "key-removed"])
def test_who_is_shut_out_is_out_at_once(site: AuthSite, how: str) -> None:
    """For five minutes after an operator acted, a stolen key would go on reading."""
    police = site.agency()
    unit, token = site.place.unit, site.token(police)
    if how == "ended":
        end_tokens(unit, caller(), "police")
    elif how == "key-removed":
        remove_key(unit, caller(), "police", police.key.kid)
    else:
        change_state(unit, caller(), "police", 1, AgencyState(how))
    challenge(site.call(police, token), "invalid_token")
    assert site.ask(police).status_code == (200 if how == "ended" else 401)


def test_suspended_is_not_for_good(one: AuthSite) -> None:
    """An agency that was suspended by mistake would be lost."""
    police = one.agency()
    change_state(one.place.unit, caller(), "police", 1, AgencyState.SUSPENDED)
    change_state(one.place.unit, caller(), "police", 2, AgencyState.ACTIVE)
    assert one.call(police, one.token(police)).is_success


# --- keys change ---


def test_an_agency_changes_its_key_without_a_gap(site: AuthSite) -> None:
    """Keys would never be changed, since changing them would stop the agency's work."""
    police = site.agency()
    fresh = AgencyCredential("police", JoseKey.generate())
    body = {"key": fresh.key.jwk}
    answer = site.call(police, site.token(police), "POST", "/v1/agency/keys", json=body)
    assert answer.status_code == 201 and answer.json()["thumbprint"] == fresh.key.kid
    assert site.ask(police).is_success and site.ask(fresh).is_success
    third = site.call(police, site.token(police), "POST", "/v1/agency/keys", json={"key": JoseKey.generate().jwk})
    assert third.status_code == 409
    path = f"/v1/agency/keys/{police.key.kid}"
    assert site.call(fresh, site.token(fresh), "DELETE", path).status_code == 204
    assert site.ask(police).status_code == 401
    token = site.token(fresh)
    assert [each["thumbprint"] for each in site.call(fresh, token).json()["keys"]] == [fresh.key.kid]
    last = site.call(fresh, token, "DELETE", f"/v1/agency/keys/{fresh.key.kid}")
    assert last.status_code == 409 and site.call(fresh, token).is_success
    assert [entry.facts["change"] for entry in site.entries("agency.change")] == [
        "registered", "key-added", "key-removed",
    ]  # fmt: skip


@pytest.mark.parametrize("key", [
    {"kty": "RSA", "crv": "x", "x": "AQAB"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    {"kty": "oct", "crv": "x", "x": "AQAB"},
])  # fmt: skip
def test_a_weak_key_is_not_registered(one: AuthSite, key: dict[str, str]) -> None:
    """An agency's requests could be signed by others."""
    police = one.agency()
    assert one.call(police, one.token(police), "POST", "/v1/agency/keys", json={"key": key}).status_code == 422


def test_the_same_key_of_two_agencies_is_two(one: AuthSite) -> None:
    """An agency that registers another's public key as its own would lock the other out, or be taken for it."""
    police = one.agency()
    hospital = AgencyCredential("hospital", police.key)
    register_agency(one.place.unit, caller(), "hospital", "H", "hospital", public_key(police.key.jwk))
    assert one.call(police, one.token(police)).json()["agency"] == "police"
    assert one.call(hospital, one.token(hospital)).json()["agency"] == "hospital"
    mixed = one.ask(hospital, client_assertion=police.assertion(one.server.issuer, one.now()), client_id="hospital")
    check(mixed, 401, "invalid_client")


def test_the_service_changes_its_key_without_a_gap(place_sqlite: ServiceSite) -> None:
    """Tokens of before would be refused, or the new key be one that nobody knew."""
    store = with_token_keys(Keystore("linkage-unit"))
    old, new = TokenKeys.of(store), TokenKeys.of(rotated(store))
    assert old.kid in new.known and new.kid in old.known and old.kid != new.kid
    assert len(old.known) == 2 and len(new.known) == 3
    assert rotated(store).find(KeyKind.OAUTH, NOW).seed == store.find(KeyKind.OAUTH, NEXT).seed
    assert len(TokenKeys.of(rotated(rotated(store))).known) == 3
    assert with_token_keys(store) is store


# --- what is told and kept ---


def test_refusals_are_counted_not_told_one_by_one(one: AuthSite) -> None:
    """A stranger could fill the log."""
    police = one.agency()
    for _ in range(5):
        one.ask(AgencyCredential("police", JoseKey.generate()))
    challenge(one.call(police, "x"), "invalid_token")
    one.server.refusals.close()
    found = [(entry.facts["rule"], entry.facts["count"]) for entry in one.entries("token.refuse")]
    assert found == [("key", 1), ("form", 1), ("key", 4)]


def test_no_refusal_repeats_what_was_sent(one: AuthSite) -> None:
    """Tokens and assertions would lie in clients' logs."""
    police = one.agency()
    asked = one.form(police)["client_assertion"]
    answers = [one.ask(police, client_assertion=asked + "x"), one.call(police, asked), one.ask(police, asked)]
    for answer in answers:
        assert answer.status_code in (400, 401) and asked[:40] not in answer.text
        assert asked[:40] not in str(answer.headers)


def test_a_service_without_token_keys_says_so(place_sqlite: ServiceSite) -> None:
    """It would be a fault."""
    app = place_sqlite.app(*auth_site(place_sqlite).app.state.routers)
    app.state.auth_server = None
    with TestClient(app) as http:
        assert http.get("/.well-known/jwks.json").status_code == 503


def test_an_operator_adds_a_key_for_an_agency_that_lost_its_own(one: AuthSite) -> None:
    """An agency whose machine burned would be out for good."""
    one.agency()
    fresh = AgencyCredential("police", JoseKey.generate())
    add_key(one.place.unit, caller(), "police", public_key(fresh.key.jwk))
    assert one.ask(fresh).is_success
