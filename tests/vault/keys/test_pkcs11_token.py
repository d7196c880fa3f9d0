"""A key in a token: made inside, never out, and every trouble with the token is one error and no opening."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from soft_token import OFFICER_PIN, PIN, SoftTokens

from audit.crypto.errors import KeyFormError, SealedKeyError
from audit.crypto.hpke import OpeningKey
from audit.crypto.keystore import KeyKind, Keystore, generate_key
from vault.keys.dhkem_p256 import check_point, open_sealed, seal
from vault.keys.errors import TokenError
from vault.keys.nested import TokenOpener
from vault.keys.opener import openers_of, parse_sealer
from vault.keys.opener import seal as seal_to
from vault.keys.pkcs11_token import _SAID, P256_OID, KeyListing, TokenPlace, _told, opened_token

OUTER = OpeningKey(bytes(range(32)))


def test_the_token_opens_what_others_sealed_to_its_key(tokens: SoftTokens) -> None:
    """The token's Diffie-Hellman would not be the one that HPKE means, and no half would open."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        key = token.generate_key("agent-1")
        others = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        sealed = others.encrypt(b"from elsewhere", check_point(key.point), info=b"info")
        assert open_sealed(key, sealed, b"info", b"") == b"from elsewhere"
        assert open_sealed(key, seal(key.point, b"ours", b"info", b"aad"), b"info", b"aad") == b"ours"


def test_a_restarted_token_still_opens_what_was_sealed_before(tokens: SoftTokens) -> None:
    """Keys would die with the session that made them, and every half of the agency with them."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        text = TokenOpener(OUTER, token.generate_key("agent-1")).sealing_text
    sealed = parse_sealer(text).seal(b"a half", b"info", b"aad")
    pkcs11.lib(str(place.module)).finalize()
    with opened_token(place, PIN) as token:
        opener = TokenOpener(OUTER, token.key("agent-1"))
        assert opener.sealing_text == text
        assert opener.open(sealed, b"info", b"aad") == b"a half"


def test_an_agent_has_an_opener_for_each_epoch_and_none_without_its_token(tokens: SoftTokens) -> None:
    """Half of a rotation would open nothing; or a lost token would be replaced by the keystore alone, unseen."""
    store = Keystore("court-a/agent", tuple(generate_key(KeyKind.HPKE, name) for name in ("epoch-1", "epoch-2")))
    with opened_token(tokens.add("court"), PIN, may_write=True) as token:
        token.generate_key("epoch-1")
        with pytest.raises(TokenError, match="no P-256 key of that name"):
            openers_of(store, token)
        token.generate_key("epoch-2")
        present, before = openers_of(store, token)
        for opener in (present, before):
            sealed = seal_to(opener.sealing_text, b"half", b"", b"")
            assert opener.open(sealed, b"", b"") == b"half"
            for other in openers_of(store, None):
                assert other.id != opener.id
                with pytest.raises(SealedKeyError):
                    other.open(sealed, b"", b"")
    assert present.id != before.id


def test_another_process_opens_with_the_same_token(tokens: SoftTokens) -> None:
    """The key could live in this process's memory and not in the token."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        key = token.generate_key("agent-1")
    program = (
        "import sys; from pathlib import Path; from vault.keys.dhkem_p256 import open_sealed\n"
        "from vault.keys.pkcs11_token import TokenPlace, opened_token\n"
        "with opened_token(TokenPlace(Path(sys.argv[1]), 'court'), sys.stdin.buffer.readline().strip()) as token:\n"
        "    print(open_sealed(token.key('agent-1'), bytes.fromhex(sys.argv[2]), b'', b'').decode())\n"
    )
    sealed = seal(key.point, b"a half", b"", b"").hex()
    command = [sys.executable, "-c", program, str(place.module), sealed]
    done = subprocess.run(command, input=PIN + b"\n", capture_output=True, timeout=60, check=True)
    assert done.stdout == b"a half\n"


def test_nothing_reads_the_private_values(tokens: SoftTokens) -> None:
    """The key could be copied out of the token, unseen, by whoever has the PIN once."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        token.generate_key("agent-1")
        token.generate_kek("kek-1")
        assert token.listing() == [KeyListing("agent-1", "p256", True), KeyListing("kek-1", "aes256", True)]
    with pkcs11.lib(str(place.module)).get_token(token_label="court").open(rw=True, user_pin=PIN.decode()) as session:
        for class_, use in (
            (ObjectClass.PRIVATE_KEY, Attribute.DERIVE),
            (ObjectClass.SECRET_KEY, Attribute.UNWRAP),
        ):
            (key,) = session.get_objects({Attribute.CLASS: class_})
            assert (key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE], key[use]) == (True, False, True)
            assert not key[Attribute.SIGN]
            with pytest.raises(pkcs11.AttributeSensitive):
                key[Attribute.VALUE]
            with pytest.raises(pkcs11.PKCS11Error):
                key[Attribute.SENSITIVE] = False
            with pytest.raises(pkcs11.PKCS11Error):
                key[Attribute.EXTRACTABLE] = True
        (kek,) = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
        (private,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        with pytest.raises(pkcs11.PKCS11Error):
            kek.wrap_key(private)


def test_deriving_leaves_nothing_behind_in_the_token(tokens: SoftTokens) -> None:
    """Diffie-Hellman values of past halves could be read from the token by the next who opens it."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        key = token.generate_key("agent-1")
        open_sealed(key, seal(key.point, b"a half", b"", b""), b"", b"")
        with pytest.raises(KeyFormError):
            key.agree(b"\x04" + bytes(64))
        found = token._session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
        assert list(found) == []


@pytest.mark.parametrize(("extractable", "sensitive"), [(True, True), (False, False), (True, False)], ids=str)
def test_a_key_that_can_leave_is_refused(tokens: SoftTokens, extractable: bool, sensitive: bool) -> None:
    """An operator could prepare a key with a copy in his pocket, and no program would notice."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        domain = token._session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: P256_OID}, local=True)
        template = {Attribute.SENSITIVE: sensitive, Attribute.EXTRACTABLE: extractable}
        domain.generate_keypair(
            label="agent-1", store=True, capabilities=MechanismFlag.DERIVE, private_template=template
        )
        with pytest.raises(TokenError, match="not made inside, or can leave it"):
            token.key("agent-1")


def test_an_imported_key_is_refused(tokens: SoftTokens) -> None:
    """A key that was made outside has a copy outside, whatever its attributes say now."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        attributes = {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: KeyType.EC,
            Attribute.EC_PARAMS: P256_OID,
            Attribute.VALUE: bytes(31) + b"\x07",
            Attribute.LABEL: "agent-1",
            Attribute.TOKEN: True,
            Attribute.DERIVE: True,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
        }
        token._session.create_object(attributes)
        with pytest.raises(TokenError, match="not made inside, or can leave it"):
            token.key("agent-1")


def test_a_wrong_pin_is_tried_once_and_said(tokens: SoftTokens) -> None:
    """Retrying would lock the court's token; a vague error would make somebody retry by hand."""
    place = tokens.add("court")
    with pytest.raises(TokenError, match="another one; it was not tried again") as found, opened_token(place, b"9999"):
        pass
    assert "9999" not in str(found.value)
    with opened_token(place, PIN) as token:
        assert token.listing() == []


@pytest.mark.parametrize(
    ("module", "label", "said"),
    [("{module}", "procuratorate", "not there under this label"), ("/nowhere/token.so", "court", "token.so is not")],
)
def test_no_token_no_key(tokens: SoftTokens, module: str, label: str, said: str) -> None:
    """A program could go on without its token, with a key of its own making."""
    place = tokens.add("court")
    wrong = TokenPlace(Path(module.format(module=place.module)), label)
    with pytest.raises(TokenError, match=said), opened_token(wrong, PIN):
        pass


def test_two_tokens_of_one_label_are_not_guessed_between(tokens: SoftTokens) -> None:
    """The wrong one of two could be asked, and its PIN tries used up."""
    tokens.add("court")
    place = tokens.add("court")
    with pytest.raises(TokenError, match="more than one has this label"), opened_token(place, PIN):
        pass


def test_a_deleted_key_and_a_pulled_token_open_nothing(tokens: SoftTokens) -> None:
    """An agent would crash, or worse answer, when its token goes away between two releases."""
    place = tokens.add("court")
    with opened_token(place, PIN, may_write=True) as token:
        first, second = token.generate_key("agent-1"), token.generate_key("agent-2")
        sealed = TokenOpener(OUTER, second).sealing_key.seal(b"half", b"", b"")
        first._private.destroy()
        with pytest.raises(TokenError, match="gone, or its key was deleted"):
            first.agree(second.point)
        with pytest.raises(TokenError, match="no P-256 key"):
            token.key("agent-1")
        tokens.remove()
        with pytest.raises(TokenError, match="gone"):
            TokenOpener(OUTER, second).open(sealed, b"", b"")
    with pytest.raises(TokenError, match="not there"), opened_token(place, PIN):
        pass


def test_two_agencies_tokens_are_open_side_by_side(tokens: SoftTokens) -> None:
    """Opening one token would end the session with another that the same program uses."""
    court, procuratorate = tokens.add("court"), tokens.add("procuratorate")
    with opened_token(court, PIN, may_write=True) as one:
        key = one.generate_key("agent-1")
        with opened_token(procuratorate, PIN, may_write=True) as two:
            assert two.generate_key("agent-1").point != key.point
        assert open_sealed(key, seal(key.point, b"half", b"", b""), b"", b"") == b"half"


@pytest.mark.parametrize("name", ["", "x" * 65, "court\nkey", "密钥"])
def test_a_key_has_a_plain_name_of_its_own(tokens: SoftTokens, name: str) -> None:
    """Two keys of one name could not be told apart, nor a name that no listing can show."""
    with opened_token(tokens.add("court"), PIN, may_write=True) as token:
        token.generate_key("agent-1")
        for taken in (token.generate_key, token.generate_kek):
            with pytest.raises(TokenError, match="already"):
                taken("agent-1")
        with pytest.raises(TokenError, match="printable ASCII"):
            token.generate_key(name)


def test_reading_needs_no_writing(tokens: SoftTokens) -> None:
    """A release agent's session could change what is in the token."""
    place = tokens.add("court")
    with opened_token(place, PIN) as token, pytest.raises(TokenError):
        token.generate_key("agent-1")
    assert OFFICER_PIN.encode() != PIN


@pytest.mark.parametrize("name", _SAID)
def test_every_trouble_of_a_token_is_one_error(name: str) -> None:
    """A locked PIN (which the test token does not know) or a removed device would pass as a crash of the program."""
    with pytest.raises(TokenError, match=name) as found, _told():
        raise getattr(pkcs11, name)("0x1234")
    assert "0x1234" not in str(found.value)
