"""The linkage unit's command: batches in, links by row out. It has no key and reads no source file."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.console import err, progress, refusals
from api.cli.health import keep_report, today


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.command("match")(match)


def match(
    batches: Annotated[list[Path], typer.Argument(help="Batches of all sources, made under one plan.")],
    out: Annotated[Path, typer.Option(help="Folder for links.csv, clusters.csv and one NAME.result.csv a source.")],
    population: Annotated[int, typer.Option(min=1, help="The plan's number of children.")],
    schema: Annotated[str, typer.Option(help="The plan's linkage schema: a built-in name or a file.")] = "cn-child-v1",
    scheme: Annotated[Literal["match-keys", "clk"], typer.Option(help="The plan's scheme.")] = "match-keys",
    diffusion: Annotated[int | None, typer.Option(help="The plan's t, if its project file states one.")] = None,
    plan: Annotated[Path | None, typer.Option(help="The project's plan file, if it has one.")] = None,
    one_to_one: Annotated[bool, typer.Option(help="No source holds a child twice.")] = False,
    within_sources: Annotated[bool, typer.Option(help="Also link duplicates inside one source.")] = True,
    workers: Annotated[int, typer.Option(min=1, help="Threads to use.")] = 2,
) -> None:
    """Match batches by key equality. Results name rows of batches; each agency resolves its own.

    Every batch is examined first; one that fails its health report stops the match, and its report says why.
    """
    import numpy as np
    import pyarrow as pa

    from linkage.encoded import check_batch, read_batch
    from linkage.errors import BatchError
    from linkage.flows.examine_batches import examine_batches, refuse_failing
    from linkage.flows.match_batches import Rules, match_batches
    from linkage.flows.plan_for_batches import plan_for_batches
    from linkage.matching.cluster_pairs import linked_pairs
    from linkage.results import Naming, write_clusters, write_pairs, write_recipient

    with refusals(), progress() as bar:
        opened = [read_batch(path) for path in batches]
        if len({batch.header.source for batch in opened}) < len(opened):
            raise BatchError("two batches come from the same source", hint="give each source's batch once")
        agreed = plan_for_batches(schema, scheme, population, opened[0].header.normaliser, diffusion, plan)
        for batch in opened:
            check_batch(batch, agreed)
        out.mkdir(parents=True, exist_ok=True)
        reports = examine_batches(opened, agreed, today(), bar("examine"))
        for report in reports:
            keep_report(out, report)
        refuse_failing(reports)
        advance = bar("match")
        with tempfile.TemporaryDirectory(prefix=".sealink-") as scratch:
            found = match_batches(
                opened, agreed, Rules(within_sources, one_to_one), threads=workers, scratch=Path(scratch),
                progress=lambda step, done, total: advance(done, total),
            )  # fmt: skip
        pairs = linked_pairs(found.clusters, found.pairs.a, found.pairs.b, found.weight)
        rows = np.concatenate([np.arange(len(batch)) for batch in opened])
        naming = Naming([b.header.source for b in opened], found.source, pa.array(rows).cast(pa.string()), "row")
        write_pairs(out / "links.csv", naming, pairs)
        write_clusters(out / "clusters.csv", naming, found.clusters)
        for number, batch in enumerate(opened):
            path = out / f"{batch.header.source}.result.csv"
            write_recipient(path, number, found.source, found.clusters, secrets.token_bytes(32))
    err.print(f"{len(rows):,} records, {len(pairs):,} linked pairs → {out}")
