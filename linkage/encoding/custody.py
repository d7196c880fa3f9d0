"""The custodian's whole half for one source: file → records → batch and private map.

It joins reading, mapping and encoding, and adds nothing to them. `sealink encode` and the rehearsal both call it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from linkage.encoded import LOCAL, Place, read_batch
from linkage.encoding.batch import EncodedSource, encode_source
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.mapping import apply_mapping
from linkage.encoding.normalise.version import NORMALISER_VERSION, tables_digest
from linkage.encoding.project import Project, Source
from linkage.encoding.reader import read_source
from linkage.errors import PlanError
from linkage.health.examine import examine, refuse_unhealthy
from linkage.health.report import HealthReport
from linkage.plan import Plan, diffusion_for
from linkage.plan_file import read_plan
from linkage.planner import Choice, choose
from linkage.reference import load_reference, load_worth
from linkage.schema import load_schema, schema_path
from linkage.whole_file import whole_file


@dataclass(frozen=True, slots=True)
class Custody:
    """What a custodian may say of its own file after encoding it: counts, never values."""

    rows_read: int
    rows_filtered: int
    encoded: EncodedSource
    health: HealthReport


def plan_of(project: Project) -> Plan:
    """The plan that a project file stands for, under the normaliser that is installed here.

    Its key types come from the project's plan file, or else from the planner, which chooses the same everywhere.
    Raises PlanError when the plan file does not fit or no key type keeps the entropy floor.
    """
    schema = load_schema(project.schema, project.path.parent)
    diffusion = project.diffusion or diffusion_for(project.population)
    reference = load_reference(project.schema, schema, project.path.parent)
    plan = Plan(
        schema, project.scheme, project.population, normaliser_fingerprint(), diffusion=diffusion, reference=reference
    )
    if project.plan is not None:
        return read_plan(_plan_text(project.plan), project.plan, schema, plan)
    if project.scheme == "clk":
        return plan
    chosen = choose_keys(project)
    return plan.with_keys(chosen.key_types, chosen.leakage)


def choose_keys(project: Project) -> Choice:
    """The planner's choice for a project, with what was left out."""
    base = project.path.parent
    path = schema_path(project.schema, base)
    return _choose(project.schema, base, path.stat().st_mtime_ns, project.population)


@lru_cache(maxsize=8)
def _choose(name: str, base: Path, changed: int, population: int) -> Choice:
    schema = load_schema(name, base)
    return choose(schema, load_reference(name, schema, base), load_worth(name, base), population)


def _plan_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError.at(path, "the plan file cannot be read", hint="make it with sealink project plan") from error


def normaliser_fingerprint() -> str:
    """Names the code and tables that turn cells into tags; two custodians must run the same."""
    return f"{NORMALISER_VERSION}/{tables_digest()[:16]}"


def encode_file(
    source: Source,
    plan: Plan,
    secret: LinkageSecret,
    agency: AgencyKey,
    batch_path: Path,
    private_path: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    date: str = "",
    examined: Callable[[HealthReport], object] = lambda report: None,
    place: Place = LOCAL,
) -> Custody:
    """Encode one source file and examine the batch before it stands under its name.

    `examined` gets the health report in any case. Raises SourceFileError, MappingError or, for a batch that fails its
    health report, HealthError; neither batch nor private map is left behind then.
    """
    with whole_file(private_path) as private, whole_file(batch_path) as batch:
        encoded, rows = encode_unchecked(source, plan, secret, agency, batch, private, progress, place)
        report = examine(read_batch(batch), plan, date, encoded.own)
        examined(report)
        refuse_unhealthy(report)
    return Custody(*rows, encoded, report)


def encode_unchecked(
    source: Source,
    plan: Plan,
    secret: LinkageSecret,
    agency: AgencyKey,
    batch_path: Path,
    private_path: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    place: Place = LOCAL,
) -> tuple[EncodedSource, tuple[int, int]]:
    """Encode one source file, and rows read and filtered out. The batch must not leave before it was examined."""
    table = read_source(source.file, source.columns, source.record_id, source.filter)
    records = apply_mapping(table, source.fields)
    encoded = encode_source(source.name, records, plan, secret, agency, batch_path, private_path, progress, place)
    return encoded, (table.rows_read, table.rows_filtered)
