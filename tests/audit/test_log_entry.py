"""Entries: the closed vocabulary, the canonical bytes, and that nothing of a child fits into any field."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from log_site import ACTOR, ALLOW, delivery, ulid

from audit import canonical
from audit.entry import Actor, Basis, Decision, Entry, Output, read
from audit.errors import EntryError
from audit.events import EVENTS, PARTS, Book, Outcome, Reason
from audit.shapes import CODE, COUNT, FLAG, ORIGIN, SHA256, ULID, Shape

ULIDS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=25, max_size=25).map("0".__add__)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
CODES = st.from_regex(r"[a-z]{1,9}(?:[._:/-][a-z0-9]{1,7}){0,3}", fullmatch=True)
COUNTS = st.integers(0, 2**53 - 1)
BY_SHAPE: dict[str, st.SearchStrategy[Any]] = {
    shape.says: values
    for shape, values in (
        (ULID, ULIDS), (SHA256, HASHES), (CODE, CODES), (ORIGIN, CODES), (COUNT, COUNTS), (FLAG, st.booleans())
    )
}  # fmt: skip


def values_of(shape: Shape) -> st.SearchStrategy[Any]:
    """Values of any shape; a word of a closed choice otherwise."""
    if shape.many:
        (one,) = [values for says, values in BY_SHAPE.items() if shape.says.endswith(f"each {says}")]
        return st.lists(one, max_size=3).map(tuple)
    words = shape.says.removeprefix("one of ").split(", ")
    return BY_SHAPE[shape.says] if shape.says in BY_SHAPE else st.sampled_from(words)


PART_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "basis": st.builds(Basis, CODES, HASHES, st.lists(ULIDS, max_size=3).map(tuple)),
    "case": HASHES,
    "subject": HASHES,
    "decision": st.builds(
        Decision,
        st.sampled_from(Outcome),
        st.lists(st.sampled_from(Reason), max_size=3).map(tuple),
        CODES,
        HASHES,
    ),
    "input": HASHES,
    "output": st.builds(Output, HASHES, COUNTS, st.booleans()),
    "prev": ULIDS,
    "detail": HASHES,
}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    event = EVENTS[draw(st.sampled_from(sorted(EVENTS)))]
    chosen = event.needs | frozenset(name for name in sorted(event.takes) if draw(st.booleans()))
    parts = {name: draw(PART_VALUES[name]) for name in sorted(chosen)}
    facts = {name: draw(values_of(shape)) for name, shape in event.facts.items()}
    return Entry(event.name, draw(COUNTS), draw(ULIDS), ACTOR, facts=facts, **parts)


@given(entries())
def test_fast_and_canonical_encodings_agree_and_read_back(entry: Entry) -> None:
    """The fast encoder could write bytes that no other program would call canonical, or that lose a part."""
    data = entry.encode()
    assert data == canonical.dumps(entry.to_json()) == rfc8785.dumps(entry.to_json())  # type: ignore[arg-type]
    assert read(data) == entry


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"type": "result.steal"},
        {"extra": 1},
        {"case": None},
        {"facts": {}},
        {"req": "x"},
        {"ts_ms": -1},
        {"ts_ms": 2**53},
        {"ts_ms": "1"},
        {"actor": {}},
        {"actor": None},
        {"decision": {"outcome": "allow", "policy": {"id": "a", "sha256": "0" * 64}, "reasons": ["because"]}},
        {"output": {"n": 1, "salted": 1, "sha256": "0" * 64}},
        {"input": "0" * 63},
        {"basis": {"approvals": "00", "document": "0" * 64, "law": "cpl"}},
    ],
    ids=str,
)
def test_reader_refuses_what_the_vocabulary_does_not_have(change: dict[str, Any]) -> None:
    """An auditor's reader would pass over entries that the writer could never have written."""
    found = json.loads(delivery().encode()) | change
    with pytest.raises(EntryError):
        read(json.dumps(found, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    "spoil",
    [lambda data: data + b"\n", lambda data: data.replace(b",", b", ", 1), lambda data: data[:-1], lambda _: b"[]"],
)
def test_reader_refuses_a_second_spelling(spoil: Any) -> None:
    """Two spellings of one entry would have two leaf hashes and one meaning."""
    with pytest.raises(EntryError):
        read(spoil(delivery().encode()))


@pytest.mark.parametrize(
    "text",
    ["王小明", "32068420100512123X", "13912345678", "20100512", "Wang Xiaoming", 'a"b', "a\nb", "", "a" * 65],
)
def test_no_field_takes_a_name_an_id_a_phone_or_a_birthday(text: str) -> None:
    """A careless caller could write a child's identifier into a log that nobody can edit."""
    facts = {"project": "p-one", "job": "0" * 26, "recipient": "police"}
    tries = [lambda name=name: delivery(facts=facts | {name: text}) for name in facts]
    tries += [lambda name=name: delivery(**{name: text}) for name in ("case", "subject", "input", "prev", "detail")]
    tries += [lambda at=at: Actor(*(text if at == k else "x" for k in range(5))) for at in range(5)]
    tries += [lambda: Basis(text, "0" * 64), lambda: Basis("cpl", text), lambda: Output(text, 1, True)]
    tries += [lambda: Decision(Outcome.ALLOW, (), text, "0" * 64), lambda: delivery(req=text or "x")]
    for attempt in tries:
        with pytest.raises(EntryError) as refusal:
            attempt()
        assert not text or text not in str(refusal.value)


def test_facts_do_not_change_after_they_were_checked() -> None:
    """A caller that keeps the dictionary could slip unchecked words into the leaf."""
    facts: dict[str, Any] = {"project": "p-one", "job": "0" * 26, "recipient": "police"}
    entry = delivery(facts=facts)
    facts["recipient"] = '","v":2,"x":"'
    assert read(entry.encode()).facts["recipient"] == "police"


def test_books_are_apart() -> None:
    """An event that says that a sealed record exists could land in the linkage unit's log."""
    sealed = {name for name, event in EVENTS.items() if event.books == {Book.VAULT}}
    assert {"record.seal", "access.request", "release.intent"} <= sealed
    assert not any(Book.LINKAGE in EVENTS[name].books for name in sealed)
    assert all(event.needs | event.takes <= PARTS for event in EVENTS.values())


def test_an_entry_longer_than_a_bundle_can_hold_is_refused() -> None:
    """An entry of 64 KiB or more could be committed and then never be published."""
    many = tuple(2**52 + at for at in range(1024))
    facts = {"rule": "volume", "rules": "0" * 64, "entries": many}
    assert len(Entry("alert", 1, ulid(), ACTOR, facts=facts).encode()) < 65_535
    with pytest.raises(EntryError):
        Entry("alert", 1, ulid(), ACTOR, facts=facts | {"entries": (*many, 1)})
    batches = {"project": "p", "job": "0" * 26, "plan": "0" * 64, "records": 1, "links": 1, "clusters": 1, "reviews": 1}
    entry = Entry("job.run", 1, ulid(), ACTOR, input="0" * 64, output=Output("0" * 64, 1, True),
                  facts=batches | {"batches": ("0" * 64,) * 1024})  # fmt: skip
    with pytest.raises(EntryError):
        entry.encode()


def test_deny_is_written_as_well() -> None:
    """A refusal would leave no trace."""
    denied = Decision(Outcome.DENY, (Reason.NO_BASIS,), ALLOW.policy, ALLOW.policy_sha256)
    assert read(delivery(decision=denied).encode()).decision == denied


def test_the_linkage_service_has_a_line_for_every_act_and_the_vault_takes_none_of_them() -> None:
    """An act of the service could not be logged and so never done, or would be written where it shows to the vault."""
    acts = """
        project.plan project.change agency.change member.change secret.relay batch.receive batch.refuse batch.change
        job.run job.change result.deliver match.one match.refuse review.read review.decide review.undo check.change
        subject.request webhook.change referral.issue referral.change register.read register.change data.erase
        retention.prune
    """
    assert {EVENTS[name].books for name in acts.split()} == {frozenset({Book.LINKAGE})}
    shared = "export permission.change login login.refuse token.issue token.refuse account.change audit.read"
    assert {EVENTS[name].books for name in shared.split()} == {frozenset({Book.LINKAGE, Book.VAULT})}
