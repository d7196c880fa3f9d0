"""How the log and its signer talk: one JSON object a frame over a Unix socket, four bytes of length before it.

Framing and names only; what a question means is in `signer.py`, when to ask in `signer_client.py`.

May touch: network (a local socket that it is given)
Sees:      hashes
"""

from __future__ import annotations

import json
import socket
from enum import StrEnum
from typing import Any, Final

LARGEST_FRAME: Final = 8 * 2**20
"""Bytes; 65,536 leaf hashes in hexadecimal are half of it."""
MOST_LEAVES: Final = 65_536
"""Leaves in one `extend`; a longer way is gone by a consistency proof."""


class Question(StrEnum):
    """What may be asked of the signer."""

    STATE = "state"
    EXTEND = "extend"
    ADOPT = "adopt"
    PUBLISH = "publish"
    RESTORE = "restore"


class Refusal(StrEnum):
    """Why the signer does not sign."""

    ELSEWHERE = "its tree has another size"
    SMALLER = "the tree is smaller than one that it signed"
    FORKED = "the tree is not a continuation of the one that it signed"
    MALFORMED = "the question is malformed"
    UNPROVEN = "the statement is not signed by two officers for this state"
    NO_MEMORY = "its memory cannot be written"


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    data = json.dumps(message, separators=(",", ":")).encode()
    connection.sendall(len(data).to_bytes(4) + data)


def receive(connection: socket.socket) -> dict[str, Any] | None:
    """One message, or None when the other side has gone. Raises ValueError for anything else."""
    length = _exactly(connection, 4)
    if length is None:
        return None
    size = int.from_bytes(length)
    if size > LARGEST_FRAME:
        raise ValueError("frame too long")
    data = _exactly(connection, size)
    if data is None:
        return None
    try:
        message = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if type(message) is not dict:
        raise ValueError("not an object")
    return message


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            return None
        data += part
    return data
