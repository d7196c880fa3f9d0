"""Tests of linkage/encoding/guess.py: a first mapping that a person only has to check."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding.guess import guess_mapping, read_column_name
from linkage.encoding.project import load_project
from linkage.errors import LinkageError, SchemaError, SourceFileError
from linkage.schema import Cardinality

FIELDS: dict[str, Cardinality] = {
    "name": "one",
    "other_names": "many",
    "sex": "one",
    "date_of_birth": "one",
    "resident_id": "one",
    "guardian_names": "many",
    "phones": "many",
    "addresses": "many",
    "ethnicity": "one",
}

HEADERS = {
    ("child", "name"): "姓名 学生姓名 姓名* 儿童姓名 患儿姓名 被害人姓名 孩子 XM HZXM xingming name",
    ("child", "other"): "曾用名 小名 别名 英文名 CYM XMHYPY middle_name alias",
    ("child", "sex"): "性别 性别（必填） 性別 XB Gender sex",
    ("child", "birth"): "出生日期 出生年月 出生年月日 生日 CSRQ DateOfBirth dob",
    ("child", "id"): "身份证号 證件號碼 公民身份号码 学生身份证号 GMSFHM SFZH soc_sec_id NHS_Number",
    ("child", "phone"): "联系电话 手机号码2 家庭电话 聯絡電話 LXDH SJHM PhoneNumber",
    ("child", "address"): "家庭住址 现住址 户口所在地 户籍地址 JTZZ HJDZ XZZ address_1",
    ("child", "ethnicity"): "民族 MZ",
    ("child", "record"): "序号 编号 学籍号 病历号 RYBH XJH rec_id student_id ID",
    ("child", "status"): "在读状态 人员类别 RYLB status",
    ("child", "given"): "given_name FirstName",
    ("child", "surname"): "surname lastName",
    ("child", "postcode"): "postcode zip_code",
    (
        "guardian",
        "name",
    ): "父亲 母亲姓名 监护人1姓名 监护人二 紧急联系人 FQXM MQXM JHRXM JHRXM2 JHR MotherName guardian",
    ("guardian", "phone"): "父亲手机 监护人联系电话 FQLXDH JHRLXDH mother_phone",
    ("guardian", "id"): "母亲身份证号 监护人证件号码 JHRSFZH",
}
UNUSED = "班主任 班主任电话 学校地址 出生地 出生医学证明编号 户籍类别 医保卡号 案件编号 嫌疑人 与监护人关系 email BZRXM"


@pytest.mark.parametrize(("role", "trait"), HEADERS)
def test_headers_are_read_in_every_tongue(role: str, trait: str) -> None:
    """Han, pinyin initials and English headers must be understood, or people map columns by hand and err."""
    for header in HEADERS[role, trait].split():
        reading = read_column_name(header)
        assert reading is not None, header
        assert reading[:2] == (role, trait), header


@pytest.mark.parametrize("header", UNUSED.split())
def test_headers_of_strangers_and_other_things_are_left_alone(header: str) -> None:
    """A teacher's phone or a place of birth in the mapping would link children who share a school."""
    reading = read_column_name(header)
    assert reading is not None
    assert reading[0] == "stranger" or reading[1] in {"unused", "record"}


@given(st.text(max_size=30))
def test_any_header_is_survived(header: str) -> None:
    """A header is foreign input; reading it must never raise."""
    read_column_name(header)


SCHOOL = ["序号", "姓名", "性别", "出生年月日", "证件号码", "父亲", "母亲手机", "住址", "民族", "在读状态", "班主任"]


def _rows(count: int = 20) -> list[list[str]]:
    return [
        [
            str(i),
            f"王小{chr(0x4E00 + i)}",
            "男女"[i % 2],
            f"2013-08-{i + 1:02d}",
            f"320684201308{i + 1:02d}123X",
            "王建国",
            f"138123450{i:02d}",
            f"海门镇人民路{i}号",
            "汉族",
            "在读",
            "李老师",
        ]
        for i in range(count)
    ]


def _write(folder: Path, header: list[str], rows: list[list[str]], name: str = "s.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    return path


def test_the_proposed_block_loads_as_it_is(tmp_path: Path) -> None:
    """What is printed must be valid TOML that the project reader accepts, or the proposal costs more than it saves."""
    path = _write(tmp_path, SCHOOL, _rows(), "海门 小学.csv")
    block = guess_mapping(path).to_toml()
    project = tmp_path / "p.toml"
    project.write_text(f'[project]\nschema = "cn-child-v1"\npopulation = 9\n{block}', encoding="utf-8")
    (source,) = load_project(project, FIELDS).sources
    assert (source.name, source.kind, source.record_id) == ("海门-小学", "school", "序号")
    assert source.fields == {
        "name": ("姓名",),
        "sex": ("性别",),
        "date_of_birth": ("出生年月日",),
        "resident_id": ("证件号码",),
        "guardian_names": ("父亲",),
        "phones": ("母亲手机",),
        "addresses": ("住址",),
        "ethnicity": ("民族",),
    }
    assert '# "在读状态" = []' in block
    assert "班主任" not in block


def test_values_speak_where_headers_say_nothing(tmp_path: Path) -> None:
    """Exports with headers like F1, F2 are common; the shapes of the values must still give a start."""
    header = [f"列{chr(0x7532 + i)}" for i in range(len(SCHOOL))]
    guess = guess_mapping(_write(tmp_path, header, _rows()))
    sure = {proposal.field: proposal.column for proposal in guess.fields}
    assert sure == {"sex": header[2], "phones": header[6], "addresses": header[7], "ethnicity": header[8]}
    doubtful = {proposal.field for proposal in guess.doubtful}
    assert {"name", "date_of_birth", "resident_id"} <= doubtful


def test_birth_dates_tell_whose_id_it_is(tmp_path: Path) -> None:
    """A guardian's ID under an unclear header must not become the child's, nor the child's be lost."""
    header = [*SCHOOL[:4], "号码", *SCHOOL[5:]]
    guess = guess_mapping(_write(tmp_path, header, _rows()))
    assert ("号码", "resident_id") in {(p.column, p.field) for p in guess.fields}
    rows = [[*row[:4], row[4].replace("2013", "1985"), *row[5:]] for row in _rows()]
    guess = guess_mapping(_write(tmp_path, SCHOOL, rows))
    assert ("证件号码", "resident_id") in {(p.column, p.field) for p in guess.doubtful}


def test_a_header_that_the_values_deny_is_only_a_comment(tmp_path: Path) -> None:
    """Columns whose names lie must be shown to the person and not used."""
    rows = [[*row[:3], "三年级", *row[4:]] for row in _rows()]
    guess = guess_mapping(_write(tmp_path, SCHOOL, rows))
    assert "date_of_birth" not in {p.field for p in guess.fields}
    assert '# date_of_birth = "出生年月日"   # 30%: ' in guess.to_toml()


def test_the_record_id_names_each_row_once(tmp_path: Path) -> None:
    """A repeated number must not be proposed as record id; without any, the person is told."""
    rows = [["7", *row[1:]] for row in _rows()]
    guess = guess_mapping(_write(tmp_path, SCHOOL, rows))
    assert guess.record_id is None
    assert "# record_id" in guess.to_toml()


def test_a_police_file_gets_an_open_filter(tmp_path: Path) -> None:
    """Nobody may encode a police file without saying which rows may enter (contracts section 2)."""
    path = _write(tmp_path, ["RYBH", "XM", "CSRQ", "RYLB"], [[str(i), "王明", "20130806", "走失"] for i in range(9)])
    block = guess_mapping(path).to_toml()
    assert 'kind = "police"' in block
    assert "[source.filter]" in block.splitlines()[-2]
    assert block.endswith('"RYLB" = []\n')
    project = tmp_path / "p.toml"
    project.write_text(f'[project]\nschema = "cn-child-v1"\npopulation = 9\n{block}', encoding="utf-8")
    with pytest.raises(LinkageError, match="'RYLB': this list is empty"):
        load_project(project, FIELDS)


def test_latin_files_use_the_other_schema(tmp_path: Path) -> None:
    """FEBRL's headers are those of most public benchmarks; they must map without a person."""
    header = (
        "rec_id,given_name,surname,street_number,address_1,address_2,suburb,postcode,state,date_of_birth,soc_sec_id"
    )
    row = "rec-{},ann,smith,12,main street,,perth,6000,wa,19150{}11,5304218"
    rows = [row.format(i, i + 1).split(",") for i in range(8)]
    guess = guess_mapping(_write(tmp_path, header.split(","), rows), "person-v1")
    assert {p.field: p.column for p in guess.fields} == {
        "given_name": "given_name",
        "surname": "surname",
        "street_number": "street_number",
        "address": "address_1",
        "locality": "suburb",
        "postcode": "postcode",
        "state": "state",
        "date_of_birth": "date_of_birth",
        "identifier": "soc_sec_id",
    }
    assert guess.record_id is not None
    assert guess.record_id.column == "rec_id"


def test_a_file_without_header_is_refused_and_not_printed(tmp_path: Path) -> None:
    """Column names are printed on screens; a first line that is a child must never be taken for them."""
    first, *rows = _rows()
    for start in range(len(first) - 2):
        only = slice(start, start + 3)
        with pytest.raises(SourceFileError, match="the first line holds values") as caught:
            guess_mapping(_write(tmp_path, first[only], [row[only] for row in rows]))
        assert first[start] not in str(caught.value).removeprefix(str(tmp_path))


def test_no_value_is_written_into_the_proposal(tmp_path: Path) -> None:
    """Proposals are mailed around; they may hold column names only."""
    block = guess_mapping(_write(tmp_path, SCHOOL, _rows())).to_toml()
    for row in _rows():
        assert not [value for value in row if len(value) > 2 and value in block]
    assert '"在读"' not in block


def test_a_schema_without_vocabulary_is_refused(tmp_path: Path) -> None:
    """A schema of somebody's own has other fields; guessing the built-in ones would mislead."""
    with pytest.raises(SchemaError):
        guess_mapping(_write(tmp_path, SCHOOL, _rows()), "own.toml")  # type: ignore[arg-type]
