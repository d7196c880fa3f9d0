"""Hold stated match probabilities against the truth: of the pairs said to match with .95, do 95 in 100 match?

It measures the model's honesty and changes nothing in it. Pairs that were never listed cannot be judged, so
give it links and review pairs together when the low bins matter.

May touch: nothing
Sees:      record ids and entities of the truth
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.evaluation_index import EvaluationError, NamedTable, index_truth, linked_rows

PROBABILITY_COLUMN = "match_probability"
EDGES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Bin limits, finer where decisions fall. A bin holds its lower limit; the last one also holds 1."""

LIKELY = 0.5
"""Probability from which pairs count into the headline comparison."""


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The `pairs` with low ≤ probability < high: mean stated probability against the share that is true."""

    low: float
    high: float
    pairs: int
    stated: float
    true: float

    def to_json_dict(self) -> dict[str, Any]:
        """The five numbers."""
        return {
            "low": self.low,
            "high": self.high,
            "pairs": self.pairs,
            "stated": self.stated,
            "true": self.true,
        }


@dataclass(frozen=True, slots=True)
class Calibration:
    """The bins that hold a pair, and the same two figures over all pairs from `LIKELY` upwards (or None)."""

    bins: tuple[CalibrationBin, ...]
    likely_pairs: int
    stated_precision: float | None
    true_precision: float | None

    def to_json_dict(self) -> dict[str, Any]:
        """Plain numbers and nulls only."""
        return {
            "likely_pairs": self.likely_pairs,
            "stated_precision": self.stated_precision,
            "true_precision": self.true_precision,
            "bins": [one.to_json_dict() for one in self.bins],
        }


def calibration(links: NamedTable, truth: NamedTable) -> Calibration:
    """Compare the column match_probability of `links` with `truth` (source, record, entity).

    A pair named twice counts with its first probability. Raises EvaluationError as `evaluate` does, and for a
    probability that is not a number between 0 and 1.
    """
    stated = _probabilities(links)
    index = index_truth(truth)
    linked = linked_rows(links, index)
    return calibrate(stated[linked.first], index.entity[linked.row_a] == index.entity[linked.row_b])


def calibrate(stated: npt.NDArray[np.float64], true: npt.NDArray[np.bool_]) -> Calibration:
    """Bin `stated` probabilities, shape [pairs], against whether each pair is `true`, same shape."""
    place = np.clip(np.searchsorted(EDGES, stated, side="right") - 1, 0, len(EDGES) - 2)
    bins = []
    for number in np.unique(place):
        inside = place == number
        bins.append(
            CalibrationBin(
                low=EDGES[number],
                high=EDGES[number + 1],
                pairs=int(np.count_nonzero(inside)),
                stated=float(stated[inside].mean()),
                true=float(true[inside].mean()),
            )
        )
    likely = stated >= LIKELY
    found = bool(likely.any())
    return Calibration(
        bins=tuple(bins),
        likely_pairs=int(np.count_nonzero(likely)),
        stated_precision=float(stated[likely].mean()) if found else None,
        true_precision=float(true[likely].mean()) if found else None,
    )


def _probabilities(links: NamedTable) -> npt.NDArray[np.float64]:
    if links.rows.column_names.count(PROBABILITY_COLUMN) != 1:
        rule = "the header must name this column once"
        raise EvaluationError.at(links.name, rule, line=1, column=PROBABILITY_COLUMN)
    column = links.rows.column(PROBABILITY_COLUMN)
    try:
        numbers = pc.cast(column, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        # The cast's own message quotes the cell and knows no line: look for the line here.
        row = next(i for i, text in enumerate(column.to_pylist()) if not _is_number(text))
        raise _not_a_probability(links, row) from None
    outside = np.flatnonzero(~((numbers >= 0) & (numbers <= 1)))
    if len(outside):
        raise _not_a_probability(links, int(outside[0]))
    return np.asarray(numbers, dtype=np.float64)


def _is_number(text: str) -> bool:
    try:
        pc.cast(pa.scalar(text), pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _not_a_probability(links: NamedTable, row: int) -> EvaluationError:
    rule = "this is not a probability between 0 and 1"
    return EvaluationError.at(links.name, rule, line=row + 2, column=PROBABILITY_COLUMN)
