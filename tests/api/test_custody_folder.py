"""A custodian's folder: the unit's keys stay pinned, and nobody else reads what lies in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from api.client import ServiceError
from api.custodian_work import sign_in
from api.custody_folder import CustodyFolder, Profile
from linkage.errors import ProjectError
from linkage.whole_file import whole_file

PROFILE = Profile("https://unit.example", "police", "sealing-line", "verifying-line")


def folder(path: Path) -> CustodyFolder:
    return CustodyFolder(path, lambda is_new: b"a passphrase of some length")


@pytest.mark.parametrize("service", [PROFILE.service, "https://unit.example:8443", "https://other.example"])
@pytest.mark.parametrize("key", ["unit_sealing", "unit_verifying"])
def test_other_keys_of_the_unit_are_refused_at_any_address(service: str, key: str, tmp_path: Path) -> None:
    """Another spelling of the address would put a stranger's key in the unit's place, and batches would go to it."""
    at = folder(tmp_path)
    at.keep_profile(PROFILE)
    with pytest.raises(ProjectError, match="other keys of the unit"):
        at.keep_profile(replace(PROFILE, service=service, **{key: "another-line"}))
    assert at.profile() == PROFILE


def test_the_same_unit_may_move(tmp_path: Path) -> None:
    """A new address of the same unit would force an agency to throw its folder away."""
    at = folder(tmp_path)
    at.keep_profile(PROFILE)
    at.keep_profile(replace(PROFILE, service="https://new.example"))
    assert at.profile().service == "https://new.example"


def test_nobody_else_looks_into_the_folder(tmp_path: Path) -> None:
    """A folder that was made beforehand with open rights would show private maps to everybody on the machine."""
    (tmp_path / "custody" / "p-one").mkdir(parents=True, mode=0o755)
    at = folder(tmp_path / "custody")
    at.make_keys("police")
    for path in (at.path, at.project("p-one"), at.project("p-two")):
        assert path.stat().st_mode & 0o077 == 0
    assert (at.path / "keys").stat().st_mode & 0o077 == 0


def test_a_private_file_is_its_owners_from_the_first_byte(tmp_path: Path) -> None:
    """A map or result that names records could be read by others, or while it is written."""
    (tmp_path / ".a.csv.partial").touch(mode=0o644)
    (tmp_path / "a.csv").touch(mode=0o644)
    with whole_file(tmp_path / "a.csv", is_private=True) as partial:
        assert partial.stat().st_mode & 0o777 == 0o600
        partial.write_text("record,pseudonym\n", encoding="utf-8")
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


def test_no_keys_are_made_for_an_open_line(tmp_path: Path) -> None:
    """Keys would lie in a folder that a mistyped address made, or a sign-in go over plain HTTP."""
    with pytest.raises(ServiceError, match="https"):
        sign_in(folder(tmp_path / "custody"), "http://unit.example", "police")
    assert not (tmp_path / "custody").exists()
