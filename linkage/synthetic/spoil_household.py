"""Mistakes in what a household shares: guardians' names, phones, house numbers. One function per kind; chance is `rng`.

Addresses are spoiled as parts, before they are written; see `written_addresses` for abbreviations.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from linkage.synthetic import spoil_names
from linkage.synthetic.characters import homophones
from linkage.synthetic.spoil_names import Name
from linkage.synthetic.strata import Stratum
from linkage.synthetic.striking import pick, pick_front


def guardian_titled(name: Name, rng: np.random.Generator) -> str:
    """Only the surname, with a courtesy or a mask."""
    return name.surname + pick(("某", "某某", "先生" if name.sex == 1 else "女士", "*" * len(name.given), "师傅"), rng)


def guardian_other(name: Name, rng: np.random.Generator) -> str:
    """Another given name: a former one, or that of another relative."""
    extra = pick(("建", "秀", "文", "小", "玉", "国", "晓", "金"), rng)
    return name.surname + (extra + name.given[-1] if len(name.given) == 1 else extra + name.given[1:])


GUARDIAN_KINDS: Final[dict[Stratum, spoil_names.Spoil]] = {
    Stratum.GUARDIAN_HOMOPHONE: spoil_names.homophone,
    Stratum.GUARDIAN_LOOKALIKE: spoil_names.lookalike,
    Stratum.GUARDIAN_TITLED: guardian_titled,
    Stratum.GUARDIAN_PINYIN: spoil_names.pinyin,
    Stratum.GUARDIAN_OTHER: guardian_other,
}


def phone_digit(number: str, rng: np.random.Generator) -> str:
    """One digit mistyped, or two neighbours exchanged."""
    place = 1 + int(rng.random() * (len(number) - 2))
    if rng.random() < 0.3:
        return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    return number[:place] + str((int(number[place]) + 1 + int(rng.random() * 9)) % 10) + number[place + 1 :]


def phone_cut(number: str, rng: np.random.Generator) -> str:
    """A digit lost or typed twice."""
    place = 1 + int(rng.random() * (len(number) - 1))
    return number[:place] + number[place + 1 :] if rng.random() < 0.6 else number[:place] + number[place - 1 :]


def phone_other(number: str, rng: np.random.Generator) -> str:
    """Somebody else's phone: a neighbour's, the village cadre's."""
    return number[:3] + f"{int(rng.random() * 10**8):08d}"


PHONE_KINDS: Final[dict[Stratum, Callable[[str, np.random.Generator], str]]] = {
    Stratum.PHONE_DIGIT: phone_digit,
    Stratum.PHONE_CUT: phone_cut,
    Stratum.PHONE_OTHER: phone_other,
}


def place_typo(place: str, rng: np.random.Generator) -> str:
    """A homophone in the name of a village or estate."""
    position = int(rng.random() * len(place))
    options = homophones(place[position])
    return place[:position] + pick_front(options, rng) + place[position + 1 :] if options else place


def wrong_number(number: int, rng: np.random.Generator) -> int:
    """A house or room number that is not theirs, close to it or with another digit."""
    if rng.random() < 0.5:
        return max(1, number + (1 if rng.random() < 0.5 else -1))
    return number + int(1 + rng.random() * 9) * (10 if number >= 10 else 1)
