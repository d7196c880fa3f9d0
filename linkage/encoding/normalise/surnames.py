"""Where a Han surname ends and how it is read.

Knows surnames as characters and as sounds; knows nothing of whole names. A surname has readings of its
own (单 is shan, 曾 zeng); a character that no table lists may still be a surname, so callers decide.
"""

from typing import NamedTuple

from linkage.encoding.normalise.pinyin import syllables_of
from linkage.encoding.normalise.tables import read_table


class _Surnames(NamedTuple):
    common: frozenset[str]
    rare: frozenset[str]
    compound: frozenset[str]


_READ_SO = """
单 shan|曾 zeng|仇 qiu|查 zha|解 xie|盖 ge gai|区 ou|朴 piao|任 ren|华 hua|纪 ji|翟 zhai|缪 miao|覃 qin tan|冼 xian
洗 xian|折 she|员 yun|贠 yun|晁 chao|谌 chen shen|繁 po|逄 pang|乜 nie|宓 mi|秘 bi|祭 zhai|隗 wei kui|訾 zi|郗 xi chi
都 du|黑 he|燕 yan|应 ying|宁 ning|乐 yue le|牟 mou mu|那 na|佴 nai|佘 she|厍 she|缴 jiao|句 gou|过 guo|盛 sheng
石 shi|车 che|重 chong|种 chong|卜 bu|柏 bai bo|薄 bo bao|召 shao|曲 qu|尹 yin|参 shen|能 nai|相 xiang|尉 wei yu|万 wan
幺 yao|么 yao|莘 shen xin|郇 xun huan|郄 qie xi|郤 xi|蔚 yu wei|瞿 qu|翁 weng|沈 shen|葛 ge|叶 ye|俞 yu|余 yu
适 kuo|撒 sa|洒 sa|阚 kan|昝 zan|仉 zhang|蹇 jian|亓 qi|殷 yin|夏 xia|贾 jia|谷 gu|强 qiang|少 shao|和 he|行 xing
长 zhang|藏 zang|陶 tao|奇 qi|斗 dou|漆 qi|哈 ha|宿 su|干 gan|粘 nian|大 da|大 da|卒 zu|占 zhan|要 yao|冒 mao|闫 yan
欧阳 ouyang|尉迟 yuchi|万俟 moqi|长孙 zhangsun|单于 chanyu|澹台 tantai|鲜于 xianyu|令狐 linghu|亓官 qiguan
丌官 qiguan|夏侯 xiahou|皇甫 huangfu|宇文 yuwen|慕容 murong|百里 baili|呼延 huyan|乐正 yuezheng|钟离 zhongli
宰父 zaifu|夹谷 jiagu|濮阳 puyang|淳于 chunyu|公冶 gongye|拓跋 tuoba|赫连 helian|独孤 dugu|纳兰 nalan|钮祜 niuhu
"""


def _load() -> _Surnames:
    parts: dict[str, list[str]] = {}
    for line in read_table("surnames.txt"):
        if line in ("single", "rare", "compound"):
            heading = parts.setdefault(line, [])
        else:
            heading += line.split() if " " in line else list(line)
    common = frozenset(parts["single"])
    return _Surnames(common, frozenset(parts["rare"]) - common, frozenset(parts["compound"]))


_TABLE = _load()
COMMON, RARE, COMPOUND = _TABLE
KNOWN = COMMON | RARE


def _own_readings() -> dict[str, tuple[str, ...]]:
    entries = (entry.split() for line in _READ_SO.split("\n") for entry in line.split("|") if entry)
    return {entry[0]: tuple(entry[1:]) for entry in entries}


READ_SO = _own_readings()
"""Surname → its readings where the characters' usual ones would be wrong."""


def surname_length(han: str) -> int:
    """How many leading characters of a Han name are its surname: 2 for a compound surname, else 1."""
    return 2 if len(han) > 2 and han[:2] in COMPOUND else 1


def surname_readings(surname: str) -> tuple[str, ...]:
    """Toneless readings of a Han surname, best first; several syllables are joined ('ouyang')."""
    if surname in READ_SO:
        return READ_SO[surname]
    firsts = [syllables_of(char)[:1] for char in surname]
    return ("".join(first[0] for first in firsts),) if firsts and all(firsts) else ()


COMMON_SOUNDS = frozenset(sound for name in COMMON for sound in surname_readings(name))
SOUNDS = COMMON_SOUNDS | {sound for name in RARE for sound in surname_readings(name)[:1]}
COMPOUND_SOUNDS = frozenset(sound for name in COMPOUND for sound in surname_readings(name))
