"""The rules that service, desks and set-up enforce: each with a test that accepts and one that refuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_vault_service import agree_on, asked_at, dossier_of
from vault_cast import Cast
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault.desk_work import watermark
from api.vault.serving import make_vault_folder
from api.vault.settings import VaultSettingsError, load_vault_settings
from vault.asking import Asked
from vault.errors import RosterError
from vault.receiving import Opened, deliver, give_back, open_release
from vault.rosters import AgentKeys, open_roster
from vault.vocabulary import Holder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("vault")) as made:
        yield made


def _opened(site: VaultSite) -> tuple[Asked, Opened]:
    """A release that the officer has opened and signed for."""
    site.store(site.cast.seal())
    asked = asked_at(site)
    agree_on(site, asked)
    for holder in Holder:
        site.agent(holder).turn()
    dossier, releases = dossier_of(site, asked)
    officer = site.client("officer-procuratorate")
    envelope = site.envelope(officer, asked.request)
    opened = open_release(asked, dossier, releases, envelope, site.cast.rosters(), now_ms())
    opened.container.read(10**6)
    officer.act(asked.request, "delivery", deliver(site.cast.officer("officer-procuratorate"), opened, now_ms()))
    return asked, opened


def _return(site: VaultSite, asked: Asked, *, is_marked: bool) -> None:
    said = give_back(site.cast.officer("officer-procuratorate"), asked.request, "filed", is_marked, now_ms())
    site.client("officer-procuratorate").act(asked.request, "return", said)


def test_L9_accepts_a_return_that_says_the_case_is_marked(site: VaultSite) -> None:
    """The obligation of the receiving case could never end."""
    asked, _ = _opened(site)
    assert asked.request in site.client("supervisor-procuratorate").overdue()["unmarked"]
    _return(site, asked, is_marked=True)
    assert asked.request not in site.client("supervisor-procuratorate").overdue()["unmarked"]


def test_L9_refuses_a_return_of_an_unmarked_case(site: VaultSite) -> None:
    """A file that used a sealed record would lie open without its mark, and nobody would be told."""
    asked, _ = _opened(site)
    with pytest.raises(ServiceError) as caught:
        _return(site, asked, is_marked=False)
    assert caught.value.code == "wrong-state"
    assert asked.request in site.client("supervisor-procuratorate").overdue()["unmarked"]


def test_L36_accepts_a_watermark_of_officer_request_and_moment(site: VaultSite) -> None:
    """A leaked copy would not say who had opened it."""
    asked, opened = _opened(site)
    mark = watermark(opened, now_ms())
    assert "procuratorate-a/officer-procuratorate" in mark and asked.request in mark
    assert mark != watermark(opened, now_ms() + 1000)


def test_L36_refuses_another_officers_opening(site: VaultSite) -> None:
    """A copy would carry the watermark of somebody who did not make it."""
    asked, opened = _opened(site)
    with pytest.raises(ServiceError) as caught:
        site.envelope(site.client("officer-court"), asked.request)
    assert caught.value.code in ("not-entitled", "not-found")
    assert opened.consent.request.form.officer == "officer-procuratorate"


def _settings(folder: Path, **changes: str) -> Path:
    file = make_vault_folder(folder, public_url="https://vault.example", port=8402)
    text = file.read_text().replace('impact_assessment = ""', 'impact_assessment = "pia-1"')
    for old, new in changes.items():
        text = text.replace(old, new)
    file.write_text(text)
    return file


def test_L39_accepts_settings_with_an_assessment_and_data_in_the_country(tmp_path: Path) -> None:
    """No vault could start."""
    settings = load_vault_settings(_settings(tmp_path / "vault"))
    assert (settings.impact_assessment, settings.stored_in) == ("pia-1", "CN")


@pytest.mark.parametrize("changes", [{"pia-1": ""}, {'"CN"': '"elsewhere"'}])
def test_L39_refuses_to_start_without_assessment_or_abroad(tmp_path: Path, changes: dict[str, str]) -> None:
    """Sensitive data of minors would be processed without the assessment, or outside the country."""
    with pytest.raises(VaultSettingsError) as caught:
        load_vault_settings(_settings(tmp_path / "vault", **changes))
    assert "impact_assessment" in str(caught.value) or "stored_in" in str(caught.value)


def test_L41_accepts_an_operator_without_any_opening_key(site: VaultSite) -> None:
    """The contractor who runs the service would hold a share of a key; its folder has the log's keys and no other."""
    keys = {path.name for path in (site.folder / "vault").rglob("*") if path.is_file() and "key" in path.name}
    assert keys <= {"key", "pq-key", "vkeys", "log-vkeys"}


def test_L41_refuses_an_agent_where_no_half_is_held() -> None:
    """Somebody beside court and procuratorate, the operator even, could come to hold a half."""
    cast = Cast()
    text = cast.agent_keys[Holder.COURT].sealing_key.to_text()
    agent = AgentKeys(cast.agent_signers[Holder.COURT].verifying_key, text, 1)
    forged = dataclasses.replace(cast.roster("police-a"), agent=agent).sign(cast.roster_keys["police-a"])
    with pytest.raises(RosterError):
        open_roster(forged, cast.pins())
