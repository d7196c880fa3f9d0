"""The closed vocabularies of this room: kinds of agency, record, phase, view, role and half-holder.

Everything that a file, a message or a rule may say is one of these words; a word outside them is refused where it is
read. It decides nothing: which basis reaches which record, and under which view, is `law/`.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from enum import StrEnum


class AgencyKind(StrEnum):
    """What an agency is by law. Only the first four seal records."""

    COURT = "court"
    PROCURATORATE = "procuratorate"
    POLICE = "police"
    JUSTICE = "justice"  # community correction
    STATE_UNIT = "state_unit"  # a unit that queries under a named state provision (CPL 286 para 2)


SEALING_KINDS = frozenset({AgencyKind.COURT, AgencyKind.PROCURATORATE, AgencyKind.POLICE, AgencyKind.JUSTICE})
"""Agencies that own records and decide on them (办法 art. 14)."""


class Holder(StrEnum):
    """Who holds a half of every view's key: always these two (architecture D3)."""

    COURT = "court"
    PROCURATORATE = "procuratorate"


class Phase(StrEnum):
    """When in a case an object arose (办法 art. 2)."""

    INVESTIGATION = "investigation"
    PROSECUTION = "prosecution"
    TRIAL = "trial"
    EXECUTION = "execution"


class RecordKind(StrEnum):
    """What an object records (办法 arts. 2, 3; PJDL art. 59; PSAPL art. 136)."""

    CONVICTION = "conviction"
    NON_PROSECUTION = "non_prosecution"
    COMPULSORY_MEASURE = "compulsory_measure"
    ADMINISTRATIVE_PUNISHMENT = "administrative_punishment"
    SPECIAL_EDUCATION = "special_education"
    SOCIAL_INVESTIGATION = "social_investigation"
    COMMUNITY_CORRECTION = "community_correction"
    AID_MATERIAL = "aid_material"  # supervision, counselling, judicial aid
    ACQUITTAL = "acquittal"  # for lack of evidence
    PUBLIC_SECURITY_VIOLATION = "public_security_violation"


class CaseOutcome(StrEnum):
    """How the case ended; eligibility is computed from it."""

    SENTENCED = "sentenced"
    EXEMPTED = "exempted"  # convicted, exempted from punishment (SPC Interpretation 581)
    NON_PROSECUTED = "non_prosecuted"
    ACQUITTED = "acquitted"
    ADMINISTRATIVE = "administrative"
    PUBLIC_SECURITY = "public_security"


class View(StrEnum):
    """What a basis may see of a record. Each view is an envelope of its own; none opens another."""

    COURT_FULL = "court_full"  # the whole file
    JUDICIAL_EXTRACT = "judicial_extract"  # what handling another case needs
    UNIT_MINIMAL = "unit_minimal"  # punished or not, charge, term


class Role(StrEnum):
    """What a person of an agency may do; a person may have several, but never two of them in one request."""

    SEALER = "sealer"  # seals records and answers sealing notices
    OFFICER = "officer"  # requests
    DECIDER = "decider"  # decides on records that the agency sealed
    APPROVER = "approver"  # approves for a half-holding agency
    SUPERVISOR = "supervisor"  # watches ledgers and deadlines (procuratorate)
