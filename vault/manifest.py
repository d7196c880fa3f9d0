"""The manifest of a case bundle, `case.toml`: what the sealing agency says about a case and its files. Read strictly.

Everything that can be told without the files is checked here: unknown fields, phases without object or reason (L4),
paths that leave the folder, joint cases without mark or redaction (L8), what may not stand in an extract (L6). Whether
the files are there and what they hold is `bundle`'s matter, whether the case must be sealed `eligibility`'s.

    case_no = "…"                agency = "court-a"       agency_kind = "court"
    outcome = "sentenced"        kinds = ["conviction"]   term_months = 18
    judged_on = 2026-03-02       instance = "first"       joint = "none"
    [subject]                    name, aliases, resident_id ("none"), birth (or birth_unknown = true), identifying
    [[offence]]                  charge, first, last (if it lasted)
    [[phase]]                    phase, and either absent = "why" or objects
    [[phase.object]]             path, kind, extract, redacted, reviewed_by, shared
    [[holder]]                   agency, kind, phases: who else holds a part
    findings = ["main.finding"]  signed findings (`findings.py`)

May touch: nothing
Sees:      the subject, charges, paths
Spec:      vault-law L1 to L8, L13, L32
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from vault.eligibility import Facts, Span
from vault.errors import BundleError
from vault.pins import Pins
from vault.safe_names import is_safe_name
from vault.strict_table import StrictTable
from vault.vocabulary import SEALING_KINDS, AgencyKind, CaseOutcome, Phase, RecordKind

MANIFEST: Final = "case.toml"
LARGEST_MANIFEST: Final = 1024 * 1024
MOST_OBJECTS: Final = 10_000
JOINT_MARK: Final = "含犯罪记录封存信息"
"""The mark of 办法 art. 5, word for word."""
PRINCIPAL: Final = {
    CaseOutcome.SENTENCED: frozenset({RecordKind.CONVICTION}),
    CaseOutcome.EXEMPTED: frozenset({RecordKind.CONVICTION}),
    CaseOutcome.NON_PROSECUTED: frozenset({RecordKind.NON_PROSECUTION}),
    CaseOutcome.ACQUITTED: frozenset({RecordKind.ACQUITTAL}),
    CaseOutcome.ADMINISTRATIVE: frozenset({RecordKind.ADMINISTRATIVE_PUNISHMENT, RecordKind.SPECIAL_EDUCATION}),
    CaseOutcome.PUBLIC_SECURITY: frozenset({RecordKind.PUBLIC_SECURITY_VIOLATION}),
}
"""The kinds of which a record with that outcome holds one at least."""
PHASES: Final = {
    CaseOutcome.SENTENCED: frozenset(Phase),
    CaseOutcome.EXEMPTED: frozenset(Phase) - {Phase.EXECUTION},
    CaseOutcome.NON_PROSECUTED: frozenset({Phase.INVESTIGATION, Phase.PROSECUTION}),
    CaseOutcome.ACQUITTED: frozenset(Phase) - {Phase.EXECUTION},
    CaseOutcome.ADMINISTRATIVE: frozenset({Phase.INVESTIGATION}),
    CaseOutcome.PUBLIC_SECURITY: frozenset({Phase.INVESTIGATION}),
}
"""The phases that a case with that outcome is known to have had (L4)."""
WHOLE_FILE_ONLY: Final = frozenset({RecordKind.SOCIAL_INVESTIGATION, RecordKind.AID_MATERIAL})
"""Kinds that stand in no extract (L6)."""


_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}").fullmatch


class Instance(StrEnum):
    """Which court judged last."""

    FIRST = "first"
    SECOND = "second"


class Joint(StrEnum):
    """Whether adults were tried for the same facts (办法 art. 5)."""

    NONE = "none"
    SEPARATED = "separated"  # the minor's part has a file of its own
    UNSEPARATED = "unseparated"


@dataclass(frozen=True, slots=True)
class Person:
    """The subject, and every text that would give the subject away."""

    name: str = field(repr=False)
    aliases: tuple[str, ...] = field(repr=False)
    resident_id: str | None = field(repr=False)
    birth: dt.date | None = field(repr=False)
    identifying: tuple[str, ...] = field(repr=False)
    """Home, school, guardians' names."""


@dataclass(frozen=True, slots=True)
class Offence:
    """One charge and when it was committed."""

    charge: str = field(repr=False)
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """One object as the manifest lists it; `place` says where, in errors."""

    place: str
    path: str = field(repr=False)
    phase: Phase
    kind: RecordKind
    is_extract: bool
    redacted: str | None = field(repr=False)
    reviewed_by: str | None
    """Who looked through a redacted form that no program can read."""
    is_shared: bool
    """Whether it is also part of an adult's file."""


@dataclass(frozen=True, slots=True)
class HolderPart:
    """Another agency that holds a part of the case and must be sent a sealing notice."""

    agency: str
    kind: AgencyKind
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A case as its sealing agency states it."""

    case_no: str = field(repr=False)
    agency: str
    agency_kind: AgencyKind
    outcome: CaseOutcome
    kinds: frozenset[RecordKind]
    """The principal ones and those of the objects."""
    term_months: int | None = field(repr=False)
    is_life: bool = field(repr=False)
    judged_on: dt.date = field(repr=False)
    instance: Instance
    joint: Joint
    subject: Person
    offences: tuple[Offence, ...]
    objects: tuple[Listed, ...]
    absent: dict[Phase, str]
    holders: tuple[HolderPart, ...]
    findings: tuple[str, ...] = field(repr=False)

    @property
    def marks(self) -> tuple[str, ...]:
        """Marks that every export of a joint case carries."""
        return () if self.joint is Joint.NONE else (JOINT_MARK,)

    @property
    def facts(self) -> Facts:
        """What `eligibility` asks for."""
        spans = tuple(offence.span for offence in self.offences)
        return Facts(
            self.outcome, self.kinds, self.subject.birth, spans, self.term_months, self.is_life, self.judged_on
        )

    def paths(self) -> list[str]:
        """Every file that the manifest names, besides itself."""
        redacted = [listed.redacted for listed in self.objects if listed.redacted]
        return [*(listed.path for listed in self.objects), *redacted, *self.findings]


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest; BundleError names the place and the rule, never what was written."""
    if len(data) > LARGEST_MANIFEST:
        raise BundleError(f"{MANIFEST}: larger than a manifest may be")
    try:
        top = StrictTable(tomllib.loads(data.decode()), MANIFEST, BundleError)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise BundleError(f"{MANIFEST}: not TOML") from None
    outcome, joint = top.word("outcome", CaseOutcome), top.word("joint", Joint)
    principal = frozenset(top.words("kinds", RecordKind))
    term_months, is_life = _term(top, outcome)
    objects, absent = _phases(top, outcome, joint)
    found = Manifest(
        case_no=top.text("case_no", longest=128),
        agency=top.code("agency"),
        agency_kind=_sealing_kind(top, "agency_kind"),
        outcome=outcome,
        kinds=principal | {listed.kind for listed in objects},
        term_months=term_months,
        is_life=is_life,
        judged_on=top.day("judged_on"),
        instance=top.word("instance", Instance),
        joint=joint,
        subject=_subject(top.table("subject")),
        offences=tuple(_offence(table) for table in top.tables("offence")),
        objects=objects,
        absent=absent,
        holders=tuple(_holder(table) for table in top.tables("holder")) if top.has("holder") else (),
        findings=_paths(top, "findings") if top.has("findings") else (),
    )
    if joint is not Joint.NONE and top.text("mark") != JOINT_MARK:
        top.fail("mark: a joint case carries the mark of 办法 art. 5, word for word (L8)")
    top.end()
    _check_whole(top, found, principal)
    return found


def check_kinds(manifest: Manifest, pins: Pins) -> None:
    """The agencies are what the pins say that they are; BundleError otherwise. L13 and the notices rest on it."""
    for place, agency, kind in (
        ("agency_kind", manifest.agency, manifest.agency_kind),
        *((f"holder {number}: kind", one.agency, one.kind) for number, one in enumerate(manifest.holders, start=1)),
    ):
        if agency not in pins.agencies or pins.agencies[agency].kind is not kind:
            raise BundleError(f"{MANIFEST}: {place}: not what is pinned of that agency, or it does not take part")


def _check_whole(top: StrictTable, found: Manifest, principal: frozenset[RecordKind]) -> None:
    if not principal & PRINCIPAL[found.outcome]:
        top.fail("kinds: none is a kind that this outcome leaves")
    folded = [path.casefold() for path in (*found.paths(), MANIFEST)]
    if len(set(folded)) != len(folded):
        top.fail("a path stands twice, or differs from another by case alone")
    if any(offence.span.first > found.judged_on for offence in found.offences):
        top.fail("offence: after the judgment")
    agencies = [found.agency, *(holder.agency for holder in found.holders)]
    if len(set(agencies)) != len(agencies):
        top.fail("holder: an agency stands twice, or is the sealing agency itself")
    kinds = [found.agency_kind, *(holder.kind for holder in found.holders)]
    if found.instance is Instance.SECOND and kinds.count(AgencyKind.PROCURATORATE) < 2:
        top.fail("holder: after a second instance both procuratorates hold a part (L13)")


def _term(top: StrictTable, outcome: CaseOutcome) -> tuple[int | None, bool]:
    if outcome is not CaseOutcome.SENTENCED:
        return None, False
    is_life = top.flag("life") if top.has("life") else False
    return (None if is_life else top.whole("term_months", 0, 300)), is_life


def _subject(table: StrictTable) -> Person:
    name, aliases = table.text("name", longest=64), table.texts("aliases") if table.has("aliases") else ()
    resident_id = table.text("resident_id", longest=18)
    if resident_id != "none" and not _RESIDENT_ID(resident_id):
        table.fail('resident_id: 18 or 15 characters, or "none", expected')
    is_unknown = table.flag("birth_unknown") if table.has("birth_unknown") else False
    birth = None if is_unknown else table.day("birth")
    identifying = table.texts("identifying") if table.has("identifying") else ()
    table.end()
    return Person(name, aliases, None if resident_id == "none" else resident_id, birth, identifying)


def _offence(table: StrictTable) -> Offence:
    charge, first = table.text("charge", longest=64), table.day("first")
    last = table.day("last") if table.has("last") else first
    table.end()
    if last < first:
        table.fail("last: before the first day")
    return Offence(charge, Span(first, last))


def _holder(table: StrictTable) -> HolderPart:
    found = HolderPart(table.code("agency"), _sealing_kind(table, "kind"), table.words("phases", Phase))
    table.end()
    if not found.phases:
        table.fail("phases: at least one expected")
    return found


def _sealing_kind(table: StrictTable, name: str) -> AgencyKind:
    kind = table.word(name, AgencyKind)
    if kind not in SEALING_KINDS:
        table.fail(f"{name}: not a kind of agency that seals")
    return kind


def _phases(top: StrictTable, outcome: CaseOutcome, joint: Joint) -> tuple[tuple[Listed, ...], dict[Phase, str]]:
    objects: list[Listed] = []
    absent: dict[Phase, str] = {}
    seen: set[Phase] = set()
    for table in top.tables("phase"):
        phase = table.word("phase", Phase)
        if phase in seen:
            table.fail("phase: stands twice")
        seen.add(phase)
        if table.has("absent"):
            absent[phase] = table.text("absent")
        else:
            objects += [_listed(one, phase, joint) for one in table.tables("object")]
            if not objects or objects[-1].phase is not phase:
                table.fail("object: at least one expected, or a reason why there is none (L4)")
        table.end()
    if not PHASES[outcome] <= seen:
        top.fail("phase: one that the case is known to have had has neither an object nor a reasoned absence (L4)")
    if not 0 < len(objects) <= MOST_OBJECTS:
        top.fail(f"phase: 1 to {MOST_OBJECTS} objects expected")
    return tuple(objects), absent


def _listed(table: StrictTable, phase: Phase, joint: Joint) -> Listed:
    found = Listed(
        place=table.place,
        path=_path(table, "path"),
        phase=phase,
        kind=table.word("kind", RecordKind),
        is_extract=table.flag("extract"),
        redacted=_path(table, "redacted") if table.has("redacted") else None,
        reviewed_by=table.code("reviewed_by") if table.has("reviewed_by") else None,
        is_shared=table.flag("shared") if table.has("shared") else False,
    )
    table.end()
    if found.is_extract and found.redacted is None:
        table.fail("redacted: an object for extract needs a redacted form (L32)")
    if found.is_extract and found.kind in WHOLE_FILE_ONLY:
        table.fail("extract: material of this kind stands in no extract (L6)")
    if (joint is Joint.UNSEPARATED or found.is_shared) and found.redacted is None:
        table.fail("redacted: what an adult's file also holds needs a redacted form (L8)")
    if found.is_shared and joint is Joint.NONE:
        table.fail("shared: the case is not a joint one")
    return found


def _path(table: StrictTable, name: str) -> str:
    path = table.text(name, longest=1024)
    if not is_safe_name(path):
        table.fail(f"{name}: a relative path inside the folder, with forward slashes, expected")
    return path


def _paths(table: StrictTable, name: str) -> tuple[str, ...]:
    found = table.texts(name)
    if not all(is_safe_name(path) for path in found):
        table.fail(f"{name}: relative paths inside the folder, with forward slashes, expected")
    return found
