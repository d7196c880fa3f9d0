"""Tags of a whole file as arrays: each distinct cell value is read once, each record only points at the results.

A *contribution* is one mapped column: for every record the number of its distinct value, and for every distinct value
the tags that it yields. `collect` gathers the contributions of all columns into one `TagColumn` per tag. This module
knows no field, no key and no normaliser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

TagValues = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One column: `codes` int32[n], −1 for an empty cell; `per_value[code]` maps tag name to its values."""

    codes: NDArray[np.int32]
    per_value: Sequence[TagValues] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TagColumn:
    """Values of one tag: record i has `vocabulary[c]` for c in codes[indptr[i]:indptr[i+1]], best first."""

    indptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    vocabulary: list[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def slice(self, start: int, stop: int) -> TagColumn:
        """Records start…stop, sharing the vocabulary."""
        low, high = self.indptr[start], self.indptr[stop]
        return TagColumn(self.indptr[start : stop + 1] - low, self.codes[low:high], self.vocabulary)

    def take(self, rows: NDArray[np.int64]) -> TagColumn:
        """The same column for the records `rows`, in that order."""
        lengths = np.diff(self.indptr)[rows]
        indptr = np.concatenate(([0], np.cumsum(lengths)))
        index = np.repeat(self.indptr[rows] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return TagColumn(indptr, self.codes[index], self.vocabulary)

    def collision(self) -> float:
        """P(two random records of this file share a value), absence counting as no agreement."""
        n = len(self)
        counts = np.bincount(self.codes, minlength=1).astype(np.float64)
        return float((counts * (counts - 1)).sum() / (n * (n - 1))) if n > 1 else 0.0


def collect(records: int, contributions: Iterable[Contribution], limits: Mapping[str, int]) -> dict[str, TagColumn]:
    """One TagColumn per tag in `limits`; earlier contributions come first, repeats and values past the limit go."""
    numbers: dict[str, dict[str, int]] = {tag: {} for tag in limits}
    out = {tag: np.full((records, limit), -1, dtype=np.int32) for tag, limit in limits.items()}
    filled = {tag: np.zeros(records, dtype=np.int64) for tag in limits}
    for contribution in contributions:
        for tag, (owners, values) in _flatten(contribution.per_value, numbers).items():
            size = np.bincount(owners, minlength=len(contribution.per_value))
            ends = np.concatenate(([0], np.cumsum(size)))
            _append(out[tag], filled[tag], contribution.codes, ends, np.array(values, dtype=np.int32))
    return {tag: _column(out[tag], filled[tag], list(numbers[tag])) for tag in limits}


def _flatten(
    per_value: Sequence[TagValues], numbers: Mapping[str, dict[str, int]]
) -> dict[str, tuple[list[int], list[int]]]:
    """Per tag, the distinct values (as numbers) of each cell and the cell that each belongs to, in cell order."""
    flat: dict[str, tuple[list[int], list[int]]] = {}
    for code, tags in enumerate(per_value):
        for tag, values in tags.items():
            known = numbers.get(tag)
            if known is not None:
                owners, found = flat.setdefault(tag, ([], []))
                for value in values:
                    owners.append(code)
                    found.append(known.setdefault(value, len(known)))
    return flat


def _column(out: NDArray[np.int32], filled: NDArray[np.int64], vocabulary: list[str]) -> TagColumn:
    indptr = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(filled)))
    return TagColumn(indptr, out[out >= 0], vocabulary)


@njit(cache=True)
def _append(out, filled, codes, ends, values):  # type: ignore[no-untyped-def]
    limit = out.shape[1]
    for row in range(len(codes)):
        code = codes[row]
        if code < 0:
            continue
        for i in range(ends[code], ends[code + 1]):
            value = values[i]
            known = False
            for j in range(filled[row]):
                known |= out[row, j] == value
            if not known and filled[row] < limit:
                out[row, filled[row]] = value
                filled[row] += 1
