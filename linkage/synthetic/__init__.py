"""A made-up city: four agencies' files about the same children, with the truth, for tests, demo and benchmarks.

Nothing here comes from a real person and nothing here is tuned to the matcher; the matcher may not be tuned to it.
Use `city.build_city` and `files.write_city`.
"""
