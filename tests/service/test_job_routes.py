"""Jobs and results over HTTP: the whole path, live progress that can be resumed, and deliveries in the log."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pytest
from batch_site import PROJECT, handle
from fastapi.testclient import TestClient
from job_site import WORKER, run, send
from service_site import ServiceSite, who
from serving import serving
from test_run_job import begun, names

from api.auth.permissions import Role
from api.linkage import job_routes
from api.linkage.routers import ROUTERS
from audit.commitments import hash_output
from audit.entry import Entry, read
from linkage.flows.hold_job import take_job
from linkage.flows.manage_projects import change_project
from linkage.flows.run_job import Worker, run_next_job
from linkage.jobs import Phase

BASE = f"/v1/projects/{PROJECT}"
POLICE, HOSPITAL, SCHOOL = (who(Role.AGENCY, agency) for agency in ("police", "hospital", "school"))
OPERATOR = who(Role.OPERATOR)


def deliveries(place: ServiceSite) -> list[Entry]:
    log = place.unit.log
    return [each for data in log.entries(0, log.head().size) if (each := read(data)).event == "result.deliver"]


def events_of(text: str) -> list[dict[str, Any]]:
    """Numbers and data of a stream's events."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if lines:
            assert lines["event"] == "progress"
            found.append({"id": int(lines["id"]), **json.loads(lines["data"])})
    return found


def test_from_request_to_results(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """Routes could miss their flows."""
    begun(place_sqlite, tmp_path)
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        assert http.get(f"{BASE}/results", headers=POLICE).status_code == 404
        asked = http.post(f"{BASE}/jobs", json={}, headers=POLICE)
        assert (asked.status_code, asked.headers["retry-after"]) == (202, "1")
        place = asked.headers["location"]
        assert http.post(f"{BASE}/jobs", json={}, headers=HOSPITAL).status_code == 409
        first = http.get(place, headers=POLICE)
        assert (first.json()["state"], first.headers["retry-after"]) == ("queued", "1")
        assert http.get(place, headers={**POLICE, "if-none-match": first.headers["etag"]}).status_code == 304
        assert run_next_job(place_sqlite.unit, WORKER, Worker()) == 1
        done = http.get(place, headers={**POLICE, "if-none-match": first.headers["etag"]})
        assert (done.status_code, done.json()["state"], done.json()["done"]) == (200, "done", 1.0)
        assert "retry-after" not in done.headers
        # How many records and links the others have is not for an agency.
        assert done.json()["figures"] is None
        assert http.get(place, headers=OPERATOR).json()["figures"]["records"] > 200
        assert http.delete(place, headers=POLICE).status_code == 409
        listed = http.get(f"{BASE}/jobs", headers=HOSPITAL).json()["jobs"]
        assert [each["job"] for each in listed] == [done.json()["job"]]
        for path in (place, f"{place}/events", f"{BASE}/jobs", f"{BASE}/results"):
            assert http.get(path, headers=SCHOOL).status_code == 404
        assert http.get(f"{BASE}/results", headers=OPERATOR).status_code == 403


def test_pages_and_stream_say_the_same(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """A record would be left out between two pages, or leave without its entry."""
    begun(place_sqlite, tmp_path)
    run(place_sqlite)
    paged: dict[str, str] = {}
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        path: str | None = f"{BASE}/results?limit=50"
        sent = []
        while path:
            answer = http.get(path, headers=POLICE)
            assert http.get(path, headers={**POLICE, "if-none-match": answer.headers["etag"]}).status_code == 304
            sent.append(answer)
            paged |= {row["handle"]: row["pseudonym"] for row in answer.json()["results"]}
            assert all(row["known_elsewhere"] is None for row in answer.json()["results"])
            link = answer.headers.get("link", "")
            path = link.partition("<")[2].partition(">")[0] or None
            if path:
                assert http.get(path, headers=HOSPITAL).status_code == 400
        streamed = http.get(f"{BASE}/results.arrow", headers=POLICE)
        sent.append(streamed)
    table = pa.ipc.open_stream(io.BytesIO(streamed.content)).read_all()
    rows = zip(table["handle"].to_pylist(), table["pseudonym"].to_pylist(), strict=True)
    assert paged == {one.hex(): name.hex() for one, name in rows}
    assert paged == {one.hex(): name.hex() for one, name in names(place_sqlite, "police").items()}
    found = deliveries(place_sqlite)
    assert len(found) == len(sent) > 3  # what was held already left no second time
    for entry, answer in zip(found, sent, strict=True):
        assert entry.output is not None and entry.facts["recipient"] == "police"
        assert entry.output.sha256 == hash_output(answer.content, bytes.fromhex(answer.headers["sealink-salt"]))
    assert sum(entry.output.n for entry in found if entry.output) == 2 * len(paged)


def test_elsewhere_goes_with_its_basis(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """What the project had a basis to tell would be told after it had been withdrawn."""
    begun(place_sqlite, tmp_path)
    caller = WORKER
    change_project(place_sqlite.unit, caller, PROJECT, 1, elsewhere_basis="law-9")
    run(place_sqlite)
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        before = http.get(f"{BASE}/results?limit=500", headers=POLICE)
        known = {row["handle"]: row["known_elsewhere"] for row in before.json()["results"]}
        assert known[handle(1).hex()] is True and known[handle(200).hex()] is False
        change_project(place_sqlite.unit, caller, PROJECT, 2, elsewhere_basis="")
        held = {**POLICE, "if-none-match": before.headers["etag"]}
        after = http.get(f"{BASE}/results?limit=500", headers=held)
        assert after.status_code == 200
        assert {row["known_elsewhere"] for row in after.json()["results"]} == {None}
        table = pa.ipc.open_stream(io.BytesIO(http.get(f"{BASE}/results.arrow", headers=POLICE).content)).read_all()
        assert table.column_names == ["handle", "pseudonym"]


def test_changes_are_told(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """An agency would go on to use a name whose records belong to another child by now."""
    place, police, _ = begun(place_sqlite, tmp_path)
    first = run(place).id
    before = names(place, "police")
    with TestClient(place.app(*ROUTERS)) as http:
        page = http.get(f"{BASE}/results?limit=20", headers=POLICE)
        following = page.headers["link"].partition("<")[2].partition(">")[0]
        send(place, tmp_path, police, {2: 1})  # the police's record 2 is child 1, not 2, after all
        second = run(place).id
        assert http.get(following, headers=POLICE).status_code == 412
        after = names(place, "police")
        assert after[handle(2)] == after[handle(1)] == before[handle(1)] and after[handle(3)] == before[handle(3)]
        told = http.get(f"{BASE}/results/changes", headers=POLICE).json()["changes"]
        one, three = before[handle(1)].hex(), before[handle(3)].hex()
        assert told == [
            {"job": second, "number": 0, "kind": "merged", "pseudonym": one, "others": [three]},
            {"job": second, "number": 1, "kind": "split", "pseudonym": three, "others": [one]},
        ]
        assert http.get(f"{BASE}/results/changes", headers=HOSPITAL).json() == {"changes": []}
        run(place)
        assert http.get(f"{BASE}/results/changes", headers=POLICE).json() == {"changes": []}
        since = http.get(f"{BASE}/results/changes?since={first}&limit=1", headers=POLICE)
        assert since.json()["changes"] == told[:1]
        rest = http.get(since.headers["link"].partition("<")[2].partition(">")[0], headers=POLICE)
        assert rest.json()["changes"] == told[1:]
        last = http.get(rest.headers["link"].partition("<")[2].partition(">")[0], headers=POLICE)
        assert (last.json(), "link" in last.headers) == ({"changes": []}, False)


def test_progress_is_followed_live(place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client would see nothing until the end, see it run backwards, or miss what happened while it was away."""
    begun(place_sqlite, tmp_path)
    monkeypatch.setattr(job_routes, "HEARTBEAT_S", 0.3)
    bearer = {"authorization": "Bearer agency/police/someone"}
    with serving(place_sqlite.app(*ROUTERS)) as base:
        place = base + httpx2.post(f"{base}{BASE}/jobs", json={}, headers=bearer).headers["location"]
        goes_on = threading.Event()

        def work() -> None:
            held = take_job(place_sqlite.unit, WORKER)
            assert held is not None
            held.tell(Phase.CANDIDATES, 0.5)
            assert goes_on.wait(20)
            held.tell(Phase.CANDIDATES, 0.2)  # a later word that says less
            held.tell(Phase.CLUSTERS, 0.5)
            held.give_back()
            assert run_next_job(place_sqlite.unit, WORKER, Worker()) == 1

        worker = threading.Thread(target=work)
        worker.start()
        seen = ""
        with httpx2.stream("GET", f"{place}/events", headers=bearer, timeout=30) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for piece in stream.iter_text():
                seen += piece
                if ": ping" in seen and '"phase":"candidates"' in seen:
                    break  # the connection is cut here
        goes_on.set()
        before = events_of(seen)
        assert before[-1]["done"] < 1
        resumed = httpx2.get(f"{place}/events", headers={**bearer, "last-event-id": str(before[-1]["id"])}, timeout=30)
        worker.join()
        whole = before + events_of(resumed.text)
        assert [each["id"] for each in whole] == list(range(1, len(whole) + 1))
        assert [each["done"] for each in whole] == sorted(each["done"] for each in whole)
        assert (whole[-1]["state"], whole[-1]["done"]) == ("done", 1.0)
        assert events_of(httpx2.get(f"{place}/events", headers=bearer, timeout=30).text) == whole


def test_a_stream_ends_in_time(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """A credential would be believed for as long as its connection lasts."""
    begun(place_sqlite, tmp_path)
    app = place_sqlite.app(*ROUTERS)
    app.state.event_stream_s = 0.0
    with TestClient(app) as http:
        place = http.post(f"{BASE}/jobs", json={}, headers=POLICE).headers["location"]
        assert [each["state"] for each in events_of(http.get(f"{place}/events", headers=POLICE).text)] == ["queued"]
        wrong = {**POLICE, "last-event-id": "-1"}
        assert http.get(f"{place}/events", headers=wrong).status_code == 422


def test_one_key_is_one_job(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """A request that was repeated after a cut connection would be a second job, or look like a failure."""
    begun(place_sqlite, tmp_path)
    headers = {**POLICE, "idempotency-key": hashlib.sha256(b"x").hexdigest()}
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        first = http.post(f"{BASE}/jobs", json={}, headers=headers)
        again = http.post(f"{BASE}/jobs", json={}, headers=headers)
        assert first.json() == again.json() and first.headers["location"] == again.headers["location"]
        assert http.delete(first.headers["location"], headers=HOSPITAL).status_code == 403
        assert http.delete(first.headers["location"], headers=OPERATOR).status_code == 204
        assert http.get(first.headers["location"], headers=POLICE).json()["state"] == "cancelled"
