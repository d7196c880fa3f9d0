"""Envelopes that no sealing names are swept after a day, and never one that a record needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_cast import Sealed
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from vault.flows.take_envelope import sweep_unnamed

DAY_S = 24 * 3600


@pytest.fixture
def site(tmp_path: Path) -> Iterator[VaultSite]:
    with vault_site(tmp_path) as made:
        yield made


def _upload(site: VaultSite, sealed: Sealed) -> list[str]:
    client = site.client(sealed.sealer.person)
    found = []
    for view, data in sealed.envelopes.items():
        path = site.folder / f"{view.value}.unnamed"
        path.write_bytes(data)
        found.append(client.upload(path))
    return found


def _age(site: VaultSite, days: float) -> None:
    """Every file, and the mark of the last sweep."""
    then = now_ms() / 1000 - days * DAY_S
    for path in [*site.vault.envelopes.iterdir(), site.vault.folder / "uploads" / ".swept"]:
        if path.exists():
            os.utime(path, (then, then))


def test_what_nobody_named_goes_and_what_a_record_needs_stays(site: VaultSite) -> None:
    """A sealer who sends and never seals would fill the disk; or a sweep take a sealed record's only ciphertext."""
    sealed, left = site.cast.seal(), site.cast.seal()
    site.store(sealed)
    unnamed = _upload(site, left)
    assert sweep_unnamed(site.vault) == 0  # young, whatever the mark says
    _age(site, 1.1)
    assert sweep_unnamed(site.vault) == len(unnamed)
    kept = {path.name for path in site.vault.envelopes.iterdir()}
    named = set(sealed.index.envelopes.values())
    assert kept == named | {f"{name}.cover" for name in named}
    _age(site, 1.1)
    site.store(site.cast.seal())  # a new upload sweeps by itself, and takes nothing that is named
    assert named <= {path.name for path in site.vault.envelopes.iterdir()}


def test_an_envelope_that_a_sweep_may_take_is_not_named(site: VaultSite) -> None:
    """A record could be sealed on an envelope that the sweep takes in the same moment: sealed, and gone for good."""
    sealed = site.cast.seal()
    _upload(site, sealed)
    _age(site, 0.6)
    signed = site.sealing(sealed).sign(sealed.sealer.signer)
    client = site.client(sealed.sealer.person)
    with pytest.raises(ServiceError) as caught:
        client.seal(signed, [])
    assert caught.value.code == "not-found"
    _upload(site, sealed)
    assert client.seal(signed, []) == sealed.index.record
