"""People of the unit sign in with a local account; their role, as it stands, says what they may."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from auth_site import AuthSite, auth_site
from hypothesis import given
from hypothesis import strategies as st
from service_site import ServiceSite, caller

from api.auth import local_login, totp
from api.auth.account_rows import AccountState
from api.auth.accounts import NewCredential, change_account, create_account, renew_credential
from api.auth.local_login import FREE_FAILURES
from api.auth.permissions import Role
from api.auth.sessions import FRESH_MS, IDLE_MS, LASTS_MS
from linkage.refusals import Refused, Why


@pytest.fixture
def site(place: ServiceSite) -> AuthSite:
    return auth_site(place)


@pytest.fixture
def one(place_sqlite: ServiceSite) -> AuthSite:
    return auth_site(place_sqlite)


def local(site: AuthSite, code: str = "li-wei", role: Role = Role.OPERATOR) -> NewCredential:
    made = create_account(site.server, caller(subject="chief"), code, role, None)
    assert made is not None
    return made


def code_of(site: AuthSite, made: NewCredential, shift: int = 0) -> str:
    text = parse_qs(urlsplit(made.totp_address).query)["secret"][0]
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    return totp.code_at(secret, site.now() // totp.STEP_S + shift)


def sign_in(site: AuthSite, made: NewCredential, account: str = "li-wei", shift: int = 0, **changes: str) -> Any:
    body = {"account": account, "password": made.password, "one_time_code": code_of(site, made, shift), **changes}
    return site.http.post("/v1/session/local", json=body)


def bearer(session: str) -> dict[str, str]:
    return {"authorization": f"Bearer {session}"}


# --- one-time codes ---


@pytest.mark.parametrize(("time", "code"), [
    (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
])  # fmt: skip
def test_the_codes_of_the_standard(time: int, code: str) -> None:
    """No authenticator program would show the codes that we take (RFC 6238, appendix B, last six digits)."""
    assert totp.code_at(b"12345678901234567890", time // 30) == code[-6:]
    assert totp.step_of(b"12345678901234567890", code[-6:], time, 0) == time // 30


@given(st.binary(min_size=20, max_size=20), st.integers(10**6, 10**10), st.integers(-3, 3))
def test_a_code_is_of_now_and_not_used(secret: bytes, now: int, shift: int) -> None:
    """A code that somebody looked at over a shoulder would be good later, or twice."""
    step = now // totp.STEP_S + shift
    code = totp.code_at(secret, step)
    found = totp.step_of(secret, code, now, 0)
    assert (found is not None) or abs(shift) > 1
    if found is not None:
        assert abs(found - now // totp.STEP_S) <= 1
        assert totp.step_of(secret, code, now, found + 1) is None


# --- local accounts ---


def test_a_local_account_signs_in(site: AuthSite) -> None:
    """A site without a provider could have no operators."""
    answer = sign_in(site, local(site))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["account"], answer.json()["role"]) == ("li-wei", "operator")
    session = answer.json()["session"]
    me = site.http.get("/v1/session", headers=bearer(session)).json()
    assert (me["subject"], me["role"], me["agency"], me["auth"], me["is_fresh"]) == (
        "li-wei", "operator", None, "local", True,
    )  # fmt: skip
    assert site.http.get("/v1/agencies", headers=bearer(session)).status_code == 200
    assert site.http.get("/v1/webhooks", headers=bearer(session)).status_code == 403
    (entry,) = site.entries("login")
    assert (entry.actor.pseudonym, entry.actor.role, entry.actor.auth) == ("li-wei", "operator", "local")
    assert site.http.delete("/v1/session", headers=bearer(session)).status_code == 204
    assert site.http.get("/v1/session", headers=bearer(session)).status_code == 401


def test_nothing_secret_is_kept_readable(one: AuthSite) -> None:
    """Whoever reads the database could sign in as anybody."""
    made = local(one)
    session = sign_in(one, made).json()["session"]
    with one.place.unit.database.reading() as connection:
        rows = [
            str(row)
            for table in ("account", "account_session")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    secret = parse_qs(urlsplit(made.totp_address).query)["secret"][0]
    assert len(rows) == 2
    for text in (made.password, session, secret):
        assert not any(text in row for row in rows)
    assert "argon2id" in rows[0]
    log = one.place.unit.log
    said = b"".join(log.entries(0, log.head().size)).decode()
    assert session not in said and made.password not in said and made.password not in repr(made)


def test_everything_that_is_wrong_gets_one_answer(one: AuthSite) -> None:
    """A stranger would learn which accounts there are, or that a password is right."""
    made = local(one)
    local(one, "shut")
    change_account(one.server, caller(subject="chief"), "shut", 1, AccountState.LOCKED)
    create_account(one.server, caller(subject="chief"), "at-provider", Role.OPERATOR, "their-sub")
    answers = [
        sign_in(one, made, password="wrong"), sign_in(one, made, "nobody"), sign_in(one, made, "shut"),
        sign_in(one, made, "at-provider"), sign_in(one, made, one_time_code="000000"),
    ]  # fmt: skip
    bodies = [{**answer.json(), "instance": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {401}
    assert all(body == bodies[0] for body in bodies)


def test_a_one_time_code_is_taken_once(site: AuthSite) -> None:
    """Whoever sees password and code typed could sign in for the rest of the minute, or at the same moment."""
    made = local(site)
    code, answers = code_of(site, made), []
    start = threading.Barrier(4)

    def try_it() -> None:
        start.wait()
        answers.append(sign_in(site, made, one_time_code=code).status_code)

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [200, 401, 401, 401]


def test_who_guesses_waits_and_is_not_locked_out(one: AuthSite) -> None:
    """A password could be guessed by machine; or anybody could lock everybody out for good."""
    made = local(one)
    for _ in range(5):
        assert sign_in(one, made, password="guess").status_code == 401
    assert sign_in(one, made).status_code == 401
    one.place.shift_ms[0] += 61_000
    assert sign_in(one, made).status_code == 200
    assert sign_in(one, made, shift=1).status_code == 200


def test_guesses_at_once_are_as_many_failures(site: AuthSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever guesses in many connections at once would never have to wait."""
    made, start = local(site), threading.Barrier(FREE_FAILURES, timeout=60)
    monkeypatch.setattr(local_login, "_is_right", lambda *_: start.wait() < 0)
    with ThreadPoolExecutor(FREE_FAILURES) as pool:
        answers = [each.result() for each in [pool.submit(sign_in, site, made) for _ in range(FREE_FAILURES)]]
    assert {each.status_code for each in answers} == {401}
    monkeypatch.undo()
    assert sign_in(site, made).status_code == 401
    site.place.shift_ms[0] += 61_000
    assert sign_in(site, made).status_code == 200


def test_a_right_code_comes_too_late_beside_wrong_ones(one: AuthSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many codes tried at once, the right one would count whatever stood against the account by then."""
    made = local(one)

    def right_at_last(hashed: str, password: str) -> bool:
        monkeypatch.undo()
        for _ in range(FREE_FAILURES):
            assert sign_in(one, made, password="guess").status_code == 401
        return True

    monkeypatch.setattr(local_login, "_is_right", right_at_last)
    assert sign_in(one, made).status_code == 401


def test_a_new_credential_ends_the_old_one(one: AuthSite) -> None:
    """A lost telephone would go on signing in."""
    made = local(one)
    session = sign_in(one, made).json()["session"]
    fresh = renew_credential(one.server, caller(subject="chief"), "li-wei", 1)
    assert one.http.get("/v1/session", headers=bearer(session)).status_code == 401
    assert sign_in(one, made, shift=1).status_code == 401
    assert sign_in(one, fresh).status_code == 200


@pytest.mark.parametrize("state", [AccountState.LOCKED, AccountState.CLOSED])
def test_who_is_shut_out_is_out_at_once(site: AuthSite, state: AccountState) -> None:
    """Somebody who was dismissed would work on until the evening."""
    made = local(site)
    session = sign_in(site, made).json()["session"]
    change_account(site.server, caller(subject="chief"), "li-wei", 1, state)
    assert site.http.get("/v1/session", headers=bearer(session)).status_code == 401
    assert sign_in(site, made, shift=1).status_code == 401


@pytest.mark.parametrize("after", [IDLE_MS, LASTS_MS])
def test_a_session_ends_by_itself(one: AuthSite, after: int) -> None:
    """A machine that was left open would be an operator for ever."""
    session = sign_in(one, local(one)).json()["session"]
    steps = max(1, after // (IDLE_MS // 2)) if after != IDLE_MS else 1
    for _ in range(steps - 1):
        one.place.shift_ms[0] += IDLE_MS // 2
        assert one.http.get("/v1/session", headers=bearer(session)).status_code == 200
    one.place.shift_ms[0] += after if steps == 1 else IDLE_MS // 2
    assert one.http.get("/v1/session", headers=bearer(session)).status_code == 401


def test_what_changes_others_rights_needs_a_fresh_sign_in(one: AuthSite) -> None:
    """A session that somebody found open could let another agency in."""
    made = local(one)
    session = sign_in(one, made).json()["session"]
    one.place.shift_ms[0] += FRESH_MS
    answer = one.http.get("/v1/agencies", headers=bearer(session))
    assert answer.status_code == 401 and answer.json()["type"].endswith("/sign-in-again")
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]
    assert one.http.get("/v1/projects", headers=bearer(session)).status_code == 200
    again = sign_in(one, made, shift=0).json()["session"]
    assert one.http.get("/v1/agencies", headers=bearer(again)).status_code == 200


def test_an_access_token_is_no_session(one: AuthSite) -> None:
    """A token would be taken without its proof."""
    token = one.token(one.agency())
    for text in (token, "", "x", "a" * 10_000):
        assert one.http.get("/v1/session", headers=bearer(text)).status_code == 401


# --- accounts ---


def test_operators_keep_accounts_over_http(one: AuthSite) -> None:
    """Only whoever sits at the machine could let people in."""
    headers = bearer(sign_in(one, local(one)).json()["session"])
    made = one.http.post("/v1/accounts", json={"account": "ann", "role": "reviewer"}, headers=headers)
    assert made.status_code == 201 and made.json()["password"]
    found = one.http.get("/v1/accounts/ann", headers=headers)
    assert "password" not in found.text and found.json()["is_local"] is True
    changed = one.http.put(
        "/v1/accounts/ann/state", json={"state": "locked"}, headers={**headers, "if-match": found.headers["etag"]}
    )
    assert changed.json()["state"] == "locked"
    stale = one.http.put(
        "/v1/accounts/ann/state", json={"state": "active"}, headers={**headers, "if-match": found.headers["etag"]}
    )
    assert stale.status_code == 412
    renewed = one.http.post("/v1/accounts/ann/credential", headers={**headers, "if-match": changed.headers["etag"]})
    assert renewed.json()["password"] != made.json()["password"]
    codes = [each["account"] for each in one.http.get("/v1/accounts", headers=headers).json()["accounts"]]
    assert codes == ["ann", "li-wei"]
    changes = [entry.facts["change"] for entry in one.entries("account.change")]
    assert changes == ["created", "created", "locked", "credential-replaced"]
    granted = [entry.facts["permission"] for entry in one.entries("permission.change")]
    assert granted == ["role/operator", "role/reviewer"]


def test_nobody_changes_their_own_account(one: AuthSite) -> None:
    """Who was locked in another's absence could unlock themselves, and two-person rules would be one-person rules."""
    local(one)
    for change in (
        lambda: change_account(one.server, caller(subject="li-wei"), "li-wei", 1, AccountState.LOCKED),
        lambda: renew_credential(one.server, caller(subject="li-wei"), "li-wei", 1),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.why is Why.SAME_PERSON


def test_an_agency_is_no_person(one: AuthSite) -> None:
    """An account could act in an agency's place."""
    with pytest.raises(Refused):
        create_account(one.server, caller(), "police", Role.AGENCY, None)


def test_no_entry_no_session(one: AuthSite) -> None:
    """Somebody would work without a trace."""
    made = local(one)
    one.place.site.stop_signer()
    one.place.unit.log.signer.close()
    answer = sign_in(one, made)
    assert answer.status_code == 503 and "session" not in answer.json()
