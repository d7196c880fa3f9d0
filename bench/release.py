"""A release as it happens in earnest: vault, two witnesses and two agents, each a process of its own on this machine.

Timed is one release from handing in the last approval until both halves, sealed to the officer, lie in the vault: two
entries made durable and cosigned, every check of the service and of both agents. Agents are told when to look, since
how often they look by themselves is a setting; the client's and the agents' connections are open, as they always are.
Run: `python -m bench.release [--releases 20]`; an officer may ask for twenty a day.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from api.vault import desk_work
from api.vault.agent_folder import open_agent
from api.vault.demo import ask, decide, write_case
from api.vault.demo_site import Place, install
from api.vault.seal_work import seal_bundle
from api.vault.serving import now_ms
from vault.deciding import approve
from vault.vocabulary import Holder

MOST: Final = 20


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--releases", type=int, default=MOST, choices=range(1, MOST + 1), metavar=f"1..{MOST}")
    took = releases(options.parse_args().releases)
    print(f"release: p50 {statistics.median(took):.0f} ms, {min(took):.0f} to {max(took):.0f} ms (60 / 20)")


def releases(count: int) -> list[float]:
    """Milliseconds of each."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        place = install(Path(folder) / "site", running)
        running.callback(place.close)
        seal_bundle(place.desk("clerk-court"), write_case(Path(folder) / "case"))
        agents = [running.enter_context(_agent(place, holder)) for holder in Holder]
        return [_release(place, agents) for _ in range(count)]


def _release(place: Place, agents: list[Connection]) -> float:
    request = ask(place)
    decide(place, request)
    desk = place.desk("chief-prosecutor")
    shown = desk_work.show(desk, request)
    assert shown.decision
    signed = approve(desk.signer, shown.data, shown.decision, desk.rosters(), desk.now_ms())
    began = time.perf_counter()
    desk.client.act(request, "approval", signed)
    for agent in agents:
        agent.send(request)
    for agent in agents:
        released = agent.recv()
        assert released == (request,), released
    return (time.perf_counter() - began) * 1000


@contextlib.contextmanager
def _agent(place: Place, holder: Holder) -> Iterator[Connection]:
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    run = spawn.Process(target=_turns, args=(place.agent_folder(holder), place.phrase, there), daemon=True)
    run.start()
    here.recv()
    try:
        yield here
    finally:
        here.send(None)
        run.join()


def _turns(folder: Path, phrase: bytes, told: Connection) -> None:
    """The agent's program, a turn whenever it is told."""
    program = open_agent(folder, phrase).program(now_ms)
    program.turn()
    told.send("ready")
    while told.recv() is not None:
        turn = program.turn()
        told.send(turn.released or turn.stopped)


if __name__ == "__main__":
    main()
