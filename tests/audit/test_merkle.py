"""The Merkle tree against published vectors, its own definition, and two verifiers by others."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigstore._internal.merkle import verify_merkle_inclusion
from tlog_scales.tlog import ConsistencyProof, InclusionProof

from audit.errors import MalformedError
from audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    Hashes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    plain_root,
    root_of,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "merkle.json").read_text())
SIZES = st.integers(1, 600)


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(str(at).encode()) for at in range(size)]


LEAVES = leaves_of(600)


def hashes(level: int, index: int) -> bytes:
    return plain_root(LEAVES[index << level : (index + 1) << level])


def plain_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]), word for word as in RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*plain_path(index, leaves[:split]), plain_root(leaves[split:])]
    return [*plain_path(index - split, leaves[split:]), plain_root(leaves[:split])]


def plain_subproof(old: int, leaves: list[bytes], complete: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b), word for word as in RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if complete else [plain_root(leaves)]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= split:
        return [*plain_subproof(old, leaves[:split], complete), plain_root(leaves[split:])]
    return [*plain_subproof(old - split, leaves[split:], False), plain_root(leaves[:split])]


def unpacked(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    """The tree would be one that nobody else computes."""
    leaves = [leaf_hash(bytes.fromhex(text)) for text in VECTORS["leaves"][:size]]
    root = bytes.fromhex(VECTORS["roots_from_size_1"][size - 1]) if size else sha256().digest()
    frontier = Frontier()
    frontier.extend(leaves)
    assert plain_root(leaves) == root_of(b"".join(leaves)) == frontier.root() == root


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: case["case"])
def test_published_inclusion_cases(case: dict[str, Any]) -> None:
    """A false inclusion proof that others refuse would pass here, or the reverse."""
    proof = [unpacked(part) for part in case["proof"] or []]
    size, root = case["treeSize"], unpacked(case["root"])
    assert verify_inclusion(unpacked(case["leafHash"]), case["leafIdx"], size, proof, root) is not case["wantErr"]


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: case["case"])
def test_published_consistency_cases(case: dict[str, Any]) -> None:
    """A rewritten log that others refuse would pass here, or the reverse."""
    proof = [unpacked(part) for part in case["proof"] or []]
    old, new = unpacked(case["root1"]), unpacked(case["root2"])
    held = verify_consistency(case["size1"], old, case["size2"], new, proof)
    # Their library refuses the question for an empty old tree; C2SP tlog-witness has it answered with yes.
    empty_within_all = case["size1"] == 0 < case["size2"] and old == EMPTY_ROOT and not proof
    assert held is (empty_within_all or not case["wantErr"])


@given(SIZES)
def test_fast_roots_equal_the_definition(size: int) -> None:
    """A fast path would sign another tree than the one that is proven."""
    frontier = Frontier()
    frontier.extend(LEAVES[: size // 2])
    again = Frontier.from_bytes(frontier.to_bytes())
    twin = again.copy()
    for leaf in LEAVES[size // 2 : size]:
        again.append(leaf)
    root = plain_root(LEAVES[:size])
    assert again.size == size
    assert again.root() == root == root_of(b"".join(LEAVES[:size])) == tree_root(hashes, size)
    assert twin.size == size // 2


@given(SIZES, st.data())
def test_inclusion_proofs_are_the_definition_s_and_hold(size: int, data: st.DataObject) -> None:
    """Proofs would fail at other verifiers, or an entry could be proven at another place."""
    index = data.draw(st.integers(0, size - 1))
    root = plain_root(LEAVES[:size])
    proof = inclusion_proof(hashes, index, size)
    assert proof == plain_path(index, LEAVES[:size])
    assert verify_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda at: at != index)) if size > 1 else size
    assert not verify_inclusion(LEAVES[index], other, size, proof, root)
    assert not verify_inclusion(LEAVES[index], index, size, [*proof, proof[-1] if proof else root], root)
    inner = SimpleNamespace(log_index=index, tree_size=size, hashes=proof, root_hash=root)
    body = str(index).encode()
    verify_merkle_inclusion(SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=inner, canonicalized_body=body)))  # type: ignore[arg-type]
    InclusionProof(index, size, proof).check(LEAVES[index], root)


@given(SIZES, st.data())
def test_consistency_proofs_are_the_definition_s_and_hold(size: int, data: st.DataObject) -> None:
    """A witness by others would refuse our growth, or ours accept a fork."""
    old = data.draw(st.integers(1, size))
    before, after = plain_root(LEAVES[:old]), plain_root(LEAVES[:size])
    proof = consistency_proof(hashes, old, size)
    assert proof == plain_subproof(old, LEAVES[:size], True)
    assert verify_consistency(old, before, size, after, proof)
    assert not verify_consistency(old, node_hash(before, before), size, after, proof)
    assert not verify_consistency(old, before, size, node_hash(after, after), proof)
    if proof:
        assert not verify_consistency(old, before, size, after, proof[:-1])
    ConsistencyProof(old, size, proof).check(before, after)


def test_only_complete_subtrees_are_read() -> None:
    """A store that keeps complete subtrees could not make the proofs."""
    size = 357

    def strict(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size
        return hashes(level, index)

    reader: Hashes = strict
    for index in range(size):
        inclusion_proof(reader, index, size)
        consistency_proof(reader, index, size)


def test_the_empty_tree_is_within_every_tree() -> None:
    """A first witness request (old size 0) would be refused, or take a false root for nothing."""
    root = plain_root(LEAVES[:3])
    assert verify_consistency(0, EMPTY_ROOT, 3, root, [])
    assert not verify_consistency(0, root, 3, root, [])
    assert not verify_consistency(0, EMPTY_ROOT, 0, root, [])
    assert not verify_consistency(3, root, 2, root, [])


@pytest.mark.parametrize("data", [b"", b"1234567", bytes(7) + b"\x01", bytes(7) + b"\x02" + bytes(64)])
def test_a_damaged_frontier_is_refused(data: bytes) -> None:
    """A torn head row would grow into a tree that was never logged."""
    with pytest.raises(MalformedError):
        Frontier.from_bytes(data)
