"""The rosters that a desk or agent has seen, kept on its own disk: an older version is never taken again.

May touch: disk (a folder of the program's own)
Sees:      public keys, pseudonyms
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from audit.crypto.whole_file import whole_file
from vault.errors import RosterError
from vault.pins import Pins
from vault.rosters import Roster, Rosters, digest_of, read_once


class KeptRosters:
    """Rosters in a folder, a file for each agency."""

    def __init__(self, folder: Path, pins: Pins) -> None:
        self._folder, self._pins = folder, pins
        self._opened: dict[bytes, Roster | None] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def known(self) -> Rosters:
        """What was seen so far."""
        found = Rosters(self._pins)
        for data in self._kept():
            roster = read_once(data, self._pins, self._opened)
            if roster is not None:
                found.take(roster)
        return found

    def digest(self) -> str:
        """Names what was seen so far, for whoever would send it again."""
        return digest_of(self._kept())

    def _kept(self) -> list[bytes]:
        paths = [self._folder / agency for agency in self._pins.agencies]
        return [path.read_bytes() for path in paths if path.exists()]

    def fetched(self, rosters: Iterable[bytes], now_ms: int) -> Rosters:
        """Take what the vault sent; RosterError when it sends an older one than was seen. Durable when it returns."""
        found = self.known()
        for data in rosters:
            roster = read_once(data, self._pins, self._opened)
            if roster is None:
                continue
            if roster.issued_ms > now_ms + 60_000:
                raise RosterError("roster: from the future")
            found.take(roster)
            path = self._folder / roster.agency
            if not path.exists() or path.read_bytes() != data:
                with whole_file(path) as out:
                    out.write(data)
        return found
