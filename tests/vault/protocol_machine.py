"""The release protocol as a Hypothesis state machine: the world's acts in any order, the model after each.

Who lies, who is down, what is altered and when comes from Hypothesis; keys do not, so a failing run is found again by
its choices. `run` is one bounded search; `bench.soak_vault` repeats it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from protocol_world import BASES, RECORDS, Case, World
from vault_cast import AGENCIES, DAY, HOLDS

from vault.vocabulary import Holder, View

OFFICERS = ("officer-procuratorate", "officer-court", "officer-police", "officer-justice", "many-court",
            "many-procuratorate", "many-police")  # fmt: skip
PEOPLE = (*OFFICERS, "twin-court", "twin-procuratorate", "twin-police",
          *(f"{role}-{agency.split('-')[0]}" for role in ("decider", "approver", "supervisor") for agency in AGENCIES),
          )  # fmt: skip
SEALERS = ("sealer-court", "sealer-procuratorate", "sealer-police")
LOCKERS = tuple(one for one in PEOPLE if not one.startswith("officer"))
ASK_LIES = ("", "", "", "", "long", "other-rules", "ahead", "used-id")
DECIDE_LIES = ("", "", "", "", "lying-law", "lying-law-long", "lying-kinds", "lying-envelopes", "by-hand", "by-hand")
ENTRY_LIES = ("", "", "", "", "", "entry-view", "entry-expiry", "entry-request", "ahead", "behind", "branch")
HAND_LIES = (
    *[""] * 8,
    *(f"flip:{part}" for part in ("request", "decision", "approvals", "cover", "entry", "proof", "salt")),
    *(f"swap:{part}" for part in ("request", "decision", "approvals", "cover", "entry", "proof", "halves",
      "entry+proof", "decision+approvals", "decision+approvals+cover+halves", "decision+approvals+entry+proof",
      "decision+approvals+entry+proof+cover+halves", "decision+approvals+entry+proof+cover+halves+sealing",
      "approvals+entry+proof", "sealing")),
    *(f"half:{part}" for part in ("record", "holder", "invented")),
    "wide", "drop-approval", "double-approval", "one-witness", "one-witness", "old-rosters", "withheld-rosters",
    "forged-roster", "withheld-locks", "late-sealing", "late-sealing",
)  # fmt: skip
LAWFUL = (
    ("officer-procuratorate", 0, "judicial-case"), ("officer-court", 1, "judicial-case"),
    ("officer-police", 0, "judicial-case"), ("officer-procuratorate", 3, "judicial-case"),
    ("officer-justice", 3, "state-check"), ("officer-court", 1, "retrial"), ("many-court", 2, "judicial-case"),
    ("many-procuratorate", 4, "judicial-case"), ("officer-justice", 0, "state-check"),
)  # fmt: skip
LYING = ("ask", "decide", "entry", "hand", "basis", "record", "decider", "approver", "missing")
UPTO = (1, 2, 3, 4)
"""Authorised, one half given, both, opened."""
CHANGES = ("revoke", "reinstate", "new-key", "no-role", "own-role")
STEPS = (1_000, 1_000, 600_000, 5 * 3600_000, 2 * DAY, 12 * DAY)
SKEWS = (0, 0, 30_000, -30_000, 120_000, -120_000, -2 * DAY, 3 * DAY)

which = st.integers(0, 3)
numbers = st.integers(0, 40)
people = st.sampled_from(PEOPLE)
holders = st.sampled_from(list(Holder))


class ProtocolMachine(RuleBasedStateMachine):
    """Every act of everybody."""

    steps = releases = openings = 0
    """Over all runs, for those who count."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    def teardown(self) -> None:
        ProtocolMachine.releases += self.world.releases
        ProtocolMachine.openings += self.world.model.opened

    @invariant()
    def the_model_has_judged(self) -> None:
        """Each act is judged where it happens; here remains what holds of all of them."""
        ProtocolMachine.steps += 1
        made = self.world.model.made
        for holder, memory in self.world.memories.items():
            assert {request: made[holder, request][0] for request in memory.kept} == memory.kept

    # --- people ----------------------------------------------------------------------------------------------------

    @rule(person=st.sampled_from(OFFICERS), record=st.integers(0, len(RECORDS) - 1), basis=st.sampled_from(BASES),
          lie=st.sampled_from(ASK_LIES))  # fmt: skip
    def ask(self, person: str, record: int, basis: str, lie: str) -> None:
        self.world.ask(person, record, basis, lie)

    @precondition(lambda self: self._asked())
    @rule(at=which, person=people, lie=st.sampled_from(DECIDE_LIES), view=st.sampled_from(list(View)))
    def decide(self, at: int, person: str, lie: str, view: View) -> None:
        case = _pick(self._asked(), at)
        self.world.decide(case, person if lie == "by-hand" else f"decider-{case.to.split('-')[0]}", lie, view)

    @precondition(lambda self: self._decided())
    @rule(at=which, person=people, lie=st.sampled_from(("", "", "by-hand")))
    def approve(self, at: int, person: str, lie: str) -> None:
        self.world.approve(_pick(self._decided(), at), person, lie)

    @precondition(lambda self: self._decided())
    @rule(at=which, lie=st.sampled_from(ENTRY_LIES))
    def authorise(self, at: int, lie: str) -> None:
        self.world.authorise(_pick(self._decided(), at), lie)

    @rule(story=st.sampled_from(LAWFUL), upto=st.sampled_from(UPTO), is_peace=st.booleans())
    def lawful(self, story: tuple[str, int, str], upto: int, is_peace: bool) -> None:
        """A lawful request that everybody treats honestly, so that there is something to attack."""
        if is_peace:
            self.world.restore()
        self.story(story, upto, {})

    @rule(story=st.sampled_from(LAWFUL), lies=st.dictionaries(st.sampled_from(LYING), numbers, min_size=1, max_size=2),
          person=people, view=st.sampled_from(list(View)), upto=st.sampled_from(UPTO))  # fmt: skip
    def crooked(self, story: tuple[str, int, str], lies: dict[str, int], person: str, view: View, upto: int) -> None:
        """The same with a lie or two in it."""
        self.story(story, upto, lies, person, view)

    def story(
        self, story: tuple[str, int, str], upto: int, lies: dict[str, int], person: str = "",
        view: View = View.COURT_FULL,
    ) -> None:  # fmt: skip
        world, (officer, record, basis), before = self.world, story, len(self.world.cases)
        for name, number in lies.items():
            if name == "basis":
                basis = BASES[number % len(BASES)]
            elif name == "record":
                record = number % len(RECORDS)
        world.ask(officer, record, basis, _lie(lies, "ask", ASK_LIES))
        if len(world.cases) == before:
            return
        case, lie = world.cases[-1], _lie(lies, "decide", DECIDE_LIES)
        by_hand = lie == "by-hand" or "decider" in lies
        world.decide(
            case, person if "decider" in lies else _at("decider", case.to), "by-hand" if by_hand else lie, view
        )
        if not case.decision:
            return
        for agency in world.needed(case):
            is_his = "approver" in lies and world.people[person].agency == agency
            world.approve(case, person if is_his else _at("approver", agency), "by-hand" if lies else "")
        if "missing" in lies:
            case.approvals = case.approvals[1:]
        world.authorise(case, _lie(lies, "entry", ENTRY_LIES))
        for holder in list(Holder)[: upto - 1]:
            world.hand(case, _pick(self._authorised(), 1), holder, _lie(lies, "hand", HAND_LIES))
        if upto > len(Holder) + 1 and case.releases:
            world.open(case)

    # --- the vault and the agents ----------------------------------------------------------------------------------

    @precondition(lambda self: self._authorised())
    @rule(at=which, holder=holders, crash=st.sampled_from(("", "", "before", "after")))
    def hand_honestly(self, at: int, holder: Holder, crash: str) -> None:
        case = _pick(self._authorised(), at)
        self.world.hand(case, case, holder, "", crash)

    @precondition(lambda self: self._authorised())
    @rule(at=which, other=which, holder=holders, lie=st.sampled_from(HAND_LIES),
          crash=st.sampled_from(("", "", "", "before", "after")))  # fmt: skip
    def hand(self, at: int, other: int, holder: Holder, lie: str, crash: str) -> None:
        cases = self._authorised()
        self.world.hand(_pick(cases, at), _pick(cases, other), holder, lie, crash)

    @precondition(lambda self: self._released())
    @rule(at=which, lie=st.sampled_from(("", "", "", "one-twice", "other-envelope", "flip", "one-witness")))
    def open(self, at: int, lie: str) -> None:
        self.world.open(_pick(self._released(), at), lie)

    # --- what changes meanwhile ------------------------------------------------------------------------------------

    @rule(change=st.one_of(
        st.tuples(st.just("person"), people, st.sampled_from(CHANGES)),
        st.tuples(st.just("revoke"), people),
        st.tuples(st.just("person"), st.sampled_from(SEALERS), st.sampled_from(("revoke", "reinstate"))),
        st.tuples(st.just("publish"), st.sampled_from(list(AGENCIES))),
        st.tuples(st.just("time"), st.sampled_from(STEPS)),
        st.tuples(st.just("clock"), holders, st.sampled_from(SKEWS)),
        st.tuples(st.just("lock"), st.sampled_from(LOCKERS)),
        st.tuples(st.just("open"), st.sampled_from(LOCKERS), st.sampled_from((0, DAY))),
        st.tuples(st.just("both open")),
        st.tuples(st.just("witness"), st.sampled_from(("court", "procuratorate")), st.booleans()),
        st.tuples(st.just("lock here"), holders, st.booleans()),
        st.tuples(st.just("rules")),
    ))  # fmt: skip
    def meanwhile(self, change: tuple[Any, ...]) -> None:
        """Somebody leaves, locks or gets a key; a clock steps; a witness is down; other rules come into force."""
        world = self.world
        match change:
            case ("person", person, how):
                world.change_person(person, how)
            case ("revoke", person):
                world.change_person(person, "revoke")
            case ("publish", agency):
                world.publish(agency)
            case ("time", step):
                world.now += step
            case ("clock", holder, skew):
                world.skew[holder] = skew
            case ("lock", person):
                world.lock(person, "lock")
            case ("open", person, ahead):
                world.lock(person, "open", ahead)
            case ("both open",):
                for agency in HOLDS:
                    world.lock(_at("approver", agency), "open")
            case ("witness", name, is_down):
                (world.down.add if is_down else world.down.discard)(name)
            case ("lock here", holder, is_locked):
                (world.locked_here.add if is_locked else world.locked_here.discard)(holder)
            case ("rules",):
                world.change_rules()

    # --- cases by how far they are ---------------------------------------------------------------------------------

    def _asked(self) -> list[Case]:
        return [case for case in self.world.cases if not case.entry]

    def _decided(self) -> list[Case]:
        return [case for case in self.world.cases if case.decision]

    def _authorised(self) -> list[Case]:
        return [case for case in self.world.cases if case.entry]

    def _released(self) -> list[Case]:
        return [case for case in self.world.cases if case.releases]


def _at(role: str, agency: str) -> str:
    """The person of that role alone."""
    return f"{role}-{agency.split('-')[0]}"


def _lie(lies: dict[str, int], part: str, known: tuple[str, ...]) -> str:
    """The lie of one part: its number among the lies that there are."""
    told = sorted(set(known) - {""})
    return told[lies[part] % len(told)] if part in lies else ""


def _pick(cases: list[Case], back: int) -> Case:
    """One of the latest."""
    return cases[-1 - back % len(cases)]


def run(examples: int, steps: int, chance: int | None = None) -> None:
    """One search; ViolationError when something left that must not have left. `chance` None: the same each time."""
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=chance is None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
        report_multiple_bugs=False,
    )  # fmt: skip

    class Searched(ProtocolMachine):
        """Hypothesis keeps its seed with the class."""

    run_state_machine_as_test(Searched if chance is None else seed(chance)(Searched), settings=chosen)
