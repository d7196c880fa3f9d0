"""The backup of one keystore, sealed to the root: a sealed container that only a ceremony opens.

Anybody at the agency makes one with the root's public line alone, after every new key. Inside are the seeds themselves,
for a passphrase is what gets lost in a disaster. Therefore a backup stays with its agency: whoever had the recovered
root and both agencies' backups would hold both halves' keys. A key inside a PKCS#11 token has no backup and cannot have
one; what is kept for it here is the outer X-Wing key, and the agency keeps a second token.

May touch: disk
Sees:      seeds
Spec:      contracts section 1 (sealed container)
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from audit.crypto.container_header import Purpose
from audit.crypto.hpke import OpeningKey, SealingKey
from audit.crypto.keystore import LONGEST_FILE, Keystore, parse_seeds, write_seeds
from audit.crypto.sealed_file import opened_file, seal_file
from audit.crypto.signatures import SigningKey, VerifyingKey

_WHAT: Final = "keystore"


def seal_backup(path: Path, store: Keystore, root: SealingKey, sender: SigningKey) -> bytes:
    """Write the backup to `path` (0600); returns the container's digest."""
    ids = {"what": _WHAT, "owner": store.owner, "root": root.id}
    return seal_file(
        path, [write_seeds(store)], purpose=Purpose.BACKUP, ids=ids, sender=sender, recipients=[root], may_replace=False
    )


def open_backup(path: Path, root: OpeningKey, owner: str, sender: VerifyingKey) -> Keystore:
    """The keystore of `owner`, from a backup that `sender` signed; a ContainerError or KeystoreError otherwise."""
    ids = {"what": _WHAT, "owner": owner, "root": root.id}
    with opened_file(path, root, senders=[sender], purpose=Purpose.BACKUP, ids=ids) as container:
        return parse_seeds(container.read(LONGEST_FILE))
