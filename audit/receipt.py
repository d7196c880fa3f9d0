"""The receipt of an entry: proof, inside this program, that the log holds it durably under a signed checkpoint.

A receipt is made by the log's sealer alone. It cannot be built, copied with changes, subclassed or unpickled, so a
function that takes one can only be called after the entry. Between programs a tlog-proof takes its place.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Any, NoReturn, final

_SEALER = object()


@final
class Receipt:
    """`index` of the entry, its RFC 6962 `leaf_hash`, the signed `checkpoint` note of a tree that contains it."""

    __slots__ = ("_checkpoint", "_index", "_leaf_hash")
    _index: int
    _leaf_hash: bytes
    _checkpoint: bytes

    def __init__(self, index: int, leaf_hash: bytes, checkpoint: bytes, *, sealer: object = None) -> None:
        if sealer is not _SEALER:
            raise TypeError("a receipt comes from Log.append only")
        put = object.__setattr__
        put(self, "_index", index)
        put(self, "_leaf_hash", leaf_hash)
        put(self, "_checkpoint", checkpoint)

    @property
    def index(self) -> int:
        return self._index

    @property
    def leaf_hash(self) -> bytes:
        return self._leaf_hash

    @property
    def checkpoint(self) -> bytes:
        return self._checkpoint

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a receipt does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a receipt does not change")

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise TypeError("a receipt has no other kinds")

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a receipt stays in its program")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Receipt) and (self._index, self._leaf_hash) == (other._index, other._leaf_hash)

    def __hash__(self) -> int:
        return hash((self._index, self._leaf_hash))

    def __repr__(self) -> str:
        return f"Receipt(index={self._index})"


def issue(index: int, leaf_hash: bytes, checkpoint: bytes) -> Receipt:
    """For the sealer: the entry is durable and so is the checkpoint that covers it."""
    return Receipt(index, leaf_hash, checkpoint, sealer=_SEALER)
