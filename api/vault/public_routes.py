"""What is open to all: the service answers, and the published log. No signed call is read here.

May touch: network
Sees:      ciphertext, pseudonyms, hashes
"""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from api.http.bodies import STREAM
from api.vault.app import TheVault
from audit.publish import CHECKPOINT, VKEYS
from audit.tiles import Tile
from vault.house import Vault
from vault.refusals import Refused, Why

router = APIRouter(tags=["public"])

_TEXT: Final = "text/plain; charset=utf-8"


@router.get("/healthz", operation_id="readHealth")
async def read_health() -> dict[str, bool]:
    """This process answers."""
    return {"alive": True}


@router.get("/log/{name}", operation_id="readLogFile")
def read_log_file(name: Annotated[str, Path(pattern="^(checkpoint|vkeys)$")], vault: TheVault) -> Response:
    """The signed root, or the verifier keys; verify with pinned keys, not with these."""
    return _published(vault, {"checkpoint": CHECKPOINT, "vkeys": VKEYS}[name], _TEXT)


@router.get("/log/tile/{level}/{place:path}", operation_id="readTile")
def read_tile(
    level: Annotated[int, Path(ge=0, le=63)], place: Annotated[str, Path(max_length=64)], vault: TheVault
) -> Response:
    """Hashes alone."""
    tile = Tile.parse(f"tile/{level}/{place}")
    if tile is None:
        raise Refused(Why.NOT_FOUND, "tile: not a tile of this log")
    return _published(vault, tile.path, STREAM)


def _published(vault: Vault, name: str, media_type: str) -> Response:
    path: File = vault.folder / "log" / name
    try:
        return Response(path.read_bytes(), media_type=media_type, headers={"Cache-Control": "no-cache"})
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Refused(Why.NOT_FOUND, "log: not published, or grown into a larger tile") from None
