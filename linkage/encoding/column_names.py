"""Read a column's header: whose value it holds (child, guardian, stranger) and which one (name, birth, ID …).

Headers in Han, in the pinyin initials of public-security standards, and in English. No value is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from linkage.encoding.normalise.text import HAN, fold

Role = Literal["child", "guardian", "stranger"]
Trait = Literal[
    "name", "given", "surname", "other", "sex", "birth", "id", "phone", "address", "ethnicity",
    "street_number", "locality", "postcode", "state", "record", "status", "unused",
]  # fmt: skip
# Headers in Han: the first pattern that is found decides.
_HAN_ROLES: Final[Sequence[tuple[Role, str]]] = [
    ("stranger", "医生|医师|护士|教师|老师|班主任|经办|登记人|填表|填报|录入|审核|民警|警官|办案|承办|报案|举报|发现人"
                 "|接生|嫌疑|违法|校长|学校|医院|单位|机构|公司|社工|志愿者|网格员|创建|修改|操作|更新"),
    ("guardian", "父|母|爸|妈|监护|家长|抚养|祖|爷|奶|外公|外婆|亲属|家属|联系人|户主|法定代理"),
]  # fmt: skip
_HAN_TRAITS: Final[Sequence[tuple[Trait, str]]] = [
    ("unused", "类型$|种类$|性质|有效期|签发|是否|出生地|出生(医学)?证|体重|身长|籍贯|邮编|邮箱|关系|职业|学历|照片"
               "|簿号|户号|案件编号|备注|国籍|年龄|户[口籍]类|银行|医保|社保|残疾证|低保证"),
    ("other", "曾用|别名|小名|乳名|昵称|绰号|化名|又名|英文名|外文名|拼音"),
    ("id", "身份证|身份号|公民身份|证件号|证照号|身份证明号|^证号$"),
    ("record", "学籍号|学号|学生证|病历号|病案号|住院号|门诊号|就诊号|就诊卡|档案号|序号|编号|流水号|主键|记录号|卡号"
               "|登记号"),
    ("birth", "出生(年|日|时间|月)|生日|出生$"),
    ("sex", "性别"),
    ("ethnicity", "民族|族别"),
    ("phone", "电话|手机|联系方式|联系号码|座机|联络方式"),
    ("address", "住址|地址|住所|住处|户籍|户口|居住地|现居|常住|家庭所在"),
    ("status", "状态|类别|人员类型|在读|在籍"),
    ("name", "姓名|名字|^名$"),
]  # fmt: skip
_HAN_BARE_NAME: Final = re.compile(
    "(紧急|主要|第[一二])?(学生|儿童|患儿|幼儿|孩子|父亲|母亲|爸爸|妈妈|监护人|家长|抚养人|联系人|户主)[一二12]?"
)
# Pinyin initials, as in the data standards of public security; a prefix may say whose it is.
_INITIALS_OF: Final[Mapping[Trait, str]] = {
    "name": "xm xsxm hzxm hexm etxm yexm yrxm xingming",
    "sex": "xb xbdm xbm xingbie",
    "birth": "csrq csny csnyr csrqsj sr chushengriqi",
    "id": "gmsfhm gmsfzhm gmsfzh sfzh sfzhm sfzjh sfzjhm sfhm sfz zjhm zjh shenfenzheng",
    "ethnicity": "mz mzdm mzm minzu",
    "other": "cym cyxm bm bmch ch nc xmpy xmhypy hypy ywxm ywm wwxm",
    "phone": "lxdh sjhm sjh sj dh dhhm lxfs yddh gddh lxsj jtdh dianhua shouji",
    "address": "jtzz jtdz hjdz hkszd hjszd hjd hkdz hjdxz hjdzxz xzz xzzxz xzzdz zz zzxz zzdz dz xxdz jzdz jzdxz"
    " txdz xjdz xjzd jzd dizhi zhuzhi",
    "record": "xh xjh rybh ryid blh bah zyh mzh jzkh dabh bh jlbh grbh dxbh etbh lsh kh zj",
    "status": "rylb rylx rylbdm zt xjzt lb",
}
_INITIALS: Final = {word: trait for trait, words in _INITIALS_OF.items() for word in words.split()}
_INITIAL_ROLES: Final[Sequence[tuple[Role, str]]] = [
    ("guardian", "jhr"), ("guardian", "fqin"), ("guardian", "mqin"), ("guardian", "fq"), ("guardian", "mq"),
    ("guardian", "jz"), ("guardian", "fm"), ("guardian", "lxr"), ("guardian", "qs"), ("guardian", "hz"),
    ("guardian", "f"), ("guardian", "m"), ("stranger", "bzr"), ("stranger", "jbr"), ("stranger", "djr"),
    ("stranger", "ys"), ("stranger", "ls"), ("stranger", "mj"), ("child", "xs"), ("child", "et"), ("child", "ye"),
]  # fmt: skip
_ENGLISH_ROLES: Final[Sequence[tuple[Role, str]]] = [
    ("stranger", r"doctor|physician|teacher|officer|school|hospital|reporter|clerk|provider|insur|employer"),
    ("guardian", r"father|mother|parent|guardian|carer|caregiver|\bmum\b|\bmom\b|\bdad\b|contact|kin\b"),
]
_ENGLISH_TRAITS: Final[Sequence[tuple[Trait, str]]] = [
    ("unused", r"birth (place|weight|order|country|cert)|place of birth|country|e ?mail|\bage\b|type$|relation"),
    ("other", r"\b(alias|aka|nick ?name|known as|former|maiden|previous|preferred|middle|other)\b"),
    ("given", r"\b(given|first|fore|christian) ?names?\b|^(given|forename)s?$|\bfname\b"),
    ("surname", r"\b(sur|last|family) ?name\b|\blname\b"),
    ("birth", r"\bdob\b|birth|\bbday\b|\bborn\b"),
    ("sex", r"\b(sex|gender)\b"),
    ("id", r"\b(national|resident|identity|citizen|soc ?sec|social security|nhs|medicare|passport) ?(id|card|number"
           r"|no|insurance|security)?\b|\bssn\b|\bid ?(card|number|no)\b|^identifier$"),
    ("phone", r"phone|\b(mobile|cell|tel)\b"),
    ("postcode", r"\b(post ?code|zip|postal)"),
    ("state", r"\b(state|province|territory)\b"),
    ("locality", r"\b(suburb|city|town|locality|village)\b"),
    ("street_number", r"\b(street|house|flat) ?(number|no|num)\b"),
    ("address", r"address|\bstreet\b|\baddr\b|residence"),
    ("ethnicity", r"\bethnic"),
    ("record", r"\b(rec|record|student|pupil|patient|person|case|row|child|client) ?(id|no|number|key)\b|^id$|^no$"
               r"|^key$|\bmrn\b|uuid"),
    ("status", r"\b(status|category)\b"),
    ("name", r"\bname\b"),
]  # fmt: skip
_IS_HAN: Final = re.compile(f"[{HAN}]")


class Reading(NamedTuple):
    role: Role
    trait: Trait
    strength: float


def read_column_name(name: str) -> tuple[Role, Trait, float] | None:
    """Read a header: whose value, which one, and how clearly (0 to 1); None when it says nothing of use."""
    text = re.sub(r"[(\[【{].*?[)\]】}]|[*:?]", "", fold(name)).strip()
    if _IS_HAN.search(text):
        return _read_han(text.replace(" ", ""))
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-./\s]+", " ", text).casefold()
    words = re.sub(r"\s*\d+$", "", words).strip()
    return _read_initials(words.replace(" ", "")) or _read_english(words)


def _read_han(text: str) -> Reading | None:
    text = re.sub(r"\d+$", "", text)
    role = _first(_HAN_ROLES, text) or "child"
    trait = next((trait for trait, words in _HAN_TRAITS if re.search(words, text)), None)
    if trait is None and _HAN_BARE_NAME.fullmatch(text):
        trait = "name"
    return _reading(role, trait, 0.9)


def _read_initials(text: str) -> Reading | None:
    if text in _INITIALS:
        return Reading("child", _INITIALS[text], 0.85)
    for role, prefix in _INITIAL_ROLES:
        rest = text.removeprefix(prefix)
        if rest != text and rest in _INITIALS:
            return Reading(role, _INITIALS[rest], 0.8)
        if not rest and len(prefix) > 1 and role == "guardian" and prefix != "hz":
            return Reading(role, "name", 0.6)
    return None


def _read_english(text: str) -> Reading | None:
    role = _first(_ENGLISH_ROLES, text) or "child"
    trait = next((trait for trait, words in _ENGLISH_TRAITS if re.search(words, text)), None)
    if trait is None and role == "guardian" and len(text.split()) == 1:
        trait = "name"
    return _reading(role, trait, 0.85)


def _reading(role: Role, trait: Trait | None, strength: float) -> Reading | None:
    """A stranger's column of whatever kind says enough to be left alone."""
    return Reading(role, trait or "unused", strength) if trait or role == "stranger" else None


def _first(roles: Sequence[tuple[Role, str]], text: str) -> Role | None:
    return next((role for role, words in roles if re.search(words, text)), None)
