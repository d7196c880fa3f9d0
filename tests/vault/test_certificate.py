"""The no-record certificate: one page for everybody, the same bytes for the same facts, every character really set."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import zlib
from dataclasses import replace
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase import pdfmetrics

from audit.crypto.signatures import SigningKey
from vault.certificate import CertificateFacts, CertificateRecord, certificate_pdf, record_of
from vault.certificate_font import cut_font
from vault.errors import CertificateError
from vault.forms import open_form

DAY = dt.date(2026, 11, 27)
FACTS = CertificateFacts(
    "01JDMZ0000000000000000000A", "王小明", "320684200001010017", "某市某区人民检察院", "People's Procuratorate"
)


def streams(pdf: bytes) -> list[bytes]:
    """Every stream of the file, decoded."""
    found = []
    for filters, data in re.findall(rb"/Filter \[ ([^\]]*)\][^>]*>>\s*stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        packed = base64.a85decode(data.strip().removesuffix(b"~>")) if b"ASCII85Decode" in filters else data
        found.append(zlib.decompressobj().decompress(packed))
    return found


def content(pdf: bytes) -> bytes:
    """The page's drawing operators."""
    (page,) = [one for one in streams(pdf) if b" Tj" in one]
    return page


def shown(pdf: bytes) -> list[str]:
    """The texts of the page, read back through the embedded font's own map to characters, in order."""
    (chars,) = [one.decode() for one in streams(pdf) if b"beginbfchar" in one or b"beginbfrange" in one]
    codes: dict[int, str] = {}
    for code, char in re.findall(r"<([0-9A-F]{2})> <([0-9A-F]{4,8})>", chars):
        codes[int(code, 16)] = bytes.fromhex(char).decode("utf-16-be")
    for first, _, targets in re.findall(r"<([0-9A-F]{2})> <([0-9A-F]{2})>\s+\[(.*?)\]", chars, re.DOTALL):
        for at, char in enumerate(re.findall(r"<([0-9A-F]{4,8})>", targets)):
            codes[int(first, 16) + at] = bytes.fromhex(char).decode("utf-16-be")
    texts = []
    for written in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", content(pdf), re.DOTALL):
        plain = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), written)
        plain = re.sub(rb"\\(.)", rb"\1", plain)
        texts.append("".join(codes[code] for code in plain))
    return texts


def outline(font: Any, glyph: str) -> Any:
    table = font["glyf"]
    return list(table[glyph].getCoordinates(table)[0])


def test_the_same_facts_are_the_same_bytes() -> None:
    """An agency could not say of a page that it issued it, nor print it again."""
    first = certificate_pdf(FACTS, DAY)
    assert first == certificate_pdf(FACTS, DAY)
    assert first.startswith(b"%PDF-")
    assert first != certificate_pdf(FACTS, DAY + dt.timedelta(days=1))


def test_only_what_is_the_persons_own_differs_between_two_people() -> None:
    """Whoever has seen two certificates would tell the sealed one by its layout, wording or metadata (L25)."""
    sealed, never = FACTS, replace(FACTS, name="明小王", resident_id="320684200001010710")
    pages = [content(certificate_pdf(one, DAY)) for one in (sealed, never)]
    lines = [page.split(b"\n") for page in pages]
    assert len(lines[0]) == len(lines[1])
    differing = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
    assert len(differing) == 2  # name and number
    places = [[re.sub(rb"\(.*\) Tj", b"() Tj", line) for line in pair] for pair in differing]
    assert all(first == second for first, second in places)

    texts = [shown(certificate_pdf(one, DAY)) for one in (sealed, never)]
    own = {sealed.name: never.name, sealed.resident_id: never.resident_id}
    assert [own.get(text, text) for text in texts[0]] == texts[1]
    strip = re.compile(rb"stream\r?\n.*?endstream|/Length \d+|/ID\s+\[.*?\]|\d{10} \d{5}|startxref\s+\d+", re.DOTALL)
    outside = [strip.sub(b"", certificate_pdf(one, DAY)) for one in (sealed, never)]
    assert outside[0] == outside[1]


def test_it_says_no_record_in_both_languages_and_never_speaks_of_sealing() -> None:
    """The certificate itself would tell that there is something sealed."""
    pdf = certificate_pdf(FACTS, DAY)
    page = "\n".join(shown(pdf))
    for said in ("无犯罪记录证明", "未发现上述人员有犯罪记录", "no criminal record", FACTS.name, FACTS.resident_id):
        assert said in page
    for said in ("2026年11月27日", "2026-11-27", FACTS.agency_zh, FACTS.agency_en, FACTS.number):
        assert said in page
    for word in ("封存", "未成年", "seal", "juvenile", "minor", "vault"):
        assert word not in page.lower()
        assert word.encode() not in pdf.lower()


@pytest.mark.parametrize("name", ["王小明", "买买提·阿不都热合曼·吾买尔江", "㛃䶮堃"])
def test_every_character_is_drawn_as_itself(name: str) -> None:
    """Names would be boxes, or another person's characters: fonts of two certificates share one process."""
    certificate_pdf(FACTS, DAY)
    pdf = certificate_pdf(replace(FACTS, name=name), DAY)
    assert name in shown(pdf)
    (embedded,) = [TTFont(io.BytesIO(one)) for one in streams(pdf) if one[:4] in (b"\0\1\0\0", b"true")]
    _, cut = cut_font(name)
    source = TTFont(io.BytesIO(cut))
    drawn = [
        outline(embedded, glyph) for glyph in embedded.getGlyphOrder() if embedded["glyf"][glyph].numberOfContours > 0
    ]
    for char in set(name) - {"·"}:
        assert outline(source, source.getBestCmap()[ord(char)]) in drawn
    assert not [font for font in pdfmetrics._fonts if font.startswith("NotoSansSC-")]


def test_a_character_that_cannot_be_set_is_refused() -> None:
    """A box would stand in the name, and the certificate be of nobody."""
    with pytest.raises(CertificateError, match="its font does not have") as found:
        certificate_pdf(replace(FACTS, name="王\U00020000"), DAY)
    assert "王" not in str(found.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "1"),
        ("name", ""),
        ("name", " "),
        ("name", "王" * 61),
        ("name", "王\n无"),
        ("resident_id", "32068420000101001"),
        ("resident_id", "32068420000101001)"),
        ("agency_zh", ""),
        ("agency_en", "x" * 121),
    ],
)
def test_facts_have_a_form(field: str, value: str) -> None:
    """Two lines could be put into one, and a certificate say what nobody issued."""
    with pytest.raises(CertificateError) as found:
        replace(FACTS, **{field: value})
    assert len(value) < 4 or value not in str(found.value)


def test_a_long_text_is_set_smaller_and_a_too_long_one_refused() -> None:
    """A name would run over the edge of the page."""
    assert "阿" * 40 in shown(certificate_pdf(replace(FACTS, name="阿" * 40), DAY))
    with pytest.raises(CertificateError, match="too long for its line"):
        certificate_pdf(replace(FACTS, name="阿" * 60), DAY)


@settings(max_examples=8)
@given(st.text("王小明·ABC()\\ ", min_size=1, max_size=20).filter(str.strip))
def test_what_is_written_is_what_is_read(name: str) -> None:
    """Brackets or backslashes of a name would break the page, or be lost."""
    assert name in shown(certificate_pdf(replace(FACTS, name=name), DAY))


def test_the_record_names_nobody() -> None:
    """What proves a certificate would itself become a list of people who asked for one."""
    pdf, signer = certificate_pdf(FACTS, DAY), SigningKey(bytes(64))
    record = record_of(pdf, FACTS.number, "procuratorate-a", "clerk-1", 1)
    data = record.sign(signer)
    assert open_form(CertificateRecord, data, [signer.verifying_key]).form == record
    for text in (FACTS.name, FACTS.resident_id):
        assert text.encode() not in data
        assert text not in repr(FACTS)
