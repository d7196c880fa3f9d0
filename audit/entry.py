"""One entry of the log: build it from typed parts, turn it into canonical bytes, read it back strictly.

It knows the vocabulary and nothing else: no clock (`ts_ms` is an argument), no store, no key. What it promises is that
writing and reading refuse the same things: an unknown event, part, fact or word; a missing one; bytes that are not
the canonical form; more than a tile bundle can hold. A refusal names the field and the rule, never the value.

May touch: nothing
Sees:      commitments and hashes, nothing personal
Spec:      docs of C2SP tlog-tiles for the 65,535-byte bound; RFC 8785 for the canonical form
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, cast

from audit import canonical
from audit.errors import EntryError, MalformedError
from audit.events import EVENTS, PARTS, VERSION, Book, Event, Outcome, Reason
from audit.shapes import CODE, COUNT, FLAG, SHA256, ULID, Fact, Shape, choice, many

LARGEST_ENTRY: Final = 65_535
"""Bytes of one entry that a tlog-tiles bundle can hold (16-bit length)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a pseudonym that only the agency can resolve, the agency, the role, how they proved it, on what."""

    pseudonym: str
    org: str
    role: str
    auth: str
    device: str
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in _ACTOR:
            _must(CODE, f"actor.{name}", getattr(self, name))
        _keep_text(self, self.to_json())

    def to_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in _ACTOR}


@dataclass(frozen=True, slots=True)
class Basis:
    """On what ground: the rule's code, the SHA-256 of the document, the requests of the approvals."""

    law: str
    document: str
    approvals: tuple[str, ...] = ()
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _must(CODE, "basis.law", self.law)
        _must(SHA256, "basis.document", self.document)
        _must(_APPROVALS, "basis.approvals", self.approvals)
        _keep_text(self, self.to_json())

    def to_json(self) -> dict[str, object]:
        return {"approvals": list(self.approvals), "document": self.document, "law": self.law}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, why, and under which version of which policy."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    policy: str
    policy_sha256: str
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _must(_OUTCOME, "decision.outcome", str(self.outcome))
        _must(_REASONS, "decision.reasons", tuple(map(str, self.reasons)))
        _must(CODE, "decision.policy.id", self.policy)
        _must(SHA256, "decision.policy.sha256", self.policy_sha256)
        _keep_text(self, self.to_json())

    def to_json(self) -> dict[str, object]:
        policy = {"id": self.policy, "sha256": self.policy_sha256}
        return {"outcome": str(self.outcome), "policy": policy, "reasons": [str(reason) for reason in self.reasons]}


@dataclass(frozen=True, slots=True)
class Output:
    """What leaves: the SHA-256 of the exact bytes (salted when they could be guessed) and how many records."""

    sha256: str
    n: int
    salted: bool

    def __post_init__(self) -> None:
        _must(SHA256, "output.sha256", self.sha256)
        _must(COUNT, "output.n", self.n)
        _must(FLAG, "output.salted", self.salted)

    def to_json(self) -> dict[str, object]:
        return {"n": self.n, "salted": self.salted, "sha256": self.sha256}

    @property
    def text(self) -> str:
        return f'{{"n":{self.n},"salted":{_WORDS[self.salted]},"sha256":"{self.sha256}"}}'


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `ts_ms` is Unix time in milliseconds, `req` the ULID of the request that it answers.

    `case` and `subject` are commitments (`commitments.py`), `input` the SHA-256 of the canonical request, `prev` the
    request that this one continues, `detail` the SHA-256 of the sealed details. `facts` are the event's own fields.
    Raises `EntryError` when the vocabulary refuses it.
    """

    event: str
    ts_ms: int
    req: str
    actor: Actor
    basis: Basis | None = None
    case: str | None = None
    subject: str | None = None
    decision: Decision | None = None
    input: str | None = None
    output: Output | None = None
    prev: str | None = None
    detail: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        event = EVENTS.get(self.event)
        if event is None:
            raise EntryError("event: not in the vocabulary of this version")
        _must(COUNT, "ts_ms", self.ts_ms)
        _must(ULID, "req", self.req)
        self._check_parts(event)
        facts = dict(self.facts)  # what was checked is what will be written, whatever the caller does to its mapping
        _check_facts(event, facts)
        object.__setattr__(self, "facts", MappingProxyType(facts))

    def _check_parts(self, event: Event) -> None:
        for name in event.needs:
            if getattr(self, name) is None:
                raise EntryError(f"{name}: {event.name} needs it")
        for name in event.refuses:
            if getattr(self, name) is not None:
                raise EntryError(f"{name}: {event.name} does not take it")
        for name in _HASH_PARTS:
            value = getattr(self, name)
            if value is not None:
                _must(SHA256, name, value)
        if self.prev is not None:
            _must(ULID, "prev", self.prev)

    def may_enter(self, book: Book) -> bool:
        """Does this event belong into that service's log?"""
        return book in EVENTS[self.event].books

    def encode(self) -> bytes:
        """Return the canonical JSON that becomes the leaf. Raises `EntryError` above 65,535 bytes.

        The fast twin of `to_json` and `canonical.dumps`: every shape is ASCII without a character that JSON escapes,
        so the text can be put together as it stands, keys in their order.
        """
        words = [f'{{"actor":{self.actor.text}']
        if self.basis is not None:
            words.append(f'"basis":{self.basis.text}')
        if self.case is not None:
            words.append(f'"case":"{self.case}"')
        if self.decision is not None:
            words.append(f'"decision":{self.decision.text}')
        if self.detail is not None:
            words.append(f'"detail":"{self.detail}"')
        if self.facts:
            words.append(f'"facts":{{{_facts_text(self.facts)}}}')
        if self.input is not None:
            words.append(f'"input":"{self.input}"')
        if self.output is not None:
            words.append(f'"output":{self.output.text}')
        if self.prev is not None:
            words.append(f'"prev":"{self.prev}"')
        words.append(f'"req":"{self.req}"')
        if self.subject is not None:
            words.append(f'"subject":"{self.subject}"')
        words.append(f'"ts_ms":{self.ts_ms},"type":"{self.event}","v":{VERSION}}}')
        data = ",".join(words).encode("ascii")
        if len(data) > LARGEST_ENTRY:
            raise EntryError(f"entry: longer than {LARGEST_ENTRY} bytes")
        return data

    def to_json(self) -> dict[str, object]:
        """The entry as the JSON value whose canonical form `encode` writes."""
        found: dict[str, object] = {
            "v": VERSION,
            "type": self.event,
            "ts_ms": self.ts_ms,
            "req": self.req,
            "actor": self.actor.to_json(),
        }
        for name in ("basis", "decision", "output"):
            part = getattr(self, name)
            if part is not None:
                found[name] = part.to_json()
        for name in (*_HASH_PARTS, "prev"):
            value = getattr(self, name)
            if value is not None:
                found[name] = value
        if self.facts:
            found["facts"] = {name: _json_of(value) for name, value in self.facts.items()}
        return found


def read(data: bytes) -> Entry:
    """Read the canonical bytes of one entry of any version that was ever written.

    Raises `EntryError` for bytes that this reader could not have written itself.
    """
    if len(data) > LARGEST_ENTRY:
        raise EntryError(f"entry: longer than {LARGEST_ENTRY} bytes")
    try:
        found = canonical.loads(data)
    except MalformedError as error:
        raise EntryError(f"entry: {error}") from None
    version = found.pop("v", None) if isinstance(found, dict) else None
    if type(version) is not int or version not in READERS:
        raise EntryError("v: not a version that this reader knows")
    entry = READERS[version](cast(dict[str, Any], found))
    if entry.encode() != data:
        raise EntryError("entry: an empty part is written out")
    return entry


def _read_v1(found: dict[str, Any]) -> Entry:
    """Version 1. Every object is taken apart by its exact list of keys, so a stray one is refused."""
    unknown = found.keys() - _KEYS
    if unknown:
        raise EntryError("entry: has a field that the vocabulary does not know")
    try:
        return Entry(
            event=_text(found["type"], "type"),
            ts_ms=found["ts_ms"],
            req=found["req"],
            actor=Actor(**_exactly(found["actor"], "actor", _ACTOR)),
            basis=_maybe(found, "basis", _read_basis),
            case=found.get("case"),
            subject=found.get("subject"),
            decision=_maybe(found, "decision", _read_decision),
            input=found.get("input"),
            output=_maybe(found, "output", lambda part: Output(**_exactly(part, "output", _OUTPUT))),
            prev=found.get("prev"),
            detail=found.get("detail"),
            facts={name: tuple(value) if type(value) is list else value for name, value in _facts(found).items()},
        )
    except KeyError:
        raise EntryError("entry: lacks type, ts_ms, req or actor") from None


READERS: Mapping[int, Callable[[dict[str, Any]], Entry]] = {VERSION: _read_v1}
"""One reader for each version that was ever written; a log outlives the program that wrote it."""


def _facts_text(facts: Mapping[str, Fact]) -> str:
    return ",".join([f'"{name}":{_text_of(facts[name])}' for name in sorted(facts)])


def _text_of(value: Fact) -> str:
    if type(value) is str:
        return f'"{value}"'
    if type(value) is tuple:
        return f"[{','.join(map(_text_of, value))}]"
    return _WORDS[value] if type(value) is bool else str(value)


def _json_of(value: Fact) -> object:
    return list(value) if type(value) is tuple else value


def _keep_text(part: object, value: dict[str, object]) -> None:
    """A part is used by many entries, so its canonical text is made once."""
    object.__setattr__(part, "text", canonical.dumps(value).decode())


def _check_facts(event: Event, facts: Mapping[str, Fact]) -> None:
    if facts.keys() != event.facts.keys():
        raise EntryError(f"facts: not exactly those of {event.name}")
    for name, shape in event.facts.items():
        if not shape.holds(facts[name]):
            raise EntryError(f"facts.{name}: must be {shape.says}")


def _must(shape: Shape, name: str, value: object) -> None:
    if not shape.holds(value):
        raise EntryError(f"{name}: must be {shape.says}")


def _text(value: object, name: str) -> str:
    if type(value) is not str:
        raise EntryError(f"{name}: must be text")
    return value


def _exactly(part: object, name: str, keys: frozenset[str]) -> dict[str, Any]:
    if type(part) is not dict or part.keys() != keys:
        raise EntryError(f"{name}: not exactly the fields that it has in this version")
    return part


def _maybe(found: dict[str, Any], name: str, read_part: Callable[[object], Any]) -> Any:
    return read_part(found[name]) if name in found else None


def _facts(found: dict[str, Any]) -> dict[str, Any]:
    facts = found.get("facts", {})
    if type(facts) is not dict:
        raise EntryError("facts: must be an object")
    return facts


def _read_basis(part: object) -> Basis:
    values = _exactly(part, "basis", _BASIS)
    return Basis(values["law"], values["document"], _tuple(values["approvals"], "basis.approvals"))


def _read_decision(part: object) -> Decision:
    values = _exactly(part, "decision", _DECISION)
    policy = _exactly(values["policy"], "decision.policy", _POLICY)
    _must(_OUTCOME, "decision.outcome", values["outcome"])
    _must(_REASONS, "decision.reasons", _tuple(values["reasons"], "decision.reasons"))
    reasons = tuple(map(Reason, values["reasons"]))
    return Decision(Outcome(values["outcome"]), reasons, policy["id"], policy["sha256"])


def _tuple(value: object, name: str) -> tuple[Any, ...]:
    if type(value) is not list:
        raise EntryError(f"{name}: must be a list")
    return tuple(value)


_WORDS = {False: "false", True: "true"}
_KEYS = frozenset({"v", "type", "ts_ms", "req", "actor", "facts"}) | PARTS
_ACTOR = frozenset({"auth", "device", "org", "pseudonym", "role"})
_BASIS = frozenset({"approvals", "document", "law"})
_DECISION = frozenset({"outcome", "policy", "reasons"})
_POLICY = frozenset({"id", "sha256"})
_OUTPUT = frozenset({"n", "salted", "sha256"})
_HASH_PARTS = ("case", "subject", "input", "detail")
_APPROVALS = many(ULID)
_OUTCOME = choice(*Outcome)
_REASONS = many(choice(*Reason))
