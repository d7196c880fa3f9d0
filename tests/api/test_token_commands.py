"""`sealink token`: two keys made, one line for the roster, and nothing half-made when the token says no."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from soft_token import PIN, SoftTokens, soft_tokens
from typer.testing import CliRunner

from api.cli.main import app
from audit.crypto.keystore import load
from vault.keys.nested import TokenOpener
from vault.keys.opener import parse_sealer
from vault.keys.pkcs11_token import opened_token

PHRASE = b"court of the test"


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftTokens:
    return soft_tokens(tmp_path / "softhsm", monkeypatch)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data + b"\n")
    path.chmod(0o600)
    return path


def test_init_makes_two_keys_and_the_roster_s_line(tokens: SoftTokens, tmp_path: Path) -> None:
    """An agency could not make its agent's key in a token without writing a program."""
    place = tokens.add("court")
    pin, phrase = written(tmp_path / "pin", PIN), written(tmp_path / "phrase", PHRASE)
    common = ["--module", str(place.module), "--label", "court", "--pin-file", str(pin)]
    keys = ["--name", "agent-1", "--keystore", str(tmp_path / "keys"), "--passphrase-file", str(phrase)]
    run = CliRunner().invoke
    done = run(app, ["token", "init", *common, *keys, "--owner", "court-a"])
    assert done.exit_code == 0, done.output
    line = done.stdout.strip()
    with opened_token(place, PIN) as token:
        opener = TokenOpener(load(tmp_path / "keys", PHRASE).opening_key("agent-1"), token.key("agent-1"))
        assert opener.open(parse_sealer(line).seal(b"half", b"", b""), b"", b"") == b"half"
    assert run(app, ["token", "show", *common, *keys]).stdout.strip() == line
    assert "agent-1  p256  yes" in run(app, ["token", "show", *common]).stdout
    for text in (PIN, PHRASE):
        assert text.decode() not in done.output

    before = (tmp_path / "keys").read_bytes()
    again = run(app, ["token", "init", *common, *keys])
    assert again.exit_code == 2
    assert (tmp_path / "keys").read_bytes() == before


def test_a_wrong_pin_makes_nothing(tokens: SoftTokens, tmp_path: Path) -> None:
    """A keystore would be left that belongs to no key in any token."""
    place = tokens.add("court")
    phrase = written(tmp_path / "phrase", PHRASE)
    reader, writer = os.pipe()
    os.write(writer, b"0000")
    os.close(writer)
    done = CliRunner().invoke(
        app,
        [
            *("token", "init", "--module", str(place.module), "--label", "court", "--name", "agent-1"),
            *("--pin-fd", str(reader), "--keystore", str(tmp_path / "keys"), "--owner", "court-a"),
            *("--passphrase-file", str(phrase)),
        ],
    )
    assert done.exit_code == 2
    assert "the PIN is another one" in done.output
    assert not (tmp_path / "keys").exists()
