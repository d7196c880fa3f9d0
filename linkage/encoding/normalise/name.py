"""Read a person's name as agencies write it: Han, ethnic, Latin, masked, a nickname, a newborn's entry.

Compares nothing and derives no key. Every function is total: whatever cannot be read is None.
"""

import re

from linkage.encoding.normalise.han_name import mask_unreadable, read_ethnic, read_han
from linkage.encoding.normalise.latin_name import read_latin
from linkage.encoding.normalise.name_cell import MOST_RAW, MOST_TEXT, split_names, strip_honorific, strip_relation
from linkage.encoding.normalise.name_forms import MASK, Name, Newborn, Reading, Script
from linkage.encoding.normalise.newborn import cut_newborn
from linkage.encoding.normalise.surnames import COMPOUND, KNOWN
from linkage.encoding.normalise.syllables import SYLLABLES, toneless
from linkage.encoding.normalise.text import HAN, fold, is_missing

__all__ = ["Name", "Newborn", "Reading", "Script", "read_guardian", "read_name", "split_names"]

_NAMELESS = re.compile(
    "(?:无名.*|未取名|未命名|未起名|待取名|待命名|未定名?|没取名|没有名字|尚未.*|暂未.*|暂无.*|暂定|弃[婴儿].*|被遗弃.*|流浪.*|走失.*"
    "|新生儿?.*|初生.*|[男女][婴孩童]儿?.*|婴儿.*|佚名|匿名|孤儿.*|某+[男女]?|患[儿者]|病人|测试.*|不知.*|身份不[明详].*"
    "|未[知详录登采明].*|待[定查补核].*|不[详明清].*|小?孩子?|儿童|学生|本人|同上|宝贝|双胞胎.*|双胎.*|无|空|其他|家长|监护人"
    "|父亲|母亲|爸爸|妈妈|爷爷|奶奶|外公|外婆|父|母|离异|离婚|已?死亡|去世|已?故|失踪|失联|服刑|不在.*|无父.*|无母.*"
    "|test\\w*|baby|newborn|infant|unnamed|noname|anonymous|unknown)",
    re.IGNORECASE,
)
_INSTITUTION = re.compile(
    ".{2,}(?:院|公司|学校|小学|中学|幼儿园|中心|委员?会|社区|派出所|民政局|救助站|政府|办事处|街道|大队)$"
)
_NUMBERED = re.compile(rf"(?<=[{HAN}*]{{2}})[\s(]*(?:\d{{1,2}}|[A-Ea-e])[\s)]*$")
_MIXED = re.compile(rf"([{HAN}*]{{1,3}})([A-Za-z]+)([{HAN}*]{{0,2}})")
_LATIN_THEN_SURNAME = re.compile(rf"([A-Za-z][A-Za-z\s.'-]*)([{HAN}])")
_NAMELESS_START = frozenset(
    "无未待没尚暂弃被流新初男女婴佚匿孤某患病测不身小孩儿学本同宝双空其家监父母爸妈爷奶外离已死去故失服在定"
)
_ANY_HAN = re.compile(rf"[{HAN}]")
_SHORT_HAN = re.compile(rf"[{HAN}]{{2,3}}")
_DASH_BETWEEN = re.compile(rf"(?<=[{HAN}])[-_](?=[{HAN}])")
_ANY_LETTER = re.compile("[A-Za-z]")
_ACCENTED = re.compile("[À-ɏ\u1e00-\u1eff]")


def read_name(text: str) -> Name | Newborn | None:
    """The main name in a cell. Masked characters are '*'; an entry like 张丽之女 is a Newborn."""
    folded = fold(text[:MOST_RAW])
    if len(folded) > MOST_TEXT or is_missing(folded) or _is_nameless(folded):
        return None
    cut = cut_newborn(folded)
    if cut is not None:
        mother = _read_one(cut.mother)
        if mother is not None and mother.readings:
            return Newborn(mother, cut.sex, cut.order)
    for piece in split_names(folded):
        name = _read_one(piece)
        if name is not None:
            return name
    return None


def read_guardian(text: str) -> Name | None:
    """The name of an adult, freed from relation words (母亲张丽, 父:张强) and phone numbers."""
    folded = fold(text[:MOST_RAW])
    if len(folded) > MOST_TEXT or is_missing(folded):
        return None
    if _SHORT_HAN.fullmatch(folded) and folded[0] not in _NAMELESS_START:
        return _read_one(folded)
    bare = strip_relation(folded)
    for piece in split_names(bare):
        name = _read_one(strip_relation(piece))
        if name is not None:
            return name
    return None


def _is_nameless(text: str) -> bool:
    """Whether a cell says that there is no name; the first character rules most names out at once."""
    return (text[0] in _NAMELESS_START or text[0].isascii()) and _NAMELESS.fullmatch(text) is not None


def _read_one(text: str) -> Name | None:
    """Read one name that stands alone."""
    text = strip_honorific(_NUMBERED.sub("", text.strip(" .·,'-"))).strip(" .·,")
    if is_missing(text) or _is_nameless(text) or _INSTITUTION.fullmatch(text):
        return None
    if not _ANY_HAN.search(text):
        letters = _ANY_LETTER.search(text) or _ACCENTED.search(text)
        return read_latin(text) if letters and not re.search(r"\d{3}", text) else None
    text = mask_unreadable(_DASH_BETWEEN.sub("·", text))
    if "·" in text:
        return _read_dotted(text)
    if _ANY_LETTER.search(text):
        return _read_mixed(text)
    text = re.sub(rf"[^{HAN}*]", "", text)
    return read_han(text) if text else None


def _read_dotted(text: str) -> Name | None:
    parts = tuple(part for part in (re.sub(rf"[^{HAN}*]", "", part) for part in text.split("·")) if part.strip(MASK))
    if len(parts) > 1:
        # '王·小明' has one stray dot inside an ordinary name
        joined = "".join(parts)
        stray = len(joined) <= 3 and joined[0] in KNOWN and (len(parts[0]) == 1 or len(parts[0]) == 2 == len(parts))
        return read_han(joined) if stray or (parts[0] in COMPOUND and len(joined) <= 4) else read_ethnic(parts)
    return read_han(parts[0]) if parts else None


def _read_mixed(text: str) -> Name | None:
    """Han and Latin in one name: pinyin for a rare character (李yan), or a foreign given name (李Emily)."""
    found = _MIXED.fullmatch(text)
    if found:
        head, letters, tail = found.groups()
        if toneless(letters) in SYLLABLES and (len(head) > 1 or tail or letters.islower()):
            return read_han(f"{head}{MASK}{tail}", {len(head): toneless(letters)})
    found = _LATIN_THEN_SURNAME.fullmatch(text)
    if found:
        return read_latin(found[1], found[2])
    han = "".join(re.findall(rf"[{HAN}*]", text))
    letters = re.sub(rf"[{HAN}*]", " ", text).strip()
    return read_latin(letters, han) if len(han) == 1 else read_han(han)
