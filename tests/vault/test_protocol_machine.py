"""The whole release protocol under any order of honest and dishonest acts, and proof that the search can fail."""

from __future__ import annotations

from collections.abc import Callable

import protocol_machine
import pytest
from protocol_machine import ASK_LIES, DECIDE_LIES, LAWFUL, ProtocolMachine
from protocol_world import Case, Memory, World
from release_model import ViolationError
from vault_cast import DAY

from audit.verifier.trust import Trust
from vault import agent, checks, halves
from vault.errors import Stop
from vault.pins import Pins
from vault.rosters import Person, Rosters
from vault.vocabulary import Holder, Role


def test_nothing_leaves_without_basis_two_agencies_and_receipts() -> None:
    """Some order of asking, lying, revoking, locking, crashing and handing out could bring a half out unlawfully."""
    before = ProtocolMachine.releases, ProtocolMachine.openings
    protocol_machine.run(examples=20, steps=30)
    assert ProtocolMachine.releases > before[0] + 20 and ProtocolMachine.openings > before[1]


Patch = pytest.MonkeyPatch
Play = Callable[[ProtocolMachine], None]


def _without(*rules: str) -> Callable[[Patch], None]:
    """`checks` without the rules of these words."""
    hold = checks._hold

    def kept(is_so: bool, stop: Stop, rule: str) -> None:
        hold(is_so or rule in rules, stop, rule)

    return lambda patch: patch.setattr(checks, "_hold", kept)


def _no_revocation(patch: Patch) -> None:
    def may(self: Person, role: Role, at_ms: int) -> bool:
        return role in self.roles

    patch.setattr(Person, "may", may)


def _any_role(patch: Patch) -> None:
    def may(self: Person, role: Role, at_ms: int) -> bool:
        return self.revoked_ms is None or at_ms < self.revoked_ms

    patch.setattr(Person, "may", may)


def _no_witnesses(patch: Patch) -> None:
    patch.setattr(Trust, "_check_witnesses", lambda *_: None)


def _older_rosters(patch: Patch) -> None:
    patch.setattr(Rosters, "take", lambda self, roster: self._newest.__setitem__(roster.agency, roster))


def _expired_rosters(patch: Patch) -> None:
    patch.setattr(Rosters, "of", lambda self, agency, now_ms: self._newest[agency])


def _no_lock(patch: Patch) -> None:
    patch.setattr(agent, "_check_lock", lambda *_: None)


def _no_clock(patch: Patch) -> None:
    patch.setattr(agent, "_check_clock", lambda memory, now_ms: memory.step_clock(now_ms) and None)


def _no_rules(patch: Patch) -> None:
    patch.setattr(agent, "check_rules", lambda *_: None)


def _no_commitment(patch: Patch) -> None:
    patch.setattr(halves.hmac, "compare_digest", lambda *_: True)


def _used_ids(patch: Patch) -> None:
    patch.setattr(agent, "_check_same", lambda *_: None)


def _forgetful(patch: Patch) -> None:
    patch.setattr(Memory, "released", lambda self, request: None)


def _fewer_approvers(patch: Patch) -> None:
    patch.setattr(Pins, "approvers", lambda self, sealing_agency: ())


# --- what somebody does about it -------------------------------------------------------------------------------------


def _story(lies: dict[str, int], person: str = "", at: int = 0) -> Play:
    """A lawful request with lies in it, up to both halves."""
    return lambda machine: machine.story(LAWFUL[at], 3, lies, person)


def _handed(lie: str) -> Play:
    def play(machine: ProtocolMachine) -> None:
        case = _authorised(machine)
        machine.world.hand(case, case, Holder.COURT, lie)

    return play


def _then(change: Callable[[World], object], at: int = 0) -> Play:
    """Something happens between the intent and the agent."""

    def play(machine: ProtocolMachine) -> None:
        case = _authorised(machine, at)
        change(machine.world)
        machine.world.hand(case, case, Holder.COURT)

    return play


def _authorised(machine: ProtocolMachine, at: int = 0) -> Case:
    machine.story(LAWFUL[at], 1, {})
    return machine.world.cases[-1]


def _mixed(machine: ProtocolMachine) -> None:
    case, other = _authorised(machine), _authorised(machine)
    case.decision, case.approvals = other.decision, other.approvals
    machine.world.authorise(case)
    machine.world.hand(case, case, Holder.COURT)


def _decided_twice(machine: ProtocolMachine) -> None:
    case = _authorised(machine)
    machine.world.decide(case, "decider-court")
    machine.world.authorise(case)
    machine.world.hand(case, case, Holder.COURT)


def _other_entry(machine: ProtocolMachine) -> None:
    case = _authorised(machine)
    machine.world.authorise(case, "entry-request")
    machine.world.hand(case, case, Holder.COURT)


def _taken_back(machine: ProtocolMachine) -> None:
    case = _authorised(machine)
    machine.world.change_person("decider-police", "revoke")
    for lie in ("", "old-rosters"):
        machine.world.hand(case, case, Holder.COURT, lie)


def _old_roster(machine: ProtocolMachine) -> None:
    machine.world.now += 30 * DAY + DAY // 2
    _then(lambda world: setattr(world, "now", world.now + DAY * 3 // 4))(machine)


def _ran_back(machine: ProtocolMachine) -> None:
    case, world = _authorised(machine), machine.world
    for skew in (2 * DAY, 0):
        world.skew[Holder.COURT] = skew
        world.hand(case, case, Holder.COURT)


def _planted(machine: ProtocolMachine) -> None:
    """A sealer's key was stolen and is revoked; what it seals now comes with an entry that says yesterday."""
    case = _authorised(machine)
    machine.world.change_person("sealer-court", "revoke")
    machine.world.now += 5000
    machine.world.hand(case, case, Holder.COURT, "late-sealing")


def _other_sealing(machine: ProtocolMachine) -> None:
    case = _authorised(machine)
    machine.story(LAWFUL[1], 1, {})
    machine.world.hand(case, machine.world.cases[-1], Holder.COURT, "swap:sealing")


def _used_id(machine: ProtocolMachine) -> None:
    world = machine.world
    machine.story(LAWFUL[0], 3, {})
    world.ask("officer-procuratorate", 0, "judicial-case", "used-id")
    case = world.cases[-1]
    world.decide(case, "decider-court")
    world.approve(case, "approver-procuratorate")
    world.authorise(case)
    world.hand(case, case, Holder.COURT)


def _again(wait_ms: int) -> Play:
    def play(machine: ProtocolMachine) -> None:
        machine.story(LAWFUL[0], 3, {})
        machine.world.now += wait_ms
        machine.world.hand(machine.world.cases[-1], machine.world.cases[-1], Holder.COURT)

    return play


def _told(part: str, lie: str) -> dict[str, int]:
    known = {"ask": ASK_LIES, "decide": DECIDE_LIES}[part]
    return {part: sorted(set(known) - {""}).index(lie)}


MUTATIONS: dict[str, tuple[Callable[[Patch], None], Play]] = {
    "nobody looks whether people differ": (
        _without("requester, decider and approvers must be different people"),
        _story({"approver": 0}, "many-procuratorate", 7),
    ),
    "one device for two": (
        _without("requester, decider and approvers must be different people"),
        _story({"approver": 0}, "twin-procuratorate"),
    ),
    "revocation is ignored": (_no_revocation, _then(lambda world: world.change_person("decider-court", "revoke"))),
    "any role will do": (_any_role, _story({"approver": 0}, "supervisor-procuratorate")),
    "one witness will do": (_no_witnesses, _handed("one-witness")),
    "approvals may be missing": (_fewer_approvers, _story({"missing": 0})),
    "a decision of another request": (_without("of another request"), _mixed),
    "an approval of another decision": (_without("of another decision"), _decided_twice),
    "the rules are not asked": (_no_rules, _story(_told("decide", "lying-law"))),
    "a wider view": (_without("the basis gives another view than was decided"), _story(_told("decide", "lying-law"))),
    "open for longer": (
        _without("it would stay open longer than the basis allows"),
        _story(_told("decide", "lying-law-long")),
    ),
    "a request that lives on": (
        _without("the request would live longer than the basis allows"),
        _story(_told("ask", "long")),
    ),
    "rules that changed since": (
        _without("the rules changed since; it must be decided again"),
        _then(lambda world: world.change_rules(), 5),
    ),
    "an expired release": (
        _without("the release's time is over"),
        _then(lambda world: setattr(world, "now", world.now + 2 * DAY)),
    ),
    "any entry will do": (_without("its input is not that of this release"), _other_entry),
    "an older roster": (_older_rosters, _taken_back),
    "an expired roster": (_expired_rosters, _old_roster),
    "a lock that nobody heeds": (_no_lock, _then(lambda world: world.lock("supervisor-police", "lock"))),
    "a clock that runs back": (_no_clock, _ran_back),
    "a half that the vault made": (_no_commitment, _handed("half:invented")),
    "a record that was planted late": (
        _without("not witnessed before its sealer's key was revoked"),
        _planted,
    ),
    "the proof of another record's sealing": (_without("the entry is not that of its sealing"), _other_sealing),
    "other papers under a used id": (_used_ids, _used_id),
    "a second release": (_forgetful, _again(1000)),
    "given again when it is over": (_used_ids, _again(2 * DAY)),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_model_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that sees nothing would pass whatever the checks became: what each of them stops, it must see itself."""
    mutate, play = MUTATIONS[name]
    play(ProtocolMachine())  # with every check in place nothing leaves that may not
    mutate(monkeypatch)
    with pytest.raises(ViolationError):
        play(ProtocolMachine())


@pytest.mark.parametrize("name", ["nobody looks whether people differ", "the rules are not asked", "a second release"])
def test_the_search_finds_it_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that judges well is of no use to a search that never comes to where something goes wrong."""
    MUTATIONS[name][0](monkeypatch)
    with pytest.raises(ViolationError):
        protocol_machine.run(examples=100, steps=30)
