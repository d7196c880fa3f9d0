"""Given names of Han style: children born since 2005, their parents, their grandparents. No surnames, no dotted names.

Characters stand in falling order of frequency as the yearly name reports and school lists show them (rounded, from
public knowledge); shares are Zipf-like, with a tail of rarer characters so that most full names are unique while the
fashionable ones repeat.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.drawing import draw_ranked, words

Strings = NDArray[np.object_]
Flags = NDArray[np.bool_]


def _pool(*characters: str) -> Strings:
    return np.asarray(list(dict.fromkeys("".join(characters))), dtype=object)


_BOY_FIRST: Final = _pool(
    "子浩宇俊梓文一嘉奕泽思天博明志家晨佳皓铭睿承建振宏星瑞书昊沐启亦景世国永哲弘柏锦君逸",
    "雨立成正凯思润远智旭煜伟鑫海晓若乐安敬修恩彦玉云德少金圣传鸿鹏飞庭墨辰熙尚钰",
)
_BOY_SECOND: Final = _pool(
    "轩宇涵泽豪辰杰阳睿浩然晨琪宸航鑫博熙洋霖杨森源瑞诚凡翔城哲恒铭峰文昊天伟楠毅豫言成",
    "朗卓远俊皓乐硕丞煊桐林康龙腾彬骏翰凯嘉羽希逸晗飞斌涛超磊帆强亮明鹏辉勇钧赫",
)
_GIRL_FIRST: Final = _pool(
    "雨欣梓思子诗佳语雅可晨梦一嘉若心静艺紫依婉奕馨慧美芷玥瑾沐怡晓安书钰悦乐曼安昕清羽",
    "舒妍芸婷涵彤宇宛希晴月秋文璐璟琳颖娅筱芮苏妙如灵雪冰玉青亦苡瑶",
)
_GIRL_SECOND: Final = _pool(
    "涵怡萱妍彤欣雯轩婷琪悦瑶馨瑜琳蕊桐颖洁瑞晗玥诺宁萌希可昕佳雅菲茹娜然嘉璇然艺乐妤涵",
    "宸汐媛慧晴婧冉月薇熙雪彩莹蕾露娟敏静倩楠语岚溪芸霏祺琦珊伊凝畅玲珂珍艳",
)
TAIL: Final = _pool(
    "安昂柏邦宝斌丙波彩灿苍常畅超澄驰炽冲崇川春淳聪翠达代丹道登典鼎东栋端敦朵恩发帆芳飞芬丰锋凤福甫富刚钢歌",
    "庚功恭观光广贵桂国果海涵航和河荷鹤衡虹厚华桦怀欢焕晃辉会惠火吉骥佳坚剑健江姜娇皎劲京晶靖炯久举菊巨娟军钧",
    "骏开楷珂科可克宽旷坤兰澜岚朗磊蕾礼力立丽利莉荔连莲良梁亮林临灵玲凌菱令柳露鹿璐伦论洛满茂玫梅媚门萌孟苗淼",
    "民敏名鸣茗沫牧娜南霓年念宁凝培沛佩鹏品平评萍颇朴普七齐其奇淇麒启绮千谦倩乔巧勤青卿晴庆琼秋球曲全权泉群然",
    "染人仁任荣容融如润若赛三珊尚少绍深申圣升生胜盛诗石时实士世仕守寿书树帅双爽水顺朔松素太棠涛滔桃特腾甜廷亭",
    "挺通同彤童望威为维卫蔚巍未文雯闻稳沃武西希熙曦喜霞夏仙贤显现湘祥翔向肖潇晓笑心新信兴幸秀旭绪宣玄学雪勋寻",
    "训迅雅亚延妍岩炎彦艳扬阳洋尧遥耀叶业一伊依宜以义忆易益逸翼殷银寅引英迎盈颖影映庸永咏勇优友有佑余鱼渔宇羽",
    "玉育煜毓元园圆源远苑月岳悦越云匀允运韵载在赞早泽增展战章昭照哲真振镇正之芝知直植志质致智治中忠仲周舟珠竹柱",
    "祝专卓琢资子紫自宗祖钻佐作坐尊遵弋艾芊苒茉莞菡葶蓁薏樱檀梵榆枫楹橙沁泓洛涟淳渝滢潼澈澍煦熠烨焱炫煊",
)
RARE: Final = _pool("翀昇玥甯頔珺赟昱曌旻骁翊奡堃喆犇淼赑燚垚朤彧晟祎祺璟璠瑀珩琨瓅翃翾羿芃茜菀萁葳蔚薾蘅睿濬")
_POPULAR: Final[dict[tuple[int, int], Strings]] = {
    (1, 0): words("子轩 浩然 俊杰 宇轩 子豪 浩宇 文博 宇航 博文 梓轩 志豪 天宇 俊豪 鑫 嘉豪 明轩 佳豪 俊熙 子涵 家豪"),
    (2, 0): words(
        "欣怡 子涵 雨欣 梓涵 佳怡 诗涵 思雨 欣妍 雨涵 佳琪 梦琪 雨桐 静怡 雅婷 思琪 紫涵 雨萱 可欣 欣悦 诗琪"
    ),
    (1, 1): words("浩宇 子轩 奕辰 宇轩 梓睿 浩然 沐宸 宇泽 奕泽 一诺 铭泽 梓豪 睿 子墨 沐辰 亦辰 皓轩 宇辰 俊熙 嘉懿"),
    (2, 1): words(
        "一诺 依诺 欣怡 梓涵 诗涵 欣妍 雨桐 可馨 语桐 若汐 艺涵 梓萱 苡沫 沐妍 语汐 芷萱 可欣 思彤 若曦 一一"
    ),
}
_FATHER: Final = _pool(
    "伟强磊军勇杰涛斌超波辉刚健明峰平鹏亮飞建俊华永志海文国晓东林洋凯龙浩鑫宏春金新成立小德玉少云红兵松庆祥"
)
_MOTHER: Final = _pool(
    "丽静敏燕娟艳芳霞玲娜婷红梅洁莉雪萍颖倩丹琴慧晶莹琳英华云秀玉晓海春小文秋月凤亚美爱雅佳思淑彩兰菊凡银"
)
_ELDER_M: Final = _pool("国建志华明德永军文林金玉平生荣新福成良保学广忠正兴贵祥海宝云春庆龙家士锦汉才发根")
_ELDER_F: Final = _pool("秀桂英兰玉珍芳凤华梅淑美素月云红香琴春惠莲翠爱霞菊娥巧萍芬妹彩仙银金娣")


@dataclass(frozen=True, slots=True)
class Given:
    """Given names as one to three characters; `third` and `second` are "" where the name is shorter."""

    first: Strings
    second: Strings
    third: Strings

    def joined(self) -> Strings:
        """The written given names."""
        return np.asarray(self.first + self.second + self.third, dtype=object)


def draw_children(sex: NDArray[np.int8], year: NDArray[np.int64], rng: np.random.Generator) -> Given:
    """Given names for children (sex 1 male, 2 female) by year of birth: 88 % two characters, 10 % one, 2 % three."""
    count = len(sex)
    boys = sex == 1
    first = np.where(boys, draw_ranked(_BOY_FIRST, count, rng), draw_ranked(_GIRL_FIRST, count, rng))
    second = np.where(boys, draw_ranked(_BOY_SECOND, count, rng), draw_ranked(_GIRL_SECOND, count, rng))
    first = np.where(rng.random(count) < 0.17, draw_ranked(TAIL, count, rng, 0.25), first)
    second = np.where(rng.random(count) < 0.17, draw_ranked(TAIL, count, rng, 0.25), second)
    second = np.where(rng.random(count) < 0.02, draw_ranked(RARE, count, rng, 0.3), second)
    second = np.where(rng.random(count) < 0.02, first, second)
    _take_fashions(first, second, sex, year, rng)
    length = rng.random(count)
    third = np.where(length < 0.02, draw_ranked(TAIL, count, rng, 0.3), "")
    second = np.where(length > 0.90, "", second)
    return Given(first, second, third.astype(object))


def _take_fashions(
    first: Strings, second: Strings, sex: NDArray[np.int8], year: NDArray[np.int64], rng: np.random.Generator
) -> None:
    fashionable = rng.random(len(sex)) < 0.16
    for (kind, late), pool in _POPULAR.items():
        rows = np.flatnonzero(fashionable & (sex == kind) & ((year >= 2014) == bool(late)))
        for row, name in zip(rows, draw_ranked(pool, len(rows), rng, 0.8), strict=True):
            first[row], second[row] = name[0], name[1:]


def draw_parents(female: bool, count: int, rng: np.random.Generator) -> Strings:
    """Given names of people born about 1975 to 1998: 38 % one character."""
    pool = _MOTHER if female else _FATHER
    first = draw_ranked(pool, count, rng)
    first = np.where(rng.random(count) < 0.12, draw_ranked(TAIL, count, rng, 0.3), first)
    second = np.where(rng.random(count) < 0.22, draw_ranked(TAIL, count, rng, 0.3), draw_ranked(pool, count, rng))
    return np.asarray(np.where(rng.random(count) < 0.38, first, first + second), dtype=object)


def draw_elders(female: Flags, rng: np.random.Generator) -> Strings:
    """Given names of people born about 1945 to 1965: 15 % one character."""
    count = len(female)
    men = draw_ranked(_ELDER_M, count, rng) + draw_ranked(_ELDER_M, count, rng)
    women = draw_ranked(_ELDER_F, count, rng) + draw_ranked(_ELDER_F, count, rng)
    short = np.where(female, draw_ranked(_ELDER_F, count, rng), draw_ranked(_ELDER_M, count, rng))
    return np.asarray(np.where(rng.random(count) < 0.15, short, np.where(female, women, men)), dtype=object)
