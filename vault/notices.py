"""What a sealing notice says, and to whom: every agency that holds a part of the case must seal it within three days.

The content names the subject and is meant to be sealed to the desk of the agency that it is for; the ledger of who has
answered is `flows`' and knows no names.

May touch: nothing
Sees:      the subject's name, the case number
Spec:      vault-law L11, L12, L13
"""

from __future__ import annotations

from dataclasses import dataclass, field

from audit import canonical
from audit.errors import MalformedError
from vault.errors import MalformedFormError
from vault.manifest import HolderPart, Instance, Manifest
from vault.vocabulary import AgencyKind, Phase, RecordKind

PADDED_TO = 4096
DEADLINE = "seal-own-part"
"""The deadline of the rule files that runs from the notice."""

_FIELDS = {"case_no", "agency", "to", "name", "aliases", "resident_id", "kinds", "phases", "marks", "rules"}


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """One notice to one agency."""

    case_no: str = field(repr=False)
    agency: str
    """The sealing agency."""
    to: str
    name: str = field(repr=False)
    aliases: tuple[str, ...] = field(repr=False)
    resident_id: str | None = field(repr=False)
    kinds: tuple[RecordKind, ...]
    phases: tuple[Phase, ...]
    """The phases of which `to` holds a part."""
    marks: tuple[str, ...]
    rules: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """Canonical text, padded with spaces to 4 KiB steps."""
        text = canonical.dumps({
            "case_no": self.case_no,
            "agency": self.agency,
            "to": self.to,
            "name": self.name,
            "aliases": [*self.aliases],
            "resident_id": self.resident_id,
            "kinds": [kind.value for kind in self.kinds],
            "phases": [phase.value for phase in self.phases],
            "marks": [*self.marks],
            "rules": [*self.rules],
        })  # fmt: skip
        return text + b" " * (-len(text) % PADDED_TO)

    @classmethod
    def parse(cls, text: bytes) -> NoticeContent:
        """Read `to_bytes`'s form; MalformedFormError otherwise."""
        try:
            value = canonical.loads(text.rstrip(b" "))
            if not isinstance(value, dict) or set(value) != _FIELDS:
                raise ValueError
            texts = {name: value[name] for name in ("case_no", "agency", "to", "name")}
            lists = {name: value[name] for name in ("aliases", "kinds", "phases", "marks", "rules")}
            if not all(isinstance(item, str) for item in texts.values()):
                raise ValueError
            if not all(
                isinstance(items, list) and all(isinstance(one, str) for one in items) for items in lists.values()
            ):
                raise ValueError
            if not isinstance(value["resident_id"], str | None):
                raise ValueError
            said = {name: tuple(str(one) for one in items) for name, items in lists.items() if isinstance(items, list)}
            return cls(
                **{name: str(item) for name, item in texts.items()},
                resident_id=value["resident_id"],
                aliases=said["aliases"],
                kinds=tuple(RecordKind(kind) for kind in said["kinds"]),
                phases=tuple(Phase(phase) for phase in said["phases"]),
                marks=said["marks"],
                rules=said["rules"],
            )
        except (MalformedError, ValueError):
            raise MalformedFormError("sealing notice: not of its form") from None


def notices(manifest: Manifest) -> tuple[NoticeContent, ...]:
    """One notice for each agency that holds a part besides the sealing one, in the manifest's order."""
    return tuple(_notice(manifest, holder) for holder in manifest.holders)


def _notice(manifest: Manifest, holder: HolderPart) -> NoticeContent:
    is_told_by_second_instance = manifest.instance is Instance.SECOND and holder.kind is AgencyKind.PROCURATORATE
    rules = ["L11"]
    rules += ["L12"] if holder.kind is AgencyKind.JUSTICE else []
    rules += ["L13"] if is_told_by_second_instance else []
    subject = manifest.subject
    return NoticeContent(
        case_no=manifest.case_no,
        agency=manifest.agency,
        to=holder.agency,
        name=subject.name,
        aliases=subject.aliases,
        resident_id=subject.resident_id,
        kinds=tuple(sorted(manifest.kinds)),
        phases=holder.phases,
        marks=manifest.marks,
        rules=tuple(rules),
    )
