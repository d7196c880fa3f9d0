"""What the custodian alone can add to a health report: figures from its tags, its plain filters and its own file order.

All of them are file-wide. Shares and counts of pairs are rounded to two digits before they get here, so that hardly
any figure moves with one record. How they are measured is the encoder's business (`linkage/encoding/own_health.py`);
the linkage unit gets none of them but the few in a batch's header (`stated`).

May touch: nothing
Sees:      counts and shares
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PUBLISH_FROM: Final = 10_000
"""Records: smaller files state no figure in their header (contracts section 2)."""

STATED: Final = frozenset({"floor", "rho"})
"""Figures that a header may state."""


@dataclass(frozen=True, slots=True)
class FieldFigures:
    """How one mapped field was read, as shares of all records."""

    field: str
    present: float
    unreadable: float


@dataclass(frozen=True, slots=True)
class TagFigures:
    """One tag: share of records that have it, of those, the share that hold its most common value, and share of records
    that lost a value because too many share it."""

    tag: str
    present: float
    commonest: float
    too_common: float = 0.0


@dataclass(frozen=True, slots=True)
class KeyTypeLeakage:
    """One key type: pairs of different families that share such a key, among those compared.

    0 compared pairs: a household tag is in it, so that who shares one may be kin. `measured` is N·2^−H2 with own data.
    """

    name: str
    agreeing: int
    compared: int
    measured: float


@dataclass(frozen=True, slots=True)
class Leakage:
    """Entropy floor: Σ N·2^−H2 by reference, upper 95 % limit with the agency's own data, and what is allowed.

    `fits` is the encoder's own decision. `raised_tags`, `raised_key_types`: by what factor own data are above the
    reference, worst first, to one digit; `key_types` with what was measured.
    """

    reference: float
    upper: float
    allowed: float
    fits: bool
    key_types: tuple[KeyTypeLeakage, ...] = ()
    raised_tags: Mapping[str, float] = field(default_factory=dict)
    raised_key_types: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Margin:
    """CLK scheme: fill before diffusion and the two halves of the margin rule at the plan's population.

    `rho` is the correlation that an attacker without noise would have (None: too few records), `allowed` half of
    ρ*(N); `degree` other families' filters above the noise line, per record, among all children.
    """

    fill: float
    rho: float | None
    allowed: float
    critical: float | None
    degree: float | None
    weight_correlation: float | None


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack on a sample of the agency's own records: share identified, and what guessing would identify."""

    name: str
    records: int
    identified: float
    chance: float


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """Everything that the custodian adds; None where it was not or cannot be measured.

    `source_order_z`: rows in the order of the source file, in standard deviations of chance. `reproduced`: the source
    encodes to this batch again, key by key. `key_days`: age of the linkage secret.
    """

    fields: tuple[FieldFigures, ...]
    tags: tuple[TagFigures, ...]
    foreign_ids: float
    source_order_z: float | None
    leakage: Leakage | None = None
    margin: Margin | None = None
    attacks: tuple[Attack, ...] = ()
    reproduced: bool | None = None
    key_days: int | None = None


def stated(records: int, leakage: Leakage | None, margin: Margin | None) -> dict[str, float]:
    """The figures that go into a batch's header, each rounded up to one digit; none for a small file.

    They say how far the *plan* is kept, not what is in the file: a sum over millions of pairs of records, cut to one
    digit, is the same with and without any one record save at a border, where it moves between two neighbouring
    digits. So they leak nothing that the plan does not say already.
    """
    if records < PUBLISH_FROM:
        return {}
    figures = {}
    if leakage is not None:
        figures["floor"] = rounded_up(leakage.upper)
    if margin is not None and margin.rho is not None:
        figures["rho"] = rounded_up(margin.rho)
    return figures


def rounded(share: float, records: int) -> float:
    """A share to two digits after the point, to one where a hundredth would be a handful of records."""
    return round(share, 2 if records >= 1_000 else 1)


def two_digits(value: float) -> float:
    """The nearest number with two significant digits; what is not finite stays."""
    return float(f"{value:.1e}")


def rounded_up(value: float) -> float:
    """The least number with one significant digit that is not below `value`; 0 for 0."""
    if value <= 0 or not math.isfinite(value):
        return 0.0
    power = math.floor(math.log10(value))
    digit = math.ceil(round(value / 10**power, 9))
    return float(f"{digit}e{power}")
