"""Both clients against a running service: a sealed file goes up, a job runs, results come back."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pyarrow as pa
import pytest
from batch_site import PROJECT, handle
from job_site import ALONE, WORKER, sealed_children
from match_site import fresh, matched
from service_site import ServiceSite
from serving import serving
from test_run_job import begun, names

from api.client import AsyncSealinkClient, SealinkClient, ServiceError, SessionCredential, job_calls
from api.client.job_calls import Matched
from api.linkage.routers import ROUTERS
from linkage.flows.run_job import Worker, run_next_job

POLICE = SessionCredential("agency/police/someone")


def test_from_file_to_results(place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Client and service would each do right and not understand each other."""
    place, police, _ = begun(place_sqlite, tmp_path)
    monkeypatch.setattr(job_calls, "PART_BYTES", 4_000)
    file = tmp_path / "batch.sealed"
    file.write_bytes(sealed_children(place, tmp_path, police, {n: n for n in (1, 2, *ALONE)}))
    told: list[int] = []
    with serving(place.app(*ROUTERS)) as base, SealinkClient(base, POLICE) as client:
        batch = client.submit(PROJECT, file, "changes", lambda done, total: told.append(done))
        assert batch["records"] == 2 + len(ALONE) and batch in client.list_batches(PROJECT)
        assert len(told) > 3 and told == sorted(told) and told[-1] == file.stat().st_size
        with pytest.raises(ServiceError) as refused:
            client.submit(PROJECT, file, "changes")
        assert refused.value.code == "replayed"
        client.delete_record(PROJECT, handle(2).hex())
        job = client.start_job(PROJECT)["job"]
        worker = threading.Thread(target=run_next_job, args=(place.unit, WORKER, Worker()))
        worker.start()
        shares: list[int] = []
        ended = client.wait_for_job(PROJECT, job, lambda done, total: shares.append(done))
        worker.join()
        assert ended["state"] == "done" and shares == sorted(shares) and shares[-1] == 1000
        assert client.read_job(PROJECT, job) == ended == client.list_jobs(PROJECT)[-1]
        listed = {row["handle"]: row["pseudonym"] for row in client.list_results(PROJECT)}
        assert listed == {one.hex(): name.hex() for one, name in names(place, "police").items()}
        out = tmp_path / "results.arrow"
        assert client.save_results(PROJECT, out) == out.stat().st_size
        with pa.OSFile(str(out)) as saved:
            assert pa.ipc.open_stream(saved).read_all().num_rows == len(listed)
        assert client.list_changes(PROJECT) == client.list_changes(PROJECT, job) == []


def test_the_asynchronous_client_does_the_same(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """The same for programs with an event loop; and a job that nobody wants any more is stopped."""
    place, police, _ = begun(place_sqlite, tmp_path)
    file = tmp_path / "batch.sealed"
    file.write_bytes(sealed_children(place, tmp_path, police, {7: 7}))

    async def all_of_it(base: str) -> str:
        async with AsyncSealinkClient(base, POLICE) as client:
            assert (await client.submit(PROJECT, file, "changes"))["records"] == 1
            job = (await client.start_job(PROJECT))["job"]
            await client.cancel_job(PROJECT, job)
            ended = await client.wait_for_job(PROJECT, job)
            with pytest.raises(ServiceError) as refused:
                await client.save_results(PROJECT, tmp_path / "results.arrow")
            assert refused.value.code == "not-found" and not (tmp_path / "results.arrow").exists()
            return str(ended["state"])

    with serving(place.app(*ROUTERS)) as base:
        assert asyncio.run(all_of_it(base)) == "cancelled"


def test_one_record_is_asked_about(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """A program at the hospital's door could not ask, or be told another answer than the service gave."""
    police, _ = matched(place_sqlite, tmp_path)
    known, unknown = (fresh(place_sqlite, tmp_path, police, 50_000 + child, child, spoilt=0.0) for child in (10, 9_999))

    async def asked(base: str) -> Matched:
        async with AsyncSealinkClient(base, POLICE) as client:
            return await client.match_one(PROJECT, unknown)

    with serving(place_sqlite.app(*ROUTERS)) as base:
        with SealinkClient(base, POLICE) as client:
            found = client.match_one(PROJECT, known)
            own = {row["pseudonym"] for row in client.list_results(PROJECT)}
            assert found["known"] == "match" and found["pseudonym"] in own and found["known_elsewhere"] is None
            with pytest.raises(ServiceError) as refused:
                client.match_one(PROJECT, b"nothing")
            assert refused.value.code == "unsealed"
        assert asyncio.run(asked(base)) == {**found, "known": "none", "pseudonym": None}
