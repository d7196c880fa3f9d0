"""Give every call of a verb its credential, get new tokens when needed, and repeat what a broken connection lost.

1. A session goes into each call as it is.
2. An agency's call needs a token: asked for once, used until shortly before it ends.
3. A server that wants a nonce in its proofs says so once; the call is repeated with it.
4. A token that is refused is renewed once; refused again, the refusal is the answer.
5. A connection that breaks under a repeatable call: again after a pause, each time with a proof of its own, since a
   server takes no proof twice.

May touch: nothing
Sees:      tokens
Spec:      RFC 6749 section 4.4, RFC 7523, RFC 9449
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlencode

from api.client.calls import UNREACHABLE, Answer, Call, ServiceError, Steps, ask, get, problem_of
from api.client.credentials import AgencyCredential, Credential, SessionCredential

_T = TypeVar("_T")

_SPARE_S: Final = 20
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 4.0)
METADATA: Final = "/.well-known/oauth-authorization-server"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Authoriser:
    """One credential at one service. Keeps the token in memory, nowhere else."""

    def __init__(self, base: str, credential: Credential, now: Callable[[], float]) -> None:
        self._base, self._credential, self._now = base.rstrip("/"), credential, now
        self._issuer = ""
        self._token_path = ""
        self._token = ""
        self._until = 0.0
        self._nonce = ""

    def __repr__(self) -> str:
        return "Authoriser(…)"

    def run(self, steps: Steps[_T]) -> Steps[_T]:
        """The same verb with credentials on all its calls."""
        call = next(steps)
        while True:
            try:
                try:
                    answer = yield from self._one(call)
                except ServiceError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(answer)
            except StopIteration as end:
                result: _T = end.value
                return result

    def _one(self, call: Call) -> Steps[Answer]:
        if isinstance(self._credential, SessionCredential):  # 1
            headers = {"authorization": f"Bearer {self._credential.session}"}
            return (yield from _repeated(call, lambda: headers))
        if self._credential is None:
            return (yield from _repeated(call, dict))
        for attempt in (1, 2, 3):
            if not self._token or self._now() > self._until - _SPARE_S:  # 2
                yield from self._renew(self._credential)
            answer = yield from _repeated(call, partial(self._headers, self._credential, call))
            asked = answer.headers.get("dpop-nonce", "")
            if answer.status != 401 or attempt == 3:
                self._nonce = asked or self._nonce
                return answer
            if asked and asked != self._nonce:  # 3
                self._nonce = asked
            else:  # 4
                self._token = ""
        raise AssertionError("unreachable")

    def _headers(self, credential: AgencyCredential, call: Call) -> dict[str, str]:
        url = self._base + call.path
        proof = credential.proof(call.method, url, int(self._now()), self._token, self._nonce)
        return {"authorization": f"DPoP {self._token}", "dpop": proof}

    def _renew(self, credential: AgencyCredential) -> Steps[None]:
        if not self._issuer:
            found = (yield from ask(get(METADATA))).json()
            if str(found["issuer"]).rstrip("/") != self._base:
                # Another issuer's name in the assertion would let this server use it there (audience injection).
                raise ServiceError(0, "wrong-issuer", "the service names another issuer than its address")
            self._issuer = str(found["issuer"])
            self._token_path = "/" + str(found["token_endpoint"]).split("://", 1)[-1].split("/", 1)[-1]
        nonce = self._nonce
        for _ in (1, 2):
            now = int(self._now())
            answer = yield self._token_call(credential, now, nonce)
            if answer.is_success:
                found = answer.json()
                self._token, self._until = str(found["access_token"]), now + float(found["expires_in"])
                return
            nonce = answer.headers.get("dpop-nonce", "")
            if not nonce:
                break
            self._nonce = nonce
        raise problem_of(answer)

    def _token_call(self, credential: AgencyCredential, now: int, nonce: str) -> Call:
        form = {
            "grant_type": "client_credentials",
            "client_id": credential.client,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": credential.assertion(self._issuer, now),
        }
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "dpop": credential.proof("POST", self._base + self._token_path, now, nonce=nonce),
        }
        return Call("POST", self._token_path, headers, urlencode(form).encode(), repeatable=False)


def _repeated(call: Call, headers: Callable[[], dict[str, str]]) -> Steps[Answer]:
    """Step 5. Only a connection that broke is tried again; every answer is an answer."""
    pauses = iter(_PAUSES if call.repeatable else ())
    pause = call.after_s
    while True:
        try:
            return (yield call.with_headers(headers()).after(pause))
        except ServiceError as error:
            following = next(pauses, None)
            if error.code != UNREACHABLE or following is None:
                raise
            pause = following
