"""A project's source files as one plaintext table for a plaintext peer, normalised by our own normalisers.

The peer so starts from the very values that Sealink's match keys are made of, and only the linkage is compared. It
links nothing. The table holds names: it is written for generated and public test data only.

Sees: names
"""

from __future__ import annotations

import csv
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from linkage.encoding.mapping import apply_mapping
from linkage.encoding.project import Source, load_project
from linkage.encoding.reader import read_source
from linkage.encoding.tag_columns import TagColumn
from linkage.encoding.tags import tag_records
from linkage.schema import load_schema

Ints = NDArray[np.int64]

# column of the table → tag; the tags' letters are explained in linkage/encoding/cn_tags.py
BEST = {"name": "NX", "pinyin": "NP", "given": "NG", "surname": "SU", "dob": "DX", "id": "I", "sex": "S"}
BEST |= {"year_month": "YM", "month_day": "MD", "year": "DY", "last_syllable": "NL"}
ALL = {"names": "NX", "pinyins": "NP", "sorted_names": "NS", "look_alikes": "NM", "partial_names": "NC"}
ALL |= {"dobs": "DX", "dates": "DL", "phones": "P", "guardians": "G", "addresses": "A", "villages": "V"}


@dataclass(frozen=True, slots=True)
class RowTruth:
    """Source, true entity and "has a name" of every row: int64[n], int64[n], bool[n]."""

    source: Ints
    entity: Ints
    named: NDArray[np.bool_]


def write_rows(project: Path, out: Path) -> RowTruth:
    """Write all sources of a generated city, in the project's order, to the Parquet file `out`; two processes."""
    loaded = load_project(project, lambda name: load_schema(name).fields)
    with project.with_name("truth.csv").open(encoding="utf-8") as file:
        known = {(r["source"], r["record"]): int(r["entity"].lstrip("E")) for r in csv.DictReader(file)}
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        read = list(pool.map(source_rows, loaded.sources, [loaded.schema] * len(loaded.sources)))
    tables, records, named = zip(*read, strict=True)
    table = pa.concat_tables(tables)
    pq.write_table(table.append_column("unique_id", pa.array(np.arange(table.num_rows))), out)
    names = [(place.name, record) for place, ids in zip(loaded.sources, records, strict=True) for record in ids]
    source = np.repeat(np.arange(len(records)), [len(ids) for ids in records])
    return RowTruth(source, np.array([known[name] for name in names]), np.concatenate(named))


def source_rows(place: Source, schema_name: str) -> tuple[pa.Table, list[str], NDArray[np.bool_]]:
    """One source's normalised fields, its record ids and which records have a name, in file order."""
    read = read_source(place.file, place.columns, place.record_id, place.filter)
    records = apply_mapping(read, place.fields)
    tagged = tag_records(records, load_schema(schema_name))
    columns = {name: first_values(tagged.tags[tag]) for name, tag in BEST.items()}
    columns |= {name: value_lists(tagged.tags[tag]) for name, tag in ALL.items()}
    columns["source_dataset"] = pa.array([place.name] * len(records), pa.string())
    return pa.table(columns), records.record_ids.to_pylist(), tagged.visible["has_name"]


def first_values(column: TagColumn) -> pa.Array:
    """Each record's best value, null where it has none."""
    some = np.diff(column.indptr) > 0
    codes = np.zeros(len(column), dtype=np.int64)
    codes[some] = column.codes[column.indptr[:-1][some]]
    return pa.array(column.vocabulary, pa.string()).take(pa.array(codes, mask=~some))


def value_lists(column: TagColumn) -> pa.Array:
    """All values of each record, null where it has none: a peer then takes absence for missing, not for differing."""
    none = np.append(np.diff(column.indptr) == 0, False)
    values = pa.array(column.vocabulary, pa.string()).take(pa.array(column.codes))
    return pa.ListArray.from_arrays(pa.array(column.indptr.astype(np.int32), mask=none), values)
