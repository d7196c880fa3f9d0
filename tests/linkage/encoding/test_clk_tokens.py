"""What records put into their filters: forms of one value meet, unlike values do not, missing gives nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from linkage.encoding import cn_clk_tokens as cn
from linkage.encoding import person_clk_tokens as person
from linkage.encoding.clk import ClkKeys, encode_fields
from linkage.encoding.clk_tokens import clk_columns
from linkage.encoding.mapping import Records
from linkage.matching.dice import dice_pairs_plain, popcounts

KEYS = ClkKeys(bytes(32))
UNSOUND = "resident_id_unsound"


def share(a: list[str], b: list[str]) -> float:
    return 2 * len(set(a) & set(b)) / (len(set(a)) + len(set(b)))


def records(**fields: list[str]) -> Records:
    count = len(next(iter(fields.values())))
    encoded = {name: (pa.array(cells, pa.string()).dictionary_encode(),) for name, cells in fields.items()}
    return Records(pa.array([str(i) for i in range(count)]), encoded)


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("李子涵", "李梓涵", 0.6),  # homophone
        ("李子涵", "Li Zihan", 0.6),  # pinyin only
        ("陈鑫", "陈欣", 0.4),
        ("李子涵", "李涵子", 0.6),  # swapped characters
        ("王小明", "王*明", 0.4),  # masked
    ],
)
def test_forms_of_one_name_share_tokens(one: str, other: str, least: float) -> None:
    """Without it homophones, pinyin and masks would look like other children."""
    assert share(cn.read_name_cell(one)["name"], cn.read_name_cell(other)["name"]) >= least


def test_names_of_two_children_share_little() -> None:
    """Without it coarse tokens could make any two names alike."""
    assert share(cn.read_name_cell("李子涵")["name"], cn.read_name_cell("王佳怡")["name"]) < 0.2


def test_newborn_row_speaks_of_the_mother_only() -> None:
    """Without it 张丽之女 would be encoded as if the child were called 张丽."""
    tokens = cn.read_name_cell("张丽之女")
    assert set(tokens) == {"guardian"}
    assert set(tokens["guardian"]) == set(cn.read_guardian_cell("张丽")["guardian"])


def test_unsound_id_shares_digits_with_the_sound_one_at_less_weight() -> None:
    """Without it one wrong digit would either cost the whole ID or weigh as much as a sound one."""
    sound, broken = cn.read_id_cell("11010519491231002X"), cn.read_id_cell("110105194912310021")
    assert set(broken) == {UNSOUND}
    assert set(broken[UNSOUND]) <= set(sound["resident_id"])
    filters = encode_fields(
        clk_columns(records(resident_id=["11010519491231002X", "110105194912310021"]), "cn-child"), KEYS
    )
    common = int(popcounts(filters[:1] & filters[1:])[0])
    assert common == int(popcounts(filters[1:])[0])


def test_renamed_division_and_house_number_forms_are_one_address() -> None:
    """Without it a city's renaming in 2020 would separate every child's files."""
    old = cn.read_address_cell("江苏省海门市海门镇长江村12号3幢402室")["address"]
    new = cn.read_address_cell("南通市海门区海门镇长江村12-3-402")["address"]
    assert share(old, new) >= 0.8


@pytest.mark.parametrize("cell", ["", "无名氏", "未知", "-", "null", "0000", "\x00", "🙂"])
def test_missing_cells_give_no_token(cell: str) -> None:
    """Without it children of unknown name would all look alike."""
    for read in (cn.read_id_cell, cn.read_phone_cell):
        assert read(cell) == {}
    if cell != "🙂":
        assert cn.read_name_cell(cell) == {}


def test_latin_typing_errors_keep_most_bigrams() -> None:
    """Without it person-v1 filters would not tolerate the errors that they exist for."""
    one, other, missing = (person.surnames(["Neumann", "Neuman", "unknown"])[i] for i in range(3))
    assert share(one, other) > 0.8
    assert missing == []


def test_latin_columns_cut_every_kind_of_value() -> None:
    """Without it a column could be read by another column's rule and never match."""
    assert {" m", "y "} <= set(person.given_names(["Mary-Anne"])[0])
    assert person.street_numbers(["Unit 3, 12", ""])[0] == ["#12"]
    assert "#8" in person.streets(["8 Stanley St"])[0]
    assert person.postcodes(["4223", "n/a"])[0] == ["0:4", "1:2", "2:2", "3:3"]
    assert person.identifiers(["5304218"])[0][-1] == "W:5304218"
    assert person.localities([""])[0] == []
    assert person.phones(["", "13805137264"])[1][-1] == "W:13805137264"


def test_sex_enters_only_with_the_year() -> None:
    """Without it one of two values would set the same bits in half of all filters."""
    alone = encode_fields(clk_columns(records(sex=["男", "女"]), "cn-child"), KEYS)
    assert popcounts(alone).tolist() == [0, 0]
    dates = ["2013-08-06", "2013-08-06", "2014-08-06", ""]
    both = clk_columns(records(sex=["男", "女", "男", "男"], date_of_birth=dates), "cn-child")[-1]
    assert both.name == "sex_with_year"
    assert both.codes[3] == -1
    assert len(set(both.codes[:3].tolist())) == 3


@pytest.mark.parametrize("normaliser", ["cn-child", "person"])
def test_records_without_a_mapped_field_are_empty_filters(normaliser: str) -> None:
    """Without it a source that maps nothing readable would crash instead of matching nobody."""
    filters = encode_fields(clk_columns(records(ethnicity=["汉", "汉"]), normaliser), KEYS)  # type: ignore[arg-type]
    assert popcounts(filters).tolist() == [0, 0]


def test_one_child_in_two_files_stands_out_from_others() -> None:
    """Without it weights and fill could drift until filters no longer tell children apart."""
    school = records(
        name=["李子涵", "王佳怡", "张伟"],
        sex=["女", "女", "男"],
        date_of_birth=["2013-08-06", "2014-02-11", "2012-12-30"],
        guardian_names=["张丽", "王强", "张军"],
        phones=["13805137264", "13913640815", "13706289352"],
        addresses=["海门区长江村12号", "海门区青龙村3组8号", "海门区人民路18号"],
    )
    hospital = records(
        name=["Li Zihan", "王佳仪"],
        sex=["2", "F"],
        date_of_birth=["20130806", "2014.11.02"],
        guardian_names=["张莉", "王强"],
        phones=["+86 138 0513 7264", ""],
        addresses=["江苏省海门市长江村12号", ""],
    )
    a, b = (encode_fields(clk_columns(table, "cn-child"), KEYS) for table in (school, hospital))
    pairs = dice_pairs_plain(a, b, 0.01)
    score = np.zeros((3, 2))
    score[pairs.rows_a, pairs.rows_b] = pairs.score
    assert score[0, 0] > 0.7
    assert score[1, 1] > 0.6
    score[0, 0] = score[1, 1] = 0
    assert score.max() < 0.5
