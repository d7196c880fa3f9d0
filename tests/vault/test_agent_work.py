"""What an agent is handed for a turn: one call, its own halves alone, nothing twice, and no way to keep it running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_vault_service import agree_on, asked_at
from vault_site import VaultSite, vault_site

from api.client.calls import ServiceError
from api.vault.client import Waiting, Work
from vault.flows import hand_work
from vault.vocabulary import Holder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(Path(tmp_path_factory.mktemp("work"))) as found:
        yield found


def authorised(site: VaultSite) -> str:
    site.store(site.cast.seal())
    asked = asked_at(site)
    agree_on(site, asked)
    return asked.request


def test_a_turn_is_one_call_and_one_more_for_each_release(site: VaultSite) -> None:
    """Polling every other second, agents would spend the vault's time on lists that have not changed."""
    for holder in Holder:  # whatever other tests left
        site.agent(holder).turn()
    requests = {authorised(site), authorised(site)}
    agent, calls = site.agent(Holder.COURT), []
    raw = agent.client._raw
    agent.client._raw = lambda *call: (calls.append(call[:2]), raw(*call))[1]  # type: ignore[method-assign,func-returns-value]
    assert set(agent.turn().released) == requests
    assert [method for method, _ in calls] == ["GET", "POST", "POST"]
    calls.clear()
    assert agent.turn().released == () and len(calls) == 1


def test_work_is_the_agents_own(site: VaultSite) -> None:
    """A desk could read dossiers by it, or one agent the other's half; a released half would be handed out for ever."""
    request = authorised(site)
    with pytest.raises(ServiceError) as caught:
        site.client("approver-procuratorate").work("0" * 64)
    assert caught.value.code == "not-entitled"
    halves = {}
    for holder in Holder:
        (waiting,) = [one for one in site.agent(holder).client.work("0" * 64).waiting if one.request == request]
        assert isinstance(waiting.dossier, dict)
        halves[holder] = waiting.dossier["halves"]["sealed"]
    assert len(set(halves.values())) == len(Holder)
    site.agent(Holder.COURT).turn()
    assert request not in {one.request for one in site.agent(Holder.COURT).client.work("0" * 64).waiting}
    assert request in {one.request for one in site.agent(Holder.PROCURATORATE).client.work("0" * 64).waiting}


def test_rosters_are_sent_when_they_are_new(site: VaultSite) -> None:
    """A revocation would not reach an agent that says it knows the rosters, or all of them would travel each time."""
    agent = site.agent(Holder.COURT)
    agent.turn()
    assert agent.client.work(agent.rosters.digest()).rosters is None
    site.publish()
    sent = agent.client.work(agent.rosters.digest()).rosters
    assert sent is not None and set(sent) == set(site.client("decider-court").rosters())
    agent.turn()
    assert agent.client.work(agent.rosters.digest()).rosters is None


def test_more_work_than_a_page_is_done(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that an agent refuses would stand before all others for ever."""
    requests = {authorised(site) for _ in range(3)}
    monkeypatch.setattr(hand_work, "AT_ONCE", 1)
    assert requests <= set(site.agent(Holder.PROCURATORATE).turn().released)


def test_a_vault_cannot_keep_an_agent_running(site: VaultSite) -> None:
    """Pages that lead back, or answers of no form, must end the turn: no other request would be released."""
    agent, asked = site.agent(Holder.COURT), []

    def circle(known: str, after: str = "") -> Work:
        asked.append(after)
        return Work(None, [], [Waiting("../../etc", {}, None), Waiting("01KB1N3X9W4Q2V7T8R5Y6M0ZCD", [], None)], "A")

    agent.client.work = circle  # type: ignore[method-assign]
    turn = agent.turn()
    assert asked == ["", "A"] and turn.released == () and len(turn.stopped) == 4
    odd: Any = {"rosters": 1, "locks": [], "waiting": [], "after": None}
    other = site.agent(Holder.COURT)
    other.client._get = lambda path: odd  # type: ignore[method-assign]
    with pytest.raises(ServiceError):
        other.turn()
