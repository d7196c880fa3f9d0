"""All measures of one batch, as whoever holds it may compute them; the plan adds what chance should be.

One pass per key type, so that memory holds one column at a time. It judges nothing.

May touch: nothing
Sees:      one batch
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linkage.encoded import HANDLE, KEY_BYTES, VISIBLE, Batch, columns_of
from linkage.health import record_shapes as shapes
from linkage.health.bit_patterns import BitPatterns, bit_patterns
from linkage.health.key_graph import KeyGraph, key_graph
from linkage.health.record_shapes import RecordShapes
from linkage.health.shared_keys import KeyFrequency, SharedKeys, shared_keys
from linkage.health.similarities import Similarities, similarities
from linkage.plan import Plan

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BatchMeasures:
    """What a batch shows. Match keys fill `frequencies` and `graph`, the CLK scheme `bits` and `similar`.

    `foreign_columns` counts columns and header entries that the plan does not have, `empty_cells` cells without a
    value: both would be a way out for anything.
    """

    records: int
    same_parameters: bool
    missing_columns: int
    foreign_columns: int
    empty_cells: int
    shapes: RecordShapes
    frequencies: tuple[KeyFrequency, ...] = ()
    graph: KeyGraph | None = None
    bits: BitPatterns | None = None
    similar: Similarities | None = None


def measure_batch(batch: Batch, plan: Plan, progress: Progress = lambda done, total: None) -> BatchMeasures:
    """Measure a batch under the plan that it claims. 50,000 records with 43 key types take a few seconds."""
    expected = {HANDLE, *columns_of(plan), *VISIBLE}
    found = set(batch.table.column_names)
    visible = {name: batch.visible(name) for name in VISIBLE}
    general = (
        len(batch),
        batch.header.fingerprint == plan.fingerprint and batch.header.normaliser == plan.normaliser,
        len(expected - found),
        len(found - expected) + max(0, len(batch.table.schema.metadata or {}) - 1),
        sum(column.null_count for column in batch.table.columns),
    )
    if expected - found or not len(batch):
        nothing = RecordShapes(shapes.visible_patterns(visible), 0, 0, 0, None, None, None, None, None)
        return BatchMeasures(*general, nothing)
    if plan.scheme == "clk":
        filters = batch.keys("clk").view(np.uint64)
        similar = similarities(filters, plan.population)
        progress(1, 1)
        rows = batch.keys("clk").reshape(len(batch), 1, -1)
        look = RecordShapes(
            shapes.visible_patterns(visible), 1, int((~filters.any(axis=1)).sum()), 0, None, None,
            shapes.visible_order(visible), shapes.key_order(rows), None,
        )  # fmt: skip
        return BatchMeasures(*general, look, bits=bit_patterns(filters), similar=similar)
    return _measure_keys(batch, plan, general, progress)


def _measure_keys(
    batch: Batch, plan: Plan, general: tuple[int, bool, int, int, int], progress: Progress
) -> BatchMeasures:
    visible = {name: batch.visible(name) for name in VISIBLE}
    shared: list[SharedKeys] = []
    preference: list[float | None] = []
    order: list[float | None] = []
    for done, key_type in enumerate(plan.schema.key_types, 1):
        keys = batch.keys(key_type.name).reshape(len(batch), key_type.slots, KEY_BYTES)
        shared.append(shared_keys(key_type.name, keys))
        preference.append(shapes.bit_preference(keys, shared[-1]))
        order.append(shapes.key_order(keys))
        progress(done, len(plan.schema.key_types))
    look = RecordShapes(
        patterns=shapes.visible_patterns(visible),
        slots=plan.schema.slots,
        zero_keys=sum(one.zeros for one in shared),
        repeated_keys=sum(one.repeats for one in shared),
        bit_z=shapes.worst(preference),
        slot_excess=shapes.slot_excess(shared),
        visible_order_z=shapes.visible_order(visible),
        key_order_z=shapes.worst(order),
        near_z=shapes.nearness(len(batch), shared),
    )
    frequencies = tuple(one.frequency for one in shared)
    return BatchMeasures(*general, look, frequencies, key_graph(len(batch), shared, plan.schema))
