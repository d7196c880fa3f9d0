"""A whole vault on this machine for stories and benches: three agencies, their people, two witnesses, the service.

Everything runs as separate processes on loopback, from folders of their own, as in earnest. One passphrase opens them
all, which nobody does in earnest.

May touch: disk, services that it starts on loopback
Sees:      keys that it makes
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.free_port import free_port
from api.vault.agent_folder import make_agent
from api.vault.client import publish_roster
from api.vault.desk_folder import DeskFolder, make_desk, open_desk
from api.vault.desk_work import Desk
from api.vault.roster_keeper import Card, RosterKeeper, desk_keys_of, make_keeper
from api.vault.serving import LOG_KEYS, make_vault_folder, now_ms
from audit.keys import Ed25519Cosigner
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where the story lies, and its passphrase (one file for all, since this is a story)."""

    out: Path
    address: str
    _open: dict[str, Desk] = field(default_factory=dict, repr=False)

    @property
    def phrase_file(self) -> Path:
        return self.out / "passphrase"

    @property
    def phrase(self) -> bytes:
        return self.phrase_file.read_bytes().strip()

    def agent_folder(self, holder: Holder) -> Path:
        return self.out / f"agent-{holder.value}"

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


def install(out: Path, running: contextlib.ExitStack) -> Place:
    """Folders, keys and pins of everybody in `out`; witnesses and vault as processes; rosters published."""
    out.mkdir(parents=True)
    port, ports = free_port(), {holder: free_port() for holder in Holder}
    address = f"http://127.0.0.1:{port}"
    phrase = secrets.token_hex(16).encode()
    place = Place(out, address)
    place.phrase_file.touch(mode=0o600)
    place.phrase_file.write_bytes(phrase)
    settings = make_vault_folder(out / "vault", public_url=address, port=port, origin="city.example/vault")
    witnesses = {holder: _witness_key(out, holder) for holder in Holder}
    keepers = {agency: make_keeper(out / f"keeper-{agency}", agency, phrase) for agency in AGENCIES}
    pins = _pins((out / "vault" / LOG_KEYS).read_text().split(), witnesses, keepers)
    text = settings.read_text().replace("8421", str(ports[Holder.COURT]))
    text = text.replace("8422", str(ports[Holder.PROCURATORATE]))
    settings.write_text(text.replace('impact_assessment = ""', 'impact_assessment = "example-1"'))
    for agency, holder in HOLDS.items():
        folder = place.agent_folder(holder)
        made = make_agent(folder, agency=agency, holder=holder, vault=address, passphrase=phrase)
        keepers[agency].set_agent(made.keys(), now_ms())
        (folder / "pins.toml").write_text(pins)
    (out / "vault" / "pins.toml").write_text(pins)
    for person, (agency, roles) in PEOPLE.items():
        _person(place, person, agency, roles, keepers[agency], pins)
    for holder in Holder:
        running.enter_context(process(out / f"witness-{holder.value}.log", *_witness(out, holder, ports[holder])))
    running.enter_context(process(out / "vault.log", "serve", "vault", "--settings", str(settings)))
    wait(lambda: answers(port), "the vault did not start; see vault.log")
    for keeper in keepers.values():
        publish_roster(address, keeper.sign(now_ms()))
    return place


def agent(place: Place, holder: Holder) -> AbstractContextManager[None]:
    """A holder's agent as a process that looks three times a second."""
    command = ("agent", "run", "--at", str(place.agent_folder(holder)), "--every-s", "0.3")
    phrase_file = ("--passphrase-file", str(place.phrase_file))
    return process(place.out / f"agent-{holder.value}.log", *command, *phrase_file)


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


def _witness_key(out: Path, holder: Holder) -> str:
    key = Ed25519Cosigner.generate(f"{holder.value}.example/witness")
    key.save(out / f"witness-{holder.value}.key")
    return key.vkey


def _witness(out: Path, holder: Holder, port: int) -> tuple[str, ...]:
    name = f"witness-{holder.value}"
    files = ("--database", str(out / f"{name}.db"), "--logs", str(out / "vault" / LOG_KEYS))
    return ("witness", "serve", *files, "--key", str(out / f"{name}.key"), "--port", str(port))


@contextlib.contextmanager
def process(log: Path, *words: str) -> Iterator[None]:
    """`sealink WORDS` as a process of its own until the block ends."""
    command = [sys.executable, "-m", "api.cli.main", *words]
    with log.open("wb") as lines, subprocess.Popen(command, stderr=lines, stdin=subprocess.DEVNULL) as run:  # noqa: S603
        try:
            yield
        finally:
            run.terminate()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait(holds: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > until:
            raise VaultError(otherwise)
        time.sleep(0.2)
