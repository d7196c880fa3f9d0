"""Mistakes in names, one function per kind: homophone, look-alike, pinyin, nickname, mask…; chance is `rng`.

Each takes a `Name` and gives the written text; text equal to the true name means that this kind cannot strike it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.synthetic.characters import (
    OTHER_READINGS,
    TRADITIONAL,
    homophones,
    lookalikes,
    near_homophones,
    spell,
    spell_surname,
    spell_with_tone,
    surname_length,
)
from linkage.synthetic.drawing import words
from linkage.synthetic.given_names import RARE, TAIL
from linkage.synthetic.strata import Stratum
from linkage.synthetic.striking import pick, pick_front


@dataclass(frozen=True, slots=True)
class Name:
    """A true name in hand: surname and given name (surname "" for the dotted traditions), sex 1 or 2."""

    surname: str
    given: str
    sex: int

    @property
    def whole(self) -> str:
        """The name as registered."""
        return self.surname + self.given


def han_name(whole: str, sex: int) -> Name:
    """Split a Han name at its surname."""
    length = surname_length(whole)
    return Name(whole[:length], whole[length:], sex)


Spoil = Callable[[Name, np.random.Generator], str]
_ENGLISH: Final[dict[int, list[str]]] = {
    1: words(
        "Jack Kevin Tom Leo Eric Jason Andy Alex Peter David Tony Sam Lucas Ryan Jerry Michael Daniel Oscar"
    ).tolist(),
    2: words(
        "Emily Amy Lucy Cindy Anna Alice Coco Bella Grace Sophia Lily Mia Tina Angela Vivian Jenny Yoyo Linda"
    ).tolist(),
}
_PET_NAMES: Final[list[str]] = words(
    "宝宝 毛毛 豆豆 妞妞 乐乐 壮壮 贝贝 丫丫 石头 虎子 点点 大宝 二宝 老大 小宝 囡囡 果果 糖糖"
).tolist()


def _replaced(name: Name, choices: Callable[[str], str], rng: np.random.Generator) -> str:
    """One character replaced; the surname only rarely, people know how it is written."""
    whole, start = name.whole, len(name.surname)
    in_given = list(rng.permutation(np.arange(start, len(whole))))
    in_surname = list(range(start))
    for place in (*in_surname, *in_given) if rng.random() < 0.06 else (*in_given, *in_surname):
        options = choices(whole[place])
        if options:
            return whole[:place] + pick_front(options, rng) + whole[place + 1 :]
    return whole


def homophone(name: Name, rng: np.random.Generator) -> str:
    """A character with the same sound."""
    return _replaced(name, homophones, rng)


def near_homophone(name: Name, rng: np.random.Generator) -> str:
    """A character whose sound a southern ear does not tell apart."""
    return _replaced(name, near_homophones, rng)


def lookalike(name: Name, rng: np.random.Generator) -> str:
    """A character with a similar shape."""
    return _replaced(name, lookalikes, rng)


def character_added(name: Name, rng: np.random.Generator) -> str:
    """A character too many: 小 or another before or after the given name."""
    extra = "小" if rng.random() < 0.3 else TAIL[int(rng.random() * 200)]
    return name.surname + (extra + name.given if rng.random() < 0.4 else name.given + extra)


def character_dropped(name: Name, rng: np.random.Generator) -> str:
    """One of several given characters lost."""
    if len(name.given) < 2:
        return name.whole
    place = int(rng.random() * len(name.given))
    return name.surname + name.given[:place] + name.given[place + 1 :]


def character_swapped(name: Name, rng: np.random.Generator) -> str:
    """The last two given characters exchanged."""
    given = name.given
    return name.surname + given[:-2] + given[:-3:-1] if len(given) > 1 else name.whole


def traditional(name: Name, rng: np.random.Generator) -> str:
    """Traditional forms, where the characters have them."""
    return "".join(TRADITIONAL.get(c, c) for c in name.whole)


def pinyin(name: Name, rng: np.random.Generator) -> str:
    """Only pinyin, in one of many styles and orders."""
    if rng.random() < 0.06:
        marked = "".join(spell_with_tone(c) for c in name.given)
        return f"{''.join(spell_with_tone(c) for c in name.surname)} {marked}"
    surname = spell_surname(name.surname)
    given = [OTHER_READINGS.get(c, spell(c)) if rng.random() < 0.15 else spell(c) for c in name.given]
    text = _PINYIN_STYLES[int(rng.random() * len(_PINYIN_STYLES))](surname, given)
    return text.replace("v", pick(("v", "v", "u", "ü", "yu"), rng)).replace("V", "V")


_PINYIN_STYLES: Final[tuple[Callable[[str, list[str]], str], ...]] = (
    lambda s, g: f"{s.title()} {''.join(g).title()}",
    lambda s, g: f"{s.title()} {''.join(g).title()}",
    lambda s, g: f"{s.upper()} {''.join(g).upper()}",
    lambda s, g: f"{s.upper()} {' '.join(g).upper()}",
    lambda s, g: s + "".join(g),
    lambda s, g: f"{s} {' '.join(g)}",
    lambda s, g: f"{''.join(g).title()} {s.title()}",
    lambda s, g: f"{''.join(g).upper()} {s.upper()}",
    lambda s, g: f"{s.upper()}, {''.join(g).title()}",
    lambda s, g: f"{s.title()} {'-'.join(x.title() for x in g)}",
    lambda s, g: f"{'-'.join(x.title() for x in g)} {s.upper()}",
    lambda s, g: s.title() + "".join(g).title(),
)


def english(name: Name, rng: np.random.Generator) -> str:
    """An English first name, mostly with the surname in pinyin."""
    first = pick(_ENGLISH[name.sex], rng)
    if rng.random() < 0.2:
        return first
    return f"{first} {spell_surname(name.surname).title()}" if rng.random() < 0.7 else name.surname + first


def nickname(name: Name, rng: np.random.Generator) -> str:
    """What the family calls the child."""
    last = name.given[-1]
    styles = (
        f"小{last}",
        f"{last}{last}",
        f"阿{last}",
        name.given,
        pick(_PET_NAMES, rng),
        f"{name.surname}{last}{last}",
    )
    return pick(styles, rng)


def masked(name: Name, rng: np.random.Generator) -> str:
    """A name made unrecognisable for some list that was printed."""
    star = pick(("*", "*", "某", "×", "＊", "X"), rng)
    style = rng.random()
    if style < 0.45 and len(name.given) > 1:
        return name.surname + star + name.given[1:]
    if style < 0.75:
        return name.surname + star * len(name.given)
    return (
        star * len(name.surname) + name.given
        if style < 0.9
        else name.surname + name.given[0] + star * (len(name.given) - 1 or 1)
    )


def unreadable(name: Name, rng: np.random.Generator) -> str:
    """A character that the system could not store."""
    given = name.given
    rare = [i for i, c in enumerate(given) if c in _RARE]
    place = rare[0] if rare else int(rng.random() * len(given))
    return name.surname + given[:place] + pick(("?", "□", "？", "■", "〓"), rng) + given[place + 1 :]


_RARE: Final = frozenset(RARE.tolist())


def holds_rare(whole: str) -> bool:
    """Whether an old system may fail to store one of the characters."""
    return not _RARE.isdisjoint(whole)


def spaced(name: Name, rng: np.random.Generator) -> str:
    """Stray blanks, narrow, wide or unseen."""
    blank = pick((" ", " ", "\u3000", "\u00a0", "  "), rng)
    style = rng.random()
    if style < 0.5:
        return name.surname + blank + name.given
    return name.whole + blank if style < 0.75 else blank + name.whole


def ethnic_cut(name: Name, rng: np.random.Generator) -> str:
    """Only the part before the dot, or what fits into four characters."""
    whole = name.given
    if "·" in whole:
        return whole.split("·")[0]
    return whole[:4] if len(whole) > 4 else whole[:2] if len(whole) > 2 else whole


def ethnic_dot(name: Name, rng: np.random.Generator) -> str:
    """Another of the many dots, or none."""
    return name.given.replace("·", pick(("•", ".", "．", "・", "‧", "-", " ", "", "。", "∙"), rng))


_SPELLINGS: Final = tuple(
    pair.split("/")
    for pair in words(
        "买买提/麦麦提 麦麦提/买买提 阿卜杜/阿布都 阿布都/阿不都 古丽/古力 古丽/姑丽 吐尔逊/图尔荪 "
        "图尔荪/吐尔逊 艾力/艾里 木拉提/穆拉提 努尔/奴尔 依明/伊明 玉素甫/玉苏甫 艾合买提/艾海提 热/日 "
        "次仁/才让 扎西/札西 卓玛/卓么 旦增/丹增 丹增/旦增 洛桑/罗桑 平措/彭措 其其格/琪琪格 图雅/托娅 "
        "托娅/图雅 巴特尔/巴图 阿依/阿伊 呷/嘎 尔布/日布 伊/依 依/伊 迪/地 丽/莉 尔/儿 娜/那"
    )
)


def ethnic_spelling(name: Name, rng: np.random.Generator) -> str:
    """Another transcription of the same sounds."""
    fitting = [(old, new) for old, new in _SPELLINGS if old in name.given]
    if not fitting:
        return name.given
    old, new = fitting[int(rng.random() ** 2 * len(fitting))]
    return name.given.replace(old, new, 1)


def ethnic_pinyin(name: Name, rng: np.random.Generator) -> str:
    """The transcription spelled in pinyin."""
    parts = ["".join(spell(c) for c in part) for part in name.given.split("·")]
    joined = pick((" ", " ", "·", ""), rng).join(part.title() for part in parts)
    return joined.upper() if rng.random() < 0.4 else joined


def newborn(mother: str, sex: int, birth_order: int, rng: np.random.Generator) -> str:
    """A child without a name yet: the mother's name and what the ward adds; twins are numbered in some way."""
    son = sex == 1
    base = pick((f"{mother}之{'子' if son else '女'}",) * 4 + (f"{mother}{'男' if son else '女'}婴", f"{mother}之婴",
                f"{mother}{'儿子' if son else '女儿'}", f"{mother}宝宝"), rng)  # fmt: skip
    if not birth_order:
        return base if rng.random() < 0.9 else f"{mother}之{pick(('长', '次', '三'), rng)}{'子' if son else '女'}"
    first = birth_order == 1
    marks = (("大", "小"), ("A", "B"), ("1", "2"), ("一", "二"), ("甲", "乙"), ("(大)", "(小)"), ("Ⅰ", "Ⅱ"))
    mark = marks[int(rng.random() * len(marks))][0 if first else 1]
    if rng.random() < 0.15:
        return f"{mother}双胞胎{mark}"
    return f"{base}{mark}"


HAN_KINDS: Final[dict[Stratum, Spoil]] = {
    Stratum.HOMOPHONE: homophone,
    Stratum.NEAR_HOMOPHONE: near_homophone,
    Stratum.LOOKALIKE: lookalike,
    Stratum.CHARACTER_ADDED: character_added,
    Stratum.CHARACTER_DROPPED: character_dropped,
    Stratum.CHARACTER_SWAPPED: character_swapped,
    Stratum.TRADITIONAL: traditional,
    Stratum.PINYIN: pinyin,
    Stratum.ENGLISH: english,
    Stratum.NICKNAME: nickname,
    Stratum.MASKED: masked,
    Stratum.UNREADABLE: unreadable,
}
ETHNIC_KINDS: Final[dict[Stratum, Spoil]] = {
    Stratum.ETHNIC_CUT: ethnic_cut,
    Stratum.ETHNIC_DOT: ethnic_dot,
    Stratum.ETHNIC_SPELLING: ethnic_spelling,
    Stratum.ETHNIC_PINYIN: ethnic_pinyin,
}
