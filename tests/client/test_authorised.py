"""Credentials on every call, without a network: the generator is driven by hand."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from urllib.parse import parse_qs

import jwt
import pytest

from api.client.authorised import METADATA, Authoriser
from api.client.calls import UNREACHABLE, Answer, Call, ServiceError, Steps, ask, get, send
from api.client.credentials import AgencyCredential, JoseKey, SessionCredential

BASE = "https://unit.example"
Reply = Answer | ServiceError


def json_answer(body: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode())


def metadata() -> Answer:
    return json_answer({"issuer": BASE, "token_endpoint": f"{BASE}/oauth/token"})


def token(name: str = "t-1") -> Answer:
    return json_answer({"access_token": name, "token_type": "DPoP", "expires_in": 300})


def drive(steps: Steps[Answer], *replies: Reply) -> tuple[list[Call], Answer]:
    """Feed the replies in turn; returns the calls that were made and the verb's result."""
    calls = [next(steps)]
    for reply in replies:
        try:
            calls.append(steps.throw(reply) if isinstance(reply, ServiceError) else steps.send(reply))
        except StopIteration as end:
            return calls, end.value
    raise AssertionError("the verb wants more answers")


@pytest.fixture
def agency() -> AgencyCredential:
    return AgencyCredential("police", JoseKey.generate())


def running(credential: object, now: Callable[[], float] = lambda: 1_000.0) -> Authoriser:
    return Authoriser(BASE, credential, now)  # type: ignore[arg-type]


def public(jwk: dict[str, str]) -> jwt.PyJWK:
    return jwt.PyJWK.from_dict({**jwk, "alg": "EdDSA"})


def test_a_token_is_asked_for_with_assertion_and_proof(agency: AgencyCredential) -> None:
    """The token request could lack what RFC 7523 and RFC 9449 demand, or name another audience."""
    calls, _ = drive(running(agency).run(ask(get("/v1/unit"))), metadata(), token(), json_answer({}))
    assert [call.path for call in calls] == [METADATA, "/oauth/token", "/v1/unit"]
    form = parse_qs(calls[1].content.decode())
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        form["client_assertion"][0], public(agency.key.jwk).key, ["EdDSA"], audience=BASE, options=options
    )
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("police", "police", BASE)
    proof = jwt.decode(calls[1].headers["dpop"], public(agency.bound.jwk).key, ["EdDSA"], options=options)
    assert (proof["htm"], proof["htu"]) == ("POST", f"{BASE}/oauth/token")
    assert "ath" not in proof


def test_a_proof_is_bound_to_method_address_and_token(agency: AgencyCredential) -> None:
    """A proof could be used for another call or with another token."""
    calls, _ = drive(running(agency).run(ask(get("/v1/x?cursor=7"))), metadata(), token(), json_answer({}))
    proof = jwt.decode(calls[2].headers["dpop"], public(agency.bound.jwk).key, ["EdDSA"], options={"verify_iat": False})
    assert (proof["htm"], proof["htu"]) == ("GET", f"{BASE}/v1/x")
    assert proof["ath"] == base64.urlsafe_b64encode(hashlib.sha256(b"t-1").digest()).rstrip(b"=").decode()
    assert calls[2].headers["authorization"] == "DPoP t-1"


def test_a_server_nonce_is_taken_over(agency: AgencyCredential) -> None:
    """A server that demands nonces could never be talked to."""
    wants = json_answer({"error": "use_dpop_nonce"}, 400, dpop_nonce="n-1")
    calls, _ = drive(running(agency).run(ask(get("/v1/x"))), metadata(), wants, token(), json_answer({}))
    nonces = [jwt.decode(call.headers["dpop"], options={"verify_signature": False}).get("nonce") for call in calls[1:]]
    assert nonces == [None, "n-1", "n-1"]


def test_a_refused_token_is_renewed_once(agency: AgencyCredential) -> None:
    """A token that was revoked or ran out early would end the work; an endless loop would hammer the service."""
    refused = json_answer({"type": "x/bad-token", "detail": "d"}, 401)
    authoriser = running(agency)
    calls, _ = drive(
        authoriser.run(ask(get("/v1/x"))), metadata(), token("t-1"), refused, token("t-2"), json_answer({})
    )
    assert [call.headers.get("authorization") for call in calls[2:]] == ["DPoP t-1", None, "DPoP t-2"]
    with pytest.raises(ServiceError) as caught:
        drive(authoriser.run(ask(get("/v1/x"))), refused, token(), refused, token(), refused)
    assert caught.value.code == "bad-token"


def test_a_broken_connection_is_tried_again_with_a_new_proof(agency: AgencyCredential) -> None:
    """A repeated proof would be taken for a replay and refused."""
    broken = ServiceError(0, UNREACHABLE, "d")
    calls, _ = drive(running(agency).run(ask(get("/v1/x"))), metadata(), token(), broken, json_answer({}))
    assert calls[2].headers["dpop"] != calls[3].headers["dpop"]
    assert calls[3].after_s > 0


def test_a_post_without_key_is_not_repeated(agency: AgencyCredential) -> None:
    """A job could be started twice."""
    broken = ServiceError(0, UNREACHABLE, "d")
    with pytest.raises(ServiceError):
        drive(running(agency).run(ask(send("POST", "/v1/x", {}))), metadata(), token(), broken, json_answer({}))


def test_another_issuer_is_refused(agency: AgencyCredential) -> None:
    """A server could have assertions made out that it then uses elsewhere."""
    other = json_answer({"issuer": "https://other.example", "token_endpoint": f"{BASE}/oauth/token"})
    with pytest.raises(ServiceError, match="issuer"):
        drive(running(agency).run(ask(get("/v1/x"))), other, token(), json_answer({}))


def test_a_session_goes_into_every_call() -> None:
    """A person's calls would be refused."""
    calls, _ = drive(running(SessionCredential("s-1")).run(ask(get("/v1/x"))), json_answer({}))
    assert calls[0].headers["authorization"] == "Bearer s-1"


def test_no_secret_is_shown(agency: AgencyCredential) -> None:
    """Keys and sessions could reach a log through repr."""
    shown = repr(agency) + repr(SessionCredential("s-canary")) + repr(running(agency))
    assert "canary" not in shown
    assert agency.key.seed.hex() not in shown
    assert repr(agency.key.seed) not in shown


def test_a_call_waits_as_long_as_its_verb_asks(agency: AgencyCredential) -> None:
    """Polling would ask without pause until the service refuses it."""
    calls, _ = drive(running(agency).run(ask(get("/v1/x").after(1.5))), metadata(), token(), json_answer({}))
    assert calls[2].after_s == 1.5
