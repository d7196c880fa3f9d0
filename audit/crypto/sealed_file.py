"""Sealed containers as files: written whole or not at all, and read out only as a whole.

The format and every check are `container`'s; this file only opens, closes and names files.

May touch: disk
Sees:      plaintext, content keys
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from audit.canonical import JsonValue
from audit.crypto.container import ContentKey, OpenContainer, open_container, seal_container
from audit.crypto.container_header import Purpose
from audit.crypto.errors import DamagedBodyError, MalformedContainerError
from audit.crypto.hpke import OpeningKey, SealingKey
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.whole_file import whole_file


def seal_file(
    path: Path,
    body: Iterable[bytes],
    *,
    purpose: Purpose,
    ids: Mapping[str, str | int],
    sender: SigningKey,
    recipients: Sequence[SealingKey],
    facts: Mapping[str, JsonValue] | None = None,
    content_key: ContentKey | None = None,
    may_replace: bool = True,
) -> bytes:
    """`seal_container` into `path` (0600); returns the digest. If anything fails, `path` stays as it was."""
    with whole_file(path, may_replace=may_replace) as out:
        return seal_container(
            out,
            body,
            purpose=purpose,
            ids=ids,
            sender=sender,
            recipients=recipients,
            facts=facts,
            content_key=content_key,
        )


@contextmanager
def opened_file(
    path: Path,
    opener: OpeningKey | ContentKey,
    *,
    senders: Iterable[VerifyingKey],
    purpose: Purpose,
    ids: Mapping[str, str | int] | None = None,
) -> Iterator[OpenContainer]:
    """`open_container` on a file that stays open inside the block.

    Leaving the block well without having read to the end raises DamagedBodyError: half a body is no body.
    """
    with _stream(path) as stream:
        container = open_container(stream, opener, senders=senders, purpose=purpose, ids=ids)
        yield container
        if not container.is_complete:
            raise DamagedBodyError(f"{path.name}: the container was not read to its end")


def unseal_file(
    path: Path,
    target: Path,
    opener: OpeningKey | ContentKey,
    *,
    senders: Iterable[VerifyingKey],
    purpose: Purpose,
    ids: Mapping[str, str | int] | None = None,
) -> OpenContainer:
    """Write the plaintext to `target` (0600), which appears only once every check has passed."""
    with opened_file(path, opener, senders=senders, purpose=purpose, ids=ids) as container, whole_file(target) as out:
        for chunk in container.chunks():
            out.write(chunk)
    return container


def _stream(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise MalformedContainerError(f"{path.name}: cannot be read: {error.strerror}") from None
