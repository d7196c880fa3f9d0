"""The margin of the CLK scheme: how far diffused similarities stay from what graph matching needs, at a population.

Measured from one agency's own *plain* filters under two keys; no attack is run and no other agency is asked. A
noise-free attacker knows the expected similarity of every pair; what of it the unit sees is a correlation ρ∞. Graphs
of N vertices can be matched from ρ*(N) = √(4·ln N / N) upwards and not below (Wu, Xu, Yu 2021, for Gaussian weights:
a yard-stick, not a proof). The rule: ρ at most half of ρ*, at most one pair a record above the noise line at
population N, fill in range. It chooses no t (`plan.diffusion_for` does) and diffuses nothing.

How it goes:
1. A pair at Hamming distance d of m bits keeps the excess x = (1 − 2d/m)^t, seen through noise of variance 1/m.
2. Pairs above the noise line are counted, all others give ρ∞² = cov(x under key 1, x under key 2) / (var x + 1/m).
3. Kin, who agree on a household label, are few whatever N: they enter as k·m/N. Strangers grow with N: they enter
   as they are, and their pairs above the line in proportion.

May touch: nothing
Sees:      plain CLKs
Source:    privacy.md section 4
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import gammaincinv, ndtri

Filters = NDArray[np.uint64]
Floats = NDArray[np.float32]

SAFETY: Final = 0.5
MOST_DEGREE: Final = 1.0
PLAIN_FILL: Final = (0.25, 0.45)
DIFFUSED_FILL: Final = (0.48, 0.52)
CHANCE_PAIRS: Final = 0.1
"""Pairs per record that chance alone may lift above the noise line among a whole population."""
FEWEST: Final = 1_000
"""Records below which ρ and degrees say nothing; only the fill is judged."""

_BLOCK: Final = 512
_NORMAL_95: Final = 1.645


@dataclass(frozen=True, slots=True)
class Margin:
    """What filters leak at `population` children after diffusion with `t`.

    `rho` noise-free correlation at that population with its 95 % limits, `allowed` the most it may be, `critical` the
    population at which it would reach ρ*. `degree` pairs above the noise line per record: `kin` as measured,
    `strangers` extrapolated, with 95 % limits. `fill` and `hidden_fill` mean share of set bits before and after
    diffusion, of `records` filters.
    """

    population: int
    t: int
    records: int
    rho: float
    rho_limits: tuple[float, float]
    allowed: float
    critical: float
    kin: float
    strangers: float
    strangers_limits: tuple[float, float]
    fill: float
    hidden_fill: float

    @property
    def degree(self) -> float:
        """Pairs above the noise line per record."""
        return self.kin + self.strangers

    @property
    def is_measured(self) -> bool:
        """Whether the file is long enough for anything but its fill."""
        return self.records >= FEWEST

    def broken_rules(self) -> tuple[str, ...]:
        """Rules that these filters certainly break, in words; empty when they pass.

        Judged by lower limits: in a short file one child entered twice may look like two alike strangers. The table
        of `diffusion_for` was made from long files with the upper ones.
        """
        out = []
        if not PLAIN_FILL[0] <= self.fill <= PLAIN_FILL[1]:
            out.append(f"fill {self.fill:.2f}, allowed {PLAIN_FILL[0]:.2f} to {PLAIN_FILL[1]:.2f}")
        if not DIFFUSED_FILL[0] <= self.hidden_fill <= DIFFUSED_FILL[1]:
            out.append(f"fill after diffusion {self.hidden_fill:.3f}, allowed 0.48 to 0.52")
        if self.is_measured and self.rho_limits[0] > self.allowed:
            out.append(f"correlation {self.rho:.4f}, allowed {self.allowed:.4f}")
        if self.is_measured and self.kin + self.strangers_limits[0] > MOST_DEGREE:
            out.append(f"{self.degree:.1f} similar records for each record, allowed {MOST_DEGREE:.0f}")
        return tuple(out)


def critical_correlation(population: float) -> float:
    """ρ*(N): correlation from which graphs of N vertices can be matched, √(4·ln N / N); 1 for N below 9."""
    return math.sqrt(4 * math.log(population) / population) if population >= 9 else 1.0


def critical_population(rho: float, kin: float = 0.0, safety: float = 1.0) -> float:
    """N at which √(ρ² + kin/N) reaches `safety`·ρ*(N): more children than that can be matched. inf for ρ = 0."""
    if rho <= 0.0:
        return math.inf
    low, high = math.log(9.0), 100.0  # ln N
    for _ in range(100):
        middle = (low + high) / 2
        below = rho * rho * math.exp(middle) < safety * safety * 4 * middle - kin
        low, high = (middle, high) if below else (low, middle)
    return math.exp(low)


def noise_line(bits: int, records: int) -> float:
    """Excess similarity x (Dice − ½, doubled) that chance lifts `CHANCE_PAIRS` of `records` others above."""
    return -float(ndtri(min(0.5, CHANCE_PAIRS / max(records, 1)))) / math.sqrt(bits)


def measure_margins(
    one: Filters, other: Filters, hidden_fill: float, ts: tuple[int, ...], population: int,
    households: csr_matrix | None = None, file_records: int | None = None,
) -> tuple[Margin, ...]:  # fmt: skip
    """Margins of n plain filters for several t: `one` and `other` uint64 (n, w) of the same records under two keys.

    `households` sparse (n, h): records that hold the same of h labels are kin. The n records may be a sample of
    `file_records`; kin are then scaled up. Raises ValueError for fewer than two records or unlike shapes.
    """
    if one.shape != other.shape or len(one) < 2:
        raise ValueError("two encodings of the same two or more records are needed")
    m, n = 64 * one.shape[1], len(one)
    line = noise_line(m, max(population, n))
    sums = {t: _Sums(line) for t in ts}
    for strangers, kin in _pairs(one, other, households):
        for t, each in sums.items():
            each.add(strangers[0] ** t, strangers[1] ** t, kin[0] ** t, kin[1] ** t)
    fill = float(np.bitwise_count(one).sum() / (n * m))
    density = (file_records or n) / n
    return tuple(_margin(each, t, n, m, population, density, fill, hidden_fill) for t, each in sums.items())


class _Sums:
    """Moments of x under two keys, over pairs under the noise line, and counts of pairs above it."""

    def __init__(self, line: float) -> None:
        self.line = line
        self.moments = np.zeros(6)  # Σx, Σy, Σx², Σy², Σxy, Σ(xy)²
        self.pairs = self.above = self.kin_above = 0
        self.kin_product = 0.0

    def add(self, x: Floats, y: Floats, kin_x: Floats, kin_y: Floats) -> None:
        bulk = (x < self.line) & (y < self.line)
        self.pairs += len(x)
        self.above += len(x) - int(bulk.sum())
        u, v = x[bulk].astype(np.float64), y[bulk].astype(np.float64)
        product = u * v
        self.moments += (u.sum(), v.sum(), u @ u, v @ v, product.sum(), product @ product)
        kin_bulk = (kin_x < self.line) & (kin_y < self.line)
        self.kin_above += len(kin_x) - int(kin_bulk.sum())
        self.kin_product += float(kin_x[kin_bulk].astype(np.float64) @ kin_y[kin_bulk])

    def rho_squared(self, m: int) -> tuple[float, float, float]:
        """ρ∞² among strangers with its 95 % limits; one pair that stands out alone widens them accordingly."""
        bulk = max(self.pairs - self.above, 1)
        x, y, xx, yy, xy, squares = self.moments / bulk
        noise = (xx - x * x + yy - y * y) / 2 + 1 / m
        spread = _NORMAL_95 * math.sqrt(squares / bulk)
        low, middle, high = (float(max(xy + error - x * y, 0.0) / noise) for error in (-spread, 0.0, spread))
        return low, middle, high


def _margin(
    sums: _Sums, t: int, n: int, m: int, population: int, density: float, fill: float, hidden_fill: float
) -> Margin:
    low, strangers, high = sums.rho_squared(m)
    kin = density * 2 * sums.kin_product / n * m
    per_pair = (population - 1) / max(sums.pairs, 1)
    limits = (float(gammaincinv(sums.above, 0.05)) if sums.above else 0.0, float(gammaincinv(sums.above + 1, 0.95)))
    return Margin(
        population=population,
        t=t,
        records=n,
        rho=math.sqrt(strangers + kin / population),
        rho_limits=(math.sqrt(low + kin / population), math.sqrt(high + kin / population)),
        allowed=SAFETY * critical_correlation(population),
        critical=critical_population(math.sqrt(strangers), kin),
        kin=density * 2 * sums.kin_above / n,
        strangers=sums.above * per_pair,
        strangers_limits=(limits[0] * per_pair, limits[1] * per_pair),
        fill=fill,
        hidden_fill=hidden_fill,
    )


def _pairs(
    one: Filters, other: Filters, households: csr_matrix | None
) -> Iterator[tuple[tuple[Floats, Floats], tuple[Floats, Floats]]]:
    """1 − 2d/m of every pair under both keys, block by block: ((strangers), (kin))."""
    a, b = signs(one), signs(other)
    n, m = a.shape
    shared = csr_matrix((n, 1), dtype=np.float32) if households is None else households
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        later = np.arange(n)[None, :] > np.arange(start, stop)[:, None]
        kin = (shared[start:stop] @ shared.T).toarray() > 0
        x, y = a[start:stop] @ a.T / m, b[start:stop] @ b.T / m
        yield (x[later & ~kin], y[later & ~kin]), (x[later & kin], y[later & kin])


def signs(filters: Filters) -> Floats:
    """Bits as +1 (unset) and −1 (set), float32 (n, m): a product of two rows over m is 1 − 2d/m."""
    little = np.ascontiguousarray(filters).astype("<u8").view(np.uint8)
    return 1.0 - 2.0 * np.unpackbits(little, axis=1, bitorder="little").astype(np.float32)
