"""Sealed containers: nothing changed, moved, cut or swapped is ever read, and nobody but a recipient reads at all."""

from __future__ import annotations

import io
import secrets
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import canonical
from audit.crypto import container_binding as binding
from audit.crypto.container import (
    ContentKey,
    open_container,
    read_header,
    seal_container,
    sign_together,
    verify_container,
    write_unsigned,
)
from audit.crypto.container_binding import MAGIC
from audit.crypto.container_body import CHUNK, seal_blocks
from audit.crypto.container_header import Purpose
from audit.crypto.container_signature import MOST_TOGETHER, ContainerSignature
from audit.crypto.errors import (
    ContainerError,
    DamagedBodyError,
    ForgedContainerError,
    KeyCommitmentError,
    MalformedContainerError,
    SealedKeyError,
    UnknownRecipientError,
    UnknownSenderError,
    UnknownSuiteError,
    UnsignedContainerError,
    WrongPurposeError,
)
from audit.crypto.hpke import OpeningKey
from audit.crypto.sealed_file import opened_file, seal_file, unseal_file
from audit.crypto.signatures import SigningKey
from audit.crypto.suites import suite

SENDER = SigningKey(bytes(range(64)))
OTHER_SENDER = SigningKey(bytes(range(1, 65)))
READER = OpeningKey(bytes(range(32)))
SECOND = OpeningKey(bytes(range(1, 33)))
STRANGER = OpeningKey(bytes(range(2, 34)))
IDS: dict[str, str | int] = {"project": "p1", "agency": "school", "epoch": 1}
SEALED_CHUNK = CHUNK + 16
TAIL = len(b"signed\n") + 32 + 64 + 3309 + 1


def sealed(body: bytes, *recipients: OpeningKey, sender: SigningKey = SENDER, key: ContentKey | None = None) -> bytes:
    out = io.BytesIO()
    openers = recipients or (() if key else (READER,))
    seal_container(
        out,
        [body],
        purpose=Purpose.BATCH,
        ids=IDS,
        sender=sender,
        recipients=[opener.sealing_key for opener in openers],
        facts={"rows": 2},
        content_key=key,
    )
    return out.getvalue()


def opened(data: bytes, opener: OpeningKey | ContentKey = READER, sender: SigningKey = SENDER) -> bytes:
    found = open_container(io.BytesIO(data), opener, senders=[sender.verifying_key], purpose=Purpose.BATCH, ids=IDS)
    plain = found.read(1 << 30)
    assert found.is_complete
    return plain


def body_start(data: bytes) -> int:
    return len(MAGIC) + 4 + int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "big")


def test_the_layout_is_the_documented_one() -> None:
    """A reader written from the description would not find header, body and signature."""
    data = sealed(b"x" * 100)
    header = canonical.loads(data[len(MAGIC) + 4 : body_start(data)])
    assert isinstance(header, dict)
    assert (header["suite"], header["purpose"], header["ids"]) == ("intl", "batch", IDS)
    assert len(data) == body_start(data) + 100 + 16 + TAIL
    assert data[-TAIL:].startswith(b"signed\n")


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5])
def test_bodies_of_every_length_return(size: int) -> None:
    """A body that ends at a chunk's edge would lose or gain a chunk."""
    body = secrets.token_bytes(size)
    data = sealed(body)
    assert opened(data) == body
    assert len(data) == body_start(data) + size + 16 * max(1, -(-size // CHUNK)) + TAIL


@settings(max_examples=15)
@given(pieces=st.lists(st.integers(0, 3 * CHUNK), max_size=4))
def test_how_the_body_is_cut_into_pieces_does_not_matter(pieces: list[int]) -> None:
    """A writer that yields odd pieces would produce another body."""
    parts = [bytes([n + 1]) * size for n, size in enumerate(pieces)]
    out = io.BytesIO()
    seal_container(out, iter(parts), purpose=Purpose.BATCH, ids=IDS, sender=SENDER, recipients=[READER.sealing_key])
    assert opened(out.getvalue()) == b"".join(parts)


def test_every_changed_byte_is_refused_before_any_plaintext() -> None:
    """Some bit of header, body or signature would not be covered by anything."""
    data = sealed(b"a small body")
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        with pytest.raises((ContainerError, UnknownSuiteError)):
            open_container(io.BytesIO(changed), READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH)


def test_cutting_at_every_boundary_is_refused_before_any_plaintext() -> None:
    """A shortened body would be read as a whole one."""
    data = sealed(secrets.token_bytes(2 * CHUNK + 10))
    start = body_start(data)
    edges = {0, 1, len(MAGIC), len(MAGIC) + 4, start - 1, start, start + 16, len(data) - 1, len(data) - TAIL}
    edges |= {start + n * SEALED_CHUNK + d for n in (1, 2) for d in (-1, 0, 1)}
    for end in edges:
        with pytest.raises(ContainerError):
            open_container(io.BytesIO(data[:end]), READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH)
        glued = data[:end] + data[-TAIL:]  # the body cut, the signature kept
        with pytest.raises(ContainerError):
            open_container(io.BytesIO(glued[:-1]), READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH)
        if end < len(data) - TAIL:
            with pytest.raises(ContainerError):
                open_container(io.BytesIO(glued), READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH)
    with pytest.raises(ContainerError):
        opened(data + b"\x00")


def resigned(data: bytes, signer: SigningKey, body: bytes) -> bytes:
    """The same header over another body, properly signed: what a sender, or whoever stole its key, could do."""
    start = body_start(data)
    header = read_header(io.BytesIO(data))
    chosen = suite("intl")
    hasher = chosen.body_hasher()
    hasher.update(body)
    digest = chosen.hash(binding.statement(chosen, header, hasher.digest(), len(body)))
    return data[:start] + body + ContainerSignature.make(signer, [digest]).to_bytes()


def test_chunks_cannot_be_moved_even_by_the_signer() -> None:
    """Chunks swapped, dropped, doubled or taken from another container would be read under a valid signature."""
    data, other = sealed(secrets.token_bytes(3 * CHUNK)), sealed(secrets.token_bytes(3 * CHUNK))
    start = body_start(data)
    one, two, three = (data[start + n * SEALED_CHUNK : start + (n + 1) * SEALED_CHUNK] for n in range(3))
    foreign = other[body_start(other) : body_start(other) + SEALED_CHUNK]
    for body in (two + one + three, one + three, one + two, one + two + two + three, foreign + two + three, b""):
        with pytest.raises(DamagedBodyError):
            opened(resigned(data, SENDER, body))
    assert len(opened(resigned(data, SENDER, one + two + three))) == 3 * CHUNK


def test_a_body_has_one_form() -> None:
    """The same body could be written with an empty chunk at its end, as another file."""
    data = sealed(b"", key=ContentKey(bytes(32)))
    chosen, header = suite("intl"), read_header(io.BytesIO(data))
    cipher = chosen.aead(binding.body_key(chosen, bytes(32)))
    aad = binding.header_hash(chosen, header)
    full = cipher.encrypt(binding.nonce(chosen, 0, False), bytes(CHUNK), aad)
    empty = cipher.encrypt(binding.nonce(chosen, 1, True), b"", aad)
    with pytest.raises(DamagedBodyError):
        opened(resigned(data, SENDER, full + empty), ContentKey(bytes(32)))


def test_bodies_cannot_be_swapped_between_containers() -> None:
    """One agency's body could travel under another's header."""
    first, second = sealed(b"first body"), sealed(b"other body")
    swapped = first[: body_start(first)] + second[body_start(second) : -TAIL] + first[-TAIL:]
    with pytest.raises(ForgedContainerError):
        opened(swapped)


def test_a_foreign_sender_cannot_claim_a_container() -> None:
    """Whoever carries a container could sign it as its own."""
    data = sealed(b"body")
    header = canonical.loads(data[len(MAGIC) + 4 : body_start(data)])
    assert isinstance(header, dict)
    raw = canonical.dumps({**header, "sender": OTHER_SENDER.id})
    body = data[body_start(data) : -TAIL]
    claimed = MAGIC + len(raw).to_bytes(4, "big") + raw + body + data[-TAIL:]
    with pytest.raises(ForgedContainerError):
        opened(claimed, sender=OTHER_SENDER)
    with pytest.raises(SealedKeyError):  # properly signed by the thief, but the content key names its sender
        opened(resigned(claimed, OTHER_SENDER, body), sender=OTHER_SENDER)


def test_each_recipient_reads_and_nobody_else() -> None:
    """A container for two could be read by one only, or by a third."""
    data = sealed(b"for two", READER, SECOND)
    assert opened(data, READER) == opened(data, SECOND) == b"for two"
    with pytest.raises(UnknownRecipientError):
        opened(data, STRANGER)


def test_a_recipients_line_with_another_key_is_refused() -> None:
    """A stranger's key would be tried under a recipient's name."""
    data = sealed(b"body", READER)
    header = canonical.loads(data[len(MAGIC) + 4 : body_start(data)])
    assert isinstance(header, dict)
    wraps = header["recipients"]
    assert isinstance(wraps, list)
    assert isinstance(wraps[0], dict)
    wraps[0]["key"] = STRANGER.id
    raw = canonical.dumps(header)
    renamed = MAGIC + len(raw).to_bytes(4, "big") + raw + data[body_start(data) :]
    with pytest.raises(SealedKeyError):
        opened(resigned(renamed, SENDER, data[body_start(data) : -TAIL]), STRANGER)


def test_recipients_cannot_be_shown_different_contents() -> None:
    """GCM lets one ciphertext open under two keys: a sender could show two agencies two texts."""
    data = sealed(b"body", key=ContentKey(bytes(32)))
    with pytest.raises(KeyCommitmentError):
        opened(data, ContentKey(bytes(31) + b"\x01"))
    with pytest.raises(KeyCommitmentError):
        opened(data, ContentKey(b""))
    assert opened(data, ContentKey(bytes(32))) == b"body"


def test_a_service_verifies_what_it_cannot_read() -> None:
    """The vault would have to store containers unchecked, or hold a key to check them."""
    data = sealed(b"body")
    verified = verify_container(io.BytesIO(data), senders=[SENDER.verifying_key], purpose=Purpose.BATCH, ids=IDS)
    assert verified.header.facts == {"rows": 2}
    assert verified.sender == SENDER.verifying_key
    again = verify_container(io.BytesIO(data), senders=[SENDER.verifying_key], purpose=Purpose.BATCH)
    assert verified.digest == again.digest


@pytest.mark.parametrize(
    ("purpose", "ids", "senders", "error"),
    [
        (Purpose.RESULT, IDS, [SENDER], WrongPurposeError),
        (Purpose.BATCH, {**IDS, "epoch": 2}, [SENDER], WrongPurposeError),
        (Purpose.BATCH, {}, [SENDER], WrongPurposeError),
        (Purpose.BATCH, IDS, [OTHER_SENDER], UnknownSenderError),
        (Purpose.BATCH, IDS, [], UnknownSenderError),
    ],
)
def test_other_expectations_are_refused(
    purpose: Purpose, ids: dict[str, str | int], senders: list[SigningKey], error: type[ContainerError]
) -> None:
    """A batch could be taken for a backup, last year's for this year's, anybody's for the school's."""
    keys = [key.verifying_key for key in senders]
    with pytest.raises(error):
        open_container(io.BytesIO(sealed(b"body")), READER, senders=keys, purpose=purpose, ids=ids)


def test_unsigned_and_foreign_suites_are_refused() -> None:
    """A container that nobody vouches for, or of algorithms that we do not have, would be opened."""
    data = sealed(b"body")
    with pytest.raises(UnsignedContainerError):
        opened(data[:-TAIL])
    with pytest.raises(UnsignedContainerError):
        opened(data[:-TAIL] + bytes(TAIL))
    changed = data.replace(b'"suite":"intl"', b'"suite":"zero"', 1)
    with pytest.raises(UnknownSuiteError):
        opened(changed)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"purpose": "other"},
        {"ids": {"a": True}},
        {"ids": []},
        {"facts": None},
        {"sender": "x"},
        {"recipients": {}},
        {"recipients": [{"key": "0" * 32}]},
        {"recipients": [{"key": "0" * 32, "sealed": "AAA"}]},
        {"recipients": [{"key": "0" * 32, "sealed": "AAAA"}] * 2},
        {"recipients": [{"key": f"{n:032x}", "sealed": "AAAA"} for n in range(65)]},
        {"commitment": "00"},
        {"commitment": "AA" * 32},
        {"extra": 1},
    ],
)
def test_headers_of_wrong_form_are_refused(change: dict[str, object]) -> None:
    """A header that we would never write would be half understood."""
    data = sealed(b"body")
    header = canonical.loads(data[len(MAGIC) + 4 : body_start(data)])
    assert isinstance(header, dict)
    raw = canonical.dumps({**header, **change})
    with pytest.raises(MalformedContainerError):
        opened(MAGIC + len(raw).to_bytes(4, "big") + raw + data[body_start(data) :])


def test_a_header_length_costs_nothing() -> None:
    """Twenty-five planted bytes would make the reader ask for four gigabytes."""
    with pytest.raises(MalformedContainerError):
        read_header(io.BytesIO(MAGIC + b"\xff\xff\xff\xff"))


def test_a_body_that_changes_while_it_is_read_is_never_complete() -> None:
    """Whoever knows the content key could swap the body between the two passes."""
    key = ContentKey(bytes(32))
    data = bytearray(sealed(bytes(2 * CHUNK), key=key))
    stream = io.BytesIO(bytes(data))
    found = open_container(stream, key, senders=[SENDER.verifying_key], purpose=Purpose.BATCH)
    chosen, header = suite("intl"), found.header
    cipher, aad = chosen.aead(binding.body_key(chosen, key.secret)), binding.header_hash(chosen, header)
    stream.seek(body_start(bytes(data)))
    for block in seal_blocks(chosen, cipher, aad, [b"\x01" * (2 * CHUNK)]):
        stream.write(block)
    with pytest.raises(DamagedBodyError):
        found.read(1 << 30)
    assert not found.is_complete


def test_a_body_is_read_once_and_within_limits() -> None:
    """A second, silently empty reading would be taken for an empty body; a huge one would fill the memory."""
    data = sealed(bytes(3 * CHUNK))
    found = open_container(io.BytesIO(data), READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH)
    with pytest.raises(DamagedBodyError):
        found.read(CHUNK)
    with pytest.raises(DamagedBodyError):
        list(found.chunks())


def test_nobody_seals_to_nobody() -> None:
    """A container would be written that nobody can ever open, or with facts that readers refuse."""
    with pytest.raises(MalformedContainerError):
        seal_container(io.BytesIO(), [], purpose=Purpose.BATCH, ids=IDS, sender=SENDER, recipients=[])
    with pytest.raises(MalformedContainerError):
        seal_container(
            io.BytesIO(),
            [],
            purpose=Purpose.BATCH,
            ids=IDS,
            sender=SENDER,
            recipients=[READER.sealing_key],
            facts={"share": 0.5},  # type: ignore[dict-item]
        )


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """A writer that fails would leave half a container, or destroy the one that stood there."""
    path = tmp_path / "school.batch"

    def breaking() -> Iterator[bytes]:
        yield bytes(CHUNK)
        raise RuntimeError("source failed")

    def write(body: Iterator[bytes]) -> None:
        seal_file(path, body, purpose=Purpose.BATCH, ids=IDS, sender=SENDER, recipients=[READER.sealing_key])

    with pytest.raises(RuntimeError):
        write(breaking())
    assert list(tmp_path.iterdir()) == []
    write(iter([b"good"]))
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RuntimeError):
        write(breaking())
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["school.batch"]
    with pytest.raises(FileExistsError):
        seal_file(
            path, [], purpose=Purpose.BATCH, ids=IDS, sender=SENDER, recipients=[READER.sealing_key], may_replace=False
        )
    assert path.read_bytes() == before


def test_plaintext_appears_only_when_every_check_passed(tmp_path: Path) -> None:
    """A damaged container would leave its good half on the disk."""
    path, target = tmp_path / "c", tmp_path / "plain"
    data = sealed(b"\x05" * (2 * CHUNK))
    start = body_start(data)
    body = bytearray(data[start:-TAIL])
    body[-1] ^= 1
    path.write_bytes(resigned(data, SENDER, bytes(body)))  # only the last chunk is wrong, and the signature right
    with pytest.raises(DamagedBodyError):
        unseal_file(path, target, READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH)
    assert [entry.name for entry in tmp_path.iterdir()] == ["c"]
    path.write_bytes(data)
    assert unseal_file(path, target, READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH).is_complete
    assert target.read_bytes() == b"\x05" * (2 * CHUNK)
    with (
        pytest.raises(DamagedBodyError),
        opened_file(path, READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH) as found,
    ):
        next(found.chunks())


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """A large batch would have to fit into memory, at the agency or at the unit."""
    path, chunk, count = tmp_path / "large", bytes(1 << 20), 48
    tracemalloc.start()
    try:
        seal_file(
            path,
            (chunk for _ in range(count)),
            purpose=Purpose.BATCH,
            ids=IDS,
            sender=SENDER,
            recipients=[READER.sealing_key],
        )
        with opened_file(path, READER, senders=[SENDER.verifying_key], purpose=Purpose.BATCH) as found:
            length = sum(map(len, found.chunks()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length == count << 20
    assert peak < 8 << 20


def test_content_keys_do_not_print() -> None:
    """A traceback would carry the key to a record."""
    canary = secrets.token_bytes(32)
    assert repr(canary)[2:-1] not in repr(ContentKey(canary))
    data = sealed(b"body", key=ContentKey(canary))
    with pytest.raises(KeyCommitmentError) as caught:
        opened(data, ContentKey(canary[::-1]))
    assert repr(canary[::-1])[2:-1] not in repr(caught.value)


def together(*bodies: bytes, senders: tuple[SigningKey, ...] = ()) -> list[bytes]:
    outs = [io.BytesIO() for _ in bodies]
    written = [
        write_unsigned(out, [body], purpose=Purpose.BATCH, ids=IDS, sender=sender, recipients=[READER.sealing_key])
        for out, body, sender in zip(outs, bodies, senders or (SENDER,) * len(bodies), strict=True)
    ]
    sign_together(written)
    return [out.getvalue() for out in outs]


def test_containers_signed_together_are_read_alone() -> None:
    """A view could not be carried, verified or opened without the other two."""
    assert [opened(data) for data in together(b"one", b"two", b"three")] == [b"one", b"two", b"three"]


def test_a_shared_signature_covers_no_other_container() -> None:
    """Whoever holds a signed list could put a container of its own under it, or take one out of it."""
    one, two, three = together(b"one", b"two", b"three")
    tail = TAIL + 2 * 32
    alone = sealed(b"four")
    for data in (alone[:-TAIL] + one[-tail:], one[:-tail] + two[-TAIL:], one[:-tail] + alone[-TAIL:]):
        with pytest.raises(ContainerError):
            opened(data)
    signed, rest = one[:-tail] + b"signed\n", one[-tail + len(b"signed\n") :]
    for listed in (rest[32:96] + rest[:32], rest[:64], rest[:96] + bytes(32), rest[:64] + rest[:32]):
        with pytest.raises(ContainerError):
            opened(signed + listed + rest[96:-1] + bytes([len(listed) // 32]))
    assert opened(two[:-tail] + three[-tail:]) == b"two"  # the very same list


def test_only_one_sender_signs_together() -> None:
    """One agency's signature would stand under another's container, and none at all under too many."""
    with pytest.raises(MalformedContainerError):
        together(b"one", b"two", senders=(SENDER, OTHER_SENDER))
    with pytest.raises(MalformedContainerError):
        ContainerSignature.make(SENDER, [bytes([n] * 32) for n in range(MOST_TOGETHER + 1)])
    with pytest.raises(MalformedContainerError):
        ContainerSignature.make(SENDER, [])
