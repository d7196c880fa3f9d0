"""Before the first entry after a start: does anybody outside remember more than the database?

1. The database's own head must fit its last entries.
2. The signer: behind is led up, ahead means that the database was rolled back.
3. The witnesses and the last export: whatever they remember must be within the database's tree.

If 2 or 3 fail, the log opens read-only and says which entries are lost, until two officers sign a restore statement
(`ceremony.py`). The restore is itself the next entry, and the signer takes it only together with that statement.
Who cannot be reached is not waited for here: the callers decide how many silent witnesses they can bear.

May touch: database, a local socket, what the callers' readers touch
Sees:      hashes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from audit.ceremony import Remembered, Restore, read_restore
from audit.checkpoint import Checkpoint
from audit.entry import Entry, read
from audit.errors import AuditError, MissingError, TreeError
from audit.flush import Hook, no_hook
from audit.growth import grow
from audit.keys import Verifier
from audit.log import Log
from audit.merkle import HASH_SIZE, Frontier, leaf_hash, tree_root
from audit.note import open_note
from audit.proving import hashes_of
from audit.refusals import RolledBackError, SignerError, StoreError
from audit.sealing import bring_up
from audit.signer_client import CheckpointSigner, Signed
from audit.store import DEADLINE_S, Head, Row, Store
from audit.tiles import WIDTH

Memory = Callable[[], Remembered | None]
"""Asks one witness or reads one export; None when it cannot be reached or knows nothing of this log."""


def remembered_by(who: str, note: bytes, verifiers: Sequence[Verifier]) -> Remembered:
    """What a checkpoint that somebody kept says. Raises `AuditError` unless the log's key signed it."""
    head = Checkpoint.parse(open_note(note, verifiers).text)
    return Remembered(who, head.size, head.root)


def open_log(
    store: Store,
    signer: CheckpointSigner,
    memories: Iterable[Memory] = (),
    *,
    deadline_s: float = DEADLINE_S,
    at_step: Hook = no_hook,
) -> Log:
    """Compare, catch up, and open the log; read-only if entries are lost. Raises `StoreError` for a damaged head."""
    check_tail(store)
    ahead = find_ahead(store, signer, memories)
    read_only = None
    if ahead:
        worst = max(ahead, key=lambda one: one.size)
        size = store.head().size
        read_only = RolledBackError(worst.who, size, max(size, worst.size))
    else:
        signed = bring_up(store, signer, store.head())
        store.store_checkpoint("signed", signed.size, signed.note)
    return Log(store, signer, read_only=read_only, deadline_s=deadline_s, at_step=at_step)


def find_ahead(store: Store, signer: CheckpointSigner, memories: Iterable[Memory] = ()) -> list[Remembered]:
    """All who remember a tree that is not within the database's: larger, or of another root."""
    state = signer.state()
    found = [Remembered("signer", state.size, state.root)]
    for memory in memories:
        remembered = memory()
        if remembered is not None:
            found.append(remembered)
    return [one for one in found if not _is_within(store, one)]


def check_tail(store: Store) -> None:
    """Does the head fit its own root, and the entries of the open tile fit the head? Raises `StoreError`."""
    head = store.head()
    frontier = head.to_frontier()
    if (frontier.size, frontier.root()) != (head.size, head.root):
        raise StoreError("the head contradicts itself")
    start = max(0, head.size - 1) // WIDTH * WIDTH
    entries = store.entries(start, head.size + 1)
    leaves = store.leaves(start, head.size + 1)
    if len(entries) != head.size - start or leaves != b"".join(map(leaf_hash, entries)):
        raise StoreError(f"the entries from {start} on do not fit the head")
    if tree_root(hashes_of(store, head.size), head.size) != head.root:
        raise StoreError("the tree's nodes do not fit the head")


def check_entries(store: Store, start: int = 0, *, step: int = 64 * WIDTH) -> None:
    """Recompute the tree from the entries' bytes, from a full tile's start on. Raises `TreeError` with the first fault.

    This finds what somebody changed with the database owner's rights; entries below `start`, which may have been
    pruned, are taken from the nodes.
    """
    head = store.head()
    start = start // WIDTH * WIDTH
    hashes = hashes_of(store, head.size)
    tree = _frontier_at(hashes, start)
    for at in range(start, head.size, step):
        entries = store.entries(at, min(at + step, head.size))
        leaves = store.leaves(at, min(at + step, head.size))
        for offset, data in enumerate(entries):
            if not isinstance(data, bytes) or leaf_hash(data) != leaves[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]:
                raise TreeError(f"entry {at + offset}: its bytes were changed")
        if len(entries) != min(step, head.size - at):
            raise TreeError(f"entries {at} to {at + step - 1}: some are missing")
        tree.extend(leaves[place : place + HASH_SIZE] for place in range(0, len(leaves), HASH_SIZE))
        if tree_root(hashes, tree.size) != tree.root():
            raise TreeError(f"entries {at} to {tree.size - 1}: they do not fit the stored tree")
    if tree.root() != head.root:
        raise TreeError("the entries do not lead to the root of the head")


def statement_for(store: Store, ahead: Sequence[Remembered]) -> Restore:
    """The statement that two officers must sign to go on from the database's present tree."""
    head = store.head()
    return Restore(store.origin, head.size, head.root, tuple(ahead))


def restore(store: Store, signer: CheckpointSigner, note: bytes, officers: Sequence[Verifier], entry: Entry) -> Signed:
    """Carry out a signed restore statement: append its entry, re-arm the signer. May be repeated after a crash.

    `entry` is the ``restore`` entry whose `input` is the SHA-256 of the note; the range that it names must be the
    statement's. Raises `AuditError` when statement, entry and database do not fit, `SignerError` when the signer knows
    better. Open the log anew afterwards.
    """
    statement = read_restore(note, officers)
    if statement.origin != store.origin or not _says(entry, note, statement):
        raise StoreError("the statement and the entry are not about the same restore of this log")
    data = entry.encode()
    before = _append_restore(store, statement, data, entry.req)
    try:
        signed = signer.restore(note, data, before.frontier)
    except SignerError:
        state = signer.state()
        if (state.size, state.root) != _after(before, data):
            raise
        signed = signer.extend(state.size, b"", state.size, state.root)
    store.store_checkpoint("signed", signed.size, signed.note)
    return signed


def _append_restore(store: Store, statement: Restore, data: bytes, req: str) -> Head:
    """Add the entry behind the database's tree, unless an earlier try has. Returns the tree before it."""
    with store.writing() as connection:
        head = store.lock_head(connection)
        if (head.size, head.root) == (statement.size, statement.root):
            growth = grow(head.frontier, [leaf_hash(data)])
            store.insert_entries(connection, head.size, [Row(leaf_hash(data), data, None, req)])
            store.insert_nodes(connection, growth.nodes)
            store.move_head(connection, growth.frontier)
            return head
    before = _frontier_at(hashes_of(store, head.size), statement.size)
    tried = Head(before.size, before.root(), before.to_bytes())
    if (head.size, head.root) != _after(tried, data):
        raise StoreError("the statement is about another tree than the database's")
    return tried


def _after(before: Head, data: bytes) -> tuple[int, bytes]:
    frontier = before.to_frontier()
    frontier.append(leaf_hash(data))
    return frontier.size, frontier.root()


def _says(entry: Entry, note: bytes, statement: Restore) -> bool:
    facts = entry.facts
    return (
        read(entry.encode()).event == "restore"
        and entry.input == sha256(note).hexdigest()
        and facts["size"] == facts["lost_start"] == statement.size
        and facts["lost_stop"] == statement.lost_stop
        and facts["root"] == statement.root.hex()
    )


def _is_within(store: Store, one: Remembered) -> bool:
    head = store.head()
    if one.size > head.size:
        return False
    try:
        return tree_root(hashes_of(store, head.size), one.size) == one.root
    except (MissingError, AuditError):
        return False


def _frontier_at(hashes: Callable[[int, int], bytes], size: int) -> Frontier:
    """The frontier of the first `size` leaves, from the roots of their complete subtrees."""
    peaks, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(hashes(level, start >> level))
            start += 1 << level
    return Frontier.from_bytes(size.to_bytes(8) + b"".join(peaks))
