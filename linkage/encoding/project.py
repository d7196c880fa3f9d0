"""Read PROJECT.toml: which sources take part, which of their columns mean what, for how many children.

Everything that can be refused without reading a record is refused here, before any work starts: unknown keys,
wrong types, fields the schema does not have, columns the files do not have, a police source without a filter.
It reads no records, loads no schema (the caller passes the schema's fields) and plans nothing.

May touch: disk (the project file, the headers of its sources)
Sees:      column names
Spec:      contracts section 2 (rows that may not enter)
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, get_args

from linkage.encoding.cells import check_header
from linkage.encoding.reader import read_header
from linkage.errors import ProjectError, quoted
from linkage.schema import Cardinality

Scheme = Literal["match-keys", "clk"]
SourceKind = Literal["police", "school", "hospital", "civil", "other"]
SchemaFields = Mapping[str, Cardinality] | Callable[[str], Mapping[str, Cardinality]]

_PROJECT_KEYS: Final = ("schema", "population", "within_sources", "one_to_one", "scheme", "diffusion", "plan")
_SOURCE_KEYS: Final = ("name", "file", "record_id", "kind", "fields", "filter")
_NAME: Final = re.compile(r"[A-Za-z0-9_\-\u3007\u3400-\u4dbf\u4e00-\u9fff]{1,64}")
_POLICE_WORDS: Final = ("police", "公安", "派出所")
_TABLE: Final = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]")
_KEY: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_\-]+))\s*[=.]""")


@dataclass(frozen=True, slots=True)
class Source:
    """One agency's file. `fields`: schema field → its columns; `filter`: column → values that may enter."""

    name: str
    file: Path
    record_id: str
    kind: SourceKind
    fields: Mapping[str, tuple[str, ...]]
    filter: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The mapped columns, each once, in the mapping's order."""
        return tuple(dict.fromkeys(column for columns in self.fields.values() for column in columns))


@dataclass(frozen=True, slots=True)
class Project:
    """What the project file says. `population` counts children whom the linkage unit will ever know.

    `diffusion` is the CLK scheme's t; None leaves it to the population. `plan` is the plan file that the operator made;
    None makes the same plan from the schema that is installed here.
    """

    path: Path
    schema: str
    population: int
    within_sources: bool
    one_to_one: bool
    scheme: Scheme
    diffusion: int | None
    sources: tuple[Source, ...]
    plan: Path | None = None


def load_terms(path: Path) -> Project:
    """What the [project] table says, without its sources: for an operator, who has no agency's file.

    Raises ProjectError naming file and line.
    """
    text = _read_text(path)
    return _Reading(path, text, _parse_toml(path, text)).terms()


def load_project(path: Path, schema_fields: SchemaFields, files: Mapping[str, Path] | None = None) -> Project:
    """Read and check a project file; source files are relative to it. `files`: source → another file of its columns.

    `schema_fields` gives the schema's fields and how many columns may feed each, or computes them from the
    schema's name as written (and may raise SchemaError). Raises ProjectError naming file and line, and
    MappingError or SourceFileError when a source's header does not hold the mapped columns. Only the first
    fault is reported.
    """
    text = _read_text(path)
    reading = _Reading(path, text, _parse_toml(path, text), files or {})
    project = reading.project(schema_fields)
    for source in project.sources:
        header = read_header(source.file)
        check_header(source.file, header, [source.record_id, *source.columns, *source.filter])
    return project


def _read_text(path: Path) -> str:
    rule = "the project file cannot be opened"
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        rule = "there is no such project file"
    except UnicodeDecodeError:
        rule = "the project file is not UTF-8"
    except OSError:
        pass
    raise ProjectError.at(path, rule)


def _parse_toml(path: Path, text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason, _, place = str(error).partition(" (at ")
        number = re.match(r"line (\d+)", place)
    line = int(number[1]) if number else text.count("\n") + 1
    raise ProjectError.at(path, f"not valid TOML: {reason[:1].lower()}{reason[1:]}", line=line)


class _Reading:
    """The checks of one project file, each of which can find the line that it refuses."""

    def __init__(self, path: Path, text: str, raw: Mapping[str, Any], files: Mapping[str, Path] | None = None) -> None:
        self._path = path
        self._files = files or {}
        self._lines = _key_lines(text)
        self._raw = raw

    def terms(self) -> Project:
        self._known_keys(self._raw, ("project", "source"), "")
        table = self._table(self._raw, "project", "")
        self._known_keys(table, _PROJECT_KEYS, "project")
        schema = self._text(table, "schema", "project")
        population = self._population(table)
        within = self._flag(table, "within_sources", "project", default=True)
        one_to_one = self._flag(table, "one_to_one", "project", default=False)
        scheme: Scheme = self._choice(table, "scheme", "project", get_args(Scheme), "match-keys")
        diffusion = self._diffusion(table)
        plan = self._plan(table)
        return Project(self._path, schema, population, within, one_to_one, scheme, diffusion, (), plan)

    def project(self, schema_fields: SchemaFields) -> Project:
        terms = self.terms()
        fields = schema_fields(terms.schema) if callable(schema_fields) else schema_fields
        return replace(terms, sources=self._sources(terms.schema, fields))

    def _sources(self, schema: str, fields: Mapping[str, Cardinality]) -> tuple[Source, ...]:
        raw = self._raw.get("source", [])
        if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
            self._refuse("a source is written as [[source]], with two brackets", "", "source")
        if not raw:
            self._refuse("at least one [[source]] is needed", "", "source")
        sources = [self._source(entry, f"source#{i}", schema, fields) for i, entry in enumerate(raw)]
        seen: set[str] = set()
        for index, source in enumerate(sources):
            if source.name in seen:
                self._refuse("another source has the same name", f"source#{index}", "name")
            seen.add(source.name)
        return tuple(sources)

    def _source(self, raw: Mapping[str, Any], where: str, schema: str, fields: Mapping[str, Cardinality]) -> Source:
        self._known_keys(raw, _SOURCE_KEYS, where)
        name = self._text(raw, "name", where)
        if not _NAME.fullmatch(name):
            self._refuse("use 1 to 64 letters, digits, '-', '_' or Han characters", where, "name")
        file = self._files.get(name, self._path.parent / self._text(raw, "file", where))
        if not _is_file(file):
            self._refuse("there is no such file", where, "file")
        record_id = self._text(raw, "record_id", where)
        kind: SourceKind = self._choice(raw, "kind", where, get_args(SourceKind), "other")
        mapping = self._fields(raw, where, schema, fields)
        rows = self._filter(raw, where, is_needed=kind == "police" or _names_police(name))
        return Source(name, file, record_id, kind, mapping, rows)

    def _fields(
        self, raw: Mapping[str, Any], where: str, schema: str, fields: Mapping[str, Cardinality]
    ) -> dict[str, tuple[str, ...]]:
        table = self._table(raw, "fields", where)
        where = f"{where}.fields"
        self._known_keys(table, tuple(fields), where)
        mapping = {name: self._columns(table, name, where, fields[name]) for name in table}
        enough = {"name", "resident_id"} & set(mapping) if schema == "cn-child-v1" else len(mapping) >= 2
        if not enough:
            rule = "map a name or a resident_id" if schema == "cn-child-v1" else "map at least two fields"
            self._refuse(rule, where, "")
        return mapping

    def _columns(self, table: Mapping[str, Any], field: str, where: str, cardinality: Cardinality) -> tuple[str, ...]:
        if cardinality == "one" and isinstance(table[field], list):
            self._refuse("this field takes one column, not a list", where, field)
        return self._texts(table, field, where)

    def _filter(self, raw: Mapping[str, Any], where: str, *, is_needed: bool) -> dict[str, tuple[str, ...]]:
        table = self._table(raw, "filter", where) if "filter" in raw else {}
        rows = {column: self._texts(table, column, f"{where}.filter") for column in table}
        if is_needed and not rows:
            rule = "a police source needs [source.filter]: only victims, found, missing or sheltered may enter"
            self._refuse(rule, where, "filter")
        return rows

    # Types --------------------------------------------------------------------------------

    def _population(self, table: Mapping[str, Any]) -> int:
        value = table.get("population")
        if type(value) is not int or value < 1:
            self._refuse("write a whole number of children, 1 or more", "project", "population")
        return value

    def _diffusion(self, table: Mapping[str, Any]) -> int | None:
        value = table.get("diffusion")
        if value is not None and (type(value) is not int or not 1 <= value <= 64):
            self._refuse("write a whole number from 1 (none) to 64", "project", "diffusion")
        return value

    def _plan(self, table: Mapping[str, Any]) -> Path | None:
        return self._path.parent / self._text(table, "plan", "project") if "plan" in table else None

    def _table(self, raw: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        value = raw.get(key)
        if not isinstance(value, dict):
            self._refuse("this table is missing" if value is None else "this must be a table", where, key)
        return value

    def _text(self, raw: Mapping[str, Any], key: str, where: str) -> str:
        value = raw.get(key)
        if value is None:
            self._refuse("this key is missing", where, key)
        if not isinstance(value, str) or not value.strip():
            self._refuse("write a text in quotes", where, key)
        return value.strip()

    def _texts(self, raw: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        value = raw[key]
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(v, str) and v.strip() for v in values):
            self._refuse("write a text in quotes, or a list of them", where, key)
        texts = tuple(text.strip() for text in values)
        if not texts:
            self._refuse("this list is empty", where, key)
        if len(set(texts)) < len(texts):
            self._refuse("this list names something twice", where, key)
        return texts

    def _flag(self, raw: Mapping[str, Any], key: str, where: str, *, default: bool) -> bool:
        value = raw.get(key, default)
        if not isinstance(value, bool):
            self._refuse("write true or false", where, key)
        return value

    def _choice(self, raw: Mapping[str, Any], key: str, where: str, allowed: tuple[str, ...], default: str) -> Any:
        value = raw.get(key, default)
        if value not in allowed:
            near = _suggest(value, allowed) if isinstance(value, str) else ""
            self._refuse(f"write one of {', '.join(allowed)}{near}", where, key)
        return value

    def _known_keys(self, table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                self._refuse(f"unknown key{_suggest(key, known)}", where, key, f"known: {', '.join(known)}")

    def _refuse(self, rule: str, where: str, key: str, hint: str | None = None) -> NoReturn:
        """Raise at the key's line, or at its table's, or at the nearest table above that is written down."""
        places = [(where, key), (where, ""), (where.partition(".")[0], "")]
        line = next((self._lines[place] for place in places if place in self._lines), None)
        name = f"{_spoken(where)}{quoted(key)}: " if key else f"{_spoken(where)}"
        raise ProjectError.at(self._path, f"{name}{rule}", line=line, hint=hint)


def _spoken(where: str) -> str:
    """Write "source#1.fields" as "source 2, fields: "."""
    if not where:
        return ""
    table, _, rest = where.partition(".")
    name, _, index = table.partition("#")
    head = f"{name} {int(index) + 1}" if index else name
    return f"{head}, {rest}: " if rest else f"{head}: "


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long, a folder that may not be entered
        return False


def _suggest(key: str, known: Sequence[str]) -> str:
    swapped = [name for name in known if sorted(name) == sorted(key)]
    near = swapped or difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"; did you mean {quoted(near[0])}?" if near else ""


def _names_police(name: str) -> bool:
    return any(word in name.casefold() for word in _POLICE_WORDS)


def _key_lines(text: str) -> dict[tuple[str, str], int]:
    """Map (table, key) to the 1-based line of its first writing; (table, "") to the table's own line.

    The n-th [[source]] is "source#n" from 0. Good for ordinary layout; inline tables and dotted keys fall
    back to their table's line.
    """
    lines: dict[tuple[str, str], int] = {}
    table, sources = "", -1
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            words = [word.strip(" \"'") for word in header[1].split(".")]
            sources += line.lstrip().startswith("[[")
            if words[0] == "source":
                words[0] = f"source#{max(sources, 0)}"
            table = ".".join(words)
            lines.setdefault((table, ""), number)
            parent, _, key = table.rpartition(".")
            lines.setdefault((parent, key.partition("#")[0]), number)
        elif found := _KEY.match(line):
            key = next(group for group in found.groups() if group is not None)
            lines.setdefault((table, key), number)
    return lines
