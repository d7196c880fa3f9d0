"""Which of the two languages an answer speaks: English unless the caller prefers Chinese.

May touch: nothing
Sees:      a header
Spec:      RFC 9110 section 12.5.4
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_MOST: Final = 20
"""Languages of a header that are looked at; the rest says nothing new."""


class Language(StrEnum):
    """The tags that `Content-Language` states."""

    EN = "en"
    ZH = "zh-CN"


def preferred(accept_language: str | None) -> Language:
    """By the highest weight; the first one wins a tie. What breaks the header's grammar is skipped."""
    best, weight = Language.EN, 0.0
    for part in (accept_language or "").split(",")[:_MOST]:
        name, _, rest = part.strip().partition(";")
        language = _known(name.strip().lower())
        given = _weight(rest.strip())
        if language is not None and given > weight:
            best, weight = language, given
    return best


def _known(name: str) -> Language | None:
    match name.partition("-")[0]:
        case "zh":
            return Language.ZH
        case "en" | "*":
            return Language.EN
    return None


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q" or not value.strip().replace(".", "", 1).isdecimal() or not value.isascii():
        return 0.0
    return min(1.0, float(value))
