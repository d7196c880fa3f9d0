"""The settings file: what it refuses, and that a refusal says where and never what."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import SettingsError, load_settings, read_secret
from api.working_folder import make_folder

SECRET = "hunter2-swordfish"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unit")
    make_folder(folder, public_url="http://127.0.0.1:8401", port=8401)
    return folder


def changed(made: Path, tmp_path: Path, old: str, new: str) -> Path:
    """The folder's settings with one change, in a folder of their own that names the same secrets."""
    text = (made / "settings.toml").read_text().replace('"keys/', f'"{made}/keys/')
    assert old in text
    file = tmp_path / "settings.toml"
    file.write_text(text.replace(old, new, 1))
    return file


def test_what_init_writes_is_read(made: Path) -> None:
    """A fresh folder could not be served from."""
    settings = load_settings(made / "settings.toml")
    assert settings.data == made.absolute()
    assert settings.database_url() == f"sqlite:///{made / 'unit.sqlite'}"
    with pytest.raises(ValidationError):
        settings.public_url = "http://elsewhere"  # type: ignore[misc]


def test_init_again_changes_nothing(made: Path) -> None:
    """Keys could be drawn anew over those that agencies have pinned."""
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file() and path.suffix != ".sqlite"}
    make_folder(made, public_url="http://127.0.0.1:9999", port=9999)
    assert {path: path.read_bytes() for path in before} == before


def test_arguments_win(made: Path) -> None:
    """A command's arguments would be ignored."""
    settings = load_settings(made / "settings.toml", {"listen": {"port": 1234}, "processes": {"web": 3}})
    assert (settings.listen.port, settings.processes.web, settings.processes.workers) == (1234, 3, 1)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("[listen]", "[listen]\nhots = 'x'", r"\[listen\] hots: unknown setting"),
        ("port = 8401", f"port = '{SECRET}'", r"\[listen\] port"),
        ("port = 8401", "port = 70000", r"\[listen\] port"),
        ("[listen]", "[listen", "not TOML"),
        ("public_url", "public_uri", "public_ur[il]"),
        ("http://127.0.0.1", "http://example.org", "public_url: https"),
        ("[database]", f"[database]\nurl = 'postgresql://u:{SECRET}@h/d'", r"\[database\] url: a password"),
        ("[database]", f"[database]\nurl = 'postgresql://h/d?password={SECRET}'", r"\[database\] url: a password"),
        ("[database]", "[database]\nurl = 'mysql://h/d'", r"\[database\] url: SQLite and PostgreSQL"),
        ("[database]", f"[database]\nurl = '{SECRET}'", r"\[database\] url: not a database URL"),
        ("[listen]", "[listen]\ncertificate = 'x'", "go together"),
        ("[log]", "[log]\npublish_every_s = 0", r"\[log\] publish_every_s"),
        ("keys/web-secret", "keys/absent", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(made: Path, tmp_path: Path, old: str, new: str, place: str) -> None:
    """The service would start with something else than was meant, or show a secret in its complaint."""
    with pytest.raises(SettingsError, match=place) as told:
        load_settings(changed(made, tmp_path, old, new))
    assert SECRET not in str(told.value)


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """Whoever has an account on the machine could sign cursors and sessions."""
    file = tmp_path / "secret"
    file.write_text(SECRET)
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="others may use") as told:
        read_secret(file)
    assert SECRET not in str(told.value)
    file.chmod(0o600)
    assert read_secret(file) == SECRET.encode()
    file.write_text("")
    with pytest.raises(SettingsError, match="empty"):
        read_secret(file)


def test_a_password_comes_from_its_file(made: Path, tmp_path: Path) -> None:
    """A password would have to stand in the settings."""
    (tmp_path / "pw").write_text(SECRET + "\n")
    (tmp_path / "pw").chmod(0o600)
    lines = "[database]\nurl = 'postgresql://sealink@db/unit'\npassword_file = 'pw'"
    settings = load_settings(changed(made, tmp_path, "[database]", lines))
    assert settings.database_url() == f"postgresql+psycopg://sealink:{SECRET}@db/unit"
    assert settings.owner_url() == settings.database_url()
    assert SECRET not in repr(settings)


def test_only_the_owner_may_read_what_init_made(tmp_path: Path) -> None:
    """Another account of the machine could read the unit's keys."""
    make_folder(tmp_path / "unit", public_url="http://127.0.0.1:8401", port=8401)
    for path in (tmp_path / "unit" / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
