"""The no-record certificate that a youth or a legal representative asks of the sealing agency: one bilingual page.

It states that no record is found and nothing else (L25): there is no argument by which the certificate of somebody
whose records are sealed could differ from that of somebody who was never convicted, and no word that names sealing. The
same facts and day give the same bytes. Who may have one is the desk's question and the law's; that a certificate is one
of the agency's is shown by the signed record of its hash, which names nobody.

May touch: disk (the font)
Sees:      a name, a resident ID
Spec:      Procuratorate Rules 487; vault-law L25
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from dataclasses import dataclass, field
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from audit.crypto.signed_object import Kind
from audit.shapes import CODE, COUNT, SHA256, ULID, is_ulid
from vault.certificate_font import cut_font
from vault.errors import CertificateError
from vault.forms import Form, shaped

LONGEST_NAME: Final = 60
LONGEST_AGENCY: Final = 60
_LEFT, _RIGHT, _TOP = 30 * mm, A4[0] - 30 * mm, A4[1] - 45 * mm
_SMALLEST_PT: Final = 7.0
_ASCII: Final = "".join(map(chr, range(32, 127)))

_TITLE: Final = ("无犯罪记录证明", "CERTIFICATE OF NO CRIMINAL RECORD")
_LABELS: Final = (("编号", "Number"), ("姓名", "Name"), ("公民身份号码", "Resident ID"))
_STATED: Final = (
    "经查询，截至出具之日，未发现上述人员有犯罪记录。",
    "特此证明。",
    "Upon inquiry, as of the day of issue, no criminal record",
    "of the above person is found.",
)
_ISSUED: Final = (("出具机关", "Issued by"), ("出具日期", "Date of issue"))
_SEAL_PLACE: Final = "（盖章处  Official stamp）"
_NOTE: Final = (
    "本证明一式一份，涂改无效；持编号可向出具机关核对真伪。",
    "One original; void if altered. The issuing authority confirms it by its number.",
)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What stands on a certificate, and all that does."""

    number: str
    """A ULID, for asking the agency whether it issued this certificate."""
    name: str = field(repr=False)
    resident_id: str = field(repr=False)
    agency_zh: str
    agency_en: str

    def __post_init__(self) -> None:
        if not is_ulid(self.number):
            raise CertificateError("certificate: its number must be a ULID")
        _check_text("name", self.name, LONGEST_NAME)
        if not (len(self.resident_id) == 18 and self.resident_id.isascii() and self.resident_id.isalnum()):
            raise CertificateError("certificate: a resident ID has 18 characters")
        _check_text("agency's Chinese name", self.agency_zh, LONGEST_AGENCY)
        _check_text("agency's English name", self.agency_en, 2 * LONGEST_AGENCY)


@dataclass(frozen=True, slots=True)
class CertificateRecord(Form):
    """The signed record of an issued certificate: its number and hash. It names nobody, and no reason."""

    KIND = Kind.CERTIFICATE
    certificate: str = shaped(ULID)
    agency: str = shaped(CODE)
    issuer: str = shaped(CODE)
    pdf: str = shaped(SHA256)
    issued_ms: int = shaped(COUNT)


def certificate_pdf(facts: CertificateFacts, issued_day: dt.date) -> bytes:
    """The page as PDF; CertificateError if a character cannot be set or a text does not fit its line."""
    values = (facts.number, facts.name, facts.resident_id)
    issued = ((facts.agency_zh, facts.agency_en), (_chinese_day(issued_day), issued_day.isoformat()))
    page = _Page(_characters(facts, issued))
    page.title(*_TITLE)
    for (chinese, english), value in zip(_LABELS, values, strict=True):
        page.line(chinese, english, value)
    page.paragraphs(_STATED)
    for (chinese, english), (first, second) in zip(_ISSUED, issued, strict=True):
        page.line(chinese, english, first, second)
    page.foot(_SEAL_PLACE, _NOTE)
    return page.finished(facts.number, facts.agency_zh)


def record_of(pdf: bytes, number: str, agency: str, issuer: str, now_ms: int) -> CertificateRecord:
    """The record to sign for a certificate that was issued."""
    return CertificateRecord(number, agency, issuer, hashlib.sha256(pdf).hexdigest(), now_ms)


class _Page:
    """One A4 page, filled from the top; every line keeps its place whatever stands on it."""

    def __init__(self, characters: frozenset[str]) -> None:
        self._font, font = cut_font(characters)
        pdfmetrics.registerFont(TTFont(self._font, io.BytesIO(font)))
        self._out = io.BytesIO()
        self._canvas: Any = Canvas(
            self._out, pagesize=A4, invariant=1, pageCompression=1, lang="zh-CN", initialFontName=self._font
        )
        self._y = _TOP

    def title(self, chinese: str, english: str) -> None:
        self._centred(chinese, 24)
        self._y -= 11 * mm
        self._centred(english, 12)
        self._y -= 22 * mm

    def line(self, chinese: str, english: str, value: str, below: str = "") -> None:
        left = _LEFT + 42 * mm
        for first, second, at in ((chinese, english, _LEFT), (value, below, left)):
            self._at(at, first, self._fitting(first, _RIGHT - at, 12))
            self._at(at, second, self._fitting(second, _RIGHT - at, 9), down=5.5 * mm)
        self._y -= 14 * mm

    def paragraphs(self, texts: tuple[str, ...]) -> None:
        self._y -= 6 * mm
        for text in texts:
            self._at(_LEFT, text, 12)
            self._y -= 8 * mm
        self._y -= 12 * mm

    def foot(self, seal_place: str, notes: tuple[str, ...]) -> None:
        self._y -= 10 * mm
        self._at(_LEFT + 42 * mm, seal_place, 9)
        self._y = 32 * mm
        self._canvas.line(_LEFT, self._y + 7 * mm, _RIGHT, self._y + 7 * mm)
        for text in notes:
            self._at(_LEFT, text, 8.5)
            self._y -= 5 * mm

    def finished(self, number: str, author: str) -> bytes:
        self._canvas.setTitle(" · ".join(_TITLE))
        self._canvas.setSubject(number)
        self._canvas.setAuthor(author)
        self._canvas.setCreator("")
        self._canvas.showPage()
        self._canvas.save()
        for kept in (pdfmetrics._fonts, pdfmetrics._dynFaceNames):  # else names' characters stay in the process
            kept.pop(self._font, None)
        return self._out.getvalue()

    def _at(self, left: float, text: str, points: float, down: float = 0) -> None:
        self._canvas.setFont(self._font, points)
        self._canvas.drawString(left, self._y - down, text)

    def _centred(self, text: str, points: float) -> None:
        self._canvas.setFont(self._font, points)
        self._canvas.drawCentredString(A4[0] / 2, self._y, text)

    def _fitting(self, text: str, width: float, points: float) -> float:
        needed = pdfmetrics.stringWidth(text, self._font, points)
        fitting = points if needed <= width else points * width / needed
        if fitting < _SMALLEST_PT:
            raise CertificateError("certificate: a text in it is too long for its line")
        return fitting


def _chinese_day(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _characters(facts: CertificateFacts, issued: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """All that may be set. ASCII is always whole, so that dates and numbers change no width and no other font."""
    fixed = [*_TITLE, *(text for pair in (*_LABELS, *_ISSUED) for text in pair), *_STATED, _SEAL_PLACE, *_NOTE]
    own = [facts.name, *(text for pair in issued for text in pair)]
    return frozenset("".join([_ASCII, *fixed, *own]))


def _check_text(what: str, text: str, longest: int) -> None:
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise CertificateError(f"certificate: the {what} must have 1 to {longest} printable characters")
