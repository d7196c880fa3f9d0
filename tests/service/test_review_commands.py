"""`sealink review`, `checks`, `subjects` and `webhooks` against a service on this machine."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from review_pairs import PROJECT, enqueue, handle, pair
from service_site import ServiceSite
from serving import serving
from test_subject_requests import Cluster
from typer.testing import CliRunner

from api.cli.main import app
from api.client import AsyncSealinkClient, SealinkClient, ServiceError, SessionCredential
from api.client.async_review_verbs import AsyncReviewVerbs
from api.client.review_verbs import ReviewVerbs
from api.custody_folder import CustodyFolder, Profile
from api.linkage import check_routes, review_routes, subject_routes, webhook_routes
from api.own_records import handles_of
from linkage.encoding.keys import AgencyKey
from linkage.records import Holder

Run = Callable[..., Result]


@pytest.fixture
def base(place_sqlite: ServiceSite) -> Iterator[str]:
    routers = [each.router for each in (check_routes, review_routes, subject_routes, webhook_routes)]
    served = place_sqlite.app(*routers)
    served.state.subject_records = Cluster({Holder("police", handle(1)), Holder("hospital", handle(2))}, may_show=True)
    served.state.subject_records.pseudonyms["hospital", "abc"] = [Holder("hospital", handle(2))]
    with serving(served) as address:
        yield address


@pytest.fixture
def run(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run(who, *words)`: as a person by a session file, as an agency by a folder whose credential is a session."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def call(who: str, *words: str, keys: str | None = None, fails: bool = False) -> Result:
        file = tmp_path / "session.json"
        file.touch(0o600)
        file.write_text(json.dumps({"service": base, "session": who}))
        session = SessionCredential(who)
        with monkeypatch.context() as patch:
            patch.setattr(CustodyFolder, "profile", lambda _: Profile(base, "x", "", ""))
            patch.setattr(CustodyFolder, "credential", lambda _: session)
            result = runner.invoke(app, list(words), input=keys, env={"COLUMNS": "200"})
        assert (result.exit_code != 0) == fails, result.output
        return result

    return call


ANN, BEN, OPERATOR = "reviewer/-/ann", "reviewer/-/ben", "operator/-/olive"
POLICE, HOSPITAL = "agency/police/p", "agency/hospital/h"


def test_reviewers_and_custodians_at_their_terminals(place_sqlite: ServiceSite, run: Run) -> None:
    """The commands could miss the service, or a reviewer could not read what he decides."""
    enqueue(place_sqlite, pair(1, 2))
    shown = run(ANN, "review", "next", PROJECT, keys="x\nu\n").output
    assert "姓名 · name" in shown
    assert "没有或不同 · absent or different" in shown
    assert "没有等待您复核的对" in shown
    assert re.search(r"undo: sealink review undo p-one \S+", shown)
    assert "decided: 1" in run(ANN, "review", "status", PROJECT).output
    run(ANN, "review", "undo", PROJECT)
    assert run(ANN, "review", "undo", PROJECT, fails=True).exit_code == 1
    pair_ = json.loads(run(ANN, "review", "next", PROJECT, "--json").stdout)
    words = ("review", "decide", PROJECT, pair_["item"], "--verdict", "unsure", "--seen")
    assert "refused" in run(ANN, *words, "0" * 32, fails=True).output
    run(ANN, *words, pair_["seen"])
    run(BEN, "review", "next", PROJECT, keys="u\n")
    assert "Cohen" not in run(OPERATOR, "review", "status", PROJECT, "--all").output  # no meaning for one pair
    assert pair_["item"] in run(OPERATOR, "review", "unsure", PROJECT).output
    run(OPERATOR, "review", "ask", PROJECT, pair_["item"], "--reason", "name")
    for agency, number in ((POLICE, 1), (HOSPITAL, 2)):
        (check,) = json.loads(run(agency, "checks", "list", PROJECT, "--json").stdout)
        assert handle(number).hex() in run(agency, "checks", "list", PROJECT).output
        run(agency, "checks", "answer", PROJECT, check["check"], "--answer", "corrected")
    again = run(ANN, "review", "next", PROJECT, "--once").output
    assert "已更正 · corrected 2" in again
    assert not [word for word in ("police", "hospital", handle(1).hex()) if word in again]
    run(OPERATOR, "review", "reopen", PROJECT, pair_["item"], fails=True)


def test_subjects_at_the_terminal(run: Run) -> None:
    """An agency could not open, see or answer what the law asks of it."""
    run(POLICE, "subjects", "open", PROJECT, "--handle", handle(1).hex(), "--right", "access")
    pseudonym = ("--agency", "hospital", "--pseudonym", "abc", "--right", "correction", "--session", "session.json")
    run(OPERATOR, "subjects", "open-for-pseudonym", PROJECT, *pseudonym)
    for agency in (POLICE, HOSPITAL):
        for task in json.loads(run(agency, "subjects", "tasks", PROJECT, "--json").stdout):
            reason = ("--answer", "refused", "--reason", "legal-retention")
            run(agency, "subjects", "answer", PROJECT, task["task"], *reason)
    (request,) = json.loads(run(POLICE, "subjects", "list", PROJECT, "--json").stdout)
    assert (request["state"], request["answered_tasks"]) == ("closed", 2)
    assert "closed" in run(POLICE, "subjects", "list", PROJECT).output
    run(OPERATOR, "subjects", "overdue", PROJECT, "--session", "session.json")


def test_custodians_see_their_own_record_ids(
    place_sqlite: ServiceSite, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A custodian would be asked about handles that no register of its own knows."""
    key = AgencyKey.generate()
    monkeypatch.setattr(CustodyFolder, "agency_key", lambda _: key)
    (known,) = handles_of(["p-77"], key, PROJECT, 3)
    assert known != handles_of(["p-77"], key, PROJECT, 1)[0]
    private = tmp_path / "police.private"
    private.write_text("row,record\n0,p-76\n1,p-77\n")
    one = pair(1, 2)
    enqueue(place_sqlite, replace(one, handle_a=bytes.fromhex(known)))
    for person in (ANN, BEN):
        run(person, "review", "next", PROJECT, keys="u\n")
    (unsure,) = json.loads(run(OPERATOR, "review", "unsure", PROJECT, "--json").stdout)
    run(OPERATOR, "review", "ask", PROJECT, unsure["item"])
    names = ("--private", str(private), "--epoch", "3")
    assert "p-77" in run(POLICE, "checks", "list", PROJECT, *names).output
    assert "p-77" not in run(POLICE, "checks", "list", PROJECT, "--private", str(private)).output
    bad = ("checks", "list", PROJECT, "--private", "none")
    assert "not a private map" in run(POLICE, *bad, fails=True).output
    asked = run(POLICE, "subjects", "open", PROJECT, "--right", "access", keys="p-77\n", fails=True)
    assert "refused: record: none with this handle\n" in asked.output


def test_webhooks_at_the_terminal(run: Run, tmp_path: Path) -> None:
    """A secret could land on the screen, or a second file over the first."""
    url, file = "https://hooks.example/x", tmp_path / "secret"
    added = run(POLICE, "webhooks", "add", url, "--kind", "ping", "--kind", "job.done", "--secret-file", str(file))
    endpoint, secret = added.stdout.strip(), file.read_text()
    assert secret.startswith("whsec_")
    assert secret not in added.output
    assert file.stat().st_mode & 0o777 == 0o600
    run(POLICE, "webhooks", "rotate", endpoint, "--secret-file", str(file), fails=True)
    assert file.read_text() == secret
    run(POLICE, "webhooks", "rotate", endpoint, "--secret-file", str(tmp_path / "new"))
    assert (tmp_path / "new").read_text() != secret
    bad = ("webhooks", "add", "http://10.0.0.1/", "--kind", "ping", "--secret-file", str(tmp_path / "bad"))
    assert "https" in run(POLICE, *bad, fails=True).output
    assert not (tmp_path / "bad").exists()
    run(POLICE, "webhooks", "change", endpoint, "--kind", "ping")
    delivery = run(POLICE, "webhooks", "ping", endpoint).stdout.strip()
    assert delivery in run(POLICE, "webhooks", "deliveries", endpoint).output
    run(POLICE, "webhooks", "replay", endpoint, delivery, fails=True)
    assert "ping" in run(POLICE, "webhooks", "list").output
    run(POLICE, "webhooks", "remove", endpoint)
    assert json.loads(run(POLICE, "webhooks", "list", "--json").stdout) == []


def test_a_session_file_is_its_owners_alone(run: Run, tmp_path: Path) -> None:
    """A session that others can read would be used without a word."""
    run(ANN, "review", "status", PROJECT)
    open_file = tmp_path / "open.json"
    open_file.write_text("{}")
    open_file.chmod(0o644)
    assert "readable by others" in run(ANN, "review", "status", PROJECT, "--session", "open.json", fails=True).output
    for text in ("{}", "[", "[]"):
        open_file.chmod(0o600)
        open_file.write_text(text)
        run(ANN, "review", "status", PROJECT, "--session", "open.json", fails=True)
    assert "no session" in run(ANN, "review", "status", PROJECT, "--session", "none.json", fails=True).output


def test_both_drivers_have_the_same_verbs(place_sqlite: ServiceSite, base: str) -> None:
    """A program with an event loop could not do what another can."""

    def verbs(kind: type) -> dict[str, str]:
        own = inspect.getmembers(kind, inspect.isfunction)
        return {name: str(inspect.signature(each)) for name, each in own if not name.startswith("_")}

    assert verbs(ReviewVerbs) == verbs(AsyncReviewVerbs)
    enqueue(place_sqlite, pair(1, 2))

    async def take() -> object:
        async with AsyncSealinkClient(base, SessionCredential(ANN)) as client:
            return await client.take_pair(PROJECT)

    first = asyncio.run(take())
    with SealinkClient(base, SessionCredential(ANN)) as client:
        second = client.take_pair(PROJECT)
        with pytest.raises(ServiceError):
            client.list_checks(PROJECT)
    assert isinstance(first, dict)
    assert second is not None
    assert {**first, "until_ms": 0} == {**second, "until_ms": 0}
