"""Read an address: division, town, place, road, house numbers.

Does not check that a place exists. What different clerks leave out, shorten or spell in numerals is folded;
what they add (brackets, labels, postcodes) is dropped.
"""

import re
from dataclasses import dataclass

from linkage.encoding.normalise.date_words import NUMERALS, numeral_value
from linkage.encoding.normalise.divisions import find_division, find_town
from linkage.encoding.normalise.text import fold, is_missing


@dataclass(frozen=True, slots=True)
class Address:
    """Parts of an address, '' or () where absent.

    `division`: GB/T 2260 code in force. `town`, `place` (village or estate; the road's name when there is
    none, a community only when nothing else is named), `road`: names without their suffix. `numbers`: every
    house, unit, room and group number in order, without leading zeros. `road_numbers`: how many of them,
    from the first, belong to the road and not to the place.
    """

    division: str
    town: str
    place: str
    road: str
    numbers: tuple[str, ...]
    road_numbers: int = 0


_MOST_TEXT = 200
_MOST_RAW = 4000
_MISSING = re.compile(
    "同上|同(?:户籍|户口|现住|家庭|住|父|母|监护).*|与.*(?:相同|一致)|本[市县区镇村]|无固定.*|居无定所|流浪.*|不[详明].*|无.{0,4}地址|暂无.*|外地|外省|本地"
)
_LABEL = re.compile(
    r"^(?:(?:户籍|户口|家庭|居住|现|住|常住|暂住|联系|通讯|通信|详细|身份证|实际|临时|所在)*(?:地址|住址|地|所在地|居住地|住所|住|址)|家住|住在|现住|户籍|暂住)\s*[:=]?\s*(?=.{4})"
)
_BRACKETS = re.compile(r"[(\[{<【「《][^)\]}>】」》]*[)\]}>】」》]")
_LONG_NUMBER = re.compile(r"(?<!\d)(?:\d{6}|\d{7,})(?!\d)")
_SPELLED = re.compile(
    rf"第?([{NUMERALS}]+)(?=号|幢|栋|单元|室|组|村民小组|小组|队|生产队|层|弄|期|区(?=\d)|楼(?![一-龥])|座(?![一-龥]))"
)
_TOWN = re.compile(
    r"(?P<town>[一-龥]{1,10}?)(?:街道办事处|街道办|街道|办事处|民族乡|镇区|镇(?:街道)?|乡|苏木|(?:经济|技术|工业|高新|旅游|科技|产业)*"
    r"(?:开发区|园区|高新区|示范区|度假区)|新区|农场|林场|渔场|良种场)(?!路|街(?!道)|大道|[东西南北中]路|花园|小区|家园|新村|村|桥)"
)
_NO_TOWN = re.compile("[东西南北中]{0,2}(?:路|街|大道|巷)|村|社区|小区|居委|新村|花园|家园|苑|[\\d号第]")
_NAMED = re.compile(
    r"(?P<name>.+?)(?:(?P<village>村民委员会|村委会|行政村|自然村|村)|(?P<community>社区居民委员会|社区居委会|居民委员会|居委会|社区|居委)"
    r"|(?P<estate>住宅小区|小区)|(?P<road>大道|大街|公路|马路|路|街|巷|胡同|弄))(?![路街巷道弄])"
)
_NUMBER = re.compile(r"[A-Za-z](?=座|幢|栋|区|单元|号楼|楼|#|\d)|\d+(?:[A-Za-z](?![A-Za-z]))?")
_UNITS = re.compile(
    r"^(?:号楼|号院|号|幢|栋|座|单元|楼层|楼|层|室|户|村民小组|居民小组|小组|组|生产队|大队|队|弄|门牌|门|房间|房|排|期|区|#|附|之|甲|乙|丙|[-—~_/\\.,、·:;\s])+"
)
_NOISE = re.compile(r"[\s\-—~_/\\.,、·:;#*'\"+=|]+")
_BESIDE = re.compile(
    "^(?:内|旁|对面|附近|[东西南北]侧|交叉口|路口|门面|商铺|隔壁|后面|前面|以[东西南北])+|^(?:[东西南北]|处|段|第|人|里)$|(?:第|门牌|内|附)$"
)
_FLOOR = re.compile(r"^(?:楼层?|层)")


def read_address(text: str) -> Address | None:
    """Read one address; None when nothing of it can be placed.

    '12号3幢402室', '12-3-402' and '12#3栋402' have the same numbers.
    """
    folded = fold(text[:_MOST_RAW])
    if len(folded) > _MOST_TEXT or is_missing(folded):
        return None
    folded = _cleaned(folded)
    if not folded or _MISSING.fullmatch(folded):
        return None
    division, rest = find_division(folded)
    town, rest = _town(rest, division)
    address = _behind_the_town(division, town, rest)
    named = address.division or address.town or address.place or address.road
    return address if named or address.numbers else None


def _cleaned(text: str) -> str:
    """Without brackets, labels, postcodes and spaces; numerals before a unit as digits."""
    text = _BRACKETS.sub(lambda found: _kept_from_brackets(found[0][1:-1]), text)
    text = _LONG_NUMBER.sub(" ", _LABEL.sub("", text))
    text = re.sub(r"(?<=\d)\s+(?=\d)", "-", text)
    text = re.sub(r"\s+", "", text)
    return _SPELLED.sub(lambda found: numeral_value(found[1]), text)


def _kept_from_brackets(content: str) -> str:
    return content if re.fullmatch(r"[\dA-Za-z\-#号幢栋座单元楼室组]+", content) and re.search(r"\d", content) else ""


def _town(text: str, division: str) -> tuple[str, str]:
    found = _TOWN.match(text)
    if found is not None:
        return found["town"], text[found.end() :]
    town = find_town(text, division)
    if town and not _NO_TOWN.match(text[len(town) :]):
        return town, text[len(town) :]
    return "", text


class _Parts:
    """What the walk along an address has met so far."""

    __slots__ = ("area", "area_is_village", "estate", "numbers", "road", "road_numbers")

    def __init__(self) -> None:
        self.road = ""
        self.area = ""
        self.area_is_village = False
        self.estate = ""
        self.numbers: list[str] = []
        self.road_numbers = 0

    def add_area(self, name: str, village: bool) -> None:
        if not self.area or (village and not self.area_is_village):
            self.area, self.area_is_village = name, village

    def place(self) -> str:
        """The narrowest name that clerks rarely leave out: a village, an estate, a road, else a community."""
        village = self.area if self.area_is_village else ""
        return village or self.estate or self.road or self.area

    def add_estate(self, name: str) -> None:
        if not self.estate:
            self.estate = name
            self.road_numbers = len(self.numbers) if self.road else 0


def _behind_the_town(division: str, town: str, text: str) -> Address:
    """Walk over names and numbers in turn."""
    parts = _Parts()
    position = 0
    for found in _NUMBER.finditer(text):
        _take_names(text[position : found.start()], parts)
        position = found.end()
        unit = text[position : position + 2]
        if not unit.startswith("期"):
            parts.numbers.append(_shortened(found[0]))
        if _FLOOR.match(unit):
            _drop_floor(text, position, parts)
    _take_names(text[position:], parts)
    place = parts.place()
    road_numbers = parts.road_numbers if place == parts.estate else 0
    return Address(division, town, place, parts.road, tuple(parts.numbers), road_numbers)


def _drop_floor(text: str, position: int, parts: _Parts) -> None:
    """'4楼402室' says the floor twice."""
    following = _NUMBER.search(text, position)
    floor = parts.numbers[-1]
    if following and len(following[0]) >= 3 and following[0].startswith(floor):
        parts.numbers.pop()


def _take_names(text: str, parts: _Parts) -> None:
    """Names in a stretch without numbers: villages, roads, then an estate without suffix."""
    text = _NOISE.sub("", _BESIDE.sub("", _UNITS.sub("", text)))
    while text:
        found = _NAMED.match(text)
        if found is None:
            break
        name = found["name"]
        if found["road"]:
            parts.road = parts.road or name
        elif found["estate"]:
            parts.add_estate(name)
        else:
            parts.add_area(name, village=found["village"] is not None)
        text = _BESIDE.sub("", text[found.end() :])
    text = _UNITS.sub("", text)
    if len(text) >= 2:
        parts.add_estate(text)


def _shortened(number: str) -> str:
    return number.upper().lstrip("0") or "0"
