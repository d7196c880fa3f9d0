"""Rotating an agent's halves: nothing lost, resumable, and everything opens afterwards with the new key alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from soft_token import PIN, SoftTokens
from sqlalchemy import update
from test_vault_service import agree_on, asked_at, dossier_of
from typer.testing import CliRunner
from vault_cast import AGENCIES, KINDS, Cast
from vault_site import VaultSite, now_ms, vault_site

from api.cli.main import app
from api.client.calls import ServiceError
from api.vault.agent_folder import AgentFolder, epoch_name, make_agent, open_agent
from api.vault.agent_program import AgentProgram
from api.vault.client import publish_roster
from api.vault.rotating import compare_all, rotate_all
from audit.crypto.hpke import OpeningKey
from audit.crypto.keystore import Effort
from audit.request_id import new_request_id
from vault.errors import MalformedFormError
from vault.flows import rotate_halves
from vault.halves import Half, HeldHalves, KeyOpener, KeySealer, RecordId, SealedHalves, seal_halves
from vault.keys.pkcs11_token import Token, opened_token
from vault.models import HALF
from vault.receiving import open_release
from vault.rotation import Rotation, rotate, rotation_lines
from vault.store import half_rows
from vault.vocabulary import Holder, View

PHRASE = b"a passphrase for tests"
EFFORT = Effort(memory_kib=19 * 1024, passes=2)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[VaultSite]:
    with vault_site(tmp_path) as made:
        yield made


def _folder(site: VaultSite, token: Token | None = None) -> AgentFolder:
    """The court's agent from a folder of its own, put on the roster."""
    path = site.folder / "court-agent"
    made = make_agent(
        path, agency="court-a", holder=Holder.COURT, vault=site.base, passphrase=PHRASE, effort=EFFORT, token=token
    )
    _use(site, made, token)
    (path / "pins.toml").write_bytes(site.cast.pins_text())
    return made


def _use(site: VaultSite, folder: AgentFolder, token: Token | None = None) -> None:
    site.cast.seal_texts[Holder.COURT] = folder.keys(token).seal
    site.cast.agent_signers[Holder.COURT] = folder.keystore.signing_key("agent")
    if token is None:
        site.cast.agent_keys[Holder.COURT] = folder.keystore.opening_key(epoch_name(folder.epoch))
    site.cast.now_ms = now_ms()
    for agency in AGENCIES:
        publish_roster(site.base, site.cast.roster(agency).sign(site.cast.roster_keys[agency]))


def _program(site: VaultSite, folder: AgentFolder, token: Token | None) -> AgentProgram:
    """The agent of a folder, under the cast's own law."""
    made = folder.program(now_ms, token)
    site.clients.enter_context(made.client)
    return dataclasses.replace(made, agent=dataclasses.replace(made.agent, law=site.cast.law))


def _count(site: VaultSite, key: str) -> int:
    with site.vault.database.reading() as connection:
        return half_rows.count(connection, Holder.COURT, key)


def test_rotated_killed_and_gone_on_with(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation that loses a half seals that record for ever; one that cannot go on leaves two keys for ever."""
    monkeypatch.setattr(rotate_halves, "PAGE", 1)
    folder = _folder(site)
    sealed = site.cast.seal()
    site.store(sealed)
    site.store(site.cast.seal())
    old = folder.keystore.opening_key(epoch_name(1))
    new = folder.next_epoch(PHRASE)
    with pytest.raises(ServiceError):
        rotate_all(new, old.id, now_ms)  # the roster does not name the new key yet
    _use(site, new)
    seen: list[int] = []

    def killed(done: int) -> None:
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate_all(new, old.id, now_ms, killed)
    assert seen == [1] and _count(site, old.id) == 1
    done = rotate_all(new, old.id, now_ms)
    assert (done.rotated, done.damaged) == (1, ()) and _count(site, old.id) == 0
    new.forget_epoch(1, PHRASE)
    asked = asked_at(site)
    agree_on(site, asked)
    for holder in Holder:
        assert site.agent(holder).turn().released == (asked.request,)
    dossier, releases = dossier_of(site, asked)
    envelope = site.envelope(site.client("officer-procuratorate"), asked.request)
    opened = open_release(asked, dossier, releases, envelope, site.cast.rosters(), now_ms())
    assert opened.container.read(10**6).startswith(b"judicial_extract\n")


def test_an_agent_rotates_its_own_halves_only(site: VaultSite) -> None:
    """One holder's agent could overwrite the other's halves, and with them every record."""
    folder = _folder(site)
    site.store(site.cast.seal())
    program = folder.program(now_ms)
    site.clients.enter_context(program.client)
    other = site.cast.agent_keys[Holder.PROCURATORATE]
    assert program.client.halves(other.id) == []
    form = Rotation(
        agency="court-a", holder="procuratorate", old_key=other.id, new_key=other.id, halves=(), rotated_ms=now_ms()
    )
    with pytest.raises(ServiceError) as caught:
        program.client.rotate(form.sign(program.agent.signer))
    assert caught.value.code == "not-entitled"
    with pytest.raises(MalformedFormError):
        folder.forget_epoch(1, PHRASE)


def test_a_half_that_does_not_open_is_named_and_left() -> None:
    """A damaged half would stop the whole rotation, or be sealed again as garbage."""
    cast = Cast()
    halves = [cast.seal().halves(Holder.COURT) for _ in range(3)]
    broken = SealedHalves(halves[0].id, halves[0].holder, halves[0].key, halves[0].sealed[:-1] + b"\x00")
    opener = KeyOpener(cast.agent_keys[Holder.COURT])
    found = rotate([broken, *halves[1:]], opener, KeySealer(OpeningKey.generate().sealing_key))
    assert found.damaged == (broken.id,) and len(found.halves) == 2
    assert len(rotation_lines(found.halves)) == 2


def _put(site: VaultSite, record: RecordId, sealed: bytes, key: str) -> None:
    """As a vault does that changes what it keeps."""
    with site.vault.database.writing() as connection:
        where = (HALF.c.record == record.record, HALF.c.holder == "court")
        connection.execute(update(HALF).where(*where).values(sealed=sealed, key=key))


def _foreign(record: RecordId, key: OpeningKey) -> bytes:
    """Halves that anybody can make who knows the agent's public key."""
    made = HeldHalves({view: Half.draw(KINDS) for view in View})
    return seal_halves(made, record, Holder.COURT, KeySealer(key.sealing_key)).sealed


def test_a_key_is_not_forgotten_while_a_half_is_foreign(site: VaultSite) -> None:
    """`--forget` would destroy the only key that opens the true half in a backup, when the vault's one was swapped."""
    folder = _folder(site)
    sealed = site.cast.seal()
    site.store(sealed)
    own, old = sealed.halves(Holder.COURT), folder.keystore.opening_key(epoch_name(1))
    phrase = site.folder / "phrase"
    phrase.write_bytes(PHRASE)
    phrase.chmod(0o600)
    _use(site, folder.next_epoch(PHRASE))

    def rotated(data: bytes) -> int:
        _put(site, own.id, data, old.id)
        options = ["--at", str(folder.path), "--passphrase-file", str(phrase)]
        return CliRunner().invoke(app, ["agent", "rotate", "--forget", *options]).exit_code

    assert rotated(_foreign(own.id, old)) == 2
    assert len(open_agent(folder.path, PHRASE).openers()) == 2
    assert rotated(own.sealed) == 0
    assert len(open_agent(folder.path, PHRASE).openers()) == 1


def test_damaged_halves_do_not_stop_the_rest_and_foreign_ones_are_told(
    site: VaultSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first page of damage would keep every other half under the old key; a half that the vault made would pass for
    the record's, and the key that opens the true one be forgotten."""
    monkeypatch.setattr(rotate_halves, "PAGE", 1)
    monkeypatch.setattr(rotate_halves, "_COMPARED", 1)
    folder = _folder(site)
    records = [site.cast.seal(record=new_request_id(number)) for number in range(1, 5)]
    for sealed in records:
        site.store(sealed)
    old = folder.keystore.opening_key(epoch_name(1))
    garbled, _, swapped, _ = [sealed.halves(Holder.COURT).id for sealed in records]
    _put(site, garbled, b"x" * 100, old.id)
    _put(site, swapped, _foreign(swapped, old), old.id)
    new = folder.next_epoch(PHRASE)
    _use(site, new)
    done = rotate_all(new, old.id, now_ms)
    assert done.damaged == (garbled,) and done.rotated == 3 and _count(site, old.id) == 1
    assert compare_all(new, now_ms) == (swapped,)
    roster = site.cast.people["sealer-court"]
    roster.signer = type(roster.signer).generate()  # as if nobody on a roster had signed the envelopes
    _use(site, new)
    assert len(compare_all(new, now_ms)) == 3


def test_an_agent_with_a_token_releases_and_rotates(site: VaultSite, tokens: SoftTokens) -> None:
    """The profile for real agencies would work in tests of its keys and in no agent."""
    with opened_token(tokens.add("court"), PIN, may_write=True) as token:
        folder = _folder(site, token)
        site.store(site.cast.seal())
        asked = asked_at(site)
        agree_on(site, asked)
        program = _program(site, folder, token)
        turn = program.turn()
        assert turn.stopped == () and turn.released == (asked.request,)
        old = folder.opener(1, token)
        new = folder.next_epoch(PHRASE, token)
        _use(site, new, token)
        assert rotate_all(new, old.id, now_ms, token=token).rotated == 1
        assert _count(site, old.id) == 0 and _count(site, new.opener(2, token).id) == 1
    without = _program(site, new, None)
    site.store(site.cast.seal())
    again = asked_at(site)
    agree_on(site, again)
    turn = without.turn()  # the keystore alone opens nothing
    assert again.request not in turn.released and [
        request for request, why in turn.stopped if "key that this agent does not have" in why
    ] == [again.request]
