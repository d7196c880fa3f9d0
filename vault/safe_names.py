"""Which names of files a bundle may use and a view may carry: relative, inside their folder, the same on every system.

May touch: nothing
Sees:      paths
"""

from __future__ import annotations

from typing import Final

LONGEST_NAME: Final = 1024
LONGEST_PART: Final = 255
_FORBIDDEN = frozenset('\\:*?"<>|') | {chr(code) for code in (*range(32), 127)}
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
)  # names that Windows keeps for itself


def is_safe_name(name: str) -> bool:
    """Is it a path of parts joined by `/` that no system reads as another place?"""
    return 0 < len(name.encode(errors="replace")) <= LONGEST_NAME and all(map(_is_safe_part, name.split("/")))


def _is_safe_part(part: str) -> bool:
    if part in ("", ".", "..") or part[-1] in ". " or part[0] == " " or _FORBIDDEN & set(part):
        return False
    if any(0xD800 <= ord(char) <= 0xDFFF for char in part):
        return False
    return len(part.encode()) <= LONGEST_PART and part.split(".")[0].casefold() not in _DEVICES
