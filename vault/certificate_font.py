"""The font of a certificate: the characters that it uses, out of Noto Sans SC, as one small TrueType font to embed.

Embedded, a name looks the same on every screen and printer, rare characters included; a font that the reader has to
have would be another one everywhere. The package ships one variable font of 31,000 characters; cutting it down takes
half a second.

May touch: disk (the font of the package `justmytype-intl-cjk`)
Sees:      the characters of a certificate
Spec:      Noto Sans SC, SIL Open Font License 1.1 (embedding allowed)
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from importlib.resources import as_file, files
from typing import Any, Final

from vault.errors import CertificateError

_PLACE: Final = ("fonts", "ofl", "notosanssc", "NotoSansSC[wght].ttf")
_WEIGHT: Final = 400
_NAMES: Final = (1, 4, 6)
"""Family, full and PostScript name."""
_DROPPED: Final = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "HVAR", "VVAR", "MVAR", "vhea", "vmtx", "VORG")


def cut_font(characters: Iterable[str]) -> tuple[str, bytes]:
    """Name and bytes of a TrueType font of exactly these characters; CertificateError if one of them is lacking.

    The same set gives the same bytes, another set another name.
    """
    wanted = {ord(char) for char in characters}
    try:
        from fontTools.ttLib import TTFont

        source = files("justmytype_intl_cjk").joinpath(*_PLACE)
    except ImportError:
        raise CertificateError("font: not installed (the extra `certificate`)") from None
    with as_file(source) as path, TTFont(path, lazy=True, recalcTimestamp=False) as font:
        if not wanted <= font.getBestCmap().keys():
            raise CertificateError("certificate: a character in it that its font does not have; issue it on paper")
        return _cut(font, wanted)


def _cut(font: Any, wanted: set[int]) -> tuple[str, bytes]:
    from fontTools.subset import Options, Subsetter
    from fontTools.varLib.instancer import instantiateVariableFont

    options = Options()
    options.layout_features = []
    options.drop_tables += [*_DROPPED]
    options.notdef_outline = True
    options.recalc_timestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    out = io.BytesIO()
    instantiateVariableFont(font, {"wght": _WEIGHT}, inplace=True)
    # ReportLab keeps glyph tables by the name inside the font: two cuts of one name would set each other's characters.
    name = "NotoSansSC-" + hashlib.sha256(repr(sorted(wanted)).encode()).hexdigest()[:16]
    for number in _NAMES:
        font["name"].setName(name, number, 3, 1, 0x409)
        font["name"].removeNames(nameID=number, platformID=1)
    font.save(out)
    return name, out.getvalue()
