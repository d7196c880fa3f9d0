"""The fast entry check against the plain reader: the one must never accept what the other refuses."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_log import entry_of

from audit.entry import Entry, read
from audit.errors import EntryError
from audit.events import EVENTS
from audit.verifier.entry_grammar import event_of, is_quick


def is_read(data: bytes) -> bool:
    try:
        read(data)
    except EntryError:
        return False
    return True


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_accepted(name: str) -> None:
    """A lawful entry would be called a violation."""
    rng = random.Random(name)
    for rare in (0.0, 0.5, 1.0):
        for _ in range(20):
            data = entry_of(EVENTS[name], rng, rare).encode()
            assert event_of(data) == name


@pytest.mark.parametrize("name", EVENTS)
def test_everyday_entries_take_the_fast_way(name: str) -> None:
    """A million entries would take minutes again; a shape was added that the patterns do not know."""
    rng = random.Random(name)
    made = [entry_of(EVENTS[name], rng, 1.0) for _ in range(40)]
    assert any(is_quick(entry.encode()) for entry in made)


@given(st.sampled_from(sorted(EVENTS)), st.randoms(use_true_random=False), st.data())
def test_nothing_passes_the_patterns_that_the_reader_refuses(
    name: str, rng: random.Random, data: st.DataObject
) -> None:
    """A forged entry could hide from the plain reader behind the fast one."""
    entry = bytearray(entry_of(EVENTS[name], rng).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(entry) - 1))
        match data.draw(st.sampled_from(["set", "insert", "delete", "copy"])):
            case "set":
                entry[at] = data.draw(st.sampled_from(b'0123456789abcZ"{}[],:\\- \n\x00\xff'))
            case "insert":
                entry.insert(at, data.draw(st.sampled_from(b'0123456789abcZ"{}[],:\\- \n\x00\xff')))
            case "delete":
                del entry[at]
            case "copy":
                entry[at:at] = entry[at : at + data.draw(st.integers(1, 80))]
    if is_quick(bytes(entry)):
        assert is_read(bytes(entry))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'), (b'"v":1', b'"v":1.0'), (b'"v":1}', b'"v":1}\n'), (b'"ts_ms":', b'"ts_ms":-'),
        (b'"ts_ms":', b'"ts_ms":0'), (b'"actor":{', b'"actor": {'), (b'"type":"heartbeat"', b'"type":"heartbeet"'),
        (b'"req":', b'"raq":'), (b',"v":1', b',"w":1'), (b'"heartbeat"', b'"\\u0068eartbeat"'),
        (b'"actor"', b'"a":1,"actor"'), (b'"org":"', b'"org":"12345678'), (b'"org":"', b'"org":"-'),
        (b'"org":"', b'"org":"' + b"a" * 70), (b'"type":', b'"stray":1,"type":'), (b'"type":', b'"facts":{},"type":'),
    ],
)  # fmt: skip
def test_entries_outside_the_vocabulary_are_refused(old: bytes, new: bytes) -> None:
    """A foreign field could carry a name into the log and nobody would see."""
    entry = entry_of(EVENTS["heartbeat"], random.Random(1), 0)
    assert isinstance(entry, Entry)
    changed = entry.encode().replace(old, new)
    assert changed != entry.encode()
    with pytest.raises(EntryError):
        event_of(changed)
