"""The custodian's commands: make keys, guess a mapping, encode a source, read back its own results."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli.connecting import CUSTODY, Folder, PassphraseFile, as_custodian
from api.cli.console import err, out, progress, project_source, refusals
from api.cli.health import keep_report, today
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.errors import BatchError
from linkage.whole_file import whole_file

if TYPE_CHECKING:
    from linkage.encoding.custody import Custody

mapping = typer.Typer(no_args_is_help=True, help="Find out which column means what.")


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.command("keygen")(keygen)
    app.command("encode")(encode)
    app.command("resolve")(resolve)
    app.add_typer(mapping, name="mapping")


def keygen(
    file: Annotated[Path, typer.Argument(help="New key file, readable by its owner only; never overwritten.")],
    kind: Annotated[
        Literal["linkage-secret", "agency-key"],
        typer.Option(
            help="linkage-secret: shared by the custodians of a project. agency-key: never leaves the agency."
        ),
    ],
) -> None:
    """Make a key file."""
    with refusals():
        key = LinkageSecret.generate() if kind == "linkage-secret" else AgencyKey.generate()
        key.save(file)
    err.print(f"{key.kind} {key.fingerprint} → {file}")


def encode(
    project: Annotated[Path, typer.Argument(metavar="PROJECT.toml")],
    source: Annotated[str, typer.Option(help=r"Name of the [\[source]] to encode.")],
    service_project: Annotated[
        str | None,
        typer.Option("--for", help="Code of the service's project: encode with its secret, seal to the unit."),
    ] = None,
    secret: Annotated[Path | None, typer.Option(help="Without --for: key file of the linkage secret.")] = None,
    agency_key: Annotated[Path | None, typer.Option(help="Without --for: key file of this agency's own key.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Without --for: folder for NAME.batch, NAME.private (stays), NAME.health.json, .html."),
    ] = None,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Encode one source: nothing in the batch names a child, NAME.private maps its rows to record ids.

    With --for, keys come from the custodian's folder and NAME.sealed is what `sealink submit` sends. A batch that fails
    its health report is not written; NAME.health.html says why.
    """
    if service_project is not None:
        if secret or agency_key or out:
            raise typer.BadParameter("with --for keys and files are those of the custodian's folder")
        _encode_for_service(project, source, service_project, at, passphrase_file)
    elif secret is None or agency_key is None or out is None:
        raise typer.BadParameter("name --secret, --agency-key and --out, or the service's project with --for")
    else:
        _encode_by_key_files(project, source, secret, agency_key, out)


def _encode_by_key_files(project: Path, source: str, secret: Path, agency_key: Path, to: Path) -> None:
    from linkage.encoding.custody import encode_file, plan_of

    with refusals(), progress() as bar:
        loaded, chosen = project_source(project, source)
        keys = LinkageSecret.load(secret), AgencyKey.load(agency_key)
        to.mkdir(parents=True, exist_ok=True)
        batch, private = to / f"{source}.batch", to / f"{source}.private"
        done = encode_file(
            chosen, plan_of(loaded), *keys, batch, private, bar(f"encode {source}"), date=today(),
            examined=lambda report: keep_report(to, report),
        )  # fmt: skip
    _tell(done, batch)


def _encode_for_service(project: Path, source: str, code: str, at: Path, passphrase_file: Path | None) -> None:
    from api.custodian_work import seal_source

    with as_custodian(at, passphrase_file) as (client, folder), progress() as bar:
        loaded, chosen = project_source(project, source)
        done, sealed = seal_source(
            folder, client, code, loaded, chosen, bar(f"encode {source}"), date=today(),
            examined=lambda report: keep_report(folder.project(code), report),
        )  # fmt: skip
    _tell(done, sealed)
    err.print(f"next: sealink submit {code} --source {source}")


def _tell(done: Custody, file: Path) -> None:
    err.print(f"{done.encoded.records:,} records encoded, {done.rows_filtered:,} kept out by the filter → {file}")
    for name, cells in done.encoded.fields.items():
        if cells.unreadable:
            err.print(f"  {name}: {cells.unreadable:,} records hold something unreadable, which counts as missing")
    for tag, count in done.encoded.too_common.items():
        err.print(
            f"  tag {tag}: {count:,} records hold a value that too many share (a default?), which counts as missing"
        )
    if done.encoded.foreign_ids:
        err.print(f"  resident_id: {done.encoded.foreign_ids:,} records carry another person's ID, not used")


def resolve(
    result: Annotated[Path, typer.Argument(help="This source's result from the linkage unit (NAME.result.csv).")],
    private: Annotated[Path, typer.Option(help="NAME.private, written when the batch was encoded.")],
    out: Annotated[Path, typer.Option(help="File to write: record,pseudonym,linked_elsewhere.")],
) -> None:
    """Put this agency's own record ids to its result; nobody else's records are in it."""
    from linkage.encoding.batch import read_private

    with refusals():
        ids = read_private(private)
        rows = _result_rows(result, len(ids))
        with whole_file(out, is_private=True) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("record", "pseudonym", "linked_elsewhere"))
            writer.writerows((ids[row], pseudonym, elsewhere) for row, pseudonym, elsewhere in rows)
    err.print(f"{len(rows):,} records → {out}")


@mapping.command("guess")
def mapping_guess(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or Excel file of one agency.")],
    schema: Annotated[Literal["cn-child-v1", "person-v1"], typer.Option(help="Linkage schema.")] = "cn-child-v1",
) -> None:
    r"""Propose a [\[source]] block from the headers and the values' shapes; look it over before use."""
    from linkage.encoding.guess import guess_mapping

    with refusals():
        out.print(guess_mapping(file, schema).to_toml(), markup=False, highlight=False, soft_wrap=True)


def _result_rows(path: Path, records: int) -> list[tuple[int, str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = [(int(r["row"]), r["pseudonym"], r["linked_elsewhere"]) for r in csv.DictReader(file)]
    except OSError as error:
        raise BatchError(f"{path}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise BatchError(f"{path}: not a result with the columns row, pseudonym, linked_elsewhere") from error
    if sorted(row for row, _, _ in found) != list(range(records)):
        raise BatchError(f"{path}: its rows are not those of the private map", hint="use the map of the same batch")
    return found
