"""The auditor's verifier against whoever made the folder: links, pipes, lying servers, doubled witnesses."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from log_site import delivery
from published_log import KEYS, LOG_KEYS, NOW, ORIGIN, WITNESSES, PublishedLog, random_entries

from audit.checkpoint import Checkpoint
from audit.cosignature import cosign
from audit.errors import (
    AuditError,
    KeyFileError,
    MalformedError,
    MissingError,
    QuorumError,
    RuleError,
    SignatureError,
    UnfinishedError,
    UnreadableError,
)
from audit.events import Book
from audit.keys import Ed25519Cosigner, Ed25519Signer
from audit.merkle import verify_consistency
from audit.note import sign_note, split_note, with_signatures
from audit.publish import publish
from audit.signature_line import Signature
from audit.site import open_site
from audit.tiles import encode_bundle
from audit.verifier import command
from audit.verifier.command import COULD_NOT_CHECK, PROVEN, VIOLATED, main
from audit.verifier.judge import judge_entries, judge_log
from audit.verifier.sources import Folder
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "log"
    for name, data in PublishedLog(random_entries(300)).files().items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(data)
    return made


def verify(folder: Path | str, keys: Path, *more: str) -> int:
    return main(["verify", str(folder), "--keys", str(keys), *more])


@pytest.mark.parametrize("path", ["tile/0/000", "checkpoint"])
def test_a_link_is_not_a_file_of_the_log(folder: Path, path: str, tmp_path: Path) -> None:
    """An export would verify here, and be empty on the court's machine: its bytes lay elsewhere."""
    (folder / path).rename(tmp_path / "elsewhere")
    (folder / path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnreadableError):
        verify_log(Folder(folder), Trust(KEYS), NOW)


def test_a_linked_folder_is_foreign(folder: Path, tmp_path: Path) -> None:
    """Half a disk could hang below an export and nobody would see it listed."""
    (folder / "tile" / "more").symlink_to(tmp_path)
    with pytest.raises(AuditError, match="foreign"):
        verify_log(Folder(folder), Trust(KEYS), NOW)


def test_a_pipe_does_not_hold_the_auditor_up(folder: Path) -> None:
    """One named pipe in an export would hang the verifier for ever."""
    (folder / "checkpoint").unlink()
    os.mkfifo(folder / "checkpoint")
    with pytest.raises(UnreadableError):
        verify_log(Folder(folder), Trust(KEYS), NOW)


@contextmanager
def server_saying(answer: bytes) -> Iterator[str]:
    """A server that answers everything with these bytes and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    asking, _ = listener.accept()
                except OSError:
                    return
                with asking:
                    asking.recv(65_536)
                    asking.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_broken_server_is_no_verdict(folder: Path, answer: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """A proxy's error page would read as a forged log: Python leaves with 1 when it fails, as for a find."""
    with server_saying(answer) as url:
        assert verify(url, folder / "vkeys") == COULD_NOT_CHECK
    assert "COULD NOT CHECK" in capsys.readouterr().out


def test_a_dripping_server_is_given_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One byte every few seconds would hold an auditor for weeks: a socket's time limit begins anew with each."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            asking, _ = listener.accept()
            with asking, suppress(OSError):
                asking.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while True:
                    asking.sendall(b"x")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        assert verify(url, folder / "vkeys", "--time-limit", "0.5") == COULD_NOT_CHECK
    assert time.monotonic() - started < 5
    assert "time limit" in capsys.readouterr().out


def test_a_compressed_answer_that_was_cut_is_no_verdict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A proxy that compresses and breaks off would read as a forged log."""
    packed = gzip.compress((folder / "checkpoint").read_bytes())[:-12]
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with server_saying(head + packed) as url:
        assert verify(url, folder / "vkeys") == COULD_NOT_CHECK
    assert "ended early" in capsys.readouterr().out


@pytest.mark.parametrize("size", [2**63 - 1, 2**40])
def test_a_signed_size_costs_no_memory(tmp_path: Path, size: int) -> None:
    """A log's key could sign any size, and the verifier would fill the auditor's machine before it read one tile."""
    text = Checkpoint(ORIGIN, size, bytes(32)).to_text()
    (tmp_path / "checkpoint").write_bytes(sign_note(text, LOG_KEYS))
    keys = tuple(key.verifier for key in LOG_KEYS)
    for processes in (1, 2):
        with pytest.raises(MissingError, match="tile/0/000"):
            verify_log(Folder(tmp_path), Trust(keys), NOW, processes=processes)


def test_a_name_cannot_write_the_verdict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file's name with a line end in it would print PROVEN; one that is no text would end in a traceback."""
    for name in (b"x\nPROVEN", b"x\x1b[2J", b"x\xff"):
        path = os.path.join(os.fsencode(folder), name)  # noqa: PTH118
        os.close(os.open(path, os.O_CREAT))
        assert verify(folder, folder / "vkeys") == VIOLATED
        said = capsys.readouterr().out
        assert said.count("\n") == 1 and said.startswith("VIOLATED: x") and "\x1b" not in said
        os.unlink(path)  # noqa: PTH108


def test_an_older_checkpoint_of_nobody_accuses_nobody(folder: Path, tmp_path: Path) -> None:
    """A wrong file given by the auditor would read as a forged log."""
    for since in (
        b"nonsense",
        sign_note(Checkpoint(ORIGIN, 7, bytes(32)).to_text(), [Ed25519Signer(ORIGIN, bytes(32))]),
    ):
        (tmp_path / "since").write_bytes(since)
        assert verify(folder, folder / "vkeys", "--since", str(tmp_path / "since")) == COULD_NOT_CHECK
    assert verify(folder, folder / "vkeys", "--quorum", "3") == COULD_NOT_CHECK


def test_files_that_are_too_long_are_not_cut(folder: Path, tmp_path: Path) -> None:
    """Keys behind the first mebibyte of a list would silently count for nothing."""
    keys = (folder / "vkeys").read_text()
    (tmp_path / "keys").write_text(keys + "# a comment\n" * 100_000)
    assert verify(folder, tmp_path / "keys") == COULD_NOT_CHECK


@pytest.mark.parametrize("second", ["other", "absent"])
def test_what_is_judged_is_what_was_proven(folder: Path, second: str, tmp_path: Path) -> None:
    """A server could show true entries while they are proven and lawful ones, or none, while they are judged."""

    reads: list[str] = []

    class TwoFaced(Folder):
        def read(self, path: str) -> bytes:
            reads.append(path)
            if path != "tile/entries/000" or reads.count(path) == 1:
                return Folder.read(self, path)
            if second == "absent":
                raise MissingError(path)
            return encode_bundle(random_entries(256, seed=9))

    source = TwoFaced(folder)
    proven = verify_log(source, Trust(KEYS), NOW)
    with pytest.raises(AuditError, match="proven just before" if second == "other" else "000"):
        judge_log(source, proven, ())


def test_two_entries_of_one_request_are_not_judged(tmp_path: Path) -> None:
    """A second entry under the id of a refused approval would stand in for it wherever the rules look it up."""
    with pytest.raises(RuleError, match="entry 1"):
        judge_entries(enumerate([delivery("0" * 26).encode(), delivery("0" * 26, ts_ms=7).encode()]), {})


def test_a_fault_of_the_verifier_is_no_verdict(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours would accuse whoever keeps the log."""

    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(command, "verify_log", fail)
    assert verify(folder, folder / "vkeys") == COULD_NOT_CHECK


def test_one_witness_under_two_names_is_one(folder: Path) -> None:
    """Whoever writes the key list could make a quorum of two out of one key."""
    (court, _), text = WITNESSES, split_note((folder / "checkpoint").read_bytes())[0]
    assert isinstance(court, Ed25519Cosigner)
    twin = replace(court, name="another.example/w")
    lines = [*split_note(sign_note(text, LOG_KEYS))[1], *(cosign(text, key, NOW) for key in (court, twin))]
    keys = (*(key.verifier for key in LOG_KEYS), court.verifier, twin.verifier)
    note = with_signatures(text, lines)
    Trust(keys, 1).open_checkpoint(note, NOW)
    with pytest.raises(QuorumError, match="1 of 2"):
        Trust(keys, 2).open_checkpoint(note, NOW)
    with pytest.raises(KeyFileError):
        Trust(keys, -1)


@pytest.mark.parametrize(("ahead", "caught"), [(599, False), (601, True), (10**9, True)])
def test_a_witness_does_not_sign_in_the_future(folder: Path, ahead: int, caught: bool) -> None:
    """A witness could cosign ahead of time what is not there yet, so that its silence later is not seen."""
    text, lines = split_note((folder / "checkpoint").read_bytes())
    note = with_signatures(text, [*lines[:2], *(cosign(text, key, NOW + ahead) for key in WITNESSES)])
    if caught:
        with pytest.raises(QuorumError, match="time that cannot be"):
            Trust(KEYS).open_checkpoint(note, NOW)
    else:
        Trust(KEYS).open_checkpoint(note, NOW)


def test_lines_of_strangers_count_for_nothing_and_are_few(folder: Path) -> None:
    """A note with a thousand lines would keep the verifier busy; strangers' lines would look like witnesses."""
    text, lines = split_note((folder / "checkpoint").read_bytes())
    stranger = Ed25519Cosigner("court.example/w", b"s" * 32)
    Trust(KEYS).open_checkpoint(with_signatures(text, [*lines, cosign(text, stranger, NOW)]), NOW)
    with pytest.raises(QuorumError):
        Trust(KEYS).open_checkpoint(with_signatures(text, [*lines[:2], cosign(text, stranger, NOW), lines[3]]), NOW)
    many = [Signature(f"w{n}.example", n, bytes(72)) for n in range(65)]
    with pytest.raises(MalformedError, match="64"):
        with_signatures(text, [*lines, *many])
    with pytest.raises(SignatureError, match="two lines"):
        Trust(KEYS).open_checkpoint(with_signatures(text, [*lines, lines[0]]), NOW)


def test_extension_lines_and_other_origins_are_refused(folder: Path) -> None:
    """A line that one kind of signature does not cover could say anything; another log's checkpoint could stand in."""
    head = Checkpoint.parse(split_note((folder / "checkpoint").read_bytes())[0])
    extended = head.to_text() + b"and the court agrees\n"
    plain = LOG_KEYS[0]
    with pytest.raises(AuditError):
        Trust(KEYS).open_checkpoint(sign_note(extended, [plain]), NOW)
    other = Checkpoint("other.example/log", head.size, head.root).to_text()
    with pytest.raises(SignatureError, match="origin"):
        Trust((plain.verifier,)).open_checkpoint(sign_note(other, [plain]), NOW)
    assert head.origin == ORIGIN


def test_a_proof_from_an_empty_tree_proves_an_empty_tree_only() -> None:
    """A witness or signer could be led from nothing to anything with a proof without hashes, or from a false root."""
    root = bytes(range(32))
    empty = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    assert verify_consistency(0, empty, 5, root, [])
    assert not verify_consistency(0, empty, 5, root, [root])
    assert not verify_consistency(0, root, 5, root, [])
    assert not verify_consistency(5, root, 0, empty, [])
    assert not verify_consistency(5, root, 5, empty, [])


def test_a_publication_that_broke_off_is_neither_proven_nor_violated(tmp_path: Path) -> None:
    """A kill of the publisher would read as an attack on the log, or a planted entry as nothing at all."""
    with open_site(tmp_path, Book.LINKAGE) as site:
        site.log.append_and_wait(delivery())
        publish(site.log, site.place.published, site.keys)
        old = (site.place.published / "checkpoint").read_bytes()
        for _ in range(2):
            site.log.append_and_wait(delivery())
        publish(site.log, site.place.published, site.keys)
        (site.place.published / "checkpoint").write_bytes(old)
        (site.place.published / "tile" / ".000.partial").write_bytes(b"x")
        keys = site.place.published / "vkeys"
        with pytest.raises(UnfinishedError):
            verify_log(Folder(site.place.published), Trust(site.keys), NOW)
        assert verify(site.place.published, keys) == COULD_NOT_CHECK
        publish(site.log, site.place.published, site.keys)
        assert verify(site.place.published, keys) == PROVEN
        (site.place.published / "checkpoint").write_bytes(old)
        site.log.append_and_wait(delivery())
        publish(site.log, site.place.published, site.keys)
        since = tmp_path / "since"
        since.write_bytes((site.place.published / "checkpoint").read_bytes())
        (site.place.published / "checkpoint").write_bytes(old)
        assert verify(site.place.published, keys, "--since", str(since)) == VIOLATED
