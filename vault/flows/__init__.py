"""What the vault service does, one verb a file. Each act is an entry of the log before it counts."""
