"""Surnames and their shares; nothing about given names.

Order and first shares follow the yearly name reports of the Ministry of Public Security (2019 to 2021, rounded); the
hundred commonest cover about 85 % of people, the tail the rest.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.drawing import words

_TOP_SHARES: Final = (
    7.10, 7.00, 6.70, 5.20, 4.50, 3.10, 2.30, 2.10, 2.00, 1.90,
    1.50, 1.40, 1.30, 1.30, 1.20, 1.15, 1.15, 1.15, 1.10, 1.05,
)  # fmt: skip
TOP_HUNDRED: Final = tuple(
    "王李张刘陈杨黄赵吴周徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史"
    "顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
TAIL: Final = tuple(
    "施陶洪翟颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时"
    "舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁"
    "柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来苟全褚廉简娄盖符奚"
    "木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞"
    "卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺雍尚农顿由茅但亓"
    "门禹逢麻淡邰宿青展贡皮区逯戈幸危冶车束隆茹过殷仝酆印浦洛鹿班步扈闻经乌相双贝狄哈"
)
COMPOUND: Final = tuple(words("欧阳 上官 司马 诸葛 皇甫 司徒 尉迟 夏侯 令狐 慕容 端木 东方 公孙 万俟 长孙 宇文"))


def _shares() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    top = np.concatenate([np.asarray(_TOP_SHARES), np.geomspace(0.82, 0.18, len(TOP_HUNDRED) - len(_TOP_SHARES))])
    singles = tuple(s for s in dict.fromkeys(TAIL) if s not in TOP_HUNDRED)
    tail = np.geomspace(1.0, 0.04, len(singles))
    compound = np.geomspace(1.0, 0.05, len(COMPOUND))
    weights = np.concatenate([top / top.sum() * 0.85, tail / tail.sum() * 0.147, compound / compound.sum() * 0.003])
    return (*TOP_HUNDRED, *singles, *COMPOUND), weights


SURNAMES, SHARES = _shares()
_POOL: Final = np.asarray(SURNAMES, dtype=object)
_CUMULATIVE: Final = np.cumsum(SHARES) / SHARES.sum()


def draw_surnames(count: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """`count` surnames with their national shares."""
    ranks = np.searchsorted(_CUMULATIVE, rng.random(count), side="right")
    return np.asarray(_POOL[ranks.clip(max=len(_POOL) - 1)], dtype=object)
