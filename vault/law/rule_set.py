"""What a rule file says once it is read: rules, bases, refused bases, deadlines, causes of unsealing, retention.

Values only. `parsing` makes them, `basis`, `deadlines` and the modules above them ask them.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law section 1; architecture D8
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from vault.law.terms import Mark, Place, RuleKind, Unit, Words
from vault.vocabulary import AgencyKind, RecordKind, View


@dataclass(frozen=True, slots=True)
class Source:
    """An article and how sure its text is."""

    article: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table L1 to L44."""

    id: str
    kind: RuleKind
    mark: Mark
    """How sure the rule is as the program applies it."""
    sources: tuple[Source, ...]
    words: Words
    places: tuple[Place, ...]
    """Where it is enforced; empty if no program can."""
    why_not: str | None
    """Why no program can enforce it; None if one does."""

    @property
    def is_enforced(self) -> bool:
        """Whether a program enforces it."""
        return bool(self.places)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a basis lets see which kinds of record, in which view."""

    requesters: frozenset[AgencyKind]
    kinds: frozenset[RecordKind]
    beside: frozenset[RecordKind]
    """Kinds that a record may also hold when one of `kinds` is there; the view shows nothing more because of them."""
    view: View
    scopes: frozenset[str]
    """What may be done with it (`requests.SCOPES`)."""
    source: Source
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """One legal basis of the closed list."""

    id: str
    words: Words
    purposes: frozenset[str]
    expires_s: int
    """How long what is released stays open unless the decider says less."""
    longest_not_after_s: int
    """How long after its issue a request may ask to stay open."""
    reaches: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class RefusedBasis:
    """Something that people ask for and that is no basis, with the reason that a refusal gives."""

    id: str
    words: Words
    mark: Mark
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A number of days or working days; the day on which it starts does not count."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Deadline:
    """When to warn and when to escalate. A passed deadline approves nothing."""

    id: str
    words: Words
    source: Source
    rules: tuple[str, ...]
    warn: Period
    escalate: Period


@dataclass(frozen=True, slots=True)
class SealingLaw:
    """What must be sealed."""

    age_below: int
    longest_term_months: int
    kinds: frozenset[RecordKind]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnsealingCause:
    """A statutory cause of unsealing; there is no other."""

    id: str
    words: Words
    source: Source
    rules: tuple[str, ...]
    shortest_term_months: int | None
    """The merged or new term must be longer; exactly this term asks a human. None: no term is needed."""
    needs_court_consent: bool
    """Whether the subject must ask for it and the court agree (L7)."""
    kinds: frozenset[RecordKind]


@dataclass(frozen=True, slots=True)
class RetentionLaw:
    """How long records and logs live, and who may end a record."""

    log_months: int
    log_outlives_record: bool
    shredding_needs: frozenset[AgencyKind]
    ends_with_age: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One dated rule file. A request pins it by `sha256`, the hash of the file's bytes."""

    id: str
    in_force_from: dt.date
    sha256: str
    title: Words
    purposes: Mapping[str, Words]
    rules: Mapping[str, Rule]
    bases: Mapping[str, Basis]
    refused: Mapping[str, RefusedBasis]
    deadlines: Mapping[str, Deadline]
    sealing: SealingLaw
    unsealing: Mapping[str, UnsealingCause]
    retention: RetentionLaw

    def mark_of(self, rules: tuple[str, ...]) -> tuple[Mark, ...]:
        """The marks of these rules, each once, surest first."""
        return tuple(mark for mark in Mark if any(self.rules[rule].mark is mark for rule in rules))
