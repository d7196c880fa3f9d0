"""What is special about one record, as a closed vocabulary; and which of it is a mistake.

Strata serve reports ("recall among pinyin names"), never the matcher. A record is *clean* when it carries no mistake; a
fact that changed with time, an absent value and an odd way of writing are not mistakes.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


class Stratum(StrEnum):
    """Every flag that a record can carry; the column names of `strata.csv`, in this order."""

    CLEAN = "clean"
    TWIN = "twin"
    SIBLING = "sibling"
    DUPLICATE = "duplicate"
    ETHNIC = "ethnic"
    MIGRANT = "migrant"
    RENAMED = "renamed"
    MOVED = "moved"
    OTHER_GUARDIAN = "other_guardian"
    MISSING_ID = "missing_id"
    SPACED = "spaced"
    FULL_WIDTH_ID = "full_width_id"
    NEWBORN = "newborn"
    FOUND = "found"
    HOMOPHONE = "homophone"
    NEAR_HOMOPHONE = "near_homophone"
    LOOKALIKE = "lookalike"
    CHARACTER_ADDED = "character_added"
    CHARACTER_DROPPED = "character_dropped"
    CHARACTER_SWAPPED = "character_swapped"
    TRADITIONAL = "traditional"
    PINYIN = "pinyin"
    ENGLISH = "english"
    NICKNAME = "nickname"
    MASKED = "masked"
    UNREADABLE = "unreadable"
    ETHNIC_CUT = "ethnic_cut"
    ETHNIC_DOT = "ethnic_dot"
    ETHNIC_SPELLING = "ethnic_spelling"
    ETHNIC_PINYIN = "ethnic_pinyin"
    SWAPPED_DATE = "swapped_date"
    WRONG_DIGIT_DATE = "wrong_digit_date"
    OFF_BY_ONE_DATE = "off_by_one_date"
    LUNAR_DATE = "lunar_date"
    MONTH_ONLY = "month_only"
    FIRST_OF_YEAR = "first_of_year"
    WRONG_DIGIT_ID = "wrong_digit_id"
    TRUNCATED_ID = "truncated_id"
    PLACEHOLDER_ID = "placeholder_id"
    SIBLINGS_ID = "siblings_id"
    GUARDIANS_ID = "guardians_id"
    FIFTEEN_DIGIT_ID = "fifteen_digit_id"
    WRONG_SEX = "wrong_sex"
    GUARDIAN_HOMOPHONE = "guardian_homophone"
    GUARDIAN_LOOKALIKE = "guardian_lookalike"
    GUARDIAN_TITLED = "guardian_titled"
    GUARDIAN_PINYIN = "guardian_pinyin"
    GUARDIAN_OTHER = "guardian_other"
    PHONE_DIGIT = "phone_digit"
    PHONE_CUT = "phone_cut"
    PHONE_OTHER = "phone_other"
    ADDRESS_NUMBER = "address_number"
    ADDRESS_CUT = "address_cut"
    ADDRESS_TYPO = "address_typo"


NOT_MISTAKES: Final = frozenset(
    {
        Stratum.CLEAN,
        Stratum.TWIN,
        Stratum.SIBLING,
        Stratum.DUPLICATE,
        Stratum.ETHNIC,
        Stratum.MIGRANT,
        Stratum.RENAMED,
        Stratum.MOVED,
        Stratum.OTHER_GUARDIAN,
        Stratum.MISSING_ID,
        Stratum.SPACED,
        Stratum.FULL_WIDTH_ID,
        Stratum.ETHNIC_DOT,
        Stratum.TRADITIONAL,
    }
)

Marks = dict[Stratum, Flags]


def no_marks(count: int) -> Marks:
    """Every stratum, unset, for `count` records."""
    return {stratum: np.zeros(count, dtype=np.bool_) for stratum in Stratum}


def mark_clean(marks: Marks) -> None:
    """Set CLEAN where no mistake is marked."""
    mistaken = np.zeros_like(marks[Stratum.CLEAN])
    for stratum in Stratum:
        if stratum not in NOT_MISTAKES:
            mistaken |= marks[stratum]
    marks[Stratum.CLEAN][:] = ~mistaken
