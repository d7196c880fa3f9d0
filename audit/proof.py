"""An offline proof that an entry is in a log (C2SP tlog-proof): index, hashes, signed checkpoint. It trusts nothing.

The text carries its own checkpoint; whose signatures that must bear is for the reader to say, not for the proof.

May touch: nothing
Spec:      https://c2sp.org/tlog-proof
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from audit.checkpoint import Checkpoint, parse_size
from audit.errors import MalformedError, ProofError
from audit.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from audit.signature_line import decode_base64

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Zero-based index, sibling hashes from the leaf upwards, the checkpoint note as it is, bytes nobody signed."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_text(self) -> bytes:
        """The content of a `.tlog-proof` file."""
        extra = [] if self.extra is None else [f"extra {base64.b64encode(self.extra).decode()}"]
        hashes = [base64.b64encode(part).decode() for part in self.hashes]
        return "\n".join([_FIRST_LINE, *extra, f"index {self.index}", *hashes, "", ""]).encode() + self.checkpoint

    @classmethod
    def parse(cls, text: bytes) -> TlogProof:
        """Read such a file; MalformedError names what is wrong. The checkpoint's signatures are not looked at."""
        head, blank, checkpoint = text.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise MalformedError("proof: not ASCII above the checkpoint") from None
        if not blank or lines.pop(0) != _FIRST_LINE:
            raise MalformedError("proof line 1: not a tlog-proof of version 1 with a checkpoint")
        extra = decode_base64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise MalformedError("proof: no index line where it must stand")
        index = parse_size(lines.pop(0).removeprefix("index "), "proof: index")
        hashes = tuple(decode_base64(line) for line in lines)
        if len(hashes) > _MOST_HASHES or any(len(part) != HASH_SIZE for part in hashes):
            raise MalformedError("proof: a line that is no hash, or too many")
        return cls(index, hashes, checkpoint, extra)

    def check(self, entry: bytes, head: Checkpoint) -> None:
        """ProofError unless the entry stands at this index of this tree; the caller owes the signatures."""
        if self.index >= head.size:
            raise ProofError(f"proof: index {self.index} lies beyond the tree of {head.size} entries")
        if not verify_inclusion(leaf_hash(entry), self.index, head.size, self.hashes, head.root):
            raise ProofError(f"proof: the hashes do not lead from this entry at index {self.index} to the root")
