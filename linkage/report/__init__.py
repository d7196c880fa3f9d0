"""The report of one linkage run: what went in, how the model weighed it, what came out.

It shows counts, levels, weights and names of key types. It cannot show a name, a record id or a match key, because
its model (`model.py`) has no place for one. It decides and measures nothing: every figure is handed to it.
"""
