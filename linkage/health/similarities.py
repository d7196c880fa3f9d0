"""CLK scheme: similarities of diffused filters against the noise line, from evenly spaced samples of one file.

Two unrelated filters agree in half of their bits, give or take chance. What lies above the noise line is a family, a
child seen twice, or a leak; what lies below should be chance and nothing else. A small excess of spread below the line
is what graph matching lives on, but a file alone shows only gross excess: the margin rule proper needs the agency's own
plain filters.

May touch: nothing
Sees:      diffused CLKs
Source:    privacy.md sections 2 to 4
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from linkage.health.bit_patterns import Filters, evenly, unpacked
from linkage.health.tails import normal_quantile_above

SAMPLE: Final = 3_000
BINS: Final = 64
HISTOGRAM: Final = (0.3, 1.0)  # share of equal bits, lowest and highest bin
FEWEST_PAIRS: Final = 5_000  # pairs below which their spread says nothing
CHANCE_PAIRS: Final = 0.1
"""Pairs per record that chance may lift above the noise line among the whole population."""


@dataclass(frozen=True, slots=True)
class Similarities:
    """Pairs among `sampled` records of a file of n.

    `noise_line`: share of equal bits. `above` share of pairs over it, `degree` pairs above per record, carried from
    the sample to the file; `island` largest set of records joined by such pairs, `islands` (size, number) in the
    sample. `excess`: spread of the similarities under the line over that of fair coins, less 1. `histogram`: pairs per
    bin of equal width within HISTOGRAM.
    """

    sampled: int
    noise_line: float
    above: float
    degree: float
    island: int
    islands: tuple[tuple[int, int], ...]
    excess: float | None
    histogram: tuple[int, ...] = field(repr=False)


def noise_line(bits: int, population: int) -> float:
    """Share of equal bits that unrelated fair filters reach for CHANCE_PAIRS of `population` others."""
    z = normal_quantile_above(min(0.5, CHANCE_PAIRS / max(population, 1)))
    return 0.5 + z / math.sqrt(4 * bits)


def similarities(filters: Filters, population: int) -> Similarities:
    """Measure uint64[n, m / 64] against the noise line of `population` children."""
    m = 64 * filters.shape[1]
    line = noise_line(m, max(population, len(filters)))
    sample = evenly(filters, SAMPLE)
    signs = 2.0 * unpacked(sample).astype(np.float32) - 1.0
    a, b = np.triu_indices(len(sample), 1)
    same = ((signs @ signs.T)[a, b] / m + 1.0) / 2.0
    over = same > line
    sizes = _islands(len(sample), a[over], b[over])
    counts, _ = np.histogram(same, bins=BINS, range=HISTOGRAM)
    share = float(over.mean()) if len(same) else 0.0
    return Similarities(
        sampled=len(sample),
        noise_line=line,
        above=share,
        degree=share * (len(filters) - 1),
        island=max((size for size, _ in sizes), default=1),
        islands=sizes,
        excess=_excess(same[~over], m),
        histogram=tuple(int(one) for one in counts),
    )


def _excess(same: NDArray[np.float32], m: int) -> float | None:
    """Spread of similarities under the noise line over that of fair coins, less 1."""
    return float(same.astype(np.float64).var() * 4 * m - 1.0) if len(same) >= FEWEST_PAIRS else None


def _islands(records: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    if not records:
        return ()
    graph = coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(records, records))
    _, label = connected_components(graph, directed=False)
    sizes, counts = np.unique(np.bincount(label), return_counts=True)
    return tuple((int(size), int(count)) for size, count in zip(sizes, counts, strict=True) if size > 1)
