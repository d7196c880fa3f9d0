"""Propose a [[source]] block for a file that nobody has mapped yet, from its headers and its values' shapes.

A header says whose value it is (child, guardian, stranger) and what it is (name, birth, ID …); the first thousand
values may confirm or deny that. It only proposes: what is doubtful is written as a comment, a person decides, and
`project.py` checks the result. It normalises nothing: a shape is a coarse pattern, not a reading.

May touch: disk (the file's beginning)
Sees:      names; keeps column names only
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from linkage.encoding.normalise.text import HAN, fold, is_missing
from linkage.encoding.project import SourceKind
from linkage.encoding.reader import read_sample
from linkage.errors import SchemaError, SourceFileError, quoted

GuessedSchema = Literal["cn-child-v1", "person-v1"]
Role = Literal["child", "guardian", "stranger"]
Trait = Literal[
    "name", "given", "surname", "other", "sex", "birth", "id", "phone", "address", "ethnicity",
    "street_number", "locality", "postcode", "state", "record", "status", "unused",
]  # fmt: skip

SAMPLE_ROWS: Final = 1000
SURE: Final = 0.6
"""A proposal below this confidence is written as a comment."""

_FIELDS: Final[Mapping[str, Mapping[tuple[Role, Trait], str]]] = {
    "cn-child-v1": {
        ("child", "name"): "name", ("child", "other"): "other_names", ("child", "sex"): "sex",
        ("child", "birth"): "date_of_birth", ("child", "id"): "resident_id",
        ("guardian", "name"): "guardian_names", ("child", "phone"): "phones", ("guardian", "phone"): "phones",
        ("child", "address"): "addresses", ("guardian", "address"): "addresses",
        ("child", "ethnicity"): "ethnicity",
    },
    "person-v1": {
        ("child", "given"): "given_name", ("child", "surname"): "surname", ("child", "other"): "other_names",
        ("child", "sex"): "sex", ("child", "birth"): "date_of_birth", ("child", "id"): "identifier",
        ("child", "phone"): "phone", ("child", "street_number"): "street_number",
        ("child", "address"): "address", ("child", "locality"): "locality",
        ("child", "postcode"): "postcode", ("child", "state"): "state",
    },
}  # fmt: skip
_MANY: Final = {"other_names", "guardian_names", "phones", "addresses"}

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

_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤施季花倪俞"
)
_SEX_WORDS: Final = frozenset(
    ("0", "1", "2", "9", "m", "f", "u", "male", "female", *"男女", "男性", "女性", "男孩", "女孩")
)
_RESIDENT_ID: Final = re.compile(r"\d{6}(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dXx]")
_DATE: Final = re.compile(
    r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])|(19|20)\d\d[-/.年]\d{1,2}([-/.月]\d{1,2}日?|月)?([ T]\d.*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](19|20)?\d\d"
)
_PHONE: Final = re.compile(r"(\+?86|0086)?-?1[3-9]\d{9}|0\d{2,3}-?[2-9]\d{6,7}|\+?\d{8,14}")
_HAN_NAME: Final = re.compile(f"[{HAN}][{HAN}*]{{1,3}}|[{HAN}]{{1,10}}(·[{HAN}]{{1,10}})+")
_ADDRESS: Final = re.compile(f"(?=.*[省市县区镇乡村路街号幢栋室组弄巷屯寨旗楼])(?=.*[{HAN}]{{3}}).{{5,}}")
_IS_HAN: Final = re.compile(f"[{HAN}]")

_KIND_WORDS: Final[Sequence[tuple[SourceKind, str]]] = [
    ("police", r"公安|派出所|民警|police|案件|人员类别|\b(rylb|ajbh|gmsfhm)\b"),
    ("hospital", r"医院|hospital|患儿|病历|住院|门诊|patient|\b(blh|zyh|mzh)\b"),
    ("school", r"学校|小学|中学|幼儿园|school|学籍|学号|班级|student|pupil|\b(xjh)\b"),
    ("civil", r"民政|低保|救助|困境|孤儿|civil|welfare"),
]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One column for one schema field (or "record_id"), how sure (0 to 1) and why, in words without values."""

    column: str
    field: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Guess:
    """A proposed source: sure fields, doubtful ones, columns that a filter could use."""

    path: Path
    schema: GuessedSchema
    kind: SourceKind
    record_id: Proposal | None
    fields: tuple[Proposal, ...]
    doubtful: tuple[Proposal, ...]
    filters: tuple[str, ...]

    def to_toml(self) -> str:
        """Write a [[source]] block that `project.py` reads once its comments have been answered."""
        name = re.sub(rf"[^A-Za-z0-9_\-{HAN}]+", "-", self.path.stem).strip("-")[:64] or "source"
        lines = ["[[source]]", f"name = {_toml(name)}", f"file = {_toml(self.path.name)}"]
        if self.record_id:
            lines.append(f"record_id = {_toml(self.record_id.column)}")
        else:
            lines.append('# record_id = "…"   # no column names each row once: add one to the file')
        if self.kind != "other":
            lines.append(f"kind = {_toml(self.kind)}")
        return "\n".join([*lines, "[source.fields]", *self._field_lines(), *self._filter_lines()]) + "\n"

    def _field_lines(self) -> Iterable[str]:
        for field in dict.fromkeys(proposal.field for proposal in self.fields):
            columns = [_toml(proposal.column) for proposal in self.fields if proposal.field == field]
            value = f"[{', '.join(columns)}]" if field in _MANY and len(columns) > 1 else columns[0]
            yield f"{field} = {value}"
        for proposal in self.doubtful:
            yield f"# {proposal.field} = {_toml(proposal.column)}   # {proposal.confidence:.0%}: {proposal.reason}"

    def _filter_lines(self) -> Iterable[str]:
        is_needed = self.kind == "police"
        if is_needed:
            yield "[source.filter]   # required for police: only victims, found, missing or sheltered may enter"
        elif self.filters:
            yield "# [source.filter]   # rows that may enter"
        for column in self.filters:
            yield f"{'' if is_needed and column == self.filters[0] else '# '}{_toml(column)} = []"


class _Reading(NamedTuple):
    role: Role
    trait: Trait
    strength: float


@dataclass(frozen=True, slots=True)
class _Column:
    """What is known of a column: its reading and the share of its values that have each shape."""

    name: str
    index: int
    reading: _Reading | None
    shares: Mapping[Trait, float]
    filled: int
    is_unique: bool
    distinct: int


def guess_mapping(path: Path, schema: GuessedSchema = "cn-child-v1") -> Guess:
    """Propose record id, fields and filter columns for one file.

    Raises SourceFileError when the file cannot be read or its first line holds a record instead of names, and
    SchemaError for a schema without a vocabulary.
    """
    if schema not in _FIELDS:
        raise SchemaError(f"no column can be guessed for schema {quoted(schema)}")
    header, values = read_sample(path, SAMPLE_ROWS)
    if any(map(_is_value, header)):
        raise SourceFileError.at(path, "the first line holds values, not column names")
    columns = [_study(name, i, texts) for i, (name, texts) in enumerate(zip(header, values, strict=True)) if name]
    record_id = _guess_record_id(columns)
    others = [column for column in columns if not record_id or column.name != record_id.column]
    sure, doubtful = _guess_fields(others, values, schema)
    filters = tuple(c.name for c in others if c.reading and c.reading.trait == "status" and c.distinct <= 12)
    return Guess(path, schema, _guess_kind(path, header), record_id, sure, doubtful, filters)


def read_column_name(name: str) -> tuple[Role, Trait, float] | None:
    """Read a header: whose value, which one, and how clearly (0 to 1); None when it says nothing of use."""
    text = re.sub(r"[(\[【{].*?[)\]】}]|[*:?]", "", fold(name)).strip()
    if _IS_HAN.search(text):
        return _read_han(text.replace(" ", ""))
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-./\s]+", " ", text).casefold()
    words = re.sub(r"\s*\d+$", "", words).strip()
    return _read_initials(words.replace(" ", "")) or _read_english(words)


def _read_han(text: str) -> _Reading | None:
    text = re.sub(r"\d+$", "", text)
    role = _first(_HAN_ROLES, text) or "child"
    trait = next((trait for trait, words in _HAN_TRAITS if re.search(words, text)), None)
    if trait is None and _HAN_BARE_NAME.fullmatch(text):
        trait = "name"
    return _reading(role, trait, 0.9)


def _read_initials(text: str) -> _Reading | None:
    if text in _INITIALS:
        return _Reading("child", _INITIALS[text], 0.85)
    for role, prefix in _INITIAL_ROLES:
        rest = text.removeprefix(prefix)
        if rest != text and rest in _INITIALS:
            return _Reading(role, _INITIALS[rest], 0.8)
        if not rest and len(prefix) > 1 and role == "guardian" and prefix != "hz":
            return _Reading(role, "name", 0.6)
    return None


def _read_english(text: str) -> _Reading | None:
    role = _first(_ENGLISH_ROLES, text) or "child"
    trait = next((trait for trait, words in _ENGLISH_TRAITS if re.search(words, text)), None)
    if trait is None and role == "guardian" and len(text.split()) == 1:
        trait = "name"
    return _reading(role, trait, 0.85)


def _reading(role: Role, trait: Trait | None, strength: float) -> _Reading | None:
    """A stranger's column of whatever kind says enough to be left alone."""
    return _Reading(role, trait or "unused", strength) if trait or role == "stranger" else None


def _first(roles: Sequence[tuple[Role, str]], text: str) -> Role | None:
    return next((role for role, words in roles if re.search(words, text)), None)


# --- values --------------------------------------------------------------------------------------

_SHAPES: Final[Mapping[Trait, Callable[[str], bool]]] = {
    "id": lambda text: bool(_RESIDENT_ID.fullmatch(text)),
    "birth": lambda text: bool(_DATE.fullmatch(text)),
    "phone": lambda text: bool(_PHONE.fullmatch(re.sub(r"[\s()]", "", text))),
    "sex": lambda text: text.casefold() in _SEX_WORDS,
    "ethnicity": lambda text: text.endswith("族") and len(text) <= 6,
    "name": lambda text: bool(_HAN_NAME.fullmatch(text)) and (text[0] in _SURNAMES or "·" in text),
    "address": lambda text: bool(_ADDRESS.fullmatch(text)),
}
_BY_SHAPE: Final = "the values look like it, the header says nothing"
_STRICT: Final = {"id": 0.3, "birth": 0.3, "phone": 0.3, "sex": 0.5}
"""Least share of values of its shape below which a header is not believed."""
_UNNAMED: Final[Sequence[tuple[Trait, float, float]]] = [
    ("id", 0.8, 0.4), ("sex", 0.95, 0.65), ("ethnicity", 0.8, 0.7), ("birth", 0.9, 0.5), ("phone", 0.8, 0.65),
    ("address", 0.8, 0.65), ("name", 0.6, 0.5),
]  # fmt: skip
"""Shapes that speak without a header: (trait, least share, confidence), the most telling first."""


def _study(name: str, index: int, values: Sequence[str]) -> _Column:
    texts = [fold(value) for value in values if not is_missing(value)]
    total = max(len(texts), 1)
    shares = {trait: sum(map(has_shape, texts)) / total for trait, has_shape in _SHAPES.items()}
    reading = read_column_name(name)
    distinct = len(set(values))
    is_unique = bool(values) and distinct == len(values) and all(value.strip() for value in values)
    return _Column(name, index, _Reading(*reading) if reading else None, shares, len(texts), is_unique, distinct)


def _is_value(name: str) -> bool:
    """Column names are printed; a first line that is a child must be refused before."""
    text = fold(name)
    telling: Sequence[Trait] = ("id", "birth", "phone", "address", "ethnicity")
    if text.isdecimal() or text in ("男", "女", "汉"):
        return True
    return read_column_name(name) is None and any(_SHAPES[trait](text) for trait in telling)


def _guess_record_id(columns: Sequence[_Column]) -> Proposal | None:
    unique = [column for column in columns if column.is_unique]
    named = [column for column in unique if column.reading and column.reading[:2] == ("child", "record")]
    if named:
        return Proposal(named[0].name, "record_id", 0.9, "header, and no value twice")
    free = [c for c in unique if c.reading is None and c.shares["name"] < 0.1 and c.shares["id"] < 0.1]
    return Proposal(free[0].name, "record_id", 0.5, "no value twice") if free else None


def _guess_fields(
    columns: Sequence[_Column], values: Sequence[Sequence[str]], schema: str
) -> tuple[tuple[Proposal, ...], tuple[Proposal, ...]]:
    """Split the proposals into sure and doubtful ones; a field of one column keeps its surest."""
    vocabulary = _FIELDS[schema]
    births = [values[c.index] for c in columns if c.reading and c.reading[:2] == ("child", "birth")]
    found = [p for c in columns if (p := _propose(c, vocabulary, births, values[c.index]))]
    best: dict[str, Proposal] = {}
    for proposal in found:
        if proposal.field not in best or proposal.confidence > best[proposal.field].confidence:
            best[proposal.field] = proposal
    sure = [p for p in found if p.confidence >= SURE and (p.field in _MANY or p is best[p.field])]
    settled = {p.field for p in sure if p.field not in _MANY}
    doubtful = [p for p in found if p not in sure and not (p.field in settled and p.reason == _BY_SHAPE)]
    order = list(dict.fromkeys(vocabulary.values()))
    sure.sort(key=lambda proposal: order.index(proposal.field))
    return tuple(sure), tuple(doubtful)


def _propose(
    column: _Column, vocabulary: Mapping[tuple[Role, Trait], str], births: Sequence[Sequence[str]], texts: Sequence[str]
) -> Proposal | None:
    if column.reading is None:
        return _propose_by_shape(column, vocabulary, births, texts)
    field = vocabulary.get(column.reading[:2])
    if field is None:
        return None
    trait, strength = column.reading.trait, column.reading.strength
    if column.filled == 0:
        return Proposal(column.name, field, 0.5, "the header says so, but no value was seen")
    share = column.shares.get(trait, 1.0)
    if share < _STRICT.get(trait, 0.0) and field != "identifier":
        return Proposal(column.name, field, 0.3, "the header says so, the values do not look like it")
    if trait == "id" and _birth_agreement(texts, births) == "no":
        return Proposal(column.name, field, 0.3, "the birth dates in it are not the children's")
    return Proposal(column.name, field, min(0.99, strength + 0.09 * share), "header and values")


def _propose_by_shape(
    column: _Column, vocabulary: Mapping[tuple[Role, Trait], str], births: Sequence[Sequence[str]], texts: Sequence[str]
) -> Proposal | None:
    if column.filled < 5:
        return None
    for trait, least, confidence in _UNNAMED:
        field = vocabulary.get(("child", trait))
        if field and column.shares[trait] >= least:
            if trait == "id" and _birth_agreement(texts, births) == "yes":
                confidence = 0.85
            return Proposal(column.name, field, confidence, _BY_SHAPE)
    return None


def _birth_agreement(ids: Sequence[str], births: Sequence[Sequence[str]]) -> Literal["yes", "no", "unknown"]:
    """Do the birth dates inside the IDs stand in a birth column? Decides whose ID it is."""
    for column in births:
        pairs = [
            (i[6:14], b) for i, b in zip(map(fold, ids), map(fold, column), strict=True) if _RESIDENT_ID.fullmatch(i)
        ]
        dated = [(inside, stated) for inside, text in pairs if (stated := _plain_date(text))]
        if len(dated) >= 5:
            agreeing = sum(inside == stated for inside, stated in dated) / len(dated)
            return "yes" if agreeing >= 0.5 else "no" if agreeing < 0.2 else "unknown"
    return "unknown"


def _plain_date(text: str) -> str:
    """Write y-m-d in any punctuation as yyyymmdd; "" for anything else."""
    if re.fullmatch(r"(19|20)\d{6}", text):
        return text
    parts = re.match(r"((?:19|20)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})", text)
    return f"{parts[1]}{int(parts[2]):02d}{int(parts[3]):02d}" if parts else ""


def _guess_kind(path: Path, header: Sequence[str]) -> SourceKind:
    for text in (fold(path.stem), " ".join(map(fold, header))):
        for kind, words in _KIND_WORDS:
            if re.search(words, text.casefold()):
                return kind
    return "other"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
