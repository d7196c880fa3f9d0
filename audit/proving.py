"""Proofs from the database: inclusion, consistency, and the tlog-proof of one entry. It signs nothing.

Everything is read from committed rows, so a proof may be asked for while the log grows.

May touch: database
Sees:      hashes
"""

from __future__ import annotations

from audit.checkpoint import Checkpoint
from audit.errors import MissingError
from audit.merkle import Hashes, consistency_proof, inclusion_proof
from audit.note import split_note
from audit.proof import TlogProof
from audit.store import CheckpointKind, Store, StoredCheckpoint
from audit.tiles import TileHashes


def hashes_of(store: Store, size: int) -> Hashes:
    """The reader of complete subtrees of the tree of `size` leaves that `merkle` makes proofs from."""
    return TileHashes(store.read_tile, size)


def inclusion(store: Store, index: int, size: int) -> list[bytes]:
    """Sibling hashes of the entry `index` in the tree of `size`. Raises `MissingError` outside of the log."""
    _must_hold(store, size)
    if not 0 <= index < size:
        raise MissingError(f"no entry {index} in a tree of {size}")
    return inclusion_proof(hashes_of(store, size), index, size)


def consistency(store: Store, old: int, new: int) -> list[bytes]:
    """Proof that the tree of `new` only appended to the tree of `old`. Raises `MissingError` outside of the log."""
    _must_hold(store, new)
    if not 0 <= old <= new:
        raise MissingError(f"a tree of {old} is not within a tree of {new}")
    return consistency_proof(hashes_of(store, new), old, new)


def tlog_proof(store: Store, index: int, kind: CheckpointKind = "signed") -> bytes:
    """The `.tlog-proof` text of an entry under the latest stored checkpoint of a kind.

    Raises `MissingError` when that checkpoint does not cover the entry yet.
    """
    return tlog_proof_under(store, index, store.checkpoint(kind))


def tlog_proof_under(store: Store, index: int, stored: StoredCheckpoint) -> bytes:
    """The same under a checkpoint that was read before."""
    if not 0 <= index < stored.size:
        raise MissingError(f"no such checkpoint covers entry {index}")
    head = Checkpoint.parse(split_note(stored.note)[0])
    hashes = inclusion_proof(hashes_of(store, head.size), index, head.size)
    return TlogProof(index, tuple(hashes), stored.note).to_text()


def _must_hold(store: Store, size: int) -> None:
    if size > store.head().size:
        raise MissingError(f"the log is smaller than {size}")
