"""Fold any cell of text into one writing: width, script, dots, spaces.

Does not know what the text means. Characters are simplified one by one, never by phrase, so that a
character reads the same wherever it stands.
"""

import re
import unicodedata

from opencc import OpenCC

from linkage.encoding.normalise.tables import words

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Character class of Han characters, to be put inside brackets of a pattern."""

_HAN_BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF))
# OpenCC's first choice is wrong or lossy when a personal name is meant.
_KEPT = "乾著摺後徵甯吒袷"
_OWN = {
    "後": "后",
    "徵": "征",
    "甯": "宁",
    "锺": "钟",
    "麽": "么",
    "\ue863": "䶮",  # GB 18030 put these two name characters in the private area until 2005
    "\ue844": "䜣",
}
_DOTS = "•‧∙⋅・᛫⸱ꞏ◦∘"
_DASHES = "‐‑‒–—―−"
_UNREADABLE = "\ufffd"


def _simplification() -> dict[int, str]:
    """Character → simplified character, for every Han character that OpenCC t2s changes."""
    chars = [chr(code) for low, high in _HAN_BLOCKS for code in range(low, high + 1)]
    converted = OpenCC("t2s").convert("\n".join(chars)).split("\n")
    table = {ord(old): new for old, new in zip(chars, converted, strict=True) if old != new and old not in _KEPT}
    table.update((ord(old), new) for old, new in _OWN.items())
    return table


VARIANTS = _simplification()
"""Code point → the character that stands for it; whole, so that a digest can cover it."""

_TABLE: dict[int, str] = {
    **VARIANTS,
    **dict.fromkeys(map(ord, _DOTS), "·"),
    **dict.fromkeys(map(ord, _DASHES), "-"),
}
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_DOT_BETWEEN_HAN = re.compile(rf"(?<=[{HAN}])\s*[.。·]+\s*(?=[{HAN}])")
_SPACES = re.compile(r"\s+")
_ENTITY = re.compile("&(nbsp|ensp|emsp|thinsp|middot|bull);?")
_DOT_ENTITIES = ("middot", "bull")

_PLACEHOLDERS = frozenset(
    words("""
    无 无名氏 待定 未知 不详 不明 未填 未填写 空 空白 无数据 未提供 未登记 未登录 暂无 暂缺 没有 保密 拒答
    拒绝提供 其他 其它 未说明 未说明的 未采集 未录入 待补 待查 待核实 待核 待完善 待确认 不清 不清楚 不知道
    不知 未详 缺 缺失 缺省 不适用 同上 略 无此项 无记录 查无 不祥 未详细 无信息 未标识 身份不明 情况不明
    未办理 未办 未上户 未落户 未申报 无身份证 无证 无证件
    null none nan nat n/a na n.a n\\a nil nul undefined unknown unk missing empty blank tbd test x xx xxx
    notavailable notapplicable notknown notprovided #n/a #na #null! #value! #ref! #name? #num! #div/0!
    \\n
    """)
)
_NOISE = re.compile(r"[\s\-_—~./\\·•*?#|,:;'\"()\[\]{}<>=+^`!&%$@、。《》【】「」□■○●×�]+")


def fold(text: str) -> str:
    """One writing for all: NFKC, simplified, every dot '·', no invisible characters, trimmed.

    '.' becomes '·' between Han characters only (elsewhere it may be a decimal point). A run of white
    space becomes one space; lone surrogates become U+FFFD. Total and idempotent.
    """
    if _PLAIN.fullmatch(text) and "  " not in text and "&" not in text:
        return text
    if not text:
        return ""
    text = _SURROGATE.sub(_UNREADABLE, text)
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.translate(_TABLE)))
    if "&" in text:
        text = _ENTITY.sub(lambda found: "·" if found[1] in _DOT_ENTITIES else " ", text)
    text = _DOT_BETWEEN_HAN.sub("·", text)
    return _SPACES.sub(" ", text).strip()


def is_missing(text: str) -> bool:
    """Whether a cell holds nothing: empty, punctuation alone, all zeros, or a word that says so."""
    folded = fold(text).casefold()
    if not folded:
        return True
    compact = folded.replace(" ", "")
    if compact in _PLACEHOLDERS:
        return True
    bare = _NOISE.sub("", compact)
    return not bare or bare in _PLACEHOLDERS or not bare.strip("0")
