"""The health report: what a batch shows to whoever holds it, measured, and judged against stated limits.

Custodian and linkage unit run the same code on the same bytes. The custodian adds what only it can measure (from its
tags and plain filters, `own_figures.py`); the unit sees the batch and the plan alone. Nothing here holds a key, reads
a file or sees a name: keys and filters go in, counts and shares come out.

    shared_keys.py     how often keys repeat, which records share one
    key_graph.py       what the sharing shows: children, neighbours, components, growth with the population
    record_shapes.py   padding, visible bits, slots and row order
    bit_patterns.py    CLK scheme: uniqueness, frequency of bits, bits that go together
    similarities.py    CLK scheme: similarities against the noise line, degrees, islands
    measures.py        all of that for one batch
    own_figures.py     what the custodian alone can add
    limits.py          the closed list of checks: limit, reason, remedy
    verdict.py         measures → checks passed, failed or not measurable
    report.py          the whole as one value and as canonical JSON
"""
