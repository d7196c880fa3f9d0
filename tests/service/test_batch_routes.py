"""Projects and uploads over HTTP: the whole path, and what another agency is told."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from batch_site import PROJECT, Agency, handle
from fastapi.testclient import TestClient
from service_site import ServiceSite, who
from test_uploads import stands

from api.auth.permissions import Role
from api.linkage import batch_routes, project_routes
from linkage.encoding.secret_passing import join

BASE = f"/v1/projects/{PROJECT}"
OPERATOR = who(Role.OPERATOR)
POLICE, HOSPITAL, SCHOOL = (who(Role.AGENCY, agency) for agency in ("police", "hospital", "school"))
TERMS = {
    "project": PROJECT, "schema_name": "cn-child-v1", "scheme": "clk", "population": 1_000, "normaliser": "test",
    "diffusion": 10, "purpose": "find missing children", "legal_basis": "law-12", "retention_days": 30,
    "members": ["police", "hospital"],
}  # fmt: skip


def part_headers(part: bytes, offset: int) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
    return {**POLICE, "Content-Digest": f"sha-256=:{digest}:", "Upload-Offset": str(offset)}


def begun(http: TestClient, place: ServiceSite) -> Agency:
    assert http.post("/v1/projects", json=TERMS, headers=OPERATOR).status_code == 422  # members whom nobody registered
    place.know(*TERMS["members"])
    assert http.post("/v1/projects", json=TERMS, headers=OPERATOR).status_code == 201
    police = Agency("police")
    accepted = base64.b64encode(join(PROJECT, "police", 1, police.signing, police.opening)).decode()
    body = {"verifying_key": police.signing.verifying_key.to_text(), "acceptance": accepted}
    assert http.put(f"{BASE}/membership", json=body, headers=POLICE).status_code == 200
    return police


def test_the_whole_path(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """Routes could miss their flows, or an offset be stated wrongly."""
    with TestClient(place_sqlite.app(project_routes.router, batch_routes.router)) as http:
        police = begun(http, place_sqlite)
        data = police.sealed(place_sqlite, tmp_path, [1, 2])
        new = {"kind": "changes", "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        place = http.post(f"{BASE}/uploads", json=new, headers=POLICE).headers["location"]
        sent = http.put(place, content=data[:500], headers=part_headers(data[:500], 0))
        assert (sent.status_code, sent.headers["upload-offset"]) == (200, "500")
        wrong = http.put(place, content=data[500:], headers=part_headers(b"other", 500))
        assert wrong.status_code in {400, 422}
        assert http.get(place, headers=POLICE).headers["upload-offset"] == "500"
        head = http.head(place, headers=POLICE)
        assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("500", str(len(data)))
        assert http.put(place, content=data[500:], headers=part_headers(data[500:], 500)).status_code == 200
        first = http.post(f"{place}/commit", headers=POLICE)
        assert first.json() == http.post(f"{place}/commit", headers=POLICE).json()
        assert http.get(f"{BASE}/batches", headers=POLICE).json()["batches"] == [first.json()]
        assert stands(place_sqlite) == {"police": {handle(1), handle(2)}}
        assert http.delete(f"{BASE}/records/{handle(1).hex()}", headers=POLICE).status_code == 204
        assert http.delete(f"{BASE}/records/{handle(1).hex()}", headers=POLICE).status_code == 404
        assert stands(place_sqlite) == {"police": {handle(2)}}


def test_others_learn_nothing(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """An agency would see or touch what another one sent, or learn who else is in a project."""
    with TestClient(place_sqlite.app(project_routes.router, batch_routes.router)) as http:
        police = begun(http, place_sqlite)
        upload = police.upload(place_sqlite, police.sealed(place_sqlite, tmp_path, [1]))
        assert http.post(f"{BASE}/uploads/{upload}/commit", headers=POLICE).status_code == 200
        assert http.get(f"{BASE}/batches", headers=HOSPITAL).json() == {"batches": []}
        assert http.get(f"{BASE}/uploads/{upload}", headers=HOSPITAL).status_code == 404
        assert http.head(f"{BASE}/uploads/{upload}", headers=HOSPITAL).status_code == 404
        assert http.get(BASE, headers=HOSPITAL).json()["members"] is None
        for path in (BASE, f"{BASE}/batches", f"{BASE}/custodians", f"{BASE}/secrets"):
            assert http.get(path, headers=SCHOOL).status_code == 404
        assert http.post("/v1/projects", json=TERMS, headers=POLICE).status_code == 403


def test_changes_need_if_match(place_sqlite: ServiceSite) -> None:
    """Two operators would overwrite each other."""
    with TestClient(place_sqlite.app(project_routes.router)) as http:
        begun(http, place_sqlite)
        change = {"retention_days": 10}
        assert http.patch(BASE, json=change, headers=OPERATOR).status_code == 428
        done = http.patch(BASE, json=change, headers={**OPERATOR, "If-Match": '"1"'})
        assert (done.status_code, done.headers["etag"]) == (200, '"2"')
        assert http.patch(BASE, json=change, headers={**OPERATOR, "If-Match": '"1"'}).status_code == 412
