"""Locks and openings against clocks that lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from vault_cast import DAY, NOW, Cast

from api.vault.agent_program import FetchedLocks
from audit.request_id import new_request_id
from vault.requests import Lock


def _act(cast: Cast, person: str, act: str, at_ms: int) -> bytes:
    human = cast.people[person]
    form = Lock(lock=new_request_id(at_ms), agency=human.agency, person=human.person, act=act, at_ms=at_ms)
    return form.sign(human.signer)


@pytest.mark.parametrize("ahead_ms", [DAY, 60_001, 59_000])
def test_an_opening_of_a_time_to_come_opens_nothing(ahead_ms: int, tmp_path: Path) -> None:
    """A desk with a wrong clock would undo the locks of the coming day before anybody has set them."""
    cast, now = Cast(), NOW + 10
    ahead = _act(cast, "decider-court", "open", now + ahead_ms)
    acts = [ahead, _act(cast, "decider-court", "lock", NOW + 1), _act(cast, "approver-procuratorate", "open", NOW + 2)]
    is_locked = FetchedLocks(cast.rosters(), acts, tmp_path, now).is_locked()
    assert is_locked is (ahead_ms > 60_000)
    assert not FetchedLocks(cast.rosters(), [ahead], tmp_path, now).is_locked()
