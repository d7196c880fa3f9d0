"""What the linkage unit sees of a set of batches, and nothing else: equal keys, sources and the two visible bits.

Made from batches as they arrive, or, faster and equal in structure, from plaintext without any key: the unit never
learns more from a keyed match key than which other records hold it. Keys on one record only are left out, because
nobody without the secret can tell them from dummies.

May touch: nothing
Sees:      names (from plaintext) or nothing personal (from batches)
Spec:      contracts section 2
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.attacks.plaintext import Flags, Ints, Plaintext
from linkage.encoded import KEY_BYTES, Batch
from linkage.encoding.tag_columns import TagColumn
from linkage.plan import Plan
from linkage.schema import KeyType

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class UnitView:
    """n records; occurrence i says that `record[i]` holds `key[i]`, a key that at least one other record holds too.

    Keys are numbered from 0, `key_type[key]` indexes `type_names`. `source` int64[n], `visible` bool[n] per bit.
    `counts` int16[n, types] are real keys per record, which show only where nothing is padded.
    """

    source: Ints = field(repr=False)
    visible: Mapping[str, Flags] = field(repr=False)
    record: Ints = field(repr=False)
    key: Ints = field(repr=False)
    key_type: Ints = field(repr=False)
    type_names: tuple[str, ...]
    counts: NDArray[np.int16] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.source)


def view_of_plaintext(plaintext: Plaintext, key_types: Sequence[KeyType], *, padded: bool = True) -> UnitView:
    """The view that batches of these records would give under these key types, computed without a secret."""
    gathered = _Gathered()
    counts = np.zeros((len(plaintext), len(key_types)), dtype=np.int16)
    words = {tag: vocabulary_words(plaintext.tags[tag]) for key_type in key_types for tag in key_type.tags}
    for number, key_type in enumerate(key_types):
        columns = [plaintext.tags[tag] for tag in key_type.tags]
        rows, values = key_values(columns, [words[tag] for tag in key_type.tags], key_type.slots)
        counts[:, number] = np.bincount(rows, minlength=len(plaintext))
        gathered.add(number, rows, values)
    names = tuple(key_type.name for key_type in key_types)
    return gathered.view(plaintext.source, plaintext.visible, names, None if padded else counts)


def view_of_batches(batches: Sequence[Batch], plan: Plan) -> UnitView:
    """The view that the unit has of batches of one plan; records number on from batch to batch.

    Keys are compared by their first eight bytes: among a hundred million, two differ only behind them once in 3,600
    tries.
    """
    gathered = _Gathered()
    for number, key_type in enumerate(plan.schema.key_types):
        parts = [batch.keys(key_type.name).reshape(len(batch), key_type.slots, KEY_BYTES) for batch in batches]
        heads = np.concatenate([np.ascontiguousarray(part[:, :, :8]).view(np.int64)[:, :, 0] for part in parts])
        gathered.add(number, np.repeat(np.arange(len(heads)), key_type.slots), heads.ravel())
    source = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
    bits = {bit: np.concatenate([batch.visible(bit) for batch in batches]) for bit in ("has_name", "has_id")}
    return gathered.view(source, bits, tuple(key_type.name for key_type in plan.schema.key_types), None)


def key_values(parts: Sequence[TagColumn], words: Sequence[Words], slots: int) -> tuple[Ints, Ints]:
    """(row, value) of every real key of one type: equal values are equal keys; the same `slots` as the encoder fills.

    `words` are the `vocabulary_words` of the parts. Combinations come in the encoder's order, first values first, so
    that the same ones are left out.
    """
    lengths = np.stack([np.diff(part.indptr) for part in parts])
    per_row = np.minimum(lengths.prod(axis=0), slots)
    rows = np.repeat(np.arange(len(per_row)), per_row)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(per_row) - per_row, per_row)
    values = np.zeros(len(rows), dtype=np.uint64)
    for part, length, word in zip(reversed(parts), lengths[::-1], reversed(words), strict=True):
        codes = part.codes[part.indptr[rows] + place % length[rows]]
        place = place // length[rows]
        values = values * _ODD + word[codes]
    return rows, values.view(np.int64)


def vocabulary_words(column: TagColumn) -> Words:
    """64 bits for every distinct value, the same in all files (a hundred million collide once in 3,600 tries)."""
    digests = b"".join(hashlib.blake2b(value.encode(), digest_size=8).digest() for value in column.vocabulary)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


class _Gathered:
    """Shared keys of the types seen so far."""

    def __init__(self) -> None:
        self._records: list[Ints] = [np.zeros(0, dtype=np.int64)]
        self._keys: list[Ints] = [np.zeros(0, dtype=np.int64)]
        self._types: list[Ints] = [np.zeros(0, dtype=np.int64)]
        self._total = 0

    def add(self, number: int, rows: Ints, values: Ints) -> None:
        order = np.argsort(values, kind="stable")
        fresh = np.diff(values[order], prepend=values[order[:1]] - 1) != 0 if len(order) else np.zeros(0, dtype=bool)
        group = np.cumsum(fresh) - 1
        shared = np.bincount(group, minlength=1)[group] > 1 if len(order) else fresh
        named = np.unique(group[shared], return_inverse=True)[1]
        found = int(named.max(initial=-1)) + 1
        self._records.append(rows[order[shared]])
        self._keys.append(named + self._total)
        self._types.append(np.full(found, number, dtype=np.int64))
        self._total += found

    def view(
        self,
        source: Ints,
        visible: Mapping[str, Flags],
        names: tuple[str, ...],
        counts: NDArray[np.int16] | None,
    ) -> UnitView:
        return UnitView(
            source, visible, np.concatenate(self._records), np.concatenate(self._keys), np.concatenate(self._types),
            names, counts,
        )  # fmt: skip
