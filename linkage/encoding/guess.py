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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from linkage.encoding.column_names import Reading, Role, Trait, read_column_name
from linkage.encoding.normalise.text import HAN, fold, is_missing
from linkage.encoding.project import SourceKind
from linkage.encoding.reader import read_sample
from linkage.encoding.value_shapes import _RESIDENT_ID, SHAPES
from linkage.errors import SchemaError, SourceFileError, quoted

GuessedSchema = Literal["cn-child-v1", "person-v1"]
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


@dataclass(frozen=True, slots=True)
class _Column:
    """What is known of a column: its reading and the share of its values that have each shape."""

    name: str
    index: int
    reading: Reading | None
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
    shares = {trait: sum(map(has_shape, texts)) / total for trait, has_shape in SHAPES.items()}
    reading = read_column_name(name)
    distinct = len(set(values))
    is_unique = bool(values) and distinct == len(values) and all(value.strip() for value in values)
    return _Column(name, index, Reading(*reading) if reading else None, shares, len(texts), is_unique, distinct)


def _is_value(name: str) -> bool:
    """Column names are printed; a first line that is a child must be refused before."""
    text = fold(name)
    telling: Sequence[Trait] = ("id", "birth", "phone", "address", "ethnicity")
    if text.isdecimal() or text in ("男", "女", "汉"):
        return True
    return read_column_name(name) is None and any(SHAPES[trait](text) for trait in telling)


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
