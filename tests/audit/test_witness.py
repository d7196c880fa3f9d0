"""The witness: cosigns only what continues the tree that it cosigned last, and remembers before it answers."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.errors import KeyFileError, MissingError
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer
from audit.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, plain_root
from audit.note import open_note, sign_note
from audit.witness import CLOCK_SLACK, Refusal, WitnessRefusalError, format_request
from audit.witness_server import Witness, WitnessConfig, group_logs, load_witness
from audit.witness_store import WitnessStore

ORIGIN = "city.example/log"
LOG = Ed25519Signer(ORIGIN, b"l" * 32)
LOG_PQ = MlDsa44Signer(ORIGIN, b"p" * 32)
OTHER_LOG = Ed25519Signer("city.example/other", b"o" * 32)
COSIGNERS = (Ed25519Cosigner("court.example/w", b"w" * 32), MlDsa44Signer("court.example/w", b"v" * 32))
KEYS = [cosigner.verifier for cosigner in COSIGNERS]
NOW = 1_800_000_000


class Tree:
    """A log's tree in memory; `branch` gives another log from some entry on."""

    def __init__(self, size: int, branch: int = 0, start: int = 0) -> None:
        self.leaves = [leaf_hash(b"%d/%d" % (n, branch if n >= start else 0)) for n in range(size)]

    def hashes(self, level: int, index: int) -> bytes:
        return plain_root(self.leaves[index << level : (index + 1) << level])

    def note(self, size: int, *signers: Ed25519Signer | MlDsa44Signer, extensions: tuple[str, ...] = ()) -> bytes:
        head = Checkpoint(ORIGIN, size, plain_root(self.leaves[:size]), extensions)
        return sign_note(head.to_text(), signers or (LOG,))

    def request(self, old: int, size: int) -> bytes:
        return format_request(old, consistency_proof(self.hashes, old, size), self.note(size))


TREE = Tree(40)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WitnessStore]:
    store = WitnessStore(tmp_path / "witness.db")
    yield store
    store.close()


@pytest.fixture
def witness(store: WitnessStore, clock: Clock) -> Witness:
    return Witness(COSIGNERS, group_logs([LOG.verifier, OTHER_LOG.verifier]), store, clock)


def refusal(witness: Witness, body: bytes) -> tuple[Refusal, int | None]:
    with pytest.raises(WitnessRefusalError) as caught:
        witness.add_checkpoint(body)
    return caught.value.refusal, caught.value.size


def times(note: bytes, lines: bytes) -> list[int | None]:
    """Times of our two lines, which must hold under the note's text."""
    opened = open_note(note.rpartition(b"\n\n")[0] + b"\n\n" + lines, KEYS)
    assert [held.verifier for held in opened.signatures] == KEYS
    return [held.timestamp for held in opened.signatures]


def test_a_growing_tree_is_cosigned_by_both_keys(witness: Witness) -> None:
    """Honest logs would not get their cosignatures, or only those that a quantum computer forges."""
    old = 0
    for size in (1, 1, 2, 7, 8, 8, 31, 40):
        assert times(TREE.note(size), witness.add_checkpoint(TREE.request(old, size))) == [NOW, NOW]
        old = size


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6).map(sorted))
def test_every_honest_history_is_cosigned(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    """Some pair of sizes would be refused although the log only appended."""
    store = WitnessStore(tmp_path_factory.mktemp("w") / "witness.db")
    witness = Witness(COSIGNERS[:1], group_logs([LOG.verifier]), store, Clock())
    for old, size in zip([0, *sizes], sizes, strict=False):
        witness.add_checkpoint(TREE.request(old, size))
    store.close()


def test_a_rolled_back_log_is_told_the_size_that_was_cosigned(witness: Witness) -> None:
    """A log restored from a backup could get its shorter tree cosigned."""
    witness.add_checkpoint(TREE.request(0, 20))
    assert refusal(witness, TREE.request(5, 12)) == (Refusal.OTHER_SIZE, 20)
    assert refusal(witness, TREE.request(0, 20)) == (Refusal.OTHER_SIZE, 20)
    assert refusal(witness, TREE.request(0, 12)) == (Refusal.OTHER_SIZE, 20)
    assert refusal(witness, format_request(20, (), TREE.note(12))) == (Refusal.MALFORMED, None)


@pytest.mark.parametrize("size", [20, 21, 32, 40])
def test_a_forked_log_is_refused(witness: Witness, size: int) -> None:
    """A log could show one tree to the court and another to the auditor, both cosigned."""
    witness.add_checkpoint(TREE.request(0, 20))
    fork = Tree(40, branch=1, start=10)
    assert refusal(witness, fork.request(20, size)) == (Refusal.NOT_PROVEN, None)
    witness.add_checkpoint(TREE.request(20, size))


def test_wrong_proofs_are_refused(witness: Witness) -> None:
    """A proof with a hash changed, left out, added or moved would do."""
    witness.add_checkpoint(TREE.request(0, 7))
    proof = consistency_proof(TREE.hashes, 7, 40)
    note = TREE.note(40)
    wrong = [[], proof[:-1], proof[1:], [*proof, proof[0]], proof[::-1], [bytes(32), *proof[1:]]]
    for hashes in wrong:
        assert refusal(witness, format_request(7, hashes, note)) == (Refusal.NOT_PROVEN, None)
    assert refusal(witness, format_request(7, proof, TREE.note(7))) == (Refusal.NOT_PROVEN, None)
    witness.add_checkpoint(format_request(7, proof, note))


def test_the_first_tree_needs_an_empty_proof(witness: Witness) -> None:
    """The specification's rule for a log that was never cosigned would not hold."""
    assert refusal(witness, format_request(0, [bytes(32)], TREE.note(5))) == (Refusal.NOT_PROVEN, None)
    assert refusal(witness, TREE.request(3, 5)) == (Refusal.OTHER_SIZE, 0)


def test_an_empty_tree_must_have_the_empty_root(witness: Witness) -> None:
    """A log could have any root cosigned as that of an empty tree."""
    wrong = sign_note(Checkpoint(ORIGIN, 0, bytes(32)).to_text(), [LOG])
    assert refusal(witness, format_request(0, (), wrong)) == (Refusal.NOT_PROVEN, None)
    witness.add_checkpoint(format_request(0, (), sign_note(Checkpoint(ORIGIN, 0, EMPTY_ROOT).to_text(), [LOG])))
    witness.add_checkpoint(TREE.request(0, 3))


def test_only_the_logs_own_signature_counts(witness: Witness) -> None:
    """Anybody could move the witness's memory of a log, or a log could sign for another."""
    stranger = Ed25519Signer(ORIGIN, b"s" * 32)
    assert refusal(witness, format_request(0, (), TREE.note(5, stranger))) == (Refusal.NOT_SIGNED, None)
    assert refusal(witness, format_request(0, (), TREE.note(5, OTHER_LOG))) == (Refusal.NOT_SIGNED, None)
    other = TREE.note(6).rpartition(b"\n\n")[2]
    mixed = TREE.note(5).rpartition(b"\n\n")[0] + b"\n\n" + other
    assert refusal(witness, format_request(0, (), mixed)) == (Refusal.NOT_SIGNED, None)
    unknown = sign_note(Checkpoint("elsewhere.example", 1, bytes(32)).to_text(), [LOG])
    assert refusal(witness, format_request(0, (), unknown)) == (Refusal.UNKNOWN_LOG, None)
    witness.add_checkpoint(format_request(0, (), TREE.note(5, stranger, LOG)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"old 0\n\n",
        b"old 00\n\n" + TREE.note(5),
        b"old -1\n\n" + TREE.note(5),
        b"old 1_0\n\n" + TREE.note(5),
        b"old\n\n" + TREE.note(5),
        b"Old 0\n\n" + TREE.note(5),
        b"old  0\n\n" + TREE.note(5),
        b"old 0\r\n\n" + TREE.note(5),
        b"old 0 \n\n" + TREE.note(5),
        b"old 0\n" + TREE.note(5),
        b"old 9223372036854775808\n\n" + TREE.note(5),
        b"old 0\nAAAA\n\n" + TREE.note(5),
        b"old 0\n" + base64.b64encode(bytes(32)).rstrip(b"=") + b"\n\n" + TREE.note(5),
        b"old 0\n\n" + TREE.note(5)[:-1],
        b"old 0\n\n" + TREE.note(5).replace(b"\n5\n", b"\n05\n"),
        b"old 0\n\n" + TREE.note(5).replace(b"\n5\n", b"\n"),
        b"old 0\n\n" + TREE.note(5) + b"\n",
        b"\xff\n\n" + TREE.note(5),
        format_request(1, [bytes(32)] * 64, TREE.note(5)),
        b"old 0\n\n" + b"x" * (1 << 20),
    ],
)
def test_malformed_requests_are_refused(witness: Witness, body: bytes) -> None:
    """Requests with two readings would be answered, and differently by another witness."""
    assert refusal(witness, body) == (Refusal.MALFORMED, None)


def test_logs_do_not_disturb_each_other(witness: Witness) -> None:
    """One log's size would be expected of another."""
    witness.add_checkpoint(TREE.request(0, 20))
    head = Checkpoint(OTHER_LOG.name, 3, plain_root(TREE.leaves[:3]))
    witness.add_checkpoint(format_request(0, (), sign_note(head.to_text(), [OTHER_LOG])))
    witness.add_checkpoint(TREE.request(20, 21))


def test_a_log_with_two_keys_may_use_either_but_no_wrong_line(store: WitnessStore, clock: Clock) -> None:
    """A log could not renew its key, or a broken second signature would pass."""
    witness = Witness(COSIGNERS, group_logs([LOG.verifier, LOG_PQ.verifier]), store, clock)
    witness.add_checkpoint(format_request(0, (), TREE.note(5, LOG)))
    proof = consistency_proof(TREE.hashes, 5, 9)
    witness.add_checkpoint(format_request(5, proof, TREE.note(9, LOG_PQ)))
    wrong = TREE.note(8, LOG_PQ).split(b"\n")[-2] + b"\n"
    assert refusal(witness, format_request(9, (), TREE.note(9, LOG) + wrong)) == (Refusal.NOT_SIGNED, None)


def test_stated_times_never_go_back(witness: Witness, clock: Clock, store: WitnessStore) -> None:
    """After a clock jump an old tree could pass for the newest one."""
    witness.add_checkpoint(TREE.request(0, 5))
    clock.now = NOW - CLOCK_SLACK
    assert times(TREE.note(6), witness.add_checkpoint(TREE.request(5, 6))) == [NOW, NOW]
    clock.now = NOW - CLOCK_SLACK - 1
    assert refusal(witness, TREE.request(6, 7)) == (Refusal.UNAVAILABLE, None)
    clock.now = NOW + 9
    assert times(TREE.note(7), witness.add_checkpoint(TREE.request(6, 7))) == [NOW + 9, NOW + 9]


def test_extension_lines_are_cosigned_by_ed25519_alone(witness: Witness) -> None:
    """ML-DSA-44 lines would seem to cover extension lines that they do not."""
    note = TREE.note(5, extensions=("next city.example/log2",))
    lines = witness.add_checkpoint(format_request(0, (), note))
    opened = open_note(note.rpartition(b"\n\n")[0] + b"\n\n" + lines, KEYS[:1])
    assert [held.verifier for held in opened.signatures] == KEYS[:1]
    assert lines.count(b"\n") == 1


def test_two_trees_of_one_size_are_kept_as_evidence(witness: Witness, store: WitnessStore) -> None:
    """The proof that a log signed two trees would be thrown away, or let strangers fill the disk."""
    fork = Tree(40, branch=1)
    witness.add_checkpoint(TREE.request(0, 20))
    for _ in range(2):
        refusal(witness, format_request(20, (), fork.note(20)))
    refusal(witness, format_request(0, (), fork.note(20)))  # asked with another size: 409, and evidence all the same
    refusal(witness, format_request(20, (), TREE.note(30)))  # a wrong proof alone proves nothing about the log
    ((cosigned, other),) = store.evidence(ORIGIN)
    heads = [Checkpoint.parse(open_note(note, [LOG.verifier]).text) for note in (cosigned, other)]
    assert heads[0].size == heads[1].size
    assert heads[0].root != heads[1].root


def test_the_latest_checkpoint_is_served_with_the_verified_lines(witness: Witness) -> None:
    """Monitors could not compare what the witness saw with what they were shown."""
    stranger = Ed25519Signer("x.example", b"x" * 32)
    digest = hashlib.sha256(ORIGIN.encode()).hexdigest()
    assert witness.latest(digest) is None
    assert witness.latest("0" * 64) is None
    witness.add_checkpoint(format_request(0, (), TREE.note(5, LOG, stranger)))
    note = witness.latest(digest)
    assert note is not None
    assert len(open_note(note, [LOG.verifier, *KEYS]).signatures) == 3
    assert open_note(note, KEYS).text == open_note(TREE.note(5), [LOG.verifier]).text
    assert b"x.example" not in note


def test_a_restart_keeps_the_memory(tmp_path: Path) -> None:
    """Restarting the witness would let a log go back."""
    path = tmp_path / "w.db"
    for old, size in ((0, 20), (20, 25)):
        store = WitnessStore(path)
        Witness(COSIGNERS, group_logs([LOG.verifier]), store, Clock()).add_checkpoint(TREE.request(old, size))
        store.close()
    store = WitnessStore(path)
    assert refusal(Witness(COSIGNERS, group_logs([LOG.verifier]), store, Clock()), TREE.request(20, 22)) == (
        Refusal.OTHER_SIZE,
        25,
    )
    store.close()


def test_nothing_leaves_that_was_not_remembered(witness: Witness, store: WitnessStore) -> None:
    """A full or read-only disk would let two forks be cosigned, one before and one after."""
    witness.add_checkpoint(TREE.request(0, 5))
    store._connection.execute("PRAGMA query_only=ON")
    assert refusal(witness, TREE.request(5, 9)) == (Refusal.UNAVAILABLE, None)
    store._connection.execute("PRAGMA query_only=OFF")
    witness.add_checkpoint(Tree(40, branch=1, start=5).request(5, 9))


def test_a_witness_without_its_file_cosigns_nothing(witness: Witness, tmp_path: Path) -> None:
    """A witness would go on cosigning into a deleted file, and know nothing of it after its next start."""
    witness.add_checkpoint(TREE.request(0, 5))
    (tmp_path / "witness.db").rename(tmp_path / "elsewhere.db")
    assert refusal(witness, TREE.request(5, 9)) == (Refusal.UNAVAILABLE, None)


def test_a_failed_commit_cosigns_nothing(
    witness: Witness, store: WitnessStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cosignature would leave although its commit failed."""

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(store, "_keep", fail)
    assert refusal(witness, TREE.request(0, 9)) == (Refusal.UNAVAILABLE, None)
    monkeypatch.undo()
    witness.add_checkpoint(TREE.request(0, 5))


@pytest.mark.parametrize("is_one_process", [True, False])
def test_of_two_racing_forks_one_is_cosigned(tmp_path: Path, is_one_process: bool) -> None:
    """Two requests at the same moment would both be checked against the old tree."""
    for race in range(10):
        path = tmp_path / f"{race}.db"
        stores = [WitnessStore(path)] if is_one_process else [WitnessStore(path), WitnessStore(path)]
        witnesses = [Witness(COSIGNERS, group_logs([LOG.verifier]), store, Clock()) for store in (stores * 2)[:2]]
        answers = race_forks(witnesses)
        assert sorted(type(answer).__name__ for answer in answers) == ["Refusal", "bytes"]
        assert Refusal.OTHER_SIZE in answers
        for store in stores:
            store.close()


def race_forks(witnesses: list[Witness]) -> list[bytes | Refusal]:
    barrier, answers = threading.Barrier(len(witnesses)), list[bytes | Refusal]()

    def submit(witness: Witness, branch: int) -> None:
        body = Tree(5, branch=branch).request(0, 5)
        barrier.wait()
        try:
            answers.append(witness.add_checkpoint(body))
        except WitnessRefusalError as error:
            answers.append(error.refusal)

    threads = [threading.Thread(target=submit, args=pair) for pair in zip(witnesses, (1, 2), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_memory_that_is_not_durable_is_refused(tmp_path: Path) -> None:
    """A witness would forget on a power cut and cosign a fork afterwards."""
    for path in (Path(":memory:"), tmp_path / "none" / "w.db", tmp_path):
        with pytest.raises(MissingError):
            WitnessStore(path)


def test_the_configuration_names_keys_and_logs(tmp_path: Path) -> None:
    """A witness would start without an Ed25519 key, or take another witness's key for a log's."""
    config = WitnessConfig(tmp_path / "w.db", tmp_path / "logs", tmp_path / "ed", tmp_path / "pq")
    with pytest.raises(KeyFileError):
        load_witness(config)
    COSIGNERS[0].save(config.ed25519_key)
    assert config.ml_dsa_key is not None
    COSIGNERS[1].save(config.ml_dsa_key)
    config.logs.write_text(f"# the city's log\n{LOG.vkey}\n{LOG_PQ.vkey}\n", encoding="utf-8")
    witness = load_witness(config)
    witness.add_checkpoint(TREE.request(0, 5))
    witness._store.close()
    with pytest.raises(KeyFileError):
        group_logs([COSIGNERS[0].verifier])
    with pytest.raises(KeyFileError):
        Witness(COSIGNERS[1:], {}, witness._store)


def test_another_implementations_checkpoint_is_cosigned_and_its_verifier_accepts(witness: Witness) -> None:
    """Logs of other makers could not use our witness, nor other makers' clients verify its lines."""
    from tlog_scales.signing import PlainEd25519Signer, Vkey, VkeySet
    from tlog_scales.tlog import Checkpoint as Theirs
    from tlog_scales.tlog import ConsistencyProof

    signer = PlainEd25519Signer(ORIGIN, LOG.seed)
    assert signer.vkey.serialize() == LOG.vkey
    old = 0
    for size in (5, 23):
        theirs = Theirs.make_signed(ORIGIN, size, plain_root(TREE.leaves[:size]), [signer])
        proof = consistency_proof(TREE.hashes, old, size)
        lines = witness.add_checkpoint(format_request(old, proof, theirs.serialize().encode()))
        read = Theirs.from_text(theirs.serialize() + lines.decode())
        keys = [Vkey.from_string(key.vkey) for key in (LOG.verifier, *KEYS)]
        assert {vkey.sig_type for vkey, _ in VkeySet(*keys).verify(read.signatures, read)} == {1, 4, 6}
        ConsistencyProof(old, size, proof).check(plain_root(TREE.leaves[:old]), read.root_hash)
        old = size
