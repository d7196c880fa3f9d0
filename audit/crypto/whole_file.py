"""Write a file whole or not at all, readable by its owner only.

Bytes go to a nameless neighbour first, are forced to disk, and take the final name in one step. A reader sees the old
file or the new one, whatever is killed when. On an error nothing of the new bytes remains.

May touch: disk
Sees:      whatever is written
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, mode: int = 0o600, may_replace: bool = True) -> Iterator[BinaryIO]:
    """A writable stream that becomes `path` if the block ends well; FileExistsError if it may not replace a file.

    OSError (disk full, read-only) passes through; the old file, if any, is then untouched.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if may_replace:
            draft.replace(path)
        else:
            os.link(draft, path)  # unlike a rename it fails if the name is taken, even by a racing writer
            draft.unlink()
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
