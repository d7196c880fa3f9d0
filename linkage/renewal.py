"""Which records that reviewers judged are not what they were, when an agency's file takes the place of another.

A record stays what it was while its keys and visible bits do; the same file sent again changes nothing. Only handles
in review are looked at, so that a new file of a million records costs two look-ups for each of them.

May touch: nothing
Sees:      encodings of one agency's records
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from linkage.encoded import HANDLE, HANDLE_BYTES


def renewed(before: pa.Table, after: pa.Table, handles: Collection[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Of `handles`, those whose record changed (or is new), and those whose record is gone."""
    old, new = _rows(before, handles), _rows(after, handles)
    changed = {handle for handle, row in new.items() if old.get(handle) != row}
    return changed, {handle for handle in handles if handle not in new}


def _rows(table: pa.Table, handles: Collection[bytes]) -> dict[bytes, tuple[object, ...]]:
    wanted = pa.array(sorted(handles), pa.binary(HANDLE_BYTES))
    found = table.filter(pc.is_in(table.column(HANDLE), wanted))
    names = sorted(name for name in table.column_names if name != HANDLE)
    columns = [found.column(name).to_pylist() for name in names]
    return dict(zip(found.column(HANDLE).to_pylist(), zip(*columns, strict=True), strict=True))
