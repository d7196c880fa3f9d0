"""Two agencies in one project, each with everything that an agency can have, for tests that neither sees the other's.

`Owned.secrets` are texts that stand for what is theirs alone: ids, handles, addresses, keys, sealed bytes. A new kind
of thing that agencies have is made here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batch_site import PROJECT, Agency, make_project
from batch_site import handle as batch_handle
from fastapi import FastAPI
from fastapi.testclient import TestClient
from job_site import run
from review_pairs import enqueue, handle, pair
from service_site import ServiceSite, caller, who
from test_subject_requests import Cluster
from tokens_made import ed25519_signer

from api.auth.agencies import register_agency
from api.auth.permissions import GRANTS, Permission, Role
from api.http.description import describe
from api.linkage.listing import ListedRoute, listed_routes
from api.linkage.routers import ROUTERS
from linkage.encoding.keys import LinkageSecret
from linkage.encoding.secret_passing import Custodians, invite
from linkage.flows.commit_upload import commit_upload
from linkage.flows.join_project import read_custodians, relay_secret
from linkage.records import Holder

RECORDS = {"police": 1, "hospital": 2}
OF_ALL_MEMBERS = {"listJobs"}
"""What is the project's: any member may start a job, and all of them see it."""
BATCH_RECORDS = {"police": [101, 102], "hospital": [201, 202, 203]}


@dataclass
class Owned:
    """What is one agency's own. `ids` may stand in addresses, `secrets` must not reach anybody else."""

    code: str
    ids: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    @property
    def headers(self) -> dict[str, str]:
        return who(Role.AGENCY, self.code)

    def add(self, *ids: str) -> None:
        self.ids += ids
        self.secrets |= set(ids)


@dataclass
class World:
    app: FastAPI
    http: TestClient
    description: dict[str, Any]
    owned: dict[str, Owned]

    def routes(self) -> list[ListedRoute]:
        """All that an agency may ask for."""
        mine = GRANTS[Role.AGENCY] - {Permission.PUBLIC}
        return [each for each in listed_routes(ROUTERS) if each.permission in set(map(str, mine))]

    def paths(self, route: ListedRoute, ids: list[str]) -> Iterator[str]:
        """Its addresses in the common project, with each of these ids in each place that takes one."""
        path = _plain(route).replace("{project}", PROJECT)
        names = [piece.partition("}")[0] for piece in path.split("{")[1:]]
        if not names:
            yield path
        for first in ids if names else ():
            for second in ids if len(names) > 1 else [""]:
                found = path.replace("{" + names[0] + "}", first)
                yield found.replace("{" + names[-1] + "}", second) if len(names) > 1 else found

    def body(self, route: ListedRoute) -> Any:
        """The description's own example, or None."""
        operation = self.description["paths"][_plain(route)][route.method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("example")

    def answers_of(self, code: str) -> dict[str, bytes]:
        """Everything that this agency can read of its own."""
        mine = self.owned[code]
        found = {}
        for route in self.routes():
            is_own = route.method == "GET" and route.operation not in OF_ALL_MEMBERS
            for path in self.paths(route, mine.ids) if is_own else ():
                answer = self.http.get(path, headers=mine.headers)
                if answer.status_code == 200:
                    found[path] = answer.content
        return found


def _plain(route: ListedRoute) -> str:
    """The route's path as a description writes it."""
    return route.path.replace(":path}", "}")


def make_world(place: ServiceSite, folder: Path) -> World:
    app = place.app(*ROUTERS)
    app.state.least_free_bytes = 0
    app.state.event_stream_s = 0.0
    holders = {Holder(code, handle(number)) for code, number in RECORDS.items()}
    app.state.subject_records = Cluster(holders)
    owned = {code: Owned(code) for code in RECORDS}
    world = World(app, TestClient(app, raise_server_exceptions=False), describe(ROUTERS), owned)
    for mine in owned.values():
        _register(place, mine)
    police, hospital = make_project(place)
    for agency in (police, hospital):
        _submit(place, agency, folder, owned[agency.code])
        _add_webhook(world, owned[agency.code])
    _match(world, place)
    _pass_secret(place, police, hospital, owned)
    _pass_secret(place, hospital, police, owned)
    _ask_for_subjects(world, owned)
    _ask_for_checks(place, world, owned)
    return world


def _register(place: ServiceSite, mine: Owned) -> None:
    key = ed25519_signer().public
    register_agency(place.unit, caller(), mine.code, f"name of {mine.code}", mine.code, key)
    mine.add(key.thumbprint)


def _submit(place: ServiceSite, agency: Agency, folder: Path, mine: Owned) -> None:
    numbers = BATCH_RECORDS[agency.code]
    done = agency.upload(place, agency.sealed(place, folder, numbers))
    commit_upload(place.unit, caller(agency.code), PROJECT, done)
    waiting = agency.upload(place, agency.sealed(place, folder, [number + 50 for number in numbers], seed=7))
    mine.add(done, waiting, *(batch_handle(number).hex() for number in numbers), handle(RECORDS[agency.code]).hex())


def _match(world: World, place: ServiceSite) -> None:
    """Both have results; jobs are the project's, so their ids are nobody's own."""
    run(place)
    for mine in world.owned.values():
        found = world.http.get(f"/v1/projects/{PROJECT}/results", headers=mine.headers).json()["results"]
        mine.add(*(row["pseudonym"] for row in found))


def _add_webhook(world: World, mine: Owned) -> None:
    url = f"https://hooks.{mine.code}.example/canary"
    body = {"url": url, "kinds": ["job.done"]}
    made = world.http.post("/v1/webhooks", json=body, headers={**mine.headers, "idempotency-key": "same"}).json()
    sent = world.http.post(f"/v1/webhooks/{made['endpoint']}/ping", headers=mine.headers).json()
    mine.add(made["endpoint"], sent["delivery"])
    mine.secrets |= {made["secret"], url}


def _pass_secret(place: ServiceSite, sender: Agency, recipient: Agency, owned: dict[str, Owned]) -> None:
    project, keys = read_custodians(place.unit, caller(sender.code), PROJECT)
    shown = Custodians(PROJECT, project.epoch, keys)
    sealed = invite(
        LinkageSecret.generate(), shown, sender.code, recipient.code, sender.signing, sender.opening, shown.fingerprint
    )  # fmt: skip
    made = relay_secret(place.unit, caller(sender.code), PROJECT, recipient.code, sealed)
    owned[recipient.code].add(made.id)
    owned[recipient.code].secrets.add(base64.b64encode(sealed).decode()[:200])


def _ask_for_subjects(world: World, owned: dict[str, Owned]) -> None:
    """Each agency opens a request about its own record; both then have a task for each."""
    base = f"/v1/projects/{PROJECT}"
    for code, right in (("police", "access"), ("hospital", "correction")):
        body = {"handle": handle(RECORDS[code]).hex(), "right": right}
        made = world.http.post(f"{base}/subject-requests", json=body, headers=owned[code].headers)
        owned[code].add(made.json()["request"])
    for mine in owned.values():
        found = world.http.get(f"{base}/subject-tasks", headers=mine.headers).json()["tasks"]
        mine.add(*(task["task"] for task in found))


def _ask_for_checks(place: ServiceSite, world: World, owned: dict[str, Owned]) -> None:
    enqueue(place, pair(RECORDS["police"], RECORDS["hospital"]))
    base = f"/v1/projects/{PROJECT}"
    for person in ("ann", "ben"):
        headers = who(Role.REVIEWER, subject=person)
        taken = world.http.post(f"{base}/reviews/next", headers=headers)
        item = taken.json()["item"]
        given = {**headers, "if-match": taken.headers["etag"]}
        world.http.post(f"{base}/reviews/{item}/decisions", json={"verdict": "unsure"}, headers=given)
    asked = world.http.post(
        f"{base}/reviews/{item}/checks", json={"reason": "name"}, headers=who(Role.OPERATOR)
    )  # fmt: skip
    assert asked.status_code == 204, asked.text
    for mine in owned.values():
        found = world.http.get(f"{base}/checks", headers=mine.headers).json()["checks"]
        mine.add(*(check["check"] for check in found))
