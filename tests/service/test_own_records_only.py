"""Whatever an agency asks, by any route, with any of another agency's ids: it sees and changes nothing of the other's.

The routes come from the list of routes, so that a new one is held to it without anybody thinking of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_site import ServiceSite, who
from two_agencies import World, make_world

from api.auth.permissions import GRANTS, Permission, Role
from api.linkage.listing import listed_routes
from api.linkage.routers import ROUTERS

VERSIONS = ('"1"', '"2"', '"3"')


@pytest.fixture
def world(place_sqlite: ServiceSite, tmp_path: Path) -> World:
    return make_world(place_sqlite, tmp_path)


def must_not_show(world: World, answer: Any, asked: str) -> None:
    """Nothing of the hospital's is in the answer, not even what the question named."""
    told = answer.text + str(dict(answer.headers))
    found = [secret for secret in world.owned["hospital"].secrets if secret in told or _raw(secret) in answer.content]
    assert not found, (asked, answer.status_code)


def _raw(secret: str) -> bytes:
    """The same as an Arrow file holds it; a handle that is nearly all zeros stands anywhere in one."""
    try:
        return bytes.fromhex(secret) if not secret.startswith("00000000") else secret.encode()
    except ValueError:
        return secret.encode()


def test_each_sees_its_own(world: World) -> None:
    """The tests below could not fail: nothing would be there to be seen."""
    for code, mine in world.owned.items():
        told = b"".join(world.answers_of(code).values()).decode(errors="replace")
        hidden = {"whsec_", "uploads"}
        unseen = [secret for secret in mine.secrets if secret not in told and not secret.startswith(tuple(hidden))]
        batch_records = 2 if code == "police" else 3  # a handle is submitted and never listed
        assert len(unseen) <= batch_records, unseen


def test_no_route_shows_another_agencys(world: World) -> None:
    """An agency that guesses or overhears an id would read what is another's."""
    hospital, police = world.owned["hospital"], world.owned["police"]
    before = world.answers_of("hospital")
    asked = 0
    for route in world.routes():
        bodies = [world.body(route)] if route.method in ("POST", "PUT", "PATCH") else [None]
        for path in world.paths(route, hospital.ids):
            for body in bodies:
                for version in VERSIONS if route.method != "GET" else ("",):
                    headers = {**police.headers, **({"if-match": version} if version else {})}
                    answer = world.http.request(route.method, path, headers=headers, json=body)
                    must_not_show(world, answer, f"{route.method} {route.path}")
                    if "{" in route.path.replace("{project}", ""):
                        assert answer.status_code >= 400, (route, answer.status_code)
                    asked += 1
    assert asked > 200
    assert world.answers_of("hospital") == before


def test_no_cursor_of_another_agency_is_taken(world: World) -> None:
    """A link that was overheard would turn another agency's pages."""
    links = []
    for route in world.routes():
        for path in world.paths(route, world.owned["hospital"].ids) if route.method == "GET" else ():
            answer = world.http.get(f"{path}?limit=1", headers=world.owned["hospital"].headers)
            if "link" in answer.headers:
                links.append(answer.headers["link"].partition("<")[2].partition(">")[0])
    assert links
    for link in links:
        answer = world.http.get(link, headers=world.owned["police"].headers)
        assert answer.status_code in (400, 404)
        must_not_show(world, answer, link)


def test_an_idempotency_key_is_the_callers_own(world: World) -> None:
    """Another agency's kept answer, with a secret in it, would be given to whoever uses the same key."""
    body = {"url": "https://hooks.hospital.example/canary", "kinds": ["job.done"]}
    headers = {**world.owned["police"].headers, "idempotency-key": "same"}
    answer = world.http.post("/v1/webhooks", json=body, headers=headers)
    assert answer.status_code == 422  # the police's own key, used before for its own address
    must_not_show(world, answer, "POST /v1/webhooks")


def test_what_is_not_an_agencys_is_refused(world: World) -> None:
    """The unit's own routes would tell an agency about all others."""
    mine = set(map(str, GRANTS[Role.AGENCY]))
    others = [each for each in listed_routes(ROUTERS) if each.permission not in mine]
    assert len(others) > 10
    for route in others:
        for path in world.paths(route, [*world.owned["hospital"].ids[:3], "hospital"]):
            headers = {**world.owned["police"].headers, "if-match": VERSIONS[0]}
            answer = world.http.request(route.method, path, headers=headers, json=world.body(route))
            assert answer.status_code in (403, 404, 405, 415, 422), (route, answer.status_code)
            must_not_show(world, answer, f"{route.method} {route.path}")


def test_without_a_credential_nothing_is_shown(world: World) -> None:
    """A route would be open that nobody meant to open, or ask a stranger for anything but a credential."""
    for route in listed_routes(ROUTERS):
        if route.permission == Permission.PUBLIC:
            continue
        for path in world.paths(route, world.owned["hospital"].ids[:2]):
            for headers in ({"if-match": VERSIONS[0]}, {}):
                answer = world.http.request(route.method, path, headers=headers, json=world.body(route))
                assert answer.status_code in (401, 404, 415), (route, answer.status_code)
                must_not_show(world, answer, f"{route.method} {route.path}")


def test_whatever_the_body_says(world: World) -> None:
    """A body that names another agency's record, id or code would be believed."""
    hospital = world.owned["hospital"]
    names = st.sampled_from([*hospital.ids, "hospital", "police", *world.owned["police"].ids])
    before = world.answers_of("hospital")

    @settings(max_examples=250, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(route=st.sampled_from(world.routes()), data=st.data())
    def one(route: Any, data: st.DataObject) -> None:
        ids = data.draw(st.lists(names, min_size=2, max_size=2))
        path = data.draw(st.sampled_from(list(world.paths(route, ids))))
        body = _with_names(world.body(route), names, data)
        headers = {**who(Role.AGENCY, "police"), "if-match": data.draw(st.sampled_from(VERSIONS))}
        answer = world.http.request(route.method, path, headers=headers, json=body)
        assert answer.status_code < 500
        must_not_show(world, answer, f"{route.method} {route.path} {json.dumps(body)[:200]}")

    one()
    assert {**before, **world.answers_of("hospital")} == world.answers_of("hospital")


def _with_names(body: Any, names: st.SearchStrategy[str], data: st.DataObject) -> Any:
    """The same body with some of its texts replaced."""
    if isinstance(body, dict):
        return {name: _with_names(value, names, data) for name, value in body.items()}
    if isinstance(body, list):
        return [_with_names(value, names, data) for value in body]
    if isinstance(body, str) and data.draw(st.booleans()):
        return data.draw(names)
    return body
