"""The tlog-proof file: read back, checked, refused in every altered form."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_log import KEYS, NOW, PublishedLog, random_entries

from audit.checkpoint import Checkpoint
from audit.errors import AuditError, MalformedError, ProofError
from audit.note import split_note
from audit.proof import TlogProof
from audit.verifier.trust import Trust

LOG = PublishedLog(random_entries(300))
PROOF = LOG.proof(123)
TEXT = PROOF.to_text()


@given(st.integers(0, 299), st.none() | st.binary(max_size=40))
def test_proofs_read_back(index: int, extra: bytes | None) -> None:
    """A proof that was handed out could not be used."""
    made = LOG.proof(index)
    made = TlogProof(index, made.hashes, made.checkpoint, extra)
    assert TlogProof.parse(made.to_text()) == made
    head = Checkpoint.parse(split_note(made.checkpoint)[0])
    made.check(LOG.entries[index], head)
    with pytest.raises(ProofError):
        made.check(LOG.entries[index - 1], head)


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 255))
def test_no_changed_byte_is_accepted(at: int, change: int) -> None:
    """A proof of another entry, index or tree could be shown in court."""
    changed = bytearray(TEXT)
    changed[at] ^= change
    with pytest.raises(AuditError):
        proof = TlogProof.parse(bytes(changed))
        head, _ = Trust(KEYS).open_checkpoint(proof.checkpoint, NOW)
        proof.check(LOG.entries[123], head)


@pytest.mark.parametrize(
    "text",
    [
        b"", TEXT.replace(b"@v1", b"@v2"), TEXT.replace(b"index 123", b"index 0123"), TEXT.replace(b"index", b"Index"),
        TEXT.replace(b"index 123\n", b"index 123\nAAAA\n"), TEXT.replace(b"\nindex", b"\nextra\nindex"),
        TEXT.replace(b"index 123\n", b"index 123\n" + (base64.b64encode(bytes(32)) + b"\n") * 64),
        TEXT.replace(b"\nindex", b"\nindex 1\nindex"), TEXT.split(b"\n\n")[0] + b"\n",
    ],
)  # fmt: skip
def test_other_forms_are_refused(text: bytes) -> None:
    """Two readers could see two proofs in one file."""
    with pytest.raises(MalformedError):
        TlogProof.parse(text)


def test_a_proof_is_small() -> None:
    """A proof for a large log with two witnesses would no longer fit a page (an ML-DSA line alone is 3.3 kB)."""
    hashes = tuple(bytes(32) for _ in range(17))
    note = PublishedLog(random_entries(3), LOG_ED, WITNESSES_ED).checkpoint()
    assert len(TlogProof(69_999, hashes, note).to_text()) < 1_400


LOG_ED = PublishedLog([]).log_keys[:1]
WITNESSES_ED = [PublishedLog([]).witnesses[0]] * 2
