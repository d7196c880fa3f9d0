"""The health report as one value: what was measured, how it was judged, under which plan; and as canonical JSON.

It can hold counts, shares, names of key types, tags and fields, and nothing else: there is no place for a value, a
record id or a key. It draws nothing (`linkage/report/health_page.py`) and writes no file.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from linkage.health.measures import BatchMeasures
from linkage.health.own_figures import OwnFigures
from linkage.health.verdict import Check, failed

FORMAT: Final = "sealink/v1/health"

Form = Literal["custodian", "unit"]
Json = Any

_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class KeyTypeFloor:
    """One key type by reference: H2 in bits, and N·2^−H2, the strangers whom a child meets through it."""

    name: str
    slots: int
    bits: float
    strangers: float


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """The plan as far as it is public: names and sizes."""

    schema: str
    scheme: str
    population: int
    fingerprint: str
    normaliser: str
    slots: int
    key_types: tuple[KeyTypeFloor, ...] = ()
    floor: float | None = None  # Σ N·2^−H2 by reference
    filter_bits: int | None = None
    diffusion: int | None = None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """One batch, judged; `date` is text as the caller wants it read (ISO 8601)."""

    source: str
    date: str
    form: Form
    plan: PlanFigures
    measures: BatchMeasures
    checks: tuple[Check, ...]
    own: OwnFigures | None = None

    @property
    def passed(self) -> bool:
        """No check failed; what could not be measured does not count against a batch."""
        return not failed(self.checks)

    def to_json(self) -> str:
        """Canonical JSON (RFC 8785) and a line end: the same report gives the same bytes."""
        tree = {
            "format": FORMAT,
            "source": self.source,
            "date": self.date,
            "form": self.form,
            "passed": self.passed,
            "plan": _plain(self.plan),
            "checks": [_check(check) for check in self.checks],
            "measures": _plain(self.measures),
            "own": _plain(self.own),
        }
        return canonical(tree) + "\n"


def canonical(value: Json) -> str:
    """RFC 8785 for our trees: sorted ASCII keys, numbers of up to six significant digits as ECMAScript writes them."""
    if isinstance(value, dict):
        inner = (f"{canonical(key)}:{canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _check(check: Check) -> Json:
    rule = check.rule
    return {
        "name": rule.name,
        "group": rule.group,
        "outcome": check.outcome,
        "measured": _plain(check.measured),
        "limit": _plain(check.limit),
        "at_least": check.at_least,
        "title": _plain(rule.title._asdict()),
        "reason": _plain(check.reason._asdict()),
        "remedy": _plain(rule.remedy._asdict()) if check.outcome == "failed" else None,
    }


def _plain(value: Any) -> Json:
    """Dataclasses and mappings → dicts, tuples → lists, whole floats → integers, what JSON cannot say → null."""
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        short = float(f"{value:.{_DIGITS}g}")
        return int(short) if short.is_integer() and abs(short) < 2**53 else short
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value]


def _number(value: float) -> str:
    """ECMAScript's way: digits in full from 1e-6 to below 1e21, an exponent outside."""
    exact = Decimal(repr(value))
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        return _trimmed(format(exact, "f"))
    digits, _, power = f"{exact:e}".partition("e")
    return f"{_trimmed(digits)}e{int(power):+d}"


def _trimmed(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
