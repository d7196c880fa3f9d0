import re

from pypinyin import Style, lazy_pinyin

from linkage.encoding.normalise.pinyin import fold_syllable, syllables_of
from linkage.encoding.normalise.surnames import COMMON, COMPOUND, KNOWN, surname_readings
from linkage.encoding.normalise.syllables import SYLLABLES, divide
from linkage.encoding.normalise.tables import TABLE_NAMES, read_table
from linkage.encoding.normalise.version import NORMALISER_VERSION, tables_digest


def test_digest_is_stable_within_an_installation() -> None:
    """The plan's fingerprint holds it; a digest that wanders would refuse every batch."""
    assert tables_digest() == tables_digest()
    assert re.fullmatch("[0-9a-f]{64}", tables_digest())
    assert NORMALISER_VERSION


def test_every_table_is_there() -> None:
    """Tables travel inside the wheel; a missing one must show here."""
    assert all(read_table(name) for name in TABLE_NAMES)


def test_surnames_can_all_be_read() -> None:
    """A surname without a sound would drop every pinyin tag of its bearers."""
    assert all(surname_readings(name) for name in KNOWN | COMPOUND)
    assert len(COMMON) > 300
    assert all(len(name) == 2 for name in COMPOUND)


def test_readings_agree_with_the_dictionary_for_plain_characters() -> None:
    """Our own table of second readings must not replace a first one by mistake."""
    for char in "子涵梓轩宇欣怡浩晨佳雨思嘉俊杰文博瑶诗琪明":
        assert syllables_of(char)[0] == lazy_pinyin(char, style=Style.NORMAL)[0]
    assert syllables_of("*") == ()


def test_division_into_syllables() -> None:
    """Orthography decides between xian and xi'an."""
    assert divide("xian") == (("xian",), ("xi", "an"))
    assert divide("fangan")[0] == ("fan", "gan")
    assert divide("emily") == ()
    assert all(divide(syllable)[0] == (syllable,) for syllable in SYLLABLES)


def test_folded_syllables() -> None:
    """Only the confusions named are merged; an and ang stay apart."""
    assert [fold_syllable(text) for text in ("zhang", "chen", "shi", "ning", "nan", "meng")] == [
        *("zang", "cen", "si", "lin", "lan", "men"),
    ]
    assert fold_syllable("han") != fold_syllable("hang")
    assert all(fold_syllable(fold_syllable(text)) == fold_syllable(text) for text in SYLLABLES)
