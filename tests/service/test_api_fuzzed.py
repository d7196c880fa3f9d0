"""The short form of `python -m bench.fuzz_api`: nothing answers 5xx, every answer is a described one."""

from __future__ import annotations

from typing import Any

import pytest
from api_fuzzing import Fuzzer, fuzzer_of
from schemathesis.core.failures import FailureGroup
from service_site import ServiceSite

from api.http.description import describe
from api.linkage.routers import ROUTERS
from linkage.job_clusters import JobClusters
from linkage.standing_records import StandingRecords

EXAMPLES = 12


@pytest.fixture
def fuzzer(place: ServiceSite) -> Fuzzer:
    app = place.app(*ROUTERS)
    app.state.least_free_bytes = 0
    app.state.subject_records = StandingRecords(JobClusters())
    return fuzzer_of(place, app, describe(ROUTERS))


def test_every_operation_keeps_its_description(fuzzer: Fuzzer) -> None:
    """Some request that anybody can send would be a fault, or be answered with something undescribed."""
    broken: dict[str, Any] = {}
    with fuzzer.http:
        for operation in fuzzer.operations():
            try:
                fuzzer.run(operation, EXAMPLES, number=1)
            except (Exception, FailureGroup) as error:
                broken[operation.label] = error
    assert not broken, "\n\n".join(f"{label}\n{error}" for label, error in broken.items())
    assert fuzzer.answers[200] and fuzzer.answers[422] and fuzzer.answers[401]
