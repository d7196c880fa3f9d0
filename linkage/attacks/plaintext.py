"""Plaintext of many records as tags, with who is who: what an attacker holds, and what his judge knows.

The attacks read the tags of one side and the linkage unit's view of the other; `child` and `family` belong to the judge
alone, who counts how often an attacker was right. Nothing is encoded or read from disk here, and nothing is attacked.

May touch: nothing
Sees:      names
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linkage.encoding.mapping import Records
from linkage.encoding.tag_columns import TagColumn
from linkage.encoding.tags import tag_records
from linkage.schema import Schema

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plaintext:
    """n records of several sources: tag name → TagColumn of length n; `source`, `child`, `family` int64[n].

    `visible`: the bits that padding leaves open, bool[n] each. Children are numbered from 0; a family may be −1 where
    nobody knows it.
    """

    tags: Mapping[str, TagColumn] = field(repr=False)
    visible: Mapping[str, Flags] = field(repr=False)
    source: Ints = field(repr=False)
    child: Ints = field(repr=False)
    family: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def children(self) -> int:
        """How many different children the records are about."""
        return len(np.unique(self.child))

    def take(self, rows: Ints) -> Plaintext:
        """The records `rows`, in that order, under the same numbers of children."""
        return Plaintext(
            {name: column.take(rows) for name, column in self.tags.items()},
            {name: bits[rows] for name, bits in self.visible.items()},
            self.source[rows], self.child[rows], self.family[rows],
        )  # fmt: skip

    def of_children(self, chosen: Flags) -> Plaintext:
        """The records of the children whose flag is set; `chosen` bool[children]."""
        return self.take(np.flatnonzero(chosen[self.child]))


def pool(sources: Sequence[Records], schema: Schema, child: Sequence[Ints], family: Sequence[Ints]) -> Plaintext:
    """The records of all sources, one after the other; `child` and `family` per source, in its row order."""
    tagged = [tag_records(records, schema) for records in sources]
    names = dict.fromkeys(name for one in tagged for name in one.tags)
    return Plaintext(
        {name: _joined([one.tags[name] for one in tagged]) for name in names},
        {bit: np.concatenate([one.visible[bit] for one in tagged]) for bit in tagged[0].visible},
        np.repeat(np.arange(len(sources)), [len(records) for records in sources]),
        np.concatenate(child).astype(np.int64),
        np.concatenate(family).astype(np.int64),
    )


def _joined(columns: Sequence[TagColumn]) -> TagColumn:
    """One column over one vocabulary."""
    number: dict[str, int] = {}
    codes, lengths = [], []
    for column in columns:
        renamed = np.array([number.setdefault(v, len(number)) for v in column.vocabulary], dtype=np.int32)
        codes.append(renamed[column.codes] if len(column.codes) else np.zeros(0, dtype=np.int32))
        lengths.append(np.diff(column.indptr))
    indptr = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.concatenate(lengths))))
    return TagColumn(indptr, np.concatenate(codes), list(number))
