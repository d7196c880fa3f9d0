"""People of the unit sign in at a certified provider; one that misbehaves, or an unfit answer, is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from auth_site import ISSUER as UNIT
from auth_site import AuthSite, auth_site
from openid_provider import SECRET, OpenIdProvider, openid_provider
from service_site import ServiceSite, caller
from tokens_made import Signer, ed25519_signer, rsa_signer

from api.auth.account_rows import AccountState
from api.auth.accounts import change_account, create_account
from api.auth.oidc_login import AWAY_MS, REDEEM_MS, challenge_of
from api.auth.permissions import Role
from api.auth.provider import LONGEST_ANSWER, REFRESH_S, RETURN_PATH, Provider, ProviderTerms
from api.auth.tokens import Rule, TokenRefusedError

VERIFIER = "v" * 64
SUBJECT = "li-wei-at-provider"


def bearer(session: str) -> dict[str, str]:
    return {"authorization": f"Bearer {session}"}


@pytest.fixture(scope="module")
def certified() -> Iterator[OpenIdProvider]:
    with openid_provider(UNIT) as found:
        yield found


def site_of(place: ServiceSite, certified: OpenIdProvider, client: str = "unit", acr: tuple[str, ...] = ()) -> AuthSite:
    secret = SECRET if client == "unit" else ""
    terms = ProviderTerms(certified.issuer, client, UNIT + RETURN_PATH, secret, acr)
    made = auth_site(place, UNIT, Provider(terms, lambda: 1_000.0))
    create_account(made.server, caller(subject="chief"), "li-wei", Role.REVIEWER, SUBJECT)
    return made


def begin(site: AuthSite, **changes: object) -> Any:
    query = {"port": 9_999, "challenge": challenge_of(VERIFIER), "state": "s" * 32, **changes}
    return site.http.get("/v1/session/begin", params=query, follow_redirects=False)


def came_back(site: AuthSite, address: str) -> Any:
    return site.http.get(address.removeprefix(UNIT), follow_redirects=False)


def signed_in(site: AuthSite, certified: OpenIdProvider, **changes: object) -> Any:
    """The whole way; the answer to the last step that was reached."""
    there = begin(site, **changes)
    assert there.status_code == 303, there.text
    back = came_back(site, certified.browse(there.headers["location"]))
    if back.status_code != 303:
        return back
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert back.headers["location"].startswith("http://127.0.0.1:9999/?") and query["state"] == ["s" * 32]
    return site.http.post("/v1/session", json={"code": query["code"][0], "verifier": VERIFIER})


@pytest.mark.parametrize("client", ["unit", "unit-public"])
def test_a_person_signs_in_at_the_provider(place: ServiceSite, certified: OpenIdProvider, client: str) -> None:
    """Code, PKCE, nonce and token exchange would be ours alone and fit no provider."""
    site = site_of(place, certified, client)
    certified.sign_in_as(SUBJECT)
    answer = signed_in(site, certified)
    assert answer.status_code == 200, answer.text
    me = site.http.get("/v1/session", headers=bearer(answer.json()["session"])).json()
    assert (me["subject"], me["role"], me["auth"], me["is_fresh"]) == ("li-wei", "reviewer", "oidc", True)
    (entry,) = site.entries("login")
    assert entry.actor.auth == "oidc"


def test_only_whom_we_know_gets_in(place_sqlite: ServiceSite, certified: OpenIdProvider) -> None:
    """Everybody at the ministry who has a password would be a reviewer."""
    site = site_of(place_sqlite, certified)
    certified.sign_in_as("somebody-else")
    assert signed_in(site, certified).status_code == 401
    certified.sign_in_as(SUBJECT)
    change_account(site.server, caller(subject="chief"), "li-wei", 1, AccountState.LOCKED)
    assert signed_in(site, certified).status_code == 401
    assert site.entries("login") == []
    site.server.login_refusals.close()
    assert sum(int(str(entry.facts["count"])) for entry in site.entries("login.refuse")) == 2


def test_every_step_is_taken_once_by_whoever_began_it(place_sqlite: ServiceSite, certified: OpenIdProvider) -> None:
    """An answer that was overheard would be a session for whoever sends it again."""
    site = site_of(place_sqlite, certified)
    certified.sign_in_as(SUBJECT)
    address = certified.browse(begin(site).headers["location"])
    back = came_back(site, address)
    assert back.status_code == 303
    assert came_back(site, address).status_code == 401
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    assert site.http.post("/v1/session", json={"code": code, "verifier": "w" * 64}).status_code == 401
    assert site.http.post("/v1/session", json={"code": code, "verifier": VERIFIER}).status_code == 401
    assert came_back(site, f"{RETURN_PATH}?state=unknown&code=x").status_code == 401
    assert came_back(site, RETURN_PATH).status_code == 401


@pytest.mark.parametrize("what", ["mixed-up", "no-issuer", "stolen-code", "too-late", "handed-over-too-late"])
def test_an_answer_that_does_not_fit_is_refused(
    place_sqlite: ServiceSite, certified: OpenIdProvider, what: str
) -> None:
    """One person's code would open another's session, one provider's answer pass as another's."""
    site = site_of(place_sqlite, certified)
    certified.sign_in_as(SUBJECT)
    address = certified.browse(begin(site).headers["location"])
    if what == "mixed-up":
        address = str(httpx2.URL(address).copy_set_param("iss", "https://other.example"))
    elif what == "no-issuer":
        address = str(httpx2.URL(address).copy_remove_param("iss"))
    elif what == "stolen-code":  # the code of this sign-in in another one: the verifier is another
        other = parse_qs(urlsplit(begin(site).headers["location"]).query)["state"][0]
        address = str(httpx2.URL(address).copy_set_param("state", other))
    elif what == "too-late":
        place_sqlite.shift_ms[0] += AWAY_MS + 1
    back = came_back(site, address)
    if what == "handed-over-too-late":
        place_sqlite.shift_ms[0] += REDEEM_MS + 1
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        back = site.http.post("/v1/session", json={"code": code, "verifier": VERIFIER})
    assert back.status_code == 401, back.text


def test_step_up_makes_the_provider_ask_again(place_sqlite: ServiceSite, certified: OpenIdProvider) -> None:
    """Whoever finds a browser that is signed in could prove to be its owner by a click."""
    site = site_of(place_sqlite, certified)
    before = certified.sign_in_as(SUBJECT)
    with httpx2.Client(trust_env=False, follow_redirects=False) as browser:
        for fresh in (False, False, True):
            address = begin(site, fresh=str(fresh).lower()).headers["location"]
            assert came_back(site, certified.browse_in(browser, address)).status_code == 303
    assert certified.sign_in_as(SUBJECT) == before + 2


def test_a_sign_in_of_too_little_assurance_is_refused(place_sqlite: ServiceSite, certified: OpenIdProvider) -> None:
    """A password alone would do where the site demands a card."""
    site = site_of(place_sqlite, certified, acr=("urn:example:strong",))
    certified.sign_in_as(SUBJECT, "urn:example:weak")
    assert signed_in(site, certified).status_code == 401
    certified.sign_in_as(SUBJECT, "urn:example:strong")
    assert signed_in(site, certified).status_code == 200


@pytest.mark.parametrize("changes", [
    {"port": 80}, {"port": 70_000}, {"challenge": "x"}, {"state": "x"}, {"state": "s" * 32 + "&x=1"},
])  # fmt: skip
def test_a_sign_in_begins_rightly_or_not_at_all(place_sqlite: ServiceSite, changes: dict[str, Any]) -> None:
    """A browser could be sent to another server of the machine, or a command be given another's answer."""
    assert begin(auth_site(place_sqlite), **changes).status_code == 422


def test_a_site_without_a_provider_says_so(place_sqlite: ServiceSite) -> None:
    """It would be a fault."""
    assert begin(auth_site(place_sqlite)).status_code == 404


# --- a provider that misbehaves ---

ISSUER = "https://login.example"


class Misbehaving:
    """Answers like a provider, but for what a test changes."""

    def __init__(self) -> None:
        self.signer: Signer = rsa_signer()
        self.keys: list[Any] = [{**self.signer.jwk, "kid": "a"}]
        self.kid, self.asked = "a", 0
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }  # fmt: skip
        self.claims: dict[str, Any] = {
            "iss": ISSUER, "aud": "unit", "sub": SUBJECT, "nonce": "n", "iat": 1_000, "exp": 1_300, "auth_time": 990,
        }  # fmt: skip
        self.header: dict[str, Any] = {}
        self.status = 200
        self.now = 0.0

    def provider(self, acr: tuple[str, ...] = ()) -> Provider:
        terms = ProviderTerms(ISSUER, "unit", f"{UNIT}{RETURN_PATH}", acr=acr)
        return Provider(terms, lambda: self.now, httpx2.MockTransport(self.answer))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx2.Response(200, json=self.metadata)
        if request.url.path == "/keys":
            self.asked += 1
            return httpx2.Response(200, json={"keys": self.keys})
        text = self.signer.sign({"kid": self.kid, **self.header}, self.claims)
        return httpx2.Response(self.status, json={"id_token": text, "access_token": "x"})

    def refused(self, provider: Provider | None = None, since: int | None = None) -> Rule:
        with pytest.raises(TokenRefusedError) as caught:
            (provider or self.provider()).identity("c", "n", "v", 1_001, fresh_since_s=since)
        return caught.value.rule


def test_a_provider_that_behaves_is_believed() -> None:
    """The refusals below would prove nothing."""
    them = Misbehaving()
    found = them.provider().identity("c", "n", "v", 1_001, fresh_since_s=980)
    assert (found.subject, found.proved_s) == (SUBJECT, 990)
    them.claims["aud"] = ["unit"]
    assert them.provider().identity("c", "n", "v", 1_001, fresh_since_s=None).subject == SUBJECT


@pytest.mark.parametrize(("claims", "rule"), [
    ({"nonce": "other"}, Rule.NONCE), ({"nonce": None}, Rule.CLAIMS), ({"aud": "other"}, Rule.AUDIENCE),
    ({"aud": ["unit", "other"]}, Rule.AUDIENCE), ({"azp": "other"}, Rule.AUDIENCE), ({"iss": "x"}, Rule.ISSUER),
    ({"exp": 1_000}, Rule.EXPIRED), ({"auth_time": None}, Rule.CLAIMS), ({"auth_time": "990"}, Rule.CLAIMS),
    ({"auth_time": 2_000}, Rule.AGE), ({"sub": ""}, Rule.CLAIMS), ({"iat": 2_000, "exp": 2_300}, Rule.ISSUED_LATER),
])  # fmt: skip
def test_an_id_token_that_does_not_fit_is_refused(claims: dict[str, Any], rule: Rule) -> None:
    """It would be one that was made for another program, another sign-in or another time."""
    them = Misbehaving()
    them.claims |= claims
    assert them.refused() is rule


def test_an_old_sign_in_is_not_fresh() -> None:
    """A provider that ignores max_age would make every session a fresh one."""
    them = Misbehaving()
    assert them.refused(since=1_100) is Rule.AGE
    assert them.refused(them.provider(acr=("strong",))) is Rule.ASSURANCE


def test_a_forged_id_token_is_refused() -> None:
    """Whoever stands between could sign as the provider: with another key, or one in the token itself."""
    them = Misbehaving()
    them.signer = rsa_signer()
    assert them.refused() is Rule.SIGNATURE
    them = Misbehaving()
    them.header = {"jwk": them.signer.jwk}
    assert them.refused() is Rule.HEADER
    them = Misbehaving()
    them.header = {"typ": "at+jwt"}
    assert them.refused() is Rule.TYPE
    them = Misbehaving()
    them.keys = [{**rsa_signer(1_024).jwk, "kid": "a"}, {"kty": "oct", "k": "AQAB", "kid": "a"}, 7]
    assert them.refused() is Rule.KEY


def test_new_keys_are_followed_and_unknown_ones_order_no_traffic() -> None:
    """A provider that changes its keys would lock everybody out; or strangers make us call it without end."""
    them = Misbehaving()
    provider = them.provider()
    assert provider.identity("c", "n", "v", 1_001, fresh_since_s=None)
    fresh = ed25519_signer()
    them.kid = "b"
    for _ in range(20):
        assert them.refused(provider) is Rule.KEY
    assert them.asked == 1
    them.signer, them.keys, them.now = fresh, [{**fresh.jwk, "kid": "b"}], REFRESH_S
    assert provider.identity("c", "n", "v", 1_001, fresh_since_s=None)
    assert them.asked == 2


@pytest.mark.parametrize("metadata", [
    {"issuer": "https://other.example"}, {"issuer": None}, {"token_endpoint": "http://login.example/token"},
    {"jwks_uri": "file:///etc/passwd"}, {"authorization_endpoint": None},
])  # fmt: skip
def test_a_description_that_does_not_fit_is_refused(metadata: dict[str, Any]) -> None:
    """Codes and secrets would be sent in clear, or to somebody else."""
    them = Misbehaving()
    them.metadata |= metadata
    assert them.refused() in (Rule.ISSUER, Rule.PROVIDER, Rule.CLAIMS)


def answering(make: Callable[[], httpx2.Response]) -> Provider:
    terms = ProviderTerms(ISSUER, "unit", UNIT)
    return Provider(terms, lambda: 0.0, httpx2.MockTransport(lambda _: make()))


def test_what_is_no_answer_is_refused() -> None:
    """A provider that is down, slow, hostile or behind a redirect would be a fault of ours."""
    twice = json.dumps({"issuer": ISSUER})[:-1] + f', "issuer": "{ISSUER}"}}'
    for make in (
        lambda: httpx2.Response(500), lambda: httpx2.Response(302, headers={"location": "https://evil.example"}),
        lambda: httpx2.Response(200, content=b"x" * (LONGEST_ANSWER + 1)), lambda: httpx2.Response(200, text="<html>"),
        lambda: httpx2.Response(200, text=twice), lambda: httpx2.Response(200, json=[1]), lambda: _down(),
    ):  # fmt: skip
        with pytest.raises(TokenRefusedError) as caught:
            answering(make).metadata()
        assert caught.value.rule is Rule.PROVIDER


def _down() -> httpx2.Response:
    raise httpx2.ConnectError("down")
