"""Coarse shapes of values, by which a column shows what it holds. A shape is a pattern, not a reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from linkage.encoding.column_names import Trait
from linkage.encoding.normalise.text import HAN

_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤施季花倪俞"
)
_SEX_WORDS: Final = frozenset(
    ("0", "1", "2", "9", "m", "f", "u", "male", "female", *"男女", "男性", "女性", "男孩", "女孩")
)
_RESIDENT_ID: Final = re.compile(r"\d{6}(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dXx]")
_DATE: Final = re.compile(
    r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])|(19|20)\d\d[-/.年]\d{1,2}([-/.月]\d{1,2}日?|月)?([ T]\d.*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](19|20)?\d\d"
)
_PHONE: Final = re.compile(r"(\+?86|0086)?-?1[3-9]\d{9}|0\d{2,3}-?[2-9]\d{6,7}|\+?\d{8,14}")
_HAN_NAME: Final = re.compile(f"[{HAN}][{HAN}*]{{1,3}}|[{HAN}]{{1,10}}(·[{HAN}]{{1,10}})+")
_ADDRESS: Final = re.compile(f"(?=.*[省市县区镇乡村路街号幢栋室组弄巷屯寨旗楼])(?=.*[{HAN}]{{3}}).{{5,}}")

SHAPES: Final[Mapping[Trait, Callable[[str], bool]]] = {
    "id": lambda text: bool(_RESIDENT_ID.fullmatch(text)),
    "birth": lambda text: bool(_DATE.fullmatch(text)),
    "phone": lambda text: bool(_PHONE.fullmatch(re.sub(r"[\s()]", "", text))),
    "sex": lambda text: text.casefold() in _SEX_WORDS,
    "ethnicity": lambda text: text.endswith("族") and len(text) <= 6,
    "name": lambda text: bool(_HAN_NAME.fullmatch(text)) and (text[0] in _SURNAMES or "·" in text),
    "address": lambda text: bool(_ADDRESS.fullmatch(text)),
}
