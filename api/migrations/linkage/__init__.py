"""The revisions of the linkage service's database."""
