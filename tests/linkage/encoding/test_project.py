"""Tests of linkage/encoding/project.py: everything wrong with a project is said before any work starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.encoding.project import load_project
from linkage.errors import LinkageError, MappingError, ProjectError, SchemaError
from linkage.schema import Cardinality

FIELDS: dict[str, Cardinality] = {
    "name": "one",
    "other_names": "many",
    "sex": "one",
    "resident_id": "one",
    "phones": "many",
}

GOOD = """\
[project]
schema = "cn-child-v1"
population = 2_000_000

[[source]]
name = "school"
file = "school.csv"
record_id = "序号"
[source.fields]
name = "姓名"
phones = ["父亲手机", "母亲手机"]
[source.filter]
"在读状态" = ["在读", "休学"]

[[source]]
name = "民政-1"
file = "civil.csv"
record_id = "id"
kind = "civil"
[source.fields]
resident_id = "SFZH"
other_names = "CYM"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    header = "序号,姓名,父亲手机,母亲手机,在读状态\n"
    (tmp_path / "school.csv").write_text(header, encoding="gb18030")
    (tmp_path / "civil.csv").write_text("id,SFZH,CYM,XB\n", encoding="utf-8-sig")
    return tmp_path


def _write(folder: Path, text: str) -> Path:
    path = folder / "PROJECT.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_project_is_read_with_its_defaults(folder: Path) -> None:
    """The example of the manual must load, with defaults as documented and files relative to the project."""
    project = load_project(_write(folder, GOOD), FIELDS)
    assert (project.schema, project.population, project.scheme) == ("cn-child-v1", 2_000_000, "match-keys")
    assert (project.within_sources, project.one_to_one) == (True, False)
    school, civil = project.sources
    assert school.file == folder / "school.csv"
    assert school.fields == {"name": ("姓名",), "phones": ("父亲手机", "母亲手机")}
    assert school.columns == ("姓名", "父亲手机", "母亲手机")
    assert school.filter == {"在读状态": ("在读", "休学")}
    assert (school.kind, civil.kind) == ("other", "civil")
    assert civil.fields["other_names"] == ("CYM",)


def test_all_options_are_read(folder: Path) -> None:
    """An option that is silently ignored links under other rules than the operator wrote."""
    options = 'population = 7\nwithin_sources = false\none_to_one = true\nscheme = "clk"'
    project = load_project(_write(folder, GOOD.replace("population = 2_000_000", options)), FIELDS)
    assert (project.population, project.within_sources, project.one_to_one) == (7, False, True)
    assert project.scheme == "clk"


def test_a_byte_order_mark_is_no_obstacle(folder: Path) -> None:
    """Editors on Windows write one; the file is still the same project."""
    path = _write(folder, "\ufeff" + GOOD)
    assert len(load_project(path, FIELDS).sources) == 2


def test_the_schema_is_asked_by_name(folder: Path) -> None:
    """The caller resolves schemas; its SchemaError must come through untouched."""
    asked: list[str] = []

    def fields(name: str) -> dict[str, Cardinality]:
        asked.append(name)
        return FIELDS

    load_project(_write(folder, GOOD), fields)
    assert asked == ["cn-child-v1"]

    def refuse(name: str) -> dict[str, Cardinality]:
        raise SchemaError("unknown")

    with pytest.raises(SchemaError):
        load_project(_write(folder, GOOD), refuse)


BAD = [
    ("population = 2_000_000", "populaton = 2", "line 3: project: 'populaton': unknown key; did you mean 'population'"),
    ("population = 2_000_000", "", "line 1: project: 'population': write a whole number"),
    ("population = 2_000_000", "population = 0", "line 3: project: 'population': write a whole number"),
    ("population = 2_000_000", "population = true", "line 3: project: 'population'"),
    ("population = 2_000_000", "population = 2.5", "line 3: project: 'population'"),
    (
        "population = 2_000_000",
        'population = 2\none_to_one = "no"',
        "line 4: project: 'one_to_one': write true or false",
    ),
    ("population = 2_000_000", 'population = 2\nscheme = "matchkeys"', "did you mean 'match-keys'"),
    ('schema = "cn-child-v1"', "schema = 1", "line 2: project: 'schema': write a text"),
    ('schema = "cn-child-v1"', "", "line 1: project: 'schema': this key is missing"),
    ("[project]", "[projekt]", "line 1: 'projekt': unknown key; did you mean 'project'"),
    ("[project]", "[project", "line 1: not valid TOML"),
    ('name = "school"', 'name = "sch ool"', "line 6: source 1: 'name': use 1 to 64"),
    ('name = "school"', 'name = "民政-1"', "line 16: source 2: 'name': another source has the same name"),
    ('file = "school.csv"', 'file = "scool.csv"', "line 7: source 1: 'file': there is no such file"),
    ('file = "school.csv"', 'fiel = "school.csv"', "line 7: source 1: 'fiel': unknown key; did you mean 'file'"),
    ('record_id = "序号"', "", "line 5: source 1: 'record_id': this key is missing"),
    ('kind = "civil"', 'kind = "cvil"', "line 19: source 2: 'kind': write one of"),
    ('name = "姓名"', 'nam = "姓名"', "line 10: source 1, fields: 'nam': unknown key; did you mean 'name'"),
    ('name = "姓名"', 'name = ["姓名"]', "line 10: source 1, fields: 'name': this field takes one column"),
    ('name = "姓名"', "name = 1", "line 10: source 1, fields: 'name': write a text"),
    ('name = "姓名"', "", "line 9: source 1, fields: map a name or a resident_id"),
    ('["父亲手机", "母亲手机"]', '["父亲手机", "父亲手机"]', "line 11: source 1, fields: 'phones': this list names"),
    ('["父亲手机", "母亲手机"]', "[]", "line 11: source 1, fields: 'phones': this list is empty"),
    ('["在读", "休学"]', "[1]", "line 13: source 1, filter: '在读状态': write a text"),
    ("[source.filter]", "[source.filtre]", "source 1: 'filtre': unknown key; did you mean 'filter'"),
    ("[source.fields]\nname", "[source.field]\nname", "source 1: 'field': unknown key; did you mean 'fields'"),
    ('kind = "civil"', 'kind = "police"', "source 2: 'filter': a police source needs"),
    ('name = "民政-1"', 'name = "海门公安局"', "source 2: 'filter': a police source needs"),
    ('name = "民政-1"', 'name = "Police2"', "source 2: 'filter': a police source needs"),
]


@pytest.mark.parametrize(("old", "new", "rule"), BAD)
def test_faults_are_named_by_line_and_key(folder: Path, old: str, new: str, rule: str) -> None:
    """One clear message with the line: the person at the keyboard repairs it without reading our code."""
    assert old in GOOD
    with pytest.raises(ProjectError) as caught:
        load_project(_write(folder, GOOD.replace(old, new, 1)), FIELDS)
    assert rule in str(caught.value)
    assert str(caught.value).startswith(str(folder / "PROJECT.toml"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\n",
        "source = 1\n",
        GOOD.replace("[[source]]", "[source]", 1),
        "\0",
        "[[project]]\n",
        "x = " + "[" * 5000,
        GOOD.replace("school.csv", "x" * 5000),
        "project = 1",
    ],
)
def test_malformed_projects_are_refused(folder: Path, text: str) -> None:
    """No shape of TOML may end in a traceback."""
    with pytest.raises(LinkageError):
        load_project(_write(folder, text), FIELDS)


def test_no_source_is_refused(folder: Path) -> None:
    """A project without a source would run and link nothing."""
    with pytest.raises(ProjectError, match="at least one"):
        load_project(_write(folder, '[project]\nschema = "x"\npopulation = 1\n'), FIELDS)


def test_other_schemas_need_two_fields(folder: Path) -> None:
    """A single field of an unknown schema can never make a match key."""
    text = GOOD.replace("cn-child-v1", "person-v1").replace('other_names = "CYM"\n', "")
    with pytest.raises(ProjectError, match="source 2, fields: map at least two fields"):
        load_project(_write(folder, text), FIELDS)


def test_columns_are_checked_before_any_work(folder: Path) -> None:
    """A missing column must be found now and not after the other agencies were encoded."""
    with pytest.raises(MappingError, match=r"civil\.csv: column 'GMSFHM': no such column"):
        load_project(_write(folder, GOOD.replace("SFZH", "GMSFHM")), FIELDS)


def test_missing_and_undecodable_project_files(tmp_path: Path) -> None:
    """A wrong path or a GB18030 project must end in a sentence."""
    with pytest.raises(ProjectError, match="no such project file"):
        load_project(tmp_path / "none.toml", FIELDS)
    path = tmp_path / "p.toml"
    path.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(ProjectError, match="not UTF-8"):
        load_project(path, FIELDS)
