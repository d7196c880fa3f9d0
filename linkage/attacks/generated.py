"""A generated city as plaintext for attacks: the agencies' own files, or the same children written down once more.

The second writing keeps every sighting (which agency met which child, when) and draws new mistakes, other phones, other
addresses: what an attacker has who knows the same children from files of his own. It writes no file.

May touch: nothing
Sees:      generated names only
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.attacks.plaintext import Plaintext, pool
from linkage.encoding.mapping import Records, apply_mapping
from linkage.encoding.reader import SourceTable
from linkage.schema import Schema
from linkage.synthetic.agencies import LAYOUTS, lay_out
from linkage.synthetic.children import draw_world
from linkage.synthetic.city import City
from linkage.synthetic.drafts import draft_records
from linkage.synthetic.facts import facts_at
from linkage.synthetic.places import draw_map
from linkage.synthetic.sightings import Source, draw_need, draw_sightings

_Columns = Mapping[str, NDArray[np.object_]]


def city_plaintext(city: City, schema: Schema) -> Plaintext:
    """The records that the agencies of the city bring."""
    named = zip(city.truth["source"].to_pylist(), city.truth["record"].to_pylist(), strict=True)
    children = (int(entity[1:]) for entity in city.truth["entity"].to_pylist())
    known = dict(zip(named, children, strict=True))
    records, child = [], []
    for source, table in city.tables.items():
        ids = table[LAYOUTS[source].record_id].to_pylist()
        rows = [row for row, record in enumerate(ids) if (source, record) in known]
        records.append(_records(source, table.take(pa.array(rows, type=pa.int64()))))
        child.append(np.array([known[source, ids[row]] for row in rows], dtype=np.int64))
    return pool(records, schema, child, [city.children.family[part] for part in child])


def rewritten_plaintext(city: City, schema: Schema, pen: int) -> Plaintext:
    """The same sightings of the same children with other mistakes; `pen` seeds them."""
    streams = np.random.default_rng(city.seed).spawn(1 + len(Source))
    count = len(city.children.family)
    draw_world(count, draw_map(count, streams[0]), city.profile.population, streams[0])  # moves the stream on
    need = draw_need(count, city.profile, streams[0])
    pens = np.random.default_rng([city.seed, pen]).spawn(len(Source))
    records, child = [], []
    for source, table, seen_child in _written_again(city, need, streams[1:], pens):
        records.append(_records(source, table))
        child.append(seen_child)
    return pool(records, schema, child, [city.children.family[part] for part in child])


def _written_again(
    city: City, need: NDArray[np.float64], streams: list[np.random.Generator], pens: list[np.random.Generator]
) -> Iterator[tuple[Source, pa.Table, NDArray[np.int64]]]:
    for source, rng, pen in zip(Source, streams, pens, strict=True):
        seen = draw_sightings(source, city.children, need, city.profile, rng)
        facts = facts_at(source, seen, city.children, city.families, pen)
        draft = draft_records(source, seen, facts, LAYOUTS[source].addresses, city.profile, pen)
        columns = lay_out(source, seen, facts, draft, pen)
        rows = np.flatnonzero(_enters(source, columns, len(seen.child)))
        table = pa.table({name: pa.array(v[rows].tolist(), type=pa.string()) for name, v in columns.items()})
        yield source, table, seen.child[rows]


def _enters(source: Source, columns: _Columns, count: int) -> NDArray[np.bool_]:
    keep = np.ones(count, dtype=np.bool_)
    for column, allowed in LAYOUTS[source].filter.items():
        keep &= np.isin(columns[column].astype(str), allowed)
    return keep


def _records(source: Source, table: pa.Table) -> Records:
    layout = LAYOUTS[source]
    wanted = dict.fromkeys(column for columns in layout.fields.values() for column in columns)
    read = SourceTable(
        table[layout.record_id].combine_chunks(), {name: table[name] for name in wanted}, table.num_rows, 0
    )
    return apply_mapping(read, layout.fields)
