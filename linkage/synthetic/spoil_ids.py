"""Mistakes in a resident ID, one function per kind, from the child's and the relatives' numbers; chance is `rng`.

A wrong digit mostly breaks the check digit; a relative's number is valid, which is what makes it dangerous.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.synthetic.strata import Stratum
from linkage.synthetic.striking import pick

_FULL_WIDTH: Final = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_PLACEHOLDERS: Final = (
    "无", "暂无", "未办理", "不详", "-", "/", "待补", "000000000000000000", "111111111111111111", "999999999999999999",
    "123456789012345678", "无身份证", "0", "NULL", "未上户",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """The child's true number, a brother's or sister's ("" for an only child) and a parent's."""

    own: str
    siblings: str
    guardians: str


def wrong_digit_id(numbers: Numbers, rng: np.random.Generator) -> str:
    """One digit mistyped, or two neighbours exchanged."""
    own = numbers.own
    place = int(rng.random() * 16)
    if rng.random() < 0.35:
        return own[:place] + own[place + 1] + own[place] + own[place + 2 :]
    return own[:place] + str((int(own[place]) + 1 + int(rng.random() * 9)) % 10) + own[place + 1 :]


def truncated_id(numbers: Numbers, rng: np.random.Generator) -> str:
    """The end lost, the start lost, or only region and date written."""
    return pick(
        (numbers.own[:17], numbers.own[:14], numbers.own[1:], numbers.own[:-4] + "****", numbers.own[:16]),
        rng,
    )


def placeholder_id(numbers: Numbers, rng: np.random.Generator) -> str:
    """Something to satisfy the form."""
    return pick(_PLACEHOLDERS, rng)


def siblings_id(numbers: Numbers, rng: np.random.Generator) -> str:
    """A brother's or sister's number; an only child keeps its own."""
    return numbers.siblings or numbers.own


def guardians_id(numbers: Numbers, rng: np.random.Generator) -> str:
    """The parent's card was shown."""
    return numbers.guardians


def fifteen_digit_id(numbers: Numbers, rng: np.random.Generator) -> str:
    """The form of before 1999: no century, no check digit."""
    return numbers.own[:6] + numbers.own[8:17]


def full_width_id(numbers: Numbers, rng: np.random.Generator) -> str:
    """Typed with a Chinese keyboard; or a quote or blanks that a spreadsheet wanted."""
    if rng.random() < 0.5:
        return numbers.own.translate(_FULL_WIDTH)
    own = numbers.own
    return pick((f"'{own}", f" {own}", f"{own} ", f"{own[:6]} {own[6:14]} {own[14:]}", f"\t{own}"), rng)


KINDS: Final[dict[Stratum, Callable[[Numbers, np.random.Generator], str]]] = {
    Stratum.WRONG_DIGIT_ID: wrong_digit_id,
    Stratum.TRUNCATED_ID: truncated_id,
    Stratum.PLACEHOLDER_ID: placeholder_id,
    Stratum.SIBLINGS_ID: siblings_id,
    Stratum.GUARDIANS_ID: guardians_id,
    Stratum.FIFTEEN_DIGIT_ID: fifteen_digit_id,
    Stratum.FULL_WIDTH_ID: full_width_id,
}
