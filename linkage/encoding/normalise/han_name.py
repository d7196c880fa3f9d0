"""Read a name in Han characters: surname, given name, masks, names without a surname, undotted ethnic names.

Expects folded text of one name alone: no labels, brackets, titles or spaces (name_cell.py removes them).
"""

import re
from itertools import product

from linkage.encoding.normalise.name_forms import MASK, MOST_READINGS, Name, Reading
from linkage.encoding.normalise.pinyin import syllables_of
from linkage.encoding.normalise.surnames import COMMON, COMPOUND, KNOWN, surname_length, surname_readings
from linkage.encoding.normalise.tables import words
from linkage.encoding.normalise.text import HAN

_COMPOSED = re.compile(rf"[⿰-⿻][{HAN}]{{2,3}}")
_UNREADABLE = re.compile("[*?#_@□■●○〇◯×✕✖囗\u25a1\ufffd\u25af\u3013\ue000-\uf8ff\U000f0000-\U0010fffd某]")
_CROSSES = re.compile("[xX]")
_ONLY_HAN = re.compile(rf"[{HAN}*]+")

# Characters that write foreign sounds; an undotted name made of them is a transliteration.
_SOUND_ONLY = frozenset(
    "买提艾力古丽尼亚克木江热依布拉卡斯合阿孜孜麦吾尔迪娜扎帕沙赛普热曼苏图孙热则依木克力别克提汗汉甫"
    "肉萨热阿不都外力巴哈奴努尔夏帕依再娜吐逊玉素甫司马义米热姆乎伊赛买斯迪克吉格次仁央旺堆顿珠卓玛措姆"
    "巴桑罗布索朗旦增丹增才让仁杰多平措嘉措其其格乌云巴特尔图雅苏日娜那仁额尔敦毕力高娃阿木古郎达瓦洛桑贡布加泽仁尔"
)
_SHORT_ETHNIC = frozenset(
    words("""
    卓玛 扎西 多吉 格桑 次仁 达瓦 尼玛 桑珠 丹增 旦增 旺姆 拉姆 央金 平措 顿珠 巴桑 米玛 边巴 普布 索朗 罗布
    德吉 白玛 仁增 洛桑 强巴 曲珍 措姆 卓嘎 旺堆 贡布 泽仁 嘉措 巴图 娜仁 其其格 乌云 高娃 图雅 那仁 苏日娜
    斯琴 宝音 阿茹娜 萨仁 朝鲁 巴雅尔 白玛 梅朵
    琪琪格 琪木格 才让 才仁 多杰 卓嘎 益西 旦珍 仓决 阿衣 阿果 阿依 依力 马海
    巴特尔 买买提 古丽娜 阿依努 艾力 吐逊 热娜 玉素甫 阿迪力 帕提古 依米提 艾山 艾合买提 阿曼
    """)
)
_CHILDISH = frozenset("宝贝毛丫妞囡娃仔崽蛋豆妮狗牛虎胖点")
_KINDS_OF_CHILD = frozenset("弟妹哥姐")


def mask_unreadable(text: str) -> str:
    """Every masked, missing or composed character → '*'; crosses (王XX) only beside Han characters."""
    text = _COMPOSED.sub(MASK, text)
    text = _UNREADABLE.sub(MASK, text)
    bare = _CROSSES.sub(MASK, text)
    return bare if _ONLY_HAN.fullmatch(bare) else text


def read_han(text: str, sounds: dict[int, str] | None = None) -> Name | None:
    """Read masked Han characters (see `mask_unreadable`); None when none of them is readable.

    `sounds` gives the syllable of a masked character by its place, where pinyin stood for it (李yan).
    """
    if not text.strip(MASK):
        return None
    if is_undotted_ethnic(text):
        return read_ethnic((text,))
    if len(text) > 5:
        return None
    length = _surname_length(text)
    surname, given = text[:length], text[length:]
    sounds = sounds or {}
    options = [(sounds[n],) if n in sounds else syllables_of(char) for n, char in enumerate(text)]
    readings = _combine(surname, given, options[length:])
    shown = "" if surname.startswith(MASK) else surname
    return Name("han", shown, given, (), readings, nickname=length == 0)


def read_ethnic(parts: tuple[str, ...]) -> Name:
    """A name of parts (买买提 · 艾力): no surname; read by its first part, then as a whole."""
    first, whole = _syllables(parts[0]), _syllables("".join(parts))
    readings = tuple(dict.fromkeys(Reading("", given) for given in (first, whole)))
    return Name("ethnic", "", parts[0], parts, readings)


def is_undotted_ethnic(text: str) -> bool:
    """Whether a name without dots is a transliteration, by its length, surname and characters."""
    if text in _SHORT_ETHNIC:
        return True
    if len(text) < 3 or text[:2] in COMPOUND:
        return False
    if len(text) == 4 and text[:2] in _SHORT_ETHNIC and text[2:] in _SHORT_ETHNIC:
        return True
    foreign = sum(char in _SOUND_ONLY for char in text)
    if len(text) == 3:
        return foreign == 3 and text[0] not in COMMON
    if text[0] not in KNOWN:
        return MASK not in text
    if len(text) == 4:
        return foreign >= (3 if text[0] in COMMON else 2)
    return MASK not in text


def _surname_length(text: str) -> int:
    """0 when no surname is evident; a masked first character counts as a surname."""
    if len(text) == 1 or _is_nickname(text):
        return 0
    return surname_length(text)


def _is_nickname(text: str) -> bool:
    first, rest = text[0], text[1:]
    if first == MASK:
        return False
    if first in "小阿" and (first == "小" or len(text) == 2):
        return True
    if len(text) == 2:
        if first in "大二三四五六七八九老幺" and (rest in _CHILDISH or rest in _KINDS_OF_CHILD or first == "老"):
            return True
        return first == rest or (rest != MASK and first not in KNOWN)
    return len(text) == 3 and first not in KNOWN and text[1] == text[2]


def _combine(surname: str, given: str, options: list[tuple[str, ...]]) -> tuple[Reading, ...]:
    """Pronunciations with the fewest second choices first; a doubled character (乐乐) sounds the same twice."""
    heads = (surname_readings(surname) if surname and MASK not in surname else ()) or ("",)
    choices = [sounds or (MASK,) for sounds in options]
    if all(len(sounds) == 1 for sounds in choices) and len(heads) == 1:
        return (Reading(heads[0], tuple(sounds[0] for sounds in choices)),)
    doubled = len(given) == 2 and given[0] == given[1]
    ranked = sorted(
        product(enumerate(heads), *(enumerate(options[:2]) for options in choices)),
        key=lambda chosen: sum(rank for rank, _ in chosen),
    )
    readings = (Reading(head[1], tuple(syllable for _, syllable in rest)) for head, *rest in ranked)
    kept = [reading for reading in readings if not doubled or len(set(reading.given)) == 1]
    return tuple(kept[:MOST_READINGS])


def _syllables(text: str) -> tuple[str, ...]:
    return tuple((syllables_of(char) or (MASK,))[0] for char in text)
