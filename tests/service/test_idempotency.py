"""Idempotency-Key: one act for one key, whoever repeats what and when."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import pytest
from fastapi import APIRouter, Response
from fastapi.testclient import TestClient
from service_site import ServiceSite, who
from sqlalchemy import select

from api.auth.guard import allowed
from api.auth.permissions import Permission, Role
from api.auth.principal import Principal
from api.http import kept_answers
from api.http.idempotency import Once
from api.linkage.schemas import Body
from api.models import KEPT_ANSWER
from linkage.refusals import Refused, Why

Anybody = Annotated[Principal, allowed(Permission.SELF)]
SECRET = "whsec_shown-this-once"


class Order(Body):
    word: str


class Site:
    """Routes that count how often they act."""

    def __init__(self, place: ServiceSite) -> None:
        self.place, self.acts = place, 0
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.gate.set()
        router = APIRouter()

        @router.post("/orders", status_code=201)
        def order(body: Order, who: Anybody, once: Once, response: Response) -> Order:
            self.entered.set()
            self.gate.wait(30)
            self.acts += 1
            response.headers["Location"] = f"/orders/{self.acts}"
            if body.word == "refuse":
                raise Refused(Why.WRONG_STATE, "order: not now")
            if body.word == "crash":
                raise RuntimeError
            return Order(word=SECRET)

        self.http = TestClient(place.app(router), raise_server_exceptions=False)

    def post(self, key: str | None, word: str = "one", agency: str = "police", query: str = "") -> Response:
        headers = who(Role.AGENCY, agency) | ({"idempotency-key": key} if key is not None else {})
        return self.http.post(f"/orders{query}", json={"word": word}, headers=headers)  # type: ignore[return-value]


@pytest.fixture
def site(place: ServiceSite) -> Iterator[Site]:
    made = Site(place)
    with made.http:
        yield made


def test_the_same_key_gives_the_same_answer(site: Site) -> None:
    """A client whose connection broke would create everything twice."""
    first, again = site.post("k-1"), site.post("k-1")
    assert (first.status_code, again.status_code, site.acts) == (201, 201, 1)
    assert first.headers["location"] == again.headers["location"] == "/orders/1"
    assert first.json() == again.json()  # type: ignore[attr-defined]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["request-id"] != first.headers["request-id"]


def test_without_a_key_or_with_another_it_is_another_act(site: Site) -> None:
    """Two orders could become one."""
    for key in (None, None, "k-1", "k-2", '"k-3"'):
        assert site.post(key).status_code == 201
    assert site.acts == 5
    assert site.post("k-3").headers["idempotency-replayed"] == "true"  # quoted or not, as the draft writes it


def test_a_key_belongs_to_its_caller(site: Site) -> None:
    """One agency could read the answer that another was given, or block its keys."""
    assert site.post("k-1").headers["location"] == "/orders/1"
    assert site.post("k-1", agency="hospital").headers["location"] == "/orders/2"


@pytest.mark.parametrize(("word", "query"), [("two", ""), ("one", "?x=1")])
def test_a_key_with_another_request_is_refused(site: Site, word: str, query: str) -> None:
    """A client with a bug would be told that its second order was taken."""
    site.post("k-1")
    answer = site.post("k-1", word, query=query)
    assert (answer.status_code, site.acts) == (422, 1)
    assert answer.json()["type"].endswith("key-reused")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("word", "status"), [("refuse", 409), ("crash", 500)])
def test_what_failed_may_be_tried_again(site: Site, word: str, status: int) -> None:
    """A refusal of the moment would be kept for a day."""
    assert [site.post("k-1", word).status_code for _ in "ab"] == [status, status]
    assert site.acts == 2


def test_what_never_got_to_the_flow_frees_its_key(site: Site) -> None:
    """A typing error would burn the key."""
    bad = site.http.post("/orders", json={"wrong": 1}, headers=who(Role.AGENCY, "police") | {"idempotency-key": "k"})
    assert bad.status_code == 422
    assert site.post("k").status_code == 201


def test_while_it_is_under_way_the_key_is_refused(site: Site) -> None:
    """Two requests at once would both act."""
    site.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(site.post, "k-1")
        assert site.entered.wait(30)
        second = site.post("k-1")
        assert (second.status_code, second.headers["retry-after"]) == (409, "1")
        site.gate.set()
        assert first.result().status_code == 201
    assert site.acts == 1


def test_of_many_at_once_one_acts(site: Site) -> None:
    """A race between two processes could pass the check twice."""
    with ThreadPoolExecutor(8) as pool:
        statuses = [each.status_code for each in pool.map(lambda _: site.post("k-1"), range(24))]
    assert site.acts == 1 and set(statuses) <= {201, 409} and 201 in statuses


def test_a_killed_process_gives_its_key_up(site: Site) -> None:
    """A key would stay taken for ever after a crash."""
    unit = site.place.unit
    now = unit.now_ms()
    assert kept_answers.claim(unit.database, "c/", "k", "f", "gone", now) is None
    assert kept_answers.claim(unit.database, "c/", "k", "f", "next", now) is not None
    later = now + kept_answers.LEASE_MS + 1
    assert kept_answers.claim(unit.database, "c/", "k", "f", "next", later) is None
    kept_answers.keep(unit.database, "c/", "k", "gone", 201, b"late", later)  # the dead one's answer counts no more
    kept_answers.give_back(unit.database, "c/", "k", "gone")
    found = kept_answers.claim(unit.database, "c/", "k", "f", "third", later)
    assert found is not None and found.status is None


def test_an_answer_is_kept_for_a_day_and_no_longer(site: Site) -> None:
    """Answers would be lost before the day is over, or kept for ever."""
    site.post("k-1")
    site.place.shift_ms[0] = 24 * 3_600_000
    assert kept_answers.forget(site.place.unit.database, site.place.unit.now_ms()) == 0
    assert site.post("k-1").headers["idempotency-replayed"] == "true"
    site.place.shift_ms[0] = 26 * 3_600_000
    assert kept_answers.forget(site.place.unit.database, site.place.unit.now_ms()) == 1
    assert site.post("k-1").headers["location"] == "/orders/2"


def test_what_is_kept_lies_sealed(site: Site) -> None:
    """A secret that is shown once would stand readable in the database and its backups."""
    site.post("k-1")
    with site.place.unit.database.reading() as connection:
        (row,) = connection.execute(select(KEPT_ANSWER)).all()
    assert SECRET.encode() not in row.sealed and len(row.sealed) > len(SECRET)


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, 'a"b', "k\x7f"])
def test_a_key_has_a_form(site: Site, key: str) -> None:
    """Anything could be written into the table of keys."""
    assert site.post(key).status_code == 422
    assert site.acts == 0
