"""Rotate an agent's halves to its present key: pages from the vault, through the agent, back under its signature.

Killed anywhere, it goes on where the vault stands: what is under the old key is left to do. A half that does not open
is told and left. The old key may be forgotten when none is left under it and each under the new one was compared with
what its envelope's signed header commits to.

May touch: network (the vault), clock
Sees:      halves of one holder
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.vault.agent_folder import AgentFolder, opener_of, sealer_of
from api.vault.agent_program import AgentProgram
from vault.flows.rotate_halves import covers_of_json, halves_of_json, place_of
from vault.half_check import foreign_halves, sealers_by_agency
from vault.halves import RecordId
from vault.rotation import Rotation, rotate, rotation_lines

if TYPE_CHECKING:
    from vault.keys.pkcs11_token import Token


@dataclass(frozen=True, slots=True)
class RotationDone:
    """How many record versions' halves are under the new key now, and which did not open."""

    rotated: int
    damaged: tuple[RecordId, ...]


def rotate_all(
    folder: AgentFolder, old_key: str, now_ms: Callable[[], int], told: Callable[[int], None] = lambda done: None,
    token: Token | None = None,
) -> RotationDone:  # fmt: skip
    """Re-seal every half that is under `old_key`."""
    program = folder.program(now_ms, token)
    with program.client:
        return _rotate_all(folder, program, old_key, now_ms, told, token)


def _rotate_all(
    folder: AgentFolder, program: AgentProgram, old_key: str, now_ms: Callable[[], int], told: Callable[[int], None],
    token: Token | None,
) -> RotationDone:  # fmt: skip
    sealer, done = sealer_of(folder, token), 0
    damaged: list[RecordId] = []
    after = ""
    while True:
        page = [halves_of_json(value) for value in program.client.halves(old_key, after)]
        if not page:
            return RotationDone(done, tuple(damaged))
        # Always on: what does not open stays where it is, and a page of nothing else must not end the rest.
        after = place_of(page[-1])
        found = rotate(page, opener_of(folder, page[0], token), sealer)
        damaged += found.damaged
        if found.halves:
            form = Rotation(
                agency=folder.agency,
                holder=folder.holder.value,
                old_key=old_key,
                new_key=sealer.id,
                halves=rotation_lines(found.halves),
                rotated_ms=now_ms(),
            )
            program.client.rotate(form.sign(program.agent.signer))
            done += len(found.halves)
            told(done)


def compare_all(
    folder: AgentFolder, now_ms: Callable[[], int], told: Callable[[int], None] = lambda done: None,
    token: Token | None = None,
) -> tuple[RecordId, ...]:  # fmt: skip
    """Record versions whose halves under the present key are not what their envelopes' signed headers commit to."""
    program = folder.program(now_ms, token)
    opener, foreign, done, after = folder.opener(folder.epoch, token), list[RecordId](), 0, ""
    with program.client:
        sealers = sealers_by_agency(program.rosters.fetched(program.client.rosters(), now_ms()))
        while page := program.client.halves(opener.id, after, covers=True):
            halves = [(halves_of_json(value), covers_of_json(value)) for value in page]
            after = place_of(halves[-1][0])
            foreign += foreign_halves(halves, opener, sealers)
            done += len(halves)
            told(done)
    return tuple(foreign)
