"""People of the unit get in by the site's provider or by a local account, and by nothing else."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from auth_site import ISSUER, AuthSite, auth_site
from fastapi.testclient import TestClient
from openid_provider import SECRET, OpenIdProvider, openid_provider
from service_site import ServiceSite, caller

from api.auth import accounts, totp
from api.auth.account_rows import AccountState
from api.auth.authenticating import authenticator
from api.auth.jose_keys import b64
from api.auth.permissions import Role
from api.auth.provider import RETURN_PATH, Provider, ProviderTerms
from api.linkage.app import create_app
from api.linkage.routers import ROUTERS
from linkage.refusals import Refused, Why

STATE = "a-state-of-the-command"


@dataclass
class Person:
    """A local account with its credential."""

    site: AuthSite
    code: str
    password: str
    secret: str

    def sign_in(self, **changes: str) -> Any:
        body = {"account": self.code, "password": self.password, "one_time_code": self.one_time(), **changes}
        return self.site.http.post("/v1/session/local", json=body)

    def one_time(self) -> str:
        return pyotp.TOTP(self.secret).at(self.site.now())


def who_am_i(site: AuthSite, session: str) -> Any:
    return site.http.get("/v1/session", headers={"authorization": f"Bearer {session}"})


@pytest.fixture
def person(place: ServiceSite) -> Person:
    return made(auth_site(place))


def made(site: AuthSite, code: str = "li-wei", role: Role = Role.OPERATOR) -> Person:
    shown = accounts.create_account(site.server, caller(), code, role, None)
    assert shown is not None and shown.password not in repr(shown)
    (secret,) = parse_qs(urlsplit(shown.totp_address).query)["secret"]
    return Person(site, code, shown.password, secret)


def test_password_and_code_open_a_session(person: Person) -> None:
    """A site without a provider would have no operator; or a session would stand without its entry."""
    answer = person.sign_in()
    assert answer.status_code == 200, answer.text
    found = who_am_i(person.site, answer.json()["session"]).json()
    assert (found["subject"], found["role"], found["auth"], found["is_fresh"]) == ("li-wei", "operator", "local", True)
    assert len(person.site.entries("login")) == 1


def test_whatever_is_wrong_the_answer_is_the_same(person: Person) -> None:
    """An answer would tell strangers which accounts there are, or which half they have guessed."""
    wrong = [
        person.sign_in(password="not it"), person.sign_in(one_time_code="000000"), person.sign_in(account="nobody"),
        person.sign_in(account="nobody", password="not it"),
    ]  # fmt: skip
    bodies = [{k: v for k, v in each.json().items() if k not in ("instance", "trace")} for each in wrong]
    assert {each.status_code for each in wrong} == {401} and all(each == bodies[0] for each in bodies)
    assert not person.site.entries("login")


def test_a_code_counts_once(person: Person) -> None:
    """Who looks over a shoulder could sign in within the same half minute."""
    one_time = person.one_time()
    assert person.sign_in(one_time_code=one_time).status_code == 200
    assert person.sign_in(one_time_code=one_time).status_code == 401


def test_failures_make_wait_and_never_lock_for_good(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords could be tried without end; or a stranger could lock everybody out."""
    for _ in range(5):
        assert person.sign_in(one_time_code="000000").status_code == 401
    assert person.sign_in().status_code == 401
    account = accounts.read_account(person.site.server, person.code)
    wait = account.wait_until_ms - person.site.place.unit.now_ms()
    assert 0 < wait <= 60_000
    with person.site.place.unit.database.writing() as connection:
        accounts.rows.put_account(connection, person.code, account.version, wait_until_ms=0)
    assert person.sign_in().status_code == 200


@pytest.mark.parametrize("state", [AccountState.LOCKED, AccountState.CLOSED])
def test_who_is_locked_is_out_at_once(person: Person, state: AccountState) -> None:
    """A dismissed operator's session would go on for half a day."""
    session = person.sign_in().json()["session"]
    version = accounts.read_account(person.site.server, person.code).version
    accounts.change_account(person.site.server, caller(), person.code, version, state)
    assert who_am_i(person.site, session).status_code == 401
    assert person.sign_in().status_code == 401


def test_a_session_ends_when_its_holder_says_so(person: Person) -> None:
    """A session file that was left behind would open the service."""
    session = person.sign_in().json()["session"]
    ended = person.site.http.delete("/v1/session", headers={"authorization": f"Bearer {session}"})
    assert ended.status_code == 204 and who_am_i(person.site, session).status_code == 401


def test_nobody_changes_their_own_account(person: Person) -> None:
    """One person alone could unlock themselves or draw themselves a new credential."""
    version = accounts.read_account(person.site.server, person.code).version
    with pytest.raises(Refused, check=lambda error: error.why is Why.SAME_PERSON):
        accounts.renew_credential(person.site.server, caller(subject=person.code), person.code, version)


def test_nothing_secret_is_kept_or_logged(person: Person) -> None:
    """Whoever reads the database could sign in as anybody."""
    session = person.sign_in().json()["session"]
    account = accounts.read_account(person.site.server, person.code)
    kept = repr(account) + str(account.password) + (account.totp or b"").hex()
    assert person.password not in kept and session not in kept and person.secret not in kept
    log = person.site.place.unit.log
    said = b"".join(log.entries(0, log.head().size)).decode()
    assert session not in said and person.password not in said


def test_one_time_codes_are_those_of_the_rfc() -> None:
    """Authenticator programs would show other codes (RFC 6238, appendix B, its last six digits)."""
    secret = b"12345678901234567890"
    told = {59: "287082", 1_111_111_109: "081804", 1_234_567_890: "005924", 20_000_000_000: "353130"}
    for moment, code in told.items():
        assert totp.code_at(secret, moment // 30) == code
        assert totp.step_of(secret, code, moment, 0) == moment // 30
        assert totp.step_of(secret, code, moment + 90, 0) is None


# --- the site's provider --------------------------------------------------------------------------------------------


@contextmanager
def with_provider(place: ServiceSite) -> Iterator[tuple[AuthSite, OpenIdProvider]]:
    with openid_provider(ISSUER) as provider:
        terms = ProviderTerms(provider.issuer, "unit", ISSUER + RETURN_PATH, SECRET)
        server = place.auth_server(ISSUER, Provider(terms, place.unit.now_ms))
        app = create_app(place.unit, authenticator(server), ROUTERS)
        app.state.auth_server = server
        yield AuthSite(place, server, app, TestClient(app, base_url=ISSUER, raise_server_exceptions=False)), provider


def begun(site: AuthSite, verifier: str) -> str:
    """The provider's address that the browser is sent to."""
    challenge = b64(hashlib.sha256(verifier.encode()).digest())
    query = {"port": "4000", "challenge": challenge, "state": STATE}
    answer = site.http.get("/v1/session/begin", params=query, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def returned(site: AuthSite, address: str) -> Any:
    return site.http.get(address, follow_redirects=False)


def redeemed(site: AuthSite, code: str, verifier: str) -> Any:
    return site.http.post("/v1/session", json={"code": code, "verifier": verifier})


def test_a_person_signs_in_at_a_certified_provider(place_sqlite: ServiceSite) -> None:
    """Code, PKCE, nonce or the ID token would not be what a provider by others makes of them."""
    verifier = secrets.token_urlsafe(48)
    with with_provider(place_sqlite) as (site, provider):
        accounts.create_account(site.server, caller(), "li-wei", Role.REVIEWER, "li-wei-at-provider")
        came = provider.browse(begun(site, verifier))
        sent = returned(site, came)
        assert sent.status_code == 303, sent.text
        address = urlsplit(sent.headers["location"])
        assert (address.hostname, address.port) == ("127.0.0.1", 4000)
        answer = parse_qs(address.query)
        assert answer["state"] == [STATE]
        (code,) = answer["code"]
        assert redeemed(site, code, "x" * 48).status_code == 401  # another program's verifier, and the code is spent
        assert redeemed(site, code, verifier).status_code == 401
        assert returned(site, came).status_code == 401  # the provider's answer counts once
        code = parse_qs(urlsplit(returned(site, provider.browse(begun(site, verifier))).headers["location"]).query)[
            "code"
        ][0]
        session = redeemed(site, code, verifier)
        assert session.status_code == 200, session.text
        found = who_am_i(site, session.json()["session"]).json()
        assert (found["subject"], found["role"], found["auth"]) == ("li-wei", "reviewer", "oidc")


def test_whom_the_provider_knows_and_the_unit_does_not_stays_out(place_sqlite: ServiceSite) -> None:
    """Every employee of the city would be an operator."""
    with with_provider(place_sqlite) as (site, provider):
        provider.sign_in_as("stranger")
        assert returned(site, provider.browse(begun(site, "v" * 48))).status_code == 401


def test_an_answer_of_another_provider_is_not_taken(place_sqlite: ServiceSite) -> None:
    """A provider under an attacker's hand could answer in the place of the site's (RFC 9207)."""
    with with_provider(place_sqlite) as (site, provider):
        accounts.create_account(site.server, caller(), "li-wei", Role.REVIEWER, "li-wei-at-provider")
        came = provider.browse(begun(site, "v" * 48))
        assert (
            returned(site, came.replace(f"127.0.0.1%3A{urlsplit(provider.issuer).port}", "evil.example")).status_code
            == 401
        )
