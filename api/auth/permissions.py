"""The closed list of what may be asked of the linkage service, and which role may ask it.

A route names exactly one permission (`guard.allowed`); a test and `sealink serve linkage --routes` list every route
with its own. Whose rows an act may touch is not said here: every query is filtered by the caller's agency.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """Everything that a caller may be allowed. PUBLIC needs no credential, SELF needs any valid one."""

    PUBLIC = "public"
    SELF = "self"
    PROJECT_MANAGE = "project.manage"
    PROJECT_READ = "project.read"
    AGENCY_MANAGE = "agency.manage"
    KEY_CHANGE = "key.change"
    MEMBERSHIP_JOIN = "membership.join"
    SECRET_RELAY = "secret.relay"  # noqa: S105  (a permission's name)
    BATCH_SUBMIT = "batch.submit"
    BATCH_READ = "batch.read"
    RECORD_CHANGE = "record.change"
    JOB_RUN = "job.run"
    JOB_READ = "job.read"
    RESULT_READ = "result.read"
    MATCH_ONE = "match.one"
    REVIEW_DECIDE = "review.decide"
    REVIEW_MANAGE = "review.manage"
    CHECK_ANSWER = "check.answer"
    SUBJECT_REQUEST = "subject.request"
    SUBJECT_ANSWER = "subject.answer"
    SUBJECT_MANAGE = "subject.manage"
    WEBHOOK_MANAGE = "webhook.manage"
    ACCOUNT_MANAGE = "account.manage"
    METRICS_READ = "metrics.read"
    AUDIT_READ = "audit.read"


class Role(StrEnum):
    """What a credential makes of its holder."""

    AGENCY = "agency"  # a data custodian's program
    OPERATOR = "operator"  # runs projects at the linkage unit
    REVIEWER = "reviewer"  # decides unsure pairs
    AUDITOR = "auditor"  # reads the log


_EVERYBODY: Final = frozenset({Permission.PUBLIC, Permission.SELF})

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.AGENCY: _EVERYBODY
        | {
            Permission.KEY_CHANGE,
            Permission.PROJECT_READ,
            Permission.MEMBERSHIP_JOIN,
            Permission.SECRET_RELAY,
            Permission.BATCH_SUBMIT,
            Permission.BATCH_READ,
            Permission.RECORD_CHANGE,
            Permission.JOB_RUN,
            Permission.JOB_READ,
            Permission.RESULT_READ,
            Permission.MATCH_ONE,
            Permission.CHECK_ANSWER,
            Permission.SUBJECT_REQUEST,
            Permission.SUBJECT_ANSWER,
            Permission.WEBHOOK_MANAGE,
        },
        Role.OPERATOR: _EVERYBODY
        | {
            Permission.PROJECT_MANAGE,
            Permission.PROJECT_READ,
            Permission.AGENCY_MANAGE,
            Permission.JOB_RUN,
            Permission.JOB_READ,
            Permission.REVIEW_MANAGE,
            Permission.SUBJECT_MANAGE,
            Permission.ACCOUNT_MANAGE,
            Permission.METRICS_READ,
        },
        Role.REVIEWER: _EVERYBODY | {Permission.PROJECT_READ, Permission.REVIEW_DECIDE},
        Role.AUDITOR: _EVERYBODY | {Permission.PROJECT_READ, Permission.AUDIT_READ, Permission.METRICS_READ},
    }
)
"""What each role may ask. Nobody both manages reviews and decides them by one role."""

STEP_UP: Final = frozenset({Permission.AGENCY_MANAGE, Permission.ACCOUNT_MANAGE, Permission.PROJECT_MANAGE})
"""What changes who may do what: a person must have proved who they are within the last quarter of an hour."""
