import pytest

from linkage.encoding.normalise.ethnicity import read_ethnicity
from linkage.encoding.normalise.phone import read_phone, split_phones
from linkage.encoding.normalise.sex import read_sex


@pytest.mark.parametrize(
    "text", ["1", "01", "1.0", "１", "男", "男性", "男孩", "M", "m", "male", "1-男", "男(1)", "Boy", "男 "]
)
def test_boys(text: str) -> None:
    """A code read wrongly makes every boy of an agency differ from himself."""
    assert read_sex(text) == "M"


@pytest.mark.parametrize("text", ["2", "02", "2.0", "女", "女性", "女童", "F", "female", "2-女", "女生"])
def test_girls(text: str) -> None:
    """'female' contains 'male'."""
    assert read_sex(text) == "F"


@pytest.mark.parametrize("text", ["0", "9", "U", "", "未知", "男/女", "3", "unknown", "-"])
def test_unstated_sex(text: str) -> None:
    """Unknown must stay unknown: it is never held against a pair."""
    assert read_sex(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("13812345679", "138 1234 5679", "138-1234-5679", "+8613812345679", "+86 138 1234 5679", "86-13812345679"),
        *(
            "008613812345679",
            "013812345679",
            "１３８１２３４５６７９",
            "13812345679.0",
            "1.3812345679E+10",
            "手机:13812345679",
        ),
        *("13812345679(母亲)", "1381-234-5679", "(86)13812345679"),
    ],
)
def test_one_mobile(text: str) -> None:
    """Phones are the strongest household evidence."""
    assert read_phone(text) == "13812345679"


@pytest.mark.parametrize(
    "text",
    [
        *("0513-82201234", "051382201234", "(0513)82201234", "0513 8220 1234", "+86-513-82201234", "0513－82201234"),
        *("0513-82201234-801", "0513-82201234转801", "0513-8220-1234", "(0513)8220 1234"),
    ],
)
def test_one_landline(text: str) -> None:
    """Area code, brackets and extensions come and go."""
    assert read_phone(text) == "051382201234"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "无",
            "13800000000",
            "13888888888",
            "13800138000",
            "11111111111",
            "12345678901",
            "00000000",
            "138****5679",
        ),
        *("13812345678", "1381234567", "88888888", "0513-00000000", "110"),
    ],
)
def test_numbers_that_stand_for_none(text: str) -> None:
    """A placeholder would make one household of a whole town."""
    assert read_phone(text) is None


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13812345679/13912345670", ["13812345679", "13912345670"]),
        ("13812345679 13912345670", ["13812345679", "13912345670"]),
        ("13812345679，13912345670", ["13812345679", "13912345670"]),
        ("1381234567913912345670", ["13812345679", "13912345670"]),
        ("母:13812345679;父:13912345670", ["13812345679", "13912345670"]),
        ("母13812345679父13912345670", ["13812345679", "13912345670"]),
        ("138 1234 5679", ["13812345679"]),
        ("13812345679、0513-82201234", ["13812345679", "051382201234"]),
        ("无", []),
    ],
)
def test_cells_with_several_phones(cell: str, numbers: list[str]) -> None:
    """Both parents' phones often share one cell."""
    assert [read_phone(text) for text in split_phones(cell)] == numbers


def test_ethnic_groups() -> None:
    """Names, short names, codes and letters of GB/T 3304 are one."""
    assert {read_ethnicity(text) for text in ("汉", "汉族", "1", "01", "01-汉族", "HA", "漢族", " 汉 族 ")} == {"01"}
    assert read_ethnicity("维吾尔族") == read_ethnicity("维族") == read_ethnicity("UG") == "05"
    assert [read_ethnicity(text) for text in ("土族", "土家族", "基诺族")] == ["30", "15", "56"]
    assert {read_ethnicity(text) for text in ("", "其他", "97", "0", "未识别", "60")} == {None}
