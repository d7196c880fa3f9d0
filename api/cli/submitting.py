"""An agency's daily work with the service: `sealink submit`, `status`, `results`, `match-one`, `job`.

May touch: disk (the agency's folder), network, terminal
Sees:      the agency's own record ids and pseudonyms
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Column, Table

from api.cli.connecting import CUSTODY, AsJson, Folder, PassphraseFile, Project, as_agency, as_custodian
from api.cli.console import REFUSED, err, out, progress, project_source
from api.moments import day
from linkage.errors import BatchError

job = typer.Typer(no_args_is_help=True, help="Matching of all that agencies have sent, by the unit's workers.")


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.command("submit")(submit)
    app.command("status")(status)
    app.command("results")(results)
    app.command("match-one")(match_one)
    app.add_typer(job, name="job")


def submit(
    project: Project,
    source: Annotated[str, typer.Option(help="Name of the source, sealed before with sealink encode --for.")],
    kind: Annotated[
        Literal["whole", "changes"], typer.Option(help="whole: the agency's file anew. changes: some records of it.")
    ] = "whole",
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Send a sealed batch. Ended with Ctrl-C or cut off, the same command goes on where it was."""
    from api.custodian_work import SEALED

    with as_custodian(at, passphrase_file) as (client, folder), progress() as bar:
        file = folder.project(project) / f"{source}{SEALED}"
        if not file.exists():
            raise BatchError(
                f"{file}: not there", hint=f"sealink encode PROJECT.toml --source {source} --for {project}"
            )
        found = client.submit(project, file, kind, bar(f"submit {source}"))
    err.print(f"{found['records']:,} records taken as batch {found['batch']}", highlight=False)
    err.print(f"next: sealink job start {project}, once all agencies have sent theirs")


@job.command("start")
def start(
    project: Project,
    kind: Annotated[
        Literal["match", "apply-review"],
        typer.Option(help="match: all records anew. apply-review: the same, for the reviewers' decisions' sake."),
    ] = "match",
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Ask the unit to match; any agency of the project may."""
    with as_agency(at, passphrase_file) as client:
        made = client.start_job(project, kind)
    out.print(made["job"], highlight=False)
    err.print(f"next: sealink status {project} --wait")


@job.command("cancel")
def cancel(
    project: Project,
    name: Annotated[str, typer.Argument(metavar="JOB", help="The job's id, as status shows it.")],
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Cancel a job that this agency started."""
    with as_agency(at, passphrase_file) as client:
        client.cancel_job(project, name)
    err.print(f"cancelled: {name}", highlight=False)


def status(
    project: Project,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the last job to its end; exit 2 unless it is done.")
    ] = False,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Show this agency's batches and the project's jobs."""
    with as_agency(at, passphrase_file) as client:
        jobs = client.list_jobs(project)
        if wait and jobs:
            with progress() as bar:
                last = client.wait_for_job(project, jobs[-1]["job"], bar("match"))
            jobs[-1] = last
        batches = client.list_batches(project)
    if as_json:
        out.print_json(data={"batches": batches, "jobs": jobs})
    else:
        out.print(_table(batches, ("batch", "kind", "records", "state", "received_ms")))
        out.print(_table(jobs, ("job", "kind", "state", "phase", "done", "failure", "created_ms")))
    if wait and (not jobs or jobs[-1]["state"] != "done"):
        raise typer.Exit(REFUSED)


def results(
    project: Project,
    to: Annotated[Path, typer.Option("--out", help="CSV to write: record,pseudonym and, where told, known_elsewhere.")],
    changes: Annotated[bool, typer.Option("--changes", help="Show what merged or split in the last job, too.")] = False,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Fetch this agency's own records with the pseudonyms of their children, under its own record ids."""
    from api.custodian_work import own_results
    from linkage.whole_file import whole_file

    with as_custodian(at, passphrase_file) as (client, folder):
        rows = sorted(own_results(folder, client, project), key=lambda row: (row[1], row[0]))
        told = any(row[2] is not None for row in rows)
        with whole_file(to, is_private=True) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("record", "pseudonym", "known_elsewhere") if told else ("record", "pseudonym"))
            writer.writerows((record, name, _word(known)) if told else (record, name) for record, name, known in rows)
        changed = client.list_changes(project) if changes else []
    err.print(f"{len(rows):,} records of {len({row[1] for row in rows}):,} children → {to}")
    if changes:
        out.print(_table(changed, ("kind", "pseudonym", "others")))


def match_one(
    project: Annotated[Path, typer.Argument(metavar="PROJECT.toml")],
    source: Annotated[str, typer.Option(help=r"Name of the [\[source]] whose mapping the record is read by.")],
    record: Annotated[Path, typer.Option(help="File of one record, with the source's columns.")],
    service_project: Annotated[str, typer.Option("--for", help="Code of the service's project.")],
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask whether the child of one record is known: match, unsure (a person would have to look) or none.

    The record is encoded and sealed here; neither this folder nor the unit keeps it. Each question counts toward the
    agency's quota and is an entry of the log.
    """
    from api.custodian_work import match_record

    with as_custodian(at, passphrase_file) as (client, folder):
        loaded, chosen = project_source(project, source, record)
        found = match_record(folder, client, service_project, loaded, chosen)
    if as_json:
        out.print_json(data=found)
        return
    elsewhere = _word(found["known_elsewhere"]) or "not told"
    out.print(_table([{**found, "known_elsewhere": elsewhere}], ("known", "pseudonym", "known_elsewhere")))
    if found["pseudonym"]:
        err.print(f"next: sealink results {service_project} --out FILE lists your own records under this pseudonym")


def _word(known: bool | None) -> str:
    return "" if known is None else "yes" if known else "no"


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    """Columns whose name ends in `_ms` are shown as days."""
    first, *others = (name.removesuffix("_ms") for name in columns)
    table = Table(Column(first, no_wrap=True), *others, box=None)  # an id that is cut off cannot be copied
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in columns))
    return table


def _cell(name: str, value: Any) -> str:
    if name == "done":
        return f"{value:.0%}"
    if name.endswith("_ms"):
        return day(value)
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
