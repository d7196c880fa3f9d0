import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding.normalise.dates import Dob
from linkage.encoding.normalise.resident_id import check_digit, explain_resident_id, read_resident_id

BODY = "32068420130806123"
NUMBER = BODY + check_digit(BODY)


def test_the_standards_own_example() -> None:
    """GB 11643 prints 11010519491231002X as its example."""
    assert check_digit("11010519491231002") == "X"


@pytest.mark.parametrize(
    "written",
    [
        NUMBER,
        f" {NUMBER} ",
        f"'{NUMBER}",
        f"{NUMBER}.0",
        f"身份证：{NUMBER}",
        f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        "".join(chr(ord(char) + 0xFEE0) for char in NUMBER),
        f"\u200b{NUMBER}",
        f"{NUMBER}(母)",
    ],
)
def test_writings_of_one_number(written: str) -> None:
    """Traces of spreadsheets and keyboards must not hide the strongest identifier."""
    number = read_resident_id(written)
    assert number is not None
    assert (number.number, number.birth, number.sex, number.region) == (NUMBER, Dob(2013, 8, 6), "M", "320684")


@pytest.mark.parametrize("last", ["X", "x", "Ｘ", "ｘ", "Х", "х", "*"])
def test_check_character_x(last: str) -> None:
    """X comes in two alphabets, two widths, two cases, and as a star."""
    number = read_resident_id(f"11010519491231002{last}")
    assert number is not None
    assert number.number == "11010519491231002X"
    assert number.sex == "F"


def test_fifteen_digits_are_expanded() -> None:
    """Numbers issued before 1999 belong to the same person as their long form."""
    number = read_resident_id("110105491231002")
    assert number is not None
    assert (number.number, number.status) == ("11010519491231002X", "expanded")


@pytest.mark.parametrize(
    ("written", "explanation"),
    [
        (NUMBER, "valid"),
        ("110105491231002", "expanded"),
        (BODY + ("0" if NUMBER[-1] != "0" else "1"), "checksum"),
        ("320684201313061234", "checksum"),
        (BODY, "truncated"),
        (NUMBER[:15], "truncated"),
        ("3.20684E+17", "truncated"),
        (NUMBER[:15] + "000", "truncated"),
        ("111111111111111111", "placeholder"),
        ("000000000000000000", "placeholder"),
        ("123456789012345678", "placeholder"),
        ("320684********1234", "masked"),
        ("3206842013****1236", "masked"),
        ("H12345678", "other"),
        ("P320123456", "other"),
        ("无", "missing"),
        ("", "missing"),
    ],
)
def test_explanations(written: str, explanation: str) -> None:
    """The health report counts what a column holds, by these words."""
    assert explain_resident_id(written) == explanation
    assert (read_resident_id(written) is not None) == (explanation in ("valid", "expanded"))


@given(st.integers(0, 17), st.integers(0, 9))
def test_one_wrong_digit_never_passes(place: int, digit: int) -> None:
    """The check digit catches every single error, so a wrong ID links nobody."""
    wrong = NUMBER[:place] + str(digit) + NUMBER[place + 1 :]
    assert (read_resident_id(wrong) is not None) == (wrong == NUMBER)


def test_check_digit_refuses_other_bodies() -> None:
    """The error names the rule and never the digits."""
    with pytest.raises(ValueError, match="17 digits") as caught:
        check_digit("3206842013")
    assert "3206842013" not in str(caught.value)
