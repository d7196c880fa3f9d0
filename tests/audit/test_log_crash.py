"""A kill at every step of the flush, in log and signer: nothing acknowledged is lost, no act is without an entry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from log_site import Site, delivery

from audit.checkpoint import Checkpoint
from audit.flush import Step
from audit.note import open_note
from audit.receipt import Receipt
from audit.recover import check_entries
from audit.refusals import LogUnavailableError

ROOT = Path(__file__).resolve().parents[2]


class KilledError(BaseException):
    """Stands for kill -9: nobody catches it, the thread ends where it is."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("step", list(Step))
def test_kill_at_each_step_of_the_log(site: Site, step: Step, joined: bool) -> None:
    """One crash point would need a repair by hand, lose an acknowledged entry or acknowledge an unsigned one."""
    armed = [False]

    def at_step(now: Step) -> None:
        if armed[0] and now is step:
            raise KilledError

    log = site.open(deadline_s=0.6, at_step=at_step)
    acknowledged: list[Receipt] = [log.append_and_wait(delivery()) for _ in range(3)]
    armed[0] = True
    for _ in range(2):
        try:
            within = (lambda connection: None) if joined else None
            acknowledged.append(log.append_and_wait(delivery(), within=within))
        except LogUnavailableError:
            pass
    after = site.open()
    assert_whole(site, after.checkpoint().note, acknowledged)
    check_entries(after.store)
    last = after.append_and_wait(delivery())
    assert last.index == after.head().size - 1 == after.checkpoint().size - 1
    if step < Step.COMMITTED and joined:
        assert last.index == 3
    check_entries(after.store)


def assert_whole(site: Site, note: bytes, acknowledged: list[Receipt]) -> None:
    """The reopened log has a signed checkpoint over everything, and each receipt's entry where it was promised."""
    log = site.logs[-1]
    head = Checkpoint.parse(open_note(note, [site.key.verifier]).text)
    assert (head.size, head.root) == (log.head().size, log.head().root)
    for receipt in acknowledged:
        assert log.store.leaves(receipt.index, receipt.index + 1) == receipt.leaf_hash


@pytest.mark.parametrize("step", ["remembering", "remembered", "signed"])
def test_kill_at_each_step_of_the_signer(site: Site, step: str) -> None:
    """A signer that died between remembering and answering could never sign this log again."""
    site.stop_signer()
    armed = [False]

    def at_step(now: str) -> None:
        if armed[0] and now == step:
            raise ConnectionAbortedError("the signer died here")

    site.start_signer(at_step)
    log = site.open(deadline_s=0.6)
    acknowledged = [log.append_and_wait(delivery())]
    armed[0] = True
    if step == "remembered":  # asked again, it stands at the new tree already and signs it
        acknowledged.append(log.append_and_wait(delivery()))
    else:
        with pytest.raises(LogUnavailableError):
            log.append_and_wait(delivery())
    site.stop_signer()
    armed[0] = False
    site.start_signer()
    log.close()
    after = site.open()
    assert_whole(site, after.checkpoint().note, acknowledged)
    assert after.head().size == 2
    after.append_and_wait(delivery())
    check_entries(after.store)


def test_kill_9_of_real_processes(tmp_path: Path) -> None:
    """What holds for exceptions could fail for a process that is really killed; the soak script does 2,000 of these."""
    command = [sys.executable, "-m", "bench.soak_log", "--kills", "6", "--sqlite", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
