"""One file a revision. Until the service is released there is one, drawn anew by `python -m api.migrations.drawing`."""
