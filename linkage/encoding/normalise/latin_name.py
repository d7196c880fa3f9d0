"""Read a name in Latin letters: pinyin in any order and style, or a foreign name.

Does not guess one order: all plausible orders are kept, best first. Expects folded text that holds at
least one letter and no Han character except perhaps a surname handed over apart.
"""

import re
from itertools import islice, product

from linkage.encoding.normalise.name_forms import MOST_READINGS, Name, Reading
from linkage.encoding.normalise.surnames import (
    COMMON_SOUNDS,
    COMPOUND_SOUNDS,
    SOUNDS,
    surname_readings,
)
from linkage.encoding.normalise.syllables import divide, toneless

_Words = tuple[str, ...]
_Split = tuple[str, _Words]

_TITLE = re.compile(r"\b(?:mr|mrs|ms|miss|dr|prof|jr|sr)\b\.?", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BREAK = re.compile(r"[\s,._·/;:]+")
_NOT_LETTER = re.compile(r"[^a-z'-]+")
_MOST_WORDS = 6


def read_latin(text: str, han_surname: str = "") -> Name | None:
    """Read Latin letters; `han_surname` is a surname that stood in Han characters before or after them.

    'Li, Zihan', 'LI Zi Han', 'Zi-Han LI', 'lizihan', 'lǐ zǐ hán' agree in their readings.
    """
    text = _TITLE.sub(" ", text.replace("u:", "ü").replace("U:", "Ü"))
    before, comma, after = text.partition(",")
    words = [word for word in _BREAK.split(_HUMP.sub(" ", before)) if word]
    behind = [word for word in _BREAK.split(_HUMP.sub(" ", after)) if word]
    shouted = [word.isupper() and len(word) > 1 for word in words]
    spelled = tuple(word for word in (_spell(word) for word in words) if word)
    tail = tuple(word for word in (_spell(word) for word in behind) if word)
    if not (spelled or tail) or len(spelled) + len(tail) > _MOST_WORDS:
        return None
    if han_surname:
        splits: list[_Split] = [(sound, spelled + tail) for sound in surname_readings(han_surname)]
    elif "·" in text and len(words) > 1:
        splits = [("", spelled[:1]), ("", spelled), *_splits(spelled, shouted)]
    elif comma and spelled and tail:
        splits = [(_joined(spelled), tail)]
    else:
        splits = _splits(spelled + tail, shouted)
    readings = _readings(splits)
    if not readings:
        return None
    return Name("latin", han_surname, "", (), readings, nickname=not readings[0].surname)


def _spell(word: str) -> str:
    return _NOT_LETTER.sub("", toneless(word)).strip("'-")


def _joined(words: _Words) -> str:
    return "".join(words).replace("-", "").replace("'", "")


def _pieces(word: str) -> list[_Words]:
    """Ways to cut one word; hyphens and apostrophes cut for certain, a foreign word stays whole."""
    marked = [part for part in re.split("['-]", word) if part]
    cuts = [divide(part) for part in marked[:_MOST_WORDS]]
    if len(marked) > _MOST_WORDS or not all(cuts):
        return [(_joined((word,)),)]
    choices = islice(product(*(_likely(cut) for cut in cuts)), MOST_READINGS)
    return [tuple(piece for cut in choice for piece in cut) for choice in choices]


def _likely(cuts: tuple[_Words, ...]) -> tuple[_Words, ...]:
    """The best cut, and the next one if it makes a given name of usual length (xi an beside xian)."""
    return cuts[:2] if len(cuts) > 1 and len(cuts[1]) <= max(2, len(cuts[0])) else cuts[:1]


def _splits(words: _Words, shouted: list[bool]) -> list[_Split]:
    """Surname and rest, best first; an order whose surname cannot be one is dropped if another can."""
    if len(words) == 1:
        return _splits_of_one(words[0])
    orders: list[_Split] = [(_joined(words[:1]), words[1:]), (_joined(words[-1:]), words[:-1])]
    if len(words) > 2:
        orders += [(_joined(words[:2]), words[2:]), (_joined(words[-2:]), words[:-2])]
    compound = [order for order in orders[2:] + orders[:2] if order[0] in COMPOUND_SOUNDS]
    if compound:
        return compound[:1]
    orders = orders[:2]
    for sounds in (COMMON_SOUNDS, SOUNDS):
        fitting = [order for order in orders if order[0] in sounds]
        if fitting:
            return fitting[::-1] if _last_alone_is_shouted(shouted) else fitting
    if all(divide(_joined((word,))) for word in words):
        return [("", words[:1]), ("", words), *orders[::-1]]  # an ethnic name: own name first
    return orders[::-1]  # a foreign name: family name last


def _last_alone_is_shouted(shouted: list[bool]) -> bool:
    return bool(shouted) and shouted[-1] and not any(shouted[:-1])


def _splits_of_one(word: str) -> list[_Split]:
    splits: list[_Split] = []
    for cut in _pieces(word):
        if len(cut) > 1 and "".join(cut[:2]) in COMPOUND_SOUNDS and len(cut) > 2:
            splits.append(("".join(cut[:2]), cut[2:]))
        for sounds in (COMMON_SOUNDS, SOUNDS):
            found = [(cut[0], cut[1:])] if cut[0] in sounds else []
            found += [(cut[-1], cut[:-1])] if cut[-1] in sounds else []
            if found and len(cut) > 1:
                splits += found
                break
        if len(cut) == 2:
            # 'zihan' may be a given name alone
            splits.insert(1 if cut[0] in COMMON_SOUNDS else 0, ("", cut))
        if len(cut) > 3:
            splits.append(("", cut))  # an ethnic name may be as long
    return splits or [("", (word,))]


def _readings(splits: list[_Split]) -> tuple[Reading, ...]:
    """Every split with its best cut first, then the splits with other cuts."""
    choices = [
        [Reading(surname, tuple(p for piece in cut for p in piece)) for cut in _cuts(rest)] for surname, rest in splits
    ]
    ranked = [options[place] for place in range(4) for options in choices if place < len(options)]
    return tuple(dict.fromkeys(ranked))[:MOST_READINGS]


def _cuts(words: _Words) -> list[tuple[_Words, ...]]:
    return list(islice(product(*(_pieces(word)[:2] for word in words)), MOST_READINGS))
