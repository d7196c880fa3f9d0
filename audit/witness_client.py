"""The log's side of witnessing: show a published checkpoint to all witnesses until the policy's quorum has cosigned.

All witnesses are asked at once and each has the same bounded time, so one that lies or hangs costs that time at most
and hurts nobody else. A cosignature counts only if it verifies under a key that the policy names for that address, and
states a time near ours that does not go back. This file does not decide which acts wait for witnesses; it says how
long the last quorum is ago (`gap`) and how far each witness is behind (`lag`).

May touch: network
Sees:      checkpoints, hashes
Spec:      https://c2sp.org/tlog-witness
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

import httpx2

from audit.ceremony import Remembered
from audit.checkpoint import Checkpoint, parse_size
from audit.errors import AuditError, MalformedError, PolicyFileError
from audit.keys import Verifier
from audit.merkle import Hashes, consistency_proof
from audit.note import open_note, split_note, with_signatures
from audit.policy import Policy
from audit.signature_line import Signature
from audit.witness import format_request

SECONDS = 3.0
"""Time that one witness has for one checkpoint, retries included."""
TIME_SLACK = 300
"""Seconds by which a witness's clock may differ from ours."""
_MOST_TRIES = 3
_LONGEST_ANSWER = 64 * 1024


class Outcome(StrEnum):
    """How asking one witness ended."""

    COSIGNED = "cosigned"
    UNSTEADY = "named another size each time"
    AHEAD = "says that it cosigned a larger tree"  # ours was rolled back or overtaken, or it lies
    REFUSED = "refused"  # it does not know the log, or holds that the tree does not continue its own
    INVALID = "answered with nothing that holds"
    HUNG = "did not answer in time"
    UNREACHABLE = "cannot be reached"


@dataclass(slots=True)
class WitnessState:
    """One address: its keys, the size that it cosigned last as far as we know, and how the last asking ended."""

    names: tuple[str, ...]
    url: str
    keys: tuple[Verifier, ...]
    size: int = 0
    cosigned_at: int | None = None
    """Time that it stated last, POSIX seconds."""
    outcome: Outcome | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def lag(self, size: int) -> int:
        """Entries by which it is behind a tree of that size."""
        return max(0, size - self.size)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint with the cosignatures collected so far."""

    note: bytes
    cosigners: frozenset[Verifier]
    is_quorum: bool
    outcomes: dict[str, Outcome | None]
    """By address; None for a witness that was still being asked when the quorum was complete."""


@dataclass(slots=True)
class _Answer:
    """What one asking brought."""

    outcome: Outcome
    lines: tuple[Signature, ...] = ()
    keys: frozenset[Verifier] = frozenset()
    timestamp: int = 0


class Witnesses:
    """All witnesses of a policy that have an address. One event loop uses one of these."""

    def __init__(
        self,
        policy: Policy,
        hashes: Hashes,
        clock: Callable[[], float],
        *,
        seconds: float = SECONDS,
    ) -> None:
        """`hashes` reads our own tree (see audit.merkle); `clock` gives POSIX seconds. PolicyFileError if no quorum
        can ever be reached with the witnesses that have an address."""
        self._policy, self._hashes, self._clock, self._seconds = policy, hashes, clock, seconds
        self.states = _states(policy)
        if not policy.is_satisfied({key for state in self.states for key in state.keys}):
            raise PolicyFileError("policy: the witnesses that have an address cannot make the quorum")
        # Proxies and credentials from the environment must not come between a log and its witnesses.
        self._http = httpx2.AsyncClient(timeout=seconds, trust_env=False, follow_redirects=False)
        self._stragglers: set[asyncio.Task[_Answer]] = set()
        self._proven: tuple[tuple[int, int], asyncio.Task[list[bytes]]] | None = None
        self._quorum_at: float | None = None

    async def close(self) -> None:
        """Stop asking and close the connections."""
        for task in self._stragglers:
            task.cancel()
        await asyncio.gather(*self._stragglers, return_exceptions=True)
        await self._http.aclose()

    def gap(self, now: float) -> float | None:
        """Seconds since the last submission that a quorum cosigned; None if there was none since the start."""
        return None if self._quorum_at is None else max(0.0, now - self._quorum_at)

    async def submit(self, note: bytes) -> Witnessed:
        """Show a checkpoint, signed by the log, to all witnesses; returns at the quorum, or when all have ended.

        Takes `seconds` at most. Witnesses that are slower than the quorum go on being asked in the background for the
        rest of their time, so they do not fall behind. The caller owes the log's own signature and its durability.
        """
        started = self._clock()
        text, log_lines = split_note(note)
        head = Checkpoint.parse(text)
        pending = {asyncio.create_task(self._ask_in_time(state, note, head)): state for state in self.states}
        outcomes: dict[str, Outcome | None] = {state.url: None for state in self.states}
        lines: list[Signature] = []
        cosigners: frozenset[Verifier] = frozenset()
        is_quorum = self._policy.is_satisfied(cosigners)
        try:
            while pending and not is_quorum:
                done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    state, answer = pending.pop(task), task.result()
                    outcomes[state.url] = answer.outcome
                    lines += answer.lines
                    cosigners |= answer.keys
                is_quorum = self._policy.is_satisfied(cosigners)
        finally:
            self._let_finish(pending)
        if is_quorum:
            self._quorum_at = max(started, self._quorum_at or started)
        return Witnessed(with_signatures(text, [*log_lines, *lines]), cosigners, is_quorum, outcomes)

    async def latest(self, origin: str, log_keys: Iterable[Verifier]) -> dict[str, Checkpoint | None]:
        """What each witness says that it cosigned last, by address; None if it does not say so credibly.

        For the start: a witness whose tree is larger than ours, or different, shows that ours was rolled back. Believed
        only under the log's own signature and one of the witness's.
        """
        keys = tuple(log_keys)
        found = await asyncio.gather(*(self._latest(state, origin, keys) for state in self.states))
        return {state.url: head for state, head in zip(self.states, found, strict=True)}

    def _let_finish(self, tasks: Iterable[asyncio.Task[_Answer]]) -> None:
        for task in tasks:
            self._stragglers.add(task)
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[_Answer]) -> None:
        self._stragglers.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: only our own tree can fail there, and the next `submit` meets that itself

    async def _ask_in_time(self, state: WitnessState, note: bytes, head: Checkpoint) -> _Answer:
        try:
            async with asyncio.timeout(self._seconds), state.turn:
                answer = await self._ask(state, note, head)
        except (TimeoutError, httpx2.TimeoutException):
            answer = _Answer(Outcome.HUNG)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            answer = _Answer(Outcome.UNREACHABLE)
        except AuditError:
            answer = _Answer(Outcome.INVALID)
        state.outcome = answer.outcome
        if answer.outcome is Outcome.COSIGNED:
            state.size, state.cosigned_at = max(state.size, head.size), answer.timestamp
        return answer

    async def _ask(self, state: WitnessState, note: bytes, head: Checkpoint) -> _Answer:
        """At most three tries: a witness that says 409 is asked again from the size that it names."""
        old = min(state.size, head.size)
        for _ in range(_MOST_TRIES):
            proof = await self._proof(old, head.size)
            status, body = await self._post(state.url, format_request(old, proof, note))
            if status == 200:
                return self._check(state, note, head, body)
            if status != 409:
                return _Answer(Outcome.REFUSED)
            old = parse_size(body.decode("ascii", "replace").removesuffix("\n"), "witness")
            if old > head.size:
                return _Answer(Outcome.AHEAD)
        return _Answer(Outcome.UNSTEADY)

    async def _proof(self, old: int, new: int) -> list[bytes]:
        """Made once for all witnesses that stand at the same size, as they mostly do; one that failed is made again."""
        if self._proven is None or self._proven[0] != (old, new):
            making = asyncio.create_task(asyncio.to_thread(consistency_proof, self._hashes, old, new))
            self._proven = (old, new), making
        try:
            return await asyncio.shield(self._proven[1])
        except Exception:
            self._proven = None
            raise

    def _check(self, state: WitnessState, note: bytes, head: Checkpoint, body: bytes) -> _Answer:
        """Cosignatures that hold; MalformedError or SignatureError when one of a known key does not."""
        text, _ = split_note(note)
        opened = open_note(text + b"\n" + body, state.keys)
        times = [held.timestamp or 0 for held in opened.signatures]
        now = self._clock()
        earliest = max(now - TIME_SLACK, state.cosigned_at or 0)
        if opened.text != text or not all(earliest <= time <= now + TIME_SLACK for time in times):
            raise MalformedError("witness: a cosignature of another text, or of a time that cannot be")
        keys = frozenset(held.verifier for held in opened.signatures)
        known = {(key.name, key.key_id) for key in keys}
        lines = tuple(line for line in split_note(text + b"\n" + body)[1] if (line.name, line.key_id) in known)
        return _Answer(Outcome.COSIGNED, lines, keys, max(times))

    async def _latest(self, state: WitnessState, origin: str, log_keys: tuple[Verifier, ...]) -> Checkpoint | None:
        address = f"{state.url}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
        try:
            async with asyncio.timeout(self._seconds):
                status, body = await self._read(self._http.build_request("GET", address))
            if status != 200:
                return None
            open_note(body, state.keys)
            head = Checkpoint.parse(open_note(body, log_keys).text)
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, AuditError):
            return None
        return head if head.origin == origin else None

    async def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        return await self._read(self._http.build_request("POST", f"{url}/add-checkpoint", content=body))

    async def _read(self, request: httpx2.Request) -> tuple[int, bytes]:
        """Status and body; MalformedError for an answer longer than any that a witness gives."""
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > _LONGEST_ANSWER:
                    raise MalformedError("witness: an answer without end")
            return response.status_code, bytes(body)
        finally:
            await response.aclose()


def witness_memories(policy: Policy, log_keys: Sequence[Verifier]) -> list[Callable[[], Remembered | None]]:
    """What the witnesses say that they cosigned last, asked now and all at once, for `recover.open_log`.

    Whoever cannot be reached in time remembers nothing; how many silent witnesses are bearable is not decided here.
    """

    async def ask() -> dict[str, Checkpoint | None]:
        witnesses = Witnesses(policy, _no_hashes, lambda: 0.0)
        try:
            return await witnesses.latest(log_keys[0].name, log_keys)
        finally:
            await witnesses.close()

    with ThreadPoolExecutor(1) as apart:  # the caller may be on an event loop of its own
        found = apart.submit(asyncio.run, ask()).result()
    names = {state.url: state.names[0] for state in _states(policy)}
    heads = [Remembered(f"witness-{names[url]}", head.size, head.root) for url, head in found.items() if head]
    return [lambda head=head: head for head in heads]  # type: ignore[misc]


def _no_hashes(_level: int, _index: int) -> bytes:
    raise AssertionError("a question about what was cosigned needs no proof")


def _states(policy: Policy) -> tuple[WitnessState, ...]:
    """Witnesses that share an address are one program with several keys, and are asked once."""
    states: dict[str, WitnessState] = {}
    for witness in policy.witnesses:
        if witness.url is None:
            continue
        url = witness.url.rstrip("/")
        before = states.get(url)
        names = (*(before.names if before else ()), witness.name)
        keys = (*(before.keys if before else ()), witness.key)
        states[url] = WitnessState(names, url, keys)
    return tuple(states.values())
