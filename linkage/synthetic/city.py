"""Build a synthetic city: (children, seed, profile) to four agencies' tables, the truth and the true world.

A pure function: the same arguments give the same bytes. It writes no files (`files`), and nothing in it comes from a
real person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.synthetic.agencies import LAYOUTS, lay_out
from linkage.synthetic.children import Children, draw_world
from linkage.synthetic.drafts import draft_records
from linkage.synthetic.facts import facts_at
from linkage.synthetic.families import Families
from linkage.synthetic.places import draw_map
from linkage.synthetic.profiles import TYPICAL, Profile
from linkage.synthetic.sightings import Source, draw_need, draw_sightings
from linkage.synthetic.strata import Stratum


@dataclass(frozen=True, slots=True)
class City:
    """A finished city.

    `tables`: per source one table of strings in that agency's own columns. `truth`: `source, record, entity`, entity
    being "E" and the child's position in `children`; rows that the police's filter drops are not in it. `strata`:
    `source, record` and one boolean column per `Stratum`, in the order of `truth`.
    """

    seed: int
    profile: Profile
    tables: Mapping[Source, pa.Table]
    truth: pa.Table
    strata: pa.Table
    children: Children = field(repr=False)
    families: Families = field(repr=False)


def build_city(children: int, seed: int, profile: Profile = TYPICAL) -> City:
    """A city with exactly so many children, about 1.7 records each. `ValueError` for fewer than one child."""
    if children < 1:
        raise ValueError("a city needs at least one child")
    # One stream of chance for the world and one per agency: another agency's mistakes never move this one's.
    streams = np.random.default_rng(seed).spawn(1 + len(Source))
    world = streams[0]
    families, people = draw_world(children, draw_map(children, world), profile.population, world)
    need = draw_need(children, profile, world)
    tables: dict[Source, pa.Table] = {}
    truths: list[pa.Table] = []
    strata: list[pa.Table] = []
    for source, rng in zip(Source, streams[1:], strict=True):
        tables[source], truth, flags = _write_source(source, people, families, need, profile, rng)
        truths.append(truth)
        strata.append(flags)
    return City(
        seed,
        profile,
        MappingProxyType(tables),
        pa.concat_tables(truths),
        pa.concat_tables(strata),
        people,
        families,
    )


def _write_source(
    source: Source,
    people: Children,
    families: Families,
    need: NDArray[np.float64],
    profile: Profile,
    rng: np.random.Generator,
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """(table, truth, strata) of one agency."""
    layout = LAYOUTS[source]
    seen = draw_sightings(source, people, need, profile, rng)
    facts = facts_at(source, seen, people, families, rng)
    draft = draft_records(source, seen, facts, layout.addresses, profile, rng)
    columns = lay_out(source, seen, facts, draft, rng)
    table = pa.table({name: pa.array(values.tolist(), type=pa.string()) for name, values in columns.items()})
    enters = np.ones(len(seen.child), dtype=np.bool_)
    for column, allowed in layout.filter.items():
        enters &= np.isin(columns[column].astype(str), allowed)
    rows = np.flatnonzero(enters)
    named = {
        "source": pa.array([str(source)] * len(rows), type=pa.string()),
        "record": pa.array(columns[layout.record_id][rows].tolist(), type=pa.string()),
    }
    entity = pa.array([f"E{child}" for child in seen.child[rows].tolist()], type=pa.string())
    flags = {str(stratum): _boolean(draft.marks[stratum][rows]) for stratum in Stratum}
    return table, pa.table({**named, "entity": entity}), pa.table({**named, **flags})


def _boolean(flags: NDArray[np.bool_]) -> pa.Array:
    # Not pa.array(flags): that imports pandas where it is installed, a second for nothing.
    bits = pa.py_buffer(np.packbits(flags, bitorder="little").tobytes())
    return pa.BooleanArray.from_buffers(pa.bool_(), len(flags), [None, bits])
