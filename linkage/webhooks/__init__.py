"""Webhooks: telling an agency's own server that something waits for it, by ids alone (Standard Webhooks).

`addresses` says where may be called, `kinds` what is told, `schedule` when it is tried again, `signing` how it is
signed, `sending` calls. Rows are in `linkage/store/webhooks.py` and `deliveries.py`.
"""
