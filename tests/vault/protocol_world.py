"""Everybody of the release protocol as actors that may act honestly or lie, over the product's pure functions.

Each act is a method that takes numbers and words and raises nothing that the protocol may refuse; the model is told
what truly happened and judges what left. There is no service, no disk and no clock: the vault is whoever calls.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import dataclasses
import io
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from release_model import LOCKERS, Given, Law, Model, Paper, Seat, Sheet, Truth, Turn
from vault_cast import (
    AGENCIES,
    DAY,
    HOLDS,
    NEWER_RULES,
    NOW,
    RULES,
    Cast,
    Human,
    PaperMemory,
    Sealed,
)

from api.vault.agent_program import LOCAL_LOCK, FetchedLocks
from audit.checkpoint import Checkpoint
from audit.commitments import hash_output
from audit.cosignature import cosign
from audit.crypto.signatures import SigningKey
from audit.crypto.signed_object import Kind, sign_object
from audit.entry import Actor, Basis, Decision, Entry, Output
from audit.errors import AuditError
from audit.events import Outcome, Reason
from audit.merkle import inclusion_proof, leaf_hash, plain_root
from audit.note import sign_note, split_note, with_signatures
from audit.proof import TlogProof
from audit.request_id import new_request_id
from vault import checks
from vault.agent import Dossier, release_half
from vault.asking import Asked, Grounds, Officer, Papers, Subject, make_request
from vault.deciding import Signer, approve, decide
from vault.errors import VaultError
from vault.halves import Half, HeldHalves, KeyOpener, KeySealer, SealedHalves, open_halves, seal_halves
from vault.pins import Pins
from vault.receiving import open_release
from vault.requests import Approval, Authorisation, Lock, Request
from vault.requests import Decision as DecisionForm
from vault.rosters import AgentKeys, Person, Roster, Rosters, open_roster
from vault.vocabulary import AgencyKind, Holder, RecordKind, Role, View

K = RecordKind
A = AgencyKind
ALL = frozenset({A.COURT, A.PROCURATORATE, A.POLICE})
BOTH = frozenset({K.CONVICTION, K.NON_PROSECUTION})
EXTRACT, DAY_S = View.JUDICIAL_EXTRACT, 86400
LAW: Law = {
    (RULES, "judicial-case"): Given(ALL, BOTH, EXTRACT, DAY_S, 30 * DAY_S),
    (RULES, "state-check"): Given(
        frozenset({A.JUSTICE, A.POLICE}), frozenset({K.CONVICTION}), View.UNIT_MINIMAL, 3600, 7 * DAY_S
    ),
    (RULES, "retrial"): Given(frozenset({A.COURT}), BOTH, View.COURT_FULL, DAY_S, 30 * DAY_S),
    (NEWER_RULES, "judicial-case"): Given(ALL - {A.POLICE}, BOTH, EXTRACT, DAY_S, 30 * DAY_S),
    (NEWER_RULES, "state-check"): Given(
        frozenset({A.JUSTICE}), frozenset({K.CONVICTION}), View.UNIT_MINIMAL, 3600, 7 * DAY_S
    ),
    (NEWER_RULES, "retrial"): Given(frozenset({A.COURT}), frozenset({K.CONVICTION}), EXTRACT, DAY_S, 30 * DAY_S),
}
"""Two rule files; the newer one is stricter in a requester, in a kind and in a view."""
BASES = ("judicial-case", "state-check", "retrial")
RECORDS = (
    ("court-a", (K.CONVICTION,)),
    ("court-a", (K.CONVICTION, K.NON_PROSECUTION)),
    ("procuratorate-a", (K.NON_PROSECUTION,)),
    ("police-a", (K.CONVICTION,)),
    ("justice-a", (K.CONVICTION,)),
)
MULTIPLE = frozenset({Role.OFFICER, Role.DECIDER, Role.APPROVER})
SALT = b"s" * 32


class CrashError(Exception):
    """An agent's process ends here."""


class TableLaw:
    """`checks.Lawbook` over the table; `force` is whatever is in force now."""

    def __init__(self, force: Callable[[], str]) -> None:
        self.force = force

    def gives(
        self, rules: str, basis: str, requester: A, kinds: Sequence[K], purpose: str, scope: str
    ) -> checks.Given | None:
        found = LAW.get((rules, basis))
        if found is None or requester not in found.requesters or not set(kinds) <= found.kinds:
            return None
        return checks.Given(found.view, found.expires_s, found.longest_s)

    def in_force(self, now_ms: int) -> str:
        return self.force()

    def may_ask(self, rules: str, basis: str, requester: A, purpose: str, scope: str) -> bool:
        return (rules, basis) in LAW

    def decide_by(self, rules: str, asked_ms: int) -> tuple[int, int]:
        return asked_ms, asked_ms

    def seal_by(self, rules: str, told_ms: int) -> int:
        return told_ms

    def correct_by(self, rules: str, told_ms: int) -> tuple[int, int]:
        return told_ms, told_ms


class LyingLaw(TableLaw):
    """A decider's own program that gives whatever it likes."""

    def __init__(self, force: Callable[[], str], view: View, expires_s: int) -> None:
        super().__init__(force)
        self.view, self.expires_s = view, expires_s

    def gives(self, *_: object) -> checks.Given:
        return checks.Given(self.view, self.expires_s, 10**9)


@dataclass(frozen=True)
class Pool:
    """Keys and sealed records, made once: what is slow."""

    cast: Cast
    pins: Pins
    sealed: tuple[Sealed, ...]
    covers: dict[tuple[int, View], bytes]
    truths: dict[bytes, Truth]
    sealings: tuple[checks.SealedEntry, ...]


@cache
def pool() -> Pool:
    """Everybody's keys, five sealed records, and what their halves truly are."""
    cast = Cast()
    for short in ("court", "procuratorate", "police"):
        agency = f"{short}-a"
        cast.people[f"many-{short}"] = Human(f"many-{short}", agency, MULTIPLE)
        device = f"device-officer-{short}"
        cast.people[f"twin-{short}"] = Human(f"twin-{short}", agency, MULTIPLE - {Role.OFFICER}, device=device)
    sealed, covers, truths = [], {}, {}
    for number, (agency, kinds) in enumerate(RECORDS):
        record = new_request_id(NOW - DAY + number)
        one = cast.seal(agency, plain=f"{record}\n".encode() * 3, kinds=kinds, record=record)
        sealed.append(one)
        sealer = one.sealer.signer.verifying_key.id
        for holder in Holder:
            for view, half in open_halves(one.halves(holder), KeyOpener(cast.agent_keys[holder])).of_view.items():
                covers[number, view] = one.cover(view)
                truths[half.secret] = Truth(record, view, holder, agency, kinds, sealer)
    return Pool(cast, cast.pins(), tuple(sealed), covers, truths, tuple(map(cast.sealed_entry, sealed)))


@cache
def agent_folders() -> Path:
    """Two folders for as long as this process lives: with an agency's own lock in it, and without."""
    folder = Path(tempfile.mkdtemp(prefix="agents-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("locked-here", "open-here"):
        (folder / name).mkdir()
    (folder / "locked-here" / LOCAL_LOCK).touch()
    return folder


@dataclass
class Case:
    """One request and what became of it, as the vault has it."""

    asked: Asked
    officer: str
    agency: str
    to: str
    decision: bytes = b""
    record: int = 0
    approvals: tuple[bytes, ...] = ()
    entry: bytes = b""
    branch: tuple[bytes, ...] | None = None
    """The tree that the entry stands in, when it is not the log."""
    releases: dict[Holder, bytes] = field(default_factory=dict)


@dataclass
class Memory(PaperMemory):
    """An agent's memory, which tells the model before anything is given out and may crash around remembering."""

    made: Callable[[bytes], None] = lambda release: None
    crash: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def remember(self, request: str, release: bytes) -> None:
        if self.crash == "before":
            raise CrashError
        self.made(release)
        super().remember(request, release)
        if self.crash == "after":
            raise CrashError


class World:
    """All actors, at one moment."""

    def __init__(self) -> None:
        self.pool, self.folder = pool(), agent_folders()
        self.cast = self.pool.cast
        self.now, self.force, self.skew = NOW, RULES, dict.fromkeys(Holder, 0)
        self.model = Model(LAW, AGENCIES, HOLDS, RULES, truths=self.pool.truths)
        self.people = {name: dataclasses.replace(human) for name, human in self.cast.people.items()}
        self.law = TableLaw(lambda: self.force)
        self.cases: list[Case] = []
        self.memories = {holder: Memory() for holder in Holder}
        self.readers = {name: Rosters(self.pool.pins) for name in (*(one.value for one in Holder), "desk")}
        self.published: dict[str, list[bytes]] = {agency: [] for agency in AGENCIES}
        self.parsed: dict[bytes, Roster] = {}
        self.locks: list[bytes] = []
        self.locked_here: set[Holder] = set()
        self.entries: list[bytes] = []
        self.witnessed: dict[str, tuple[bytes, ...]] = {"court": (), "procuratorate": ()}
        self.down: set[str] = set()
        self.releases = 0
        self.numbers = itertools.count(1)
        for number, one in enumerate(self.pool.sealings):
            self.model.sealings[one.proof] = self.pool.sealed[number].index.record, NOW - DAY
        for agency in AGENCIES:
            self.publish(agency)

    # --- keepers ---------------------------------------------------------------------------------------------------

    def publish(self, agency: str) -> None:
        """The agency's keeper signs a new roster of its people as they are."""
        seats = tuple(
            Person(
                human.person, human.roles, human.device or f"device-{human.person}", human.signer.verifying_key,
                human.opener.sealing_key, NOW - 100 * DAY, NOW + 400 * DAY, human.revoked_ms,
            )
            for human in self.people.values() if human.agency == agency
        )  # fmt: skip
        holder, agent = HOLDS.get(agency), None
        if holder:
            seal = self.cast.agent_keys[holder].sealing_key.to_text()
            agent = AgentKeys(self.cast.agent_signers[holder].verifying_key, seal, 1)
        desk = self.cast.desks[agency].sealing_key
        version = next(self.numbers)
        roster = Roster(agency, version, self.now, self.now + 31 * DAY, desk, seats, agent)
        data = roster.sign(self.cast.roster_keys[agency])
        known = {
            seat.verify.id: Seat(seat.person, seat.roles, seat.device, seat.verify.id, seat.until_ms, seat.revoked_ms)
            for seat in seats
        }
        self.model.sheets[data] = Sheet(agency, version, roster.not_after_ms, known)
        self.published[agency].append(data)

    def change_person(self, person: str, how: str) -> None:
        """Somebody is revoked, reinstated, given a new key, or another role; then a new roster is out."""
        human = self.people[person]
        if how == "revoke":
            human.revoked_ms = self.now
        elif how == "reinstate":
            human.revoked_ms = None
        elif how == "new-key":
            human.signer, human.revoked_ms = SigningKey.generate(), None
        elif how == "no-role":
            human.roles = frozenset({Role.SEALER})
        else:
            human.roles = self.cast.people[person].roles
        self.publish(human.agency)

    def deliver_rosters(self, reader: str, lie: str = "") -> None:
        """The vault hands rosters to a program: the newest, old ones, fewer, or one that no keeper signed."""
        for number, (agency, versions) in enumerate(self.published.items()):
            data = versions[-1]
            if lie == "old-rosters":
                data = versions[0]
            elif lie == "withheld-rosters":
                continue
            elif lie == "forged-roster" and number == 0:
                data = self._forged(agency)
            if data not in self.parsed:
                self.parsed[data] = open_roster(data, self.pool.pins)
            if self.parsed[data].issued_ms > self.clock_of(reader) + 60_000:
                continue
            self.readers[reader].take(self.parsed[data])
            self.model.took(reader, data)

    def _forged(self, agency: str) -> bytes:
        """The newest roster, everybody reinstated, signed by another agency's keeper."""
        roster = open_roster(self.published[agency][-1], self.pool.pins)
        people = tuple(dataclasses.replace(one, revoked_ms=None) for one in roster.people)
        again = dataclasses.replace(roster, version=roster.version + 1000, people=people)
        return sign_object(Kind.ROSTER, again.to_payload(), self.cast.roster_keys["police-a"])

    def clock_of(self, reader: str) -> int:
        return self.now + (self.skew[Holder(reader)] if reader != "desk" else 0)

    def desk(self) -> Rosters:
        """The rosters of honest desks, newest."""
        self.deliver_rosters("desk")
        return self.readers["desk"]

    # --- people ----------------------------------------------------------------------------------------------------

    def sign(self, form: Any, person: str) -> bytes:
        human = self.people[person]
        return self.learn(form.sign(human.signer), person)

    def learn(self, data: bytes, person: str) -> bytes:
        human = self.people[person]
        self.model.papers[data] = Paper(data, human.person, human.agency, human.signer.verifying_key.id)
        return data

    def ask(self, person: str, record: int, basis: str, lie: str = "") -> None:
        """An officer asks for a record, or somebody else does, or under a used id, or for too long."""
        human = self.people[person]
        to = RECORDS[record][0]
        life = 7 * DAY - 1000 if lie != "long" else 300 * DAY
        rules = self.force if lie != "other-rules" else (NEWER_RULES if self.force == RULES else RULES)
        at_ms = self.now + (3600_000 if lie == "ahead" else 0)
        with refusing():
            asked = make_request(
                Officer(human.person, human.agency, human.signer), Subject("某某"), Grounds.of("case 2", "need"),
                Papers("a" * 64, "b" * 64), to=to, basis=basis, rules=rules, purpose="case-handling", scope="read",
                rosters=self.desk(), now_ms=at_ms, not_after_ms=at_ms + life,
            )  # fmt: skip
            if lie == "used-id" and self.cases:
                form = Request.parse(Paper(asked.data, "", "", "").said)
                form = dataclasses.replace(form, request=self.cases[-1].asked.request)
                asked = Asked(form.sign(human.signer), form.request, asked.opening_key)
            self.learn(asked.data, person)
            self.model.keys[asked.opening_key.sealing_key.to_text()] = asked.opening_key
            self.cases.append(Case(asked, human.person, human.agency, to, record=record))

    def decide(self, case: Case, person: str, lie: str = "", view: View = View.COURT_FULL) -> None:
        """A decider decides: honestly, by a lying lawbook or index, or with a form written by hand."""
        human, sealed = self.people[person], self.pool.sealed[case.record]
        signer = Signer(human.person, human.agency, human.signer)
        law: TableLaw = self.law
        index = sealed.index
        if lie in ("lying-law", "lying-law-long"):
            honest = self.law.gives(self.force, self._said(case)["basis"], A.COURT, (K.CONVICTION,), "", "")
            is_long = lie == "lying-law-long" and honest is not None
            law = LyingLaw(self.law.force, honest.view if is_long and honest else view, 864000 if is_long else 600)
        if lie == "lying-kinds":
            index = dataclasses.replace(index, kinds=(K.CONVICTION,))
        if lie == "lying-envelopes":
            index = dataclasses.replace(index, envelopes=dict.fromkeys(View, index.envelopes[view]))
        with refusing():
            if lie == "by-hand":
                case.decision = self.sign(self._decision(case, human, index, view), person)
            else:
                case.decision = self.learn(decide(signer, case.asked.data, index, self.desk(), law, self.now), person)

    def _decision(self, case: Case, human: Human, index: Any, view: View) -> DecisionForm:
        asked = self._said(case)
        given = LAW.get((asked["rules"], asked["basis"]))
        view = given.view if given and case.record % 2 else view
        return DecisionForm(
            decision=new_request_id(self.now), request=asked["request"],
            request_digest=self.model.papers[case.asked.data].digest, decider=human.person, agency=human.agency,
            record=index.record, version=1, epoch=1, suite="intl", view=view.value, envelope=index.envelopes[view],
            rules=asked["rules"], expires_s=3600, decided_ms=self.now,
        )  # fmt: skip

    def _said(self, case: Case) -> dict[str, Any]:
        return self.model.papers[case.asked.data].said

    def approve(self, case: Case, person: str, lie: str = "") -> None:
        """An approver agrees: honestly, or with a form written by hand."""
        human = self.people[person]
        signer = Signer(human.person, human.agency, human.signer)
        with refusing():
            if lie != "by-hand":
                data = self.learn(approve(signer, case.asked.data, case.decision, self.desk(), self.now), person)
            else:
                form = Approval(
                    approval=new_request_id(self.now), request=self._said(case)["request"],
                    request_digest=self.model.papers[case.asked.data].digest,
                    decision_digest=self.model.papers[case.decision].digest, approver=human.person,
                    agency=human.agency, approved_ms=self.now,
                )  # fmt: skip
                data = self.sign(form, person)
            others = [one for one in case.approvals if self.model.papers[one].agency != human.agency]
            papers = sorted([*others, data], key=lambda one: self.model.papers[one].agency)
            case.approvals = tuple(papers)

    def needed(self, case: Case) -> list[str]:
        """Agencies that must approve."""
        return sorted(agency for agency in HOLDS if agency != case.to)

    # --- the vault, its log, the witnesses -------------------------------------------------------------------------

    def authorise(self, case: Case, lie: str = "") -> None:
        """The vault writes the intent into its log, or a lie about it, or into a branch of its own."""
        request, decision = self.model.papers[case.asked.data], self.model.papers[case.decision]
        approvals = [self.model.papers[one] for one in case.approvals]
        key = self.model.keys[request.said["officer_key"]].sealing_key
        view = View(decision.said["view"])
        agreed = Authorisation(
            request.digest, decision.digest, tuple(one.digest for one in approvals), decision.said["envelope"], view,
            key.id,
        )  # fmt: skip
        names = tuple(one.said["approval"] for one in approvals)
        ts_ms = self.now + {"ahead": 3600_000, "behind": -5 * DAY}.get(lie, 0)
        said = View.UNIT_MINIMAL if lie == "entry-view" and view is not View.UNIT_MINIMAL else view
        longer = 10 * DAY if lie == "entry-expiry" else 0
        other = "0" * 64 if lie == "entry-request" else request.digest
        entry = Entry(
            event="release.intent", ts_ms=ts_ms, req=new_request_id(self.now),
            actor=Actor("vault", "vault", "service", "none", "service"),
            basis=Basis(request.said["basis"], request.said["letter"], names),
            case=request.said["grounds"],
            decision=Decision(Outcome.ALLOW, (Reason.LAWFUL_BASIS, Reason.TWO_AGENCIES), "cn", request.said["rules"]),
            input=other, output=Output(hash_output(agreed.to_bytes(), SALT), 1, True), prev=request.said["request"],
            facts={"view": said.value, "expires_ms": ts_ms + 1000 * decision.said["expires_s"] + longer},
        ).encode()  # fmt: skip
        case.entry = entry
        if lie == "branch":
            case.branch = (*self.entries[: len(self.entries) // 2], entry)
        else:
            case.branch = None
            self.entries.append(entry)

    def cosigned(self, entries: Sequence[bytes], index: int, asked: Sequence[str], repeat: bool = False) -> bytes:
        """A proof under a checkpoint of these entries, with a line of each witness that is asked and agrees."""
        leaves = [leaf_hash(entry) for entry in entries]
        root = plain_root(leaves)
        log = self.cast.log
        text = Checkpoint(log.key.name, len(leaves), root).to_text()
        lines = []
        for name in asked:
            before = self.witnessed[name]
            if name in self.down or tuple(entries[: len(before)]) != before:
                continue  # down, or this tree does not continue the one that it saw
            self.witnessed[name] = tuple(entries)
            self.model.cosign(name, entries, root)
            lines.append(cosign(text, log.witnesses[name], self.now // 1000))
        note = sign_note(text, [log.key, log.pq_key])
        note = with_signatures(text, [*split_note(note)[1], *lines])
        subtree = lambda level, at: plain_root(leaves[at << level : (at + 1) << level])  # noqa: E731
        return TlogProof(index, tuple(inclusion_proof(subtree, index, len(leaves))), note).to_text()

    def proof(self, case: Case, lie: str) -> bytes:
        entries = list(case.branch or self.entries)
        asked = ["court", "procuratorate"]
        if lie == "one-witness":
            filler = Entry(
                event="heartbeat", ts_ms=self.now, req=new_request_id(self.now),
                actor=Actor("publisher", "log", "service", "none", "service"), facts={},
            )  # fmt: skip
            self.entries.append(filler.encode())
            entries = entries if case.branch else list(self.entries)
            asked = ["court"]
        return self.cosigned(entries, entries.index(case.entry), asked)

    # --- agents ----------------------------------------------------------------------------------------------------

    def hand(self, case: Case, other: Case, holder: Holder, lie: str = "", crash: str = "") -> bool:
        """The vault hands an agent a case, honest or altered, and the agent acts; whether it gave its half out."""
        now = self.clock_of(holder.value)
        try:
            self.deliver_rosters(holder.value, lie)
        except VaultError:
            return False  # the program stops where it is told a lie about rosters
        with contextlib.suppress(AuditError):
            return self._released(holder, self._altered(case, other, holder, lie), lie, crash, now, case)
        return False

    def _released(self, holder: Holder, dossier: Dossier, lie: str, crash: str, now: int, case: Case) -> bool:
        locks = tuple(self.locks if lie != "withheld-locks" else self.locks[::2])
        turn = Turn(holder, dossier, now, locks, holder in self.locked_here)
        memory, rosters = self.memories[holder], self.readers[holder.value]
        memory.crash, memory.made = crash, lambda release: self.model.judge_made(turn, release)
        folder = self.folder / ("locked-here" if turn.is_locked_here else "open-here")
        try:
            standing = FetchedLocks(rosters, list(locks), folder, now)
            release = release_half(self._agent(holder), dossier, rosters, memory, standing, now)
            self.model.judge_given(turn, release)
        except (VaultError, CrashError):
            return False
        finally:
            self.model.latest[holder] = max(self.model.latest.get(holder, 0), memory.latest)
        self.releases += 1
        case.releases[holder] = release
        return True

    def _agent(self, holder: Holder) -> Any:
        return dataclasses.replace(self.cast.agent(holder), law=self.law)

    def dossier(self, case: Case, holder: Holder, lie: str = "") -> Dossier:
        view = View(self.model.papers[case.decision].said["view"])
        return Dossier(
            case.asked.data, case.decision, case.approvals, self.pool.covers[case.record, view],
            self.pool.sealings[case.record], case.entry,
            self.proof(case, lie), SALT, self._halves(case.record, holder),
        )  # fmt: skip

    def _halves(self, record: int, holder: Holder) -> SealedHalves:
        return self.pool.sealed[record].halves(holder)

    def _altered(self, case: Case, other: Case, holder: Holder, lie: str) -> Dossier:
        """What the vault hands over: the dossier with the lie in it."""
        honest = self.dossier(case, holder, lie)
        what, _, part = lie.partition(":")
        if what == "flip":
            kept = getattr(honest, part)
            return dataclasses.replace(
                honest, **{part: tuple(map(_flip, kept)) if part == "approvals" else _flip(kept)}
            )
        if what == "swap":
            taken = self.dossier(other, holder)
            parts = part.split("+")
            return dataclasses.replace(honest, **{name: getattr(taken, name) for name in parts})
        if lie == "late-sealing":
            return dataclasses.replace(honest, sealing=self._sealed_now(case.record))
        if what == "half":
            view = View(self.model.papers[case.decision].said["view"])
            wrong = {
                "record": lambda: self._halves((case.record + 1) % len(RECORDS), holder),
                "holder": lambda: self._halves(case.record, next(one for one in Holder if one is not holder)),
                "invented": lambda: self._invented(case.record, view, holder),
            }[part]()
            return dataclasses.replace(honest, halves=wrong)
        if lie == "wide":
            return dataclasses.replace(honest, cover=self.pool.covers[case.record, View.COURT_FULL])
        if lie in ("drop-approval", "double-approval"):
            return dataclasses.replace(
                honest, approvals=honest.approvals[1:] if lie[1] == "r" else honest.approvals * 2
            )
        return honest

    def _sealed_now(self, record: int) -> checks.SealedEntry:
        """The entry of a sealing that says yesterday and that the witnesses see now, in a tree of its own."""
        cast = copy.copy(self.cast)
        cast.log = copy.copy(self.cast.log)
        cast.log.entries = []
        said = cast.sealed_entry(self.pool.sealed[record])
        late = checks.SealedEntry(said.entry, cast.log.proof(0, self.now))
        self.model.sealings[late.proof] = self.pool.sealed[record].index.record, self.now
        return late

    def _invented(self, record: int, view: View, holder: Holder) -> SealedHalves:
        """A half that the vault drew itself, with kinds that every basis reaches."""
        key = KeySealer(self.cast.agent_keys[holder].sealing_key)  # stands on a roster: anybody may seal to it
        held = HeldHalves({view: Half(b"i" * 32, (K.CONVICTION,))})
        return seal_halves(held, self.pool.sealed[record].made.id, holder, key)

    # --- the officer's desk ----------------------------------------------------------------------------------------

    def open(self, case: Case, lie: str = "") -> bool:
        """The officer's desk opens what came back; whether it did."""
        releases = list(case.releases.values())
        if lie == "one-twice":
            releases = releases[:1] * 2
        envelope = self.pool.sealed[case.record].envelopes[View(self.model.papers[case.decision].said["view"])]
        if lie == "other-envelope":
            envelope = self.pool.sealed[case.record].envelopes[View.COURT_FULL]
        if lie == "flip":
            envelope = _flip(envelope)
        try:
            dossier = self.dossier(case, Holder.COURT, lie)
            rosters = self.desk()
            opened = open_release(case.asked, dossier, releases, io.BytesIO(envelope), rosters, self.now)
            plain = opened.container.read(10**6)
        except (VaultError, AuditError):
            return False
        self.model.judge_opened(case.asked.data, releases, plain, self.now)
        return True

    # --- locks, clocks, rules --------------------------------------------------------------------------------------

    def lock(self, person: str, act: str, ahead_ms: int = 0) -> None:
        """Somebody locks or agrees to open, perhaps with a time that is yet to come."""
        human = self.people[person]
        if not human.roles & LOCKERS or human.revoked_ms is not None:
            return
        form = Lock(
            lock=new_request_id(self.now), agency=human.agency, person=human.person, act=act, at_ms=self.now + ahead_ms
        )
        data = form.sign(human.signer)
        self.model.acts[data] = (len(self.locks), human.agency, act)
        self.locks.append(data)
        self.now += 1  # a second act in one millisecond would count as none

    def restore(self) -> None:
        """Peace: everybody in office, witnesses up, locks opened, clocks right, new rosters, the first rules."""
        self.now = max(self.now, *(memory.latest for memory in self.memories.values()))
        self.skew, self.force, self.model.force = dict.fromkeys(Holder, 0), RULES, RULES
        self.down.clear()
        self.locked_here.clear()
        for name, human in self.cast.people.items():
            self.people[name].roles, self.people[name].revoked_ms = human.roles, None
        for agency in AGENCIES:
            self.publish(agency)
        if self.locks:
            for agency in HOLDS:
                self.lock(f"decider-{agency.split('-')[0]}", "open")

    def change_rules(self) -> None:
        """The other rule file comes into force."""
        self.force = self.model.force = NEWER_RULES if self.force == RULES else RULES


def _flip(data: bytes) -> bytes:
    return data[:-30] + bytes([data[-30] ^ 1]) + data[-29:]


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """What honest people's own desks refuse, nobody signs."""
    with contextlib.suppress(VaultError):
        yield
