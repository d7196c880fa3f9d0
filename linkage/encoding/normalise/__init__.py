"""Normalisers: one cell of an agency's file in, one value or None out; one file per kind of value.

Every `read_*` is pure, total and deterministic, and tells nothing about keys, tags or files. Start reading at
name.py, dates.py, resident_id.py, address.py, phone.py, sex.py; text.py folds for all, version.py names the state.
"""
