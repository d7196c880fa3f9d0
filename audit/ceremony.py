"""The restore statement: two officers name what a database has lost, and thereby let the signer go back.

It is a signed note that can be read aloud: which log, which tree is in the database, who remembers how much more, which
entries are given up. It is good for exactly one state of the signer, so that it cannot be used a second time. Who the
officers are is for the signer's own configuration to say; this module only counts the signatures of keys it is given.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.checkpoint import parse_size
from audit.errors import AuditError, MalformedError
from audit.keys import Verifier
from audit.merkle import HASH_SIZE
from audit.note import open_note
from audit.signature_line import decode_base64

_FIRST_LINE: Final = "sealink/restore/v1"
OFFICERS: Final = 2


@dataclass(frozen=True, slots=True)
class Remembered:
    """A tree that somebody outside the database remembers: ``signer``, ``export`` or ``witness-NAME``."""

    who: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Restore:
    """What two officers sign. `size`, `root`: the database's tree. `ahead`: all who remember another or larger one.

    The entries from `size` to the largest size of `ahead` are given up.
    """

    origin: str
    size: int
    root: bytes
    ahead: tuple[Remembered, ...]

    @property
    def lost_stop(self) -> int:
        """End (exclusive) of the range that is given up."""
        return max(self.size, *(one.size for one in self.ahead))

    def to_text(self) -> bytes:
        """The text of the note, for `note.sign_note` with both officers' signers."""
        trees = (Remembered("database", self.size, self.root), *self.ahead)
        rows = [f"{one.who} {one.size} {base64.b64encode(one.root).decode()}" for one in trees]
        return "\n".join([_FIRST_LINE, self.origin, *rows, ""]).encode()

    @classmethod
    def parse(cls, text: bytes) -> Restore:
        """Read the text. Raises `MalformedError`."""
        lines = text.decode(errors="replace").split("\n")
        if len(lines) < 5 or lines[0] != _FIRST_LINE or lines.pop():
            raise MalformedError("restore statement: not version 1, origin, database and at least one who is ahead")
        database, *ahead = map(_tree, lines[2:])
        if database.who != "database":
            raise MalformedError("restore statement line 3: must name the database's tree")
        return cls(lines[1], database.size, database.root, tuple(ahead))


def read_restore(note: bytes, officers: Sequence[Verifier]) -> Restore:
    """Open a statement that two different officers have signed. Raises `AuditError` otherwise."""
    opened = open_note(note, officers)
    people = {(signature.verifier.name, signature.verifier.public_key) for signature in opened.signatures}
    if len({name for name, _ in people}) < OFFICERS or len({key for _, key in people}) < OFFICERS:
        raise TooFewOfficersError(f"restore statement: {OFFICERS} officers must sign it")
    return Restore.parse(opened.text)


class TooFewOfficersError(AuditError):
    """A restore statement with fewer than two officers' signatures."""


def _tree(line: str) -> Remembered:
    parts = line.split(" ")
    if len(parts) != 3:
        raise MalformedError("restore statement: not who, size, root")
    root = decode_base64(parts[2])
    if len(root) != HASH_SIZE:
        raise MalformedError("restore statement: a root that is no hash")
    return Remembered(parts[0], parse_size(parts[1], "restore statement"), root)
