"""Index entries: what the deciding agency's desk must know to find a record, sealed to that agency alone.

The vault stores them as ciphertext and learns nothing of a search: the desk fetches all of its agency's entries and
looks through them itself. There is no search token, blind index or partial match at the service.

May touch: the system's randomness (streams that the caller opened)
Sees:      subjects' names, at the sealing and the deciding desk
Spec:      contracts section 4; vault-law section 0, finding 1
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit import canonical
from audit.crypto.container import open_container, seal_container
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import OpeningKey, SealingKey
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.errors import MalformedError
from vault.asking import Subject
from vault.errors import EnvelopeError
from vault.halves import ViewId
from vault.vocabulary import RecordKind, View

PADDED_TO = 4096
LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One record version as its deciding agency knows it."""

    record: str
    version: int
    epoch: int
    suite: str
    agency: str
    kinds: tuple[RecordKind, ...]
    envelopes: Mapping[View, str]
    """Digest (hex) of each view's envelope."""
    name: str = field(repr=False)
    aliases: tuple[str, ...] = field(repr=False)
    resident_id: str | None = field(repr=False)
    birth: str | None = field(repr=False)
    case_no: str = field(repr=False)
    charge: str = field(repr=False)

    def view_id(self, view: View) -> ViewId:
        """The ids of one of its views."""
        return ViewId(self.record, self.version, view, self.agency, self.epoch, self.suite)

    def to_bytes(self) -> bytes:
        """Canonical text, padded with spaces to 4 KiB steps."""
        text = canonical.dumps({
            "record": self.record,
            "version": self.version,
            "epoch": self.epoch,
            "suite": self.suite,
            "agency": self.agency,
            "kinds": [kind.value for kind in self.kinds],
            "envelopes": {view.value: digest for view, digest in self.envelopes.items()},
            "name": self.name,
            "aliases": list(self.aliases),
            "resident_id": self.resident_id,
            "birth": self.birth,
            "case_no": self.case_no,
            "charge": self.charge,
        })  # fmt: skip
        return text + b" " * (-len(text) % PADDED_TO)

    @classmethod
    def parse(cls, text: bytes) -> IndexEntry:
        """Read `to_bytes`'s form; EnvelopeError otherwise."""
        try:
            value: Any = canonical.loads(text.rstrip(b" "))
            return cls(
                **{
                    **value,
                    "kinds": tuple(RecordKind(kind) for kind in value["kinds"]),
                    "envelopes": {View(view): digest for view, digest in value["envelopes"].items()},
                    "aliases": tuple(value["aliases"]),
                }
            )
        except (MalformedError, ValueError, TypeError, KeyError, AttributeError):
            raise EnvelopeError("index entry: not of its form") from None


def seal_index(entry: IndexEntry, desk: SealingKey, sealer: SigningKey) -> bytes:
    """The entry as a sealed container for the deciding agency's desk."""
    out = io.BytesIO()
    ids: dict[str, str | int] = {"record": entry.record, "version": entry.version, "agency": entry.agency}
    seal_container(out, [entry.to_bytes()], purpose=Purpose.INDEX, ids=ids, sender=sealer, recipients=[desk])
    return out.getvalue()


def open_index(data: bytes, desk: OpeningKey, sealers: Iterable[VerifyingKey]) -> IndexEntry:
    """Read an index entry at its agency's desk; EnvelopeError if it is forged, damaged or another's."""
    try:
        container = open_container(io.BytesIO(data), desk, senders=sealers, purpose=Purpose.INDEX)
        entry = IndexEntry.parse(container.read(LONGEST))
    except CryptoError as error:
        raise EnvelopeError(f"index entry: {error}") from None
    if container.header.ids != {"record": entry.record, "version": entry.version, "agency": entry.agency}:
        raise EnvelopeError("index entry: about another record than its header says")
    return entry


def find(entries: Iterable[IndexEntry], subject: Subject) -> Iterator[IndexEntry]:
    """Entries that may be the subject's: the same resident ID, or the same name or alias and no contradiction.

    Namesakes are shown to the decider, who decides; another resident ID or birth date on both sides is another person.
    """
    wanted = _plain(subject.name)
    for entry in entries:
        if subject.resident_id and entry.resident_id:
            if subject.resident_id.upper() == entry.resident_id.upper():
                yield entry
            continue
        contradicts = subject.birth and entry.birth and subject.birth != entry.birth
        if not contradicts and wanted in {_plain(name) for name in (entry.name, *entry.aliases)}:
            yield entry


def _plain(name: str) -> str:
    """NFKC without spaces and middle dots, which people write in many ways."""
    return "".join(c for c in unicodedata.normalize("NFKC", name) if not c.isspace() and c not in "·•‧・").casefold()
