"""Upload of encoded records over loopback with cut connections, beside a plain write and hash of the same bytes.

Run: `.venv/bin/python -m bench.upload [--records 1000000] [--cuts 5]`. The batch is random bytes of the CLK scheme's
width, sealed outside the clock: what is moved does not depend on what is in it. Parts are as large as the client's. The
server is a process of its own with the service's routes, database and log; its callers are named by a header, so
credentials are not in the figure. Commit (opening, checking, writing the standing file, entry) is timed apart, as a
batch of changes: the health report is timed by bench.health. Memory and processor time are what the kernel says of
the server's process. Writes bench/out/upload.json.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import uvicorn
from fastapi import Request

from api.auth.permissions import Role
from api.auth.principal import Principal
from api.client.job_calls import PART_BYTES
from api.free_port import free_port
from api.linkage.app import create_app
from api.linkage.routers import ROUTERS
from audit.crypto.hpke import OpeningKey, SealingKey
from audit.crypto.signatures import SigningKey
from audit.database import Database
from audit.events import Book
from audit.site import open_site
from linkage.agencies import AgencyState
from linkage.encoded import Batch, Header, arrow_schema
from linkage.encoding.sealed_batch import seal_batch
from linkage.encoding.secret_passing import join
from linkage.flows.manage_projects import plan_of_terms
from linkage.models import METADATA
from linkage.projects import Terms
from linkage.store import agencies
from linkage.unit import Policy, Unit, UnitKeys

OUT = Path(__file__).resolve().parent / "out"
PART = PART_BYTES
TERMS = Terms("cn-child-v1", "clk", 2_000_000, "bench", 10, "bench", "bench", "", 30, ("police",))
NEW_PROJECT = {
    "project": "bench", "schema_name": TERMS.schema, "scheme": TERMS.scheme, "population": TERMS.population,
    "normaliser": TERMS.normaliser, "diffusion": TERMS.diffusion, "purpose": "bench", "legal_basis": "bench",
    "retention_days": 30, "members": ["police"],
}  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--cuts", type=int, default=5)
    options.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(given.serve, given.port)
        return
    with tempfile.TemporaryDirectory() as name:
        result = measure(Path(name), given.records, given.cuts)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "upload.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"{result['records']:,} records, {result['megabytes']:.0f} MB, {result['cuts']} cuts")
    print(f"upload   {result['upload_mb_s']:.0f} MB/s  (at least 150, aim 300)")
    print(f"floor    {result['floor_mb_s']:.0f} MB/s  plain write and hash; upload is {result['of_floor']:.2f} of it")
    print(f"resent   {result['resent_megabytes']:.0f} MB")
    print(f"commit   {result['commit_mb_s']:.0f} MB/s")
    print(f"busy     {result['upload_cpu_s']:.2f} s in the upload, {result['commit_cpu_s']:.2f} s in the commit")
    print(f"server   {result['rss_upload_mb']:.0f} MB after upload, {result['rss_peak_mb']:.0f} MB peak with commit")
    print("         (below 300, aim 150)")


def serve(folder: Path, port: int) -> None:
    """The server's process."""
    with open_site(folder / "log", Book.LINKAGE, f"sqlite:///{folder / 'unit.db'}") as site:
        database = Database.open(f"sqlite:///{folder / 'unit.db'}")
        with database.writing() as connection:
            METADATA.create_all(connection)
            agencies.add(connection, agencies.Agency("police", "Police", "police", AgencyState.ACTIVE, 1, 0))
        keys = UnitKeys(OpeningKey.generate(), SigningKey.generate())
        (folder / "data").mkdir()
        unit = Unit(
            database=database, log=site.log, folder=folder / "data", keys=keys, policy=Policy("bench", "a" * 64),
            now_ms=lambda: time.time_ns() // 1_000_000,
        )  # fmt: skip
        uvicorn.run(
            create_app(unit, _by_header, ROUTERS),
            host="127.0.0.1",
            port=port,
            log_level="error",
            timeout_keep_alive=300,
        )


async def _by_header(request: Request) -> Principal:
    agency = request.headers.get("x-bench-agency")
    return Principal("bench", Role.AGENCY if agency else Role.OPERATOR, agency, "local", "bench")


def measure(folder: Path, records: int, cuts: int) -> dict[str, float]:
    port = free_port()
    command = [sys.executable, "-m", "bench.upload", "--serve", str(folder), "--port", str(port)]
    server = subprocess.Popen(command)
    try:
        client = Client(port)
        client.wait()
        return _measured(client, server.pid, folder, records, cuts)
    finally:
        server.terminate()
        server.wait()


def _measured(client: Client, pid: int, folder: Path, records: int, cuts: int) -> dict[str, float]:
    client.json("POST", "/v1/projects", NEW_PROJECT, operator=True)
    signing, opening = SigningKey.generate(), OpeningKey.generate()
    acceptance = base64.b64encode(join("bench", "police", 1, signing, opening)).decode()
    body = {"verifying_key": signing.verifying_key.to_text(), "acceptance": acceptance}
    client.json("PUT", "/v1/projects/bench/membership", body)
    unit = SealingKey.parse(client.json("GET", "/v1/unit")["sealing_key"])
    seal_batch(_random_batch(folder, records), folder / "sealed", unit, signing)
    data = (folder / "sealed").read_bytes()
    floor = _floor(folder / "floor", data)
    new = {"kind": "changes", "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    path = "/v1/projects/bench/uploads/" + client.json("POST", "/v1/projects/bench/uploads", new)["upload"]
    parts = -(-len(data) // PART)
    cut_at = {round((number + 0.5) * parts / cuts) % parts for number in range(cuts)}
    began, busy, resent = time.perf_counter(), _busy(pid), 0
    for number in range(parts):
        part = data[number * PART : (number + 1) * PART]
        if number in cut_at:
            client.put_part(path, number * PART, part, stop_at=len(part) // 2)
            resent += len(part) // 2
            assert client.json("GET", path)["received"] == number * PART
        client.put_part(path, number * PART, part)
    upload, upload_busy = time.perf_counter() - began, _busy(pid) - busy
    rss_upload = _status(pid, "VmRSS")
    began, busy = time.perf_counter(), _busy(pid)
    assert client.json("POST", f"{path}/commit")["records"] == records
    commit, commit_busy = time.perf_counter() - began, _busy(pid) - busy
    size = len(data) / 1e6
    return {
        "records": records, "megabytes": size, "cuts": len(cut_at), "upload_mb_s": size / upload,
        "floor_mb_s": size / floor, "of_floor": floor / upload, "resent_megabytes": resent / 1e6,
        "commit_mb_s": size / commit, "upload_cpu_s": upload_busy, "commit_cpu_s": commit_busy,
        "rss_upload_mb": rss_upload, "rss_peak_mb": _status(pid, "VmHWM"),
    }  # fmt: skip


class Client:
    """The least that moves bytes: one kept connection, and one that is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def wait(self) -> None:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the server did not start")

    def json(self, method: str, path: str, body: object = None, *, operator: bool = False) -> dict[str, object]:  # type: ignore[valid-type]
        headers = {"content-type": "application/json"} | ({} if operator else {"x-bench-agency": "police"})
        self._http.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {content.decode()}")
        found: dict[str, object] = json.loads(content)
        return found

    def put_part(self, path: str, offset: int, part: bytes, stop_at: int | None = None) -> None:
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        headers = {
            "x-bench-agency": "police", "content-digest": f"sha-256=:{digest}:", "upload-offset": str(offset),
            "content-length": str(len(part)), "content-type": "application/octet-stream",
        }  # fmt: skip
        if stop_at is None:
            self._http.request("PUT", path, part, headers)
            answer = self._http.getresponse()
            content = answer.read()
            if answer.status == 409:  # the cut connection still holds the file for a moment
                time.sleep(0.01)
                return self.put_part(path, offset, part)
            if answer.status >= 300:
                raise SystemExit(f"PUT {path}: {answer.status} {content.decode()}")
            return None
        cut = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        cut.putrequest("PUT", path)
        for name, value in headers.items():
            cut.putheader(name, value)
        cut.endheaders()
        cut.send(part[:stop_at])
        cut.close()
        return None


def _random_batch(folder: Path, records: int) -> Batch:
    plan = plan_of_terms(TERMS)
    rng = np.random.default_rng(1)
    schema = arrow_schema(
        plan, Header("s", plan.fingerprint, "f" * 16, records, "clk", "bench", {}, {"rho": 1e-6}, "bench", "police", 1)
    )
    columns = []
    for field in schema:
        if field.type == pa.bool_():
            columns.append(pa.array(rng.random(records) < 0.5))
        else:
            raw = pa.py_buffer(rng.bytes(records * field.type.byte_width))
            columns.append(pa.Array.from_buffers(field.type, records, [None, raw]))
    header = Header("s", plan.fingerprint, "f" * 16, records, "clk", "bench", {}, {"rho": 1e-6}, "bench", "police", 1)
    return Batch(folder, header, pa.table(columns, schema=schema))


def _floor(path: Path, data: bytes) -> float:
    """Seconds of writing the same parts with one hash, each part forced to disk."""
    began, found = time.perf_counter(), hashlib.sha256()
    with path.open("wb", buffering=0) as file:
        for at in range(0, len(data), PART):
            part = data[at : at + PART]
            file.write(part)
            found.update(part)
            os.fdatasync(file.fileno())
    return time.perf_counter() - began


def _status(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024 / 1e6


def _busy(pid: int) -> float:
    """Seconds of processor time that the process and its threads have had."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
