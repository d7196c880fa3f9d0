"""How agencies write dates, sex, ethnicity and phones that are right: formats and codes, no mistakes.

Each `write_*` takes the values of many records and returns as many strings, "" for a missing value.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Strings = NDArray[np.object_]
Numbers = NDArray[np.int64]
FULL: Final = (
    "{0:04d}{1:02d}{2:02d}",
    "{0}-{1:02d}-{2:02d}",
    "{0}年{1}月{2}日",
    "{0}.{1:02d}.{2:02d}",
    "{0}/{1}/{2}",
    "{0}-{1:02d}-{2:02d} 00:00:00",
    "{0}年{1:02d}月{2:02d}日",
    "{0}.{1}.{2}",
)
_MONTH: Final = (
    "{0:04d}{1:02d}",
    "{0}-{1:02d}",
    "{0}年{1}月",
    "{0}.{1:02d}",
    "{0}/{1}",
    "{0}-{1:02d}",
    "{0}年{1:02d}月",
    "{0}.{1}",
)
_ETHNICITY_CODES: Final = {
    "汉族": "01", "蒙古族": "02", "回族": "03", "藏族": "04", "维吾尔族": "05", "苗族": "06", "彝族": "07",
    "壮族": "08", "布依族": "09", "满族": "11", "侗族": "12", "瑶族": "13", "白族": "14", "土家族": "15",
    "哈萨克族": "17", "黎族": "19",
}  # fmt: skip


def write_dates(
    year: Numbers, month: Numbers, day: Numbers, shares: Sequence[float], rng: np.random.Generator
) -> Strings:
    """Dates in the formats of FULL with these shares; day 0 gives year and month, year 0 gives ""."""
    style = rng.choice(len(shares), len(year), p=np.asarray(shares)).tolist()
    rows = zip(style, year.tolist(), month.tolist(), day.tolist(), strict=True)
    return np.asarray([_write_date(*row) for row in rows], dtype=object)


def _write_date(style: int, year: int, month: int, day: int) -> str:
    if not year:
        return ""
    return (FULL[style] if day else _MONTH[style]).format(year, month, day)


def write_days(days: NDArray[np.datetime64], separator: str = "-") -> Strings:
    """Days of taking a record, in one clean format."""
    return np.asarray([str(day).replace("-", separator) for day in days.astype("datetime64[D]").tolist()], dtype=object)


def write_sex(
    sex: NDArray[np.int8], codes: Sequence[Sequence[str]], shares: Sequence[float], rng: np.random.Generator
) -> Strings:
    """Sex 0 unknown, 1 male, 2 female as one of several code triples (unknown, male, female)."""
    table = np.asarray(codes, dtype=object)
    return np.asarray(table[rng.choice(len(codes), len(sex), p=np.asarray(shares)), sex], dtype=object)


def write_ethnicity_codes(ethnicity: Strings) -> Strings:
    """Two-digit codes of GB/T 3304."""
    return np.asarray([_ETHNICITY_CODES.get(e, "") for e in ethnicity], dtype=object)


def write_ethnicity(ethnicity: Strings, bare: float, rng: np.random.Generator) -> Strings:
    """Names of ethnic groups, a share of them without 族."""
    short = rng.random(len(ethnicity)) < bare
    return np.asarray([e.removesuffix("族") if s else e for e, s in zip(ethnicity, short, strict=True)], dtype=object)


def write_phones(
    phones: Strings, landlines: Strings, landline_share: float, note: str, rng: np.random.Generator
) -> Strings:
    """Mobile numbers mostly plain, some with prefix, blanks or a note whose it is; a share are the landline."""
    draws = rng.random((2, len(phones)))
    rows = zip(phones, landlines, draws[0].tolist(), draws[1].tolist(), strict=True)
    return np.asarray(
        [_write_phone(p, line, style, draw < landline_share, note) for p, line, style, draw in rows],
        dtype=object,
    )


def _write_phone(phone: str, line: str, style: float, by_line: bool, note: str) -> str:
    if not phone or style < 0.88:
        if phone and by_line:
            return f"0513-{line}" if style < 0.5 else f"0513{line}" if style < 0.7 else line
        return phone
    if style < 0.91:
        return f"+86{phone}" if style < 0.9 else f"86-{phone}"
    if style < 0.95:
        return f"{phone[:3]} {phone[3:7]} {phone[7:]}" if style < 0.93 else f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
    if style < 0.97:
        return f"+86 {phone}" if style < 0.96 else f"0{phone}"
    return f"{phone}{note}" if style < 0.99 else f" {phone}"
