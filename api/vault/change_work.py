"""Changing a record's state at the desks: propose, read, agree; both desks examine the grounds under the law.

Nothing is signed that the law does not allow, whatever the other desk or the vault says; and nothing that was not read
at this desk before.

May touch: network (the vault), disk (the desk's folder), clock
Sees:      the agency's index; grounds of a change that are sealed to this desk
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from api.vault.desk_work import LAW, Desk, records_of
from audit.request_id import new_request_id
from vault.change_grounds import ChangeGrounds, examine_change, read_change_grounds, seal_grounds
from vault.changing import Agreement, Proposal, read_proposal
from vault.errors import MalformedFormError, VaultError
from vault.forms import Signed, open_form
from vault.rosters import Rosters


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change as the decider wants it. `judgment` is the SHA-256 (hex) of its paper, `from_day` YYYY-MM-DD."""

    record: str
    change: str
    cause: str
    judgment: str
    from_day: str
    term_months: int | None = None
    is_life: bool = False
    findings: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class ReadProposal:
    """A proposal as its reader sees it: what it rests on, and why the law does not allow it if it does not."""

    proposal: Signed[Proposal]
    grounds: ChangeGrounds | None
    why_not: str | None


def propose(desk: Desk, wanted: Wanted) -> str:
    """Propose to unseal, seal again or shred a record of this agency; returns the proposal's id."""
    now, rosters = desk.now_ms(), desk.rosters()
    found = [entry for _, entry in records_of(desk) if entry.record == wanted.record]
    if not found:
        raise MalformedFormError("record: none of this agency")
    grounds = ChangeGrounds.of(found[-1].kinds, wanted.term_months, wanted.is_life, wanted.findings)
    proposal, agency = new_request_id(now), desk.folder.agency
    form = Proposal(
        proposal=proposal,
        record=wanted.record,
        version=found[-1].version,
        agency=agency,
        decider=desk.folder.person,
        change=wanted.change,
        cause=wanted.cause,
        rules=LAW.in_force(now),
        judgment=wanted.judgment,
        grounds=grounds.sha256,
        sealed_grounds=seal_grounds(grounds, proposal, agency, rosters, now),
        from_day=wanted.from_day,
        proposed_ms=now,
    )
    examine_change(form, grounds, rosters, now)
    return desk.client.propose(form.sign(desk.folder.signer))


def proposed(desk: Desk) -> list[ReadProposal]:
    """Proposals that wait for this agency's agreement, verified; one that no longer holds does not hide the others."""
    rosters, now = desk.rosters(), desk.now_ms()
    keys = [person.verify for roster in rosters.known() for person in roster.people]
    found: list[ReadProposal] = []
    for data in desk.client.proposals():
        with contextlib.suppress(VaultError):
            signed = read_proposal(data, rosters, open_form(Proposal, data, keys).form.agency, now)[0]
            found.append(_read(desk, signed, rosters, now))
    return found


def read_proposals(desk: Desk) -> list[ReadProposal]:
    """`proposed`, noted on this desk's disk: only what somebody has read here can be agreed to."""
    found = proposed(desk)
    for one in found:
        desk.folder.note_read(one.proposal.form.proposal, one.proposal.hex)
    return found


def agree(desk: Desk, proposal: Signed[Proposal]) -> bool:
    """Agree to a proposal that was shown and that the law allows; whether the change is done."""
    # A decider may have signed two under one id: a vault could show an unsealing and have a shredding agreed to.
    if desk.folder.was_read(proposal.form.proposal) != proposal.hex:
        raise MalformedFormError("proposal: not what was read at this desk; list the proposals first")
    now, rosters = desk.now_ms(), desk.rosters()
    grounds = desk.read_with(lambda key: read_change_grounds(proposal, key, desk.folder.agency, rosters))
    examine_change(proposal.form, grounds, rosters, now)
    form = Agreement(
        agreement=new_request_id(now),
        proposal=proposal.form.proposal,
        proposal_digest=proposal.hex,
        approver=desk.folder.person,
        agency=desk.folder.agency,
        agreed_ms=now,
    )
    return desk.client.agree(proposal.form.proposal, form.sign(desk.folder.signer))


def _read(desk: Desk, proposal: Signed[Proposal], rosters: Rosters, now_ms: int) -> ReadProposal:
    grounds: ChangeGrounds | None = None
    try:
        grounds = desk.read_with(lambda key: read_change_grounds(proposal, key, desk.folder.agency, rosters))
        examine_change(proposal.form, grounds, rosters, now_ms)
    except VaultError as error:
        return ReadProposal(proposal, grounds, str(error))
    return ReadProposal(proposal, grounds, None)
