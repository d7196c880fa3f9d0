"""Search the vault's release protocol for anything that leaves unlawfully, for as long as one likes.

Run: `python -m bench.soak_vault [--steps 1000000] [--minutes 240] [--seed 1]`. It is the state machine of
`tests/vault/protocol_machine.py`, with another seed for each round: officers, deciders and approvers act honestly or
not, the vault mixes, alters, replays and withholds, witnesses go down, rosters, rules and clocks change, agents crash.
A model of its own judges every half that leaves. A violation ends the run with the shortest story that Hypothesis has
of it, and with the round's seed. It searches; it proves nothing about what it did not try.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "vault"), str(ROOT / "tests" / "audit")]

from protocol_machine import ProtocolMachine, run  # noqa: E402  (found by the line above)

EXAMPLES, LENGTH = 50, 50
"""Of one round: short rounds, because Hypothesis remembers what it tried."""


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--steps", type=int, default=1_000_000)
    options.add_argument("--minutes", type=float, default=240.0)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    soak(given.steps, given.minutes, given.seed)


def soak(steps: int, minutes: float, seed: int) -> None:
    """Rounds until the steps are done or the time is over."""
    started, ends = time.monotonic(), time.monotonic() + 60 * minutes
    while ProtocolMachine.steps < steps and time.monotonic() < ends:
        try:
            run(EXAMPLES, LENGTH, seed)
        except BaseException:
            print(f"the round of seed {seed} found something", flush=True)
            raise
        seed += 1
        rate = ProtocolMachine.steps / (time.monotonic() - started)
        seen = f"{ProtocolMachine.releases:7} releases, {ProtocolMachine.openings:7} openings"
        print(f"{ProtocolMachine.steps:9} steps, {seen}, {rate:.0f} steps/s", flush=True)
    print("nothing left that must not have left; the next seed is", seed)


if __name__ == "__main__":
    main()
