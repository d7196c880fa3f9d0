"""The rule of standing records, beside a dictionary that does the same one record at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.batches import standing_rows

HANDLES = [bytes([n]) * 15 + b"\0" for n in range(6)]
ACTS = st.lists(
    st.tuples(st.sampled_from(["send", "delete"]), st.lists(st.sampled_from(HANDLES), unique=True, max_size=5))
)


@given(ACTS)
def test_the_last_word_counts(acts: list[tuple[str, list[bytes]]]) -> None:
    """A corrected record would be matched as it was, or a deleted one still be matched."""
    model: dict[bytes, int] = {}
    batches, deleted = [], {}
    for number, (act, handles) in enumerate(acts, 1):
        if act == "send":
            batches.append((number, np.frombuffer(b"".join(handles), dtype=np.uint8).reshape(-1, 16)))
            model.update(dict.fromkeys(handles, number))
        else:
            for handle in handles:
                deleted[handle] = number
                model.pop(handle, None)
    masks = standing_rows(batches, deleted)
    found = {
        row.tobytes(): number
        for (number, rows), mask in zip(batches, masks, strict=True)
        for row, stands in zip(rows, mask, strict=True)
        if stands
    }
    assert found == model
