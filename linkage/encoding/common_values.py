"""Values that too many records of a file share to tell families apart: left out before keys are made, and counted.

The phone of a school, the director of a home as everybody's guardian, the first of January: such a value says nothing
about a child, would join hundreds of strangers in one group, and counts as missing. How many records may share a value
is the reference table's business. A real name is never so common. It measures no leakage (`leakage.py` does).

May touch: nothing
Sees:      tags
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from linkage.encoding.tag_columns import TagColumn
from linkage.floor import Commonest

_NEARLY_ALL = 0.9
_CHANCE = 3.0  # standard deviations that a value may lie above its share by chance


@dataclass(frozen=True, slots=True)
class Usable:
    """The columns without values that are too common; `too_common`: tag → records that lost one."""

    columns: Mapping[str, TagColumn] = field(repr=False)
    too_common: Mapping[str, int]


def leave_out_common(columns: Mapping[str, TagColumn], most: Mapping[str, Commonest]) -> Usable:
    """Columns of n records in which no value is shared by more records than `most` allows its tag."""
    kept = dict(columns)
    lost: dict[str, NDArray[np.bool_]] = {}

    def leave_out(tag: str, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        kept[tag], losers = _without(kept[tag], values)
        lost[tag] = lost.get(tag, False) | losers
        return losers

    for tag, limit in most.items():
        if tag in kept:
            losers = leave_out(tag, _uses(kept[tag]) > allowed(limit, len(kept[tag])))
            for other in limit.takes_along:
                if other in kept and losers.any():
                    leave_out(other, _only_of(kept[other], losers))
    counts = {tag: int(records.sum()) for tag, records in lost.items()}
    return Usable(kept, {tag: records for tag, records in counts.items() if records})


def allowed(limit: Commonest, records: int) -> float:
    """How many of so many records may share one value."""
    expected = limit.share * records
    return expected + _CHANCE * sqrt(expected) + limit.records


def _uses(column: TagColumn) -> NDArray[np.int64]:
    return np.bincount(column.codes, minlength=len(column.vocabulary))


def _only_of(column: TagColumn, records: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Values that stand in several records, nearly all of them among these."""
    uses = _uses(column)
    inside = np.bincount(column.codes[records[_owners(column)]], minlength=len(column.vocabulary))
    return np.asarray((uses > 1) & (inside >= _NEARLY_ALL * uses))


def _owners(column: TagColumn) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(column)), np.diff(column.indptr))


def _without(column: TagColumn, values: NDArray[np.bool_]) -> tuple[TagColumn, NDArray[np.bool_]]:
    """The column without these values (bool per vocabulary entry), and which records lost one."""
    losers = np.zeros(len(column), dtype=bool)
    if not values.any():
        return column, losers
    gone, owner = values[column.codes], _owners(column)
    losers[owner[gone]] = True
    kept = np.bincount(owner[~gone], minlength=len(column))
    indptr = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(kept)))
    return TagColumn(indptr, column.codes[~gone], column.vocabulary), losers
