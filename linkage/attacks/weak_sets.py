"""Key sets that are known to leak, for the attacks to break: a tool that cannot break these proves nothing by silence.

Nothing here may ever reach a plan. The sets name their tags, so that a change of the shipped schema does not make them
stronger.

May touch: nothing
Sees:      names
Spec:      match-keys.md section 5 (the first key set)
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np

from linkage.attacks.plaintext import Plaintext
from linkage.encoding.tag_columns import TagColumn
from linkage.schema import KeyType

_RECOMMENDED: Final = (
    "I NX.DX NP.DX NS.DX NP.DL NM.DX NM.P NP.YM.V NP.MD.V NC.DX.V NX.P NP.P NG.P NC.P.DY NX.A NG.A NC.A.DY NX.G.DY "
    "NP.G.DY NG.YM.G DX.P DX.A DX.G DX.P.S DX.A.S DX.G.S SU.DX.V NL.DX.V DL.P DL.A YM.P MD.P"
)
_LEAKY: Final = (
    "NC.G YM.G NC.DL NG.DL NX.DY.S MD.G NC.G.DY NC.DX NG.G DX.V.S NG.DX NP.YM NP.V NC.P NC.A I- P-.NC G-.YM G-.DX"
)
_SINGLE: Final = "NP DX SU YM V P G I"
_DELETED: Final = {"I-": "I", "P-": "P", "G-": "G"}
_ENOUGH: Final = 64  # slots: no combination is left out


def no_floor(tags: Collection[str]) -> tuple[KeyType, ...]:
    """The first, leaky set: the recommended keys, all that the floor forbids, and the neighbourhoods of deletions."""
    return _key_types(f"{_RECOMMENDED} {_LEAKY}", {*tags, *_DELETED})


def single_field(tags: Collection[str]) -> tuple[KeyType, ...]:
    """One key per field, as many a home-made linkage has it."""
    return _key_types(_SINGLE, tags)


def with_deletions(plaintext: Plaintext) -> Plaintext:
    """The same records with tags "I-", "P-", "G-": every way to leave one character out of the ID, phone, guardian."""
    more = {name: _deletions(plaintext.tags[tag]) for name, tag in _DELETED.items() if tag in plaintext.tags}
    return replace(plaintext, tags={**plaintext.tags, **more})


def _key_types(names: str, tags: Collection[str]) -> tuple[KeyType, ...]:
    split = [tuple(name.split(".")) for name in names.split()]
    return tuple(KeyType(parts, _ENOUGH) for parts in split if set(parts) <= set(tags))


def _deletions(column: TagColumn) -> TagColumn:
    number: dict[str, int] = {}
    per_value = [
        [number.setdefault(v, len(number)) for v in dict.fromkeys(text[:i] + text[i + 1 :] for i in range(len(text)))]
        for text in column.vocabulary
    ]
    sizes = np.array([len(found) for found in per_value] or [0], dtype=np.int64)
    flat = np.array([code for found in per_value for code in found], dtype=np.int32)
    starts = np.cumsum(sizes) - sizes
    owner = np.repeat(np.arange(len(column)), np.diff(column.indptr))
    row = np.repeat(owner, sizes[column.codes])
    step = np.arange(len(row)) - np.repeat(np.cumsum(sizes[column.codes]) - sizes[column.codes], sizes[column.codes])
    codes = flat[np.repeat(starts[column.codes], sizes[column.codes]) + step]
    once = np.unique(row * max(len(number), 1) + codes)  # two values of a record may lose different characters alike
    row, codes = once // max(len(number), 1), (once % max(len(number), 1)).astype(np.int32)
    indptr = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(row, minlength=len(column)))))
    return TagColumn(indptr, codes, list(number))
