"""Size buckets: how long a view becomes, so that its envelope tells little about the case.

Powers of two from 4 KiB to 1 MiB, above that Padmé (Nikitin et al., PETS 2019): a size of L bits keeps about log2(L)
leading bits, so it grows by at most 12 % and there are few different sizes.

May touch: nothing
Sees:      sizes
Spec:      vault-law section 5
"""

from __future__ import annotations

from typing import Final

SMALLEST: Final = 4 * 1024
LAST_POWER: Final = 1024 * 1024


def bucket(size: int) -> int:
    """The smallest bucket that holds `size` bytes."""
    if size <= LAST_POWER:
        return max(SMALLEST, 1 << (size - 1).bit_length()) if size > 0 else SMALLEST
    exponent = size.bit_length() - 1
    free = exponent - exponent.bit_length()
    return -(-size >> free) << free
