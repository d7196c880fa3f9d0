"""What a project is: its terms, its states, and the fingerprint of all custodians' keys.

Terms are what the operator lays down and the log's entry hashes. The result policy is the narrow one by default: each
agency gets the links of its own records; that a child is known elsewhere may be told only where a legal basis is
stated, and never which agency knows it.

May touch: nothing
Sees:      public keys
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final, Literal

from audit import canonical

LONGEST_RETENTION_DAYS: Final = 3_650


class ProjectState(StrEnum):
    """An open project takes batches; a closed one is read until its term ends; an erased one holds nothing."""

    OPEN = "open"
    CLOSED = "closed"
    ERASED = "erased"


class MemberState(StrEnum):
    """How far an agency is in."""

    INVITED = "invited"
    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Terms:
    """A project's terms. `elsewhere_basis` is empty unless agencies may learn that a child is known elsewhere."""

    schema: str
    scheme: Literal["match-keys", "clk"]
    population: int
    normaliser: str
    diffusion: int
    purpose: str
    legal_basis: str
    elsewhere_basis: str
    retention_days: int
    members: tuple[str, ...]

    def to_json(self) -> bytes:
        """Canonical JSON; its SHA-256 stands in the log."""
        return canonical.dumps({**asdict(self), "members": sorted(self.members)})

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_json()).hexdigest()

    def changed(
        self, *, elsewhere_basis: str | None, retention_days: int | None, members: tuple[str, ...] | None
    ) -> Terms:
        """With what may be changed later; schema, plan and purpose may not: they make another project."""
        return replace(
            self,
            elsewhere_basis=self.elsewhere_basis if elsewhere_basis is None else elsewhere_basis,
            retention_days=self.retention_days if retention_days is None else retention_days,
            members=self.members if members is None else tuple(sorted(members)),
        )


def terms_of(text: str) -> Terms:
    """Read what `Terms.to_json` wrote."""
    value: dict[str, Any] = dict(canonical.loads(text.encode()))  # type: ignore[arg-type]
    return Terms(**{**value, "members": tuple(value["members"])})


def custodians_fingerprint(project: str, epoch: int, keys: Mapping[str, tuple[str, str]]) -> str:
    """SHA-256 over all custodians' (verifying, sealing) keys, agency by agency.

    Both sides of an invitation read it out to each other: a unit that put a key of its own in place of a custodian's
    could otherwise read the linkage secret.
    """
    listed = [[agency, *keys[agency]] for agency in sorted(keys)]
    text = canonical.dumps(["sealink/v1/custodians", project, epoch, listed])
    return hashlib.sha256(text).hexdigest()


def spoken(fingerprint: str) -> str:
    """The first 128 bits in groups of four, to be read out on the telephone."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, 32, 4))
