"""End a log's year: its last entry names the log that goes on, and after it the database takes no other entry.

A yearly origin keeps any one log small enough to verify and lets keys change without a break that nobody can see. It
makes neither the next log nor its keys; `store.create_store` and `keys` do. It signs through the signer like any
start of the log, and publishing is the caller's.

1. Head locked, entry inserted, head moved, the database closed against further heads: one transaction.
2. The signer signs the tree; the checkpoint is stored.

A kill between them leaves a closed log that the next start signs.

May touch: database, a local socket
Sees:      hashes
Spec:      audit.md section 5 (yearly roll-over)
"""

from __future__ import annotations

from audit.entry import Entry
from audit.growth import grow
from audit.merkle import leaf_hash
from audit.models import close_log
from audit.refusals import WrongBookError
from audit.sealing import bring_up
from audit.signer_client import CheckpointSigner, Signed
from audit.store import Row, Store

ROLLOVER = "rollover"


def roll_over(store: Store, signer: CheckpointSigner, entry: Entry) -> Signed:
    """Append the `rollover` entry as the last one, with the rights of the owner of the tables; its checkpoint."""
    if entry.event != ROLLOVER:
        raise WrongBookError("only a rollover ends a log")
    data = entry.encode()
    with store.writing() as connection:
        head = store.lock_head(connection)
        growth = grow(head.frontier, [leaf_hash(data)])
        store.insert_entries(connection, head.size, [Row(leaf_hash(data), data, None, entry.req)])
        store.insert_nodes(connection, growth.nodes)
        store.move_head(connection, growth.frontier)
        close_log(connection)
    signed = bring_up(store, signer, store.head())
    store.store_checkpoint("signed", signed.size, signed.note)
    return signed
