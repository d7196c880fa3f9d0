"""How mistakes are dealt out to records: which kind strikes whom, what is lost, and the marks that this leaves.

Knows nothing of names, dates or numbers: the kinds come in as functions, the rates as numbers, chance as `rng`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.strata import Marks, Stratum

Held = TypeVar("Held")
Written = TypeVar("Written")
Strings = NDArray[np.object_]
Flags = NDArray[np.bool_]
Badness = NDArray[np.float64]


def strike(rates: Sequence[float], badness: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Which kind of mistake strikes each record: an index into `rates`, or -1.

    Rates are multiplied by the record's badness; their sum stays below 0.85, so the worst clerk gets something right.
    """
    cumulative = np.cumsum(np.asarray(rates, dtype=np.float64))
    if cumulative[-1] <= 0.0:
        return np.full(len(badness), -1, dtype=np.int64)
    factor = np.minimum(badness, 0.85 / cumulative[-1])
    kind = np.searchsorted(cumulative, rng.random(len(badness)) / np.maximum(factor, 1e-12), side="right")
    return np.where(kind == len(cumulative), -1, kind).astype(np.int64)


def pick(options: Sequence[str], rng: np.random.Generator) -> str:
    """One of the options, all equally likely."""
    return options[int(rng.random() * len(options))]


def pick_front(options: str, rng: np.random.Generator) -> str:
    """One character, the first ones more likely (an input method offers the commonest first)."""
    return options[int(rng.random() ** 2 * len(options))]


def spoil(
    kinds: Mapping[Stratum, Callable[[Held, np.random.Generator], Written]],
    rates: Sequence[float],
    badness: NDArray[np.float64],
    hold: Callable[[int], tuple[Held, Written]],
    keep: Callable[[int, Written], None],
    marks: Marks,
    rng: np.random.Generator,
) -> None:
    """Strike records with these kinds: `hold` gives (what a kind needs, the true value), `keep` stores the written."""
    struck = strike(rates, badness, rng)
    functions = list(kinds.items())
    for row in np.flatnonzero(struck >= 0).tolist():
        stratum, write = functions[struck[row]]
        held, truth = hold(row)
        written = write(held, rng)
        if written != truth:
            keep(row, written)
            marks[stratum][row] = True


def in_order(rates: object, kinds: Iterable[Stratum]) -> list[float]:
    """The rates of these kinds; a rate is named like its stratum."""
    return [float(getattr(rates, kind)) for kind in kinds]


def lost(rate: float, badness: Badness, rng: np.random.Generator) -> Flags:
    """Where a value is absent: half by chance, half by the record's badness."""
    return np.asarray(rng.random(len(badness)) < rate * (0.5 + 0.5 * np.minimum(badness, 4.0)))


def erase(values: Strings, gone: Flags, marks: Marks, kinds: Iterable[Stratum]) -> None:
    """Empty these values; what is not there carries no mistake."""
    values[gone] = ""
    for kind in kinds:
        marks[kind][gone] = False
