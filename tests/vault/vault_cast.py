"""Everybody who takes part in a release, with keys, rosters and a log on paper, for tests that need no service."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.checkpoint import Checkpoint
from audit.commitments import hash_output
from audit.cosignature import cosign
from audit.crypto.container import verify_container
from audit.crypto.container_cover import cover_of
from audit.crypto.container_header import Purpose
from audit.crypto.hpke import OpeningKey
from audit.crypto.signatures import SigningKey
from audit.entry import Actor, Basis, Decision, Entry, Output
from audit.events import Outcome, Reason
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer
from audit.merkle import inclusion_proof, leaf_hash, plain_root
from audit.note import sign_note, split_note, with_signatures
from audit.proof import TlogProof
from audit.request_id import new_request_id
from vault.agent import Agent, Dossier
from vault.asking import Asked, Grounds, Officer, Papers, Subject, make_request
from vault.checks import Given, SealedEntry, check_consent
from vault.deciding import Signer, approve, decide
from vault.halves import KeyOpener, RecordId, SealedHalves
from vault.index import IndexEntry
from vault.keys.opener import parse_sealer
from vault.pins import Pins, parse_pins
from vault.rosters import AgentKeys, Person, Roster, Rosters
from vault.sealing import SealedRecord, Source, seal_views
from vault.vocabulary import AgencyKind, Holder, RecordKind, Role, View

NOW = 1_800_000_000_000
DAY = 24 * 3600 * 1000
RULES = "5" * 64
NEWER_RULES = "6" * 64
AGENCIES = {
    "court-a": AgencyKind.COURT,
    "procuratorate-a": AgencyKind.PROCURATORATE,
    "police-a": AgencyKind.POLICE,
    "justice-a": AgencyKind.JUSTICE,
}
HOLDS = {"court-a": Holder.COURT, "procuratorate-a": Holder.PROCURATORATE}
AGENT_OF = {holder: agency for agency, holder in HOLDS.items()}
KINDS = (RecordKind.CONVICTION,)


class PaperLaw:
    """A lawbook of one line for each basis; `newer` are the rules in force when the test says so."""

    def __init__(self) -> None:
        self.views: dict[tuple[str, str], View | None] = {
            (RULES, "judicial-case"): View.JUDICIAL_EXTRACT,
            (NEWER_RULES, "judicial-case"): View.JUDICIAL_EXTRACT,
        }
        self.force = RULES

    def gives(
        self, rules: str, basis: str, requester: AgencyKind, kinds: Sequence[RecordKind], purpose: str, scope: str
    ) -> Given | None:
        view = self.views.get((rules, basis))
        return Given(view, 24 * 3600, 30 * 24 * 3600) if view else None

    def in_force(self, now_ms: int) -> str:
        return self.force

    def may_ask(self, rules: str, basis: str, requester: AgencyKind, purpose: str, scope: str) -> bool:
        return (rules, basis) in self.views

    def decide_by(self, rules: str, asked_ms: int) -> tuple[int, int]:
        return asked_ms + 3 * DAY, asked_ms + 7 * DAY

    def seal_by(self, rules: str, told_ms: int) -> int:
        return told_ms + 3 * DAY

    def correct_by(self, rules: str, told_ms: int) -> tuple[int, int]:
        return told_ms + 7 * DAY, told_ms + 10 * DAY


class PaperLog:
    """A transparency log without database or process: entries, a signed head, two witnesses."""

    def __init__(self) -> None:
        self.key, self.pq_key = Ed25519Signer.generate("vault.example"), MlDsa44Signer.generate("vault.example")
        self.witnesses = {name: Ed25519Cosigner.generate(f"{name}.example") for name in ("court", "procuratorate")}
        self.entries: list[bytes] = []

    def append(self, entry: Entry) -> int:
        self.entries.append(entry.encode())
        return len(self.entries) - 1

    def proof(self, index: int, now_ms: int, *, witnesses: Sequence[str] = ("court", "procuratorate")) -> bytes:
        leaves = [leaf_hash(entry) for entry in self.entries]
        text = Checkpoint(self.key.name, len(leaves), plain_root(leaves)).to_text()
        note = sign_note(text, [self.key, self.pq_key])
        lines = [cosign(text, self.witnesses[name], now_ms // 1000) for name in witnesses]
        note = with_signatures(text, [*split_note(note)[1], *lines])
        subtree = lambda level, at: plain_root(leaves[at << level : (at + 1) << level])  # noqa: E731
        hashes = inclusion_proof(subtree, index, len(leaves))
        return TlogProof(index, tuple(hashes), note).to_text()


@dataclass
class Human:
    """A person with keys."""

    person: str
    agency: str
    roles: frozenset[Role]
    signer: SigningKey = field(default_factory=SigningKey.generate)
    opener: OpeningKey = field(default_factory=OpeningKey.generate)
    device: str = ""
    revoked_ms: int | None = None

    def on_roster(self, now_ms: int) -> Person:
        return Person(
            self.person,
            self.roles,
            self.device or f"device-{self.person}",
            self.signer.verifying_key,
            self.opener.sealing_key,
            now_ms - 100 * DAY,
            now_ms + 100 * DAY,
            self.revoked_ms,
        )


class PaperMemory:
    """An agent's memory in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.latest = 0

    def step_clock(self, now_ms: int) -> int:
        before, self.latest = self.latest, max(self.latest, now_ms)
        return before

    def released(self, request: str) -> bytes | None:
        return self.kept.get(request)

    def remember(self, request: str, release: bytes) -> None:
        assert request not in self.kept
        self.kept[request] = release


@dataclass
class PaperLocks:
    locked: bool = False

    def is_locked(self) -> bool:
        return self.locked


class Cast:
    """Four agencies, their people, a log, a lawbook, and one sealed record of the court."""

    def __init__(self, now_ms: int = NOW) -> None:
        self.now_ms = now_ms
        self.roster_keys = {agency: SigningKey.generate() for agency in AGENCIES}
        self.desks = {agency: OpeningKey.generate() for agency in AGENCIES}
        self.agent_keys = {holder: OpeningKey.generate() for holder in Holder}
        self.agent_signers = {holder: SigningKey.generate() for holder in Holder}
        self.people = {
            f"{role.value}-{agency.split('-')[0]}": Human(
                f"{role.value}-{agency.split('-')[0]}", agency, frozenset({role})
            )
            for agency in AGENCIES
            for role in Role
        }
        self.log, self.law = PaperLog(), PaperLaw()
        self.log_keys = [self.log.key.verifier.vkey, self.log.pq_key.verifier.vkey]
        self.witness_keys = {name: key.verifier.vkey for name, key in self.log.witnesses.items()}
        self.memories = {holder: PaperMemory() for holder in Holder}
        self.locks = PaperLocks()
        self.seal_texts: dict[Holder, str] = {}
        self._versions = itertools.count(1)

    # --- what is pinned and published ------------------------------------------------------------------------------

    def pins(self) -> Pins:
        return parse_pins(self.pins_text())

    def pins_text(self) -> bytes:
        lines = [f"log = {self.log_keys}", "[witnesses]"]
        lines += [f'{name} = "{key}"' for name, key in self.witness_keys.items()]
        for agency, kind in AGENCIES.items():
            lines += [f"[agencies.{agency}]", f'kind = "{kind}"']
            lines += [f'roster_key = "{self.roster_keys[agency].verifying_key.to_text()}"']
            lines += [f'holds = "{HOLDS[agency]}"'] if agency in HOLDS else []
        return "\n".join(lines).encode()

    def roster(self, agency: str) -> Roster:
        holder, issued_ms = HOLDS.get(agency), self.now_ms - DAY
        agent = None
        if holder:
            keys = self.seal_text(holder)
            agent = AgentKeys(self.agent_signers[holder].verifying_key, keys, 1)
        people = tuple(human.on_roster(self.now_ms) for human in self.people.values() if human.agency == agency)
        return Roster(
            agency, next(self._versions), issued_ms, issued_ms + 30 * DAY, self.desks[agency].sealing_key, people, agent
        )

    def seal_text(self, holder: Holder) -> str:
        """What halves of a holder are sealed to: the keystore's key, unless a test has an agent of its own."""
        return self.seal_texts.get(holder) or self.agent_keys[holder].sealing_key.to_text()

    def rosters(self) -> Rosters:
        return Rosters(self.pins(), [self.roster(agency) for agency in AGENCIES])

    def agent(self, holder: Holder) -> Agent:
        opener = KeyOpener(self.agent_keys[holder])
        return Agent(holder, AGENT_OF[holder], self.agent_signers[holder], (opener,), self.law)

    # --- what people do --------------------------------------------------------------------------------------------

    def officer(self, person: str) -> Officer:
        human = self.people[person]
        return Officer(human.person, human.agency, human.signer)

    def signer(self, person: str) -> Signer:
        human = self.people[person]
        return Signer(human.person, human.agency, human.signer)

    def seal(self, agency: str = "court-a", plain: bytes = b"the file" * 1000, **changes: Any) -> Sealed:
        kinds = changes.pop("kinds", KINDS)
        record = changes.pop("record", new_request_id(self.now_ms - DAY))
        sealer = self.people[f"sealer-{agency.split('-')[0]}"]
        agents = {holder: parse_sealer(self.seal_text(holder)) for holder in Holder}
        outs = {view: io.BytesIO() for view in View}
        sources = [Source(view, [view.value.encode() + b"\n" + plain], out) for view, out in outs.items()]
        made = seal_views(RecordId(record, 1, agency, 1), sources, kinds=kinds, sealer=sealer.signer, agents=agents)
        envelopes = {view: out.getvalue() for view, out in outs.items()}
        entry = IndexEntry(
            record,
            1,
            1,
            "intl",
            agency,
            tuple(sorted(kinds)),
            {view: digest.hex() for view, digest in made.digests.items()},
            name="某某",
            aliases=("小名",),
            resident_id=None,
            birth="2008-05-01",
            case_no="case 1",
            charge="theft",
        )
        return Sealed(entry, made, envelopes, sealer)

    def ask(self, officer: str = "officer-procuratorate", to: str = "court-a", **changes: Any) -> Asked:
        said: dict[str, Any] = {
            "to": to,
            "basis": "judicial-case",
            "rules": RULES,
            "purpose": "case-handling",
            "scope": "read",
            "rosters": self.rosters(),
            "now_ms": self.now_ms,
            "not_after_ms": self.now_ms + 7 * DAY,
        } | changes
        papers = Papers("a" * 64, "b" * 64)
        return make_request(self.officer(officer), Subject("某某"), Grounds.of("case 2", "need"), papers, **said)

    def agreed(self, sealed: Sealed, asked: Asked, *, at_ms: int = NOW + 1000) -> tuple[bytes, tuple[bytes, ...]]:
        """A decision and every approval that it needs."""
        rosters, agency = self.rosters(), sealed.index.agency
        decider = self.signer(f"decider-{agency.split('-')[0]}")
        decision = decide(decider, asked.data, sealed.index, rosters, self.law, at_ms)
        approvers = [self.signer(f"approver-{one.split('-')[0]}") for one in rosters.pins.approvers(agency)]
        return decision, tuple(approve(one, asked.data, decision, rosters, at_ms + 1000) for one in approvers)

    def intent(self, request: bytes, decision: bytes, approvals: Sequence[bytes], salt: bytes, at_ms: int) -> Entry:
        """The entry that an honest vault writes."""
        consent = check_consent(request, decision, approvals, self.rosters(), at_ms)
        asked, decided = consent.request.form, consent.decision.form
        return Entry(
            event="release.intent",
            ts_ms=at_ms,
            req=new_request_id(at_ms),
            actor=Actor("vault", "vault", "service", "none", "service"),
            basis=Basis(asked.basis, asked.letter, tuple(one.form.approval for one in consent.approvals)),
            case=asked.grounds,
            decision=Decision(Outcome.ALLOW, (Reason.LAWFUL_BASIS, Reason.TWO_AGENCIES), "cn", asked.rules),
            input=consent.request.hex,
            output=Output(hash_output(consent.authorisation.to_bytes(), salt), 1, True),
            prev=asked.request,
            facts={"view": decided.view, "expires_ms": at_ms + 1000 * decided.expires_s},
        )

    def sealed_entry(self, sealed: Sealed, at_ms: int = NOW - DAY) -> SealedEntry:
        """The log's entry of a sealing, with the proof that the witnesses cosigned at that time."""
        entry = Entry(
            event="record.seal",
            ts_ms=at_ms,
            req=new_request_id(at_ms),
            actor=Actor(sealed.sealer.person, sealed.index.agency, "sealer", "signed", "device"),
            basis=Basis("cpl-286", RULES),
            case="c" * 64,
            subject="e" * 64,
            input="f" * 64,
            facts={"envelopes": tuple(sealed.index.envelopes.values()), "parts": 3},
        )
        return SealedEntry(entry.encode(), self.log.proof(self.log.append(entry), at_ms))

    def dossier(self, sealed: Sealed, asked: Asked, holder: Holder, *, at_ms: int = NOW + 3000) -> Dossier:
        """What an honest vault hands an agent."""
        decision, approvals = self.agreed(sealed, asked)
        salt = b"s" * 32
        index = self.log.append(self.intent(asked.data, decision, approvals, salt, at_ms))
        self.log.append(self.intent(asked.data, decision, approvals, salt, at_ms))
        view = View(self.law.views[(RULES, "judicial-case")] or View.UNIT_MINIMAL)
        return Dossier(
            asked.data,
            decision,
            approvals,
            sealed.cover(view),
            self.sealed_entry(sealed),
            self.log.entries[index],
            self.log.proof(index, at_ms),
            salt,
            sealed.halves(holder),
        )


@dataclass
class Sealed:
    """One sealed record with everything that the vault stores of it."""

    index: IndexEntry
    made: SealedRecord
    envelopes: dict[View, bytes]
    sealer: Human

    def halves(self, holder: Holder) -> SealedHalves:
        return next(one for one in self.made.halves if one.holder is holder)

    def cover(self, view: View) -> bytes:
        stream = io.BytesIO(self.envelopes[view])
        senders = (self.sealer.signer.verifying_key,)
        return cover_of(verify_container(stream, senders=senders, purpose=Purpose.ENVELOPE))
