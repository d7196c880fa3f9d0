"""What the linkage room refuses, as problems. `problem_words` has the status and the words of each reason.

May touch: network (the answer at hand)
Sees:      reasons
"""

from __future__ import annotations

from fastapi import Request, Response

from api.http.problems import answer_of, problem_of
from linkage.errors import LinkageError
from linkage.refusals import Refused, Why


async def of_linkage(request: Request, error: Exception) -> Response:
    """The answer to an error of the linkage room."""
    assert isinstance(error, LinkageError)
    why = error.why if isinstance(error, Refused) else Why.MALFORMED
    wait = error.retry_after_s if isinstance(error, Refused) else None
    more = {"hint": error.hint} if error.hint else {}
    headers = {"Retry-After": str(wait)} if wait else {}
    return answer_of(request.scope, problem_of(str(why), error.message, headers=headers, more=more))
