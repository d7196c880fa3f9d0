"""Known pairs on filters: learn from records known in clear how a scheme turns tokens into bits, then name the others.

Whoever knows s records' plaintext beside their filters (an agency that looks at its own batch, an insider with a
leaked file) trains an emulator, lets it foretell the filter of every child on his list, and takes for each filter of
the others the child whose foretold filter lies nearest. No key is guessed. On equal keys nothing has to be learned:
`known_key_pairs.py`.

    linear   ridge regression from tokens to bits: reads a plain Bloom filter, whose bits are ORs of tokens
    kernel   the same on products of up to `DEGREE` tokens, for bits that are parities of several positions
    neural   a perceptron with one hidden layer (scikit-learn), for whatever the two cannot say

How it goes:
1. Tokens of all records, as 0/1 columns; those on one record only teach nothing and go.
2. Fit the emulator on the known records; foretell every bit of every child on the list.
3. Centre foretold and seen bits, weigh each bit by how well it was foretold on known records left out of the fit.
4. A filter's answer is the child with the highest correlation.

May touch: nothing
Sees:      names
Spec:      privacy.md section 4 (known pairs)
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

Emulator = Literal["linear", "kernel", "neural"]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

EMULATORS: Final[tuple[Emulator, ...]] = ("linear", "kernel", "neural")
DEGREE: Final = 4
_FOLDS: Final = 5
_RIDGE: Final = 0.02  # of the kernel's mean diagonal
_HIDDEN: Final = 512
_EPOCHS: Final = 30


@dataclass(frozen=True, slots=True)
class Named:
    """Share of `judged` unknown records whose child was named rightly; `chance` by drawing from the list."""

    judged: int
    identified: float
    chance: float


def name_by_known_pairs(tokens: Floats, bits: Floats, known: Ints, emulator: Emulator, seed: int) -> Named:
    """Name each record that is not `known`, from a list of exactly those records.

    `tokens` float32 (n, v) and `bits` float32 (n, m) of 0 and 1; row i of both is record i, which only the judge uses
    outside `known`.
    """
    unknown = np.setdiff1d(np.arange(len(bits)), known)
    foretold, trust = _foretell(tokens, bits, known, unknown, emulator, seed)
    mean = bits[known].mean(axis=0)
    expected = _unit_rows((foretold - mean) * trust)
    seen = _unit_rows((bits[unknown] - mean) * trust)
    answer = (seen @ expected.T).argmax(axis=1)
    right = answer == np.arange(len(unknown))
    return Named(len(unknown), float(right.mean()), 1 / len(unknown))


def _foretell(
    tokens: Floats, bits: Floats, known: Ints, unknown: Ints, emulator: Emulator, seed: int
) -> tuple[Floats, Floats]:
    """Bits of the unknown records float32 (u, m), and how far each bit is to be trusted, float32 (m,)."""
    tokens = tokens[:, (tokens > 0).sum(axis=0) > 1]
    if emulator == "neural":
        half = len(known) * 4 // 5
        check = _perceptron(tokens[known[:half]], bits[known[:half]], tokens[known[half:]], seed)
        trust = _correlation(check, bits[known[half:]])
        return _perceptron(tokens[known], bits[known], tokens[unknown], seed), trust
    left_out = np.zeros((len(known), bits.shape[1]), dtype=np.float32)
    for fold in range(_FOLDS):
        out = np.arange(len(known)) % _FOLDS == fold
        left_out[out] = _ridge(tokens[known[~out]], bits[known[~out]], tokens[known[out]], emulator)
    return _ridge(tokens[known], bits[known], tokens[unknown], emulator), _correlation(left_out, bits[known])


def _ridge(tokens: Floats, bits: Floats, others: Floats, emulator: Emulator) -> Floats:
    """Ridge regression in its dual form: as many unknowns as there are known records."""
    mean = bits.mean(axis=0)
    weight = 1 / np.sqrt(tokens.sum(axis=1).mean() + 1e-9)
    own, across = (side @ tokens.T * weight**2 for side in (tokens, others))
    if emulator == "kernel":
        own, across = ((1 + side) ** DEGREE for side in (own, across))
    ridge = _RIDGE * float(np.trace(own)) / len(own)
    factor = cho_factor(own.astype(np.float64) + ridge * np.eye(len(own)))
    solved = cho_solve(factor, (bits - mean).astype(np.float64))
    return np.asarray(mean + across @ solved, dtype=np.float32)


def _perceptron(tokens: Floats, bits: Floats, others: Floats, seed: int) -> Floats:
    """Least squares, as for the two ridges: a filter's bits need no probabilities."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    taught = (tokens > 0).sum(axis=0) > 1
    scale = np.sqrt(tokens.sum(axis=1).mean() + 1e-9)
    mean = bits.mean(axis=0)
    network = MLPRegressor(
        hidden_layer_sizes=(_HIDDEN,), alpha=1e-3, learning_rate_init=1e-3, batch_size=32, max_iter=_EPOCHS,
        n_iter_no_change=_EPOCHS, random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(tokens[:, taught] / scale, bits - mean)
    return np.asarray(network.predict(others[:, taught] / scale) + mean, dtype=np.float32)


def _correlation(foretold: Floats, seen: Floats) -> Floats:
    """Correlation of each column, 0 where it is none or negative."""
    a, b = foretold - foretold.mean(axis=0), seen - seen.mean(axis=0)
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.asarray(np.clip((a * b).sum(axis=0) / np.where(scale > 0, scale, 1), 0, 1), dtype=np.float32)


def _unit_rows(table: Floats) -> Floats:
    length = np.sqrt((table**2).sum(axis=1, keepdims=True))
    return np.asarray(table / np.where(length > 0, length, 1), dtype=np.float32)
