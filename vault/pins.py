"""What an agent or desk is told at installation and never by the vault: agencies, roster keys, holders, log, witnesses.

One TOML file, brought by hand. A vault that lies about any of it is refused by every program that has this file.

    log = "sealink.example/vault+1a2b3c4d+…"    # verifier keys of the vault's log, its Ed25519 key first
    [agencies.court-haimen]
    kind = "court"
    roster_key = "sealink-verify:intl:…"
    holds = "court"                              # at one court and one procuratorate

May touch: nothing
Sees:      public keys
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.crypto.errors import KeyFormError, UnknownSuiteError
from audit.crypto.signatures import VerifyingKey
from audit.errors import AuditError
from audit.keys import Verifier
from audit.policy import Policy, parse_policy
from audit.shapes import is_code
from audit.verifier.trust import Trust
from vault.errors import MalformedFormError
from vault.vocabulary import AgencyKind, Holder

_FIELDS = {"log", "witnesses", "agencies"}


@dataclass(frozen=True, slots=True)
class PinnedAgency:
    """An agency that takes part: its code, its kind, the key that signs its rosters, and which half it holds."""

    code: str
    kind: AgencyKind
    roster_key: VerifyingKey
    holds: Holder | None


@dataclass(frozen=True, slots=True)
class Pins:
    """Everything pinned. `trust` demands both holders' witnesses on every checkpoint."""

    agencies: Mapping[str, PinnedAgency]
    trust: Trust

    def holder(self, holder: Holder) -> PinnedAgency:
        """The agency that holds that half."""
        return next(agency for agency in self.agencies.values() if agency.holds is holder)

    def agency(self, code: str) -> PinnedAgency:
        """The agency of that code; MalformedFormError if it does not take part."""
        if code not in self.agencies:
            raise MalformedFormError("agency: not one that takes part")
        return self.agencies[code]

    def approvers(self, sealing_agency: str) -> tuple[str, ...]:
        """Agencies that must approve a decision of `sealing_agency`: every half-holding one that is not it."""
        return tuple(
            sorted(agency.code for agency in self.agencies.values() if agency.holds and agency.code != sealing_agency)
        )


def parse_pins(data: bytes) -> Pins:
    """Read a pin file; MalformedFormError names the rule."""
    try:
        value = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise MalformedFormError("pins: not TOML") from None
    if set(value) != _FIELDS or not isinstance(value["agencies"], dict):
        raise MalformedFormError("pins: log, witnesses and agencies expected")
    agencies = {code: _agency(code, item) for code, item in value["agencies"].items()}
    for holder, kind in ((Holder.COURT, AgencyKind.COURT), (Holder.PROCURATORATE, AgencyKind.PROCURATORATE)):
        if [agency.kind for agency in agencies.values() if agency.holds is holder] != [kind]:
            raise MalformedFormError(f"pins: exactly one {kind.value} must hold the {holder.value}'s half")
    if len({agency.roster_key.id for agency in agencies.values()}) != len(agencies):
        raise MalformedFormError("pins: two agencies with one roster key")
    return Pins(agencies, _trust(value["log"], value["witnesses"]))


def _agency(code: str, item: Any) -> PinnedAgency:
    if not is_code(code) or "/" in code or not isinstance(item, dict) or not {"kind", "roster_key"} <= set(item):
        raise MalformedFormError("pins: an agency needs a code without a slash, a kind and a roster key")
    if not set(item) <= {"kind", "roster_key", "holds"}:
        raise MalformedFormError("pins: an agency with an unknown field")
    try:
        holds = Holder(item["holds"]) if "holds" in item else None
        return PinnedAgency(code, AgencyKind(item["kind"]), VerifyingKey.parse(str(item["roster_key"])), holds)
    except (ValueError, KeyFormError, UnknownSuiteError):
        raise MalformedFormError("pins: an agency's kind, roster key or half is not of its form") from None


def _trust(log: Any, witnesses: Any) -> Trust:
    """The trust that demands both witnesses: a quorum of all, of whom one is the court's, one the procuratorate's."""
    if not isinstance(log, list) or not isinstance(witnesses, dict) or set(witnesses) != {one.value for one in Holder}:
        raise MalformedFormError("pins: the log's keys, and the court's and the procuratorate's witness expected")
    try:
        keys = tuple(Verifier.parse(str(line)) for line in log)
        return Trust(keys, policy=witness_policy({name: str(line) for name, line in witnesses.items()}))
    except AuditError as error:
        raise MalformedFormError(f"pins: {error}") from None


def witness_policy(witnesses: Mapping[str, str], urls: Mapping[str, str] | None = None) -> Policy:
    """The policy under which the vault publishes and agents accept: all of the holders' witnesses (contracts 3)."""
    lines = [f"witness {name} {vkey} {(urls or {}).get(name, '')}".rstrip() for name, vkey in sorted(witnesses.items())]
    text = "\n".join([*lines, f"group both all {' '.join(sorted(witnesses))}", "quorum both", ""])
    return parse_policy(text.encode())
