"""What a batch at the unit is: a whole file or single records, standing or no longer; and what an upload can be.

The rule of standing records: an agency's last whole file, each later batch of single records laid over it by handle,
without the records whose deletion is later than their last arrival.

May touch: nothing
Sees:      record handles
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encoded import HANDLE_BYTES

LARGEST_UPLOAD: Final = 64 * 1024**3
LARGEST_PART: Final = 64 * 1024**2
UPLOAD_LIFE_MS: Final = 7 * 24 * 3_600_000


class BatchKind(StrEnum):
    """What a batch does to what stood before."""

    WHOLE = "whole"  # takes the place of everything
    CHANGES = "changes"  # records to add or to correct; the others stay


class BatchState(StrEnum):
    """Does it count?"""

    STANDING = "standing"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class UploadState(StrEnum):
    """An upload's life."""

    OPEN = "open"
    COMMITTED = "committed"
    REFUSED = "refused"
    EXPIRED = "expired"


def standing_rows(
    batches: Sequence[tuple[int, NDArray[np.uint8]]], deleted: Mapping[bytes, int]
) -> list[NDArray[np.bool_]]:
    """Per batch (number, handles uint8[n, 16]), in rising order of numbers: which of its rows stand."""
    masks: list[NDArray[np.bool_]] = []
    later = np.zeros(0, dtype=np.dtype((np.void, HANDLE_BYTES)))
    for number, handles in reversed(batches):
        names = np.ascontiguousarray(handles).view(later.dtype).reshape(-1)
        gone = [handle for handle, at in deleted.items() if at > number]
        hidden = np.concatenate([later, np.frombuffer(b"".join(gone), dtype=later.dtype)])
        masks.append(~_among(names, hidden))
        later = np.concatenate([later, names])
    return masks[::-1]


def _among(names: NDArray[np.void], hidden: NDArray[np.void]) -> NDArray[np.bool_]:
    """Which names are hidden; numpy sorts bytes of fixed width, and searches what it has numbered."""
    _, codes = np.unique(np.concatenate([hidden, names]), return_inverse=True)
    return np.isin(codes[len(hidden) :], codes[: len(hidden)])
