"""`make demo`, second part: the linkage service on this machine, and three agencies that use it as in earnest.

    1. the unit makes its folder and serves
    2. police, school and hospital make keys, are registered, join a project and pass the secret on
    3. each encodes and seals its own file, examines it, and sends it
    4. a worker matches; each agency reads its own records' pseudonyms
    5. an auditor proves the log that all this left

The agencies use what their commands use (`custodian_work`), each from a folder of its own. The city is generated, so
that what the agencies were told can be judged.

May touch: disk, a service that it starts on loopback
Sees:      generated names only
"""

from __future__ import annotations

import csv
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.table import Table

from api import custodian_work
from api.auth.agencies import register_agency
from api.auth.jose_keys import public_key
from api.client import SealinkClient, ServiceError
from api.custody_folder import CustodyFolder
from api.free_port import free_port
from api.run_log import verify_run_log
from api.settings import Settings
from api.wiring import console_caller, opened
from api.working_folder import make_folder
from linkage.encoding.custody import normaliser_fingerprint
from linkage.encoding.project import load_project, load_terms
from linkage.errors import LinkageError
from linkage.flows.manage_projects import create_project
from linkage.projects import Terms, spoken
from linkage.schema import load_schema
from linkage.synthetic.city import build_city
from linkage.synthetic.files import write_city
from linkage.synthetic.profiles import TYPICAL

AGENCIES: Final = ("police", "school", "hospital")
PROJECT: Final = "children-in-difficulty"
SEED: Final = 20_261_127
START_S: Final = 180.0

Bar = Callable[[str], Callable[[int, int], None]]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Told:
    """What one agency was told of its own records, judged with the truth that it does not have."""

    agency: str
    records: int
    children: int
    elsewhere: int
    precision: float
    recall: float


@contextmanager
def told_story(out: Path, children: int, bar: Bar, say: Say) -> Iterator[tuple[Table, str]]:
    """The whole story in `out`, made anew; yields what to show and the service's address, and serves meanwhile."""
    if out.exists():
        shutil.rmtree(out)
    project = write_city(build_city(children, SEED, TYPICAL), out / "data")
    settings = make_folder(out / "unit", public_url=f"http://127.0.0.1:{(port := free_port())}", port=port)
    with serving(settings, out / "service.log") as address:  # 1
        say(f"the unit serves on {address}")
        folders = _agencies(settings, address, out, project, say)  # 2
        with _clients(address, folders) as clients:
            _send(folders, clients, project, bar, say)  # 3
            _match(clients[AGENCIES[0]], bar)  # 4
            told = [_told(folders[each], clients[each], out) for each in AGENCIES]
        time.sleep(2 * settings.log.publish_every_s)
        proven = verify_run_log(settings.data)  # 5
        yield (
            _table(told, f"the service's log, verified: {proven}\neach agency's own records: {out}/AGENCY.csv"),
            address,
        )


@contextmanager
def serving(settings: Settings, log: Path) -> Iterator[str]:
    """`sealink serve linkage` as a process of its own, until the block ends."""
    command = [sys.executable, "-m", "api.cli.main", "serve", "linkage", "--settings", str(settings.file)]
    with log.open("wb") as lines, subprocess.Popen(command, stderr=lines, stdin=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            _wait_until_ready(settings.public_url, process, log)
            yield settings.public_url
        finally:
            process.terminate()


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    with SealinkClient(address) as client:
        while process.poll() is None and time.monotonic() < until:
            try:
                client.unit()
                return
            except ServiceError:
                time.sleep(0.2)
    raise LinkageError(f"the service did not start; it says why in {log}")


def _agencies(settings: Settings, address: str, out: Path, project: Path, say: Say) -> dict[str, CustodyFolder]:
    """Three agencies that are registered, have joined and share one linkage secret."""
    folders = {each: _folder(out / each) for each in AGENCIES}
    stated = load_terms(project)
    terms = Terms(
        stated.schema, stated.scheme, stated.population, normaliser_fingerprint(), stated.diffusion or 0,
        "protection of children in difficulty", "opinion of 2015, section 4", "opinion of 2015, section 4", 30,
        tuple(sorted(AGENCIES)),
    )  # fmt: skip
    with opened(settings) as service:
        for each, folder in folders.items():
            custodian_work.sign_in(folder, address, each)
            jwk: Any = folder.registration()["oauth"]
            register_agency(service.unit, console_caller(), each, each, each, public_key(jwk))
        create_project(service.unit, console_caller(), PROJECT, terms)
    say(f"{', '.join(AGENCIES)} are registered; project {PROJECT}")
    with _clients(address, folders) as clients:
        for each in AGENCIES:
            custodian_work.join(folders[each], clients[each], PROJECT)
        first, *others = AGENCIES
        custodian_work.draw_secret(folders[first], clients[first], PROJECT)
        for each in others:  # people would read the fingerprint to each other on the telephone
            read_out = spoken(custodian_work.custodians(folders[each], clients[each], PROJECT).fingerprint)
            custodian_work.pass_secret(folders[first], clients[first], PROJECT, each, read_out)
            custodian_work.accept_secret(folders[each], clients[each], PROJECT, first, read_out)
    say(f"the linkage secret went from {first} to {' and '.join(others)}, sealed; the unit cannot read it")
    return folders


@contextmanager
def _clients(address: str, folders: dict[str, CustodyFolder]) -> Iterator[dict[str, SealinkClient]]:
    clients = {each: SealinkClient(address, folder.credential()) for each, folder in folders.items()}
    try:
        yield clients
    finally:
        for client in clients.values():
            client.close()


def _send(
    folders: dict[str, CustodyFolder], clients: dict[str, SealinkClient], project: Path, bar: Bar, say: Say
) -> None:
    loaded = load_project(project, lambda name: load_schema(name, project.parent).fields)
    sources = {each.name: each for each in loaded.sources}
    for each in AGENCIES:
        done, sealed = custodian_work.seal_source(
            folders[each], clients[each], PROJECT, loaded, sources[each], bar(f"{each}: encode, seal"), date="",
            examined=lambda report: None,
        )  # fmt: skip
        clients[each].submit(PROJECT, sealed, "whole", bar(f"{each}: send"))
        say(f"{each} sent {done.encoded.records:,} records in {sealed.stat().st_size / 1e6:.0f} MB of ciphertext")


def _match(client: SealinkClient, bar: Bar) -> None:
    made = client.start_job(PROJECT)
    ended = client.wait_for_job(PROJECT, made["job"], bar("the unit matches"))
    if ended["state"] != "done":
        raise LinkageError(f"the job ended {ended['state']}: {ended['failure']}")


def _told(folder: CustodyFolder, client: SealinkClient, out: Path) -> Told:
    """Write the agency's results beside its folder and judge them."""
    agency = folder.path.name
    rows = sorted(custodian_work.own_results(folder, client, PROJECT))
    with (out / f"{agency}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("record", "pseudonym", "known_elsewhere"))
        writer.writerows(rows)
    with (out / "data" / "truth.csv").open(encoding="utf-8") as file:
        truth = [(row["source"], row["record"], row["entity"]) for row in csv.DictReader(file)]
    elsewhere = {entity for source, _, entity in truth if source in AGENCIES and source != agency}
    really = {record: entity in elsewhere for source, record, entity in truth if source == agency}
    said = {record for record, _, known in rows if known and record in really}
    right = sum(really[record] for record in said)
    return Told(
        agency, len(rows), len({name for _, name, _ in rows}), len(said),
        right / max(len(said), 1), right / max(sum(really.values()), 1),
    )  # fmt: skip


def _table(told: list[Told], caption: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="what each agency is told of its own records", title_justify="left")
    table.add_column("agency")
    for heading in ("records", "children", "known elsewhere", "rightly", "of all who are"):
        table.add_column(heading, justify="right")
    for each in told:
        figures = (f"{each.records:,}", f"{each.children:,}", f"{each.elsewhere:,}")
        table.add_row(each.agency, *figures, f"{each.precision:.4f}", f"{each.recall:.4f}")
    table.caption = caption
    return table


def _folder(path: Path) -> CustodyFolder:
    phrase = secrets.token_hex(16).encode()
    return CustodyFolder(path, lambda is_new: phrase)
