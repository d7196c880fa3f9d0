"""Read JSON as two careful readers would both read it; refuse everything that two readers may read differently.

Refused: a name twice in one object, NaN and infinities, integers beyond 2^53 - 1 and numbers beyond a double, text that
is not UTF-8, half a surrogate pair, the character U+0000, nesting beyond 32. It knows no schema.

May touch: nothing
Sees:      what was sent
Spec:      RFC 8259, RFC 7493 (I-JSON)
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

DEEPEST: Final = 32
LARGEST_INTEGER: Final = 2**53 - 1

_TOKENS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""Texts whole, also one that never ends: no byte is looked at twice."""
_ODD: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE: Final = re.compile("[\ud800-\udfff\x00]")


class NotStrictError(ValueError):
    """Not JSON, or JSON that is refused. The message names the rule, never a value."""


def check_json(data: bytes) -> None:
    """Nothing if `data` is strict JSON; NotStrictError otherwise."""
    _check_depth(data)
    try:
        text = data.decode("utf-8")
        found = json.loads(
            text, object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_number
        )
    except UnicodeDecodeError:
        raise NotStrictError("body: not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotStrictError(f"body: not JSON at line {error.lineno}, column {error.colno}") from None
    if _ODD.search(data):  # rare; only then every text is looked at
        _check_texts(found)


def _check_depth(data: bytes) -> None:
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        return
    depth = 0
    for token in _TOKENS.finditer(data):
        first = token[0]
        if first in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST:
                raise NotStrictError(f"body: nested deeper than {DEEPEST}")
        elif first in (b"]", b"}"):
            depth -= 1


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictError("body: a name twice in one object")
    return found


def _constant(_: str) -> NoReturn:
    raise NotStrictError("body: NaN and infinities are no numbers")


def _integer(digits: str) -> int:
    # Digits are counted before they are converted: that takes quadratic time.
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise NotStrictError("body: an integer beyond 2^53 - 1")
    return int(digits)


def _number(text: str) -> float:
    found = float(text)
    if len(text) > 64 or math.isinf(found):
        raise NotStrictError("body: a number beyond what a double holds")
    return found


def _check_texts(found: Any) -> None:
    if isinstance(found, str):
        if _SURROGATE.search(found):
            raise NotStrictError("body: half a surrogate pair, or U+0000")
    elif isinstance(found, dict):
        for name, value in found.items():
            _check_texts(name)
            _check_texts(value)
    elif isinstance(found, list):
        for value in found:
            _check_texts(value)
