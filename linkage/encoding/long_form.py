"""The custodian's long form of the health report, for a batch that exists already: encode again, compare, add.

The source is encoded once more under the same keys and must give the same batch, key by key; so records of the source
serve as canaries for program, keys and file at once. What is measured is the given batch; the second one only lends the
figures that need tags, and goes away.

May touch: disk (the source file, a working folder)
Sees:      names
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from linkage.encoded import Batch, arrow_schema, read_batch
from linkage.encoding.custody import encode_unchecked
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.project import Source
from linkage.health.examine import examine
from linkage.health.report import HealthReport
from linkage.plan import Plan


def examine_again(
    batch: Batch,
    source: Source,
    plan: Plan,
    secret: LinkageSecret,
    agency: AgencyKey,
    work: Path,
    date: str,
    key_days: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> HealthReport:
    """Report on `batch` with the custodian's figures from its source; `key_days` is the age of the linkage secret.

    Raises SourceFileError or MappingError. A batch that differs from its source fails a check and raises nothing.
    """
    again = work / "again.batch"
    private = work / "again.private"
    encoded, _ = encode_unchecked(source, plan, secret, agency, again, private, progress, batch.header.place)
    same = _equal(batch, read_batch(again), plan)
    own = replace(encoded.own, reproduced=same, key_days=key_days)
    return examine(batch, plan, date, own)


def _equal(a: Batch, b: Batch, plan: Plan) -> bool:
    """Same secret, handles, rows and keys in the same order."""
    names = arrow_schema(plan).names
    if a.header.secret != b.header.secret or len(a) != len(b) or not set(names) <= set(a.table.column_names):
        return False
    return all(a.table.column(name).equals(b.table.column(name)) for name in names)
