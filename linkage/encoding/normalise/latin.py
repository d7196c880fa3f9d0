"""Latin-script values of `person-v1`: one written form in, one folded form out, None when nothing was said.

Reads names, localities, streets, postcodes, states, identifiers and telephone numbers of any country. It compares
nothing and derives no phonetic or typo-tolerant form (`person_tags.py` does); dates and sex have files of their own.

Every `read_*` is total (no string raises) and deterministic, and reading a folded form gives it back. Letters of other
scripts are kept as they are, so that equality still works on them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

_LIGATURES: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th"}
)
# Digits that scanners and tired eyes put for letters; only read so inside a word that also holds letters.
_SCANNED: Final = str.maketrans({"0": "o", "1": "l", "5": "s", "8": "b"})
_APOSTROPHES: Final = re.compile("['\u2018\u2019\u201b\u02bc\u02bb`\u00b4]")
_NOT_WORD: Final = re.compile(r"[\W_]+")
_BRACKETED: Final = re.compile(r"\(.*?\)|\[.*?\]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLACEHOLDERS: Final = _words(
    "unknown unkown unk unknwn undisclosed unspecified notstated notknown notgiven notavailable notapplicable "
    "noname nogivenname nosurname nofirstname nolastname missing none null nil nan na nd tba tbc tbd test "
    "anonymous anon refused declined blank void deceased xx xxx zz zzz"
)
_NEWBORN: Final = _words("baby babyof babyboy babygirl bb bg infant newborn twin unnamed boy girl male female")
_TITLES: Final = _words("mr mrs ms miss mstr master mx dr doctor prof professor rev fr sir dame lady lord")
_SUFFIXES: Final = _words("jr jnr junior sr snr senior ii iii iv esq phd md")
_PARTICLES: Final = _words(
    "a abu af al ap av bin bint da das de del della den der des di do dos du e el fitz ibn la las le les lo los "
    "mac mc o saint st ste te ten ter van vande vander vd vom von y zu zum zur"
)
_MAC: Final = re.compile(r"^mac(?=[b-df-hj-np-tv-z][a-z]{2})")

_LOCALITY_WORDS: Final = {
    "st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort", "pt": "point", "nth": "north", "sth": "south",
    "n": "north", "s": "south", "e": "east", "w": "west", "hts": "heights", "hgts": "heights", "gdns": "gardens",
    "pk": "park", "spgs": "springs", "vly": "valley", "vlg": "village", "vill": "village", "bch": "beach",
    "hbr": "harbour", "harbor": "harbour", "jct": "junction", "crk": "creek", "is": "island", "lk": "lake",
    "twp": "township", "upr": "upper", "lwr": "lower", "ctr": "centre", "center": "centre", "riv": "river",
}  # fmt: skip
_STREET_TYPES: Final = _words(
    "street st str road rd avenue ave av drive dr drv crescent cres cr crs crt court ct place pl close cl circuit "
    "cct cir circle lane la ln way wy terrace tce ter parade pde boulevard blvd bvd highway hwy square sq grove gr "
    "gve walk wk row mews loop rise esplanade esp track trail trl parkway pkwy pky alley aly"
)
_UNIT_WORDS: Final = _words("unit flat apt apartment suite ste room rm level lot no number house villa shop")
_COUNTED_UP: Final = "0123456789" * 3
_NUMBERS_APART: Final = re.compile(r"[/;,|&\n]|\bor\b|\band\b")
_EXTENSION: Final = re.compile(r"\s*(?:ext(?:ension)?|x|#)\.?\s*\d{1,6}\s*$")
_NUMBER: Final = re.compile(r"\d+[a-z]?")


@dataclass(frozen=True, slots=True)
class LatinName:
    """A given name or a surname. `full`: all words as one, without spaces; `parts`: words that stand as names alone.

    "Mary-Anne" → full "maryanne", parts ("mary", "anne"); "van der Berg" → full "vanderberg", parts ("berg",);
    "Smi th" (a stray space) → full "smith", parts ().
    """

    full: str = field(repr=False)
    parts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Street:
    """An address line: `name` without its type word ("High St" → "high"), `numbers` as written, unit number first."""

    name: str = field(repr=False)
    numbers: tuple[str, ...] = field(repr=False)


def fold_words(text: str) -> list[str]:
    """Lower-case words without accents, apostrophes or punctuation: "D'Arcy-Łuk" → ["darcy", "luk"]."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    spread = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", lowered)).translate(_LIGATURES)
    bare = "".join(ch for ch in spread if not unicodedata.combining(ch))
    return [word for word in _NOT_WORD.split(bare) if word]


def is_missing(text: str) -> bool:
    """True for empty cells and for words that stand for "no value": "n/a", "Not stated", "XXX", "?"."""
    return _says_nothing("".join(fold_words(text)))


def read_given(text: str) -> LatinName | None:
    """Given name(s), titles dropped. None when missing or a stand-in for an unnamed child ("Baby of Jane")."""
    words = _name_words(text)
    if words and (words[0] in _NEWBORN or "".join(words) in _NEWBORN):
        return None
    return _name(words)


def read_surname(text: str) -> LatinName | None:
    """Surname, generational suffixes and titles dropped, Mac and Mc as one, particles joined to what follows."""
    name = _name(_name_words(text))
    if name is None:
        return None
    return LatinName(_fold_mac(name.full), tuple(_fold_mac(part) for part in name.parts))


def read_locality(text: str) -> str | None:
    """Suburb, town or city as one word, usual abbreviations written out: "Mt. Druitt Nth" → "mountdruittnorth"."""
    words = [word for word in fold_words(_BRACKETED.sub(" ", text)) if not word.isdigit()]
    if _says_nothing("".join(words)):
        return None
    return "".join(_LOCALITY_WORDS.get(word, word) for word in words) if len(words) > 1 else words[0]


def read_street(text: str) -> Street | None:
    """An address line with or without its number. None when it holds neither a name nor a number."""
    words = fold_words(text)
    if _says_nothing("".join(words)):
        return None
    numbers = tuple(word.lstrip("0") for word in words if _NUMBER.fullmatch(word) and word.strip("0"))
    named = [word for word in words if not word[0].isdigit() and word not in _UNIT_WORDS]
    # The type word counts only after the name, so that "Avenue Road" and "St Johns Street" keep theirs.
    while len(named) > 1 and named[-1] in _STREET_TYPES:
        named.pop()
    return Street("".join(named), numbers) if named or numbers else None


def read_street_number(text: str) -> str | None:
    """House number without leading zeros; of "3/12" or "Unit 3, 12" the last one, the house's."""
    street = read_street(text)
    return street.numbers[-1] if street is not None and street.numbers else None


def read_postcode(text: str) -> str | None:
    """Letters and digits only, leading zeros dropped (spreadsheets lose them), ZIP+4 cut to its first five."""
    joined = "".join(fold_words(text.strip().removesuffix(".0")))
    if _says_nothing(joined) or not joined.strip("0") or not joined.strip("9"):
        return None
    if joined.isdigit() and len(joined) == 9:
        joined = joined[:5]
    return joined.lstrip("0")


def read_state(text: str) -> str | None:
    """State or region as one word; names and their abbreviations are not brought together."""
    joined = "".join(fold_words(text))
    return None if _says_nothing(joined) else joined


def read_identifier(text: str) -> str | None:
    """Letters and digits of an identifier. None below four characters and for one repeated or counted up."""
    joined = "".join(fold_words(text.strip().removesuffix(".0")))
    return None if len(joined) < 4 or _made_up(joined) or _says_nothing(joined) else joined


def read_phones(text: str) -> tuple[str, ...]:
    """Last eight digits of each number in a cell, so that country and area prefixes do not matter; at least six."""
    digits = (re.sub(r"\D", "", _EXTENSION.sub("", part)) for part in _NUMBERS_APART.split(_fold_digits(text)))
    return tuple(dict.fromkeys(n[-8:] for n in digits if 6 <= len(n) <= 15 and not _made_up(n[-8:])))


def _fold_digits(text: str) -> str:
    """Full-width and other written forms of digits and letters as plain ones, lower-case."""
    return unicodedata.normalize("NFKC", text).casefold().strip().removesuffix(".0")


def _made_up(number: str) -> bool:
    return len(set(number)) == 1 or number in _COUNTED_UP or number in _COUNTED_UP[::-1]


def _says_nothing(joined: str) -> bool:
    repeated = len(joined) > 1 and len(set(joined)) == 1 and joined[0] in "0x"
    return not joined or joined in _PLACEHOLDERS or repeated


def _name_words(text: str) -> list[str]:
    """Words of a name: brackets, titles, suffixes and digits gone; what is left may be empty."""
    words = [_letters(word) for word in fold_words(_BRACKETED.sub(" ", text))]
    words = [word for word in words if word]
    while len(words) > 1 and words[0] in _TITLES:
        words.pop(0)
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return words


def _letters(word: str) -> str:
    if word.isalpha():
        return word
    if not any(ch.isalpha() for ch in word):
        return ""
    return "".join(ch for ch in word.translate(_SCANNED) if ch.isalpha())


def _name(words: list[str]) -> LatinName | None:
    full = "".join(words)
    if _says_nothing(full):
        return None
    own = [word for word in words if len(word) > 1 and word not in _PARTICLES]
    if len(words) == 1 or any(len(word) < 3 for word in own):  # "smi th": a stray space made no second name
        return LatinName(full, ())
    return LatinName(full, tuple(own))


def _fold_mac(word: str) -> str:
    return _MAC.sub("mc", word)
