"""Comparisons and levels of the shipped linkage schemas in Chinese, for reviewers; English is the schema's own.

A schema of a site's own is shown by its own words in both languages.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MISSING: Final = "missing"
"""The level of a comparison whose value one of the two records lacks."""
_AND: Final = " + "

CHINESE: Final[Mapping[str, str]] = MappingProxyType(
    {
        # comparisons
        "name": "姓名",
        "given name": "名",
        "surname": "姓",
        "date of birth": "出生日期",
        "household": "家庭",
        "sex": "性别",
        "resident ID": "公民身份号码",
        "identifier": "编号",
        "place": "地点",
        "house": "门牌",
        "phone": "电话",
        # levels
        MISSING: "缺失",
        "absent or different": "没有或不同",
        "same characters": "汉字相同",
        "same pinyin": "拼音相同",
        "swapped or look-alike": "颠倒或形近",
        "same given name": "名相同",
        "surname and one syllable": "姓和一个音节相同",
        "last syllable": "末音节相同",
        "exact": "完全相同",
        "sounds alike": "读音相近",
        "same start or end": "开头或结尾相同",
        "same date": "日期相同",
        "lunar or day and month swapped": "农历或月日颠倒",
        "one part differs": "有一部分不同",
        "same year": "年份相同",
        "guardian": "监护人",
        "address": "地址",
        "village": "村居",
        "same sex": "性别相同",
        "same ID": "号码相同",
        "same identifier": "编号相同",
        "locality and postcode": "地名和邮编相同",
        "near locality, postcode": "地名相近、邮编相同",
        "near both": "两者都相近",
        "near one": "一者相近",
        "same house": "门牌相同",
        "same phone": "电话相同",
    }
)


def chinese(words: str) -> str:
    """The Chinese for a comparison or level of a shipped schema; unknown words as they are."""
    return "＋".join(CHINESE.get(part, part) for part in words.split(_AND))
