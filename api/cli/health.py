"""`sealink health`: examine a batch before it goes out, or after it came in.

Alone it sees what the linkage unit sees. With the project, the source and both keys it is the custodian's long form:
the source is encoded once more into a folder that goes away, and must give the same batch key by key.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli.console import Advance, err, progress, project_source, refusals

if TYPE_CHECKING:
    from linkage.encoded import Batch
    from linkage.health.report import HealthReport


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("health")(health)


def today() -> str:
    """The date that a report bears."""
    return datetime.now(UTC).date().isoformat()  # noqa: TID251 - the edge may look at the clock


def keep_report(folder: Path, report: HealthReport) -> Path:
    """Write the report's two files and say what did not pass; returns the page's path."""
    from linkage.report.health_page import write_health

    page = write_health(folder, report)
    for check in report.checks:
        if check.outcome != "passed":
            colour = "red" if check.outcome == "failed" else "dim"
            err.print(f"  [{colour}]{check.outcome}[/]: {check.rule.title.en} · {check.rule.title.zh}", highlight=False)
    passed = sum(check.outcome == "passed" for check in report.checks)
    err.print(f"health: {passed} of {len(report.checks)} checks passed → {page}")
    return page


def health(
    batch: Annotated[Path, typer.Argument(metavar="BATCH", help="NAME.batch, as encoded or as received.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for NAME.health.json and .html; default: beside the batch.")
    ] = None,
    population: Annotated[int | None, typer.Option(min=1, help="The plan's number of children.")] = None,
    schema: Annotated[str, typer.Option(help="The plan's linkage schema: a built-in name or a file.")] = "cn-child-v1",
    scheme: Annotated[Literal["match-keys", "clk"] | None, typer.Option(help="Default: what the batch says.")] = None,
    diffusion: Annotated[int | None, typer.Option(help="The plan's t, if its project file states one.")] = None,
    plan: Annotated[Path | None, typer.Option(help="The project's plan file, if it has one.")] = None,
    project: Annotated[Path | None, typer.Option(metavar="PROJECT.toml", help="Long form: the project file.")] = None,
    source: Annotated[
        str | None, typer.Option(help=r"Long form: the [\[source]]; default: what the batch says.")
    ] = None,
    secret: Annotated[Path | None, typer.Option(help="Long form: key file of the linkage secret.")] = None,
    agency_key: Annotated[Path | None, typer.Option(help="Long form: key file of this agency's own key.")] = None,
    date: Annotated[str | None, typer.Option(help="Date on the report (ISO 8601); default: today.")] = None,
) -> None:
    """Measure what a batch shows to whoever holds it; exit 1 when it fails."""
    from linkage.encoded import read_batch
    from linkage.errors import HealthError
    from linkage.flows.plan_for_batches import plan_for_batches
    from linkage.health.examine import examine

    with refusals(), progress() as bar:
        opened = read_batch(batch)
        when = date or today()
        if project is not None:
            if secret is None or agency_key is None:
                raise HealthError("the long form needs --secret and --agency-key beside --project")
            report = _long_form(opened, project, source, secret, agency_key, when, bar("encode again"))
        elif population is None:
            raise HealthError("state the plan's --population, or --project for the long form")
        else:
            said = scheme or ("clk" if opened.header.scheme == "clk" else "match-keys")
            made = plan_for_batches(schema, said, population, opened.header.normaliser, diffusion, plan)
            report = examine(opened, made, when, progress=bar("examine"))
        folder = out or batch.parent
        folder.mkdir(parents=True, exist_ok=True)
        keep_report(folder, report)
    if not report.passed:
        raise typer.Exit(1)


def _long_form(
    opened: Batch, project: Path, source: str | None, secret: Path, agency_key: Path, date: str, advance: Advance
) -> HealthReport:
    """The custodian's form of a batch that exists already."""
    from linkage.encoding.custody import plan_of
    from linkage.encoding.keys import AgencyKey, LinkageSecret
    from linkage.encoding.long_form import examine_again

    loaded, chosen = project_source(project, source or opened.header.source)
    keys = LinkageSecret.load(secret), AgencyKey.load(agency_key)
    with tempfile.TemporaryDirectory(prefix=".sealink-") as work:
        age = _age_in_days(secret, date)
        return examine_again(opened, chosen, plan_of(loaded), *keys, Path(work), date, age, advance)


def _age_in_days(file: Path, date: str) -> int | None:
    """Days from the file's own date to `date`; None when `date` is no ISO date."""
    try:
        day = datetime.fromisoformat(date).date()
    except ValueError:
        return None
    return max(0, (day - datetime.fromtimestamp(file.stat().st_mtime, UTC).date()).days)
