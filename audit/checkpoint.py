"""The text of a checkpoint (C2SP tlog-checkpoint): which log, how many entries, which root. It is not signed here.

May touch: nothing
Spec:      https://c2sp.org/tlog-checkpoint
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from audit.errors import MalformedError
from audit.merkle import EMPTY_ROOT, HASH_SIZE
from audit.signature_line import decode_base64

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Tree head: origin (the log's name), size in entries, 32-byte root, extension lines (none of ours has any)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def to_text(self) -> bytes:
        """Note text, its last newline included."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return ("\n".join(lines) + "\n").encode()

    @classmethod
    def parse(cls, text: bytes) -> Checkpoint:
        """Read the text of a note; MalformedError names the line that is wrong."""
        try:
            lines = text.decode().split("\n")
        except UnicodeDecodeError:
            raise MalformedError("checkpoint: not UTF-8") from None
        if len(lines) < 4 or lines.pop() != "" or "" in lines:
            raise MalformedError("checkpoint: not three or more full lines")
        origin, size, root, *extensions = lines
        if not origin.isprintable():
            raise MalformedError("checkpoint line 1: not an origin")
        made = cls(origin, parse_size(size, "checkpoint line 2"), decode_base64(root), tuple(extensions))
        if len(made.root) != HASH_SIZE or (made.size == 0 and made.root != EMPTY_ROOT):
            raise MalformedError("checkpoint line 3: not the root of such a tree")
        return made


def parse_size(text: str, place: str) -> int:
    """A size or an index in its one decimal form, below 2^63; MalformedError names the place."""
    if not _SIZE.fullmatch(text) or int(text) > _LARGEST:
        raise MalformedError(f"{place}: not a decimal number in its one form")
    return int(text)
