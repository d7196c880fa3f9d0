"""The conventions of all services' HTTP: problems, idempotency, versions, cursors, uploads, limits, traces, metrics."""
