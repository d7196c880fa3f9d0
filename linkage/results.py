"""Writes what a linkage found as CSV files: links, review pairs and clusters, by record or by row.

A *naming* turns a record number into the two columns that name it: (source, record id) where the custodians' maps are
at hand, (source, row) at the linkage unit. Files appear under their names only when they are whole.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from linkage.matching.cluster_pairs import LinkedPairs
from linkage.matching.weights import probability
from linkage.whole_file import whole_file

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Naming:
    """Names of all records: `sources` by batch, `source` int64[n] and the record's id or row, n strings."""

    sources: Sequence[str]
    source: Ints
    record: pa.Array = field(repr=False)
    column: str  # "record" or "row"

    def columns(self, rows: Ints) -> tuple[pa.Array, pa.Array]:
        names = pa.array(list(self.sources)).take(pa.array(self.source[rows]))
        return names, self.record.take(pa.array(rows))


def write_pairs(path: Path, naming: Naming, pairs: LinkedPairs) -> None:
    """`source_a,record_a,source_b,record_b,match_probability,match_weight`, sorted by record number."""
    source_a, record_a = naming.columns(pairs.a)
    source_b, record_b = naming.columns(pairs.b)
    table = pa.table(
        {
            "source_a": source_a,
            f"{naming.column}_a": record_a,
            "source_b": source_b,
            f"{naming.column}_b": record_b,
            "match_probability": np.round(probability(pairs.weight), 6),
            "match_weight": np.round(pairs.weight, 3),
        }
    )
    _write(path, table)


def write_clusters(path: Path, naming: Naming, clusters: Ints) -> None:
    """`source,record,cluster`, one line a record, in cluster order."""
    order = np.argsort(clusters, kind="stable")
    source, record = naming.columns(order)
    _write(path, pa.table({"source": source, naming.column: record, "cluster": clusters[order]}))


def write_recipient(path: Path, number: int, source: Ints, clusters: Ints, key: bytes) -> None:
    """One source's own result: `row,pseudonym,linked_elsewhere`.

    The pseudonym is a keyed digest under a key made for this recipient and run, so that no two recipients can join
    their results. `linked_elsewhere` says only whether, never where.
    """
    rows = np.flatnonzero(source == number)
    spread = np.unique(np.column_stack((clusters, source)), axis=0)
    elsewhere = np.bincount(spread[:, 0], minlength=int(clusters.max(initial=0)) + 1) > 1
    own = clusters[rows]
    pseudonyms = {int(c): hmac.digest(key, str(int(c)).encode(), hashlib.sha256)[:12].hex() for c in np.unique(own)}
    _write(
        path,
        pa.table(
            {
                "row": np.arange(len(rows)),
                "pseudonym": [pseudonyms[int(c)] for c in own],
                "linked_elsewhere": ["yes" if e else "no" for e in elsewhere[own]],
            }
        ),
    )


def _write(path: Path, table: pa.Table) -> None:
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with whole_file(path) as partial:
        pyarrow.csv.write_csv(table, partial, options)
