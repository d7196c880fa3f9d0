"""Which judged records a new file changes."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoded import HANDLE
from linkage.renewal import renewed

_FILES = st.dictionaries(st.integers(0, 12), st.tuples(st.integers(0, 2), st.booleans()), max_size=12)


def _handle(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _table(file: dict[int, tuple[int, bool]], order: int) -> pa.Table:
    rows = sorted(file.items(), reverse=bool(order))
    columns = {
        HANDLE: pa.array([_handle(number) for number, _ in rows], pa.binary(16)),
        "NX.DX": pa.array([_handle(key) for _, (key, _) in rows], pa.binary(16)),
        "has_name": pa.array([bit for _, (_, bit) in rows], pa.bool_()),
    }
    return pa.table(columns)


@given(_FILES, _FILES, st.sets(st.integers(0, 12)), st.integers(0, 1))
def test_exactly_what_changed_or_went(
    before: dict[int, tuple[int, bool]], after: dict[int, tuple[int, bool]], judged: set[int], order: int
) -> None:
    """A decision would bind a record that has become another, or be lost though the record is the same."""
    changed, gone = renewed(_table(before, 0), _table(after, order), {_handle(each) for each in judged})
    assert changed == {_handle(each) for each in judged & after.keys() if before.get(each) != after[each]}
    assert gone == {_handle(each) for each in judged - after.keys()}
