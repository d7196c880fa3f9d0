"""Signing in and out as methods of both drivers.

May touch: nothing (the drivers do)
Sees:      what `people_calls` sees
"""

from __future__ import annotations

from typing import TypeVar

from api.client import people_calls as calls
from api.client.calls import Steps
from api.client.people_calls import Json

_T = TypeVar("_T")


class PeopleVerbs:
    """What synchronous clients can do."""

    def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    def sign_in_here(self, account: str, password: str, one_time_code: str) -> Json:
        """`session`, `account`, `role`, `until_ms` of a local account."""
        return self._run(calls.sign_in_here(account, password, one_time_code))

    def redeem_sign_in(self, code: str, verifier: str) -> Json:
        """The same after a sign-in at the provider."""
        return self._run(calls.redeem_sign_in(code, verifier))

    def read_session(self) -> Json:
        """`subject`, `role`, `agency`, `auth`, `is_fresh`, `permissions` of the caller."""
        return self._run(calls.read_session())

    def end_session(self) -> None:
        """Sign out."""
        self._run(calls.end_session())


class AsyncPeopleVerbs:
    """What asynchronous clients can do."""

    async def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    async def sign_in_here(self, account: str, password: str, one_time_code: str) -> Json:
        """`session`, `account`, `role`, `until_ms` of a local account."""
        return await self._run(calls.sign_in_here(account, password, one_time_code))

    async def redeem_sign_in(self, code: str, verifier: str) -> Json:
        """The same after a sign-in at the provider."""
        return await self._run(calls.redeem_sign_in(code, verifier))

    async def read_session(self) -> Json:
        """`subject`, `role`, `agency`, `auth`, `is_fresh`, `permissions` of the caller."""
        return await self._run(calls.read_session())

    async def end_session(self) -> None:
        """Sign out."""
        await self._run(calls.end_session())
