"""Keep the proof that a sealing stood in the log, under the witnesses' cosignatures of that time.

Asked for when the record comes in; what a silent witness left without one is made up for when agents ask for work. The
first proof is the one that counts, since a later one tells of a later time, and is never replaced.

May touch: database, a local socket (the signer)
Sees:      ciphertext, hashes
Spec:      checks, 7
"""

from __future__ import annotations

import contextlib
from typing import Final

from audit.errors import AuditError
from vault.checks import SealedEntry
from vault.errors import StateError
from vault.house import Vault
from vault.store import record_rows

WAIT_S: Final = 5.0
_AT_ONCE: Final = 50


def prove_sealing(vault: Vault, record: str, version: int, wait_s: float = WAIT_S) -> SealedEntry:
    """The kept proof, or a first one; `AuditError` while the witnesses are silent, StateError for no such record."""
    with vault.database.reading() as connection:
        found = record_rows.sealing_proof(connection, record, version)
    if found is None:
        raise StateError("record: it was never sealed here")
    req, proof = found
    index, entry = vault.log.entry_of(req)
    if proof is None:
        proof = vault.public.proof(index, wait_s)
        with vault.database.writing() as connection:
            record_rows.keep_proof(connection, record, version, proof)
    return SealedEntry(entry, proof)


def prove_waiting(vault: Vault) -> None:
    """Make up for sealings without a proof; what the witnesses do not cosign now waits for the next time."""
    with vault.database.reading() as connection:
        waiting = record_rows.unproven(connection, _AT_ONCE)
    with contextlib.suppress(AuditError):
        for record, version in waiting:
            prove_sealing(vault, record, version, wait_s=0)
