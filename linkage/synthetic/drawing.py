"""Lists of words and Zipf-like draws from them; knows nothing of what the words mean."""

import numpy as np
from numpy.typing import NDArray


def words(text: str) -> NDArray[np.object_]:
    """The words of a text as an array; in a ranked list the commonest come first."""
    return np.asarray(text.split(), dtype=object)


def draw_ranked(
    pool: NDArray[np.object_], count: int, rng: np.random.Generator, exponent: float = 0.9, shift: float = 4.0
) -> NDArray[np.object_]:
    """`count` members of a list ordered by frequency; the share of rank r falls like (r + shift)^-exponent."""
    cumulative = np.cumsum((np.arange(len(pool)) + shift) ** -exponent)
    ranks = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    return np.asarray(pool[ranks.clip(max=len(pool) - 1)], dtype=object)
