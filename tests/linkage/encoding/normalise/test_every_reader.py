from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linkage.encoding.normalise.address import read_address
from linkage.encoding.normalise.dates import lunar_to_solar, read_date
from linkage.encoding.normalise.ethnicity import read_ethnicity
from linkage.encoding.normalise.name import Name, Newborn, read_guardian, read_name, split_names
from linkage.encoding.normalise.phone import read_phone, split_phones
from linkage.encoding.normalise.resident_id import explain_resident_id, read_resident_id
from linkage.encoding.normalise.sex import read_sex
from linkage.encoding.normalise.text import fold

READERS = [read_name, read_guardian, read_date, read_resident_id, read_sex, read_phone, read_address, read_ethnicity]
PIECES = list(
    "王李张欧阳子涵明之女子婴宝某*?□·.()（）:/,、 男女父母亲曾用名LiZihan-'"
    "某镇村路号幢室组海门市江苏省五十二〇0123456789年月日农历xX+E\u200b\ufffd\ue863"
)
CELLS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=24).map("".join))


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@given(text=CELLS)
@example(text="\ud800")
@example(text="²①½")
@example(text="٣٢٠٦٨٤")
@example(text="-".join(["xian"] * 45))
@settings(max_examples=150, deadline=None)
def test_no_cell_breaks_a_reader(read: Callable[[str], object], text: str) -> None:
    """One odd cell must not stop a batch; folding first must not change what is read."""
    value = read(text)
    assert value == read(text)
    assert read(fold(text)) == value


@given(text=CELLS)
@settings(max_examples=300, deadline=None)
def test_no_cell_breaks_the_splitters(text: str) -> None:
    """Splitters feed the readers and see the same cells."""
    for piece in (*split_names(text), *split_phones(text)):
        assert piece
    explain_resident_id(text)
    dob = read_date(text)
    if dob is not None:
        assert 1900 <= dob.year <= 2101
        assert (dob.day is None) or (dob.month is not None)
        lunar_to_solar(dob)


@given(text=CELLS)
@settings(max_examples=300, deadline=None)
def test_names_keep_their_promises(text: str) -> None:
    """Tags rely on at least one reading, at most four, and a syllable for each given character."""
    name = read_name(text)
    if isinstance(name, Newborn):
        name = name.mother
    if isinstance(name, Name):
        assert 1 <= len(name.readings) <= 4
        if name.script == "han":
            assert all(len(reading.given) == len(name.given) for reading in name.readings)
            assert name.surname or name.given


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_over_long_cells_are_refused_at_once(read: Callable[[str], object]) -> None:
    """A 10 MB cell must neither hang a reader nor become a value."""
    for piece in ("王", "1", "a-", "(", "之女", " 1", "镇村"):
        assert read(piece * 200_000) is None
