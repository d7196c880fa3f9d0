"""`sealink evaluate`: judge links against a truth that the caller has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import out, refusals


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.command("evaluate")(evaluate)


def evaluate(
    links: Annotated[Path, typer.Option(help="links.csv of a linkage.")],
    truth: Annotated[Path, typer.Option(help="CSV with source,record,entity.")],
    strata: Annotated[Path | None, typer.Option(help="CSV with source,record,stratum: recall per stratum.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Pairwise and B-cubed precision, recall and F1 of links, across and within sources."""
    from linkage.evaluation import evaluate as judge
    from linkage.evaluation_files import read_evaluation_table
    from linkage.evaluation_table import evaluation_table

    with refusals():
        flags = read_evaluation_table(strata) if strata else None
        quality = judge(read_evaluation_table(links), read_evaluation_table(truth), flags)
    if as_json:
        typer.echo(json.dumps(quality.to_json_dict(), ensure_ascii=False, indent=1))
    else:
        out.print(evaluation_table(quality))
