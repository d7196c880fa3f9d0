"""Recognise the entry of a child without a name: mother's name, what the child is, which of several.

Cuts the text only; the mother's name is read elsewhere. Accepts forms without 之 only where a person's own
name can hardly end so.
"""

import re
from typing import NamedTuple

from linkage.encoding.normalise.name_forms import MASK, Sex
from linkage.encoding.normalise.surnames import COMMON, COMPOUND
from linkage.encoding.normalise.text import HAN


class NewbornText(NamedTuple):
    """The mother's name as written, the child's sex if stated, its order if stated."""

    mother: str
    sex: Sex | None
    order: int | None


_ORDER = {
    **dict.fromkeys("长大甲aA1一首", 1),
    **dict.fromkeys("次二乙bB2小", 2),
    **dict.fromkeys("三丙cC3", 3),
    **dict.fromkeys("四丁dD4", 4),
    **dict.fromkeys("五5", 5),
    "老大": 1,
    "老二": 2,
    "老三": 3,
}
_RANK = "长|次|大|小|一|二|三|四|五|老大|老二|老三|幺"
_MANY = "双胞胎|双胎|双生|孪生|三胞胎|三胎|多胞胎|龙凤胎"
_SON = "儿子|男婴儿|男新生儿|男婴|男孩|男宝宝|男宝|男儿|男童|小子|子|男"
_DAUGHTER = "女儿|女婴儿|女新生儿|女婴|女孩|女宝宝|女宝|女童|囡|女"
_EITHER = "新生儿|新生婴儿|婴儿|宝宝|宝贝|毛毛|贝贝|小孩|孩子|孩|婴|宝|娃|儿|胎"
_TAIL = r"[\s(\[-]*(?:之|第|老)?(?P<tail>[甲乙丙丁A-Da-d大小长次一二三四五1-5])?(?:号|胎|个)?[\s)\]]*"
_CHILD = (
    rf"(?P<many>{_MANY})?(?:之|的)?(?P<rank>{_RANK})?"
    rf"(?:(?P<son>{_SON})|(?P<daughter>{_DAUGHTER})|(?P<either>{_EITHER}))?"
)
_MOTHER = rf"(?P<mother>[{HAN}*·]{{2,}}?|[A-Za-z][A-Za-z ,.'-]{{2,40}}?)"
_MARKED = re.compile(rf"{_MOTHER}\s*(?:之|的){_CHILD}{_TAIL}")
_PLAIN = re.compile(
    rf"{_MOTHER}\s*(?:(?P<many>{_MANY})(?:之|的)?(?P<rank>{_RANK})?(?:(?P<son>{_SON})|(?P<daughter>{_DAUGHTER}))?"
    rf"|(?P<kin>{_RANK})?(?:(?P<boy>儿子|男婴儿|男婴|男孩|男宝宝|男宝|男童)"
    rf"|(?P<girl>女儿|女婴儿|女婴|女孩|女宝宝|女宝|女童)"
    rf"|(?P<either>新生儿|新生婴儿|婴儿|宝宝|宝贝|毛毛|婴)))"
    rf"[\s(\[]*(?P<sexed>男|女)?[\s)\]]*{_TAIL}"
)
_BRACKETED = re.compile(
    rf"{_MOTHER}\s*[(\[]\s*(?P<child>之?(?P<rank>{_RANK})?(?:(?P<son>{_SON})|(?P<daughter>{_DAUGHTER})|"
    rf"(?P<either>新生儿|婴儿|宝宝|婴))(?P<tail>[甲乙丙A-Da-d1-5])?)\s*[)\]]"
)
_ENGLISH = re.compile(
    r"(?:newborn\s+)?(?:baby|infant|twin|b/o|bb)\s*(?P<which>boy|girl|son|daughter|male|female)?\s*"
    r"(?P<order>[abAB12])?\s*(?:of\s+)?(?P<mother>[A-Za-z][A-Za-z ,'-]{2,40})",
    re.IGNORECASE,
)
_PINYIN = re.compile(
    r"(?P<mother>[A-Za-z'-]+\s+[A-Za-z' -]+?)\s+zhi[\s-]?(?:(?P<son>zi|er zi|nan)|(?P<daughter>n[vüu]|nyu))",
    re.IGNORECASE,
)
_DAUGHTERS_OWN_NAME = frozenset("淑美玉仙少龙圣侠秀小七神织子才素倩巧处贞孝")
_SPACE_BY_HAN = re.compile(rf"(?<=[{HAN}])\s+|\s+(?=[{HAN}])")
_HINT = re.compile("[子女儿婴孩男宝胎毛贝娃之的囡双]")
_ENGLISH_HINT = re.compile(r"\b(?:baby|infant|twin|b/o|bb|zhi)", re.IGNORECASE)


def cut_newborn(text: str) -> NewbornText | None:
    """Cut folded text (spaces may remain) into mother, sex, order; None when it is no such entry."""
    if _HINT.search(text):
        return _cut_han(_SPACE_BY_HAN.sub("", text))
    if _ENGLISH_HINT.search(text):
        return _cut_latin(text)
    return None


def _cut_han(text: str) -> NewbornText | None:
    found = _MARKED.fullmatch(text)
    if found and (found["many"] or found["son"] or found["daughter"] or found["either"]):
        return _result(found, found["rank"])
    found = _BRACKETED.fullmatch(text)
    if found and found["child"] not in ("男", "女", "子"):  # 李明(男) states a sex
        return _result(found, found["rank"])
    found = _PLAIN.fullmatch(text)
    if found and not _ends_like_a_name(found):
        return _result(found, found["rank"] or found["kin"], found["sexed"])
    return _cut_bare(text)


def _ends_like_a_name(found: re.Match[str]) -> bool:
    """张宝贝 may be a child's own name; 张丽宝贝 names a mother."""
    return len(found["mother"]) < 2


def _cut_bare(text: str) -> NewbornText | None:
    """张丽女, 张小丽子: a common surname, the mother's given name, one word for the child."""
    compact = text.replace(" ", "")
    if len(compact) >= 4 and compact[0] in COMMON and compact[-2:] in ("大双", "小双"):
        return NewbornText(compact[:-2], None, _ORDER[compact[-2]])
    if not compact or compact[0] not in COMMON or compact[:2] in COMPOUND or compact[-1] not in "女子":
        return None
    if compact[1] == "之" and len(compact) == 3:
        return NewbornText(compact[0] + MASK, "M" if compact[-1] == "子" else "F", None)
    if len(compact) == 4 and compact[-2] in "大小长次二三":
        return NewbornText(compact[:2], "M" if compact[-1] == "子" else "F", _ORDER[compact[-2]])
    if len(compact) == 3 and compact[-1] == "女" and compact[1] not in _DAUGHTERS_OWN_NAME:
        return NewbornText(compact[:-1], "F", None)
    if len(compact) == 4 and compact[-2:] not in ("君子", "公子", "王子", "才子", "淑女", "美女", "仙女"):
        return NewbornText(compact[:-1], "M" if compact[-1] == "子" else "F", None)
    return None


def _result(found: re.Match[str], rank: str | None, sexed: str | None = None) -> NewbornText:
    groups = found.groupdict()
    sex: Sex | None = None
    if groups.get("son") or groups.get("boy") or sexed == "男":
        sex = "M"
    elif groups.get("daughter") or groups.get("girl") or sexed == "女":
        sex = "F"
    return NewbornText(found["mother"], sex, _ORDER.get(groups.get("tail") or rank or ""))


def _cut_latin(text: str) -> NewbornText | None:
    found = _ENGLISH.fullmatch(text)
    if found:
        which = (found["which"] or "").lower()
        sex: Sex | None = "M" if which in ("boy", "son", "male") else "F" if which else None
        return NewbornText(found["mother"].strip(), sex, _ORDER.get(found["order"] or ""))
    found = _PINYIN.fullmatch(text)
    if found:
        return NewbornText(found["mother"], "M" if found["son"] else "F", None)
    return None
