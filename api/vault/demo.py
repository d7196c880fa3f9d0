"""`make demo`, second story: a case is sealed, a prosecutor asks, two agencies agree, the officer opens it.

    1. court and procuratorate run witnesses and agents; every agency keeps its own roster; the vault serves
    2. the court seals a case on its own device; police and procuratorate are told to seal their parts
       and an ordinary check of the subject says what it says of everybody who is not on the ordinary index
    3. a prosecutor asks for it on a legal basis; the court's decider finds it on their own desk and decides
    4. the procuratorate's approver agrees: the intent is written into the log and cosigned by both witnesses
    5. each agent verifies for itself and re-seals its half; the officer's desk opens, watermarks and signs for it
    6. an auditor proves the vault's log, and judges every decision in it again

Everything runs as separate processes on loopback, as in earnest (`demo_site.py`). The case is invented.

May touch: disk, services that it starts on loopback
Sees:      an invented case
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx2
from rich import box
from rich.table import Table

from api.free_port import free_port
from api.vault import desk_work
from api.vault.demo_site import Place, agent, answers, install, process, wait
from api.vault.seal_work import seal_bundle
from api.vault.serving import RULES
from api.vault.showing import unpack_opened
from audit.verifier.command import main as verifier
from vault.asking import Grounds, Papers, Subject
from vault.errors import VaultError
from vault.vocabulary import Holder

Say = Callable[[str], None]


def tell_vault_story(out: Path, say: Say) -> Table:
    """The whole story in `out`, made anew; returns what to show."""
    if out.exists():
        shutil.rmtree(out)
    with contextlib.ExitStack() as running:
        place = install(out, running)  # 1
        running.callback(place.close)
        for holder in Holder:
            running.enter_context(agent(place, holder))
        say(f"the vault serves on {place.address}; two witnesses cosign its log, two agents wait")
        sealed = seal_bundle(place.desk("clerk-court"), write_case(out / "case"))  # 2
        say(f"the court sealed record {sealed.record}: {sealed.views} views, {sealed.notices} notices")
        _answer_notice(place)
        say(f"an ordinary check of the same person: {ordinary_check(out, running)}")
        request = ask(place)  # 3
        say(f"the prosecutor asked: request {request}")
        decide(place, request)
        approve(place, request)  # 4
        say("the court decided, the procuratorate approved: the intent is in the log, cosigned by both witnesses")
        wait(lambda: _state(place, request) == "released", "the agents did not release")  # 5
        mark, files = unpack_opened(place.desk("prosecutor"), request, out / "opened")
        desk_work.sign_return(place.desk("prosecutor"), request, "filed", is_marked=True)
        proven = _proven(out)  # 6
    return _table(files, mark, proven, out)


def write_case(folder: Path) -> Path:
    """An invented case with its manifest; returns the folder."""
    texts = {
        "investigation/record.txt": "讯问笔录：沈小舟承认拿走自行车一辆。\n",
        "prosecution/indictment.txt": "起诉书：被告人沈小舟，盗窃。\n",
        "trial/judgment.txt": "判决书：沈小舟犯盗窃罪，判处有期徒刑六个月，缓刑一年。\n",
        "trial/judgment.redacted.txt": "判决书：被告人犯盗窃罪，判处有期徒刑六个月，缓刑一年。\n",
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "case.toml").write_text(_CASE, encoding="utf-8")
    return folder


def _answer_notice(place: Place) -> None:
    desk = place.desk("archivist-police")
    for notice in desk_work.unanswered(desk):
        desk_work.acknowledge(desk, notice, 1)


def ask(place: Place) -> str:
    grounds = Grounds.of("(2026)示例检刑诉9号", "另案办理需要")
    request, folder = desk_work.ask(
        place.desk("prosecutor"), Subject("沈小舟"), grounds, Papers("a" * 64, "b" * 64), to="court-a",
        basis="judicial-case", purpose="case-handling", scope="read", passphrase=place.phrase,
    )  # fmt: skip
    place.use(folder)
    return request


def decide(place: Place, request: str) -> None:
    desk = place.desk("judge-court")
    shown = desk_work.show(desk, request)
    desk_work.decide_on(desk, shown, desk_work.candidates(desk, shown)[0])


def approve(place: Place, request: str) -> None:
    desk = place.desk("chief-prosecutor")
    desk_work.approve_on(desk, desk_work.show(desk, request))


def ordinary_check(out: Path, running: contextlib.ExitStack) -> str:
    """What the counter's program answers: the same bytes for the sealed subject and for somebody never convicted."""
    index, port = out / "ordinary-index.csv", free_port()
    index.write_text(_INDEX, encoding="utf-8")
    running.enter_context(
        process(out / "ordinary-check.log", "serve", "ordinary-check", "--csv", str(index), "--port", str(port))
    )
    wait(lambda: answers(port), "the ordinary check did not start; see ordinary-check.log")
    address = f"http://127.0.0.1:{port}/v1/checks"
    sealed, stranger = (httpx2.post(address, json=person, trust_env=False) for person in _CHECKED)
    if (sealed.status_code, sealed.content) != (200, stranger.content):
        raise VaultError("the ordinary check answers differently for a sealed person")
    return f"{sealed.json()['result']}, byte for byte what a person never convicted gets"


def _state(place: Place, request: str) -> str:
    return str(place.desk("prosecutor").client.request(request)["state"])


def _proven(out: Path) -> str:
    log = out / "vault" / "log"
    wait(lambda: (log / "checkpoint").exists(), "the log was not published")
    time.sleep(2.5)  # two turns of the publisher: the last entries are published too
    keys = ["--keys", str(log / "vkeys")]
    with (out / "proof.txt").open("w") as said, contextlib.redirect_stdout(said):
        failed = verifier(["verify", str(log), *keys]) or verifier(["policy", str(log), *keys, "--rules", str(RULES)])
    if failed:
        raise VaultError(f"the vault's log does not verify; see {said.name}")
    return f"every entry proven, every decision judged again: {said.name}"


def _table(files: int, mark: str, proven: str, out: Path) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="a sealed record, opened by law and by two agencies", title_justify="left")
    table.add_column("what")
    table.add_column("seen")
    table.add_row("opened by the officer", f"{files} files of the judicial extract, in {out}/opened")
    table.add_row("watermark", mark)
    table.add_row("the vault's log", proven)
    return table


_INDEX: Final = """\
name,resident_id,matter,date,authority
陈一,320684199001010039,盗窃罪,2020-03-01,court-a
"""
_CHECKED: Final = (
    {"name": "沈小舟", "resident_id": "320684200905100016"},
    {"name": "林未名", "resident_id": "320684200803120024"},
)
_CASE: Final = """\
case_no = "(2026)示例刑初1号"
agency = "court-a"
agency_kind = "court"
outcome = "sentenced"
kinds = ["conviction"]
term_months = 6
judged_on = 2026-03-02
instance = "first"
joint = "none"

[subject]
name = "沈小舟"
aliases = []
resident_id = "320684200905100016"
birth = 2009-05-10
identifying = []

[[offence]]
charge = "盗窃罪"
first = 2025-10-05

[[phase]]
phase = "investigation"
[[phase.object]]
path = "investigation/record.txt"
kind = "conviction"
extract = false

[[phase]]
phase = "prosecution"
[[phase.object]]
path = "prosecution/indictment.txt"
kind = "conviction"
extract = false

[[phase]]
phase = "trial"
[[phase.object]]
path = "trial/judgment.txt"
kind = "conviction"
extract = true
redacted = "trial/judgment.redacted.txt"

[[phase]]
phase = "execution"
absent = "suspended sentence, supervision goes on"

[[holder]]
agency = "police-a"
kind = "police"
phases = ["investigation"]
[[holder]]
agency = "procuratorate-a"
kind = "procuratorate"
phases = ["prosecution"]
"""
