"""Read a child's sex: GB/T 2261.1 codes, Chinese and English words.

Unknown, unstated and contradictory values are None.
"""

import re
from typing import Literal

from linkage.encoding.normalise.tables import words
from linkage.encoding.normalise.text import fold

_CODES: dict[str, Literal["M", "F"]] = {
    **dict.fromkeys(words("1 01 5 m male boy man mr son b xy ♂ nan nanxing"), "M"),
    **dict.fromkeys(words("2 02 6 f female girl woman ms mrs miss daughter g w xx ♀ nv nu nvxing"), "F"),
}
"""GB/T 2261.1 gives 5 to those changed to male and 6 to those changed to female."""
_MALE = re.compile("[男♂]|先生|公子")
_FEMALE = re.compile("[女♀]|小姐|千金")
_TRAILING = re.compile(r"\.0+$")
_NOISE = re.compile(r"[\s'\"`.,;:_()\[\]/|\-]+")
_MOST_TEXT = 40
_MOST_RAW = 4000


def read_sex(text: str) -> Literal["M", "F"] | None:
    """'M', 'F' or None: 1, '1.0', '男', '男性', '1-男', 'male', '男孩' and the like."""
    folded = fold(text[:_MOST_RAW]).casefold()
    if len(folded) > _MOST_TEXT:
        return None
    male, female = bool(_MALE.search(folded)), bool(_FEMALE.search(folded))
    if male or female:
        return None if male and female else "M" if male else "F"
    return _CODES.get(_NOISE.sub("", _TRAILING.sub("", folded)))
