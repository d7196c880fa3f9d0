"""SoftHSM as a token for the tests, with a folder of its own; its absence is a failure in CI and a loud skip elsewhere.

SoftHSM is a test double of a real token: it keeps keys in files and has no tamper protection.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from vault.keys.pkcs11_token import TokenPlace

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)
PIN = b"2468"
OFFICER_PIN = "13572468"


@dataclass(frozen=True)
class SoftTokens:
    """Tokens in one folder."""

    folder: Path
    module: Path

    def add(self, label: str) -> TokenPlace:
        """A new, empty token."""
        command = ("softhsm2-util", "--init-token", "--free", "--label", label)
        pins = ("--so-pin", OFFICER_PIN, "--pin", PIN.decode())
        subprocess.run([*command, *pins], check=True, capture_output=True, timeout=60)
        return TokenPlace(self.module, label)

    def remove(self) -> None:
        """Every token is gone, as when somebody pulls them out."""
        shutil.rmtree(self.folder / "tokens")
        (self.folder / "tokens").mkdir()


def soft_tokens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SoftTokens:
    """An empty place for tokens in `folder`; SoftHSM finds it while the test runs."""
    module = next((Path(one) for one in MODULES if Path(one).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        told = "softhsm2 is missing: run tests/install_softhsm.sh as root, or install your distribution's package"
        if os.environ.get("CI"):  # noqa: TID251  (whether a skip is a failure is CI's to say)
            pytest.fail(told)
        pytest.skip(told)
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))  # the only way to tell SoftHSM
    return SoftTokens(folder, module)
