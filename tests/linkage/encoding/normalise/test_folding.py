import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding.normalise.text import fold, is_missing


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("買買提．艾力", "买买提·艾力"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提 · 艾力", "买买提·艾力"),
        ("　李　子涵　", "李 子涵"),
        ("李\u200b子\ufeff涵", "李子涵"),
        ("Ｌｉ　Ｚｉｈａｎ", "Li Zihan"),
        ("１２．５", "12.5"),
        ("張 &nbsp;三", "张 三"),
        ("鍾馗", "钟馗"),
        ("葉問", "叶问"),
        ("王\ue863", "王䶮"),
        ("2013—08—06", "2013-08-06"),
    ],
)
def test_one_writing(written: str, folded: str) -> None:
    """Two clerks' writings of one value would otherwise never meet."""
    assert fold(written) == folded


@pytest.mark.parametrize("name", ["李乾", "王著", "张祎", "刘喆"])
def test_name_characters_stay(name: str) -> None:
    """A phrase table would turn the name 乾 (qián) into 干 (gān)."""
    assert fold(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "无",
        "未知",
        "不详",
        "待定",
        "无名氏",
        "/",
        "-",
        "——",
        "N/A",
        "null",
        "None",
        "NaN",
        "0",
        "0000",
        "#N/A",
        "。",
        "(空)",
        "???",
    ],
)
def test_placeholders_are_missing(text: str) -> None:
    """A placeholder read as a value would link all children that have it."""
    assert is_missing(text)


@pytest.mark.parametrize("text", ["吴", "无忌", "Na Li", "1", "李不详", "空明"])
def test_values_are_not_missing(text: str) -> None:
    """A rule for placeholders must not eat names that merely contain one."""
    assert not is_missing(text)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """Every reader folds what another may have folded before."""
    assert fold(fold(text)) == fold(text)
    assert is_missing(fold(text)) == is_missing(text)
