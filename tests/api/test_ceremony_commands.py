"""`sealink ceremony`: a root is split, a backup made, the machine lost, and everything brought back by four people."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from audit.crypto.keystore import KeyKind, Keystore, generate_key, load, save
from audit.crypto.signed_object import Kind, open_object
from vault.keys.ceremony import GivenShare, check_share

PHRASE = b"phrase of the test"


def run(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["ceremony", *map(str, arguments)], input=given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two officers' keystores, and the keys that the court's agent would lose."""
    phrase = tmp_path / "phrase"
    phrase.write_bytes(PHRASE)
    phrase.chmod(0o600)
    for owner in ("court", "procuratorate"):
        save(tmp_path / owner, Keystore(owner, (generate_key(KeyKind.SIGNING, "me"),)), PHRASE, may_replace=False)
    keys = (generate_key(KeyKind.HPKE, "agent-1"), generate_key(KeyKind.SIGNING, "agent"))
    save(tmp_path / "agent", Keystore("court-a", keys), PHRASE, may_replace=False)
    return tmp_path


def signing(folder: Path) -> list[object]:
    phrase = folder / "phrase"
    keystores = ["--keystore", folder / "court", "--keystore", folder / "procuratorate"]
    return [*keystores, "--passphrase-file", phrase, "--passphrase-file", phrase, "--present", "court/1"]


def line_of(folder: Path, keystore: str) -> str:
    return load(folder / keystore, PHRASE).signing_key().verifying_key.to_text()


def test_what_was_split_brings_a_lost_keystore_back(folder: Path) -> None:
    """After the agent's machine burnt, the agency's halves could be opened by nobody, ever."""
    done = run("split", "--record", folder / "split", "--out", folder / "shares", *signing(folder))
    assert done.exit_code == 0, done.output
    root = done.stdout.strip()
    made = run(
        *("backup", folder / "agent", "--root", root, "--to", folder / "agent.backup"),
        *("--passphrase-file", folder / "phrase"),
    )
    lost = load(folder / "agent", PHRASE)
    agent = line_of(folder, "agent")
    (folder / "agent").unlink()

    shares = sorted((folder / "shares").iterdir())
    assert [one.name for one in shares][:2] == ["court-1.share", "court-2.share"]
    assert {one.stat().st_mode & 0o777 for one in shares} == {0o600}
    back = ["recover", "--record", folder / "recovered", "--split-record", folder / "split"]
    back += ["--signed-by", line_of(folder, "court"), "--signed-by", line_of(folder, "procuratorate")]
    back += ["--backup", folder / "agent.backup", "--owner", "court-a"]
    back += ["--backup-by", made.stdout.strip(), "--to", folder / "again", *signing(folder)]
    back += ["--to-passphrase-file", folder / "phrase"]
    one_agency = run(*back, *(part for share in shares[:3] for part in ("--share", share)))
    assert one_agency.exit_code == 2
    assert "2 of the procuratorate's expected" in one_agency.output
    assert not (folder / "again").exists()
    assert not (folder / "recovered").exists()

    stranger = run(*back, "--signed-by", agent)
    assert "split: not signed by everybody named" in stranger.output

    four = shares[0], shares[2], shares[4], shares[5]
    done = run(*back, *(part for share in four for part in ("--share", share)))
    assert done.exit_code == 0, done.output
    assert load(folder / "again", PHRASE) == lost
    officers = [load(folder / name, PHRASE).signing_key().verifying_key for name in ("court", "procuratorate")]
    for name, act in (("split", "split"), ("recovered", "recovered")):
        record = open_object((folder / name).read_bytes(), Kind.CEREMONY, officers)
        assert (record.payload["act"], len(record.signers)) == (act, 2)
        assert record.payload["groups"] == ["court 2-of-3", "procuratorate 2-of-3"]
        for share in shares:
            assert share.read_bytes().strip() not in (folder / name).read_bytes()
    assert record.payload["shares"] == [str(check_share(GivenShare("", one.read_text()))) for one in four]


def test_shares_are_typed_where_there_is_no_file(folder: Path) -> None:
    """A share would have to be written to a disk to be used or checked."""
    run("split", "--record", folder / "split", "--out", folder / "shares", *signing(folder))
    words = (folder / "shares/court-2.share").read_text()
    done = run("check", given=words)
    assert "share 1 given: whole; court, share 2 of 3" in done.output
    broken = run("check", given=words.replace(words.split()[9], "academic", 1))
    assert broken.exit_code == 2
    assert "share 1 given: damaged" in broken.output


def test_nothing_is_replaced_and_nothing_shown_where_nobody_looks(folder: Path) -> None:
    """Shares would go into a pipe or a log, or a record of an earlier root would be overwritten."""
    piped = run("split", "--record", folder / "split", *signing(folder))
    assert piped.exit_code == 2
    assert "this is no terminal" in piped.output
    (folder / "split").write_text("the record of an earlier ceremony")
    taken = run("split", "--record", folder / "split", "--out", folder / "shares", *signing(folder))
    assert taken.exit_code == 2
    assert not (folder / "shares").exists()


def test_on_a_terminal_each_share_has_a_screen_of_its_own(folder: Path) -> None:
    """One holder would read another's share from the screen or its history."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "api.cli.main", "ceremony", "split", "--record", folder / "split"]
    process = subprocess.Popen(
        [str(part) for part in [*command, *signing(folder)]], stdin=inside, stdout=inside, stderr=inside
    )
    os.close(inside)
    seen = b""
    while select.select([terminal], [], [], 30)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        seen += piece
        if re.search(rb"Enter[^\r\n]*: ?$", piece):
            os.write(terminal, b"\n")
    assert process.wait(30) == 0
    os.close(terminal)
    screens = re.findall(rb"\x1b\[\?1049h(.*?)\x1b\[\?1049l", seen, re.DOTALL)
    assert len(screens) == 6
    given = []
    for screen in screens:
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode())
        numbered = {int(number): word for number, word in re.findall(r"\b(\d{1,2}) ([a-z]{4,8})\b", plain)}
        given.append(GivenShare("screen", " ".join(numbered[number] for number in range(1, 34))))
    assert [str(check_share(one)) for one in given] == [
        f"{holder}, share {number} of 3" for holder in ("court", "procuratorate") for number in (1, 2, 3)
    ]
    outside = re.sub(rb"\x1b\[\?1049h.*?\x1b\[\?1049l", b"", seen, flags=re.DOTALL)
    assert not any(one.words.split()[10].encode() + b" " in outside for one in given)
    assert subprocess.run(["grep", "-rl", given[0].words, folder], capture_output=True).stdout == b""
