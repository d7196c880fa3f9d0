"""A published log made in memory, for tests: entries, tiles, signed and cosigned checkpoint, written as a folder."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.cosignature import cosign
from audit.entry import Actor, Basis, Decision, Entry, Output
from audit.events import EVENTS, Book, Event, Outcome, Reason
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer, Verifier
from audit.merkle import Hashes, inclusion_proof, leaf_hash, root_of, tree_root
from audit.note import with_signatures
from audit.proof import TlogProof
from audit.shapes import Fact, Shape
from audit.tiles import WIDTH, build_tile, encode_bundle, hash_tiles_between, tiles_between

ORIGIN = "log.example/linkage"
NOW = 1_760_000_000
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOG_KEYS = (Ed25519Signer(ORIGIN, b"l" * 32), MlDsa44Signer(ORIGIN, b"m" * 32))
WITNESSES = (Ed25519Cosigner("court.example/w", b"c" * 32), MlDsa44Signer("procuratorate.example/w", b"p" * 32))
KEYS = tuple(signer.verifier for signer in (*LOG_KEYS, *WITNESSES))


def hash_of(rng: random.Random) -> str:
    return rng.randbytes(32).hex()


def ulid(rng: random.Random) -> str:
    return "0" + "".join(rng.choices(ALPHABET, k=25))


def code(rng: random.Random) -> str:
    return rng.choice("abcxyz") + rng.choice(["-", ".", "/", ":", "_"]) + rng.choice(["1", "north", "a7-2", "1234567"])


def fact(shape: Shape, rng: random.Random) -> Fact:
    """A value of a shape, found by trying what shapes may hold."""
    choices = shape.says.removeprefix("one of ").split(", ")
    number = rng.choice([0, 7, rng.randrange(10**15), 2**53 - 1])
    one: list[Fact] = [rng.choice([True, False]), number, hash_of(rng), ulid(rng), rng.choice(choices), code(rng)]
    lists: list[Fact] = [(), (number,) * 3, (hash_of(rng), hash_of(rng)), (ulid(rng),), (code(rng),) * 70]
    held = [value for value in (lists if shape.many else one) if shape.holds(value)]
    return rng.choice(held)


def entry_of(event: Event, rng: random.Random, rare: float = 0.5) -> Entry:
    """A random entry of an event; each part that it may have is there with the probability `rare`."""
    actor = Actor(code(rng), code(rng), code(rng), code(rng), code(rng))
    reasons = tuple(rng.choices(list(Reason), k=rng.randrange(3)))
    make: dict[str, Callable[[], object]] = {
        "basis": lambda: Basis(code(rng), hash_of(rng), tuple(ulid(rng) for _ in range(rng.randrange(3)))),
        "decision": lambda: Decision(rng.choice(list(Outcome)), reasons, code(rng), hash_of(rng)),
        "output": lambda: Output(hash_of(rng), rng.randrange(100), rng.choice([True, False])),
        "prev": lambda: ulid(rng),
    }
    parts = {
        name: make.get(name, lambda: hash_of(rng))()
        for name in sorted(event.needs | event.takes)
        if name in event.needs or rng.random() < rare
    }
    facts = {name: fact(shape, rng) for name, shape in event.facts.items()}
    return Entry(event.name, NOW * 1000, ulid(rng), actor, facts=facts, **parts)  # type: ignore[arg-type]


def random_entries(count: int, seed: int = 1) -> list[bytes]:
    """Entries that the linkage log may hold, its pruning and its end aside."""
    rng = random.Random(seed)
    apart = ("retention.prune", "rollover")
    events = [event for event in EVENTS.values() if Book.LINKAGE in event.books and event.name not in apart]
    return [entry_of(rng.choice(events), rng).encode() for _ in range(count)]


@dataclass
class PublishedLog:
    """Entries and whatever signs them; `files` is what a publisher would write."""

    entries: Sequence[bytes]
    log_keys: Sequence[Ed25519Signer | MlDsa44Signer] = LOG_KEYS
    witnesses: Sequence[Ed25519Cosigner | MlDsa44Signer] = WITNESSES
    timestamp: int = NOW - 30
    keys: Sequence[Verifier] = KEYS
    leaves: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.leaves = [leaf_hash(entry) for entry in self.entries]

    @property
    def size(self) -> int:
        return len(self.entries)

    @property
    def hashes(self) -> Hashes:
        return lambda level, index: root_of(b"".join(self.leaves[index << level : (index + 1) << level]))

    def checkpoint(self, size: int | None = None) -> bytes:
        size = self.size if size is None else size
        text = Checkpoint(ORIGIN, size, tree_root(self.hashes, size)).to_text()
        lines = [key.sign(text) for key in self.log_keys]
        return with_signatures(text, [*lines, *(cosign(text, key, self.timestamp) for key in self.witnesses)])

    def proof(self, index: int) -> TlogProof:
        return TlogProof(index, tuple(inclusion_proof(self.hashes, index, self.size)), self.checkpoint())

    def tiles(self, old: int, new: int) -> dict[str, bytes]:
        found = {tile.path: build_tile(tile, self.hashes) for tile in hash_tiles_between(old, new)}
        for bundle in tiles_between(None, old, new):
            first = bundle.index * WIDTH
            found[bundle.path] = encode_bundle(self.entries[first : first + bundle.width])
        return found

    def files(self) -> dict[str, bytes]:
        vkeys = "".join(f"{key.vkey}\n" for key in self.keys).encode()
        return {"checkpoint": self.checkpoint(), "vkeys": vkeys, **self.tiles(0, self.size)}

    def write(self, folder: Path) -> Path:
        for path, data in self.files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder
