"""The agency's desk key is renewed when somebody who had it is revoked: what comes after is closed to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner
from vault_cast import NOW, Cast
from vault_site import now_ms

from api.cli.main import app
from api.vault.desk_folder import DeskFolder, make_desk, open_desk
from api.vault.desk_work import Desk
from api.vault.roster_keeper import Card, RosterKeeper, desk_keys_of, make_keeper, open_keeper
from audit.crypto.hpke import OpeningKey
from audit.crypto.keystore import Effort
from vault.errors import EnvelopeError, MalformedFormError
from vault.index import open_index, seal_index
from vault.vocabulary import Role

PHRASE = b"a passphrase for tests"
EFFORT = Effort(memory_kib=19 * 1024, passes=2)


@dataclass
class Agency:
    """A keeper and its people's desks."""

    path: Path
    keeper: RosterKeeper
    now_ms: int = NOW

    def person(self, name: str, role: Role = Role.DECIDER) -> DeskFolder:
        desk = make_desk(
            self.path / name, person=name, agency="court-a", device=f"device-{name}", vault="http://127.0.0.1:9",
            passphrase=PHRASE, effort=EFFORT,
        )  # fmt: skip
        card = Card(name, desk.device, desk.signer.verifying_key, desk.opener.sealing_key)
        sealed = self.keeper.add(card, frozenset({role}), self.now_ms)
        return desk if sealed is None else desk.with_desk_keys(desk_keys_of(sealed, name, desk.opener), PHRASE)


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return Agency(tmp_path, make_keeper(tmp_path / "keeper", "court-a", PHRASE, EFFORT))


def reads(folder: DeskFolder, entry: bytes, made: Cast) -> bool:
    sealers = [made.people["sealer-court"].signer.verifying_key]
    desk = Desk(folder, cast(Any, SimpleNamespace()), lambda: NOW)
    try:
        return bool(desk.read_with(lambda key: open_index(entry, key, sealers)))
    except EnvelopeError:
        return False


def test_who_stays_reads_on_and_who_left_reads_nothing_new(agency: Agency) -> None:
    """A judge who left would read every name that is sealed after, or those who stay lose what was sealed before."""
    made = Cast()
    sealed = made.seal()
    left, stays, officer = agency.person("left"), agency.person("stays"), agency.person("asks", Role.OFFICER)

    def entry() -> bytes:
        roster = agency.keeper.roster()
        assert roster
        return seal_index(sealed.index, roster.desk, sealed.sealer.signer)

    before = entry()
    agency.keeper.revoke("left", NOW + 1)
    agency.keeper, keys = agency.keeper.renew_desk(PHRASE, NOW + 2)
    assert set(keys) == {"stays"}  # not who left, nor who never read
    stays = stays.with_desk_keys(desk_keys_of(keys["stays"], "stays", stays.opener), PHRASE)
    after = entry()
    assert [reads(left, one, made) for one in (before, after)] == [True, False]
    assert [reads(stays, one, made) for one in (before, after)] == [True, True]
    assert [reads(open_desk(stays.path, PHRASE), one, made) for one in (before, after)] == [True, True]
    comes = agency.person("comes")
    assert [reads(comes, one, made) for one in (before, after)] == [True, True]
    _, more = open_keeper(agency.path / "keeper", PHRASE).renew_desk(PHRASE, NOW + 3)
    assert set(more) == {"stays", "comes"} and len(desk_keys_of(more["comes"], "comes", comes.opener)) == 3
    with pytest.raises(MalformedFormError):
        desk_keys_of(_sealed_seed(officer), "asks", officer.opener)


def _sealed_seed(folder: DeskFolder) -> bytes:
    from api.vault.roster_keeper import _INFO
    from audit.crypto.hpke import seal_key

    return seal_key(folder.opener.sealing_key, OpeningKey.generate().seed, _INFO, folder.person.encode())


def test_the_keeper_revokes_a_reader_with_new_keys_or_not_at_all(agency: Agency) -> None:
    """The desk key would stay with somebody who was revoked, and nobody be told."""
    agency.now_ms = now_ms()
    agency.person("left")
    agency.person("stays")
    agency.person("asks", Role.OFFICER)
    phrase = agency.path / "phrase"
    phrase.write_bytes(PHRASE)
    phrase.chmod(0o600)

    def run(*words: str) -> int:
        options = ["--at", str(agency.path / "keeper"), "--passphrase-file", str(phrase)]
        return CliRunner().invoke(app, ["roster", *words, *options]).exit_code

    def standing() -> set[str]:
        roster = agency.keeper.roster()
        assert roster
        return {one.person for one in roster.people if one.revoked_ms is None}

    keys = agency.path / "keys"
    before = agency.keeper.roster()
    assert run("revoke", "left") == 2 and standing() == {"left", "stays", "asks"}
    assert run("revoke", "asks") == 0 and standing() == {"left", "stays"}
    assert run("revoke", "left", "--keys-to", str(keys)) == 0 and standing() == {"stays"}
    after = agency.keeper.roster()
    assert before and after and before.desk != after.desk
    assert [path.name for path in keys.iterdir()] == ["stays.key"]
