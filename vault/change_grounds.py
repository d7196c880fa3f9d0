"""Why a record's state should change: sealed to those who must agree, and examined by each of them under the law.

The proposal names its grounds by a salted hash; the grounds say which kinds the record has, the merged or new term, and
which signed findings answer what no program can. The desk that proposes examines them before it signs, every desk that
agrees examines the same grounds again, so that an unlawful cause or day passes neither. The vault reads none of it.

    unsealed   a cause of the closed list that reaches these kinds, from the day on which it arose (L28, L29)
    sealed     again: what had unsealed it fell away, or never was one, and the kinds are ones that the law seals
    shredded   court and procuratorate have both found so, and no hold stands (section 5)

May touch: the system's randomness
Sees:      kinds and terms of one record; no name
Spec:      vault-law L7, L28 to L30, L33; section 5
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audit import canonical
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import OpeningKey, open_key, seal_key
from audit.errors import MalformedError
from vault.changing import Proposal
from vault.errors import ChangeRefusedError, MalformedFormError
from vault.findings import Answers, Question, agency_of_finding, change_matter_of, verified_findings
from vault.forms import Signed
from vault.law.calendar import civil_day
from vault.law.rule_set import RuleSet
from vault.law.rules import by_digest, in_force
from vault.retention import EndGround, KeepReason, Keeps, examine_end
from vault.rosters import Rosters
from vault.unsealing import (
    AsksPerson,
    Claim,
    Ground,
    SealState,
    StaysSealed,
    StaysUnsealed,
    examine_claim,
    examine_resealing,
)
from vault.vocabulary import AgencyKind, Holder, RecordKind

_INFO: Final = b"sealink/v1/vault/change-grounds"
_PADDED_TO: Final = 40 * 1024
"""One length for all: how many findings a change needs would tell what it is about."""
_FIELDS: Final = {"kinds", "term_months", "is_life", "findings", "salt"}
MOST_FINDINGS: Final = 6


@dataclass(frozen=True, slots=True)
class ChangeGrounds:
    """What a change rests on. `findings` are signed answers, as text; `salt` is 64 hex digits, drawn once."""

    kinds: tuple[RecordKind, ...]
    term_months: int | None = None
    is_life: bool = False
    findings: tuple[str, ...] = field(default=(), repr=False)
    salt: str = field(default="", repr=False)

    @classmethod
    def of(
        cls, kinds: Iterable[RecordKind], term_months: int | None, is_life: bool, findings: Sequence[bytes]
    ) -> ChangeGrounds:
        """Grounds with a fresh salt; MalformedFormError for what nobody signed as text."""
        if len(findings) > MOST_FINDINGS:
            raise MalformedFormError("grounds of the change: too many findings")
        try:
            texts = tuple(data.decode("ascii") for data in findings)
        except UnicodeDecodeError:
            raise MalformedFormError("grounds of the change: a file is no finding") from None
        return cls(tuple(sorted(set(kinds))), term_months, is_life, texts, secrets.token_hex(32))

    def to_bytes(self) -> bytes:
        """The canonical text that is hashed and sealed."""
        return canonical.dumps({
            "kinds": [kind.value for kind in self.kinds],
            "term_months": self.term_months,
            "is_life": self.is_life,
            "findings": [*self.findings],
            "salt": self.salt,
        })  # fmt: skip

    @property
    def sha256(self) -> str:
        """What a proposal names them by."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @classmethod
    def parse(cls, text: bytes) -> ChangeGrounds:
        """Read `to_bytes`'s form, padded or not; MalformedFormError otherwise."""
        try:
            value: Any = canonical.loads(text.rstrip(b" "))
            if not isinstance(value, dict) or set(value) != _FIELDS or type(value["is_life"]) is not bool:
                raise ValueError
            term, findings, salt = value["term_months"], value["findings"], value["salt"]
            if not (term is None or (type(term) is int and term >= 0)) or not isinstance(salt, str):
                raise ValueError
            if not all(isinstance(one, str) for one in findings) or len(findings) > MOST_FINDINGS:
                raise ValueError
            kinds = tuple(RecordKind(kind) for kind in value["kinds"])
            return cls(kinds, term, value["is_life"], tuple(findings), salt)
        except (MalformedError, ValueError, TypeError):
            raise MalformedFormError("grounds of the change: not of their form") from None


def readers_of(agency: str, rosters: Rosters) -> tuple[str, ...]:
    """Who reads the grounds of a change of `agency`'s record: itself, then everybody who must agree."""
    return (agency, *rosters.pins.approvers(agency))


def seal_grounds(grounds: ChangeGrounds, proposal: str, agency: str, rosters: Rosters, now_ms: int) -> tuple[str, ...]:
    """The grounds for each reader's desk, padded; RosterError if one of them has no valid roster."""
    text = grounds.to_bytes()
    if len(text) > _PADDED_TO:
        raise MalformedFormError("grounds of the change: too long")
    padded = text.ljust(_PADDED_TO)
    desks = [rosters.of(reader, now_ms).desk for reader in readers_of(agency, rosters)]
    return tuple(base64.b64encode(seal_key(desk, padded, _INFO, proposal.encode())).decode() for desk in desks)


def read_change_grounds(proposal: Signed[Proposal], desk: OpeningKey, agency: str, rosters: Rosters) -> ChangeGrounds:
    """The grounds at the desk of `agency`, once they are the ones that everybody was given."""
    form = proposal.form
    readers = readers_of(form.agency, rosters)
    if agency not in readers or len(form.sealed_grounds) != len(readers):
        raise MalformedFormError("proposal: its grounds are not sealed to everyone who must agree")
    sealed = base64.b64decode(form.sealed_grounds[readers.index(agency)])
    try:
        text = open_key(desk, sealed, _INFO, form.proposal.encode())
    except CryptoError:
        raise MalformedFormError("proposal: its grounds do not open at this desk") from None
    grounds = ChangeGrounds.parse(text)
    if grounds.sha256 != form.grounds:
        raise MalformedFormError("proposal: its grounds are not those that it names")
    return grounds


def examine_change(form: Proposal, grounds: ChangeGrounds, rosters: Rosters, now_ms: int) -> None:
    """ChangeRefusedError unless the law allows the change, under the rules that it names and under those in force."""
    today = civil_day(now_ms)
    day = dt.date.fromisoformat(form.from_day)
    if day > today:
        raise ChangeRefusedError("from a day that has not come: a change counts from when its cause arose (L29)")
    newest = in_force(today)
    for rules in {rules.sha256: rules for rules in (by_digest(form.rules), newest)}.values():
        _examine_under(rules, form, grounds, rosters, now_ms)


def _examine_under(rules: RuleSet, form: Proposal, grounds: ChangeGrounds, rosters: Rosters, now_ms: int) -> None:
    match SealState(form.change):
        case SealState.SEALED:
            _examine_resealing(rules, form, grounds)
        case SealState.UNSEALED:
            _examine_claim(rules, form, grounds, _answers(form, grounds, rosters, now_ms), rosters)
        case SealState.SHREDDED:
            _examine_end(rules, form, _answers(form, grounds, rosters, now_ms), rosters)


def _examine_resealing(rules: RuleSet, form: Proposal, grounds: ChangeGrounds) -> None:
    verdict = examine_resealing(rules, form.cause, grounds.kinds)
    if isinstance(verdict, StaysUnsealed):
        raise _refused("no lawful change", verdict.ground, verdict.rules)


def _examine_claim(
    rules: RuleSet, form: Proposal, grounds: ChangeGrounds, found: Mapping[str, Answers], rosters: Rosters
) -> None:
    answers = dict(found.get(form.agency, {}))
    # That the court agrees is a court's to say, not the sealing agency's (L7); one that does not is enough.
    said = [
        one[Question.COURT_AGREES]
        for agency, one in found.items()
        if Question.COURT_AGREES in one and rosters.pins.agency(agency).kind is AgencyKind.COURT
    ]
    answers[Question.COURT_AGREES] = bool(said) and all(said)
    claim = Claim(form.cause, dt.date.fromisoformat(form.from_day), grounds.term_months, grounds.is_life)
    verdict = examine_claim(rules, claim, grounds.kinds, answers)
    if isinstance(verdict, StaysSealed):
        raise _refused("no lawful change", verdict.ground, verdict.rules)
    if isinstance(verdict, AsksPerson):
        raise _refused("a person must answer first", verdict.ground, verdict.rules)


def _examine_end(rules: RuleSet, form: Proposal, found: Mapping[str, Answers], rosters: Rosters) -> None:
    if form.cause not in set(EndGround):
        raise _refused("the record is kept", KeepReason.NO_GROUND, ("L33",))
    holders = [rosters.pins.holder(holder) for holder in Holder]
    decided = {one.kind: found.get(one.code, {}).get(Question.SHRED, False) for one in holders}
    # Where the sealing agency has not said that there is no hold, there is one; anybody else's counts as well.
    own = found.get(form.agency, {}).get(Question.ON_HOLD, True)
    is_on_hold = own or any(one.get(Question.ON_HOLD, False) for one in found.values())
    verdict = examine_end(rules, EndGround(form.cause), decided, is_on_hold=is_on_hold)
    if isinstance(verdict, Keeps):
        raise _refused("the record is kept", verdict.reason, verdict.rules)


def _answers(form: Proposal, grounds: ChangeGrounds, rosters: Rosters, now_ms: int) -> Mapping[str, Answers]:
    """Verified answers about this record and cause, on this very paper, by agency."""
    matter = change_matter_of(form.agency, form.record, form.cause)
    signed: dict[str, list[bytes]] = {}
    for text in grounds.findings:
        signed.setdefault(agency_of_finding(text.encode()), []).append(text.encode())
    found: dict[str, Answers] = {}
    for agency, data in signed.items():
        if agency not in rosters.pins.agencies:
            raise MalformedFormError("finding: by an agency that does not take part")
        findings = verified_findings(data, matter, agency, rosters, now_ms)
        if any(one.document != form.judgment for one in findings):
            raise ChangeRefusedError("a finding rests on another paper than the proposal names")
        found[agency] = {Question(one.question): one.answer for one in findings}
    return found


def _refused(what: str, why: Ground | KeepReason, rules: tuple[str, ...]) -> ChangeRefusedError:
    return ChangeRefusedError(f"{what}: {why.value} ({', '.join(rules)})")
