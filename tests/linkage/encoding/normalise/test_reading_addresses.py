import pytest

from linkage.encoding.normalise.address import Address, read_address
from linkage.encoding.normalise.divisions import find_division


def _read(text: str) -> Address:
    address = read_address(text)
    assert address is not None
    return address


@pytest.mark.parametrize(
    "written",
    [
        "江苏省南通市海门区三星镇大桥村5组12号",
        "江苏省海门市三星镇大桥村5组12号",
        "海门市三星镇大桥村五组十二号",
        "海门三星镇大桥村5-12",
        "江苏南通海门区三星镇大桥村村委会第五组12号",
        "南通市海门区三星镇大桥社区居委会5组12号",
        "江苏省 南通市 海门市 三星镇 大桥村 5组 12号",
        "户籍地址：江苏省南通市海门区（原海门市）三星镇大桥村５组１２号",
        "226100江苏省海门县三星镇大桥村05组012号",
    ],
)
def test_one_village_house(written: str) -> None:
    """What clerks shorten, rename or spell out must not change the house."""
    assert _read(written) == Address("320614", "三星", "大桥", "", ("5", "12"))


@pytest.mark.parametrize(
    "written",
    ["12号3幢402室", "12-3-402", "12#3栋402", "12号3号楼402", "１２号３座４０２", "十二号三幢402室", "12号3幢4楼402室"],
)
def test_one_flat(written: str) -> None:
    """Units are folded: 幢 栋 座 号楼 # - all mean the same."""
    assert _read(f"人民中路{written}").numbers == ("12", "3", "402")


def test_estate_on_a_road() -> None:
    """An estate is the place; the road's own number can be told from the flat's."""
    full = _read("海门街道解放中路12号东方花园3幢402室")
    short = _read("海门街道东方花园小区3-402")
    assert (full.place, full.road, full.numbers) == ("东方花园", "解放中", ("12", "3", "402"))
    assert full.place == short.place
    assert full.numbers[full.road_numbers :] == short.numbers


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("海门市", "320614"),
        ("海门区", "320614"),
        ("江苏省南通市海门县", "320614"),
        ("通州市金沙镇", "320612"),
        ("南通市通州区", "320612"),
        ("北京市通州区", "110112"),
        ("南通市港闸区", "320613"),
        ("海安县", "320685"),
        ("江苏省苏州市吴江市", "320509"),
        ("四川省凉山彝族自治州昭觉县", "513431"),
        ("贵州毕节威宁彝族回族苗族自治县", "520526"),
        ("江苏省南通市", "320600"),
        ("安徽省", "340000"),
        ("上海市闸北区", "310106"),
        ("人民路5号", ""),
        ("海门街道", ""),
        ("南通路12号", ""),
    ],
)
def test_divisions(written: str, code: str) -> None:
    """A renamed district is the same district; a road called after a city is not the city."""
    assert find_division(written).code == code


@pytest.mark.parametrize("written", ["", "无", "不详", "同上", "同户籍", "无固定住所", "-"])
def test_no_address(written: str) -> None:
    """'Same as above' would otherwise be one crowded house."""
    assert read_address(written) is None


def test_numerals_in_names_stay() -> None:
    """三星 and 四甲 are names, not numbers."""
    address = _read("海门区四甲镇三星村八组")
    assert (address.town, address.place, address.numbers) == ("四甲", "三星", ("8",))
