"""The closed words of a rule file: how sure a rule is, what kind it is, where it is enforced, in two languages.

It holds no rule: these are in `rules/*.toml`.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law, marks and section 1
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How sure a rule is. Every screen that shows a rule shows its mark."""

    CONFIRMED = "C"  # the article's text was read in a stored copy of the law
    SECONDARY = "S"  # an official notice, press or professional quotation of the article
    UNCONFIRMED = "U"  # recalled or inferred: counsel must check it


class RuleKind(StrEnum):
    """What a rule is about."""

    SEALING = "sealing"
    ACCESS = "access"
    VIEW = "view"
    DEADLINE = "deadline"
    DUTY = "duty"
    CERTIFICATE = "certificate"
    UNSEALING = "unsealing"
    RETENTION = "retention"
    SUPERVISION = "supervision"
    SECURITY = "security"


class Place(StrEnum):
    """Which part of this room enforces a rule: where its accepting and its refusing test are."""

    BASIS = "law/basis"
    DEADLINES = "law/deadlines"
    ELIGIBILITY = "eligibility"
    UNSEALING = "unsealing"
    RETENTION = "retention"
    BUNDLE = "bundle"
    VIEW_ARCHIVE = "view_archive"
    PROTOCOL = "protocol"  # requests, checks, deciding, agent, desk
    SERVICE = "service"  # settings, store, flows
    ORDINARY_CHECK = "ordinary_check"
    STRUCTURE = "structure"  # import contracts, grants, sockets


class Unit(StrEnum):
    """What a period is counted in."""

    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The text in `zh` or `en`."""
        return self.zh if language == "zh" else self.en
