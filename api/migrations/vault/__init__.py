"""The revisions of the vault service's database."""
