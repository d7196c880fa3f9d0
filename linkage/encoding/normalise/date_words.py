"""Han numerals in dates and house numbers → digits.

Reads 二〇一三, 廿三, 三十一, 初六, 正月, 腊月; knows nothing of calendars or addresses.
"""

import re

_DIGITS = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖两", "1234567892", strict=True))
_TENS = {"十": 10, "拾": 10, "廿": 20, "卅": 30, "百": 100, "佰": 100}
NUMERALS = "".join(_DIGITS) + "".join(_TENS)
_RUN = re.compile(f"[{NUMERALS}]+")
_FIRST_DAYS = re.compile("初(?=[一二三四五六七八九十])")
_NAMED_MONTHS = (("正月", "1月"), ("冬月", "11月"), ("腊月", "12月"), ("元月", "1月"), ("元旦", "1月1日"))


def digits_for_words(text: str) -> str:
    """Every run of Han numerals → digits: positional (二〇一三 → 2013) or with tens (二十三 → 23)."""
    if text.isascii():
        return text
    for word, number in _NAMED_MONTHS:
        text = text.replace(word, number)
    return _RUN.sub(lambda run: str(numeral_value(run[0])), _FIRST_DAYS.sub("", text))


def numeral_value(numeral: str) -> str:
    """Digits of one run of Han numerals; leading zeros are kept in positional writing."""
    if not any(char in _TENS for char in numeral):
        return "".join(_DIGITS[char] for char in numeral)
    total, pending = 0, None
    for char in numeral:
        if char in _TENS:
            unit = _TENS[char]
            total += unit if unit in (20, 30) or pending is None else pending * unit
            pending = None
        else:
            pending = int(_DIGITS[char]) if pending is None else pending * 10 + int(_DIGITS[char])
    return str(total + (pending or 0))
