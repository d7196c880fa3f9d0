"""Canonical JSON: one value, one sequence of bytes. It does not know what the values mean.

RFC 8785 for the part of JSON that this project writes: ASCII keys, no floats, whole numbers within ±(2^53 - 1).
Inside that part sorted compact JSON *is* RFC 8785 (code point order equals UTF-16 order for ASCII), and everything
outside it is refused, on writing and on reading. Whoever verifies hashes the stored bytes and never a re-made form;
`loads` compares only to refuse bytes that have a second reading.

May touch: nothing
"""

from __future__ import annotations

import json
from typing import NoReturn, TypeAlias

from audit.errors import CanonicalError, MalformedError

JsonValue: TypeAlias = bool | int | str | list["JsonValue"] | dict[str, "JsonValue"] | None

LARGEST = 2**53 - 1
"""RFC 8785 takes numbers as IEEE doubles: beyond this two integers could share their bytes."""

_DEEPEST = 32


def dumps(value: object) -> bytes:
    """UTF-8 bytes of the value; CanonicalError names the rule that it breaks and never the value."""
    _refuse_outsiders(value, _DEEPEST)
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:
        raise CanonicalError("a string holds half of a surrogate pair") from None


def loads(data: bytes) -> JsonValue:
    """The one value whose canonical bytes these are; MalformedError for any other bytes."""
    try:
        value: JsonValue = _decode(data.decode())
        again = dumps(value)
    except (ValueError, RecursionError) as error:
        rule = str(error) if isinstance(error, CanonicalError) else "not JSON"
        raise MalformedError(f"not canonical JSON: {rule}") from None
    if again != data:
        raise MalformedError("not canonical JSON: another form of the same value")
    return value


def _refuse_outsiders(value: object, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -LARGEST <= value <= LARGEST:  # type: ignore[operator]
            raise CanonicalError("a whole number beyond 2^53 - 1")
        return
    if not depth:
        raise CanonicalError("nested too deep")
    if kind is dict:
        for key, inner in value.items():  # type: ignore[attr-defined]
            if type(key) is not str or not key.isascii():
                raise CanonicalError("a key that is not an ASCII string")
            _refuse_outsiders(inner, depth - 1)
    elif kind is list or kind is tuple:
        for inner in value:  # type: ignore[attr-defined]
            _refuse_outsiders(inner, depth - 1)
    elif not isinstance(value, str):  # a StrEnum is a string
        raise CanonicalError(f"no canonical form for {kind.__name__}")


def _no_float(_: str) -> NoReturn:
    raise CanonicalError("a number that is not whole")


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode
_decode = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode
