"""Lawful proposals to change a record's state, with their findings, for tests to break one thing of."""

from __future__ import annotations

from typing import Any

from vault_cast import Cast

from audit.request_id import new_request_id
from vault.change_grounds import ChangeGrounds, seal_grounds
from vault.changing import Agreement, Proposal
from vault.findings import Question, change_matter_of, sign_finding
from vault.forms import open_form
from vault.law.calendar import civil_day
from vault.law.rules import in_force
from vault.vocabulary import RecordKind

JUDGMENT = "d" * 64
CAUSES = {"unsealed": "new-offence", "sealed": "cause-fell-away", "shredded": "competent-decision"}
_ASKED = {
    "unsealed": lambda own: [(own, Question.CAUSE_HAS_ARISEN, True)],
    "sealed": lambda own: [],
    "shredded": lambda own: [
        ("decider-court", Question.SHRED, True),
        ("decider-procuratorate", Question.SHRED, True),
        (own, Question.ON_HOLD, False),
    ],
}


def law_now(cast: Cast) -> str:
    """Hash of the shipped rules in force; `PaperLaw` names none that is shipped."""
    return in_force(civil_day(cast.now_ms)).sha256


def finding(
    cast: Cast, who: str, question: Question, answer: bool, *, record: str, sealed_by: str, cause: str,
    document: str = JUDGMENT,
) -> bytes:  # fmt: skip
    human = cast.people[who]
    matter = change_matter_of(sealed_by, record, cause)
    return sign_finding(human.person, human.agency, human.signer, question, answer, matter, document, cast.now_ms)


def findings(cast: Cast, record: str, change: str, short: str = "court", cause: str = "") -> list[bytes]:
    """What a lawful change of that kind needs answered."""
    about = {"record": record, "sealed_by": f"{short}-a", "cause": cause or CAUSES[change]}
    return [finding(cast, who, question, said, **about) for who, question, said in _ASKED[change](f"decider-{short}")]


def proposal(
    cast: Cast, record: str, change: str, short: str = "court", grounds: ChangeGrounds | None = None, **other: Any
) -> Proposal:
    """Lawful unless `grounds` or `other` fields say otherwise."""
    name, agency = new_request_id(cast.now_ms), f"{short}-a"
    term = 61 if change == "unsealed" else None
    grounds = grounds or ChangeGrounds.of([RecordKind.CONVICTION], term, False, findings(cast, record, change, short))
    said: dict[str, Any] = {
        "proposal": name,
        "record": record,
        "version": 1,
        "agency": agency,
        "decider": f"decider-{short}",
        "change": change,
        "cause": CAUSES[change],
        "rules": law_now(cast),
        "judgment": JUDGMENT,
        "grounds": grounds.sha256,
        "sealed_grounds": seal_grounds(grounds, name, agency, cast.rosters(), cast.now_ms),
        "from_day": civil_day(cast.now_ms).isoformat(),
        "proposed_ms": cast.now_ms,
    }
    return Proposal(**said | other)


def agreement(cast: Cast, signed: bytes, approver: str, now_ms: int) -> tuple[str, bytes]:
    """(proposal id, signed agreement to it)."""
    human = cast.people[approver]
    read_back = open_form(Proposal, signed, [one.signer.verifying_key for one in cast.people.values()])
    form = Agreement(
        agreement=new_request_id(now_ms),
        proposal=read_back.form.proposal,
        proposal_digest=read_back.hex,
        approver=human.person,
        agency=human.agency,
        agreed_ms=now_ms,
    )
    return form.proposal, form.sign(human.signer)
