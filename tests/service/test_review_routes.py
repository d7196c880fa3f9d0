"""Clerical review and checks over HTTP: what leaves, and who may call."""

from __future__ import annotations

from fastapi.testclient import TestClient
from review_pairs import enqueue, handle, pair
from service_site import ServiceSite, who

from api.auth.permissions import Role
from api.linkage import check_routes, review_routes

BASE = "/v1/projects/p-one"
ANN, BEN = (who(Role.REVIEWER, subject=name) for name in ("ann", "ben"))
OPERATOR = who(Role.OPERATOR)
POLICE, HOSPITAL = (who(Role.AGENCY, agency) for agency in ("police", "hospital"))


def _client(place: ServiceSite) -> TestClient:
    return TestClient(place.app(review_routes.router, check_routes.router))


def _decide(http: TestClient, person: dict[str, str], verdict: str) -> str:
    taken = http.post(f"{BASE}/reviews/next", headers=person)
    assert taken.status_code == 200
    headers = {**person, "If-Match": taken.headers["etag"]}
    item = taken.json()["item"]
    given = http.post(f"{BASE}/reviews/{item}/decisions", json={"verdict": verdict}, headers=headers)
    assert given.status_code == 201
    return str(given.json()["decision"])


def test_the_whole_path(place_sqlite: ServiceSite) -> None:
    """Routes could miss their flows."""
    enqueue(place_sqlite, pair(1, 2))
    with _client(place_sqlite) as http:
        assert http.get(f"{BASE}/reviews/mine", headers=ANN).json() == {"decided": 0, "latest": None, "waiting": True}
        decision = _decide(http, ANN, "same")
        assert http.get(f"{BASE}/reviews/mine", headers=ANN).json()["latest"] == decision
        assert http.delete(f"{BASE}/reviews/decisions/{decision}", headers=ANN).status_code == 204
        _decide(http, ANN, "unsure")
        _decide(http, BEN, "unsure")
        assert http.post(f"{BASE}/reviews/next", headers=ANN).status_code == 204
        figures = http.get(f"{BASE}/reviews/status", headers=OPERATOR).json()
        assert figures["items"] == {"settled": 1}
        assert figures["agreement"] == {"pairs": 1, "observed": 1.0, "kappa": None, "low": None, "high": None}
        (unsure,) = http.get(f"{BASE}/reviews/unsure", headers=OPERATOR).json()["items"]
        path = f"{BASE}/reviews/{unsure['item']}/checks"
        assert http.post(path, json={"reason": "name"}, headers=OPERATOR).status_code == 204
        for agency, number in ((POLICE, 1), (HOSPITAL, 2)):
            (check,) = http.get(f"{BASE}/checks", headers=agency).json()["checks"]
            assert check["handle"] == handle(number).hex()
            one = http.get(f"{BASE}/checks/{check['check']}", headers=agency)
            headers = {**agency, "If-Match": one.headers["etag"]}
            answer = {"answer": "confirmed"}
            done = http.put(f"{BASE}/checks/{check['check']}/answer", json=answer, headers=headers)
            assert done.status_code == 204
        assert http.post(f"{BASE}/reviews/next", headers=ANN).json()["custodians"]["confirmed"] == 2
        again = http.post(f"{BASE}/reviews/{unsure['item']}/reopen", headers=OPERATOR)
        assert again.status_code == 409


def test_no_reviewer_or_operator_learns_whose_records_they_are(place_sqlite: ServiceSite) -> None:
    """A reviewer could tell an agency, or carry a handle out of the house."""
    enqueue(place_sqlite, pair(1, 2))
    hidden = ["police", "hospital", handle(1).hex(), handle(2).hex(), "c1", "d2", "agency", "handle"]
    with _client(place_sqlite) as http:
        answers = [http.post(f"{BASE}/reviews/next", headers=ANN)]
        _decide(http, ANN, "unsure")
        _decide(http, BEN, "unsure")
        answers += [http.get(f"{BASE}/reviews/{one}", headers=OPERATOR) for one in ("status", "unsure")]
    for answer in answers:
        assert answer.status_code == 200
        assert not [word for word in hidden if f'"{word}' in answer.text]


def test_each_route_has_its_role(place_sqlite: ServiceSite) -> None:
    """An agency could review, a reviewer could manage, an operator could decide."""
    with _client(place_sqlite) as http:
        for person in (POLICE, OPERATOR):
            assert http.post(f"{BASE}/reviews/next", headers=person).status_code == 403
        for person in (POLICE, ANN):
            assert http.get(f"{BASE}/reviews/status", headers=person).status_code == 403
        for person in (OPERATOR, ANN):
            assert http.get(f"{BASE}/checks", headers=person).status_code == 403
        assert http.get(f"{BASE}/checks").status_code == 401


def test_a_decision_needs_what_was_seen(place_sqlite: ServiceSite) -> None:
    """A client could decide blindly, without having taken the pair."""
    enqueue(place_sqlite, pair(1, 2))
    with _client(place_sqlite) as http:
        item = http.post(f"{BASE}/reviews/next", headers=ANN).json()["item"]
        path = f"{BASE}/reviews/{item}/decisions"
        assert http.post(path, json={"verdict": "same"}, headers=ANN).status_code == 428
        for tag in ('"7"', "*", "7"):
            wrong = http.post(path, json={"verdict": "same"}, headers={**ANN, "If-Match": tag})
            assert wrong.status_code == 412
