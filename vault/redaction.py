"""Does a redacted text still give the subject away? Looks for the name, aliases, number and address, however written.

Han text is compared without spaces and separators, in simplified and traditional characters; a Han name also in
pinyin, in either order; a resident identity number in both lengths; an address also without its leading divisions.
What it does not find proves nothing: a nickname that nobody listed, a picture, a scanned page. A form that is not text
is not read here at all: a person must have looked through it.

May touch: nothing (the caller hands over bytes)
Sees:      the subject's name, number and address; text
Spec:      vault-law L32
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from vault.manifest import Person

OVERLAP = 4096
"""Characters that two pieces of text share, so that nothing hides on their border."""
_BINARY = (b"%PDF", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"\xd0\xcf\x11\xe0", b"RIFF")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_DIVISION = re.compile(r"(?:省|自治区|特别行政区|市|州|盟|区|县|旗|镇|乡|街道|村)")
_SHORTEST_ADDRESS = 4
_MOST_READINGS = 64


@dataclass(frozen=True, slots=True)
class Search:
    """What must not stand in a text: plain fragments, and patterns over letters."""

    fragments: tuple[str, ...] = field(repr=False)
    patterns: tuple[re.Pattern[str], ...] = field(repr=False)


def search_for(subject: Person) -> Search:
    """Every writing of what identifies the subject."""
    names = [subject.name, *subject.aliases]
    fragments = {form for name in names for form in _both_scripts(plain(name)) if len(form) > 1}
    if subject.resident_id:
        number = plain(subject.resident_id)
        fragments |= {number, number[:6] + number[8:17]} if len(number) == 18 else {number}
    for text in subject.identifying:
        fragments |= {form for part in _without_divisions(plain(text)) for form in _both_scripts(part)}
    patterns = [_words(name) for name in names] + [_pinyin(name) for name in names]
    return Search(
        tuple(sorted(fragment for fragment in fragments if fragment)),
        tuple(re.compile(pattern) for pattern in sorted({pattern for pattern in patterns if pattern})),
    )


def gives_away(pieces: Iterable[str], search: Search) -> bool:
    """Whether one of them stands in the text."""
    tail = ""
    for piece in pieces:
        text = tail + piece
        for form in {text, _unescaped(text)}:
            squeezed, spoken = plain(form), _unaccented(form)
            if any(fragment in squeezed for fragment in search.fragments):
                return True
            if any(pattern.search(spoken) for pattern in search.patterns):
                return True
        tail = text[-OVERLAP:]
    return False


def encodings_of(head: bytes) -> tuple[str, ...] | None:
    """The encodings in which a file that begins so may hold text; None if it is no text."""
    if head.startswith(_BINARY):
        return None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return None if b"\0" in head else ("utf-8", "gb18030")


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text of a file in one encoding; what is not text in it is replaced."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def plain(text: str) -> str:
    """NFKC, folded, without anything but letters, digits and Han characters."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def _unaccented(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _unescaped(text: str) -> str:
    return html.unescape(_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))


def _both_scripts(text: str) -> set[str]:
    return {text, *(plain(_converter(way).convert(text)) for way in ("s2t", "t2s"))}


def _without_divisions(address: str) -> set[str]:
    """The address, and what is left of it behind each leading division, while it still says something."""
    starts = [0, *(found.end() for found in _DIVISION.finditer(address))]
    return {address[start:] for start in starts if start == 0 or len(address) - start >= _SHORTEST_ADDRESS}


def _words(name: str) -> str:
    """A name in Latin letters, word by word; empty for a Han name."""
    words = re.findall(r"[^\W\d_]+", _unaccented(name))
    if not words or any("\u3400" <= char <= "\u9fff" for word in words for char in word):
        return ""
    return _apart([words])


def _pinyin(name: str) -> str:
    """A Han name of two to four characters in pinyin, family name first or last; empty for any other name."""
    from pypinyin import Style, pinyin

    chars = plain(name)
    if not 2 <= len(chars) <= 4 or not all("\u3400" <= char <= "\u9fff" for char in chars):
        return ""
    readings: list[list[str]] = [list(one) for one in pinyin(chars, style=Style.NORMAL, heteronym=True, v_to_u=False)]
    spoken = [list(reading) for reading in product(*readings)][:_MOST_READINGS]
    turned = [[*one[family:], *one[:family]] for one in spoken for family in (1, 2) if family < len(one)]
    return _apart([*spoken, *turned]).replace("v", "(?:v|yu|u)")


def _apart(spellings: list[list[str]]) -> str:
    """A pattern for any of the spellings, with any separators between its words and no Latin letter around."""
    joined = "|".join(sorted({r"[\W_]*".join(map(re.escape, words)) for words in spellings}))
    return rf"(?<![a-z])(?:{joined})(?![a-z])"


@cache
def _converter(way: str) -> Any:
    from opencc import OpenCC

    return OpenCC(way)
