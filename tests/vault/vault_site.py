"""A whole vault on loopback for tests: real log, two real witnesses, the service, desks' and agents' clients."""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from test_publisher import witness
from test_witness_client import served
from vault_cast import AGENCIES, AGENT_OF, DAY, RULES, Cast, Sealed

from api.vault.agent_program import AgentProgram
from api.vault.app import create_app
from api.vault.client import Identity, VaultClient, publish_roster
from api.vault.rosters_kept import KeptRosters
from api.vault.routers import ROUTERS
from api.vault.serving import RULES as RULES_FILE
from api.vault.serving import rules_sha256
from audit.commitments import commit, new_secrets
from audit.database import Database
from audit.events import Book
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer
from audit.publisher import Publisher
from audit.request_id import new_request_id
from audit.site import create_site, open_site
from audit.verifier.judge import judge_entries
from audit.verifier.rules import parse_rules
from vault.agent import Agent
from vault.handing_over import Notice, Sealing, envelope_texts, halves_texts
from vault.house import Vault
from vault.index import seal_index
from vault.models import METADATA
from vault.pins import witness_policy
from vault.vocabulary import Holder


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class VaultSite:
    """A served vault with its cast. `clock` may be stepped by tests."""

    def __init__(self, folder: Path, cast: Cast, vault: Vault, base: str) -> None:
        self.folder, self.cast, self.vault, self.base = folder, cast, vault, base
        self.clients = contextlib.ExitStack()
        self._numbers = itertools.count()

    def client(self, person: str) -> VaultClient:
        human = self.cast.people[person]
        return self._client(Identity(human.person, human.agency, human.signer))

    def agent(self, holder: Holder, *, law: object = None) -> AgentProgram:
        made = self.cast.agent(holder)
        agent = Agent(made.holder, made.agency, made.signer, made.openers, law or made.law)  # type: ignore[arg-type]
        folder = self.folder / f"agent-{holder.value}"
        folder.mkdir(exist_ok=True)
        client = self._client(Identity("agent", AGENT_OF[holder], made.signer))
        return AgentProgram(agent, client, KeptRosters(folder / "rosters", self.cast.pins()), folder, now_ms)

    def _client(self, identity: Identity) -> VaultClient:
        client = VaultClient(self.base, identity, now_ms)
        self.clients.enter_context(client)
        return client

    def publish(self) -> None:
        """Put everybody's rosters as the cast has them now."""
        for agency in AGENCIES:
            publish_roster(self.base, self.cast.roster(agency).sign(self.cast.roster_keys[agency]))

    def store(self, sealed: Sealed, *, notify: tuple[str, ...] = ()) -> str:
        """Hand a sealed record over, as a sealing desk does; returns the record's id."""
        sealer = sealed.sealer
        client = self.client(sealer.person)
        for view, data in sealed.envelopes.items():
            path = self.folder / f"{view.value}.envelope"
            path.write_bytes(data)
            assert client.upload(path) == sealed.made.digests[view].hex()
        notices = [self.notice(sealed, to).sign(sealer.signer) for to in notify]
        return client.seal(self.sealing(sealed).sign(sealer.signer), notices)

    def sealing(self, sealed: Sealed) -> Sealing:
        agency = sealed.index.agency
        secrets = new_secrets()
        index = seal_index(sealed.index, self.cast.desks[agency].sealing_key, sealed.sealer.signer)
        return Sealing(
            record=sealed.index.record,
            version=1,
            epoch=1,
            suite="intl",
            agency=agency,
            sealer=sealed.sealer.person,
            basis="cpl-286",
            rules=RULES,
            finding="f" * 64,
            case=commit(secrets.salt, "case", sealed.index.case_no),
            subject=commit(secrets.salt, "subject", sealed.index.name),
            parts=3,
            envelopes=envelope_texts(sealed.made.digests),
            halves=halves_texts(sealed.made.halves),
            index=_base64(index),
            sealed_ms=now_ms(),
        )

    def notice(self, sealed: Sealed, to: str) -> Notice:
        now = now_ms()
        return Notice(
            notice=new_request_id(now),
            record=sealed.index.record,
            agency=sealed.index.agency,
            to=to,
            sealer=sealed.sealer.person,
            part=_base64(b"sealed to the desk"),
            issued_ms=now,
            due_ms=now + 3 * DAY - 60_000,
        )

    def envelope(self, officer: VaultClient, request: str) -> io.BytesIO:
        out = io.BytesIO()
        officer.fetch_envelope(request, out)
        return out


@contextlib.contextmanager
def vault_site(folder: Path, url: str | None = None, every_s: float = 0.05) -> Iterator[VaultSite]:
    """A served vault whose rosters are published; `every_s`: how often its log is."""
    cast = Cast(now_ms())
    data = folder / "vault"
    data.mkdir(exist_ok=True)
    place = create_site(data, Book.VAULT, database_url=url)
    cast.log_keys = [Ed25519Signer.load(place.key).verifier.vkey, MlDsa44Signer.load(place.pq_key).verifier.vkey]
    keys = {name: Ed25519Cosigner.generate(f"{name}.example/w") for name in ("court", "procuratorate")}
    cast.witness_keys = {name: key.vkey for name, key in keys.items()}
    with contextlib.ExitStack() as stack:
        urls = {name: stack.enter_context(witness(place, key)) for name, key in keys.items()}
        policy = witness_policy(cast.witness_keys, urls)
        site = stack.enter_context(open_site(data, Book.VAULT, url, policy=policy))
        public = stack.enter_context(Publisher(site, every_s=every_s))
        database = Database.open(url or place.default_url)
        stack.callback(database.close)
        if url is None:
            METADATA.create_all(database.engine)
        vault = Vault(database, site.log, public, data, cast.pins(), cast.law, rules_sha256(), now_ms)
        base = stack.enter_context(served(create_app(vault, ROUTERS)))
        made = VaultSite(folder, cast, vault, base)
        stack.enter_context(made.clients)
        made.publish()
        yield made
        entries = site.log.entries(0, site.log.head().size)
        judged = judge_entries(enumerate(entries), {rules_sha256(): parse_rules(RULES_FILE.read_bytes())})
        assert judged.decisions >= judged.allowed > 0  # every decision that a test caused follows from the rules


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
