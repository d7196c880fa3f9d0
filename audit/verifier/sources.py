"""Where a published log is read from: a folder or an address. Bytes come as they are; nothing is checked here.

`read` raises MissingError when a resource is not there and UnreadableError when that cannot be known. Only a folder can
list what else is in it.

May touch: disk, network
"""

from __future__ import annotations

import http.client
import os
import stat
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from audit.errors import MissingError, UnreadableError

_LARGEST = 256 * (2 + 65_535)
"""Bytes of the largest resource that a log can publish: a full bundle of the longest entries."""

_SECONDS = 30.0


class Source(Protocol):
    """A place that holds a published log."""

    def read(self, path: str) -> bytes:
        """Whole content of one resource, named relative to the log."""

    def names(self) -> list[str] | None:
        """Everything that is there, sorted, or None when the place cannot tell."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of static files, such as an export on a drive."""

    root: Path

    def read(self, path: str) -> bytes:
        try:
            # Neither a link out of the folder nor a pipe that never ends is a file of a log.
            opened = os.open(os.path.join(self.root, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # noqa: PTH118
            with open(opened, "rb") as file:  # noqa: PTH123
                if not stat.S_ISREG(os.fstat(opened).st_mode):
                    raise UnreadableError(f"{path}: not a plain file")
                return file.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise MissingError(f"{path}: not there") from None
        except OSError as error:
            raise UnreadableError(f"{path}: {error.strerror}") from None

    def names(self) -> list[str]:
        found: list[str] = []
        for folder, folders, files in os.walk(self.root):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            found += [Path(folder, name).relative_to(self.root).as_posix() for name in [*files, *links]]
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Web:
    """The same files over HTTP; `prefix` ends without a slash."""

    prefix: str

    def read(self, path: str) -> bytes:
        headers = {"Accept-Encoding": "gzip, identity"}
        request = urllib.request.Request(f"{self.prefix}/{path}", headers=headers)  # noqa: S310 - see source_of
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                data: bytes = answer.read(_LARGEST + 1)
                if answer.length and len(data) <= _LARGEST:  # a read with a limit does not say so itself
                    raise UnreadableError(f"{path}: the connection ended early")
                if answer.headers.get("Content-Encoding") == "gzip":
                    data = zlib.decompressobj(wbits=31).decompress(data, _LARGEST + 1)
        except urllib.error.HTTPError as error:
            absent = error.code in (404, 410)
            error.close()
            raise (MissingError if absent else UnreadableError)(f"{path}: HTTP {error.code}") from None
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise UnreadableError(f"{path}: {type(error).__name__}") from None
        return data

    def names(self) -> None:
        return None


def source_of(place: str) -> Source:
    """The source that an auditor names: an http or https address, or a folder. UnreadableError if it is neither."""
    if place.startswith(("http://", "https://")):
        return Web(place.rstrip("/"))
    if not Path(place).is_dir():
        raise UnreadableError("the log: neither a folder nor an http address")
    return Folder(Path(place))
