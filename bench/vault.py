"""The vault's speed against plain AES-256-GCM of the same bytes in the same run, and its release on one machine.

1. Seal and open (verified before shown) a view of 64 MB, over AES-GCM alone on the same 64 KiB chunks, both from memory
   into memory: the hash of the body under the signature, and knowing it again, is what the ratio pays for.
2. Records of 4 KB with three views, signed, sealed per second.
3. A release: from the last approval to both halves at the vault, every part a process of its own (`release.py`), p50.
4. Rotation of records with three views: a holder's halves opened and sealed again.
5. A view of 1 GiB sealed into a file and opened from it: by how much the process grows.
Writes bench/results/vault.json. Run: `python -m bench.vault [--releases 20] [--rotated 2000]`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO, TypeVar

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.crypto.container_body import CHUNK
from audit.crypto.hpke import OpeningKey
from audit.crypto.signatures import SigningKey
from bench.release import MOST, releases
from vault.halves import KeyOpener, KeySealer, RecordId, Sealer, open_halves
from vault.keys.nested import TokenOpener
from vault.keys.opener import HalfOpener, KeystoreOpener, parse_sealer
from vault.keys.pkcs11_token import opened_token
from vault.opening import open_view
from vault.rotation import rotate
from vault.sealing import SealedRecord, Source, seal_views
from vault.vocabulary import Holder, RecordKind, View

T = TypeVar("T")
OUT = Path(__file__).parent / "results" / "vault.json"
LARGE = 64 * 2**20
SMALL = 4096
ROUNDS = 15
RELEASE_ROUNDS = 3
RECORD = RecordId("01KB1N3X9W4Q2V7T8R5Y6M0ZCD", 1, "court-a", 1)
SEALER = SigningKey.generate()
AGENTS = {holder: OpeningKey.generate() for holder in Holder}
SEALERS = {holder: KeySealer(key.sealing_key) for holder, key in AGENTS.items()}


@dataclass(frozen=True, slots=True)
class Figures:
    """Ratios to plain AES-GCM (medians of rounds), records a second, milliseconds, seconds per 100,000 records."""

    seal_ratio: float
    open_ratio: float
    seal_ms: float
    open_ms: float
    plain_seal_ms: float
    plain_open_ms: float
    records_per_s: float
    release_p50_ms: float
    rotation_s_per_100_000: float
    token_rotation_s_per_100_000: float | None
    gigabyte_grown_mb: float
    load: float


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.vault")
    options.add_argument("--releases", type=int, default=MOST)
    options.add_argument("--rotated", type=int, default=2000)
    given = options.parse_args()
    load = os.getloadavg()[0]
    large = measure_large()
    token = token_rotation_s(given.rotated)
    figures = Figures(
        *large, records_per_s(), release_p50_ms(min(given.releases, MOST)), rotation_s(given.rotated) * 100_000,
        None if token is None else token * 100_000, grown_mb(), round(load, 1),
    )  # fmt: skip
    OUT.write_text(json.dumps(asdict(figures), indent=2) + "\n")
    show(figures)


def measure_large() -> tuple[float, float, float, float, float, float]:
    """Step 1: (seal ratio, open ratio, and the four medians in ms)."""
    data = os.urandom(LARGE)
    took: dict[str, list[float]] = {name: [] for name in ("plain_seal", "plain_open", "seal", "open")}
    for _ in range(ROUNDS):
        key = AESGCM(os.urandom(32))
        chunks = timed(took["plain_seal"], lambda key=key: plain_sealed(key, data))  # type: ignore[misc]
        timed(took["plain_open"], lambda key=key, chunks=chunks: plain_opened(key, chunks))  # type: ignore[misc]
        out = io.BytesIO()
        sealed = timed(took["seal"], lambda out=out: sealed_view(out, data))  # type: ignore[misc]
        halves = halves_of(sealed)
        timed(took["open"], lambda: opened_view(out, halves, sealed))  # noqa: B023  (called at once)
    plain_seal, plain_open, seal, open_ = (statistics.median(values) * 1000 for values in took.values())
    return plain_seal / seal, plain_open / open_, seal, open_, plain_seal, plain_open


def plain_sealed(key: AESGCM, data: bytes) -> io.BytesIO:
    """The floor: the same cipher on the same chunks, written to memory."""
    out = io.BytesIO()
    for number, at in enumerate(range(0, len(data), CHUNK)):
        out.write(key.encrypt(number.to_bytes(12, "big"), data[at : at + CHUNK], b"h" * 32))
    return out


def plain_opened(key: AESGCM, sealed: io.BytesIO) -> None:
    """The floor of opening."""
    sealed.seek(0)
    number = 0
    while chunk := sealed.read(CHUNK + 16):
        key.decrypt(number.to_bytes(12, "big"), chunk, b"h" * 32)
        number += 1


def sealed_view(out: io.BytesIO, data: bytes) -> SealedRecord:
    """One view, with everything that belongs to it."""
    pieces = (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))
    return sealed_record([Source(View.COURT_FULL, pieces, out)])


def sealed_record(sources: Iterable[Source]) -> SealedRecord:
    """Views of one record, under one signature."""
    return seal_views(RECORD, sources, kinds=[RecordKind.CONVICTION], sealer=SEALER, agents=SEALERS)


def halves_of(sealed: SealedRecord) -> dict[Holder, bytes]:
    """Both halves, as their agents would release them."""
    opened = {one.holder: open_halves(one, KeyOpener(AGENTS[one.holder])) for one in sealed.halves}
    return {holder: held.of_view[View.COURT_FULL].secret for holder, held in opened.items()}


def opened_view(out: BinaryIO, halves: dict[Holder, bytes], sealed: SealedRecord) -> None:
    """Verified whole, then read to the end."""
    digest = sealed.digests[View.COURT_FULL]
    container = open_view(out, RECORD.view(View.COURT_FULL), halves, sealers=[SEALER.verifying_key], digest=digest)
    for _ in container.chunks():
        pass
    assert container.is_complete


def records_per_s(seconds: float = 5.0) -> float:
    """Step 2: three views of 4 KB signed together, and both holders' halves."""
    data, done, until = os.urandom(SMALL), 0, time.perf_counter() + seconds
    began = time.perf_counter()
    while time.perf_counter() < until:
        sealed_record(Source(view, [data], io.BytesIO()) for view in View)
        done += 1
    return done / (time.perf_counter() - began)


def release_p50_ms(count: int) -> float:
    """Step 3: the median over some rounds, since one round meets a machine in one mood."""
    return statistics.median([took for _ in range(RELEASE_ROUNDS) for took in releases(count)])


def rotation_s(count: int) -> float:
    """Step 4 between two keys of a keystore: seconds of one record's halves of one holder."""
    return _rotated(KeystoreOpener(OpeningKey.generate()), KeySealer(OpeningKey.generate().sealing_key), count)


def token_rotation_s(count: int) -> float | None:
    """Step 4 between two keys in one PKCS#11 token (SoftHSM); None where there is none."""
    sys.path[:0] = [str(Path(__file__).parent.parent / "tests" / "vault")]
    from soft_token import PIN, soft_tokens

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        try:
            tokens = soft_tokens(Path(folder), patch)
        except pytest.skip.Exception:
            return None
        with opened_token(tokens.add("bench"), PIN, may_write=True) as token:
            for name in ("old", "new"):
                token.generate_key(name)
            old, new = (TokenOpener(OpeningKey.generate(), token.key(name)) for name in ("old", "new"))
            return _rotated(old, parse_sealer(new.sealing_text), count)


def _rotated(old: HalfOpener, new: Sealer, count: int) -> float:
    agents = {**SEALERS, Holder.COURT: parse_sealer(old.sealing_text)}
    sources = (Source(view, [b"x"], io.BytesIO()) for view in View)
    sealed = seal_views(RECORD, sources, kinds=[RecordKind.CONVICTION], sealer=SEALER, agents=agents)
    halves = next(one for one in sealed.halves if one.holder is Holder.COURT)
    began = time.perf_counter()
    found = rotate([halves] * count, old, new)
    assert len(found.halves) == count
    return (time.perf_counter() - began) / count


def grown_mb() -> float:
    """Step 5, in a process that has done nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        return alone.submit(_through_a_gigabyte).result()


def _through_a_gigabyte() -> float:
    piece, before = os.urandom(2**20), _peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "envelope").open("xb") as out:
            sealed = sealed_record([Source(View.COURT_FULL, (piece for _ in range(1024)), out)])
        with (Path(folder) / "envelope").open("rb") as envelope:
            opened_view(envelope, halves_of(sealed), sealed)
    return _peak_mb() - before


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(into: list[float], work: Callable[[], T]) -> T:
    """Do it, note how long it took."""
    began = time.perf_counter()
    found = work()
    into.append(time.perf_counter() - began)
    return found


def show(figures: Figures) -> None:
    """Beside the targets of the vault's issue: at least / aim."""
    print(f"load at the start: {figures.load}")
    print(f"seal 64 MB: {figures.seal_ratio:.2f} of plain AES-GCM (0.5 / 0.8); {figures.seal_ms:.0f} ms")
    print(f"open 64 MB: {figures.open_ratio:.2f} of plain AES-GCM (0.35 / 0.5); {figures.open_ms:.0f} ms")
    print(f"records of 4 KB, three views: {figures.records_per_s:.0f}/s (300 / 700)")
    print(f"release, both agents and log: p50 {figures.release_p50_ms:.0f} ms (60 / 20)")
    print(f"rotation of 100,000 records, keystore: {figures.rotation_s_per_100_000:.0f} s of one core (60 / 30)")
    token = figures.token_rotation_s_per_100_000
    print(f"1 GiB sealed into a file and opened: {figures.gigabyte_grown_mb:.0f} MiB more memory")
    print(f"rotation of 100,000 records, token: {'no SoftHSM here' if token is None else f'{token:.0f} s (150 / 80)'}")


if __name__ == "__main__":
    main()
