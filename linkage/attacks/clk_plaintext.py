"""Plaintext of a generated city as the tokens that filters are made of, with who is who.

The attacker reads the columns; `child` and `family` are for the judge alone. Records of all agencies stand in one
list, as the linkage unit holds them, a child's records together and families whole. Nothing is encoded and no file is
touched.

May touch: nothing
Sees:      generated names only
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.encoding.clk import MISSING, FieldTokens
from linkage.encoding.clk_tokens import clk_columns, take_columns
from linkage.encoding.mapping import Records, apply_mapping
from linkage.encoding.reader import SourceTable
from linkage.synthetic.agencies import LAYOUTS
from linkage.synthetic.city import City, build_city
from linkage.synthetic.profiles import TYPICAL, Profile

Ints = NDArray[np.int64]
Columns = tuple[FieldTokens, ...]

_CHILDREN_PER_RECORD = 1.15  # more children than a city's agencies know, so that each record is another child's


@dataclass(frozen=True, slots=True)
class ClkPlaintext:
    """n records: token columns of length n; who they are about, `child` and `family` int64 (n,)."""

    columns: Columns = field(repr=False)
    child: Ints = field(repr=False)
    family: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.child)

    def take(self, rows: Ints) -> ClkPlaintext:
        """The records `rows`, in that order."""
        return ClkPlaintext(tuple(take_columns(self.columns, rows)), self.child[rows], self.family[rows])


def generated_children(n: int, seed: int, profile: Profile = TYPICAL) -> ClkPlaintext:
    """One record each of n children of a generated city, whole families, from whichever agency knows them."""
    everyone = city_tokens(build_city(int(n * _CHILDREN_PER_RECORD) + 20, seed, profile))
    rng = np.random.default_rng([seed, 11])
    shuffled = rng.permutation(len(everyone))
    _, first = np.unique(everyone.child[shuffled], return_index=True)
    rank = rng.permutation(int(everyone.family.max()) + 1)
    rows = shuffled[first]
    if len(rows) < n:
        raise ValueError("the city holds too few children")
    return everyone.take(rows[np.argsort(rank[everyone.family[rows]], kind="stable")][:n])


def city_tokens(city: City) -> ClkPlaintext:
    """All records that the agencies of a city may bring, one agency after the other."""
    known = dict(
        zip(
            zip(city.truth["source"].to_pylist(), city.truth["record"].to_pylist(), strict=True),
            (int(entity[1:]) for entity in city.truth["entity"].to_pylist()),
            strict=True,
        )
    )
    parts: list[Records] = []
    child: list[int] = []
    for source, table in city.tables.items():
        layout = LAYOUTS[source]
        ids = table[layout.record_id].to_pylist()
        rows = [row for row, record in enumerate(ids) if (source, record) in known]
        kept = table.take(pa.array(rows, type=pa.int64()))
        wanted = dict.fromkeys(column for columns in layout.fields.values() for column in columns)
        read = SourceTable(kept[layout.record_id].combine_chunks(), {n: kept[n] for n in wanted}, len(rows), 0)
        parts.append(apply_mapping(read, layout.fields))
        child += [known[source, ids[row]] for row in rows]
    children = np.array(child, dtype=np.int64)
    return ClkPlaintext(_pooled(parts), children, city.children.family[children].astype(np.int64))


def _pooled(parts: Sequence[Records]) -> Columns:
    """Columns of all parts, each as long as all together and empty outside its own part."""
    total = sum(len(part) for part in parts)
    out: list[FieldTokens] = []
    start = 0
    for part in parts:
        for column in clk_columns(part, "cn-child"):
            codes = np.full(total, MISSING, dtype=np.int32)
            codes[start : start + len(part)] = column.codes
            out.append(FieldTokens(column.name, codes, column.tokens_per_value, column.k))
        start += len(part)
    return tuple(out)
