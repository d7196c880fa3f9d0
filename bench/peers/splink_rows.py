"""A project's source files as one plaintext table for a plaintext peer, normalised by our own normalisers.

The peer so starts from the very values that Sealink's match keys are made of, and only the linkage is compared. It
links nothing. The table holds names: it is written for generated and public test data only.

Sees: names
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from linkage.encoding.mapping import apply_mapping
from linkage.encoding.project import load_project
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
    """Write all sources of a generated city, in the project's order, to the Parquet file `out`."""
    loaded = load_project(project, lambda name: load_schema(name).fields)
    schema = load_schema(loaded.schema)
    with project.with_name("truth.csv").open(encoding="utf-8") as file:
        known = {(r["source"], r["record"]): int(r["entity"].lstrip("E")) for r in csv.DictReader(file)}
    entity: list[int] = []
    source: list[int] = []
    named: list[NDArray[np.bool_]] = []
    tables = []
    for number, place in enumerate(loaded.sources):
        read = read_source(place.file, place.columns, place.record_id, place.filter)
        records = apply_mapping(read, place.fields)
        tagged = tag_records(records, schema)
        columns = {name: first_values(tagged.tags[tag]) for name, tag in BEST.items()}
        columns |= {name: value_lists(tagged.tags[tag]) for name, tag in ALL.items()}
        columns["source_dataset"] = pa.array([place.name] * len(records), pa.string())
        columns["unique_id"] = pa.array(np.arange(len(entity), len(entity) + len(records)))
        tables.append(pa.table(columns))
        entity += [known[place.name, record] for record in records.record_ids.to_pylist()]
        source += [number] * len(records)
        named.append(tagged.visible["has_name"])
    pq.write_table(pa.concat_tables(tables), out)
    return RowTruth(np.array(source), np.array(entity), np.concatenate(named))


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
