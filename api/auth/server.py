"""What the authorization server stands on, the same in every process: its name, its keys, its nonces, its memory.

It decides nothing: `issuing.py` gives tokens, `authenticating.py` reads them.

May touch: nothing itself
Sees:      private keys of the service
"""

from __future__ import annotations

from dataclasses import dataclass, field

from api.auth.dpop import Nonces
from api.auth.jose_keys import unb64
from api.auth.provider import Provider
from api.auth.refusals import Refusals
from api.auth.token_keys import TokenKeys
from linkage.unit import Unit


@dataclass(frozen=True, slots=True)
class AuthServer:
    """`issuer` is the service's public address without a final slash: issuer, audience and base of all proofs.

    `sealing_key` is for secrets of local accounts at rest; without `provider` there are local accounts alone.
    """

    unit: Unit
    issuer: str
    keys: TokenKeys
    nonces: Nonces
    refusals: Refusals = field(repr=False)
    login_refusals: Refusals = field(repr=False)
    sealing_key: bytes = field(repr=False)
    provider: Provider | None = field(default=None, repr=False)

    def now_s(self) -> int:
        return self.unit.now_ms() // 1000

    def close(self) -> None:
        """Write the refusals that are counted, let go of the provider."""
        self.refusals.close()
        self.login_refusals.close()
        if self.provider is not None:
            self.provider.close()


def device_of(thumbprint: str) -> str:
    """How the log names the key that a token is bound to."""
    return "key-" + letters(unb64(thumbprint))


def letters(data: bytes) -> str:
    """The first 96 bits, in letters alone: the log takes no run of eight digits, which hexadecimal has now and then."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in data[:12].hex())
