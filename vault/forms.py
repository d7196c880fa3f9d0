"""Signed forms: frozen dataclasses whose every field has a shape, and their way into signed objects and back.

A form is refused when a field is missing, unknown or of another shape; the refusal names the field and the rule. What a
form means and who may sign it is not known here.

May touch: nothing
Sees:      whatever a form says
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from audit.canonical import JsonValue
from audit.crypto.errors import CryptoError, KeyFormError
from audit.crypto.key_text import strict_base64
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.signed_object import Kind, claimed_payload, open_object, sign_object
from audit.shapes import Shape
from vault.errors import MalformedFormError

LONGEST_TEXT = 4096


def is_base64(value: object) -> bool:
    """Is it standard base64 of 1 to 64 KiB?"""
    try:
        return isinstance(value, str) and 0 < len(strict_base64(value)) <= 64 * 1024
    except KeyFormError:
        return False


BASE64 = Shape("base64 of at most 64 KiB", is_base64)
TEXT = Shape(
    f"text of 1 to {LONGEST_TEXT} characters", lambda value: type(value) is str and 0 < len(value) <= LONGEST_TEXT
)


def shaped(shape: Shape) -> Any:
    """A field of that shape."""
    return dataclasses.field(metadata={"shape": shape})


@dataclass(frozen=True, slots=True)
class Form:
    """Base of all forms."""

    KIND: ClassVar[Kind]

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            shape = cast(Shape, item.metadata["shape"])
            if not shape.holds(getattr(self, item.name)):
                raise MalformedFormError(f"{self.KIND.value}.{item.name}: must be {shape.says}")

    def to_payload(self) -> dict[str, JsonValue]:
        """The JSON that is signed; a tuple is an array."""
        return {item.name: _json(getattr(self, item.name)) for item in dataclasses.fields(self)}

    @classmethod
    def parse(cls, payload: dict[str, JsonValue]) -> Self:
        """Read `to_payload`'s form; MalformedFormError otherwise."""
        names = {item.name for item in dataclasses.fields(cls)}
        for name in payload.keys() ^ names:
            problem = "is missing" if name in names else "is not one of this form's fields"
            raise MalformedFormError(f"{cls.KIND.value}.{name if name in names else '?'}: {problem}")
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in payload.items()})

    def sign(self, *keys: SigningKey) -> bytes:
        """The form as a signed object."""
        return sign_object(self.KIND, self.to_payload(), *keys)


F = TypeVar("F", bound=Form)


@dataclass(frozen=True, slots=True)
class Signed(Generic[F]):
    """A verified form with what names it: `digest` is the hash of its signed bytes, `signer` a key id."""

    form: F
    digest: bytes
    signer: str

    @property
    def hex(self) -> str:
        return self.digest.hex()


def open_form(form: type[F], data: bytes, trusted: Iterable[VerifyingKey]) -> Signed[F]:
    """Verify `data` as that form, signed by exactly one of the trusted keys; MalformedFormError otherwise."""
    try:
        found = open_object(data, form.KIND, trusted)
    except CryptoError as error:
        raise MalformedFormError(f"{form.KIND.value}: {error}") from None
    if len(found.signers) != 1:
        raise MalformedFormError(f"{form.KIND.value}: signed by more than one person")
    return Signed(form.parse(found.payload), found.digest, found.signers[0])


def claimed_form(form: type[F], data: bytes) -> F:
    """What signed bytes say, unverified: to find what belongs to them, where whoever gets it verifies it again."""
    try:
        return form.parse(claimed_payload(data, form.KIND))
    except CryptoError as error:
        raise MalformedFormError(f"{form.KIND.value}: {error}") from None


def _json(value: object) -> JsonValue:
    return cast(JsonValue, list(value) if isinstance(value, tuple) else value)
