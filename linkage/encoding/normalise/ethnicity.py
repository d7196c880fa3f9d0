"""Read an ethnic group: names and codes of GB/T 3304.

Gives the two-digit code; 'other' and unknown are None.
"""

import re

from linkage.encoding.normalise.tables import words
from linkage.encoding.normalise.text import fold

_NAMES = words(
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 "
    "水 东乡 纳西 景颇 柯尔克孜 土 "
    "达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 "
    "裕固 京 塔塔尔 独龙 鄂伦春 赫哲 "
    "门巴 珞巴 基诺"
)
_LETTERS = words(
    "HA MG HU ZA UG MH YI ZH BY CS MA DO YA BA TJ HN KZ DA LI LS VA SH GS LH SU DX NX JP KG TU DU ML "
    "QI BL SL MN GL "
    "XB AC PM TA NU UZ RS EW DE BN YG GI TT DR OR HZ MB LB JN"
)
_ALIASES = {
    "维": "05",
    "哈": "17",
    "蒙": "02",
    "鲜": "10",
    "布衣": "09",
    "柯尔克": "29",
    "乌孜": "43",
    "han": "01",
    "hanchinese": "01",
    "hanzu": "01",
    "hui": "03",
    "uyghur": "05",
    "uighur": "05",
    "tibetan": "04",
    "mongol": "02",
    "mongolian": "02",
    "kazakh": "17",
    "manchu": "11",
    "zhuang": "08",
    "miao": "06",
    "korean": "10",
}
_CODES = {
    **{name: f"{place:02}" for place, name in enumerate(_NAMES, start=1)},
    **{letters.casefold(): f"{place:02}" for place, letters in enumerate(_LETTERS, start=1)},
    **_ALIASES,
}
_NUMBER = re.compile(r"(\d{1,2})(?:\.0+)?")
_LEADING = re.compile(r"(\d{1,2})[\s\-_.:/]*(?=[^\d\s])")
_MOST_TEXT = 40
_MOST_RAW = 4000


def read_ethnicity(text: str) -> str | None:
    """'01' to '56', or '98' (naturalised), from 汉, 汉族, 1, '01-汉族', HA; None for anything else."""
    folded = fold(text[:_MOST_RAW])
    if len(folded) > _MOST_TEXT:
        return None
    folded = re.sub(r"[\s'\"()·]+", "", folded).casefold()
    number = _NUMBER.fullmatch(folded)
    if number:
        value = int(number[1])
        return f"{value:02}" if 1 <= value <= 56 or value == 98 else None
    named = _LEADING.sub("", folded, count=1)
    return _CODES.get(named) or _CODES.get(named.removesuffix("族"))
