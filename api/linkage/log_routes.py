"""The published log over HTTP, as C2SP tlog-tiles: checkpoint, keys and hash tiles for everybody, entries for auditors.

What is served is the published folder, byte for byte; a path is taken apart and put together again before any file is
opened. Reading entries is itself an entry.

May touch: disk (the published folder), database, a local socket (the signer)
Sees:      hashes; entries, for auditors
Spec:      https://c2sp.org/tlog-tiles
"""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from api.auth.guard import allowed, public
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.linkage.app import TheUnit
from audit.events import Reason
from audit.publish import CHECKPOINT, VKEYS
from audit.shapes import Fact
from audit.tiles import WIDTH, Tile
from linkage.refusals import Refused, Why
from linkage.unit import Unit

router = APIRouter(prefix="/log", tags=["log"])

_FRESH: Final = "no-cache"
_FOREVER: Final = "public, max-age=31536000, immutable"
_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_CONTENT: Final = {"schema": {"type": "string", "format": "binary"}}

Auditor = Annotated[Principal, allowed(Permission.AUDIT_READ)]
Place = Annotated[
    str,
    Path(
        pattern=r"^(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?$", max_length=64,
        description="index in groups of three digits, `.p/WIDTH` when partial", examples=["000"],
    ),
]  # fmt: skip
Level = Annotated[int, Path(ge=0, le=63, description="level of the tile, from 0")]


@router.get(
    "/checkpoint",
    operation_id="readCheckpoint",
    summary="The signed root of the log",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    openapi_extra={"x-problems": ["not-found"]},
)
def read_checkpoint(unit: TheUnit) -> Response:
    """A signed note; verify it with the keys that were pinned, not with those of `vkeys`."""
    return _served(unit, CHECKPOINT, _TEXT, _FRESH)


@router.get(
    "/vkeys",
    operation_id="readVerifierKeys",
    summary="Verifier keys of the log and its witnesses",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    openapi_extra={"x-problems": ["not-found"]},
)
def read_keys(unit: TheUnit) -> Response:
    """One a line, the log's own first."""
    return _served(unit, VKEYS, _TEXT, _FRESH)


@router.get(
    "/tile/entries/{place:path}",
    operation_id="readEntries",
    summary="A bundle of entries",
    response_class=Response,
    responses={200: {"content": {_BYTES: _CONTENT}}},
)
def read_entries(place: Place, who: Auditor, unit: TheUnit) -> Response:
    """For auditors. That it was read is an entry of the log."""
    tile = _tile(f"tile/entries/{place}")
    data = _bytes(unit, tile.path)
    start = tile.index * WIDTH
    facts: dict[str, Fact] = {"what": "entries", "start": start, "stop": start + tile.width}
    released = unit.let_go(
        who.caller(), "audit.read", facts, data, tile.width, decision=unit.allow(Reason.ENTITLED_ROLE)
    )
    headers = {"Cache-Control": "no-store", "Sealink-Salt": released.salt.hex()}
    return Response(released.data, media_type=_BYTES, headers=headers)


@router.get(
    "/tile/{level}/{place:path}",
    operation_id="readTile",
    summary="A tile of hashes",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {_BYTES: _CONTENT}}},
)
def read_tile(level: Level, place: Place, unit: TheUnit) -> Response:
    """Hashes alone: they prove order and completeness and say nothing about an entry."""
    tile = _tile(f"tile/{level}/{place}")
    return _served(unit, tile.path, _BYTES, _FOREVER)


def _tile(path: str) -> Tile:
    tile = Tile.parse(path)
    if tile is None:
        raise Refused(Why.NOT_FOUND, "tile: not a tile of this log")
    return tile


def _served(unit: Unit, name: str, media_type: str, cache: str) -> Response:
    return Response(_bytes(unit, name), media_type=media_type, headers={"Cache-Control": cache})


def _bytes(unit: Unit, name: str) -> bytes:
    path: File = unit.folder / "log" / name
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Refused(Why.NOT_FOUND, "log: not published, or grown into a larger tile") from None
