"""Cursors, digests, buckets, conditional reading: the small rules, apart from any route."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace
from typing import Annotated

import pytest
from fastapi import APIRouter, Request, Response
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from service_site import ServiceSite, who

from api.auth.guard import allowed
from api.auth.permissions import Permission, Role
from api.auth.principal import Principal
from api.client.calls import Answer
from api.http.conditional import strong_tag, unless_held
from api.http.digests import Check, content_digest, parse_digests, sha256_of
from api.http.limits import Bucket, Limits, Rate, take_strangers_turn
from api.http.pagination import ThePage, open_cursor, seal_cursor
from api.http.problems import Problem
from linkage.refusals import Refused, Why

Anybody = Annotated[Principal, allowed(Permission.SELF)]
KEY = bytes(range(32))
ROWS = [f"r-{number:03}" for number in range(25)]

# --- cursors -----------------------------------------------------------------------------------------------------


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_cursor_opens_where_it_was_made(last: str, bound: str) -> None:
    """A list could not be read to its end."""
    if last.encode("utf-8", "replace").decode() == last and bound.encode("utf-8", "replace").decode() == bound:
        assert open_cursor(KEY, seal_cursor(KEY, last, bound), bound) == last


@given(st.text(max_size=200))
def test_a_cursor_that_somebody_made_up_is_refused(cursor: str) -> None:
    """Anybody could start a list at any id, or crash the reader."""
    with pytest.raises(Problem):
        open_cursor(KEY, cursor, "list")


def test_a_cursor_of_another_list_caller_or_service_is_refused() -> None:
    """Ids could be carried from one list or caller to another."""
    cursor = seal_cursor(KEY, "r-007", "police\n/a\n")
    for key, text, bound in (
        (KEY, cursor, "hospital\n/a\n"),
        (bytes(32), cursor, "police\n/a\n"),
        (KEY, cursor[:-1], "police\n/a\n"),
        (KEY, cursor + "A", "police\n/a\n"),
        (KEY, cursor + "=", "police\n/a\n"),
    ):
        with pytest.raises(Problem):
            open_cursor(key, text, bound)


def pages(place: ServiceSite) -> TestClient:
    router = APIRouter()

    @router.get("/rows")
    def rows(who: Anybody, page: ThePage, kind: str = "") -> list[str]:
        found = [row for row in ROWS if row > page.after][: page.limit]
        return list(page.turn(found, lambda row: row))

    return TestClient(place.app(router))


def test_links_lead_through_the_whole_list(place_sqlite: ServiceSite) -> None:
    """Rows would be skipped or come twice."""
    found: list[str] = []
    path: str | None = "/rows?limit=10&kind=a%26b%3Dc"
    with pages(place_sqlite) as http:
        while path:
            answer = http.get(path, headers=who(Role.AGENCY, "police"))
            assert answer.status_code == 200
            found += answer.json()
            path = Answer(200, dict(answer.headers), b"").following
            assert path is None or "kind=a%26b%3Dc" in path
    assert found == ROWS


def test_a_cursor_is_its_callers_and_its_filters(place_sqlite: ServiceSite) -> None:
    """A cursor could be passed on, or used under another filter."""
    with pages(place_sqlite) as http:
        answer = http.get("/rows?limit=10&kind=a", headers=who(Role.AGENCY, "police"))
        path = Answer(200, dict(answer.headers), b"").following
        assert path is not None
        assert http.get(path, headers=who(Role.AGENCY, "hospital")).status_code == 400
        assert http.get(path.replace("kind=a", "kind=b"), headers=who(Role.AGENCY, "police")).status_code == 400
        assert http.get(path, headers=who(Role.AGENCY, "police")).json() == ROWS[10:20]
        assert http.get("/rows?limit=501", headers=who(Role.AGENCY, "police")).status_code == 422


# --- digests -----------------------------------------------------------------------------------------------------

RFC_SHA256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
RFC_SHA512 = "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:"
RFC_BODY = b'{"hello": "world"}\n'


def test_the_digests_of_the_rfc() -> None:
    """Another implementation's digests would be refused (RFC 9530, appendix B.1 and B.9 compute these)."""
    assert content_digest(RFC_BODY) == RFC_SHA256
    found = parse_digests(f"{RFC_SHA256}, {RFC_SHA512}")
    assert found == {"sha-256": hashlib.sha256(RFC_BODY).digest(), "sha-512": hashlib.sha512(RFC_BODY).digest()}
    check = Check(f"{RFC_SHA256},{RFC_SHA512},crc32c=:AAAA:")
    check.update(RFC_BODY[:5])
    check.update(RFC_BODY[5:])
    check.close()


@pytest.mark.parametrize("header", [RFC_SHA256, RFC_SHA512, f"{RFC_SHA256}, {RFC_SHA512}"])
def test_other_bytes_are_refused(header: str) -> None:
    """A part that was damaged on its way would count."""
    check = Check(header)
    check.update(RFC_BODY + b"x")
    with pytest.raises(Refused) as told:
        check.close()
    assert told.value.why is Why.WRONG_DIGEST


@pytest.mark.parametrize(
    "header",
    [
        "", "sha-256", "sha-256=abc", "sha-256=:abc:", "sha-256=::", "md5=:AAAA:", RFC_SHA256[:-1], RFC_SHA256 + ";x",
        "sha-256=:" + "A" * 600 + ":", RFC_SHA256.replace("=:", "=:!"), "SHA-256" + RFC_SHA256[7:], "sha-256=:RK/0:",
    ],
)  # fmt: skip
def test_what_is_no_digest_is_refused(header: str) -> None:
    """A part without a checked digest would count."""
    with pytest.raises(Refused) as told:
        parse_digests(header)
    assert told.value.why is Why.MALFORMED


@given(st.binary(max_size=100))
def test_our_header_is_read_back(data: bytes) -> None:
    """Our own digests would not be ones."""
    assert sha256_of(content_digest(data)) == hashlib.sha256(data).digest()
    assert base64.b64encode(hashlib.sha256(data).digest()).decode() in content_digest(data)


# --- buckets -----------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 600), st.integers(1, 50), st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=200)
)  # fmt: skip
def test_no_more_than_the_rate_passes(per_minute: int, burst: int, gaps: list[float]) -> None:
    """A caller could ask for more than it is granted, or be refused what it is granted."""
    rate, bucket, now, passed = Rate(per_minute, burst), Bucket(burst, 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        bucket, wait = bucket.taken(rate, now)
        passed += not wait
        assert 0 <= bucket.tokens <= burst
        if wait:
            assert bucket.taken(rate, now + wait + 1e-6)[1] == 0
    assert passed <= burst + now * per_minute / 60 + 1e-6


def test_each_caller_has_its_own_bucket() -> None:
    """One caller could use up everybody's."""
    limits = Limits(Rate(60, 2), lambda: 0.0)
    assert dict(limits.take("a"))["RateLimit"] == '"default";r=1;t=0'
    limits.take("a")
    with pytest.raises(Problem) as told:
        limits.take("a")
    assert (told.value.status, told.value.headers["Retry-After"]) == (429, "1")
    limits.take("b")


def test_strangers_of_one_network_share_their_turns() -> None:
    """Whoever has an IPv6 network would have 2^64 times the tries."""
    state = SimpleNamespace(turns=Limits(Rate(60, 1), lambda: 0.0))

    def come(host: str) -> None:
        scope = {"type": "http", "app": SimpleNamespace(state=state), "client": (host, 1), "headers": []}
        take_strangers_turn(Request(scope), "turns")

    come("2001:db8:1:2::3")
    come("2001:db8:1:3::3")
    come("192.0.2.1")
    come("192.0.2.2")
    for again in ("2001:db8:1:2:ffff::9", "::ffff:192.0.2.1"):
        with pytest.raises(Problem):
            come(again)


def test_limits_are_told_and_kept(place_sqlite: ServiceSite) -> None:
    """A client could not pace itself."""
    with pages(place_sqlite) as http:
        http.app.state.limits = Limits(Rate(60, 2), lambda: 0.0)  # type: ignore[attr-defined]
        answers = [http.get("/rows", headers=who(Role.AGENCY, "police")) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=60;w=60'
    assert answers[2].headers["ratelimit"].startswith('"default";r=0')


# --- conditional reading -----------------------------------------------------------------------------------------


def test_what_the_caller_holds_is_not_sent_again(place_sqlite: ServiceSite) -> None:
    """Results would be sent anew at every look."""
    router = APIRouter()

    @router.get("/thing")
    def thing(who: Anybody, request: Request) -> Response:
        return unless_held(request, Response(b"some bytes", headers={"X-Other": "1"}), strong_tag(b"some bytes"))

    with TestClient(place_sqlite.app(router)) as http:
        tag = http.get("/thing", headers=who(Role.OPERATOR)).headers["etag"]
        for given_tag in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = http.get("/thing", headers=who(Role.OPERATOR) | {"if-none-match": given_tag})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
            assert "x-other" not in answer.headers
        assert http.get("/thing", headers=who(Role.OPERATOR) | {"if-none-match": '"x"'}).content == b"some bytes"
