"""Collecting cosignatures over real connections: a quorum in spite of witnesses that lie, hang or are gone."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx2
import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from audit import witness_connection
from audit.checkpoint import Checkpoint
from audit.cosignature import cosign
from audit.errors import PolicyFileError
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer
from audit.merkle import consistency_proof, leaf_hash, plain_root
from audit.note import open_note, sign_note
from audit.policy import parse_policy
from audit.witness import LONGEST_REQUEST, format_request
from audit.witness_client import TIME_SLACK, Outcome, Witnessed, Witnesses
from audit.witness_connection import HurriedConnection
from audit.witness_server import Witness, group_logs, witness_app
from audit.witness_store import WitnessStore

App = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
T = TypeVar("T")

ORIGIN = "city.example/log"
LOG = Ed25519Signer(ORIGIN, b"l" * 32)
NOW = 1_800_000_000
LEAVES = [leaf_hash(b"%d" % n) for n in range(40)]
FORK = [*LEAVES[:10], *(leaf_hash(b"fork %d" % n) for n in range(30))]
COSIGNERS = [Ed25519Cosigner(f"{who}.example/w", who[:1].encode() * 32) for who in ("court", "police", "auditor")]
COURT_PQ = MlDsa44Signer("court.example/w", b"q" * 32)


def hashes(level: int, index: int) -> bytes:
    return plain_root(LEAVES[index << level : (index + 1) << level])


def checkpoint(size: int, leaves: list[bytes] = LEAVES) -> bytes:
    return sign_note(Checkpoint(ORIGIN, size, plain_root(leaves[:size])).to_text(), [LOG])


@contextlib.contextmanager
def served(app: App, http: type[H11Protocol] | Literal["auto"] = "auto") -> Iterator[str]:
    """The address of an application behind a real server on loopback."""
    config = uvicorn.Config(app, http=http, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextlib.contextmanager
def honest(folder: Path, *cosigners: Ed25519Cosigner | MlDsa44Signer) -> Iterator[str]:
    store = WitnessStore(folder / f"{cosigners[0].name.partition('.')[0]}.db")
    witness = Witness(cosigners, group_logs([LOG.verifier]), store, lambda: NOW)
    try:
        with served(witness_app(witness)) as url:
            yield url
    finally:
        store.close()


@contextlib.contextmanager
def hung() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def saying(status: int, body: bytes, kind: bytes = b"text/plain") -> App:
    """A witness that gives every request the same answer."""

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": body})

    return app


def policy(quorum: str, *urls: str) -> bytes:
    """Court, police and auditor in this order; the court's second key shares its address."""
    names = ("court", "police", "auditor")
    lines = [f"witness {n} {c.vkey} {url}" for n, c, url in zip(names, COSIGNERS, urls, strict=False)]
    lines.append(f"witness court-pq {COURT_PQ.vkey} {urls[0]}")
    return "\n".join([f"log {LOG.vkey}", *lines, f"group enough {quorum}", "quorum enough", ""]).encode()


def witnesses(rules: bytes, seconds: float = 5.0) -> Witnesses:
    return Witnesses(parse_policy(rules), hashes, lambda: NOW, seconds=seconds)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def submit(all_of_them: Witnesses, *notes: bytes) -> list[Witnessed]:
    try:
        return [await all_of_them.submit(note) for note in notes]
    finally:
        await all_of_them.close()


def test_all_honest_witnesses_cosign_with_all_their_keys(tmp_path: Path) -> None:
    """A published checkpoint would lack cosignatures that the policy asks for."""
    with (
        honest(tmp_path, COSIGNERS[0], COURT_PQ) as court,
        honest(tmp_path, COSIGNERS[1]) as police,
        honest(tmp_path, COSIGNERS[2]) as auditor,
    ):
        ours = witnesses(policy("all court court-pq police auditor", court, police, auditor))
        first, second = run(submit(ours, checkpoint(7), checkpoint(40)))
    keys = [cosigner.verifier for cosigner in (*COSIGNERS, COURT_PQ)]
    for answer in (first, second):
        assert answer.is_quorum
        assert answer.cosigners == frozenset(keys)
        assert len(open_note(answer.note, [LOG.verifier, *keys]).signatures) == 5
    assert [state.lag(40) for state in ours.states] == [0, 0, 0]
    assert ours.gap(NOW + 5) == 5


def test_a_quorum_of_two_stands_against_a_liar_and_a_hung_witness(tmp_path: Path) -> None:
    """One witness out of three could stop every release by lying or by never answering."""
    forged = cosign(checkpoint(3).rpartition(b"\n\n")[0] + b"\n", COSIGNERS[1], NOW).to_line().encode()
    with honest(tmp_path, COSIGNERS[0], COURT_PQ) as court, hung() as auditor:
        with served(saying(200, forged)) as police:  # the liar sends a line of another checkpoint
            ours = witnesses(policy("2 court police auditor", court, police, auditor), seconds=0.5)
            (answer,) = run(submit(ours, checkpoint(7)))
        assert not answer.is_quorum
        assert answer.outcomes == {court: Outcome.COSIGNED, police: Outcome.INVALID, auditor: Outcome.HUNG}
        assert ours.gap(NOW) is None
        with honest(tmp_path, COSIGNERS[1]) as police:
            ours = witnesses(policy("2 court police auditor", court, police, auditor), seconds=5.0)
            (answer,) = run(submit(ours, checkpoint(9)))
    assert answer.is_quorum
    assert answer.outcomes[auditor] is None  # the quorum did not wait for it


@pytest.mark.parametrize(
    "lie",
    ["stranger", "another's line", "no line", "past", "future", "wrong", "garbage", "endless", "another text"],
)
def test_lies_are_no_cosignatures(lie: str) -> None:
    """What a lying witness sends would enter the published checkpoint or count towards the quorum."""
    text = checkpoint(7).rpartition(b"\n\n")[0] + b"\n"
    stranger = Ed25519Cosigner("court.example/w", b"x" * 32)
    answers = {
        "stranger": cosign(text, stranger, NOW).to_line().encode(),
        "another's line": cosign(text, COSIGNERS[1], NOW).to_line().encode(),
        "no line": b"",
        "past": cosign(text, COSIGNERS[0], NOW - TIME_SLACK - 1).to_line().encode(),
        "future": cosign(text, COSIGNERS[0], NOW + TIME_SLACK + 1).to_line().encode(),
        "wrong": cosign(text + b"x\n", COSIGNERS[0], NOW).to_line().encode(),
        "garbage": b"\xff\x00" * 50,
        "endless": b"\xe2\x80\x94 a" * 100_000,
        "another text": b"x\n\n" + cosign(text, COSIGNERS[0], NOW).to_line().encode(),
    }
    with served(saying(200, answers[lie])) as court:
        (answer,) = run(submit(witnesses(policy("any court court-pq", court)), checkpoint(7)))
    assert not answer.is_quorum
    assert answer.outcomes == {court: Outcome.INVALID}
    assert answer.note == checkpoint(7)


def test_an_answer_without_end_is_cut() -> None:
    """A lying witness could fill the log's memory for as long as it is listened to."""

    async def endless(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with contextlib.suppress(OSError):
            for _ in range(200):  # 200 MiB, and slower than the witness's time in the end
                await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
            await asyncio.sleep(2)

    with served(endless) as court:
        (answer,) = run(submit(witnesses(policy("any court court-pq", court), seconds=1.0), checkpoint(7)))
    assert answer.outcomes == {court: Outcome.INVALID}


@pytest.mark.parametrize(
    ("app", "outcome"),
    [
        (saying(409, b"50\n", b"text/x.tlog.size"), Outcome.AHEAD),
        (saying(409, b"3\n", b"text/x.tlog.size"), Outcome.UNSTEADY),
        (saying(409, b"many\n"), Outcome.INVALID),
        (saying(409, b"-1\n"), Outcome.INVALID),
        (saying(409, b"\xff" * 100), Outcome.INVALID),
        (saying(403, b"no"), Outcome.REFUSED),
        (saying(422, b"no"), Outcome.REFUSED),
        (saying(500, b"no"), Outcome.REFUSED),
        (saying(302, b"no"), Outcome.REFUSED),
    ],
)
def test_every_refusal_has_its_name_and_an_end(app: App, outcome: Outcome) -> None:
    """A witness could keep the log busy for ever, or the operator would not learn why it does not cosign."""
    with served(app) as court:
        ours = witnesses(policy("any court court-pq", court))
        (answer,) = run(submit(ours, checkpoint(7)))
    assert answer.outcomes == {court: outcome}
    assert ours.states[0].outcome is outcome
    assert ours.states[0].lag(7) == 7


def test_a_witness_that_is_gone_is_named(tmp_path: Path) -> None:
    """A closed port would look like a refusal, or raise into the log."""
    with hung() as url:
        pass
    (answer,) = run(submit(witnesses(policy("any court court-pq", url)), checkpoint(7)))
    assert answer.outcomes == {url: Outcome.UNREACHABLE}
    (answer,) = run(submit(witnesses(policy("any court court-pq", "nowhere://x")), checkpoint(7)))
    assert list(answer.outcomes.values()) == [Outcome.UNREACHABLE]


def test_a_log_that_restarts_goes_on_from_the_witnesses_size(tmp_path: Path) -> None:
    """After a restart the log would not know the witness's size and never get a cosignature again."""
    with honest(tmp_path, COSIGNERS[0], COURT_PQ) as court:
        rules = policy("all court court-pq", court)
        run(submit(witnesses(rules), checkpoint(7), checkpoint(7), checkpoint(20)))
    with honest(tmp_path, COSIGNERS[0], COURT_PQ) as court:  # the witness restarts as well
        ours = witnesses(policy("all court court-pq", court))
        (answer,) = run(submit(ours, checkpoint(33)))
    assert answer.is_quorum
    assert ours.states[0].size == 33


def test_a_rolled_back_or_forked_log_gets_nothing(tmp_path: Path) -> None:
    """A log restored from a backup, or one that shows two trees, would be cosigned."""
    with honest(tmp_path, COSIGNERS[0], COURT_PQ) as court:
        rules = policy("any court court-pq", court)
        run(submit(witnesses(rules), checkpoint(20)))
        (back,) = run(submit(witnesses(rules), checkpoint(12)))
        (fork,) = run(submit(witnesses(rules), checkpoint(30, FORK)))
    assert back.outcomes == {court: Outcome.AHEAD}
    assert fork.outcomes == {court: Outcome.REFUSED}
    assert not back.is_quorum
    assert not fork.is_quorum


def test_what_witnesses_saw_can_be_asked_at_the_start(tmp_path: Path) -> None:
    """A service would start on a rolled-back database although a witness knows better, or believe a liar."""

    async def latest(ours: Witnesses) -> dict[str, Checkpoint | None]:
        try:
            return await ours.latest(ORIGIN, [LOG.verifier])
        finally:
            await ours.close()

    bare = checkpoint(30)  # the log's own, but no line of the witness that shows it
    unsigned = sign_note(Checkpoint(ORIGIN, 99, bytes(32)).to_text(), [Ed25519Signer(ORIGIN, b"x" * 32)])
    with honest(tmp_path, COSIGNERS[0], COURT_PQ) as court, hung() as auditor, served(saying(200, unsigned)) as police:
        run(submit(witnesses(policy("any court court-pq", court)), checkpoint(20)))
        rules = policy("2 court police auditor", court, police, auditor)
        heads = run(latest(witnesses(rules, seconds=0.5)))
        assert heads == {court: Checkpoint(ORIGIN, 20, plain_root(LEAVES[:20])), police: None, auditor: None}
    with served(saying(200, bare)) as court:
        assert run(latest(witnesses(policy("any court court-pq", court)))) == {court: None}


def test_slow_witnesses_do_not_fall_behind(tmp_path: Path) -> None:
    """Whoever is slower than the quorum would never be asked to the end, and never count again."""

    async def slow(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        await app(scope, receive, send)

    store = WitnessStore(tmp_path / "slow.db")
    app = witness_app(Witness([COSIGNERS[1]], group_logs([LOG.verifier]), store, lambda: NOW))

    async def work(ours: Witnesses) -> None:
        answer = await ours.submit(checkpoint(7))
        assert answer.is_quorum
        assert answer.outcomes[ours.states[1].url] is None
        while ours.states[1].outcome is None:
            await asyncio.sleep(0.01)
        await ours.close()

    with honest(tmp_path, COSIGNERS[0], COURT_PQ) as court, served(slow) as police:
        ours = witnesses(policy("any court police", court, police))
        run(work(ours))
    store.close()
    assert ours.states[1].outcome is Outcome.COSIGNED
    assert [state.lag(9) for state in ours.states] == [2, 2]


def test_a_failing_tree_of_our_own_is_our_own_error(tmp_path: Path) -> None:
    """A broken database would be reported as a broken witness."""

    def broken(level: int, index: int) -> bytes:
        raise LookupError("no such tile")

    with served(saying(409, b"3\n")) as court:
        ours = Witnesses(parse_policy(policy("any court court-pq", court)), broken, lambda: NOW)
        with pytest.raises(LookupError):
            run(submit(ours, checkpoint(7)))


def test_a_policy_that_no_address_can_satisfy_is_refused() -> None:
    """A log would start and then refuse every act that needs a witness."""
    rules = f"witness court {COSIGNERS[0].vkey}\nquorum court\n".encode()
    with pytest.raises(PolicyFileError):
        Witnesses(parse_policy(rules), hashes, lambda: NOW)


def test_the_protocols_answers_on_the_wire(tmp_path: Path) -> None:
    """Logs of other makers would not understand our witness."""
    with honest(tmp_path, COSIGNERS[0], COURT_PQ) as court, httpx2.Client(base_url=court, trust_env=False) as http:
        body = format_request(0, (), checkpoint(5))
        answer = http.post("/add-checkpoint", content=body)
        assert (answer.status_code, answer.text.count("\n")) == (200, 2)
        assert answer.text.startswith("\u2014 court.example/w ")
        conflict = http.post("/add-checkpoint", content=body)
        assert (conflict.status_code, conflict.content) == (409, b"5\n")
        assert conflict.headers["content-type"] == "text/x.tlog.size"
        assert http.post("/add-checkpoint", content=format_request(5, (), checkpoint(9))).status_code == 422
        assert http.post("/add-checkpoint", content=b"old 0\n").status_code == 400
        assert http.post("/add-checkpoint", content=body.replace(b"city", b"town")).status_code == 404
        assert http.post("/add-checkpoint", content=body.replace(b"\n5\n", b"\n6\n")).status_code == 403
        assert http.post("/add-checkpoint", content=bytes(LONGEST_REQUEST + 1)).status_code == 413
        assert http.get("/add-checkpoint").status_code == 405
        assert http.get("/").status_code == 404
        assert http.get(f"/{'0' * 64}/checkpoint").status_code == 404
        assert http.delete(f"/{'0' * 64}/checkpoint").status_code == 405


def test_a_killed_witness_remembers_what_it_answered(tmp_path: Path) -> None:
    """A witness that loses power after its answer could cosign a fork when it is back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    COSIGNERS[0].save(tmp_path / "key")
    (tmp_path / "logs").write_text(LOG.vkey + "\n", encoding="ascii")
    for old, size in ((0, 5), (5, 20)):
        with program(tmp_path, port) as http:
            proof = consistency_proof(hashes, old, size)
            answer = http.post("/add-checkpoint", content=format_request(old, proof, checkpoint(size)))
            assert answer.status_code == 200
    with program(tmp_path, port) as http:
        assert http.post("/add-checkpoint", content=format_request(5, (), checkpoint(20, FORK))).content == b"20\n"


@contextlib.contextmanager
def program(folder: Path, port: int) -> Iterator[httpx2.Client]:
    """The witness as a process of its own, killed without warning at the end."""
    places = ", ".join(f"Path({str(folder / name)!r})" for name in ("w.db", "logs", "key"))
    code = (
        "from pathlib import Path; from audit.witness_server import WitnessConfig, serve_witness; "
        f"serve_witness(WitnessConfig({places}, port={port}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            wait_until_it_listens(http, process)
            yield http
    finally:
        process.kill()
        process.wait()


def wait_until_it_listens(http: httpx2.Client, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(httpx2.ConnectError):
            http.get("/")
            return
        time.sleep(0.05)
    pytest.fail("the witness did not start")


def test_a_monitor_is_told_when_the_witness_cannot_read(tmp_path: Path) -> None:
    """A monitor would get a server's error page, and the witness's journal a traceback for each."""
    store = WitnessStore(tmp_path / "w.db")
    app = witness_app(Witness([COSIGNERS[0]], group_logs([LOG.verifier]), store, lambda: NOW))
    store.close()
    with served(app) as url:
        page = f"{url}/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
        connected(("127.0.0.1", int(url.rpartition(":")[2]))).close()
        assert httpx2.get(page, trust_env=False).status_code == 503


def test_silent_and_dripping_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred connections that ask nothing would keep every log from its witness for ever."""
    monkeypatch.setattr(witness_connection, "HEAD_SECONDS", 0.2)
    with served(saying(200, b""), HurriedConnection) as url:
        place = ("127.0.0.1", int(url.rpartition(":")[2]))
        with connected(place) as silent, connected(place) as dripping:
            with pytest.raises(ConnectionError):
                dripping.sendall(b"POST /add-checkpoint HTTP/1.1\r\nX: ")
                for _ in range(60):
                    time.sleep(0.05)
                    dripping.sendall(b"x")
            silent.settimeout(5)
            assert silent.recv(1) == b""
            assert httpx2.get(url, trust_env=False).status_code == 200


def connected(place: tuple[str, int]) -> socket.socket:
    """A connection to a server that may still be starting."""
    for _ in range(200):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(place)
        time.sleep(0.02)
    pytest.fail("it did not start")
