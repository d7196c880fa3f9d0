"""Take a passphrase from a prompt, a file descriptor or a file: never from an argument or the environment.

Arguments and environment are shown by the system's process list and inherited by children. Text is brought to Unicode
NFC, so that the same words typed on another keyboard open the same keystore. Nothing here judges strength.

May touch: terminal, file descriptors, disk
Sees:      passphrase
"""

from __future__ import annotations

import getpass
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

from audit.crypto.errors import PassphraseError

LONGEST = 4096


def from_prompt(question: str, *, is_new: bool = False, ask: Callable[[str], str] = getpass.getpass) -> bytes:
    """Ask without echo; a new passphrase is asked for twice."""
    first = ask(f"{question}: ")
    if is_new and ask(f"{question} (again): ") != first:
        raise PassphraseError("passphrase: the two entries differ")
    return _clean(first)


def from_descriptor(descriptor: int) -> bytes:
    """Read an inherited descriptor to its end."""
    try:
        with os.fdopen(descriptor, "rb") as stream:
            return _decode(stream.read(LONGEST + 1))
    except OSError as error:
        raise PassphraseError(f"passphrase: descriptor cannot be read: {error.strerror}") from None


def from_file(path: Path) -> bytes:
    """Read a file that only its owner may read."""
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_mode & 0o077:
                raise PassphraseError(f"{path.name}: others may read it; its mode must be 0600")
            return _decode(stream.read(LONGEST + 1))
    except OSError as error:
        raise PassphraseError(f"{path.name}: cannot be read: {error.strerror}") from None


def _decode(data: bytes) -> bytes:
    if len(data) > LONGEST:
        raise PassphraseError("passphrase: too long")
    try:
        return _clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise PassphraseError("passphrase: not UTF-8 text") from None


def _clean(text: str) -> bytes:
    """Without one final line break, in NFC."""
    line = text.removesuffix("\n").removesuffix("\r")
    if not line:
        raise PassphraseError("passphrase: empty")
    return unicodedata.normalize("NFC", line).encode("utf-8")
