"""`sealink link`: rehearse a whole linkage on one machine, and `sealink demo`: the same on data that everybody has.

Commands import what they need when they are called, so that `--help` and small commands answer at once.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import err, progress, refusals
from api.cli.console import out as console

Workers = Annotated[int, typer.Option(min=1, help="Processes and threads to use.")]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.command("link")(link)
    app.command("demo")(demo)


def link(
    project: Annotated[Path, typer.Argument(metavar="PROJECT.toml", help="Sources, mapping, schema, population.")],
    out: Annotated[
        Path, typer.Option(help="Folder for links.csv, review.csv, clusters.csv, report.json, report.html, log/.")
    ],
    workers: Workers = 2,
) -> None:
    """Link the files of several agencies on this machine, as agencies and linkage unit would apart."""
    from api.outcome import write_outcome
    from api.rehearsal import publish, rehearse, working_folder
    from api.run_log import log_run, run_of
    from linkage.encoding.project import load_project
    from linkage.schema import load_schema

    with refusals(), progress() as bar:
        loaded = load_project(project, lambda name: load_schema(name, project.parent).fields)
        with working_folder(out) as work:
            rehearsal = rehearse(loaded, Path(work), bar, workers=workers)
            made = Path(work) / "results"
            made.mkdir()
            outcome = write_outcome(rehearsal, made)
            log_run(run_of(rehearsal, outcome), made, out)
            publish(made, out)
    err.print(
        f"{outcome.records:,} records, {outcome.links:,} linked pairs, {outcome.review:,} pairs for review, "
        f"{outcome.clusters:,} children with more than one record → {out}"
    )
    err.print(f"entered into the run's log: sealink audit verify {out}/log --keys {out}/log/vkeys", highlight=False)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the demo's files and results.")] = Path("demo-out"),
    children: Annotated[int, typer.Option(min=100, help="Children in the generated city.")] = 5000,
    workers: Workers = 2,
    once: Annotated[bool, typer.Option("--once", help="End after the story, instead of serving until Ctrl-C.")] = False,
) -> None:
    """Link FEBRL4 and a generated city; seal a case and open it by law; then serve three agencies that link."""
    from api.cli.connecting import service_refusals
    from api.demo import run_demo
    from api.service_demo import told_story
    from api.vault.demo import tell_vault_story

    def say(line: str) -> None:
        err.print(line, highlight=False)

    with service_refusals():
        with progress() as bar:
            table = run_demo(out, children, workers, bar)
        console.print(table)
        console.print(tell_vault_story(out / "vault", say))
        with ExitStack() as still_serving:
            with progress() as bar:
                story = told_story(out / "service", children, bar, say)
                table, address = still_serving.enter_context(story)
            console.print(table)
            if not once:
                _serve_until_interrupted(address)


def _serve_until_interrupted(address: str) -> None:
    err.print(f"still serving: {address}/docs, {address}/log/checkpoint; Ctrl-C ends it")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        err.print("ended")
