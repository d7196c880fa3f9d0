"""What must be true of every half that leaves an agent, written down a second time and apart from the product's checks.

The model is told what truly happened: who signed which paper, which rosters keepers published, what witnesses cosigned,
what was sealed. It judges each release by that, and calls nothing of `vault.checks`, `vault.agent` or `vault.rosters`.
It does not act, and it forgives whatever the protocol refuses: only what is given can be wrong.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.commitments import hash_output
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import OpeningKey, open_key
from vault.agent import Dossier
from vault.vocabulary import AgencyKind, Holder, RecordKind, Role, View

SKEW_MS = 60_000
LOCKERS = frozenset({Role.DECIDER, Role.APPROVER, Role.SUPERVISOR})


class ViolationError(AssertionError):
    """Something left that must not have left."""


@dataclass(frozen=True)
class Paper:
    """A signed form and who truly signed it."""

    data: bytes
    person: str
    agency: str
    key: str

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data.split(b"\n")[1])
        return found

    @property
    def digest(self) -> str:
        return hashlib.sha256(b"\n".join(self.data.split(b"\n")[:2])).hexdigest()


@dataclass(frozen=True)
class Seat:
    """One person as a keeper put them on a roster."""

    person: str
    roles: frozenset[Role]
    device: str
    key: str
    until_ms: int
    revoked_ms: int | None

    def holds(self, role: Role, at_ms: int) -> bool:
        return role in self.roles and at_ms < self.until_ms and (self.revoked_ms is None or at_ms < self.revoked_ms)


@dataclass(frozen=True)
class Sheet:
    """One roster as a keeper signed it."""

    agency: str
    version: int
    not_after_ms: int
    seats: Mapping[str, Seat]
    """By id of the signing key."""


@dataclass(frozen=True)
class Truth:
    """What a half truly opens."""

    record: str
    view: View
    holder: Holder
    agency: str
    kinds: tuple[RecordKind, ...]
    sealer: str
    """Id of the key that sealed it."""


@dataclass(frozen=True)
class Given:
    """What one line of the law gives."""

    requesters: frozenset[AgencyKind]
    kinds: frozenset[RecordKind]
    view: View
    expires_s: int
    longest_s: int


Law = Mapping[tuple[str, str], Given]


@dataclass(frozen=True)
class Turn:
    """What an agent was given, and under which clock it acts."""

    holder: Holder
    dossier: Dossier
    now_ms: int
    locks: tuple[bytes, ...]
    is_locked_here: bool


@dataclass
class Model:
    """Everything that truly happened, and the judgement of what left."""

    law: Law
    kinds: Mapping[str, AgencyKind]
    holds: Mapping[str, Holder]
    force: str
    truths: dict[bytes, Truth] = field(default_factory=dict)
    papers: dict[bytes, Paper] = field(default_factory=dict)
    sheets: dict[bytes, Sheet] = field(default_factory=dict)
    seen: dict[tuple[str, str], Sheet] = field(default_factory=dict)
    cosigned: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    trees: dict[tuple[int, str], tuple[bytes, ...]] = field(default_factory=dict)
    acts: dict[bytes, tuple[int, str, str]] = field(default_factory=dict)
    """Locks and openings by entitled people: (order of making, agency, act)."""
    sealings: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    """By the proof of its entry: which record, and when both witnesses saw it."""
    keys: dict[str, OpeningKey] = field(default_factory=dict)
    latest: dict[Holder, int] = field(default_factory=dict)
    made: dict[tuple[Holder, str], tuple[bytes, str]] = field(default_factory=dict)
    """The release of each holder and request, and what it rested on."""
    opened: int = 0

    # --- what happens ----------------------------------------------------------------------------------------------

    def took(self, reader: str, data: bytes) -> None:
        """A program took a roster for true."""
        sheet = self.sheets.get(data)
        _must(sheet is not None, "a roster was taken that no keeper signed")
        assert sheet
        known = self.seen.get((reader, sheet.agency))
        _must(known is None or known.version <= sheet.version, "an older roster was taken after a newer one")
        self.seen[reader, sheet.agency] = sheet

    def cosign(self, witness: str, entries: Sequence[bytes], root: bytes) -> None:
        """A witness cosigned a tree."""
        head = len(entries), base64.b64encode(root).decode()
        self.trees[head] = tuple(entries)
        self.cosigned.setdefault(head, set()).add(witness)

    # --- what left -------------------------------------------------------------------------------------------------

    def judge_made(self, turn: Turn, release: bytes) -> None:
        """An agent signed a release; ViolationError unless everything is as the law and the protocol want it."""
        dossier = turn.dossier
        request, decision = self._paper(dossier.request), self._paper(dossier.decision)
        approvals = [self._paper(data) for data in dossier.approvals]
        self._judge_moment(turn)
        self._judge_papers(request, decision, approvals)
        self._judge_people(turn, request, decision, approvals)
        said = json.loads(release.split(b"\n")[1])
        entry = self._judge_entry(turn, said, request, decision, approvals)
        truth = self._judge_half(turn, said, request, decision, approvals)
        self._judge_sealed(turn, truth)
        self._judge_law(turn, truth, request, decision)
        expires_ms = int(entry["facts"]["expires_ms"])
        _must(said["expires_ms"] == expires_ms > turn.now_ms, "released after its time was over")
        latest = turn.now_ms + 1000 * decision.said["expires_s"] + SKEW_MS
        _must(expires_ms <= latest, "released for longer than was decided")
        key = turn.holder, request.said["request"]
        _must(key not in self.made, "a second release for one request id")
        self.made[key] = release, _rests_on(dossier)

    def judge_given(self, turn: Turn, release: bytes) -> None:
        """An agent gave a release out, perhaps again."""
        said = json.loads(release.split(b"\n")[1])
        known = self.made.get((turn.holder, said["request"]))
        _must(known is not None and known[0] == release, "given out and never made, or other bytes")
        assert known
        _must(known[1] == _rests_on(turn.dossier), "given again for other papers")
        _must(turn.now_ms < said["expires_ms"], "given again after its time was over")
        self._judge_moment(turn)
        request, decision = self._paper(turn.dossier.request), self._paper(turn.dossier.decision)
        self._judge_people(turn, request, decision, [self._paper(data) for data in turn.dossier.approvals])

    def judge_opened(self, request: bytes, releases: Iterable[bytes], plain: bytes, now_ms: int) -> None:
        """An officer's desk showed a plaintext."""
        asked = self._paper(request).said["request"]
        made = {holder: self.made.get((holder, asked)) for holder in Holder}
        _must(all(made.values()), "opened without a release by both holders")
        given = set(releases)
        for found in made.values():
            assert found
            _must(found[0] in given, "opened with other releases than the agents made")
            _must(now_ms < json.loads(found[0].split(b"\n")[1])["expires_ms"], "opened after its time was over")
        view, record = plain.split(b"\n")[:2]
        known = {(truth.view.value, truth.record) for truth in self.truths.values()}
        _must((view.decode(), record.decode()) in known, "another plaintext than any that was sealed")
        self.opened += 1

    # --- its parts -------------------------------------------------------------------------------------------------

    def _paper(self, data: bytes) -> Paper:
        found = self.papers.get(data)
        _must(found is not None, "rests on a paper that nobody signed")
        assert found
        return found

    def _judge_moment(self, turn: Turn) -> None:
        _must(not turn.is_locked_here, "released under the agency's own lock")
        _must(not self._is_locked(turn.locks), "released while a lock stands")
        before = self.latest.get(turn.holder, 0)
        _must(turn.now_ms + SKEW_MS >= before, "released by a clock that ran back")

    def _is_locked(self, locks: Iterable[bytes]) -> bool:
        acts = sorted(self.acts[data] for data in locks if data in self.acts)
        last = max((order for order, _, act in acts if act == "lock"), default=None)
        opened = {agency for order, agency, act in acts if act == "open" and last is not None and order > last}
        return last is not None and not set(self.holds) <= opened

    def _judge_papers(self, request: Paper, decision: Paper, approvals: Sequence[Paper]) -> None:
        asked, decided = request.said, decision.said
        _must(decided["request_digest"] == request.digest, "decided on another request")
        _must(decided["agency"] == decision.agency == asked["to"], "not decided by the agency that was asked")
        _must(decided["rules"] == asked["rules"], "decided under other rules than were pinned")
        needed = sorted(set(self.holds) - {decision.agency})
        _must(sorted(one.agency for one in approvals) == needed, "not approved by every other half-holding agency")
        for one in approvals:
            _must(one.said["request_digest"] == request.digest, "approved another request")
            _must(one.said["decision_digest"] == decision.digest, "approved another decision")

    def _judge_people(self, turn: Turn, request: Paper, decision: Paper, approvals: Sequence[Paper]) -> None:
        seats = [self._seat(turn, request, Role.OFFICER), self._seat(turn, decision, Role.DECIDER)]
        seats += [self._seat(turn, one, Role.APPROVER) for one in approvals]
        people = {
            (paper.agency, seat.person) for paper, seat in zip([request, decision, *approvals], seats, strict=True)
        }
        devices = {
            (paper.agency, seat.device) for paper, seat in zip([request, decision, *approvals], seats, strict=True)
        }
        _must(len(people) == len(devices) == len(seats), "somebody agreed with themselves")

    def _seat(self, turn: Turn, paper: Paper, role: Role) -> Seat:
        sheet = self.seen.get((turn.holder.value, paper.agency))
        _must(sheet is not None and turn.now_ms < sheet.not_after_ms, "rests on no roster, or one out of date")
        assert sheet
        seat = sheet.seats.get(paper.key)
        _must(seat is not None and seat.person == paper.person, "signed by somebody who is not on the roster")
        assert seat
        _must(seat.holds(role, turn.now_ms), f"its signer is no {role.value} at the release")
        return seat

    def _judge_entry(
        self, turn: Turn, said: Any, request: Paper, decision: Paper, approvals: Sequence[Paper]
    ) -> dict[str, Any]:
        head, note, _ = turn.dossier.proof.decode().split("\n\n")
        index = next(int(line.removeprefix("index ")) for line in head.split("\n") if line.startswith("index "))
        _, size, root = note.split("\n")[:3]
        tree = int(size), root
        _must(self.cosigned.get(tree) == {"court", "procuratorate"}, "its tree was not cosigned by both witnesses")
        _must(self.trees[tree][index : index + 1] == (turn.dossier.entry,), "its entry is not in the cosigned tree")
        _must(said["leaf"] == hashlib.sha256(b"\0" + turn.dossier.entry).hexdigest(), "bound to another entry")
        entry: dict[str, Any] = json.loads(turn.dossier.entry)
        wanted = (
            "release.intent", request.digest, request.said["basis"], request.said["letter"], decision.said["view"],
            [one.said["approval"] for one in sorted(approvals, key=lambda one: one.agency)],
        )  # fmt: skip
        basis = entry.get("basis", {})
        found = (
            entry["type"], entry.get("input"), basis.get("law"), basis.get("document"),
            entry["facts"].get("view"), basis.get("approvals"),
        )  # fmt: skip
        _must(found == wanted, "its entry is not the intent of this release")
        expected = hash_output(self._authorisation(request, decision, approvals), turn.dossier.salt)
        _must(entry["output"]["sha256"] == expected, "its entry commits to another release")
        return entry

    def _authorisation(self, request: Paper, decision: Paper, approvals: Sequence[Paper]) -> bytes:
        return _canonical({
            "request": request.digest,
            "decision": decision.digest,
            "approvals": [one.digest for one in sorted(approvals, key=lambda one: one.agency)],
            "envelope": decision.said["envelope"],
            "view": decision.said["view"],
            "officer_key": self.keys[request.said["officer_key"]].sealing_key.id,
        })  # fmt: skip

    def _judge_half(self, turn: Turn, said: Any, request: Paper, decision: Paper, approvals: Sequence[Paper]) -> Truth:
        authorisation = self._authorisation(request, decision, approvals)
        _must(said["authorisation"] == hashlib.sha256(authorisation).hexdigest(), "bound to other papers")
        names = ("record", "version", "view", "agency", "epoch", "suite")
        view_id = _canonical({name: decision.said[name] for name in names})
        binding = hashlib.sha256(authorisation + b"\n" + bytes.fromhex(said["leaf"]) + b"\n" + view_id).digest()
        key = self.keys[request.said["officer_key"]]
        try:
            aad = turn.holder.value.encode() + b"\n" + binding
            secret = open_key(key, base64.b64decode(said["half"]), b"sealink/v1/vault/released-half", aad)
        except CryptoError:
            raise ViolationError("sealed to another key or bound to something else") from None
        truth = self.truths.get(secret)
        _must(truth is not None, "no half of anything that was sealed")
        assert truth
        _must(truth.holder is turn.holder, "the other holder's half")
        found = (truth.record, truth.view.value, truth.agency)
        decided = tuple(decision.said[name] for name in ("record", "view", "agency"))
        _must(found == decided, "the half of another view or record than was decided")
        return truth

    def _judge_sealed(self, turn: Turn, truth: Truth) -> None:
        known = self.sealings.get(turn.dossier.sealing.proof)
        _must(known is not None and known[0] == truth.record, "no proof of this record's own sealing")
        assert known
        seat = self.seen[turn.holder.value, truth.agency].seats.get(truth.sealer)
        _must(seat is not None, "sealed by a key that stands on no roster")
        assert seat
        seen_ms = known[1] // 1000 * 1000
        _must(seat.revoked_ms is None or seen_ms < seat.revoked_ms, "sealed after its sealer's key was revoked")

    def _judge_law(self, turn: Turn, truth: Truth, request: Paper, decision: Paper) -> None:
        asked = request.said
        for rules in {asked["rules"], self.force}:
            given = self.law.get((rules, asked["basis"]))
            _must(given is not None, "no basis")
            assert given
            _must(self.kinds[request.agency] in given.requesters, "no basis for this kind of agency")
            _must(set(truth.kinds) <= given.kinds, "the basis does not reach the record's kinds")
            _must(given.view is truth.view, "another view than the basis gives")
            _must(decision.said["expires_s"] <= given.expires_s, "open for longer than the basis allows")
            longest = asked["issued_ms"] + 1000 * given.longest_s
            _must(asked["not_after_ms"] <= longest, "the request lives longer than the basis allows")
        _must(truth.agency == decision.agency, "not decided by the agency that sealed")
        _must(turn.now_ms < asked["not_after_ms"], "released after the request's own time")
        _must(asked["issued_ms"] <= turn.now_ms + SKEW_MS, "the request is from the future")


def _rests_on(dossier: Dossier) -> str:
    parts = (dossier.request, dossier.decision, *sorted(dossier.approvals))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _must(is_so: bool, violation: str) -> None:
    if not is_so:
        raise ViolationError(violation)
