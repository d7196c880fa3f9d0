"""`make demo`: two linkages on data that everybody has, judged against their truth.

FEBRL4 as an open world (public, Latin script, two sources) and a generated city of four agencies (Chinese, families and
twins). Both run through the rehearsal, exactly as a user's own project would.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from rich import box
from rich.table import Table

from api.outcome import write_outcome
from api.rehearsal import Bar, rehearse, working_folder
from api.run_log import log_run, run_of, verify_run_log
from linkage.encoding.project import load_project
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation_files import read_evaluation_table
from linkage.schema import load_schema
from linkage.synthetic.city import build_city
from linkage.synthetic.febrl import write_febrl4
from linkage.synthetic.files import write_city
from linkage.synthetic.profiles import TYPICAL

SEED = 20261123


def run_demo(out: Path, children: int, workers: int, bar: Bar) -> Table:
    """Write both data sets and their results under `out`; returns the table that the terminal shows."""
    table = Table(box=box.SIMPLE_HEAD, title="pairs across sources, judged against the truth", title_justify="left")
    table.add_column("data")
    for heading in ("records", "precision", "recall", "F1", "seconds"):
        table.add_column(heading, justify="right")
    write_febrl4(out / "febrl4" / "data", SEED)
    write_city(build_city(children, SEED, TYPICAL), out / "city" / "data")
    for name, title in (("febrl4", "FEBRL4, open world"), ("city", f"city of {children:,} children, four agencies")):
        started = time.perf_counter()
        quality = link_and_judge(out / name / "data" / "project.toml", out / name, workers, bar)
        seconds = time.perf_counter() - started
        scores = quality.across
        figures = (f"{score or 0:.4f}" for score in (scores.precision, scores.recall, scores.f1))
        table.add_row(title, f"{quality.records:,}", *figures, f"{seconds:.1f}")
        table.caption = verify_run_log(out / name)
    table.caption = f"both runs are in audit logs, verified: {table.caption}\n" + (
        f"charts: {out}/febrl4/report.html, {out}/city/report.html"
    )
    return table


def link_and_judge(project: Path, out: Path, workers: int, bar: Bar) -> Evaluation:
    """Link a project that has a truth.csv beside it, write results and report, return the evaluation."""
    loaded = load_project(project, lambda name: load_schema(name, project.parent).fields)
    truth = read_evaluation_table(project.with_name("truth.csv"))
    with working_folder(out) as work:
        rehearsal = rehearse(loaded, Path(work), bar, workers=workers)
        made = Path(work) / "results"
        made.mkdir()
        write_outcome(rehearsal, made)
        quality = evaluate(read_evaluation_table(made / "links.csv"), truth)
        outcome = write_outcome(rehearsal, made, quality)
        log_run(run_of(rehearsal, outcome), made, out)
        for file in made.iterdir():
            shutil.move(file, out / file.name)
    return quality
