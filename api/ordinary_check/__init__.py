"""The ordinary record check: a program of its own, which answers from the city's ordinary index and knows no other."""
