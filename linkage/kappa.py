"""How far reviewers agree beyond chance: Cohen's kappa with its confidence interval, Fleiss' kappa.

Cohen's kappa compares two columns of verdicts; here the first and the second decision on each pair. Fleiss' kappa
treats reviewers as interchangeable. Third decisions are left out of both: they exist only where two disagreed, so
that counting them would measure the selection. It judges no reviewer and knows none.

May touch: nothing
Sees:      verdicts
Spec:      Cohen 1960; Fleiss, Cohen and Everitt 1969 (standard error); Fleiss 1971
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int64]

_Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Agreement:
    """`n` pairs judged twice, `observed` share alike; kappa and its 95 % interval, None where it has no meaning."""

    n: int
    observed: float | None
    kappa: float | None
    low: float | None
    high: float | None


def table(pairs: Sequence[tuple[str, str]], verdicts: Sequence[str]) -> Table:
    """Count pairs of verdicts: rows the first decision, columns the second."""
    at = {verdict: position for position, verdict in enumerate(verdicts)}
    out = np.zeros((len(at), len(at)), dtype=np.int64)
    for first, second in pairs:
        out[at[first], at[second]] += 1
    return out


def cohen(counts: Table) -> Agreement:
    """Kappa of a square table. No meaning without pairs, or when chance alone would agree always."""
    n = int(counts.sum())
    if n == 0:
        return Agreement(0, None, None, None, None)
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float(np.trace(p)), float(rows @ columns)
    if 1.0 - chance < 1e-12:
        return Agreement(n, observed, None, None, None)
    kappa = (observed - chance) / (1.0 - chance)
    half = _Z95 * sqrt(_variance(p, rows, columns, observed, chance) / n)
    return Agreement(n, observed, kappa, max(-1.0, kappa - half), min(1.0, kappa + half))


def _variance(
    p: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64], po: float, pe: float
) -> float:
    """n times the large-sample variance of kappa (Fleiss, Cohen and Everitt, equation 13)."""
    alike = sum(p[i, i] * ((1 - pe) - (rows[i] + columns[i]) * (1 - po)) ** 2 for i in range(len(p)))
    apart = sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i in range(len(p)) for j in range(len(p)) if i != j)
    found = alike + (1 - po) ** 2 * apart - (po * pe - 2 * pe + po) ** 2
    return max(0.0, float(found)) / (1 - pe) ** 4


def fleiss(counts: Table) -> float | None:
    """Kappa of subjects x verdicts, every row summing to the same number of decisions (two or more)."""
    if not len(counts):
        return None
    each = int(counts[0].sum())
    if each < 2 or (counts.sum(axis=1) != each).any():
        raise ValueError("every subject needs the same number of decisions, two or more")
    observed = float(((counts**2).sum(axis=1) - each).mean()) / (each * (each - 1))
    shares = counts.sum(axis=0) / counts.sum()
    chance = float(shares @ shares)
    return None if 1.0 - chance < 1e-12 else (observed - chance) / (1.0 - chance)
