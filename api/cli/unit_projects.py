"""The operator's commands at the unit itself, without HTTP: lay down a project, show projects, close one.

Every act is an entry of the log. Whoever sits at the unit's machine may do this; over the network it needs a person's
session with the operator's role.

May touch: disk, database, a local socket (the signer)
Sees:      nothing personal
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import err, out
from api.cli.serve import SettingsFile
from api.cli.unit_agencies import SETTINGS, at_the_unit, unit
from api.moments import day

project = typer.Typer(no_args_is_help=True, help="Projects: what is linked, for which purpose, by whom, how long.")
Code = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's code, in lower case: missing-children.")]


def register(_: typer.Typer) -> None:
    """Add these to the operator's own group."""
    unit.add_typer(project, name="project")


@project.command("create")
def create(
    code: Code,
    file: Annotated[Path, typer.Argument(metavar="PROJECT.toml", help=r"Its \[project] table: schema, population …")],
    purpose: Annotated[str, typer.Option(help="What for, in a sentence.")],
    legal_basis: Annotated[str, typer.Option(help="By which law or opinion.")],
    member: Annotated[list[str], typer.Option(help="Code of a member agency; repeat it.")],
    retention_days: Annotated[int, typer.Option(min=1, max=3_650, help="Days until all is erased.")],
    elsewhere_basis: Annotated[
        str,
        typer.Option(help="Basis for telling an agency that a child is known elsewhere; without it, it is not told."),
    ] = "",
    settings: SettingsFile = SETTINGS,
) -> None:
    """Lay a project down; its agencies are invited and join with their own keys."""
    from linkage.encoding.custody import normaliser_fingerprint
    from linkage.encoding.project import load_terms
    from linkage.flows.manage_projects import create_project
    from linkage.projects import Terms

    with at_the_unit(settings) as (opened, caller):
        stated = load_terms(file)
        terms = Terms(
            stated.schema, stated.scheme, stated.population, normaliser_fingerprint(), stated.diffusion or 0, purpose,
            legal_basis, elsewhere_basis, retention_days, tuple(sorted(member)),
        )  # fmt: skip
        made = create_project(opened, caller, code, terms)
    err.print(f"{code} stands, its data until {day(made.until_ms)}; plan {made.fingerprint[:16]}", highlight=False)
    err.print(f"next, at each agency: sealink join {code}")


@project.command("list")
def list_all(settings: SettingsFile = SETTINGS) -> None:
    """Show all projects."""
    from linkage.flows.manage_projects import list_projects

    table = Table("project", "state", "members", "population", "until", box=None)
    with at_the_unit(settings) as (opened, caller):
        for each in list_projects(opened, caller, "", 10_000):
            members = " ".join(each.terms.members)
            table.add_row(each.code, str(each.state), members, f"{each.terms.population:,}", day(each.until_ms))
    out.print(table)


@project.command("close")
def close(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Take no more batches; what it holds stays until its term."""
    from linkage.flows.manage_projects import close_project, read_project

    with at_the_unit(settings) as (opened, caller):
        close_project(opened, caller, code, read_project(opened, caller, code).version)
    err.print(f"{code} closed")
