"""A linkage unit's folder with agencies that have joined a project, for benches that go through the real door.

The agencies have real keys, tokens and proofs; their records are the bench's own.

May touch: disk, database, network (loopback)
Sees:      keys that it draws
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api import custodian_work
from api.auth.agencies import register_agency
from api.auth.jose_keys import public_key
from api.client import SealinkClient
from api.custody_folder import CustodyFolder
from api.free_port import free_port
from api.settings import Settings, load_settings
from api.wiring import console_caller, opened
from api.working_folder import make_folder
from audit.crypto.hpke import SealingKey
from linkage.encoded import Batch
from linkage.encoding.sealed_batch import seal_batch
from linkage.flows.manage_projects import create_project
from linkage.projects import Terms


def unit_folder(folder: Path, database_url: str, **sections: Mapping[str, float]) -> Settings:
    """A new unit's settings; `sections` are added to its file."""
    port = free_port()
    made = make_folder(folder, public_url=f"http://127.0.0.1:{port}", port=port, database_url=database_url)
    text = made.file.read_text(encoding="utf-8")
    for name, values in sections.items():
        lines = "".join(f"{key} = {value}\n" for key, value in values.items())
        head = f"[{name}]\n"
        text = text.replace(head, head + lines) if head in text else f"{text}\n{head}{lines}"
    made.file.write_text(text, encoding="utf-8")
    return load_settings(made.file)


def joined(settings: Settings, address: str, root: Path, project: str, terms: Terms) -> list[CustodyFolder]:
    """The project's members, each in a folder of its own under `root`, registered and joined; the service runs."""
    folders = []
    with opened(settings) as service:
        for code in terms.members:
            phrase = secrets.token_hex(16).encode()
            folder = CustodyFolder(root / code, lambda is_new, phrase=phrase: phrase)
            custodian_work.sign_in(folder, address, code)
            jwk: Any = folder.registration()["oauth"]
            register_agency(service.unit, console_caller(), code, code, "agency", public_key(jwk))
            folders.append(folder)
        create_project(service.unit, console_caller(), project, terms)
    for folder in folders:
        with SealinkClient(address, folder.credential()) as client:
            custodian_work.join(folder, client, project)
    return folders


def sealed(batch: Batch, file: Path, folder: CustodyFolder) -> Path:
    """The batch, sealed by this agency to the unit."""
    seal_batch(batch, file, SealingKey.parse(folder.profile().unit_sealing), folder.signing_key())
    return file
