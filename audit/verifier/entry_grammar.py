"""Entries at speed: a pattern per event that matches only bytes which the strict reader accepts.

The vocabulary is closed and its canonical form has one order of fields, so almost every entry can be judged by one
regular expression. What matches is good; what does not match goes to `audit.entry.read`, the plain reader, which alone
decides and alone says what is wrong. Tests hold the two together.

May touch: nothing
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from audit.entry import LARGEST_ENTRY, read
from audit.events import EVENTS, VERSION, Event, Outcome, Reason
from audit.shapes import CODE, COUNT, FLAG, ORIGIN, SHA256, ULID, Shape, many

_CODE: Final = r'"(?![^"]{65})(?![^"]*[0-9]{8})[a-z0-9]+(?:[._:/-][a-z0-9]+)*+"'
_ORIGIN: Final = _CODE.replace("{65}", "{129}")
_HASH: Final = r'"[0-9a-f]{64}"'
_REQUEST: Final = r'"[0-7][0-9A-HJKMNP-TV-Z]{25}"'
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,14})"
"""At most 15 digits, hence below 2^53; longer ones are left to the plain reader."""
_FEW: Final = 64
"""Longer lists are left to the plain reader."""

_TYPE: Final = re.compile(rb'"type":"([a-z._]+)","v":%d\}\Z' % VERSION)


def event_of(data: bytes) -> str:
    """The event of an entry, after its bytes were found good; EntryError says what is wrong with them."""
    found = _TYPE.search(data, max(0, len(data) - 96))
    if found and len(data) <= LARGEST_ENTRY:
        name = found[1].decode()
        pattern = _PATTERNS.get(name)
        if pattern and pattern.fullmatch(data):
            return name
    return read(data).event


def is_quick(data: bytes) -> bool:
    """Whether the pattern alone accepts these bytes (for tests and benchmarks)."""
    return any(pattern.fullmatch(data) for pattern in _PATTERNS.values())


def _list_of(item: str) -> str:
    return rf"\[(?:{item}(?:,{item}){{0,{_FEW - 1}}})?\]"


def _words(words: list[str]) -> str:
    return "(?:" + "|".join(re.escape(f'"{word}"') for word in words) + ")"


_BASE: Final = ((CODE, _CODE), (ORIGIN, _ORIGIN), (SHA256, _HASH), (ULID, _REQUEST), (COUNT, _NUMBER))
_SHAPES: Final[Mapping[str, str]] = {
    FLAG.says: "(?:true|false)",
    **{shape.says: pattern for shape, pattern in _BASE},
    **{many(shape).says: _list_of(pattern) for shape, pattern in _BASE},
}
"""By the sentence that describes a shape; a shape that is not here keeps its event on the plain path."""


def _pattern_of_shape(shape: Shape) -> str | None:
    if shape.says in _SHAPES:
        return _SHAPES[shape.says]
    words = shape.says.removeprefix("one of ").split(", ")
    return _words(words) if all(shape.holds(word) for word in words) else None


_REASONS: Final = _list_of(_words(list(Reason)))
_PARTS: Final[Mapping[str, str]] = {
    "basis": rf'\{{"approvals":{_list_of(_REQUEST)},"document":{_HASH},"law":{_CODE}\}}',
    "case": _HASH,
    "decision": rf'\{{"outcome":{_words(list(Outcome))},"policy":\{{"id":{_CODE},"sha256":{_HASH}\}},'
    rf'"reasons":{_REASONS}\}}',
    "detail": _HASH,
    "input": _HASH,
    "output": rf'\{{"n":{_NUMBER},"salted":(?:true|false),"sha256":{_HASH}\}}',
    "prev": _REQUEST,
    "subject": _HASH,
}
_ACTOR: Final = ",".join(f'"{name}":{_CODE}' for name in ("auth", "device", "org", "pseudonym", "role"))


def _pattern_of(event: Event) -> re.Pattern[bytes] | None:
    facts: list[str] = []
    for name in sorted(event.facts):
        shape = _pattern_of_shape(event.facts[name])
        if shape is None:
            return None
        facts.append(f'"{name}":{shape}')
    fields = {
        **{name: f'"{name}":{pattern},' for name, pattern in _PARTS.items()},
        "actor": rf'"actor":\{{{_ACTOR}\}},',
        "req": f'"req":{_REQUEST},',
        "ts_ms": f'"ts_ms":{_NUMBER},',
    }
    if facts:
        fields["facts"] = rf'"facts":\{{{",".join(facts)}\}},'
    always = {"actor", "facts", "req", "ts_ms"} | event.needs
    parts = [
        pattern if name in always else f"(?:{pattern})?"
        for name, pattern in sorted(fields.items())
        if name in always or name in event.takes
    ]
    return re.compile(rf'\{{{"".join(parts)}"type":"{re.escape(event.name)}","v":{VERSION}\}}'.encode())


_PATTERNS: Final[Mapping[str, re.Pattern[bytes]]] = {
    name: pattern for name, event in EVENTS.items() if (pattern := _pattern_of(event)) is not None
}
