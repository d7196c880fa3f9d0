"""The floor that every room stands on: canonical bytes, signatures, the transparency log. Still empty."""
