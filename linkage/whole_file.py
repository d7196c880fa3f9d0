"""A file that appears whole or not at all: written beside its place and moved there at the end.

It forces nothing to the disk: what must survive a power cut is a flow's matter (`staging`, `audit.crypto.whole_file`).

May touch: disk
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, is_private: bool = False) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place only when the block ends well.

    `is_private`: what names records of an agency; nobody but its owner may read it, not even while it is written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        if is_private:
            partial.unlink(missing_ok=True)
            os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
