"""Name the normalisers' state: a version, and a digest over every table that decides how values are read.

Two custodians whose digests differ would encode one child differently; the plan's fingerprint holds both.
"""

import hashlib
from collections.abc import Iterable

from linkage.encoding.nicknames import ROOTS
from linkage.encoding.normalise.pinyin import READINGS
from linkage.encoding.normalise.surnames import READ_SO
from linkage.encoding.normalise.syllables import SYLLABLES
from linkage.encoding.normalise.tables import TABLE_NAMES, read_table
from linkage.encoding.normalise.text import VARIANTS

NORMALISER_VERSION = "cn-2"
"""Changes whenever the same cell may be read otherwise than before."""


def tables_digest() -> str:
    """SHA-256, in hex, over syllables, readings, surnames, variants, look-alikes, divisions, lunar years, nicknames."""
    digest = hashlib.sha256(f"sealink/normaliser-tables/{NORMALISER_VERSION}\n".encode())
    for name, lines in _tables():
        digest.update(f"[{name}]\n".encode())
        for line in lines:
            digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _tables() -> Iterable[tuple[str, Iterable[str]]]:
    yield "syllables", sorted(SYLLABLES)
    yield "variants", (f"{code:x} {VARIANTS[code]}" for code in sorted(VARIANTS))
    yield "readings", (f"{char} {' '.join(READINGS[char])}" for char in sorted(READINGS))
    yield "surname readings", (f"{name} {' '.join(READ_SO[name])}" for name in sorted(READ_SO))
    yield "nicknames", (f"{form} {' '.join(ROOTS[form])}" for form in sorted(ROOTS))
    for table in TABLE_NAMES:
        yield table, read_table(table)
