"""Locks and openings against keys that change, clocks that lie and bytes that somebody broke."""

from __future__ import annotations

import pytest
from vault_cast import DAY, NOW, Cast

from audit.crypto.signatures import SigningKey
from audit.request_id import new_request_id
from vault.locking import is_locked
from vault.requests import Lock


@pytest.fixture
def cast() -> Cast:
    return Cast()


def _act(cast: Cast, person: str, act: str, at_ms: int) -> bytes:
    human = cast.people[person]
    form = Lock(lock=new_request_id(at_ms), agency=human.agency, person=human.person, act=act, at_ms=at_ms)
    return form.sign(human.signer)


def _both(cast: Cast, at_ms: int) -> list[bytes]:
    return [_act(cast, person, "open", at_ms) for person in ("decider-court", "approver-procuratorate")]


def test_a_lock_outlives_its_signers_key_and_can_still_be_opened(cast: Cast) -> None:
    """One replaced key would lock every release for ever: nobody could verify the old lock or sign one in its place."""
    lock = _act(cast, "supervisor-procuratorate", "lock", NOW)
    cast.people["supervisor-procuratorate"].signer = SigningKey.generate()
    assert is_locked([lock], cast.rosters(), NOW + 10)
    assert is_locked([lock, _act(cast, "decider-court", "open", NOW + 1)], cast.rosters(), NOW + 10)
    assert not is_locked([lock, *_both(cast, NOW + 1)], cast.rosters(), NOW + 10)


def test_an_opening_of_a_time_to_come_opens_nothing(cast: Cast) -> None:
    """A desk with a wrong clock would undo the locks of the coming day before anybody has set them."""
    opened = [_act(cast, "decider-court", "open", NOW + DAY), _act(cast, "approver-procuratorate", "open", NOW + 2)]
    lock = _act(cast, "decider-court", "lock", NOW + 1)
    assert is_locked([*opened, lock], cast.rosters(), NOW + 10)


def test_an_opening_by_a_key_that_is_gone_locks_until_both_open_again(cast: Cast) -> None:
    """An opening that nobody can verify would go on opening."""
    acts = [_act(cast, "decider-court", "lock", NOW), *_both(cast, NOW + 1)]
    cast.people["decider-court"].signer = SigningKey.generate()
    assert is_locked(acts, cast.rosters(), NOW + 10)
    assert not is_locked([*acts, *_both(cast, NOW + 2)], cast.rosters(), NOW + 10)


def test_a_broken_act_locks(cast: Cast) -> None:
    """Whoever breaks a lock would have opened it."""
    for broken in (b"", b"sealink/v1/lock\n{}\n", b"sealink/v1/lock\nnothing\n", b"\xff\n\xff\n"):
        assert is_locked([broken, *_both(cast, NOW + 1)], cast.rosters(), NOW + 10)
