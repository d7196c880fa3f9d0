"""The gate: bytes may leave only as a `Release`, and a `Release` needs the receipt of the entry that names them.

1. The receipt is of exactly this entry.
2. The entry is of a kind that lets something leave, and what it decided was not to deny.
3. The entry's output is the hash of exactly these bytes, with this salt.

It does not send anything and does not judge whether the decision was lawful. Python can always be forced; what this
stops is a code path that forgets the log: a handler whose answer type is `Release` cannot be written without it.

May touch: nothing
Sees:      what is released
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, final
from weakref import WeakSet

from audit.commitments import hash_output
from audit.entry import Entry
from audit.events import Outcome
from audit.merkle import leaf_hash
from audit.receipt import Receipt
from audit.refusals import ReleaseError

_GATE = object()


@final
class Release:
    """Bytes that an entry of the log lets go. `salt` goes to the receiver with them, so that they can check it."""

    __slots__ = ("__weakref__", "_data", "_receipt", "_salt")
    _data: bytes
    _salt: bytes
    _receipt: Receipt

    def __init__(self, data: bytes, salt: bytes, receipt: Receipt, *, gate: object = None) -> None:
        if gate is not _GATE:
            raise TypeError("a release comes from release() only")
        put = object.__setattr__
        put(self, "_data", data)
        put(self, "_salt", salt)
        put(self, "_receipt", receipt)
        _PASSED.add(self)

    @property
    def data(self) -> bytes:
        """The bytes. Raises `ReleaseError` on an object that did not come through the gate."""
        if self not in _PASSED:
            raise ReleaseError("these bytes did not pass the log")
        return self._data

    @property
    def salt(self) -> bytes:
        return self._salt

    @property
    def receipt(self) -> Receipt:
        return self._receipt

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a release does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a release does not change")

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise TypeError("a release has no other kinds")

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a release stays in its program")

    def __repr__(self) -> str:
        return "Release(…)"


_PASSED: Final[WeakSet[Release]] = WeakSet()


def release(receipt: Receipt, entry: Entry, data: bytes, salt: bytes = b"") -> Release:
    """Let bytes go for which the log holds an entry. Raises `ReleaseError` at the first step that does not hold."""
    if type(receipt) is not Receipt or leaf_hash(entry.encode()) != receipt.leaf_hash:  # 1
        raise ReleaseError("the receipt is of another entry")
    if entry.output is None:  # 2
        raise ReleaseError("the entry lets nothing leave")
    if entry.decision is not None and entry.decision.outcome is Outcome.DENY:
        raise ReleaseError("the entry denies")
    if entry.output.salted != bool(salt) or hash_output(data, salt) != entry.output.sha256:  # 3
        raise ReleaseError("the entry lets other bytes leave")
    return Release(data, salt, receipt, gate=_GATE)
