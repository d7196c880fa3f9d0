"""Write the report's numbers as people read them; rounding happens here and nowhere before.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import math

UNDEFINED = "–"
"""Shown for a figure without a meaning here: a score without a denominator, a class that the model lacks."""


def count(number: int) -> str:
    """1234567 → "1,234,567"."""
    return f"{number:,}"


def score(value: float | None) -> str:
    """A share between 0 and 1 with four decimals; never "1.0000" for less than 1, nor "0.0000" for more than 0."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    text = f"{value:.4f}"
    if text == "1.0000" and value < 1:
        return ">0.9999"
    if text == "0.0000" and value > 0:
        return "<0.0001"
    return text


def certainty(value: float) -> str:
    """A match probability after the letter P: "= 0.0995", "> 0.9999", "< 0.0001"; no pair is certain."""
    if value > 0.9999:
        return "> 0.9999"
    return "< 0.0001" if value < 0.0001 else f"= {value:.4f}"


def percent(value: float | None) -> str:
    """A share between 0 and 1 as a percentage with one decimal."""
    return UNDEFINED if value is None or not math.isfinite(value) else f"{100 * value:.1f}%"


def probability(value: float | None) -> str:
    """A probability that may be tiny: three significant digits, with an exponent below one in a thousand."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    return f"{value:.3g}" if value == 0 or value >= 0.001 else f"{value:.1e}"


def weight(value: float) -> str:
    """A match weight with its sign and two decimals: "+3.25", "−1.50", "−∞"."""
    if math.isnan(value):
        return UNDEFINED
    sign = "−" if value < 0 else "+"
    return sign + ("∞" if math.isinf(value) else f"{abs(value):.2f}")


def seconds(value: float) -> str:
    """Seconds with one decimal, two below ten."""
    return f"{value:,.2f}" if value < 10 else f"{value:,.1f}"


def grouped(fingerprint: str) -> str:
    """A hex fingerprint in groups of eight, so that two people can compare it aloud."""
    return " ".join(fingerprint[start : start + 8] for start in range(0, len(fingerprint), 8))
