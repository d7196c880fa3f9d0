"""The room of sealed juvenile records; it knows nothing of linkage, and linkage nothing of it."""
