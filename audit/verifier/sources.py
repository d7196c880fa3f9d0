"""Where a published log is read from: a folder or an address. Bytes come as they are; nothing is checked here.

`read` raises MissingError when a resource is not there and UnreadableError when that cannot be known. Only a folder can
list what else is in it.

A server that is slow, or drips byte after byte, is given up at the auditor's time limit. Redirects are followed within
http and https alone.

May touch: disk, network, clock (how long it has waited)
"""

from __future__ import annotations

import http.client
import os
import stat
import threading
import time
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
"""Longest silence of a server."""
_RESOURCE_SECONDS = 300.0
"""Longest time for one resource, however steadily it drips."""
TIME_LIMIT = 3_600.0
"""Seconds for all that is asked of one address, unless the auditor says otherwise."""


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
        for folder, folders, files in os.walk(self.root, onerror=_refuse_closed):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            found += [Path(folder, name).relative_to(self.root).as_posix() for name in [*files, *links]]
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Web:
    """The same files over HTTP; `prefix` ends without a slash, `deadline` is one of `time.monotonic`."""

    prefix: str
    deadline: float

    def read(self, path: str) -> bytes:
        left = min(self.deadline - time.monotonic(), _RESOURCE_SECONDS)
        if left <= 0:
            raise UnreadableError(f"{path}: the time limit has passed")
        # A timeout of the socket begins anew with every byte, also within headers; so the whole answer is waited for.
        answers: list[bytes | Exception] = []
        asking = threading.Thread(target=self._ask, args=(path, answers), daemon=True)
        asking.start()
        asking.join(left)
        if not answers:
            raise UnreadableError(f"{path}: no whole answer within the time limit")
        if isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0]

    def names(self) -> None:
        return None

    def _ask(self, path: str, answers: list[bytes | Exception]) -> None:
        try:
            answers.append(self._get(path))
        except Exception as error:  # it belongs to whoever waits
            answers.append(error)

    def _get(self, path: str) -> bytes:
        headers = {"Accept-Encoding": "gzip, identity"}
        request = urllib.request.Request(f"{self.prefix}/{path}", headers=headers)  # noqa: S310 - see source_of
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                data: bytes = answer.read(_LARGEST + 1)
                if answer.length and len(data) <= _LARGEST:  # a read with a limit does not say so itself
                    raise UnreadableError(f"{path}: the connection ended early")
                if answer.headers.get("Content-Encoding") == "gzip":
                    packed = zlib.decompressobj(wbits=31)
                    data = packed.decompress(data, _LARGEST + 1)
                    if not packed.eof and len(data) <= _LARGEST:
                        raise UnreadableError(f"{path}: the answer ended early")
        except urllib.error.HTTPError as error:
            absent = error.code in (404, 410)
            error.close()
            raise (MissingError if absent else UnreadableError)(f"{path}: HTTP {error.code}") from None
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise UnreadableError(f"{path}: {type(error).__name__}") from None
        return data


def source_of(place: str, time_limit: float = TIME_LIMIT) -> Source:
    """The source that an auditor names: an http or https address, or a folder. UnreadableError if it is neither.

    From an address nothing is read once `time_limit` seconds have passed since this call.
    """
    if place.startswith(("http://", "https://")):
        return Web(place.rstrip("/"), time.monotonic() + time_limit)
    if not Path(place).is_dir():
        raise UnreadableError("the log: neither a folder nor an http address")
    return Folder(Path(place))


def _refuse_closed(error: OSError) -> None:
    """A folder that cannot be listed could hold anything."""
    raise UnreadableError(f"a folder of the log cannot be listed: {error.strerror}")
