"""Signed objects: two algorithms both needed, one kind never passes for another, and nothing may be changed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.canonical import JsonValue
from audit.crypto.errors import (
    KeyFormError,
    MalformedSignedObjectError,
    SignatureRefusedError,
    UnknownSuiteError,
    WrongKindError,
)
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.signed_object import (
    MOST_SIGNATURES,
    Kind,
    add_signature,
    claimed_signers,
    message,
    open_object,
    sign_object,
)
from audit.errors import CanonicalError

OFFICER = SigningKey(bytes(range(64)))
DECIDER = SigningKey(bytes(range(1, 65)))
STRANGER = SigningKey(bytes(range(2, 66)))
PAYLOAD: dict[str, JsonValue] = {"basis": "cpl-286", "case": "一", "n": 3, "parts": [True, None]}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def stranger_line(signed: bytes, signature: bytes, key: SigningKey = OFFICER) -> bytes:
    return signed + f"\nsig {key.id} {base64.b64encode(signature).decode()}\n".encode()


@settings(max_examples=25)
@given(payload=st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES))
def test_what_is_signed_opens(payload: dict[str, JsonValue]) -> None:
    """Some payload would not come back as it was signed."""
    opened = open_object(sign_object(Kind.REQUEST, payload, OFFICER), Kind.REQUEST, [OFFICER.verifying_key])
    assert opened.payload == payload
    assert opened.signers == (OFFICER.id,)


def test_the_signed_bytes_are_first_line_and_canonical_json() -> None:
    """Programs written by strangers from the format's description could not verify."""
    data = sign_object(Kind.REQUEST, {"b": 1, "a": 2}, OFFICER)
    assert data.startswith(b'sealink/v1/request\n{"a":2,"b":1}\nsig ' + OFFICER.id.encode() + b" ")
    signature = base64.b64decode(data.split(b" ")[-1])
    assert OFFICER.verifying_key.is_signed(b'sealink/v1/request\n{"a":2,"b":1}', signature)


def test_both_algorithms_must_verify() -> None:
    """Breaking one of Ed25519 and ML-DSA-65 would be enough to forge."""
    signed = message(Kind.PLAN, b'{"a":1}')
    good, other = OFFICER.sign(signed), STRANGER.sign(signed)
    for mixed in (good[:64] + other[64:], other[:64] + good[64:], good[:64], good[64:], good[:64] + bytes(3309), b""):
        with pytest.raises(SignatureRefusedError):
            open_object(stranger_line(signed, mixed), Kind.PLAN, [OFFICER.verifying_key])
    assert open_object(stranger_line(signed, good), Kind.PLAN, [OFFICER.verifying_key]).payload == {"a": 1}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.DECISION])
def test_one_kind_never_passes_for_another(kind: Kind) -> None:
    """A signed decision could be shown as an approval."""
    data = sign_object(Kind.DECISION, PAYLOAD, DECIDER)
    with pytest.raises(WrongKindError):
        open_object(data, kind, [DECIDER.verifying_key])
    relabelled = data.replace(b"sealink/v1/decision", f"sealink/v1/{kind.value}".encode(), 1)
    with pytest.raises(SignatureRefusedError):
        open_object(relabelled, kind, [DECIDER.verifying_key])


def test_every_changed_byte_is_refused_or_counts_for_nothing() -> None:
    """A change somewhere in a signed object would go unnoticed."""
    data = sign_object(Kind.REQUEST, PAYLOAD, OFFICER)
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1 << at % 7]) + data[at + 1 :]
        with pytest.raises((MalformedSignedObjectError, WrongKindError, SignatureRefusedError)):
            open_object(changed, Kind.REQUEST, [OFFICER.verifying_key])


def test_cutting_anywhere_is_refused() -> None:
    """A truncated object would be accepted."""
    data = sign_object(Kind.REQUEST, PAYLOAD, OFFICER)
    for end in range(0, len(data), 7):
        with pytest.raises((MalformedSignedObjectError, WrongKindError, SignatureRefusedError)):
            open_object(data[:end], Kind.REQUEST, [OFFICER.verifying_key])


def test_strangers_signatures_count_for_nothing() -> None:
    """Anybody could sign a request, or stop one by adding a line."""
    data = sign_object(Kind.REQUEST, PAYLOAD, STRANGER)
    with pytest.raises(SignatureRefusedError):
        open_object(data, Kind.REQUEST, [OFFICER.verifying_key])
    both = add_signature(data, Kind.REQUEST, OFFICER)
    opened = open_object(both, Kind.REQUEST, [OFFICER.verifying_key])
    assert opened.signers == (OFFICER.id,)
    assert opened.digest == open_object(data, Kind.REQUEST, [STRANGER.verifying_key]).digest


def test_a_wrong_line_of_a_trusted_key_spoils_the_object() -> None:
    """An object could be shown as signed by two when the second signature is of something else."""
    data = sign_object(Kind.RESTORE, PAYLOAD, OFFICER)
    other = sign_object(Kind.RESTORE, {**PAYLOAD, "n": 4}, DECIDER).split(b"\n")[2] + b"\n"
    with pytest.raises(SignatureRefusedError):
        open_object(data + other, Kind.RESTORE, [OFFICER.verifying_key, DECIDER.verifying_key])


def test_two_people_sign_the_same_bytes() -> None:
    """A two-person act could not be put in one object, or one person could count twice."""
    data = sign_object(Kind.RESTORE, PAYLOAD, OFFICER, DECIDER)
    opened = open_object(data, Kind.RESTORE, [OFFICER.verifying_key, DECIDER.verifying_key])
    assert opened.signers == claimed_signers(data, Kind.RESTORE) == (OFFICER.id, DECIDER.id)
    with pytest.raises(MalformedSignedObjectError):
        add_signature(data, Kind.RESTORE, OFFICER)
    twice = data + data.split(b"\n")[2] + b"\n"
    with pytest.raises(MalformedSignedObjectError):
        open_object(twice, Kind.RESTORE, [OFFICER.verifying_key])


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":9007199254740992}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1} ',
        b'{"a":1}{}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\ud800"}',
        b"[1]",
        b"null",
        b"",
        b"{" * 100_000,
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a":"\xff"}',
    ],
)
def test_json_with_two_readings_is_refused_even_when_signed(text: bytes) -> None:
    """Two verifiers could read one signed object differently."""
    signed = message(Kind.GRANT, text)
    with pytest.raises(MalformedSignedObjectError):
        open_object(stranger_line(signed, OFFICER.sign(signed)), Kind.GRANT, [OFFICER.verifying_key])


def test_signature_lines_have_one_spelling() -> None:
    """The same signature could be written in several ways, so stored bytes would have twins."""
    data = sign_object(Kind.GRANT, PAYLOAD, OFFICER)
    head, line = data.split(b"\nsig ")
    for wrong in (
        head + b"\nsig  " + line,
        head + b"\nSIG " + line,
        head + b"\nsig " + line.upper(),
        data + b"\n",
        data[:-1],
        data.replace(b"\n", b"\r\n"),
        data[:-2] + b"\n",
    ):
        with pytest.raises((MalformedSignedObjectError, WrongKindError)):
            open_object(wrong, Kind.GRANT, [OFFICER.verifying_key])


def test_signature_lines_are_bounded() -> None:
    """A stranger could make verifiers work without end."""
    data = sign_object(Kind.GRANT, PAYLOAD, OFFICER)
    line = data.split(b"\n")[2]
    many = data + b"".join(line.replace(OFFICER.id.encode(), f"{n:032x}".encode()) + b"\n" for n in range(16))
    with pytest.raises(MalformedSignedObjectError):
        open_object(many, Kind.GRANT, [OFFICER.verifying_key])
    assert MOST_SIGNATURES == 16


def test_floats_and_foreign_names_are_not_signed() -> None:
    """We would sign what our own readers refuse."""
    for wrong in ({"a": 1.5}, {"名": 1}, {"a": 2**53}):
        with pytest.raises(CanonicalError):
            sign_object(Kind.GRANT, wrong, OFFICER)  # type: ignore[arg-type]
    with pytest.raises(MalformedSignedObjectError):
        sign_object(Kind.GRANT, {})


def test_keys_have_one_length_and_a_known_suite() -> None:
    """A cut or foreign key would be taken for a key."""
    for wrong in (b"", bytes(63), bytes(65)):
        with pytest.raises(KeyFormError):
            SigningKey(wrong)
    with pytest.raises(KeyFormError):
        VerifyingKey(bytes(100))
    with pytest.raises(UnknownSuiteError):
        SigningKey(bytes(64), "gm")
    assert SigningKey.generate() != SigningKey.generate()
    assert VerifyingKey.parse(OFFICER.verifying_key.to_text()) == OFFICER.verifying_key


def test_secrets_are_in_no_repr_and_no_error() -> None:
    """A traceback would carry a signing key or the payload of a refused object."""
    canary = "加餐鸟一二三"
    assert OFFICER.seed.hex() not in repr(OFFICER)
    assert repr(OFFICER.seed)[2:-1] not in repr(OFFICER)
    signed = message(Kind.GRANT, ('{"a":"' + canary + '",}').encode())
    with pytest.raises(MalformedSignedObjectError) as caught:
        open_object(stranger_line(signed, OFFICER.sign(signed)), Kind.GRANT, [OFFICER.verifying_key])
    shown: BaseException | None = caught.value
    seen: list[str] = []
    while shown is not None:
        seen.append(repr(shown))
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    assert canary not in "".join(seen)
