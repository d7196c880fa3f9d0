"""The only queries of the vault service, one file a topic.

Every one that reads for an agency is filtered by that agency. Each takes the connection of a transaction that somebody
else opened and ends, and returns frozen values. It decides nothing and commits nothing: the flows do.

May touch: database (connections that are handed in)
Sees:      ciphertext, hashes, pseudonyms
"""
