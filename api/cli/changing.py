"""`sealink desk propose` and `agree`: unseal a record, seal it again or shred it, on two desks that examine the law."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import desk as desk_commands
from api.cli.console import err, refusals
from api.cli.desk import HERE, At, PassphraseFile, opened_at

if TYPE_CHECKING:
    from api.vault.change_work import ReadProposal


def register(app: typer.Typer) -> None:
    """Add these commands to the desk's."""
    desk_commands.desk.command("propose")(propose)
    desk_commands.desk.command("agree")(agree)


def propose(
    record: Annotated[str, typer.Argument(help="The record's id.")],
    change: Annotated[str, typer.Option(help="unsealed, sealed (again) or shredded.")],
    cause: Annotated[
        str,
        typer.Option(
            help="unsealed: a cause of `sealink law show`; sealed: cause-fell-away or unsealed-without-cause; "
            "shredded: competent-decision."
        ),
    ],
    judgment: Annotated[Path, typer.Option(help="The judgment or decision; its hash is signed.")],
    from_day: Annotated[str, typer.Option(help="The day on which the cause arose, YYYY-MM-DD.")],
    term_months: Annotated[int | None, typer.Option(min=0, help="The merged or new term, for an unsealing.")] = None,
    life: Annotated[bool, typer.Option("--life", help="The new term is for life.")] = False,
    findings: Annotated[
        list[Path] | None,
        typer.Option("--finding", help="A signed answer of `sealink desk finding` about this record."),
    ] = None,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Propose to unseal a record, seal it again or shred it, if the law allows; half-holding agencies must agree."""
    from api.vault import change_work

    with refusals():
        wanted = change_work.Wanted(
            record, change, cause, hashlib.sha256(judgment.read_bytes()).hexdigest(), from_day, term_months, life,
            [path.read_bytes() for path in findings or ()],
        )  # fmt: skip
        proposal = change_work.propose(opened_at(at, passphrase_file), wanted)
    typer.echo(proposal)


def agree(
    proposal: Annotated[str, typer.Argument(help="The proposal's id; without one, those that wait are listed.")] = "",
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Agree to a change of a record's state that the law allows; with the last agreement it is done."""
    from api.vault import change_work

    with refusals():
        desk = opened_at(at, passphrase_file)
        waiting = change_work.proposed(desk) if proposal else change_work.read_proposals(desk)
        for one in waiting:
            if one.proposal.form.proposal == proposal:
                done = change_work.agree(desk, one.proposal)
                err.print("done" if done else "agreed; another agency must as well")
                return
    for one in waiting:
        typer.echo(_line(one))
    if proposal:
        err.print("refused: no proposal of this id waits")
        raise typer.Exit(2)


def _line(one: ReadProposal) -> str:
    form, grounds = one.proposal.form, one.grounds
    kinds = ", ".join(kind.value for kind in grounds.kinds) if grounds else "?"
    term = "" if grounds is None or grounds.term_months is None else f", {grounds.term_months} months"
    said = f"{form.proposal} {form.agency}: {form.record} ({kinds}) → {form.change}, {form.cause}{term}"
    return f"{said}, from {form.from_day}" + (f"; not lawful: {one.why_not}" if one.why_not else "")
