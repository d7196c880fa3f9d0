"""Logistic regression by Newton steps with a ridge: the attacker's confidence in a guess. It knows no attack.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS = 60
_LARGEST = 30.0  # log odds


@dataclass(frozen=True, slots=True)
class Logistic:
    """Log odds = (features − mean) / spread · weights + bias."""

    mean: Floats = field(repr=False)
    spread: Floats = field(repr=False)
    weights: Floats
    bias: float

    def odds(self, features: Floats) -> Floats:
        """Odds that each row is right: float64[n]."""
        scaled = (features - self.mean) / self.spread
        return np.exp(np.clip(scaled @ self.weights + self.bias, -_LARGEST, _LARGEST))


def fit_logistic(features: Floats, right: NDArray[np.bool_], ridge: float = 1.0) -> Logistic:
    """Fit float64[n, k] to bool[n]; without any example, or any right one, every guess gets next to no odds."""
    k = features.shape[1]
    if not right.any():
        return Logistic(np.zeros(k), np.ones(k), np.zeros(k), -float(np.log(len(right) + 2)))
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread < 1e-9] = 1.0
    design = np.column_stack(((features - mean) / spread, np.ones(len(right))))
    penalty = np.diag([ridge] * k + [1e-3])
    weights = np.zeros(k + 1)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -_LARGEST, _LARGEST)))
        slope = design.T @ (right - p) - penalty @ weights
        curve = (design * (p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(curve, slope)
        weights += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-6:
            break
    return Logistic(mean, spread, weights[:k], float(weights[k]))
