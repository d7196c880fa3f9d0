"""An OAuth form: every parameter at most once, without a value as if it were not there, unknown ones ignored.

May touch: network (the request at hand)
Sees:      what was sent
Spec:      RFC 6749 section 3.2
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from api.http.problems import Problem, problem_of

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 32


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise problem_of("media-type")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise oauth_problem("invalid-request", "form: not a form, or of too many fields") from None
    found = {name: value for name, value in pairs if value}
    if len({name for name, _ in pairs}) != len(pairs):
        raise oauth_problem("invalid-request", "form: a parameter twice")
    return found


TheForm = Annotated[dict[str, str], Depends(_form)]


def oauth_problem(code: str, detail: str = "", **parts: Any) -> Problem:
    """A problem that OAuth clients understand, too: `error` (RFC 6749 section 5.2) stands beside its members."""
    made = problem_of(code, detail, **parts)
    made.more.update({"error": code.replace("-", "_"), "error_description": made.detail})
    return made
