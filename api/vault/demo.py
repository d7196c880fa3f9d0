"""`make demo`, second story: a case is sealed, a prosecutor asks, two agencies agree, the officer opens it.

    1. court and procuratorate run witnesses and agents; every agency keeps its own roster; the vault serves
    2. the court seals a case on its own device; police and procuratorate are told to seal their parts
       and an ordinary check of the subject says what it says of everybody who is not on the ordinary index
    3. a prosecutor asks for it on a legal basis; the court's decider finds it on their own desk and decides
    4. the procuratorate's approver agrees: the intent is written into the log and cosigned by both witnesses
    5. each agent verifies for itself and re-seals its half; the officer's desk opens, watermarks and signs for it
    6. an auditor proves the vault's log, and judges every decision in it again

Everything runs as separate processes on loopback, from folders of their own, as in earnest. The case is invented.

May touch: disk, services that it starts on loopback
Sees:      an invented case
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
from rich import box
from rich.table import Table

from api.vault import desk_work
from api.vault.agent_folder import make_agent
from api.vault.client import publish_roster
from api.vault.desk_folder import DeskFolder, make_desk, open_desk
from api.vault.desk_work import Desk
from api.vault.roster_keeper import Card, RosterKeeper, desk_keys_of, make_keeper
from api.vault.seal_work import seal_bundle
from api.vault.serving import LOG_KEYS, RULES, make_vault_folder, now_ms
from api.vault.showing import unpack_opened
from audit.keys import Ed25519Cosigner
from audit.verifier.command import main as verifier
from vault.asking import Grounds, Papers, Subject
from vault.errors import VaultError
from vault.vocabulary import AgencyKind, Holder, Role

AGENCIES: Final = {
    "court-a": AgencyKind.COURT,
    "procuratorate-a": AgencyKind.PROCURATORATE,
    "police-a": AgencyKind.POLICE,
}
HOLDS: Final = {"court-a": Holder.COURT, "procuratorate-a": Holder.PROCURATORATE}
PEOPLE: Final = {
    "clerk-court": ("court-a", frozenset({Role.SEALER})),
    "judge-court": ("court-a", frozenset({Role.DECIDER})),
    "prosecutor": ("procuratorate-a", frozenset({Role.OFFICER})),
    "chief-prosecutor": ("procuratorate-a", frozenset({Role.APPROVER, Role.SUPERVISOR})),
    "archivist-police": ("police-a", frozenset({Role.SEALER})),
}
WAIT_S: Final = 180.0
_PHRASE: Final = "passphrase"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the story lies, and its passphrase (one file for all, since this is a story)."""

    out: Path
    address: str
    _open: dict[str, Desk] = field(default_factory=dict, repr=False)

    @property
    def phrase(self) -> bytes:
        return (self.out / _PHRASE).read_bytes().strip()

    def desk(self, person: str) -> Desk:
        """Opened once: a keystore takes its time on purpose."""
        if person not in self._open:
            self.use(open_desk(self.out / person, self.phrase))
        return self._open[person]

    def use(self, folder: DeskFolder) -> None:
        """Go on with a desk, or with one whose keystore has a new key."""
        if folder.person in self._open:
            self._open[folder.person].client.close()
        self._open[folder.person] = Desk.of(folder, now_ms)

    def close(self) -> None:
        """End all connections."""
        for desk in self._open.values():
            desk.client.close()


def tell_vault_story(out: Path, say: Say) -> Table:
    """The whole story in `out`, made anew; returns what to show."""
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    port, ports = free_port(), {holder: free_port() for holder in Holder}
    place = Place(out, f"http://127.0.0.1:{port}")
    (out / _PHRASE).touch(mode=0o600)
    (out / _PHRASE).write_text(secrets.token_hex(16))
    with contextlib.ExitStack() as running:
        running.callback(place.close)
        keepers = _install(place, port, ports, running)  # 1
        say(f"the vault serves on {place.address}; two witnesses cosign its log, two agents wait")
        _publish(place, keepers)
        sealed = seal_bundle(place.desk("clerk-court"), write_case(out / "case"))  # 2
        say(f"the court sealed record {sealed.record}: {sealed.views} views, {sealed.notices} notices")
        _answer_notice(place)
        say(f"an ordinary check of the same person: {ordinary_check(out, running)}")
        request = _ask(place)  # 3
        say(f"the prosecutor asked: request {request}")
        _decide(place, request)
        _approve(place, request)  # 4
        say("the court decided, the procuratorate approved: the intent is in the log, cosigned by both witnesses")
        _wait(lambda: _state(place, request) == "released", "the agents did not release")  # 5
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


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _install(
    place: Place, port: int, ports: dict[Holder, int], running: contextlib.ExitStack
) -> dict[str, RosterKeeper]:
    """Folders, keys and pins of everybody; then witnesses, vault and agents as processes."""
    out, phrase = place.out, place.phrase
    settings = make_vault_folder(out / "vault", public_url=place.address, port=port, origin="city.example/vault")
    witnesses = {holder: _witness_key(out, holder) for holder in Holder}
    keepers = {agency: make_keeper(out / f"keeper-{agency}", agency, phrase) for agency in AGENCIES}
    pins = _pins((out / "vault" / LOG_KEYS).read_text().split(), witnesses, keepers)
    text = settings.read_text().replace("8421", str(ports[Holder.COURT]))
    text = text.replace("8422", str(ports[Holder.PROCURATORATE]))
    settings.write_text(text.replace('impact_assessment = ""', 'impact_assessment = "example-1"'))
    for agency, holder in HOLDS.items():
        folder = out / f"agent-{holder.value}"
        agent = make_agent(folder, agency=agency, holder=holder, vault=place.address, passphrase=phrase)
        keepers[agency].set_agent(agent.keys(), now_ms())
        (folder / "pins.toml").write_text(pins)
    (out / "vault" / "pins.toml").write_text(pins)
    for person, (agency, roles) in PEOPLE.items():
        _person(place, person, agency, roles, keepers[agency], pins)
    for holder in Holder:
        running.enter_context(_process(out / f"witness-{holder.value}.log", *_witness(out, holder, ports[holder])))
    running.enter_context(_process(out / "vault.log", "serve", "vault", "--settings", str(settings)))
    _wait(lambda: _answers(port), "the vault did not start; see vault.log")
    for holder in Holder:
        command = ("agent", "run", "--at", str(out / f"agent-{holder.value}"), "--every-s", "0.3")
        phrase_file = ("--passphrase-file", str(out / _PHRASE))
        running.enter_context(_process(out / f"agent-{holder.value}.log", *command, *phrase_file))
    return keepers


def _person(place: Place, person: str, agency: str, roles: frozenset[Role], keeper: RosterKeeper, pins: str) -> None:
    phrase = place.phrase
    desk = make_desk(
        place.out / person, person=person, agency=agency, device=f"device-{person}", vault=place.address,
        passphrase=phrase,
    )  # fmt: skip
    (desk.path / "pins.toml").write_text(pins)
    card = Card(person, desk.device, desk.signer.verifying_key, desk.opener.sealing_key)
    sealed = keeper.add(card, roles, now_ms())
    if sealed is not None:
        desk.with_desk_keys(desk_keys_of(sealed, person, desk.opener), phrase)


def _pins(log: list[str], witnesses: dict[Holder, str], keepers: dict[str, RosterKeeper]) -> str:
    lines = [f"log = {log}", "[witnesses]", *(f'{holder.value} = "{key}"' for holder, key in witnesses.items())]
    for agency, kind in AGENCIES.items():
        lines += [f"[agencies.{agency}]", f'kind = "{kind.value}"']
        lines += [f'roster_key = "{keepers[agency].roster_key.to_text()}"']
        lines += [f'holds = "{HOLDS[agency].value}"'] if agency in HOLDS else []
    return "\n".join(lines) + "\n"


def _publish(place: Place, keepers: dict[str, RosterKeeper]) -> None:
    for keeper in keepers.values():
        publish_roster(place.address, keeper.sign(now_ms()))


def _answer_notice(place: Place) -> None:
    desk = place.desk("archivist-police")
    for notice in desk_work.unanswered(desk):
        desk_work.acknowledge(desk, notice, 1)


def _ask(place: Place) -> str:
    grounds = Grounds.of("(2026)示例检刑诉9号", "另案办理需要")
    request, folder = desk_work.ask(
        place.desk("prosecutor"), Subject("沈小舟"), grounds, Papers("a" * 64, "b" * 64), to="court-a",
        basis="judicial-case", purpose="case-handling", scope="read", passphrase=place.phrase,
    )  # fmt: skip
    place.use(folder)
    return request


def _decide(place: Place, request: str) -> None:
    desk = place.desk("judge-court")
    shown = desk_work.show(desk, request)
    desk_work.decide_on(desk, shown, desk_work.candidates(desk, shown)[0])


def _approve(place: Place, request: str) -> None:
    desk = place.desk("chief-prosecutor")
    desk_work.approve_on(desk, desk_work.show(desk, request))


def ordinary_check(out: Path, running: contextlib.ExitStack) -> str:
    """What the counter's program answers: the same bytes for the sealed subject and for somebody never convicted."""
    index, port = out / "ordinary-index.csv", free_port()
    index.write_text(_INDEX, encoding="utf-8")
    running.enter_context(
        _process(out / "ordinary-check.log", "serve", "ordinary-check", "--csv", str(index), "--port", str(port))
    )
    _wait(lambda: _answers(port), "the ordinary check did not start; see ordinary-check.log")
    address = f"http://127.0.0.1:{port}/v1/checks"
    sealed, stranger = (httpx2.post(address, json=person, trust_env=False) for person in _CHECKED)
    if (sealed.status_code, sealed.content) != (200, stranger.content):
        raise VaultError("the ordinary check answers differently for a sealed person")
    return f"{sealed.json()['result']}, byte for byte what a person never convicted gets"


def _state(place: Place, request: str) -> str:
    return str(place.desk("prosecutor").client.request(request)["state"])


def _proven(out: Path) -> str:
    log = out / "vault" / "log"
    _wait(lambda: (log / "checkpoint").exists(), "the log was not published")
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


def _witness_key(out: Path, holder: Holder) -> str:
    key = Ed25519Cosigner.generate(f"{holder.value}.example/witness")
    key.save(out / f"witness-{holder.value}.key")
    return key.vkey


def _witness(out: Path, holder: Holder, port: int) -> tuple[str, ...]:
    name = f"witness-{holder.value}"
    files = ("--database", str(out / f"{name}.db"), "--logs", str(out / "vault" / LOG_KEYS))
    return ("witness", "serve", *files, "--key", str(out / f"{name}.key"), "--port", str(port))


@contextlib.contextmanager
def _process(log: Path, *words: str) -> Iterator[None]:
    """`sealink WORDS` as a process of its own until the block ends."""
    command = [sys.executable, "-m", "api.cli.main", *words]
    with log.open("wb") as lines, subprocess.Popen(command, stderr=lines, stdin=subprocess.DEVNULL) as run:  # noqa: S603
        try:
            yield
        finally:
            run.terminate()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _wait(holds: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > until:
            raise VaultError(otherwise)
        time.sleep(0.2)


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
