"""`sealink desk correct`, `corrections` and `answer-correction`: the procuratorate supervises, who was told answers."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import desk as desk_commands
from api.cli.console import err, refusals
from api.cli.desk import HERE, At, PassphraseFile, opened_at

if TYPE_CHECKING:
    from api.vault.correction_work import ReadCorrection

Words = Annotated[Path, typer.Option(help="Text file with names and circumstances, for the two desks alone.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the desk's."""
    desk_commands.desk.command("correct")(correct)
    desk_commands.desk.command("corrections")(corrections)
    desk_commands.desk.command("answer-correction")(answer_correction)


def correct(
    to: Annotated[str, typer.Argument(help="Code of the agency that must put something right.")],
    fault: Annotated[str, typer.Option(help="One of the closed list, as sealed-late, leaked or ordinary-check.")],
    about: Annotated[Path, typer.Option(help="The notice, letter or complaint that it is about; its hash is signed.")],
    words: Words,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Tell an agency to put a fault of sealing right (a supervisor of the procuratorate); prints the notice's id."""
    from api.vault import correction_work

    with refusals():
        digest = hashlib.sha256(about.read_bytes()).hexdigest()
        desk = opened_at(at, passphrase_file)
        notice = correction_work.issue(desk, to, fault, digest, words.read_text(encoding="utf-8"))
    typer.echo(notice)


def corrections(at: At = HERE, passphrase_file: PassphraseFile = None) -> None:
    """List the notices to correct that this agency issued or got, with their answers."""
    from api.vault import correction_work

    with refusals():
        found = correction_work.read(opened_at(at, passphrase_file))
    for one in found:
        _tell(one)
    if not found:
        err.print("no notices to correct")


def answer_correction(
    notice: Annotated[str, typer.Argument(help="The notice's id, as `corrections` lists it.")],
    measure: Annotated[str, typer.Option(help="corrected, being-corrected, no-fault or passed-on.")],
    words: Words,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Answer a notice to correct (a decider or sealer of the agency that was told)."""
    from api.vault import correction_work

    with refusals():
        said = words.read_text(encoding="utf-8")
        correction_work.answer(opened_at(at, passphrase_file), notice, measure, said)
    err.print("answered")


def _tell(one: ReadCorrection) -> None:
    from vault.law.calendar import SHANGHAI

    form = one.notice.form
    due = datetime.fromtimestamp(one.due_ms / 1000, SHANGHAI)
    typer.echo(f"{form.correction} {form.agency} → {form.to}: {form.fault}, {one.state.value}, answer before {due:%F}")
    typer.echo(f"  {one.words}")
    if one.answer is not None:
        typer.echo(f"  {one.answer.measure}: {one.answer_words}")
