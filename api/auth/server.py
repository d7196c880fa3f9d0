"""What the authorization server stands on, the same in every process: its name, its keys, its nonces, its memory.

It decides nothing: `issuing.py` gives tokens, `authenticating.py` reads them.

May touch: nothing itself
Sees:      private keys of the service
"""

from __future__ import annotations

from dataclasses import dataclass, field

from api.auth.dpop import Nonces
from api.auth.jose_keys import unb64
from api.auth.refusals import Refusals
from api.auth.token_keys import TokenKeys
from linkage.unit import Unit


@dataclass(frozen=True, slots=True)
class AuthServer:
    """`issuer` is the service's public address without a final slash: issuer, audience and base of all proofs."""

    unit: Unit
    issuer: str
    keys: TokenKeys
    nonces: Nonces
    refusals: Refusals = field(repr=False)

    def now_s(self) -> int:
        return self.unit.now_ms() // 1000


def device_of(thumbprint: str) -> str:
    """How the log names the key that a token is bound to: 96 bits of its thumbprint, in letters alone.

    The log takes no run of eight digits, which hexadecimal has now and then.
    """
    return "key-" + "".join(chr(ord("a") + int(digit, 16)) for digit in unb64(thumbprint)[:12].hex())
