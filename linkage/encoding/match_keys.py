"""Tags → match keys: keyed composites of one to four tags, in a fixed number of slots per key type.

A key is HMAC(key of the key type, tag digest ‖ tag digest ‖ …), a tag digest being HMAC(key of the tag, value), each
cut to 16 bytes; of four tags the first 13 bytes of each digest enter, so that one hash block holds them. Slots that a
record does not fill hold dummies, PRF(agency-private key, record, key type, slot), so that neither counts nor missing
fields show; real keys take slots in an order of the record's own, so that their position does not show either. Dummies
and order come from a padding key, which is new whenever the real keys are: a dummy that came again under another secret
would be told from all that did not. This module reads no file and keeps no key after it returns.

Spec: contracts section 2 (plan, padding); match-keys.md section 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linkage.encoded import Place
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.prf import MESSAGE_LIMIT, OUTPUT_BYTES, Bytes2D, prf_fast
from linkage.encoding.tag_columns import TagColumn
from linkage.schema import KeyType

_ID_BYTES = 53
_MOST_TAGS: Final = 4
_TURNS: Final = OUTPUT_BYTES // 2  # slots that one PRF output puts in order


@dataclass(frozen=True, slots=True)
class KeySlots:
    """Keys of one type: `keys` uint8[n, slots, 16]; `filled` real keys and `overflow` combinations left out."""

    keys: NDArray[np.uint8] = field(repr=False)
    filled: int
    overflow: int


def tag_digests(columns: Mapping[str, TagColumn], secret: LinkageSecret) -> dict[str, Bytes2D]:
    """Keyed digest of every distinct tag value: tag name → uint8[vocabulary, 16]."""
    return {tag: _digest_strings(column.vocabulary, secret.derive("tag", tag)) for tag, column in columns.items()}


def padding_key(agency: AgencyKey, secret: LinkageSecret, place: Place) -> AgencyKey:
    """What hides real keys in one project and epoch: dummies, slots, row order, filling of CLKs.

    Stable over re-submissions, for comparing two of them must show nothing; another with every new linkage secret, for
    what stays when all real keys change is a dummy.
    """
    return AgencyKey(agency.derive("padding", place.project, str(place.epoch), secret.fingerprint))


def record_seeds(record_ids: Sequence[str], padding: AgencyKey) -> Bytes2D:
    """Per-record seed of the dummies: uint8[n, 16], stable when the same record is submitted again."""
    return _digest_strings(record_ids, padding.derive("record"))


def record_handles(record_ids: Sequence[str], agency: AgencyKey, place: Place) -> Bytes2D:
    """What the linkage unit calls each record: uint8[n, 16]. Another project or epoch has other handles."""
    return _digest_strings(record_ids, agency.derive("handle", place.project, str(place.epoch)))


def build_keys(
    key_type: KeyType,
    columns: Mapping[str, TagColumn],
    digests: Mapping[str, Bytes2D],
    seeds: Bytes2D,
    secret: LinkageSecret,
    padding: AgencyKey,
) -> KeySlots:
    """All slots of one key type for n records, dummies included; `seeds` as `record_seeds` gives them."""
    n = len(seeds)
    parts = [columns[tag] for tag in key_type.tags]
    empty = (np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32))
    padded = [(part.indptr, part.codes) for part in parts] + [empty] * (_MOST_TAGS - len(parts))
    arrays = [array for each in padded for array in each]
    rows, places, combos, overflow = _combine(n, len(parts), key_type.slots, *arrays)
    width = min(OUTPUT_BYTES, MESSAGE_LIMIT // len(parts))
    messages = np.concatenate([digests[tag][combos[:, i], :width] for i, tag in enumerate(key_type.tags)], axis=1)
    keys = _per_slot(seeds, key_type.slots, padding.derive("dummy", key_type.name))
    turned = _slot_orders(seeds, key_type.slots, padding.derive("slots", key_type.name))[rows, places]
    keys[rows, turned] = prf_fast(secret.derive("key type", key_type.name), messages)
    return KeySlots(keys, len(rows), int(overflow))


def _per_slot(seeds: Bytes2D, slots: int, key: bytes) -> NDArray[np.uint8]:
    """PRF of record and slot: uint8[n, slots, 16]."""
    n = len(seeds)
    messages = np.empty((n, slots, OUTPUT_BYTES + 1), dtype=np.uint8)
    messages[:, :, :OUTPUT_BYTES] = seeds[:, None, :]
    messages[:, :, OUTPUT_BYTES] = np.arange(slots, dtype=np.uint8)
    return prf_fast(key, messages.reshape(n * slots, -1)).reshape(n, slots, OUTPUT_BYTES)


def _slot_orders(seeds: Bytes2D, slots: int, key: bytes) -> NDArray[np.int64]:
    """Each record's own order of the slots: int64[n, slots]. A turn alone would keep real keys side by side."""
    if slots == 1:
        return np.zeros((len(seeds), 1), dtype=np.int64)
    drawn = _per_slot(seeds, -(-slots // _TURNS), key).reshape(len(seeds), -1)
    return np.argsort(drawn.view(np.uint16)[:, :slots], axis=1, kind="stable")


def _digest_strings(values: Sequence[str], key: bytes) -> Bytes2D:
    """PRF of each string; the length byte keeps zero padding from joining two values."""
    import hashlib

    messages = np.zeros((len(values), _ID_BYTES + 1), dtype=np.uint8)
    for row, value in enumerate(values):
        raw = value.encode()
        if len(raw) > _ID_BYTES:
            raw = b"\xff" + hashlib.sha256(raw).digest()
        messages[row, 0] = len(raw)
        messages[row, 1 : 1 + len(raw)] = np.frombuffer(raw, dtype=np.uint8)
    return prf_fast(key, messages)


@njit(cache=True, nogil=True)
def _combine(n, tags, slots, ptr_a, a, ptr_b, b, ptr_c, c, ptr_d, d):  # type: ignore[no-untyped-def]
    """Every combination of the tags' values, first values first, at most `slots` a record."""
    total = 0
    for pass_number in range(2):
        if pass_number == 1:
            rows = np.empty(total, dtype=np.int64)
            places = np.empty(total, dtype=np.int64)
            combos = np.zeros((total, _MOST_TAGS), dtype=np.int64)
        at = 0
        overflow = 0
        for row in range(n):
            place = 0
            for i in range(ptr_a[row], ptr_a[row + 1]):
                for j in range(ptr_b[row] if tags > 1 else 0, ptr_b[row + 1] if tags > 1 else 1):
                    for k in range(ptr_c[row] if tags > 2 else 0, ptr_c[row + 1] if tags > 2 else 1):
                        for m in range(ptr_d[row] if tags > 3 else 0, ptr_d[row + 1] if tags > 3 else 1):
                            if place >= slots:
                                overflow += 1
                                continue
                            if pass_number == 1:
                                rows[at] = row
                                places[at] = place
                                combos[at, 0] = a[i]
                                if tags > 1:
                                    combos[at, 1] = b[j]
                                if tags > 2:
                                    combos[at, 2] = c[k]
                                if tags > 3:
                                    combos[at, 3] = d[m]
                            at += 1
                            place += 1
        total = at
    return rows, places, combos, overflow
