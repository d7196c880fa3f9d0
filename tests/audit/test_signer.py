"""The signer against whoever reaches its socket: a malformed question costs the asker its answer, and nobody else."""

from __future__ import annotations

import json
import socket
import stat
import threading
from pathlib import Path

import pytest

from audit.keys import Ed25519Signer
from audit.merkle import Frontier
from audit.signer import SignerCore, SignerServer, memory_payload
from audit.signer_memory import SignerMemory


@pytest.mark.parametrize(
    "question",
    [
        b'{"ask":"publish","size":Infinity}',
        b'{"ask":"publish","size":1e999}',
        b"[" * 100_000,
        b"9" * 5_000,
        b"[]",
        b'{"ask":["state"]}',
        b'{"ask":"extend","old":0,"leaves":"zz","root":""}',
        b'{"ask":"adopt","frontier":"00","proof":[]}',
        b'{"ask":"restore","statement":"\\ud800","entry":"","frontier":""}',
    ],
)
def test_a_malformed_question_is_refused_without_a_traceback(
    question: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A traceback in the journal could quote a question, and a signer that stops would stop the service."""
    key = Ed25519Signer("city.example/log", bytes(32))
    memory = SignerMemory.create(tmp_path / "memory", memory_payload(key.name, Frontier()))
    with SignerServer(tmp_path / "signer", SignerCore(key, memory)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert stat.S_IMODE((tmp_path / "signer").stat().st_mode) == 0o600
        assert _said(tmp_path / "signer", question).get("refused", "closed")
        assert _said(tmp_path / "signer", b'{"ask":"state"}')["size"] == 0
        server.shutdown()
    assert "Traceback" not in capfd.readouterr().err


def _said(path: Path, question: bytes) -> dict[str, object]:
    """The answer; nothing when the signer hung up."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(5)
        asking.connect(str(path))
        asking.sendall(len(question).to_bytes(4) + question)
        answer = asking.recv(65_536)
    return dict(json.loads(answer[4:])) if answer else {}
