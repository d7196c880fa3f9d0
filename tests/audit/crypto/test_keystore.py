"""Keystores: only the passphrase opens them, no file can exhaust the reader, and nothing secret is ever shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit import canonical
from audit.crypto import keystore, passphrase
from audit.crypto.errors import KeystoreError, MissingKeyError, PassphraseError, WrongPassphraseError
from audit.crypto.keystore import (
    SEED_BYTES,
    Effort,
    KeyKind,
    Keystore,
    StoredKey,
    generate_key,
    open_keystore,
    seal_keystore,
)

LIGHT = Effort(memory_kib=19 * 1024, passes=2)
STORE = Keystore("school", tuple(generate_key(kind, "main") for kind in KeyKind))
WORDS = "三只小猪 correct".encode()
SEALED = seal_keystore(STORE, WORDS, LIGHT)


def test_every_kind_of_key_returns() -> None:
    """A stored key would be lost or come back as another kind."""
    assert open_keystore(SEALED, WORDS) == STORE
    assert STORE.signing_key().seed == STORE.find(KeyKind.SIGNING, "main").seed
    assert STORE.opening_key("main").seed == STORE.find(KeyKind.HPKE).seed
    assert set(SEED_BYTES) == set(KeyKind)


def test_the_default_effort_is_the_documented_one() -> None:
    """Keystores would be made cheaper to guess than the documents promise."""
    assert Effort() == Effort(memory_kib=65536, passes=3, lanes=1)
    assert open_keystore(seal_keystore(Keystore("x"), WORDS), WORDS) == Keystore("x")


def test_another_passphrase_opens_nothing() -> None:
    """A near miss would open the keys."""
    for wrong in (b"", WORDS + b" ", WORDS[:-1]):
        with pytest.raises(WrongPassphraseError):
            open_keystore(SEALED, wrong)


def test_changes_anywhere_are_refused() -> None:
    """A byte of the file could be changed and the keys would still open, perhaps to other keys."""
    for at in range(0, len(SEALED) - 1, 23):
        changed = SEALED[:at] + bytes([SEALED[at] ^ 2]) + SEALED[at + 1 :]
        with pytest.raises(KeystoreError):
            open_keystore(changed, WORDS)
    for cut in (0, 1, 100, len(SEALED) // 2):
        with pytest.raises(KeystoreError):
            open_keystore(SEALED[:cut], WORDS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory_kib", 2**31),
        ("memory_kib", 8),
        ("passes", 2**31),
        ("passes", 0),
        ("lanes", 1024),
        ("lanes", True),
        ("memory_kib", "1"),
        ("salt", ""),
        ("salt", "00" * 64),
        ("salt", 5),
        ("name", "argon2i"),
        ("extra", 1),
    ],
)
def test_planted_parameters_cost_nothing(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted file would take all memory or hours of time before it is refused."""
    raw = canonical.loads(SEALED.strip())
    assert isinstance(raw, dict)
    assert isinstance(raw["kdf"], dict)
    planted = canonical.dumps({**raw, "kdf": {**raw["kdf"], name: value}})
    monkeypatch.setattr(keystore, "_stretch", lambda *_: pytest.fail("derived a key with planted parameters"))
    with pytest.raises(KeystoreError):
        open_keystore(planted, WORDS)


def test_weak_effort_and_empty_passphrases_are_not_written() -> None:
    """A keystore could be made that a laptop guesses open."""
    for effort in (Effort(memory_kib=1024), Effort(passes=1), Effort(memory_kib=1 << 30)):
        with pytest.raises(KeystoreError):
            seal_keystore(STORE, WORDS, effort)
    with pytest.raises(KeystoreError):
        seal_keystore(STORE, b"", LIGHT)


def test_sealing_twice_shares_nothing() -> None:
    """Salt or nonce would repeat, and GCM with it."""
    first, second = canonical.loads(SEALED.strip()), canonical.loads(seal_keystore(STORE, WORDS, LIGHT).strip())
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["nonce"] != second["nonce"]
    assert first["kdf"] != second["kdf"]


def test_keys_are_found_added_and_removed_by_kind_and_name() -> None:
    """The wrong key of two would be used, or one name would stand for two keys."""
    two = STORE.with_key(generate_key(KeyKind.SIGNING, "second"))
    with pytest.raises(MissingKeyError):
        two.signing_key()
    assert two.signing_key("second").seed != two.signing_key("main").seed
    assert two.without(KeyKind.SIGNING, "second") == STORE
    with pytest.raises(MissingKeyError):
        STORE.find(KeyKind.HPKE, "other")
    with pytest.raises(KeystoreError):
        STORE.with_key(generate_key(KeyKind.HPKE, "main"))
    for seed, name in ((b"", "n"), (bytes(33), "n"), (bytes(32), "")):
        with pytest.raises(KeystoreError):
            StoredKey(KeyKind.HPKE, name, seed)


def test_files_are_private_and_never_overwritten_unasked(tmp_path: Path) -> None:
    """Another user could read the keys, or a second run would destroy them."""
    path = tmp_path / "school.keystore"
    keystore.save(path, STORE, WORDS, effort=LIGHT, may_replace=False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keystore.load(path, WORDS) == STORE
    with pytest.raises(KeystoreError):
        keystore.save(path, Keystore("y"), WORDS, effort=LIGHT, may_replace=False)
    assert keystore.load(path, WORDS) == STORE
    keystore.save(path, Keystore("y"), WORDS, effort=LIGHT, may_replace=True)
    assert keystore.load(path, WORDS) == Keystore("y")
    assert [entry.name for entry in tmp_path.iterdir()] == ["school.keystore"]
    path.chmod(0o640)
    with pytest.raises(KeystoreError, match="0600"):
        keystore.load(path, WORDS)
    with pytest.raises(KeystoreError):
        keystore.load(tmp_path / "none", WORDS)
    with pytest.raises(KeystoreError):
        keystore.save(tmp_path / "none" / "x", STORE, WORDS, effort=LIGHT, may_replace=False)


def test_nothing_secret_is_shown() -> None:
    """A traceback or listing would carry a seed or the passphrase."""
    seed = STORE.keys[0].seed
    for shown in (repr(STORE), str(keystore.names(STORE.keys))):
        assert seed.hex() not in shown
        assert repr(seed)[2:-1] not in shown
    with pytest.raises(WrongPassphraseError) as caught:
        open_keystore(SEALED, b"canary words")
    assert "canary" not in repr(caught.value)
    assert seed.hex().encode() not in SEALED


def test_passphrases_come_from_prompt_descriptor_or_private_file(tmp_path: Path) -> None:
    """A passphrase would differ by where it was typed, or be read from a place that others see."""
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "caf\u0065\u0301 一"

    expected = "caf\u00e9 一".encode()
    assert passphrase.from_prompt("Passphrase", is_new=True, ask=ask) == expected
    assert len(asked) == 2
    path = tmp_path / "words"
    path.write_text("caf\u00e9 一\n", encoding="utf-8")
    path.chmod(0o600)
    assert passphrase.from_file(path) == expected
    assert passphrase.from_descriptor(os.open(path, os.O_RDONLY)) == expected
    path.chmod(0o644)
    with pytest.raises(PassphraseError, match="0600"):
        passphrase.from_file(path)


def test_wrong_passphrase_sources_are_refused(tmp_path: Path) -> None:
    """An empty, endless or unreadable passphrase would be used, or two different entries accepted."""
    answers = iter(["one", "two"])
    with pytest.raises(PassphraseError, match="differ"):
        passphrase.from_prompt("Passphrase", is_new=True, ask=lambda _: next(answers))
    for number, data in enumerate((b"", b"\n", b"\xff\xfe", b"x" * 5000)):
        path = tmp_path / str(number)
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(PassphraseError):
            passphrase.from_file(path)
    with pytest.raises(PassphraseError):
        passphrase.from_file(tmp_path / "none")
    with pytest.raises(PassphraseError):
        passphrase.from_descriptor(987)
