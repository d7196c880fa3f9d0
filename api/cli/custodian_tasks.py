"""`sealink checks` and `sealink subjects`: what an agency is asked about its own records, and what subjects ask for.

May touch: disk (the agency's keys), network, terminal
Sees:      the agency's own record handles
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from api.cli.connecting import (
    CUSTODY,
    AsJson,
    Folder,
    PassphraseFile,
    Project,
    Session,
    as_agency,
    as_custodian,
    as_person,
)
from api.cli.console import err, out
from api.moments import day

if TYPE_CHECKING:
    from api.custody_folder import CustodyFolder

checks = typer.Typer(no_args_is_help=True, help="Records that the linkage unit asks you to check in your own file.")
subjects = typer.Typer(no_args_is_help=True, help="Access, correction and deletion as the children's own right.")

Private = Annotated[Path | None, typer.Option(help="NAME.private of your batch: show record ids, not handles.")]
Epoch = Annotated[int, typer.Option(help="Epoch of the linkage secret that the batch was encoded under.")]
Right = Literal["access", "correction", "deletion"]
Refusal = Literal["identity-unproven", "legal-retention", "statutory-duty", "confidential-by-law", "not-shown-wrong"]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(checks, name="checks")
    app.add_typer(subjects, name="subjects")


@checks.command("list")
def list_checks(
    project: Project,
    private: Private = None,
    epoch: Epoch = 1,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Your own records to be looked at, with the reason and the day."""
    with as_custodian(at, passphrase_file) as (client, folder):
        found = _named(client.list_checks(project), folder, private, project, epoch)
    _show(found, ("check", "record" if private else "handle", "reason", "state", "due_ms"), as_json)


@checks.command("answer")
def answer_check(
    project: Project,
    check: Annotated[str, typer.Argument(metavar="CHECK", help="The check's id.")],
    answer: Annotated[
        Literal["corrected", "confirmed", "declined"],
        typer.Option(help="corrected: sent anew. confirmed: it is right. declined: cannot tell."),
    ],
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say what you found; a correction itself is sent as a correction of the record."""
    with as_agency(at, passphrase_file) as client:
        client.answer_check(project, check, answer)
    err.print(f"{answer}: {check}", highlight=False)


@subjects.command("open")
def open_request(
    project: Project,
    right: Annotated[Right, typer.Option(help="What the subject asks for.")],
    handle: Annotated[str, typer.Option(help="Handle of your own record; asked for its record id when absent.")] = "",
    epoch: Epoch = 1,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Open a subject's request; every agency that holds a record of the child gets a task."""
    from api.own_records import handles_of

    with as_custodian(at, passphrase_file) as (client, folder):
        if not handle:  # a record id in an argument would stay in the shell's history
            record = typer.prompt("record id", err=True)
            (handle,) = handles_of([record], folder.agency_key(), project, epoch)
        found = client.open_subject_request(project, handle, right)
    _show([found], _REQUEST, as_json)


@subjects.command("open-for-pseudonym")
def open_for_pseudonym(
    project: Project,
    agency: Annotated[str, typer.Option(help="The agency that was given the pseudonym.")],
    pseudonym: Annotated[str, typer.Option(help="The pseudonym.")],
    right: Annotated[Right, typer.Option(help="What the subject asks for.")],
    session: Session,
    as_json: AsJson = False,
) -> None:
    """The same for the operator, when a subject turns to the linkage unit."""
    with as_person(session) as client:
        found = client.open_subject_request_by_pseudonym(project, agency, pseudonym, right)
    _show([found], _REQUEST, as_json)


@subjects.command("list")
def list_requests(
    project: Project, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None, as_json: AsJson = False
) -> None:
    """Requests that you opened, and how far they are."""
    with as_agency(at, passphrase_file) as client:
        found = client.list_subject_requests(project)
    _show(found, _REQUEST, as_json)


@subjects.command("tasks")
def list_tasks(
    project: Project,
    private: Private = None,
    epoch: Epoch = 1,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """What you have to do for subjects."""
    with as_custodian(at, passphrase_file) as (client, folder):
        found = _named(client.list_subject_tasks(project), folder, private, project, epoch)
    _show(found, ("task", "right", "record" if private else "handle", "state", "due_ms"), as_json)


@subjects.command("answer")
def answer_task(
    project: Project,
    task: Annotated[str, typer.Argument(metavar="TASK", help="The task's id.")],
    answer: Annotated[Literal["done", "refused", "no-record"], typer.Option(help="What became of it.")],
    reason: Annotated[Refusal | None, typer.Option(help="With `refused`: why.")] = None,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Answer a task. `done` on a deletion is taken when the record is gone from the unit."""
    with as_agency(at, passphrase_file) as client:
        client.answer_subject_task(project, task, answer, reason)
    err.print(f"{answer}: {task}", highlight=False)


@subjects.command("overdue")
def overdue(project: Project, session: Session, as_json: AsJson = False) -> None:
    """Tasks of all agencies whose day has passed (operator)."""
    with as_person(session) as client:
        found = client.list_overdue_tasks(project)
    _show(found, ("task", "agency", "right", "due_ms"), as_json)


_REQUEST = ("request", "right", "state", "overdue", "due_ms", "open_tasks", "answered_tasks")
_HEADINGS = {
    "check": "核对 · check",
    "handle": "记录句柄 · handle",
    "record": "记录编号 · record",
    "reason": "原因 · reason",
    "state": "状态 · state",
    "due_ms": "期限 · due",
    "task": "任务 · task",
    "request": "请求 · request",
    "right": "权利 · right",
    "agency": "机构 · agency",
    "overdue": "逾期 · overdue",
    "open_tasks": "未答 · open",
    "answered_tasks": "已答 · answered",
}


def _named(
    rows: list[dict[str, Any]], folder: CustodyFolder, private: Path | None, project: str, epoch: int
) -> list[dict[str, Any]]:
    """With record ids beside the handles, as far as the private map knows them."""
    if private is None:
        return rows
    from api.own_records import records_by_handle

    known = records_by_handle(private, folder.agency_key(), project, epoch)
    return [{**row, "record": known.get(row["handle"])} for row in rows]


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table(*(_HEADINGS[name] for name in columns))
    for row in rows:
        table.add_row(*(_cell(name, row[name]) for name in columns))
    out.print(table)


def _cell(name: str, value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是 · yes" if value else "否 · no"
    return day(value) if name == "due_ms" and isinstance(value, int) else str(value)
