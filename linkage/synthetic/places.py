"""The city's towns, villages, estates and roads, and addresses in them as arrays; nothing about how they are written.

Village names repeat across towns as they do in reality (新民 is everywhere). The city grows with its children: about
300 children to a village.
"""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.divisions import FAR, HOMELANDS, NEIGHBOURS, draw_divisions
from linkage.synthetic.drawing import draw_ranked, words

Strings = NDArray[np.object_]


class Kind(IntEnum):
    """What an address looks like: village with group and house, road with house and flat, estate, far home."""

    VILLAGE = 0
    ROAD = 1
    ESTATE = 2
    ELSEWHERE = 3


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses side by side: `n1 n2 n3` are group and house (VILLAGE, ELSEWHERE), house, building and room (ROAD) or
    building, unit and room (ESTATE); `division` indexes `divisions.DIVISIONS`, 0 for the city; `town` has its suffix.
    """

    kind: NDArray[np.int8]
    division: NDArray[np.int16]
    town: Strings
    place: Strings
    road: Strings
    n1: NDArray[np.int16]
    n2: NDArray[np.int16]
    n3: NDArray[np.int16]

    def take(self, rows: NDArray[np.int64]) -> "Addresses":
        """The addresses at these positions."""
        return Addresses(*(getattr(self, f.name)[rows] for f in fields(self)))

    def where(self, mask: NDArray[np.bool_], other: "Addresses") -> "Addresses":
        """`other` where the mask holds, else these."""
        return Addresses(*(np.where(mask, getattr(other, f.name), getattr(self, f.name)) for f in fields(self)))


_TOWNS: Final = words(
    "海门 三厂 常乐 悦来 四甲 余东 正余 包场 临江 海永 三星 滨江 德胜 树勋 天补 麒麟 货隆 万年 刘浩 王浩 "
    "东灶港 平山 国强 三阳 六匡 瑞祥 江心沙 新河 开源 富江 长桥 永安 兴隆 秀山 汤家 二甲 金沙 西亭 川港 "
    "张芝山 先锋 五接 平潮 石港 骑岸 刘桥 东社 十总 余西 吕四 近海 寅阳 惠萍 东海 南阳 汇龙 海复 合作 "
    "王鲍 北新 启隆 岔河 马塘 丰利 双甸 洋口 曹埠 长沙 大豫 河口"
)
_VILLAGES: Final = words(
    "新民 红旗 光明 团结 和平 东风 前进 建设 民主 胜利 新建 永和 中心 双桥 三合 五一 八一 友谊 新华 幸福 "
    "联合 长春 大同 万安 太平 新镇 保卫 工农 永兴 合兴 海滨 江滨 向阳 朝阳 培育 育才 正新 德新 平安 福民 "
    "富民 利民 爱民 裕民 惠民 同心 同兴 兴旺 兴业 中兴 振兴 复兴 新兴 新丰 丰产 丰收 庆丰 永丰 河南 河北 "
    "河东 河西 桥南 桥北 通源 通海 海界 海东 海西 启新 匡东 匡西 三鸣 二匡 四匡 六甲 八匡 十字港 头桥 "
    "二桥 三桥 大洪 小洪 新港 老港 黄家 陆家 施家 沈家 倪家 茅家 忠和 忠义 仁和 仁义 礼和 信义 孝义 凤凰 "
    "龙腾 麒麟 锦绣 青龙 白龙 蟹子 螺蛳 芦墩 竹园 桃园 梅园 柳园 桑园 松林"
)
_ESTATES: Final = words(
    "阳光花园 锦绣家园 碧桂园 中央花园 东方花苑 金色水岸 滨江花园 世纪新城 万科城 恒大绿洲 绿地新都会 "
    "书香门第 丽景苑 龙馨园 景瑞望府 海悦花园 御景湾 香榭丽舍 天籁花园 凤凰城 海兴花苑 育才新村 人民新村 "
    "解放新村 南苑小区 北苑小区 东洲小区 西城小区 江海新村 秀山小区 狮山花园 名都花园 国际公寓 金桥花园 "
    "紫金华府 翰林府 运河人家 水韵名邸 新天地 通源新村"
)
_ROADS: Final = words(
    "人民路 解放路 中山路 北京路 上海路 长江路 黄海路 青年路 民生路 建设路 新华路 文化路 学院路 友谊路 "
    "富强路 南海路 珠江路 秀山路 张謇大道 瑞江路 嘉陵江路 岷江路 浦江路 通源路 江海路 世纪大道 东洲路 "
    "静海路 狮山路 育才路 河滨路 工业园路"
)
_FAR_TOWNS: Final = words(
    "城关镇 王店镇 李集镇 杨桥镇 张庄镇 新村乡 双河镇 黄岭镇 赵集镇 刘楼乡 马店镇 太平镇 大庙镇 高塘镇 "
    "龙门乡 永兴镇 柳林乡 石桥镇 三塔镇 安丰镇"
)
_FAR_VILLAGES: Final = words(
    "王庄 李庄 张庄 刘寨 陈楼 杨营 赵湾 周庄 大李庄 小王庄 前进 红星 新庄 后刘 前张 东风 胜利 光明 团结 "
    "朱庄 马寨 孙楼 高庄 徐圩 何岗 郭店 大桥 小河 石桥 双庙"
)


@dataclass(frozen=True, slots=True)
class Map:
    """The city's places: towns with their suffix, and for each town its villages, estates and roads (2-D arrays)."""

    towns: Strings
    urban: NDArray[np.bool_]
    villages: Strings
    estates: Strings
    roads: Strings


def draw_map(children: int, rng: np.random.Generator) -> Map:
    """A city for so many children: 8 to 70 towns with 10 to 24 villages each."""
    count = int(np.clip(round(children**0.5 / 8), 8, len(_TOWNS)))
    villages = int(np.clip(children / count / 200, 10, 24))
    urban = np.arange(count) % 4 == 0
    towns = np.asarray([t + ("街道" if u else "镇") for t, u in zip(_TOWNS, urban, strict=False)], dtype=object)
    pick = [rng.permutation(len(_VILLAGES))[:villages] for _ in range(count)]
    estates = [rng.permutation(len(_ESTATES))[:8] for _ in range(count)]
    roads = [rng.permutation(len(_ROADS))[:8] for _ in range(count)]
    return Map(towns, urban, _VILLAGES[np.asarray(pick)], _ESTATES[np.asarray(estates)], _ROADS[np.asarray(roads)])


def draw_in_city(
    city: Map, village: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Addresses, NDArray[np.int64]]:
    """One address in the city for each entry of `village` (True: a village house), and the index of its town."""
    count = len(village)
    towns = len(city.towns)
    rural = np.cumsum(1.0 / (np.arange(towns) + 6.0))
    town = np.searchsorted(rural, rng.random(count) * rural[-1]).astype(np.int64)
    town = np.where(village | (rng.random(count) < 0.35), town, rng.choice(np.flatnonzero(city.urban), count))
    place = city.villages[town, _slots(city.villages.shape[1], count, rng)]
    estate = ~village & (rng.random(count) < 0.6)
    road = city.roads[town, _slots(city.roads.shape[1], count, rng)]
    place = np.where(estate, city.estates[town, _slots(city.estates.shape[1], count, rng)], place)
    kind = np.where(village, Kind.VILLAGE, np.where(estate, Kind.ESTATE, Kind.ROAD)).astype(np.int8)
    room = rng.integers(1, 19, count) * 100 + rng.integers(1, 5, count)
    n1 = np.where(
        village,
        rng.integers(1, 36, count),
        np.where(estate, rng.integers(1, 49, count), rng.integers(1, 400, count)),
    )
    n2 = np.where(
        village,
        rng.integers(1, 75, count),
        np.where(estate, rng.integers(1, 5, count), rng.integers(1, 13, count)),
    )
    addresses = Addresses(
        kind, np.zeros(count, np.int16), city.towns[town], place, np.where(kind == Kind.ROAD, road, ""),
        n1.astype(np.int16), n2.astype(np.int16), np.where(village, 0, room).astype(np.int16),
    )  # fmt: skip
    return addresses, town


def _slots(width: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    shares = np.cumsum(1.0 / (np.arange(width) + 4.0))
    return np.asarray(np.searchsorted(shares, rng.random(count) * shares[-1]), dtype=np.int64)


def draw_elsewhere(homeland: NDArray[np.bool_], rng: np.random.Generator) -> Addresses:
    """Home addresses of migrants: far provinces and neighbouring counties, or a homeland where the mask holds."""
    count = len(homeland)
    division = np.where(
        rng.random(count) < 0.8, draw_divisions(FAR, count, rng), draw_divisions(NEIGHBOURS, count, rng)
    )
    division = np.where(homeland, draw_divisions(HOMELANDS, count, rng), division).astype(np.int16)
    return Addresses(
        np.full(count, Kind.ELSEWHERE, np.int8), division, draw_ranked(_FAR_TOWNS, count, rng, 0.5),
        draw_ranked(_FAR_VILLAGES, count, rng, 0.5), np.full(count, "", dtype=object),
        rng.integers(1, 20, count).astype(np.int16), rng.integers(1, 90, count).astype(np.int16),
        np.zeros(count, np.int16),
    )  # fmt: skip
