"""What a name is once it has been read: values only, no reading.

A name keeps its characters and every plausible pronunciation; which of them are compared is decided
elsewhere.
"""

from dataclasses import dataclass
from typing import Literal

Script = Literal["han", "ethnic", "latin"]
Sex = Literal["M", "F"]

MASK = "*"
"""Stands for one character that is masked or unreadable, in characters and in syllables."""

MOST_READINGS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """One pronunciation: toneless pinyin (ü → v) or Latin words, lower case.

    `surname` is one word, "" when none is evident; `given` one syllable or word each, MASK if unreadable.
    """

    surname: str
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """One person's name.

    `surname`, `given`: simplified Han characters, "" when there are none (for an ethnic name `given` is its
    first part). `parts`: the dotted parts of an ethnic name, else (). `readings`: best first, at most four.
    `nickname`: no surname is evident, as in 小明, 宝宝 or a given name alone.
    """

    script: Script
    surname: str
    given: str
    parts: tuple[str, ...]
    readings: tuple[Reading, ...]
    nickname: bool = False


@dataclass(frozen=True, slots=True)
class Newborn:
    """A child without a name, entered under the mother's: 张丽之女.

    `order`: place among siblings or twins, from 1, None when not stated.
    """

    mother: Name
    child_sex: Sex | None
    order: int | None
