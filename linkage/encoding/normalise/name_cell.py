"""Divide a cell that holds names: labels, brackets, several names, honorifics, relation words.

Cuts text only and reads no name. A cell may hold a former name, a nickname or another person beside the
name that it is for.
"""

import re

from linkage.encoding.normalise.han_name import is_undotted_ethnic
from linkage.encoding.normalise.name_forms import MASK
from linkage.encoding.normalise.newborn import cut_newborn
from linkage.encoding.normalise.surnames import COMMON, COMPOUND, KNOWN
from linkage.encoding.normalise.syllables import SYLLABLES
from linkage.encoding.normalise.tables import words
from linkage.encoding.normalise.text import HAN, fold

MOST_TEXT = 200
MOST_RAW = 4000
"""Longer cells hold no name; they are not searched."""

RELATIONS = words("""
父亲 母亲 爸爸 妈妈 爷爷 奶奶 外公 外婆 姥姥 姥爷 祖父 祖母 外祖父 外祖母 养父 养母 继父 继母
生父 生母 叔叔 伯伯 伯父
伯母 姑姑 姑妈 姑父 舅舅 舅妈 舅母 姨妈 姨父 阿姨 哥哥 姐姐 弟弟 妹妹 监护人 监护 家长 户主
亲属 亲戚 联系人 紧急联系人
负责人 经办人 社工 本人 配偶 丈夫 妻子 父 母 爸 妈 爷 奶 祖 叔 伯 姑 舅 姨 兄 姐 哥 婆 公 其他
父子 父女 母子 母女 祖孙
爷孙 第一监护人 第二监护人 监护人1 监护人2 儿童福利主任 养祖父 养祖母 太爷 太奶 堂兄 表姐
father mother dad mom mum
guardian grandpa grandma grandfather grandmother parent relative
""")
_RELATION_WORDS = frozenset(RELATIONS)
_BARE_RELATION = re.compile(rf"^[父母爸妈爷奶](?=[{HAN}]{{2,3}}$)")
_LONG_RELATIONS = sorted((word for word in RELATIONS if len(word) > 1), key=len, reverse=True)
_LEADING_RELATION = re.compile(rf"(?:{'|'.join(_LONG_RELATIONS)})(?=..)")
_TRAILING_RELATION = re.compile(rf"..+(?:{'|'.join(word for word in _LONG_RELATIONS if not word.isascii())})")
_LABELS = words("""
曾用名 曾用姓名 原名 原姓名 旧名 别名 又名 亦名 也叫 又叫 小名 乳名 奶名 昵称 绰号 英文名
外文名 拼音 现名 现用名 姓名 名字 学名
大名 真名 户口名 法定名 化名 暂名 暂用名 自称 中文名 民族名 原姓 改名 更名 name 儿童姓名
患儿姓名 学生姓名 孩子姓名 母名 父名
""")
_WORDS = "|".join(sorted({*_LABELS, *RELATIONS}, key=len, reverse=True))
_RELATION_IN_BRACKETS = re.compile(rf"[(\[]\s*(?:{_WORDS})[^)\]]*[)\]]", re.IGNORECASE)
_RELATION_BEFORE = re.compile(rf"^(?:{_WORDS})\s*[:\-/=,\s]\s*", re.IGNORECASE)
_RELATION_BEHIND = re.compile(rf"[\s:\-/,](?:{_WORDS})$", re.IGNORECASE)
_HAN_LABELS = "|".join(sorted((word for word in _LABELS if not word.isascii()), key=len, reverse=True))
_LABEL = re.compile(rf"^(?:{_WORDS})\s*[:=/\-—|]\s*|^(?:{_HAN_LABELS})\s*[为是]?\s*(?=[{HAN}A-Za-z*])", re.IGNORECASE)
_MID_LABEL = re.compile(rf"(?<=[{HAN}a-zA-Z)\s,])(?:{'|'.join(_LABELS[:19])})\s*[:为是]?")
_BRACKETS = re.compile(r"[(\[{<《【「『〈〔“\"]([^()\[\]{}<>《》【】「」『』〈〉〔〕“”\"]*)[)\]}>》】」』〉〕”\"]")
_SEPARATORS = re.compile(r"[/、;|\\&\n\r\t+]+|,(?=[^A-Za-z]*$)|(?<=[^A-Za-z\s]),|,(?=\s*[" + HAN + r"])")
_AND = re.compile(rf"(?<=[{HAN}])[和与及](?=[{HAN}])")
_HAN_RUN = re.compile(rf"[{HAN}*·]+")
_HAN_LATIN = re.compile(rf"([{HAN}*·\s]*[{HAN}*])\s*([A-Za-z][A-Za-z\s.,'-]*)")
_LATIN_HAN = re.compile(rf"([A-Za-z][A-Za-z\s.,'-]*[A-Za-z.])\s*([{HAN}*·]{{2,}})")
_NOT_A_NAME = frozenset(
    words("""
    男 女 大 小 长 次 甲 乙 丙 一 二 三 已故 故 亡 死亡 离异 离婚 再婚 残疾 代 待查 双胞胎 双胎 双
    孪生 独生 独生子女 转学 转入
    转出 借读 休学 班长 原 现 新 旧 左 右 同名 重名 汉族 汉 回族 亲生 收养 领养 寄养 本人 电话 音
    同音 左边 服刑 失联 外出 务工
    在外 打工 精神 重残 智力 孤儿 未婚 已婚 丧偶 无 null
    """)
)
_HONORIFIC = re.compile(
    "(?:小朋友|同学|先生|女士|小姐|太太|夫人|老师|医生|大夫|儿童|少年|学生|宝宝$(?<=^...宝宝)|患儿|患者|病人|阿姨|叔叔|大爷|大妈|老人|老汉|师傅|律师|法官|警官|主任|书记|院长|校长|同志)+$"
)
_CHILDS_PARENT = re.compile("[之的](?:父|母|祖父|祖母|爸|妈)$")
_RARE_PARTS = frozenset("王木火水石金日月女人口土山心言马鱼虫米竹田目禾立足车门雨虎鸟龙氵亻扌艹纟讠钅忄")
_ANY_DIGIT = re.compile(r"\d{5}|\d[\d\s-]{4}")
_PHONE = re.compile(r"[(\[]?\s*(?:电话|手机|tel)?\s*[:.]?\s*\+?[\d\s-]{5,}[)\]]?", re.IGNORECASE)


def split_names(text: str) -> tuple[str, ...]:
    """Names in a cell, the main one first, without labels: '王小明(曾用名:王强)' → ('王小明', '王强').

    Han characters come out folded and without inner spaces. () for an empty or over-long cell.
    """
    text = fold(text[:MOST_RAW])
    if not text or len(text) > MOST_TEXT:
        return ()
    if text.isalpha() and not text.isascii() and len(text) <= 3 and _HAN_RUN.fullmatch(text):
        return (text,)
    found: list[str] = []
    newborn = cut_newborn(text)
    if newborn is not None:
        return (text,)
    outer, inner = _take_brackets(_PHONE.sub("/", text) if _ANY_DIGIT.search(text) else text)
    for part in (outer, *inner):
        for piece in _SEPARATORS.split(_MID_LABEL.sub("/", part)):
            for name in _by_space_and_script(_strip_label(piece.strip(" :.-_=,'`"))):
                if name and name.casefold() not in _NOT_A_NAME and name.casefold() not in _RELATION_WORDS:
                    found.append(name)
    return tuple(dict.fromkeys(found))


def strip_honorific(text: str) -> str:
    """A name without 同学, 女士 and the like, unless nothing like a name would remain."""
    bare = _HONORIFIC.sub("", text)
    if len(bare) == 1 and bare != text:
        return bare + MASK  # 李女士: nothing but the surname
    return bare or text


def strip_relation(text: str) -> str:
    """A guardian's name without relation words and phone numbers; '' when it names a relation of a child.

    '母亲张丽', '父:张强', '张强(父亲)', '张强 父亲 138…' give the name; '李子涵妈妈' gives ''.
    """
    if _ANY_DIGIT.search(text):
        text = _PHONE.sub(" ", text)
    if "(" in text or "[" in text:
        text = _RELATION_IN_BRACKETS.sub(" ", text)
    text = text.strip(" :-,.;/")
    text = _RELATION_BEHIND.sub("", _RELATION_BEFORE.sub("", text)).strip()
    leading = _LEADING_RELATION.match(text)
    if leading:
        return text[leading.end() :].lstrip("的是:")
    if _TRAILING_RELATION.fullmatch(text):
        return ""
    if _CHILDS_PARENT.search(text):
        return ""
    # 母王丽: one word for the relation, then a name with a common surname
    return text[1:] if _BARE_RELATION.match(text) and text[1] in COMMON else text


def _take_brackets(text: str) -> tuple[str, list[str]]:
    """Text outside brackets and the texts inside; a rare character spelled by parts becomes a mask."""
    inner: list[str] = []

    def taken(found: re.Match[str]) -> str:
        before, content, behind = text[: found.start()], found[1].strip(), text[found.end() :]
        inside_name = bool(re.match(rf"[{HAN}]", behind)) and bool(before)
        spelled = 2 <= len(content) <= 3 and content[0] in _RARE_PARTS and _HAN_RUN.fullmatch(content)
        if (inside_name and (spelled or content.lower() in SYLLABLES)) or (spelled and len(before.strip()) == 1):
            return "*"
        inner.append(content)
        return " "

    return _BRACKETS.sub(taken, text).strip('()[]{}<>《》【】“”" '), inner


def _strip_label(text: str) -> str:
    while True:
        bare = _LABEL.sub("", text, count=1).strip()
        if bare == text:
            return text
        text = bare


def _by_space_and_script(text: str) -> list[str]:
    """Divide Han from Latin where each is a whole name, and Han names set apart by a space."""
    found = _HAN_LATIN.fullmatch(text) or _LATIN_HAN.fullmatch(text)
    if found:
        han, latin = (found[1], found[2]) if _HAN_RUN.search(found[1]) else (found[2], found[1])
        if len(han.replace(" ", "")) >= 2 and len(latin) > 1 and not _stands_for_a_character(han, latin):
            return [*_by_space(han), latin.strip()]
        return [re.sub(r"\s+", "", text)] if len(latin) <= 6 and " " not in latin.strip() else [text]
    if not re.search(rf"[{HAN}]", text):
        return [text]
    return [name for piece in _by_conjunction(text) for name in _by_space(piece)]


def _by_conjunction(text: str) -> list[str]:
    """'张三和李四' → two names; 和 inside a name (李和平) joins nothing."""
    for found in _AND.finditer(text):
        left, right = text[: found.start()], text[found.end() :]
        if len(left) >= 2 and len(right) >= 2 and left[0] in KNOWN and right[0] in KNOWN and len(text) >= 5:
            return [left, right]
    return [text]


def _stands_for_a_character(han: str, latin: str) -> bool:
    return len(han.replace(" ", "")) <= 2 and latin.strip().lower() in SYLLABLES


def _by_space(text: str) -> list[str]:
    pieces = [piece for piece in text.split() if piece not in _RELATION_WORDS]
    if len(pieces) < 2:
        return pieces
    whole = all(len(piece) >= 2 for piece in pieces)
    if whole and is_undotted_ethnic(pieces[0]):
        return ["·".join(pieces)]
    if whole and pieces[0] not in COMPOUND and all(_starts_a_name(piece) for piece in pieces):
        return pieces
    if whole and pieces[0][0] not in KNOWN:
        return ["·".join(pieces)]
    return ["".join(pieces)]


def _starts_a_name(piece: str) -> bool:
    return piece[0] in KNOWN or piece[0] == "小"
