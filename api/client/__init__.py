"""`SealinkClient`: the linkage service for a custodian's programs, typed, synchronous and asynchronous.

    from api.client import SealinkClient, AgencyCredential

    with SealinkClient("https://unit.example", AgencyCredential.load(keystore, "police")) as sealink:
        batch = sealink.submit("p-one", sealed_file, "whole", bar)
        job = sealink.wait_for_job("p-one", sealink.start_job("p-one")["job"], bar)

Every verb is written once, as a generator of calls (`verbs`), and driven twice (`sync`, `aio`). It encodes nothing:
names never reach this package. Names below are loaded when they are asked for: the vault's desks and agents use `calls`
and `transport`, and must not load anything of the linkage side with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from api.client.aio import AsyncSealinkClient
    from api.client.calls import ServiceError
    from api.client.credentials import AgencyCredential, SessionCredential
    from api.client.sync import SealinkClient

__all__ = ["AgencyCredential", "AsyncSealinkClient", "SealinkClient", "ServiceError", "SessionCredential"]

_PLACES: Final = {
    "AgencyCredential": "credentials",
    "AsyncSealinkClient": "aio",
    "SealinkClient": "sync",
    "ServiceError": "calls",
    "SessionCredential": "credentials",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
