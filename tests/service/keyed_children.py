"""Generated records under the match-key scheme: tags of invented children, keys made of them, dummies beside them.

No encoder runs: a tag is a number, a key a mix of its numbers, as equal and as strange as real ones are. All in arrays,
so that benches make millions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkage.encoded import Batch, Chunk, Header, read_batch, write_batch
from linkage.plan import Plan

U64 = np.uint64
SPAN = {"D": 20_000, "M": 4_000, "Y": 240, "S": 2, "N": 10**9}
"""Values that a tag may have, by its first letter; what is not here has 10^6."""


@dataclass
class Children:
    """`plan`'s tags of numbered children; everything follows from the numbers."""

    plan: Plan

    def keys(
        self, records: NDArray[np.int64], children: NDArray[np.int64], spoilt: float
    ) -> dict[str, NDArray[np.uint8]]:
        """Keys of records (their numbers seed dummies and errors); a tag is spoilt with this probability."""
        tags = {}
        for at, name in enumerate(sorted({tag for kt in self.plan.schema.key_types for tag in kt.tags})):
            true = mixed(children.astype(U64), at) % U64(SPAN.get(name[0], 10**6))
            broken = mixed(records.astype(U64), 1_000 + at)
            is_broken = (broken >> U64(11)).astype(np.float64) / 2**53 < spoilt
            tags[name] = np.where(is_broken, broken, true)
        found = {}
        for number, kt in enumerate(self.plan.schema.key_types):
            slots = [_key([tags[tag] for tag in kt.tags], number)]
            for slot in range(1, kt.slots):
                slots.append(_key([mixed(records.astype(U64), 5_000 + number * 16 + slot)], 999))
            found[kt.name] = np.stack(slots, axis=1).view(np.uint8).reshape(len(records), kt.slots, 16)
        return found

    def write(
        self, path: Path, header: Header, records: NDArray[np.int64], children: NDArray[np.int64], spoilt: float = 0.03
    ) -> Batch:
        """A batch file of them; everybody has a name, two in three have an ID."""

        def chunks() -> Iterator[Chunk]:
            for start in range(0, len(records), 50_000):
                some, whose = records[start : start + 50_000], children[start : start + 50_000]
                has_id = mixed(some.astype(U64), 77) % U64(3) > 0
                visible = {"has_name": np.ones(len(some), dtype=bool), "has_id": has_id}
                yield Chunk(handles(some), self.keys(some, whose, spoilt), visible)

        write_batch(path, header, self.plan, chunks())
        return read_batch(path)


def handles(records: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.stack([mixed(records.astype(U64), 1), mixed(records.astype(U64), 2)], axis=1).view(np.uint8)


def mixed(values: NDArray[np.uint64], salt: int) -> NDArray[np.uint64]:
    """SplitMix64."""
    with np.errstate(over="ignore"):
        z = values + U64(0x9E3779B97F4A7C15) * U64(salt * 2 + 1)
        z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
        return z ^ (z >> U64(31))


def _key(tags: list[NDArray[np.uint64]], number: int) -> NDArray[np.uint64]:
    found = np.zeros_like(tags[0])
    for tag in tags:
        found = mixed(found ^ tag, number)
    return np.stack([mixed(found, 3), mixed(found, 4)], axis=1)
