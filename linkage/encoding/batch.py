"""One source's records → one encoded batch file and the private map of its rows: the custodian's half.

The rows are shuffled under the agency's padding key before anything is written, so that neither the batch nor its order
says where a record stood. The map from row to record id goes to a file that stays at the agency. Submitting is not done
here.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.encoded import LOCAL, VISIBLE, Chunk, Header, Place, write_batch
from linkage.encoding.clk import Filters
from linkage.encoding.common_values import leave_out_common
from linkage.encoding.diffused_filters import diffused_filters
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.mapping import Records
from linkage.encoding.match_keys import KeySlots, build_keys, padding_key, record_handles, record_seeds, tag_digests
from linkage.encoding.own_health import own_figures
from linkage.encoding.prf import Bytes2D
from linkage.encoding.tag_columns import TagColumn
from linkage.encoding.tags import FieldCount, TaggedRecords, tag_records, visible_bits
from linkage.health.own_figures import PUBLISH_FROM, Margin, OwnFigures, stated
from linkage.plan import Plan
from linkage.schema import KeyType
from linkage.whole_file import whole_file

CHUNK_RECORDS: Final = 32_768


@dataclass(frozen=True, slots=True)
class EncodedSource:
    """What the custodian learns: counts per field and key type; the batch itself is on disk."""

    source: str
    records: int
    fields: Mapping[str, FieldCount]
    foreign_ids: int
    too_common: Mapping[str, int]  # tag → records that lost a value shared by too many
    own: OwnFigures
    occupied: Mapping[str, int]  # real keys per key type
    overflow: Mapping[str, int]  # combinations beyond the plan's slots


def encode_source(
    source: str,
    records: Records,
    plan: Plan,
    secret: LinkageSecret,
    agency: AgencyKey,
    batch_path: Path,
    private_path: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    place: Place = LOCAL,
) -> EncodedSource:
    """Write `batch_path` (for the linkage unit) and `private_path` (`row,record`, for this agency only)."""
    tagged, too_common = _usable(tag_records(records, plan.schema), plan)
    padding = padding_key(agency, secret, place)
    order = _shuffled(records.record_ids.to_pylist(), padding)
    record_ids = records.record_ids.take(pa.array(order)).to_pylist()
    columns = {name: column.take(order) for name, column in tagged.tags.items()}
    visible = {name: tagged.visible[name][order] for name in VISIBLE}
    occupied = {key_type.name: 0 for key_type in plan.schema.key_types}
    overflow = dict(occupied)
    filters: Filters | None = None
    margin: Margin | None = None
    if plan.scheme == "clk":
        filters, margin = diffused_filters(records, order, plan, secret, padding, str(place.epoch))
    own = own_figures(tagged, order, plan, too_common, margin)
    header = Header(
        source=source,
        fingerprint=plan.fingerprint,
        secret=secret.fingerprint,
        records=len(order),
        scheme=plan.scheme,
        normaliser=plan.normaliser,
        collisions=_collisions(columns, len(order)),
        health=stated(len(order), own.leakage, own.margin),
        project=place.project,
        agency=place.agency,
        epoch=place.epoch,
    )
    handles = record_handles(record_ids, agency, place)

    def chunks() -> Iterator[Chunk]:
        spans = [slice(at, min(at + CHUNK_RECORDS, len(order))) for at in range(0, len(order), CHUNK_RECORDS)]
        if filters is not None:
            built = _filter_chunks(filters, spans)
        else:
            seeds = record_seeds(record_ids, padding)
            built = _key_chunks(columns, seeds, spans, plan, secret, padding, occupied, overflow)
        for span, keys in zip(spans, built, strict=True):
            yield Chunk(handles[span], keys, {name: bits[span] for name, bits in visible.items()})
            progress(span.stop, len(order))

    with whole_file(private_path, is_private=True) as partial:
        _write_private(partial, record_ids)
        write_batch(batch_path, header, plan, chunks())
    return EncodedSource(source, len(order), tagged.fields, tagged.foreign_ids, too_common, own, occupied, overflow)


def _usable(tagged: TaggedRecords, plan: Plan) -> tuple[TaggedRecords, Mapping[str, int]]:
    """Without values that too many records share; per tag, the records that lost one. They count as missing."""
    if plan.reference is None:
        return tagged, {}
    usable = leave_out_common(tagged.tags, plan.reference.most)
    visible = visible_bits(usable.columns, len(tagged.visible["has_name"]))
    return replace(tagged, tags=usable.columns, visible=visible), usable.too_common


def _key_chunks(
    columns: Mapping[str, TagColumn], seeds: Bytes2D, spans: list[slice], plan: Plan, secret: LinkageSecret,
    padding: AgencyKey, occupied: dict[str, int], overflow: dict[str, int],
) -> Iterator[dict[str, NDArray[np.uint8]]]:  # fmt: skip
    """Match keys of each span of rows; adds to the counts of real keys and of combinations left out."""
    digests = tag_digests(columns, secret)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for span in spans:
            part = {name: column.slice(span.start, span.stop) for name, column in columns.items()}

            def build(key_type: KeyType, part: dict[str, TagColumn] = part, span: slice = span) -> KeySlots:
                return build_keys(key_type, part, digests, seeds[span], secret, padding)

            keys: dict[str, NDArray[np.uint8]] = {}
            built = pool.map(build, plan.schema.key_types)
            for key_type, slots in zip(plan.schema.key_types, built, strict=True):
                keys[key_type.name] = slots.keys
                occupied[key_type.name] += slots.filled
                overflow[key_type.name] += slots.overflow
            yield keys


def _filter_chunks(filters: Filters, spans: list[slice]) -> Iterator[dict[str, NDArray[np.uint8]]]:
    """Diffused CLKs of each span of rows."""
    for span in spans:
        yield {"clk": np.ascontiguousarray(filters[span]).view(np.uint8)}


def read_private(path: Path) -> list[str]:
    """Record ids in the order of the batch's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        return [record for _, record in rows]


def _write_private(path: Path, record_ids: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("row", "record"))
        out.writerows(enumerate(record_ids))


def _shuffled(record_ids: list[str], padding: AgencyKey) -> NDArray[np.int64]:
    """Row order by keyed digest of the record id: unrelated to the source's order, equal on re-submission."""
    digests = np.ascontiguousarray(record_seeds(record_ids, AgencyKey(padding.derive("row order"))))
    return np.argsort(digests.view(np.uint64)[:, 0], kind="stable")


def _collisions(columns: Mapping[str, TagColumn], records: int) -> dict[str, float]:
    if records < PUBLISH_FROM:
        return {}
    return {name: float(f"{column.collision():.1e}") for name, column in columns.items()}
