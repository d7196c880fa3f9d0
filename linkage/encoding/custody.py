"""The custodian's whole half for one source: file → records → batch and private map.

It joins reading, mapping and encoding, and adds nothing to them. `sealink encode` and the rehearsal both call it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linkage.encoding.batch import EncodedSource, encode_source
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.mapping import apply_mapping
from linkage.encoding.normalise.version import NORMALISER_VERSION, tables_digest
from linkage.encoding.project import Project, Source
from linkage.encoding.reader import read_source
from linkage.plan import Plan, diffusion_for
from linkage.schema import load_schema


@dataclass(frozen=True, slots=True)
class Custody:
    """What a custodian may say of its own file after encoding it: counts, never values."""

    rows_read: int
    rows_filtered: int
    encoded: EncodedSource


def plan_of(project: Project) -> Plan:
    """The plan that a project file stands for, under the normaliser that is installed here."""
    schema = load_schema(project.schema, project.path.parent)
    diffusion = project.diffusion or diffusion_for(project.population)
    return Plan(schema, project.scheme, project.population, normaliser_fingerprint(), diffusion=diffusion)


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
) -> Custody:
    """Encode one source file. Raises SourceFileError or MappingError with nothing written."""
    table = read_source(source.file, source.columns, source.record_id, source.filter)
    records = apply_mapping(table, source.fields)
    encoded = encode_source(source.name, records, plan, secret, agency, batch_path, private_path, progress)
    return Custody(table.rows_read, table.rows_filtered, encoded)
