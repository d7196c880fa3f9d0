"""County divisions that occur in resident IDs and home addresses: the city's own and the homes of its migrants.

Codes are GB/T 2260 (public); the list is a sample, not a gazetteer. The city itself was 海门市 (320684) and became
海门区 (320614) in July 2020.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

RENAMED_ON: Final = np.datetime64("2020-07-01", "D")
OLD_CODE: Final = "320684"
NEW_CODE: Final = "320614"
OLD_NAME: Final = "海门市"
NEW_NAME: Final = "海门区"


@dataclass(frozen=True, slots=True)
class Division:
    """One county: its code, written province, prefecture and county, and how many migrants come from it."""

    code: str
    province: str
    prefecture: str
    county: str
    weight: float


_NEIGHBOURS: Final = """
320681 江苏省 南通市 启东市 6|320612 江苏省 南通市 通州区 8|320623 江苏省 南通市 如东县 4
320682 江苏省 南通市 如皋市 4|320602 江苏省 南通市 崇川区 4|320611 江苏省 南通市 港闸区 1
320621 江苏省 南通市 海安县 2"""
_FAR: Final = """
341226 安徽省 阜阳市 颍上县 9|341221 安徽省 阜阳市 临泉县 9|341222 安徽省 阜阳市 太和县 6
341225 安徽省 阜阳市 阜南县 6|341623 安徽省 亳州市 利辛县 5|341622 安徽省 亳州市 蒙城县 4
341621 安徽省 亳州市 涡阳县 4|341522 安徽省 六安市 霍邱县 5|411525 河南省 信阳市 固始县 7
411625 河南省 周口市 郸城县 5|411624 河南省 周口市 沈丘县 5|411627 河南省 周口市 太康县 4
411628 河南省 周口市 鹿邑县 4|411481 河南省 商丘市 永城市 3|411381 河南省 南阳市 邓州市 3
321322 江苏省 宿迁市 沭阳县 8|321323 江苏省 宿迁市 泗阳县 5|320724 江苏省 连云港市 灌南县 4
320324 江苏省 徐州市 睢宁县 4|320321 江苏省 徐州市 丰县 3|320922 江苏省 盐城市 滨海县 5
320921 江苏省 盐城市 响水县 3|320826 江苏省 淮安市 涟水县 5|511324 四川省 南充市 仪陇县 4
511722 四川省 达州市 宣汉县 4|511725 四川省 达州市 渠县 3|511621 四川省 广安市 岳池县 3
520526 贵州省 毕节市 威宁县 4|520524 贵州省 毕节市 织金县 4|530627 云南省 昭通市 镇雄县 5
361128 江西省 上饶市 鄱阳县 4|361127 江西省 上饶市 余干县 3|421023 湖北省 荆州市 监利县 3
430481 湖南省 衡阳市 耒阳市 3|371322 山东省 临沂市 郯城县 3|451228 广西 河池市 都安县 2"""
_HOMELANDS: Final = """
653101 新疆 喀什地区 喀什市 3|653122 新疆 喀什地区 疏勒县 3|653201 新疆 和田地区 和田市 3
654021 新疆 伊犁州 伊宁县 2|542301 西藏 日喀则地区 日喀则市 2|542121 西藏 昌都地区 昌都县 2
632127 青海省 海东地区 化隆县 2|513431 四川省 凉山州 昭觉县 3|150502 内蒙古 通辽市 科尔沁区 2"""


def _read(text: str) -> tuple[Division, ...]:
    rows = (row.split() for row in text.replace("\n", "|").split("|") if row)
    return tuple(Division(code, province, city, county, float(weight)) for code, province, city, county, weight in rows)


CITY: Final = Division(NEW_CODE, "江苏省", "南通市", NEW_NAME, 0.0)
NEIGHBOURS: Final = _read(_NEIGHBOURS)
FAR: Final = _read(_FAR)
HOMELANDS: Final = _read(_HOMELANDS)
DIVISIONS: Final = (CITY, *NEIGHBOURS, *FAR, *HOMELANDS)
CODES: Final = np.asarray([d.code for d in DIVISIONS], dtype=object)


def draw_divisions(kind: tuple[Division, ...], count: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Indices into DIVISIONS of `count` divisions of one list, by weight."""
    weights = np.asarray([d.weight for d in kind])
    offset = DIVISIONS.index(kind[0])
    return (offset + rng.choice(len(kind), count, p=weights / weights.sum())).astype(np.int16)
