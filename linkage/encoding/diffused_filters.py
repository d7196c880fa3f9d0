"""One agency's records → diffused CLKs and the margin that they keep: the custodian's half of the CLK scheme.

Plain filters live and end inside this module. It neither refuses (the health report does) nor writes files.

How it goes (contracts section 2, scheme `clk`):
1. Tokens of each record set their positions under the epoch's position key.
2. Thin filters are filled up from the agency's own padding key.
3. The linear layer hides what is graded, wired from a seed that is key material apart from the position key.
4. A sample of the same records, encoded once more under another key, gives the margin at the plan's population.

May touch: nothing
Sees:      names, linkage secret
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encoding.clk import ClkKeys, Filters, encode_fields
from linkage.encoding.clk_filling import fill_up
from linkage.encoding.clk_households import household_labels
from linkage.encoding.clk_tokens import FILL_TO, clk_columns, take_columns
from linkage.encoding.diffusion import diffuse
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.mapping import Records
from linkage.encoding.match_keys import record_seeds
from linkage.encoding.own_health import margin_figures
from linkage.health.own_figures import Margin
from linkage.margin import measure_margins
from linkage.plan import Plan

SAMPLE: Final = 4_000
"""Records whose pairs are measured: eight million pairs show what one in a million does, and take seconds."""


def diffused_filters(
    records: Records, order: NDArray[np.int64], plan: Plan, secret: LinkageSecret, padding: AgencyKey, epoch: str
) -> tuple[Filters, Margin | None]:
    """Filters uint64 (n, bits / 64) in the batch's `order` int64 (n,), and their margin; None for fewer than two."""
    columns = clk_columns(records, plan.schema.normaliser)
    plain = encode_fields(columns, ClkKeys.from_secret(secret, epoch), plan.clk_bits)
    seeds = record_seeds(records.record_ids.to_pylist(), padding)
    target = FILL_TO[plan.schema.normaliser]
    hidden = diffuse(fill_up(plain, seeds, target), secret.derive("clk-diffusion", epoch), plan.diffusion)
    if len(order) < 2:
        return hidden[order], None
    # the row order is already a keyed shuffle, so its head is a fair sample
    rows = order[:SAMPLE]
    another = ClkKeys(secret.derive("clk-margin", epoch))
    one = fill_up(plain[rows], seeds[rows], target)
    other_seeds = record_seeds(records.record_ids.to_pylist(), AgencyKey(padding.derive("margin")))[rows]
    other = fill_up(encode_fields(take_columns(columns, rows), another, plan.clk_bits), other_seeds, target)
    fill = float(np.bitwise_count(hidden).sum() / (64 * hidden.size))
    households = household_labels(records, plan.schema.normaliser)[rows]
    (margin,) = measure_margins(one, other, fill, (plan.diffusion,), plan.population, households, len(order))
    return hidden[order], margin_figures(margin, one, hidden[rows])
