"""Read a case bundle: a folder with `case.toml` and every file of a case, checked before anything is sealed.

Links, files that the manifest does not name, files that it names and that are not there, and a redacted form that
still gives the subject away are refused, in one sentence that names the place and the rule and never a value. It does
not decide whether the case must be sealed (`eligibility`), and makes no view (`view_archive`).

In numbered steps:
  1. the manifest, strictly;
  2. the folder holds exactly the files that it names, as plain files;
  3. each file is read once: size, SHA-256, and which file it was at what time: what a view must find again;
  4. each redacted text is searched for the subject (L32); one that is no text was looked through by a person.

May touch: the bundle's folder
Sees:      everything
Spec:      vault-law L4, L6, L8, L32
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from vault.errors import BundleError
from vault.manifest import LARGEST_MANIFEST, MANIFEST, Listed, Manifest, parse_manifest
from vault.redaction import Search, decoded, encodings_of, gives_away, search_for

PIECE: Final = 256 * 1024
DEEPEST: Final = 32
_PLAIN: Final = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
"""Follow no link, wait for no pipe, change no line end."""


@dataclass(frozen=True, slots=True)
class Content:
    """One file as it was when the bundle was read."""

    place: str
    path: str = field(repr=False)
    size: int
    sha256: str
    identity: tuple[int, ...] = field(repr=False)
    """Device, inode, size and the times of its last changes, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class CaseObject:
    """One object of the case and its redacted form, if it has one."""

    listed: Listed
    content: Content
    redacted: Content | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A case bundle that may be sealed, as far as its files go."""

    folder: Path = field(repr=False)
    manifest: Manifest
    objects: tuple[CaseObject, ...]
    findings: tuple[bytes, ...] = field(repr=False)
    """Signed findings, not verified yet (`findings.verified_answers`)."""

    def pieces(self, content: Content) -> Iterator[bytes]:
        """The bytes of one of its files; BundleError if it is no longer the file that was read.

        The file is not hashed again, which would halve the speed of sealing: every write changes its times, and only
        who runs as the owner of the machine's clock could hide one.
        """
        with _opened(self.folder, content.path, content.place) as file:
            size, is_same = 0, _identity(file) == content.identity
            while is_same and (piece := _some(file, content.place)):
                size += len(piece)
                yield piece
                is_same = size <= content.size
            if not is_same or size != content.size or _identity(file) != content.identity:
                raise BundleError(f"{content.place}: the file changed while it was being sealed")


def read_bundle(folder: Path) -> Bundle:
    """Read and check a bundle; BundleError at the first thing that is wrong."""
    manifest = read_manifest(folder)  # 1
    _check_folder(folder, manifest)  # 2
    search = search_for(manifest.subject)
    objects = tuple(_object(folder, listed, search) for listed in manifest.objects)  # 3, 4
    findings = tuple(_finding(folder, path, number) for number, path in enumerate(manifest.findings, start=1))
    return Bundle(folder, manifest, objects, findings)


def read_manifest(folder: Path) -> Manifest:
    """The manifest alone, without a look at the files."""
    return parse_manifest(_whole(folder, MANIFEST, MANIFEST, LARGEST_MANIFEST))


def _check_folder(folder: Path, manifest: Manifest) -> None:
    named = {*manifest.paths(), MANIFEST}
    unnamed = 0
    for path, mode in _walk(folder, ""):
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise BundleError("bundle: a link or another special file stands in the folder")
        unnamed += stat.S_ISREG(mode) and path not in named
    if unnamed:
        raise BundleError(f"bundle: {unnamed} file(s) in the folder that the manifest does not name (L4)")


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, int]]:
    """Every entry below the folder, as a path with slashes, and its mode; follows no link."""
    try:
        with os.scandir(folder / prefix) as entries:
            found = sorted((f"{prefix}{one.name}", one.stat(follow_symlinks=False).st_mode) for one in entries)
    except OSError:
        raise BundleError("bundle: a folder in it cannot be read") from None
    if prefix.count("/") > DEEPEST:
        raise BundleError("bundle: folders in it are nested too deeply")
    for path, mode in found:
        yield path, mode
        if stat.S_ISDIR(mode):
            yield from _walk(folder, f"{path}/")


def _object(folder: Path, listed: Listed, search: Search) -> CaseObject:
    content = _content(folder, listed.path, listed.place)
    if listed.redacted is None:
        return CaseObject(listed, content, None)
    place = f"{listed.place}: redacted"
    redacted = _content(folder, listed.redacted, place)
    encodings = encodings_of(next(_read(folder, listed.redacted, place), b""))
    if encodings is None and listed.reviewed_by is None:
        raise BundleError(f"{place}: not a text, so reviewed_by must say who looked through it (L32)")
    for encoding in encodings or ():
        if gives_away(decoded(_read(folder, listed.redacted, place), encoding), search):
            raise BundleError(f"{place}: still gives the subject away (L32)")
    return CaseObject(listed, content, redacted)


def _content(folder: Path, path: str, place: str) -> Content:
    with _opened(folder, path, place) as file:
        digest, identity = hashlib.sha256(), _identity(file)
        while piece := _some(file, place):
            digest.update(piece)
        if _identity(file) != identity:
            raise BundleError(f"{place}: the file changed while it was being read")
        return Content(place, path, file.tell(), digest.hexdigest(), identity)


def _finding(folder: Path, path: str, number: int) -> bytes:
    return _whole(folder, path, f"{MANIFEST}: findings {number}", 64 * 1024)


def _whole(folder: Path, path: str, place: str, most: int) -> bytes:
    data = bytearray()
    for piece in _read(folder, path, place):
        data += piece
        if len(data) > most:
            raise BundleError(f"{place}: the file is too large")
    return bytes(data)


def _read(folder: Path, path: str, place: str) -> Iterator[bytes]:
    """The bytes of a plain file below the folder."""
    with _opened(folder, path, place) as file:
        while piece := _some(file, place):
            yield piece


def _opened(folder: Path, path: str, place: str) -> BinaryIO:
    """A plain file below the folder, of whose path no part is a link."""
    parts = path.split("/")
    try:
        for depth in range(1, len(parts)):
            if not stat.S_ISDIR(os.lstat(folder.joinpath(*parts[:depth])).st_mode):
                raise BundleError(f"{place}: a part of its path is a link or no folder")
        handle = os.open(folder.joinpath(*parts), os.O_RDONLY | _PLAIN)
    except OSError:
        raise BundleError(f"{place}: the file is not there, cannot be read or is a link") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BundleError(f"{place}: not a plain file")
    return os.fdopen(handle, "rb")


def _some(file: BinaryIO, place: str) -> bytes:
    try:
        return file.read(PIECE)
    except OSError:
        raise BundleError(f"{place}: the file cannot be read") from None


def _identity(file: BinaryIO) -> tuple[int, ...]:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
