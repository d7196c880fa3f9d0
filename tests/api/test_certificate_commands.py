"""`sealink desk certificate`: issued on a clean ordinary check alone, confirmed by page, nothing half-made."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from api.client.calls import ServiceError
from api.ordinary_check.answers import Result as Ordinary
from api.ordinary_check.answers import as_json
from api.vault.client import VaultClient
from api.vault.desk_folder import make_desk
from audit.crypto.keystore import Effort

PHRASE = b"phrase of the test"
FACTS = """
name = "王小明"
resident_id = "320684200001010017"
agency_zh = "某市某区人民检察院"
agency_en = "People's Procuratorate"
ordinary_check = "answer.json"
"""


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the vault was told, in its place."""
    told: list[bytes] = []
    monkeypatch.setattr(VaultClient, "enter_certificate", lambda self, record: told.append(record))
    return told


@pytest.fixture
def folder(tmp_path: Path, entered: list[bytes]) -> Path:
    """A desk, a file of facts and the ordinary check's answer."""
    (tmp_path / "phrase").write_bytes(PHRASE)
    (tmp_path / "phrase").chmod(0o600)
    make_desk(
        tmp_path / "desk",
        person="decider-1",
        agency="procuratorate-a",
        device="device-1",
        vault="http://127.0.0.1:8402",
        passphrase=PHRASE,
        effort=Effort(19 * 1024, 2, 1),
    )
    (tmp_path / "facts.toml").write_text(FACTS, encoding="utf-8")
    (tmp_path / "answer.json").write_bytes(as_json(Ordinary.NO_RECORD, ()))
    return tmp_path


def run(folder: Path, *arguments: object) -> Result:
    desk = ["--at", folder / "desk", "--passphrase-file", folder / "phrase"]
    return CliRunner().invoke(app, ["desk", "certificate", *map(str, [*arguments, *desk])])


def test_a_certificate_is_issued_and_confirmed(folder: Path) -> None:
    """Nobody could tell an issued certificate from a forged one."""
    page = folder / "page.pdf"
    done = run(folder, "issue", folder / "facts.toml", "--out", page)
    assert done.exit_code == 0, done.output
    number = done.stdout.strip()
    assert page.stat().st_mode & 0o777 == 0o600
    assert run(folder, "confirm", number, page).exit_code == 0
    for text in ("王小明", "320684200001010017"):
        assert text not in done.output
        assert text.encode() not in (folder / "desk/certificates" / number).read_bytes()

    page.chmod(0o600)
    page.write_bytes(page.read_bytes() + b" ")
    for wrong in (number, "01J00000000000000000000000", "../desk.toml"):
        assert run(folder, "confirm", wrong, page).exit_code == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (as_json(Ordinary.ON_RECORD, ()), "does not say that it found no record"),
        (as_json(Ordinary.OTHER_NAME, ()), "does not say that it found no record"),
        (b"[]", "does not say that it found no record"),
        (b"no", "not an answer of the ordinary check"),
    ],
)
def test_nobody_on_the_ordinary_index_gets_one(folder: Path, answer: bytes, said: str) -> None:
    """The desk would certify what the ordinary index contradicts."""
    (folder / "answer.json").write_bytes(answer)
    done = run(folder, "issue", folder / "facts.toml", "--out", folder / "page.pdf")
    assert done.exit_code == 2
    assert said in done.output
    assert not (folder / "page.pdf").exists()
    assert not (folder / "desk/certificates").exists()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (FACTS + 'sealed = "yes"\n', "exactly the texts"),
        ("name = 5\n", "exactly the texts"),
        ("name\n", "not TOML"),
        (FACTS.replace("320684200001010017", "3206"), "18 characters"),
    ],
)
def test_facts_are_read_strictly(folder: Path, facts: str, said: str) -> None:
    """A field more could make one certificate differ from another."""
    (folder / "facts.toml").write_text(facts, encoding="utf-8")
    done = run(folder, "issue", folder / "facts.toml", "--out", folder / "page.pdf")
    assert done.exit_code == 2
    assert said in done.output


def test_a_page_is_never_replaced(folder: Path) -> None:
    """Somebody else's certificate would be lost, and a record kept of a page that is not there."""
    (folder / "page.pdf").write_bytes(b"another's")
    done = run(folder, "issue", folder / "facts.toml", "--out", folder / "page.pdf")
    assert done.exit_code == 2
    assert (folder / "page.pdf").read_bytes() == b"another's"
    assert not (folder / "desk/certificates").exists()


def test_nothing_is_issued_without_an_entry(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate would exist that no log knows: nobody could count them, or find who gave a false one."""

    def down(*_: object) -> None:
        raise ServiceError(503, "log-unavailable", "the log refuses")

    monkeypatch.setattr(VaultClient, "enter_certificate", down)
    assert run(folder, "issue", folder / "facts.toml", "--out", folder / "page.pdf").exit_code == 2
    assert not (folder / "page.pdf").exists() and not (folder / "desk/certificates").exists()


def test_what_is_entered_is_what_is_kept(folder: Path, entered: list[bytes]) -> None:
    """The log could name another page than the one that was handed out."""
    number = run(folder, "issue", folder / "facts.toml", "--out", folder / "page.pdf").stdout.strip()
    assert entered == [(folder / "desk/certificates" / number).read_bytes()]
