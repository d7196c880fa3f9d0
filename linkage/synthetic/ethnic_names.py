"""Names of the traditions without a Han surname: Uyghur and Kazakh patronyms, Yi clans, Tibetan and Mongol names.

Gives whole names in the usual Han transcription, with a middle dot where the tradition has one. Not a study of these
names: enough forms to meet dots, long names, shared father's names and several spellings of one syllable.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.drawing import draw_ranked, words

Strings = NDArray[np.object_]


class Tradition(IntEnum):
    """Which naming tradition a family follows; HAN includes the minorities that use Han-style names."""

    HAN = 0
    UYGHUR = 1
    KAZAKH = 2
    TIBETAN = 3
    MONGOL = 4
    YI = 5


SHARES: Final = (0.0, 0.42, 0.12, 0.22, 0.10, 0.14)
ETHNICITY: Final = {
    Tradition.UYGHUR: "维吾尔族",
    Tradition.KAZAKH: "哈萨克族",
    Tradition.TIBETAN: "藏族",
    Tradition.MONGOL: "蒙古族",
    Tradition.YI: "彝族",
}
HAN_STYLE: Final = words("回族 土家族 苗族 壮族 满族 布依族 侗族 瑶族 白族 黎族")


_GIVEN: Final[dict[tuple[Tradition, int], Strings]] = {
    (Tradition.UYGHUR, 1): words(
        "买买提 艾力 阿卜杜拉 吐尔逊 艾尼瓦尔 伊力亚斯 阿迪力 库尔班 依明 玉素甫 凯赛尔 艾合买提 木拉提 热合曼 "
        "买合木提 阿力木 努尔买买提 伊布拉音 萨比尔 吾斯曼 帕尔哈提 迪力夏提 艾克拜尔 亚森 "
        "卡迪尔 图尔荪 麦麦提 阿布都热依木 麦麦提艾力 努尔麦麦提"
    ),
    (Tradition.UYGHUR, 2): words(
        "古丽 阿依古丽 热孜万古丽 帕提古丽 麦尔哈巴 努尔比娅 迪丽努尔 阿曼古丽 祖丽胡玛尔 米日古丽 阿孜古丽 热依拉 "
        "伊帕尔 古丽娜 穆妮热 凯丽比努尔 阿米娜 再娜普 苏比努尔 帕孜丽亚 麦迪娜 布再娜 古丽米热 阿依努尔"
    ),
    (Tradition.KAZAKH, 1): words(
        "叶尔兰 巴合提 努尔兰 赛力克 木拉提别克 叶尔肯 胡安 达吾列提 哈那提 阿依丁 别克 沙吾列 加尔肯 叶斯波力"
    ),
    (Tradition.KAZAKH, 2): words(
        "古丽娜尔 阿依江 巴合提古丽 努尔古丽 沙拉 迪娜 阿依波塔 叶尔克江 加娜尔 哈依夏 阿丽娅 赛吾列"
    ),
    (Tradition.TIBETAN, 1): words("扎西 次仁 多吉 平措 旦增 洛桑 顿珠 格桑 丹增 尼玛 索朗 边巴 强巴 贡嘎 罗布 仁青"),
    (Tradition.TIBETAN, 2): words("卓玛 央金 拉姆 德吉 白玛 曲珍 卓嘎 措姆 尼玛 格桑 次仁 旺姆 央宗 巴桑 达瓦 玉珍"),
    (Tradition.MONGOL, 1): words("巴特尔 苏和 那日苏 阿古拉 布和 朝鲁 哈斯 额尔敦 宝音 孟和 呼和 青格勒 恩和 吉日嘎拉"),
    (Tradition.MONGOL, 2): words(
        "娜仁 其其格 萨仁 乌兰 高娃 托娅 图雅 斯琴 阿茹娜 苏日娜 乌云 通拉嘎 娜仁托娅 萨仁高娃"
    ),
    (Tradition.YI, 1): words("拉铁 伍呷 木呷 尔古 阿木 日黑 古布 史布 尔布 子呷 克古 拉者 曲布 木牛"),
    (Tradition.YI, 2): words("阿呷 伍牛 阿依 金支 尔作 日作 史洛 小依 子作 阿果 拉作 古洛 木支 布作"),
}
_CLANS: Final = words("吉克 阿苏 沙马 吉木 阿的 曲木 马海 俄木 吉乃 勒格 阿力 海来 比曲 罗洪 依火 加拉")


def draw_families(tradition: NDArray[np.int8], rng: np.random.Generator) -> tuple[Strings, Strings, Strings]:
    """(line, father, mother) per family: `line` is what children carry after or before the dot ("" where none)."""
    count = len(tradition)
    line, father, mother = (np.full(count, "", dtype=object) for _ in range(3))
    for kind in list(Tradition)[1:]:
        rows = np.flatnonzero(tradition == kind)
        men, women = _GIVEN[kind, 1], _GIVEN[kind, 2]
        own = draw_ranked(men, len(rows), rng, 0.6)
        if kind is Tradition.YI:
            own = draw_ranked(_CLANS, len(rows), rng, 0.6)
        line[rows] = own if kind in (Tradition.UYGHUR, Tradition.KAZAKH, Tradition.YI) else ""
        grand = draw_ranked(men, len(rows), rng, 0.6)
        father[rows] = _compose(
            kind, own if kind is not Tradition.YI else grand, own if kind is Tradition.YI else grand
        )
        mother[rows] = _compose(kind, draw_ranked(women, len(rows), rng, 0.6), _other_line(kind, len(rows), rng))
    return line, father, mother


def draw_child_names(
    tradition: NDArray[np.int8], line: Strings, sex: NDArray[np.int8], rng: np.random.Generator
) -> Strings:
    """Whole names of children; "" where the tradition is HAN."""
    names = np.full(len(tradition), "", dtype=object)
    for kind in list(Tradition)[1:]:
        for gender in (1, 2):
            rows = np.flatnonzero((tradition == kind) & (sex == gender))
            given = draw_ranked(_GIVEN[kind, gender], len(rows), rng, 0.6)
            names[rows] = _compose(kind, given, _second_part(kind, gender, line[rows], rng))
    return names


def _second_part(kind: Tradition, gender: int, line: Strings, rng: np.random.Generator) -> Strings:
    if kind is Tradition.TIBETAN:
        return draw_ranked(_GIVEN[kind, gender], len(line), rng, 0.6)
    return line


def _other_line(kind: Tradition, count: int, rng: np.random.Generator) -> Strings:
    return draw_ranked(_CLANS if kind is Tradition.YI else _GIVEN[kind, 1], count, rng, 0.6)


def _compose(kind: Tradition, given: Strings, line: Strings) -> Strings:
    if kind is Tradition.MONGOL:
        return given
    if kind is Tradition.TIBETAN:
        return np.asarray([a + b if a != b else a for a, b in zip(given, line, strict=True)], dtype=object)
    if kind is Tradition.YI:
        return np.asarray(line + "·" + given, dtype=object)
    return np.asarray(given + "·" + line, dtype=object)
