"""Runs the relational plan of `matching/candidates.py` on DuckDB, one key type at a time.

Only key columns of one type are in memory at once; the agreements found so far stay in DuckDB, which may spill them to
`scratch`. Equal inputs give equal output, in the same order, whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.matching.candidates import AGREEING_PAIRS, GROUP_LIMIT, PAIR_PATTERNS, SHARED_KEYS, KeyColumn, Pairs


def find_pairs(
    key_columns: Iterable[KeyColumn],
    *,
    threads: int = 2,
    memory: str = "4GB",
    scratch: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Pairs:
    """All pairs of records that share a key, with the bits of the key types that agree.

    `key_columns` yields, per key type in the plan's order, the keys of all records. `progress` hears how many key
    types are done.
    """
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {int(threads)}")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET memory_limit = '{memory}'")
        if scratch is not None:
            connection.execute("SET temp_directory = ?", [str(scratch)])
        connection.execute("CREATE TABLE agreements (a BIGINT, b BIGINT, agreeing BIGINT)")
        oversized = []
        for number, parts in enumerate(key_columns):
            oversized.append(_add_key_type(connection, number, np.concatenate(parts)))
            progress(number + 1)
        found = connection.execute(PAIR_PATTERNS).fetchnumpy()
    return Pairs(np.asarray(found["a"]), np.asarray(found["b"]), np.asarray(found["agreeing"]), tuple(oversized))


def _add_key_type(connection: duckdb.DuckDBPyConnection, number: int, keys: NDArray[np.uint64]) -> int:
    records, slots, _ = keys.shape
    flat = keys.reshape(records * slots, 2)
    table = pa.table(
        {
            "hi": np.ascontiguousarray(flat[:, 0]),
            "lo": np.ascontiguousarray(flat[:, 1]),
            "record": np.repeat(np.arange(records, dtype=np.int64), slots),
        }
    )
    connection.register("keys", table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE shared AS {SHARED_KEYS}")
    pairs = AGREEING_PAIRS.format(limit=GROUP_LIMIT)
    connection.execute(f"INSERT INTO agreements SELECT a, b, {1 << number} FROM ({pairs})")  # noqa: S608 - integers only
    rows = connection.execute("SELECT COUNT(*) FROM shared WHERE records > ?", [GROUP_LIMIT]).fetchall()
    connection.unregister("keys")
    return int(rows[0][0])
