"""What the vault room refuses, as problems: the reason's code and its sentence, never whether a record exists.

May touch: network (the answer at hand)
Sees:      reasons
"""

from __future__ import annotations

from fastapi import Request, Response

from api.http.problems import answer_of, problem_of
from vault.errors import CheckFailedError, StateError, VaultError
from vault.refusals import Refused, Why


async def of_vault(request: Request, error: Exception) -> Response:
    """The answer to an error of the vault room."""
    assert isinstance(error, VaultError)
    more = {"stop": error.stop.value} if isinstance(error, CheckFailedError) else {}
    return answer_of(request.scope, problem_of(str(_why(error)), str(error), more=more))


def _why(error: VaultError) -> Why:
    if isinstance(error, Refused):
        return error.why
    if isinstance(error, CheckFailedError):
        return Why.CHECK_FAILED
    return Why.WRONG_STATE if isinstance(error, StateError) else Why.MALFORMED
