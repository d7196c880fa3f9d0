"""Primitives that every room stands on: signatures, sealed keys, sealed containers and the files that hold keys."""
