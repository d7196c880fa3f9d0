"""The plaintext of a view: a tar that is the same for the same bundle, padded to a bucket; and its strict reader.

`view.json` comes first and says what the view's basis may know; the objects follow, piece by piece, in bounded memory
and without temporary files. Every tar program reads a view, since zeros after the end of a tar count for nothing. The
reader accepts exactly what the writer writes: plain files with safe names, and zeros up to the bucket. It seals and
opens nothing.

  unit_minimal      punished or not, charges, term; always one bucket of 4 KiB (L21)
  judicial_extract  objects for extract in their redacted form, under neutral names, which tell nothing either
  court_full        every object and redacted form under its own name

May touch: the bundle's folder (through `Bundle.pieces`); the folder that `extract_view` is given
Sees:      everything
Spec:      vault-law L6, L8, L21, L32; POSIX.1-2001 pax
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import Any, BinaryIO, Final

from audit import canonical
from audit.canonical import JsonValue
from audit.errors import MalformedError
from vault.buckets import SMALLEST, bucket
from vault.bundle import Bundle, CaseObject, Content
from vault.errors import BundleError, EnvelopeError
from vault.law.views import CONTENTS
from vault.safe_names import is_safe_name
from vault.vocabulary import CaseOutcome, View

META: Final = "view.json"
FORMAT: Final = "sealink/v1/view"
LARGEST_META: Final = 16 * 1024 * 1024
MOST_MEMBERS: Final = 30_000

_UNCHARGED: Final = frozenset({CaseOutcome.NON_PROSECUTED, CaseOutcome.ACQUITTED})
_BLOCK: Final = 512
_END: Final = bytes(2 * _BLOCK)
_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Member:
    """One file of the archive and where its bytes are."""

    name: str
    content: Content

    @property
    def header(self) -> bytes:
        return header_of(self.name, self.content.size)


def view_pieces(bundle: Bundle, view: View) -> Iterator[bytes]:
    """The padded plaintext of one view. Ends with BundleError if a file is no longer the one that was checked."""
    members = _members(bundle, view)
    return _archive(bundle, _meta(bundle, view, members), members, is_one_bucket=view is View.UNIT_MINIMAL)


def adult_file_pieces(bundle: Bundle) -> Iterator[bytes]:
    """What the adults' file of a joint case may hold: redacted forms, marked as the law demands (L8)."""
    shared = [one for one in bundle.objects if one.redacted and (one.listed.is_shared or not bundle_is_split(bundle))]
    if not bundle.manifest.marks or not shared:
        raise BundleError("adults' file: the case is not a joint one, or nothing of it is shared")
    members = _neutral(shared)
    meta: dict[str, JsonValue] = {"format": FORMAT, "view": "adult_file", "marks": [*bundle.manifest.marks]}
    return _archive(bundle, {**meta, "objects": _objects(shared, members)}, members)


def bundle_is_split(bundle: Bundle) -> bool:
    """Whether the minor's part has a file of its own."""
    return bundle.manifest.joint.value != "unseparated"


def header_of(name: str, size: int) -> bytes:
    """The tar header of a file; the same for the same name and size, wherever it is made."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _archive(
    bundle: Bundle, meta: dict[str, JsonValue], members: Sequence[_Member], *, is_one_bucket: bool = False
) -> Iterator[bytes]:
    text = canonical.dumps(meta)
    size = sum(map(len, (header_of(META, len(text)), _filled(text), _END)))
    size += sum(len(member.header) + _rounded(member.content.size) for member in members)
    padded = bucket(size)
    if is_one_bucket and padded != SMALLEST:
        raise BundleError("unit_minimal: its charges are too long for one bucket")
    return _written(bundle, text, members, padded - size)


def _written(bundle: Bundle, text: bytes, members: Sequence[_Member], zeros: int) -> Iterator[bytes]:
    yield header_of(META, len(text)) + _filled(text)
    for member in members:
        yield member.header
        yield from bundle.pieces(member.content)
        yield bytes(_rounded(member.content.size) - member.content.size)
    yield _END
    for start in range(0, zeros, _PIECE):
        yield bytes(min(_PIECE, zeros - start))


def _rounded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _filled(text: bytes) -> bytes:
    return text + bytes(_rounded(len(text)) - len(text))


def _members(bundle: Bundle, view: View) -> list[_Member]:
    match view:
        case View.UNIT_MINIMAL:
            return []
        case View.JUDICIAL_EXTRACT:
            return _neutral([one for one in bundle.objects if one.listed.is_extract])
        case View.COURT_FULL:
            contents = [one for item in bundle.objects for one in (item.content, item.redacted) if one is not None]
            return [_Member(f"objects/{content.path}", content) for content in contents]


def _neutral(objects: Sequence[CaseObject]) -> list[_Member]:
    """Redacted forms under numbers: a file's own name may hold the subject's."""
    return [
        _Member(f"objects/{number:05}{_suffix(one.redacted.path)}", one.redacted)
        for number, one in enumerate(objects, start=1)
        if one.redacted is not None
    ]


def _suffix(path: str) -> str:
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 6 else ""


def _meta(bundle: Bundle, view: View, members: Sequence[_Member]) -> dict[str, JsonValue]:
    manifest, wanted = bundle.manifest, CONTENTS[view].fields
    is_punished = manifest.outcome is CaseOutcome.SENTENCED
    # Nobody outside judicial organs is shown these outcomes (L15); their minimal view holds nothing all the same.
    has_charge = view is not View.UNIT_MINIMAL or manifest.outcome not in _UNCHARGED
    said: dict[str, JsonValue] = {
        "punished": is_punished,
        "charges": [*dict.fromkeys(offence.charge for offence in manifest.offences)] if has_charge else [],
        "term_months": manifest.term_months if is_punished else None,
        "case_no": manifest.case_no,
        "agency": manifest.agency,
        "kinds": [*sorted(manifest.kinds)],
        "outcome": manifest.outcome.value,
        "judged_on": manifest.judged_on.isoformat(),
        "offences": [
            {
                "charge": offence.charge,
                "first": offence.span.first.isoformat(),
                "last": offence.span.last.isoformat(),
            }
            for offence in manifest.offences
        ],
        "marks": [*manifest.marks],
    }
    if "objects" in wanted:
        shown = bundle.objects if view is View.COURT_FULL else [one for one in bundle.objects if one.listed.is_extract]
        said["objects"] = _objects(shown, members)
    if "subject" in wanted:
        said |= _full(bundle)
    return {"format": FORMAT, "view": view.value, **{name: said[name] for name in said if name in wanted}}


def _full(bundle: Bundle) -> dict[str, JsonValue]:
    manifest, subject = bundle.manifest, bundle.manifest.subject
    return {
        "subject": {
            "name": subject.name,
            "aliases": [*subject.aliases],
            "resident_id": subject.resident_id,
            "birth": subject.birth.isoformat() if subject.birth else None,
            "identifying": [*subject.identifying],
        },
        "holders": [
            {"agency": one.agency, "kind": one.kind.value, "phases": [*(phase.value for phase in one.phases)]}
            for one in manifest.holders
        ],
        "phases": {phase.value: reason for phase, reason in manifest.absent.items()},
        "instance": manifest.instance.value,
    }


def _objects(objects: Sequence[CaseObject], members: Sequence[_Member]) -> JsonValue:
    """What each member is, in the order of the archive."""
    listed = {content.path: one for one in objects for content in (one.content, one.redacted) if content}
    return [
        {
            "name": member.name,
            "phase": listed[member.content.path].listed.phase.value,
            "kind": listed[member.content.path].listed.kind.value,
            "redacted": member.content is listed[member.content.path].redacted,
            "sha256": member.content.sha256,
        }
        for member in members
    ]


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an opened view; its `pieces` are gone once the next part is asked for."""

    name: str = field(repr=False)
    size: int
    pieces: Iterator[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedView:
    """An opened view: what `view.json` says, and its files one after the other."""

    meta: dict[str, Any] = field(repr=False)
    parts: Iterator[Part] = field(repr=False)
    """Ends only when everything up to the last zero was as the writer writes it."""


def read_view(source: BinaryIO | Iterable[bytes], view: View | None = None) -> OpenedView:
    """Read the padded plaintext of a view; EnvelopeError at the first byte that the writer would not have written.

    With `view`, the view must be that one.
    """
    stream = _Source(source)
    name, size = _next_header(stream)
    if name != META or size > LARGEST_META:
        raise EnvelopeError("view: does not begin with its view.json")
    try:
        meta = canonical.loads(b"".join(_body(stream, size)))
    except MalformedError:
        raise EnvelopeError("view: its view.json is not canonical JSON") from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise EnvelopeError("view: not of this format")
    if view is not None and meta.get("view") != view.value:
        raise EnvelopeError("view: another view than was asked for")
    return OpenedView(meta, _parts(stream))


def extract_view(source: BinaryIO | Iterable[bytes], folder: Path, *, view: View | None = None) -> list[Path]:
    """Write an opened view into a new folder; EnvelopeError, and no folder, if anything is wrong."""
    opened = read_view(source, view)
    folder.mkdir(mode=0o700)
    try:
        return [_laid_down(folder, META, [canonical.dumps(opened.meta)])] + [
            _laid_down(folder, part.name, part.pieces) for part in opened.parts
        ]
    except BaseException:
        rmtree(folder)
        raise


def _laid_down(folder: Path, name: str, pieces: Iterable[bytes]) -> Path:
    path = folder.joinpath(*name.split("/"))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.writelines(pieces)
    except (FileExistsError, NotADirectoryError):
        raise EnvelopeError("view: two of its files want one place") from None
    return path


class _Source:
    """Exact reads from a stream or from pieces, counted."""

    def __init__(self, source: BinaryIO | Iterable[bytes]) -> None:
        self._pieces = iter(lambda: source.read(_PIECE), b"") if hasattr(source, "read") else iter(source)
        self._held = b""
        self.read_so_far = 0

    def some(self, most: int) -> bytes:
        """1 to `most` bytes; nothing at the end."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = bytes(piece)
        found, self._held = self._held[:most], self._held[most:]
        self.read_so_far += len(found)
        return found

    def exactly(self, size: int) -> bytes:
        """That many bytes; EnvelopeError if there are fewer."""
        parts = []
        while size:
            part = self.some(size)
            if not part:
                raise EnvelopeError("view: ends too early")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _parts(stream: _Source) -> Iterator[Part]:
    seen = {META.casefold()}
    while True:
        header = _next_header(stream)
        if header == ("", 0):
            break
        name, size = header
        if name.casefold() in seen or len(seen) > MOST_MEMBERS:
            raise EnvelopeError("view: a name stands twice, or there are too many files")
        seen.add(name.casefold())
        pieces = _body(stream, size)
        yield Part(name, size, pieces)
        for _ in pieces:  # whatever the reader left
            pass
    filled = stream.read_so_far
    while piece := stream.some(_PIECE):
        if any(piece):
            raise EnvelopeError("view: something stands behind its end")
    if stream.read_so_far != bucket(filled):
        raise EnvelopeError("view: not padded to its bucket")


def _body(stream: _Source, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = stream.some(min(left, _PIECE))
        if not piece:
            raise EnvelopeError("view: ends too early")
        left -= len(piece)
        yield piece
    if any(stream.exactly(_rounded(size) - size)):
        raise EnvelopeError("view: something stands between two files")


def _next_header(stream: _Source) -> tuple[str, int]:
    """Name and size of the next file; ("", 0) at the end. Whatever the writer would write otherwise is refused."""
    block = stream.exactly(_BLOCK)
    if not any(block):
        if any(stream.exactly(_BLOCK)):
            raise EnvelopeError("view: ends with one block only")
        return "", 0
    try:
        name, size, consumed = _parsed(block, stream)
        is_ours = size >= 0 and is_safe_name(name) and header_of(name, size) == consumed
    except (tarfile.HeaderError, ValueError):
        is_ours = False
    if not is_ours:
        raise EnvelopeError("view: a header is not one that the writer writes")
    return name, size


def _parsed(block: bytes, stream: _Source) -> tuple[str, int, bytes]:
    info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    if info.type != tarfile.XHDTYPE:
        return info.name, info.size, block
    if not 0 < info.size <= 4096:
        raise ValueError("a long pax header")
    fields = stream.exactly(_rounded(info.size))
    plain = stream.exactly(_BLOCK)
    said = _pax_fields(fields[: info.size])
    under = tarfile.TarInfo.frombuf(plain, "utf-8", "replace")
    return said.get("path", under.name), int(said.get("size", under.size)), block + fields + plain


def _pax_fields(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    while data:
        length, _, rest = data.partition(b" ")
        line, data = data[: int(length)], data[int(length) :]
        key, _, value = line[len(length) + 1 : -1].decode().partition("=")
        found[key] = value
        if not rest or int(length) <= len(length) + 1:
            raise ValueError("a pax field that does not end")
    return found
