"""The Merkle tree of RFC 6962: leaf, node, root, frontier and the two proofs. It stores nothing and signs nothing.

A proof is made from a reader `hashes(level, index)`: the root of the complete subtree over the leaves
`[index * 2^level, (index + 1) * 2^level)`, level 0 being the leaf hashes themselves. Only complete subtrees are ever
asked for. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2, whose tree is the same.

May touch: nothing
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Self, TypeAlias

from audit.errors import MalformedError

Hashes: TypeAlias = Callable[[int, int], bytes]

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962: SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of leaf hashes, word for word as RFC 6962 section 2.1 defines it; slow, the yardstick of the fast ones."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


def root_of(leaves: bytes) -> bytes:
    """The same root from the leaf hashes in one string, level by level; an odd last hash rises unchanged."""
    if not leaves:
        return EMPTY_ROOT
    while len(leaves) > HASH_SIZE:
        paired = len(leaves) // 64 * 64
        nodes = [sha256(b"\x01" + leaves[at : at + 64]).digest() for at in range(0, paired, 64)]
        leaves = b"".join(nodes) + leaves[paired:]
    return leaves


class Frontier:
    """A tree that only grows: its size and the roots of its complete subtrees, largest first. Enough for every root."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes] = []

    @property
    def size(self) -> int:
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf *hash*."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in their order."""
        peaks, size = self._peaks, self._size
        for leaf in leaves:
            height = size
            while height & 1:
                leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
                height >>= 1
            peaks.append(leaf)
            size += 1
        self._size = size

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY_ROOT
        *lefts, root = self._peaks
        for left in reversed(lefts):
            root = node_hash(left, root)
        return root

    def copy(self) -> Frontier:
        twin = Frontier()
        twin._size, twin._peaks = self._size, list(self._peaks)
        return twin

    def to_bytes(self) -> bytes:
        """Size as eight big-endian bytes, then the roots, largest subtree first."""
        return self._size.to_bytes(8) + b"".join(self._peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The frontier that `to_bytes` gave; MalformedError when length and size disagree."""
        size, peaks = int.from_bytes(data[:8]), data[8:]
        if len(data) < 8 or len(peaks) != size.bit_count() * HASH_SIZE:
            raise MalformedError("frontier: its length does not fit its size")
        made = cls()
        made._size = size
        made._peaks = [peaks[at : at + HASH_SIZE] for at in range(0, len(peaks), HASH_SIZE)]
        return made


def tree_root(hashes: Hashes, size: int) -> bytes:
    """Root of the first `size` leaves."""
    return _root(hashes, 0, size) if size else EMPTY_ROOT


def inclusion_proof(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 section 2.1.1, the leaf's sibling first. ValueError unless 0 <= index < size."""
    if not 0 <= index < size:
        raise ValueError("the index is not in the tree")
    proof: list[bytes] = []
    start = 0
    while size > 1:
        split = _split(size)
        if index - start < split:
            proof.append(_root(hashes, start + split, size - split))
            size = split
        else:
            proof.append(_root(hashes, start, split))
            start, size = start + split, size - split
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf *hash* stands at this index of the tree of this size and root."""
    if not 0 <= index < size or any(len(part) != HASH_SIZE for part in (leaf, *proof)):
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return not last and current == root


def consistency_proof(hashes: Hashes, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 section 2.1.2, empty for old = 0 and old = new; ValueError for old > new."""
    if not 0 <= old <= new:
        raise ValueError("the old tree is not within the new one")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    start, size, known = 0, new, True
    while old != size:
        split = _split(size)
        if old <= split:
            proof.append(_root(hashes, start + split, size - split))
            size = split
        else:
            proof.append(_root(hashes, start, split))
            start, size, old, known = start + split, size - split, old - split, False
    if not known:
        proof.append(_root(hashes, start, size))
    return proof[::-1]


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree (new, new_root) only appended to the tree (old, old_root).

    The two cases without a proof are decided here as well: the empty tree is within every tree, a tree within itself.
    """
    if not 0 <= old <= new or any(len(part) != HASH_SIZE for part in proof):
        return False
    if new == 0 and new_root != EMPTY_ROOT:
        return False
    if old in (0, new):
        return not proof and old_root == (EMPTY_ROOT if old == 0 else new_root)
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for part in path[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            first, second = node_hash(part, first), node_hash(part, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, part)
        node, last = node >> 1, last >> 1
    return not last and first == old_root and second == new_root


def _split(size: int) -> int:
    """Largest power of two below the size (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _root(hashes: Hashes, start: int, size: int) -> bytes:
    """MTH(D[start : start + size]); every `start` that the recursion reaches is a multiple of each subtree in it."""
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return hashes(level, start >> level)
    split = _split(size)
    return node_hash(_root(hashes, start, split), _root(hashes, start + split, size - split))
