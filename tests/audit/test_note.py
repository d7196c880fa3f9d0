"""Signed notes, checkpoints and cosignatures against the C2SP examples and a verifier by others."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_log import KEYS, LOG_KEYS, NOW, ORIGIN, WITNESSES, PublishedLog
from sigstore._internal.rekor.checkpoint import SignedCheckpoint
from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tlog import Checkpoint as OtherCheckpoint

from audit.checkpoint import Checkpoint
from audit.cosignature import cosign, message_of, verify_cosignature
from audit.errors import AuditError, KeyFileError, MalformedError, SignatureError
from audit.keys import parse_vkeys
from audit.merkle import EMPTY_ROOT
from audit.note import (
    Ed25519Cosigner,
    Ed25519Signer,
    Kind,
    MlDsa44Signer,
    Signature,
    Verifier,
    open_note,
    sign_note,
    split_note,
    with_signatures,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "c2sp.json").read_text())
TEXT = Checkpoint(ORIGIN, 3, b"r" * 32).to_text()
NOTE = PublishedLog([b"a", b"b", b"c"]).checkpoint()


def test_the_specification_s_note_opens() -> None:
    """Notes by others could not be read."""
    verifier = Verifier.parse(VECTORS["note_vkey"])
    assert verifier.vkey == VECTORS["note_vkey"]
    assert open_note(VECTORS["note"].encode(), [verifier]).text == b"This is an example message.\n"


def test_an_empty_line_in_the_text_belongs_to_the_text() -> None:
    """Text below the first blank line would be signed and not shown."""
    text, lines = split_note(VECTORS["note_with_empty_line"].encode())
    assert text.decode().count("\n") == 4
    assert [line.name for line in lines] == ["quasimodo.example/salvatore"]


def test_the_specification_s_checkpoint_parses() -> None:
    """Checkpoints by others could not be read, and witnesses would sign another message."""
    text, lines = split_note(VECTORS["checkpoint"].encode())
    head = Checkpoint.parse(text)
    assert (head.origin, head.size, head.to_text()) == ("example.com/behind-the-sofa", 20852163, text)
    time = int.from_bytes(lines[1].payload[:8])
    assert message_of(Kind.COSIGNATURE_V1, "", text, time).decode() == VECTORS["cosigned_message"]
    assert "".join(line.to_line() for line in lines) == VECTORS["checkpoint"].split("\n\n")[1]


def test_verifiers_by_others_accept_our_checkpoint() -> None:
    """An auditor with another program would reject a sound log."""
    other = OtherCheckpoint.from_text(NOTE.decode())
    keys = VkeySet(*(Vkey.from_string(key.vkey) for key in KEYS))
    assert {vkey.serialize() for vkey, _ in keys.verify(other.signatures, other)} == {key.vkey for key in KEYS}
    read = SignedCheckpoint.from_text(NOTE.decode())
    assert (read.checkpoint.origin, read.checkpoint.log_size) == (ORIGIN, 3)
    assert len(read.signed_note.signatures) == len(KEYS)


def test_lines_state_their_times() -> None:
    """A stale cosignature would look fresh."""
    times = {line.verifier.kind: line.timestamp for line in open_note(NOTE, KEYS[:3]).signatures}
    assert times == {Kind.ED25519: None, Kind.ML_DSA_44: 0, Kind.COSIGNATURE_V1: NOW - 30}


def test_unknown_lines_are_ignored_and_wrong_lines_are_not() -> None:
    """A log could not rotate keys, or a forged line of a trusted key would pass beside a good one."""
    stranger = Ed25519Signer.generate("stranger.example")
    note = sign_note(TEXT, [stranger, LOG_KEYS[0]])
    opened = open_note(note, KEYS)
    assert [line.verifier for line in opened.signatures] == [KEYS[0]]
    assert [line.name for line in opened.unknown] == ["stranger.example"]
    forged = Signature(LOG_KEYS[0].name, LOG_KEYS[0].key_id, bytes(64))
    with pytest.raises(SignatureError):
        open_note(with_signatures(TEXT, [forged, LOG_KEYS[1].sign(TEXT)]), KEYS)
    with pytest.raises(SignatureError):
        open_note(note, KEYS[1:])
    with pytest.raises(SignatureError):
        open_note(sign_note(TEXT, [LOG_KEYS[0], LOG_KEYS[0]]), KEYS)


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_changed_byte_keeps_all_four_signatures(at: int, change: int) -> None:
    """Some byte of a checkpoint would be covered by nothing."""
    changed = bytearray(NOTE)
    changed[at] ^= change
    try:
        opened = open_note(bytes(changed), KEYS)
    except AuditError:
        return
    assert len(opened.signatures) < len(KEYS)


@pytest.mark.parametrize(
    "note",
    [
        b"", b"text\n", b"text\n\n", b"\n\xe2\x80\x94 a AAAAAAA=\n", TEXT + b"\n", NOTE[:-1], NOTE + b"\n",
        NOTE.replace(b"\n", b"\r\n"), b"\xff" + NOTE, NOTE.replace(b"log.example", b"log\t.example"),
        TEXT + b"\n" + b"\xe2\x80\x94 a AAAAAAA=\n" * 65,
        NOTE.replace(b"=\n\xe2\x80\x94 court", b"\n\xe2\x80\x94 court"),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(note: bytes) -> None:
    """Two readers could see different texts in the same bytes."""
    with pytest.raises(MalformedError):
        split_note(note)


def test_base64_has_one_form() -> None:
    """A flipped trailing bit would change a line's bytes and not its meaning."""
    line = LOG_KEYS[0].sign(TEXT).to_line()
    assert line.endswith("=\n")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = line.rstrip("=\n")
    twin = body[:-1] + letters[letters.index(body[-1]) ^ 1] + line[len(body) :]
    assert base64.b64decode(twin.split()[-1]) == base64.b64decode(line.split()[-1])
    with pytest.raises(MalformedError):
        Signature.parse(twin.rstrip("\n"))


@pytest.mark.parametrize(
    "text",
    [
        b"", b"o\n1\n", b"o\n1\nAAAA\n", b"\n1\n" + b"A" * 43 + b"=\n", b"o\n01\n" + b"A" * 43 + b"=\n",
        b"o\n-1\n" + b"A" * 43 + b"=\n", b"o\n1\n" + b"A" * 43 + b"=", b"o\n1\n" + b"A" * 43 + b"=\n\n",
        b"o\n0\n" + b"A" * 43 + b"=\n", b"o\n9223372036854775808\n" + b"A" * 43 + b"=\n",
        b"o\n\xd9\xa1\n" + b"A" * 43 + b"=\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: bytes) -> None:
    """A size or root could be read in two ways."""
    with pytest.raises(MalformedError):
        Checkpoint.parse(text)


def test_checkpoints_read_back() -> None:
    """What is signed would not be what is read."""
    for head in (Checkpoint(ORIGIN, 0, EMPTY_ROOT), Checkpoint("o", 2**63 - 1, bytes(32), ("more", "lines"))):
        assert Checkpoint.parse(head.to_text()) == head


def test_cosignatures_cover_text_and_time() -> None:
    """A witness's word could be moved to another tree or another day."""
    for witness, key in zip(WITNESSES, KEYS[2:], strict=True):
        line = cosign(TEXT, witness, NOW)
        assert verify_cosignature(TEXT, line, key) == NOW
        later = Signature(line.name, line.key_id, (NOW + 1).to_bytes(8) + line.payload[8:])
        huge = Signature(line.name, line.key_id, b"\xff" + line.payload[1:])
        other = Checkpoint(ORIGIN, 4, b"r" * 32).to_text()
        for text, wrong in ((TEXT, later), (TEXT, huge), (other, line), (TEXT, Signature("x", 1, line.payload))):
            with pytest.raises(SignatureError):
                verify_cosignature(text, wrong, key)


def test_ml_dsa_refuses_what_it_would_not_cover() -> None:
    """Extension lines could be exchanged under a post-quantum signature."""
    with pytest.raises(MalformedError):
        MlDsa44Signer.generate("w").sign(TEXT + b"extension\n")


def test_a_plain_key_does_not_cosign() -> None:
    """A log's key could stand in for a witness."""
    with pytest.raises(ValueError, match="no time"):
        cosign(TEXT, LOG_KEYS[0], NOW)
    with pytest.raises(SignatureError):
        verify_cosignature(TEXT, LOG_KEYS[0].sign(TEXT), KEYS[0])


@pytest.mark.parametrize("kind", [Ed25519Signer, Ed25519Cosigner, MlDsa44Signer])
def test_key_files_keep_their_secret(kind: type[Ed25519Signer], tmp_path: Path) -> None:
    """A log's key could be read by others, shown in a traceback, or overwritten by a second start."""
    key, path = kind.generate("log.example"), tmp_path / "key"
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kind.load(path).vkey == key.vkey
    assert Verifier.parse(key.vkey) == key.verifier
    assert key.seed.hex() not in repr(key)
    assert str(key.seed) not in repr(key)
    with pytest.raises(KeyFileError):
        key.save(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError):
        kind.load(path)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+00000000+AQ==\n", "log+00000000+AQ==", "\udcff"])
def test_a_damaged_key_file_is_refused_without_a_word_of_it(text: str, tmp_path: Path) -> None:
    """A damaged key could sign under another id, or its bytes land in a log."""
    path = tmp_path / "key"
    path.write_text(text, errors="surrogateescape")
    path.chmod(0o600)
    with pytest.raises(KeyFileError):
        Ed25519Signer.load(path)


@pytest.mark.parametrize(
    "vkey",
    [
        "", "log", "log+00000000+AA==", KEYS[0].vkey.replace("+", "+0", 1), KEYS[0].vkey[:-4], KEYS[0].vkey.upper(),
        KEYS[0].vkey.replace("log", "lag"), KEYS[0].vkey + "=", "a b" + KEYS[0].vkey, "log+12345678+AgAA",
    ],
)  # fmt: skip
def test_a_damaged_verifier_key_is_refused(vkey: str) -> None:
    """An auditor would trust a key that nobody gave out."""
    with pytest.raises(KeyFileError):
        Verifier.parse(vkey)


def test_files_of_keys_name_the_line() -> None:
    """An auditor could not find the mistake in a list of keys."""
    good = "\n".join(["# the log", *(key.vkey for key in KEYS), ""])
    assert tuple(parse_vkeys(good, "keys")) == KEYS
    for bad, line in ((good + KEYS[1].vkey, 6), ("x\n", 1)):
        with pytest.raises(KeyFileError, match=f"keys line {line}"):
            parse_vkeys(bad, "keys")
    with pytest.raises(KeyFileError):
        parse_vkeys("# none\n", "keys")
