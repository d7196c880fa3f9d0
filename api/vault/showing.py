"""Write what was opened into a folder of the officer's own, whole or not at all, with the watermark beside it.

The ciphertext is fetched beside the folder, read to its end and verified, and removed; the delivery is signed before
the officer is told that anything is there. What lies on the officer's disk afterwards is the officer's duty: the
program does not open it again after expiry, and cannot take it back.

May touch: network (the vault), disk (the folder)
Sees:      the opened view
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from api.vault import desk_work
from api.vault.desk_work import Desk
from audit.crypto.errors import ContainerError
from vault.errors import EnvelopeError
from vault.view_archive import extract_view
from vault.vocabulary import View

WATERMARK: Final = "WATERMARK.txt"


def unpack_opened(desk: Desk, request: str, to: Path) -> tuple[str, int]:
    """The watermark and how many files there are; EnvelopeError, and nothing is left, when anything fails."""
    if to.exists():
        raise EnvelopeError(f"{to}: is there already; name a new folder")
    with tempfile.TemporaryFile(dir=desk.folder.path) as envelope:
        opened = desk_work.open_own(desk, request, envelope)
        view = View(opened.consent.decision.form.view)
        try:
            files = extract_view(opened.container.chunks(), to, view=view)
        except ContainerError as error:
            raise EnvelopeError(f"opening: {error}") from None
    try:
        if not opened.container.is_complete:
            raise EnvelopeError("opening: the envelope goes on after the view's end")
        mark = desk_work.watermark(opened, desk.now_ms())
        (to / WATERMARK).write_text(mark + "\n", encoding="utf-8")
        desk_work.sign_delivery(desk, opened)
    except BaseException:
        shutil.rmtree(to)
        raise
    return mark, len(files)
