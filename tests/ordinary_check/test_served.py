"""The ordinary check as a program: equal bytes on the wire, and nothing of another service in its memory."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from city_index import City, city, write_index

ALONE = """
import sys
import api.ordinary_check.__main__
loaded = {name.partition(".")[0] for name in sys.modules} | {".".join(name.split(".")[:2]) for name in sys.modules}
strangers = {"vault", "linkage", "pkcs11", "httpx2", "audit.crypto"}
strangers |= {"api.auth", "api.client", "api.settings", "api.wiring"}
print(sorted(loaded & strangers))
"""


@dataclass(frozen=True)
class Wire:
    """A connection that stays open."""

    connection: socket.socket

    def ask(self, head: str, body: bytes) -> bytes:
        """The answer's bytes, all of them."""
        sent = f"{head}\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        self.connection.sendall(sent)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.connection.recv(65_536)
        head_bytes, _, rest = data.partition(b"\r\n\r\n")
        (length,) = [
            int(line.split(b":")[1]) for line in head_bytes.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        while len(rest) < length:
            rest += self.connection.recv(65_536)
        return head_bytes + b"\r\n\r\n" + rest


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "api.cli.main", "serve", "ordinary-check", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def people() -> City:
    return city(1_400, sealed=200, listed=200)


@pytest.fixture(scope="module")
def wire(people: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    path = write_index(tmp_path_factory.mktemp("city") / "index.csv", people.listed)
    process = start("--csv", path, "--port", 0)
    assert process.stderr is not None
    line = process.stderr.readline()
    with socket.create_connection(("127.0.0.1", int(line.rsplit(" ", 1)[1])), timeout=30) as connection:
        yield Wire(connection)
    process.terminate()
    process.wait(30)
    assert process.stderr.read() == ""  # nothing is logged of a thousand questions
    process.stderr.close()


def test_a_thousand_answers_are_the_same_bytes(people: City, wire: Wire) -> None:
    """The server in front could add a date, a name or an id, by which two answers differ (L24)."""
    absent = people.sealed + people.absent[:800]
    assert len(absent) == 1_000
    head = "POST /v1/checks HTTP/1.1\r\nContent-Type: application/json"
    said = {wire.ask(head, json.dumps({"name": name, "resident_id": number}).encode()) for name, number in absent}
    assert len(said) == 1
    (answer,) = said
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert not any(name in answer.lower() for name in (b"\r\ndate:", b"\r\nserver:"))  # a second may hold them all
    assert b'"result":"no-record"' in answer
    listed = json.dumps(dict(zip(("name", "resident_id"), people.listed[0], strict=True))).encode()
    assert b'"result":"on-record"' in wire.ask(head, listed)


def test_the_program_holds_no_other_service_in_its_memory() -> None:
    """A vault client, a key or a credential would be one mistake away from a counter's question."""
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "beyond loopback a staff token and a certificate"),
        (("--staff-token-file", "{folder}/open"), "others may read it"),
        (("--staff-token-file", "{folder}/short"), "16 characters"),
        (("--column", "name"), "OURS=THEIRS"),
        (("--column", "name=姓名"), "1 of the columns"),
    ],
)
def test_it_does_not_start_half_protected(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """Everybody on the network could ask about everybody, or the token be read by everybody on the machine."""
    path = write_index(tmp_path / "index.csv", [("王伟", "1")])
    (tmp_path / "open").write_text("a token that is long enough")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "short").write_text("short")
    (tmp_path / "short").chmod(0o600)
    process = start("--csv", path, "--port", 0, *(part.format(folder=tmp_path) for part in arguments))
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert told.startswith("refused: ") and said in told
