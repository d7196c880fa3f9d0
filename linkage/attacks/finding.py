"""One line of an attack's report: what was tried, what it shows, the measured figure, and the limit it is held against.

Limits are fixed here, once, for every scheme: the shipped schemes must stay under them, the weak ones must not. No
attack is run here.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["share", "count", "figure", "seconds", "rate"]
Verdict = Literal["holds", "broken", "stated"]


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` that a safe scheme may reach, and the `aim` below it."""

    most: float
    aim: float


COMPONENT: Final = Limit(10, 6)
FLOOR_SUM: Final = Limit(0.2, 0.2)
TYPED_GRAPH: Final = Limit(0.005, 0.001)
EVERYTHING_SEEN: Final = Limit(0.03, 0.005)
SEEDED: Final = Limit(0.005, 0.001)
FREQUENCY: Final = Limit(0.005, 0.001)
CLK_GRAPH: Final = Limit(0.005, 0.001)
CLK_DEGREE: Final = Limit(1.0, 0.5)
CLK_PATTERNS: Final = Limit(0.005, 0.001)


def known_pairs_limit(known: int) -> Limit:
    """Others who may be named from this many known records of a CLK file."""
    return Limit(0.05, 0.01) if known <= 500 else Limit(0.10, 0.02)


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure without a limit is stated for the reader to judge."""

    tried: str
    shows: str
    value: float
    unit: Unit
    limit: Limit | None = None

    @property
    def verdict(self) -> Verdict:
        if self.limit is None:
            return "stated"
        return "holds" if self.value <= self.limit.most else "broken"

    def to_json_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        most, aim = (self.limit.most, self.limit.aim) if self.limit else (None, None)
        return {
            "tried": self.tried, "shows": self.shows, "value": self.value, "unit": self.unit, "at_most": most,
            "aim": aim, "verdict": self.verdict,
        }  # fmt: skip
