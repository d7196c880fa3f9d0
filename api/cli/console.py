"""The terminal: progress bars, the one shape of an error, exit codes. It decides nothing about linkage.

Rules of the user interface: results go to files and standard output, everything else to standard error; an error is
one sentence, and a second one that says what to do next; exit 2 means "nothing was written" (save the
health report that says why a batch was refused).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from api.client.calls import ServiceError
from audit.errors import AuditError
from linkage.errors import LinkageError, ProjectError
from vault.errors import VaultError

if TYPE_CHECKING:
    from linkage.encoding.project import Project, Source

REFUSED: Final = 2
INTERRUPTED: Final = 130

err = Console(stderr=True)
out = Console()

Advance = Callable[[int, int], None]


class _Rate(ProgressColumn):
    """Records (or whatever is counted) per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


@contextmanager
def progress() -> Iterator[Callable[[str], Advance]]:
    """Bars with rate and time left on standard error; yields a function that opens one bar."""
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=False) as bars:

        def bar(title: str) -> Advance:
            task = bars.add_task(title, total=None)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield bar


def project_source(project: Path, source: str, file: Path | None = None) -> tuple[Project, Source]:
    """A project file and its source of this name, read from `file` if given.

    ProjectError names the sources that there are.
    """
    from linkage.encoding.project import load_project
    from linkage.schema import load_schema

    files = {} if file is None else {source: file}
    loaded = load_project(project, lambda name: load_schema(name, project.parent).fields, files)
    for each in loaded.sources:
        if each.name == source:
            return loaded, each
    names = ", ".join(each.name for each in loaded.sources)
    raise ProjectError(f"{project}: no source of this name", hint=f"sources there: {names}")


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a domain error into one sentence and exit 2, an interrupt into exit 130."""
    try:
        yield
    except LinkageError as error:
        err.print(Text.assemble(("refused: ", "bold red"), str(error)), soft_wrap=True)
        if error.hint:
            err.print(Text.assemble(("next: ", "bold"), error.hint), soft_wrap=True)
        raise typer.Exit(REFUSED) from None
    except (AuditError, VaultError, ServiceError) as error:
        err.print(Text.assemble(("refused: ", "bold red"), str(error)), soft_wrap=True)
        raise typer.Exit(REFUSED) from None
    except OSError as error:
        if error.filename is None:  # not about a file that somebody named
            raise
        told = f"{_named(error.filename)}: {error.strerror}"
        err.print(Text.assemble(("refused: ", "bold red"), told), soft_wrap=True)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        err.print("interrupted: nothing half-written was left behind")
        raise typer.Exit(INTERRUPTED) from None


def _named(file: object) -> str:
    """The file as the user named it: a file that is being written has another name until it is whole."""
    path = Path(str(file))
    if path.suffix != ".partial":
        return str(path)
    return str(path.with_name(path.name.removeprefix(".").removesuffix(".partial")))
