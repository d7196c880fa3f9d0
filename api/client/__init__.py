"""`SealinkClient`: the linkage service for a custodian's programs, typed, synchronous and asynchronous.

    from api.client import SealinkClient, AgencyCredential

    with SealinkClient("https://unit.example", AgencyCredential.load(keystore, "police")) as sealink:
        batch = sealink.submit("p-one", sealed_file, "whole", bar)
        job = sealink.wait_for_job("p-one", sealink.start_job("p-one")["job"], bar)

Every verb is written once, as a generator of calls (`verbs`), and driven twice (`sync`, `aio`). It encodes nothing:
names never reach this package.
"""

from __future__ import annotations

from api.client.aio import AsyncSealinkClient
from api.client.calls import ServiceError
from api.client.credentials import AgencyCredential, SessionCredential
from api.client.sync import SealinkClient

__all__ = ["AgencyCredential", "AsyncSealinkClient", "SealinkClient", "ServiceError", "SessionCredential"]
