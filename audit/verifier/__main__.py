"""`python -m audit.verifier`: the same as `sealink-verify`."""

from __future__ import annotations

from audit.verifier.command import run

if __name__ == "__main__":
    run()
