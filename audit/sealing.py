"""Have durable entries signed, store the checkpoint, write the receipts: steps 6 to 9 of `flush.py`.

It only ever asks for a tree that the database holds durably. A signer that is behind is led up, whether another worker
went on or a kill came in between; a signer that is ahead means that the database was rolled back, and from then on
nothing is signed. It commits no entry.

May touch: database, a local socket
Sees:      hashes
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.committing import Batch
from audit.flush import Hook, Step
from audit.merkle import consistency_proof
from audit.proving import hashes_of
from audit.receipt import issue
from audit.refusals import RolledBackError
from audit.signer_client import CheckpointSigner, Signed, SignerElsewhereError
from audit.signer_wire import MOST_LEAVES
from audit.store import Head, Store
from audit.waiting import Answer


class Sealer:
    """Seals batches, one call at a time. Raises what the signer or the database raised; then call `seal` again."""

    def __init__(self, store: Store, signer: CheckpointSigner, at_step: Hook) -> None:
        self._store, self._signer, self._at_step = store, signer, at_step

    def seal(self, batches: Sequence[Batch]) -> list[Answer]:
        """Return a receipt for every ticket of the batches, under one checkpoint that covers them all."""
        self._at_step(Step.ASKED)
        signed = self._sign(batches)
        self._at_step(Step.SIGNED)
        self._store.store_checkpoint("signed", signed.size, signed.note)
        self._at_step(Step.STORED)
        answers: list[Answer] = []
        for batch in batches:
            for ticket in batch.tickets:
                assert ticket.index is not None and ticket.index < signed.size
                answers.append((ticket, issue(ticket.index, ticket.row.leaf, signed.note)))
        return answers

    def _sign(self, batches: Sequence[Batch]) -> Signed:
        head = max((batch.head for batch in batches), key=lambda head: head.size)
        if not _adjoin(batches):
            return bring_up(self._store, self._signer, head)
        leaves = b"".join([batch.leaves for batch in batches])
        try:
            return self._signer.extend(batches[0].old, leaves, head.size, head.root)
        except SignerElsewhereError:
            return bring_up(self._store, self._signer, head)


def bring_up(store: Store, signer: CheckpointSigner, head: Head) -> Signed:
    """Lead a signer that is behind to the database's tree, at least to `head`. Raises `RolledBackError` if it is ahead.

    Several workers may do this at once; whoever is overtaken starts again from where the signer stands by then.
    """
    while True:
        state = signer.state()
        if state.size > head.size:
            head = store.head()
        if state.size > head.size:
            raise RolledBackError("signer", head.size, state.size)
        try:
            if head.size - state.size <= MOST_LEAVES:
                return signer.extend(state.size, store.leaves(state.size, head.size), head.size, head.root)
            proof = consistency_proof(hashes_of(store, head.size), state.size, head.size)
            return signer.adopt(head.frontier, proof, head.size, head.root)
        except SignerElsewhereError:
            continue


def _adjoin(batches: Sequence[Batch]) -> bool:
    """Does each batch start where the one before it ended, with all of its leaves at hand?"""
    ends = [batch.old for batch in batches[1:]]
    whole = all(batch.old + len(batch.leaves) // 32 == batch.head.size for batch in batches)
    return (
        whole
        and ends == [batch.head.size for batch in batches[:-1]]
        and sum(len(batch.leaves) for batch in batches) <= MOST_LEAVES * 32
    )
