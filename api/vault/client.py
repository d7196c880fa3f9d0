"""The vault's API for desks and agents: one method for each call, each signed anew by the caller's own key.

A call names method, path, body and moment, so that nothing which is heard or kept can be used for another. It believes
no answer: what comes back is checked by whoever asked. It retries nothing by itself but the parts of an upload.

May touch: network
Sees:      ciphertext, signed forms
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import httpx2

from api.client.calls import ServiceError
from api.client.transport import checked_base, options, unreachable
from audit.crypto.signatures import SigningKey
from audit.request_id import new_request_id
from vault.agent import Dossier
from vault.checks import SealedEntry
from vault.halves import SealedHalves, ViewId
from vault.requests import Call
from vault.vocabulary import Holder, View

PART: Final = 8 * 1024 * 1024
TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, and the key that signs."""

    person: str
    agency: str
    signer: SigningKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for an agent's half: its dossier as the vault wrote it, or why the vault has none."""

    request: str
    dossier: object
    stopped: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """A page of an agent's work. `rosters` is None when it knows the newest, `after` when this was the last page."""

    rosters: list[bytes] | None
    locks: list[bytes]
    waiting: list[Waiting]
    after: str | None


class VaultClient:
    """A connection to one vault. `now_ms` is the caller's clock in Unix milliseconds."""

    def __init__(self, base: str, identity: Identity, now_ms: Callable[[], int], *, transport: Any = None) -> None:
        self._identity, self._now_ms = identity, now_ms
        self._http = httpx2.Client(**options(checked_base(base), TIMEOUT_S), transport=transport)

    def __enter__(self) -> VaultClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    # --- rosters, locks, supervision -------------------------------------------------------------------------------

    def rosters(self) -> list[bytes]:
        """The newest roster of each agency, as signed."""
        return _texts(self._get("/v1/rosters")["rosters"])

    def put_roster(self, roster: bytes) -> None:
        """Hand in the agency's signed roster, however large: the caller stands on one already."""
        self._raw("PUT", "/v1/rosters/large", roster, "application/octet-stream")

    def put_lock(self, lock: bytes) -> None:
        """Lock, or agree to open."""
        self._send("POST", "/v1/locks", {"signed": lock.decode()})

    def locks(self) -> list[bytes]:
        """Every lock and opening, as signed."""
        return _texts(self._get("/v1/locks")["locks"])

    def ledger(self) -> list[dict[str, Any]]:
        """Sealing notices that the caller may see."""
        return list(self._get("/v1/ledger")["notices"])

    def overdue(self) -> dict[str, Any]:
        """What waits too long."""
        return self._get("/v1/overdue")

    def correct(self, notice: bytes) -> str:
        """Hand in a notice to correct; returns its id."""
        return str(self._send("POST", "/v1/corrections", {"signed": notice.decode()})["correction"])

    def enter_certificate(self, record: bytes) -> str:
        """Have it written that a certificate is issued; returns its number."""
        return str(self._send("POST", "/v1/certificates", {"signed": record.decode()})["certificate"])

    def corrections(self) -> list[dict[str, Any]]:
        """Notices to correct that the caller's agency issued or got."""
        return self._pages("/v1/corrections", "corrections")

    def answer_correction(self, correction: str, answer: bytes) -> None:
        """Answer one."""
        self._send("POST", f"/v1/corrections/{correction}/answer", {"signed": answer.decode()})

    # --- sealing ---------------------------------------------------------------------------------------------------

    def upload(self, path: Path, told: Callable[[int, int], None] = lambda done, whole: None) -> str:
        """Send an envelope in parts, going on where the vault stands; returns its digest (hex)."""
        upload = new_request_id(self._now_ms())
        size = path.stat().st_size
        with path.open("rb") as stream:
            offset = 0
            while offset < size:
                offset = self._part(upload, offset, stream)
                told(offset, size)
        return str(self._send("POST", f"/v1/uploads/{upload}")["digest"])

    def seal(self, sealing: bytes, notices: Sequence[bytes]) -> str:
        """Hand a sealed record over; returns its id."""
        body = {"signed": sealing.decode(), "notices": [notice.decode() for notice in notices]}
        return str(self._send("POST", "/v1/records", body)["record"])

    def index(self) -> list[tuple[str, bytes]]:
        """(state, index entry) of all records of the caller's agency; what is shredded has none."""
        found = self._pages("/v1/index", "entries")
        return [(str(item["state"]), base64.b64decode(item["entry"])) for item in found]

    def sealing(self, record: str, version: int) -> tuple[SealedEntry, dict[View, bytes]]:
        """(entry of a sealing of the caller's agency with its first proof, covers of its envelopes)."""
        found = self._get(f"/v1/records/{record}/{version}/sealing")
        try:
            proven = SealedEntry(found["entry"].encode(), found["proof"].encode())
            return proven, {View(view): base64.b64decode(cover) for view, cover in found["covers"].items()}
        except (KeyError, ValueError, TypeError, AttributeError):
            raise ServiceError(0, "no-sealing", "the vault's proof of a sealing is not of its form") from None

    def notices(self) -> list[bytes]:
        """Notices that the caller's agency has not answered."""
        return _texts(self._get("/v1/notices")["notices"])

    def answer_notice(self, answer: bytes) -> None:
        """Acknowledge one."""
        self._send("POST", "/v1/notices", {"signed": answer.decode()})

    # --- requests --------------------------------------------------------------------------------------------------

    def ask(self, request: bytes) -> str:
        """Hand in a signed request."""
        return str(self._send("POST", "/v1/requests", {"signed": request.decode()})["request"])

    def requests(self) -> list[dict[str, Any]]:
        """All that the caller's agency takes part in."""
        return self._pages("/v1/requests", "requests")

    def request(self, request: str) -> dict[str, Any]:
        """One, with the acts so far."""
        return self._get(f"/v1/requests/{request}")

    def act(self, request: str, act: str, signed: bytes) -> None:
        """Hand in a decision, approval, refusal, release, delivery or return."""
        self._send("POST", f"/v1/requests/{request}/{act}", {"signed": signed.decode()})

    def dossier(self, request: str, view: Callable[[bytes], ViewId], holder: Holder) -> tuple[Dossier, list[bytes]]:
        """What a release rests on, and the halves released so far. `view` reads the ids from the signed decision."""
        found = self._get(f"/v1/requests/{request}/dossier")
        return read_dossier(found, view, holder), _texts(found.get("releases", []))

    def work(self, known: str, after: str = "") -> Work:
        """A page of what an agent needs for a turn. `known` names the rosters that it has."""
        found = self._get(f"/v1/work?known={known}&after={after}")
        try:
            return Work(
                None if found["rosters"] is None else _texts(found["rosters"]),
                _texts(found["locks"]),
                [Waiting(str(one["request"]), one.get("dossier"), one.get("stopped")) for one in found["waiting"]],
                None if found["after"] is None else str(found["after"]),
            )
        except (KeyError, ValueError, TypeError, AttributeError):
            raise ServiceError(0, "no-work", "the vault's answer about work is not of its form") from None

    def fetch_envelope(self, request: str, out: BinaryIO) -> None:
        """Write the ciphertext of a release to `out`."""
        path = f"/v1/requests/{request}/envelope"
        try:
            with self._http.stream("GET", path, headers=self._headers("GET", path, b"")) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _error(answer)
                for piece in answer.iter_bytes():
                    out.write(piece)
        except httpx2.HTTPError as error:
            raise unreachable(error) from None

    # --- changes of a record's state --------------------------------------------------------------------------------

    def propose(self, proposal: bytes) -> str:
        """Hand in a signed proposal; returns its id."""
        return str(self._send("POST", "/v1/proposals", {"signed": proposal.decode()})["proposal"])

    def proposals(self) -> list[bytes]:
        """Proposals that wait for agreements."""
        return _texts(self._get("/v1/proposals")["proposals"])

    def agree(self, proposal: str, agreement: bytes) -> bool:
        """Hand in an agreement; whether the change is done."""
        return bool(self._send("POST", f"/v1/proposals/{proposal}/agreement", {"signed": agreement.decode()})["done"])

    # --- rotation --------------------------------------------------------------------------------------------------

    def halves(self, key: str, after: str = "", *, covers: bool = False) -> list[dict[str, Any]]:
        """A page of halves under one of the agent's keys; with their envelopes' covers on demand."""
        more = "&covers=true" if covers else ""
        return list(self._get(f"/v1/halves?key={key}&after={after}{more}")["halves"])

    def rotate(self, rotation: bytes) -> int:
        """Hand in a page of re-sealed halves; returns how many are left under the old key."""
        return int(self._send("POST", "/v1/halves", {"signed": rotation.decode()})["left"])

    # --- calls -----------------------------------------------------------------------------------------------------

    def _part(self, upload: str, offset: int, stream: BinaryIO) -> int:
        stream.seek(offset)
        data = stream.read(PART)
        path = f"/v1/uploads/{upload}/{offset}"
        try:
            answer = self._raw("PUT", path, data, "application/octet-stream")
        except ServiceError as error:
            if error.status:
                raise
            return int(self._get(f"/v1/uploads/{upload}")["offset"])
        return int(answer["offset"])

    def _get(self, path: str) -> dict[str, Any]:
        return self._raw("GET", path, b"", None)

    def _pages(self, path: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self._get(f"{path}?after={after}")
            found += page[name]
            if page["after"] is None:
                return found
            after = page["after"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        return self._raw(method, path, data, "application/json" if data else None)

    def _raw(self, method: str, path: str, data: bytes, kind: str | None) -> dict[str, Any]:
        headers = self._headers(method, path, data) | ({"Content-Type": kind} if kind else {})
        try:
            answer = self._http.request(method, path, content=data or None, headers=headers)
        except httpx2.HTTPError as error:
            raise unreachable(error) from None
        if not answer.is_success:
            raise _error(answer)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def _headers(self, method: str, path: str, data: bytes) -> dict[str, str]:
        call = Call(
            method=method,
            path=path,
            body=hashlib.sha256(data).hexdigest(),
            person=self._identity.person,
            agency=self._identity.agency,
            at_ms=self._now_ms(),
            nonce=secrets.token_hex(32),
        )
        return {"Sealink-Call": base64.b64encode(call.sign(self._identity.signer)).decode()}


def publish_roster(base: str, roster: bytes) -> None:
    """Hand a signed roster to the vault at `base`; the pinned roster key's signature is the credential."""
    with httpx2.Client(**options(checked_base(base), TIMEOUT_S)) as http:
        try:
            answer = http.put("/v1/rosters", json={"signed": roster.decode()})
        except httpx2.HTTPError as error:
            raise unreachable(error) from None
    if not answer.is_success:
        raise _error(answer)


def read_dossier(found: Any, view: Callable[[bytes], ViewId], holder: Holder) -> Dossier:
    """A dossier as the vault writes it, or ServiceError; `view` reads the ids from the signed decision."""
    try:
        decision = found["decision"].encode()
        sealed = base64.b64decode(found["halves"]["sealed"])
        halves = SealedHalves(view(decision).of, holder, found["halves"]["key"], sealed)
        return Dossier(
            found["request"].encode(),
            decision,
            tuple(_texts(found["approvals"])),
            base64.b64decode(found["cover"]),
            SealedEntry(found["sealing"]["entry"].encode(), found["sealing"]["proof"].encode()),
            found["entry"].encode(),
            found["proof"].encode(),
            bytes.fromhex(found["salt"]),
            halves,
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise ServiceError(0, "no-dossier", "the vault's dossier is not of its form") from None


def _texts(found: Sequence[str]) -> list[bytes]:
    return [text.encode() for text in found]


def _error(answer: httpx2.Response) -> ServiceError:
    """The service's problem, in its own words."""
    try:
        problem = answer.json()
        code = str(problem["type"]).rpartition("/")[2]
        return ServiceError(answer.status_code, code, str(problem["detail"]))
    except (ValueError, KeyError, TypeError):
        return ServiceError(answer.status_code, "no-problem", "the service answered without saying what is wrong")
