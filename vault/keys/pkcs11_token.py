"""Keys inside a PKCS#11 token: made there, used there, never out; and one error for everything that goes wrong.

A token is found by the path of its module and its label, and opened with a PIN that comes from a prompt, descriptor or
file. A P-256 key is used only if the token says that it was made inside, is sensitive and was never extractable: a
key that somebody imported has a copy elsewhere, and is refused. What does leave the token is the Diffie-Hellman value
of one sealed secret, because HKDF and AES-GCM run here (`dhkem_p256.py`); it opens that one secret's inner layer and
no other. Nothing is tried again (a token locks itself after a few wrong PINs) and there is no key outside to fall back
to: the caller stops. One thread uses a token at a time, and never a fork of it.

May touch: a PKCS#11 module (a shared library, and through it a device)
Sees:      the PIN, Diffie-Hellman values
Spec:      PKCS #11 2.40 (CKM_ECDH1_DERIVE, CKD_NULL); vault-law section 4
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from audit.crypto.errors import KeyFormError
from vault.keys.dhkem_p256 import POINT_BYTES, SHARED_BYTES, check_point
from vault.keys.errors import TokenError

if TYPE_CHECKING:
    import pkcs11

P256_OID: Final = bytes.fromhex("06082a8648ce3d030107")
"""DER of the curve's object identifier, as tokens name it."""
_OCTET_STRING: Final = bytes((4, POINT_BYTES))
_LONGEST_NAME: Final = 64
_OPEN: Final[Counter[Path]] = Counter()
"""How many tokens this process has open through each module."""
_SAID: Final = {
    "PinIncorrect": "the PIN is another one; it was not tried again",
    "PinLenRange": "the PIN is another one; it was not tried again",
    "PinInvalid": "the PIN is another one; it was not tried again",
    "PinLocked": "its PIN is locked; the token's security officer can set a new one",
    "PinExpired": "its PIN has expired; the token's security officer can set a new one",
    "UserPinNotInitialized": "it has no PIN yet; initialise it with its maker's program",
    "NoSuchToken": "not there under this label",
    "MultipleTokensReturned": "more than one has this label",
    "TokenNotPresent": "gone",
    "TokenNotRecognised": "gone",
    "DeviceRemoved": "gone",
    "SessionClosed": "gone",
    "SessionHandleInvalid": "gone",
    "ObjectHandleInvalid": "gone, or its key was deleted",
    "KeyHandleInvalid": "gone, or its key was deleted",
    "MechanismInvalid": "cannot do P-256 (ECDH) or AES-256",
    "TokenWriteProtected": "write-protected",
}


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a token is: the path of its maker's PKCS#11 module, and the label written on it."""

    module: Path
    label: str


@dataclass(frozen=True, slots=True)
class KeyListing:
    """What a token holds, for listings: name, `p256` or `aes256`, and whether it was made inside and never left."""

    name: str
    kind: str
    is_inside: bool


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A P-256 key inside a token (a `P256Key`)."""

    name: str
    point: bytes = field(repr=False)
    _private: Any = field(repr=False, compare=False)

    def agree(self, point: bytes) -> bytes:
        """The Diffie-Hellman value with a point, 32 bytes; KeyFormError for no point of the curve, TokenError."""
        from pkcs11 import KDF, Attribute, KeyType, Mechanism, MechanismFlag

        check_point(point)  # modules differ in what they accept; an invalid curve's point would betray the key
        with _told():
            derived = self._private.derive_key(
                KeyType.GENERIC_SECRET,
                SHARED_BYTES * 8,
                mechanism=Mechanism.ECDH1_DERIVE,
                mechanism_param=(KDF.NULL, None, point),
                capabilities=MechanismFlag(0),
                template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True, Attribute.TOKEN: False},
            )
            try:
                return bytes(derived[Attribute.VALUE])
            finally:
                derived.destroy()


class Token:
    """An open token; `opened_token` makes one and closes it."""

    def __init__(self, session: pkcs11.Session) -> None:
        self._session = session

    def generate_key(self, name: str) -> TokenKey:
        """A new P-256 key inside the token, for key agreement alone; TokenError if the name is taken."""
        from pkcs11 import Attribute, KeyType, MechanismFlag

        self._check_free(name)
        with _told():
            domain = self._session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: P256_OID}, local=True)
            domain.generate_keypair(
                id=name.encode(),
                label=name,
                store=True,
                capabilities=MechanismFlag.DERIVE,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: False},
            )
        return self.key(name)

    def generate_kek(self, name: str) -> None:
        """A new AES-256 key inside the token that wraps other keys; TokenError if the name is taken."""
        from pkcs11 import Attribute, KeyType, MechanismFlag

        self._check_free(name)
        with _told():
            self._session.generate_key(
                KeyType.AES,
                256,
                id=name.encode(),
                label=name,
                store=True,
                capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
        if not any(found == KeyListing(name, "aes256", True) for found in self.listing()):
            raise TokenError("token: the key that it made can leave it")

    def key(self, name: str) -> TokenKey:
        """The P-256 key of that name; TokenError if there is none, more than one, or one that was ever outside."""
        from pkcs11 import Attribute, KeyType, ObjectClass

        with _told():
            found = self._find(name, ObjectClass.PRIVATE_KEY)
            if len(found) != 1:
                raise TokenError(f"token: {'no' if not found else 'more than one'} P-256 key of that name")
            private = found[0]
            if private[Attribute.KEY_TYPE] is not KeyType.EC or bytes(private[Attribute.EC_PARAMS]) != P256_OID:
                raise TokenError("token: the key of that name is not of P-256")
            if not _is_inside(private):
                raise TokenError("token: the key of that name was not made inside, or can leave it")
            return TokenKey(name, self._point(name), private)

    def listing(self) -> list[KeyListing]:
        """Every private and secret key, in order of name."""
        from pkcs11 import Attribute, ObjectClass

        with _told():
            found = [
                KeyListing(one[Attribute.LABEL], kind, _is_inside(one))
                for class_, kind in ((ObjectClass.PRIVATE_KEY, "p256"), (ObjectClass.SECRET_KEY, "aes256"))
                for one in self._session.get_objects({Attribute.CLASS: class_, Attribute.TOKEN: True})
            ]
        return sorted(found, key=lambda one: (one.name, one.kind))

    def _check_free(self, name: str) -> None:
        if not (name.isascii() and name.isprintable() and 0 < len(name) <= _LONGEST_NAME):
            raise TokenError(f"token: a key's name has 1 to {_LONGEST_NAME} printable ASCII characters")
        if any(one.name == name for one in self.listing()):
            raise TokenError("token: holds a key of that name already")

    def _point(self, name: str) -> bytes:
        from pkcs11 import Attribute, ObjectClass

        found = self._find(name, ObjectClass.PUBLIC_KEY)
        if len(found) != 1:
            raise TokenError("token: not one public key of that name")
        encoded = bytes(found[0][Attribute.EC_POINT])
        point = encoded.removeprefix(_OCTET_STRING) if len(encoded) == POINT_BYTES + 2 else encoded
        try:
            check_point(point)
        except KeyFormError:
            raise TokenError("token: the public key of that name is not of P-256") from None
        return point

    def _find(self, name: str, class_: pkcs11.ObjectClass) -> list[Any]:
        from pkcs11 import Attribute

        return list(self._session.get_objects({Attribute.CLASS: class_, Attribute.LABEL: name}))


@contextmanager
def opened_token(place: TokenPlace, pin: bytes, *, may_write: bool = False) -> Iterator[Token]:
    """The token, logged in for the length of the block; TokenError says why not."""
    session = _log_in(place, pin, may_write)
    _OPEN[place.module] += 1
    try:
        yield Token(session)
    finally:
        _OPEN[place.module] -= 1
        with suppress(Exception):  # a token that is gone cannot be logged out of
            session.close()


def _log_in(place: TokenPlace, pin: bytes, may_write: bool) -> pkcs11.Session:
    try:
        import pkcs11
    except ImportError:
        raise TokenError("token: python-pkcs11 is not installed (the extra `token`)") from None
    try:
        library = pkcs11.lib(str(place.module))
    except pkcs11.PKCS11Error:
        raise TokenError(f"token: {place.module.name} is not a PKCS#11 module that can be loaded") from None
    with _told():
        if not _OPEN[place.module]:  # a token put in since is seen only by a module that starts again, which
            library.reinitialize()  # would end every session that this process has through it
        return library.get_token(token_label=place.label).open(rw=may_write, user_pin=pin.decode())


def _is_inside(key: Any) -> bool:
    """Whether the token vouches that the key was made in it and never could leave it."""
    from pkcs11 import Attribute

    vouched = (Attribute.LOCAL, Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE)
    return all(key[one] for one in vouched) and not key[Attribute.EXTRACTABLE]


@contextmanager
def _told() -> Iterator[None]:
    """Turn whatever the module says into a TokenError that carries nothing of its own."""
    from pkcs11 import PKCS11Error

    try:
        yield
    except PKCS11Error as error:
        said = _SAID.get(type(error).__name__, "refused, or broken")
        raise TokenError(f"token: {said} ({type(error).__name__})") from None
