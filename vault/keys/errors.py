"""What tokens and ceremonies refuse: one sentence each, place and rule, never a PIN, a share or a key.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from vault.errors import VaultError


class TokenError(VaultError):
    """The token did not do it: absent, locked, another PIN, no such key, or a key that it should refuse to hold.

    Nothing is tried again and nothing is done without the token: a caller stops (vault-law section 5, failure table).
    """


class CeremonyError(VaultError):
    """Shares that are damaged, too few, of different splits, or that give another root than the one expected."""
