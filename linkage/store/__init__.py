"""The only queries on the linkage service's tables, one file a topic.

Each function takes the connection of a transaction that somebody else opened and ends, and returns frozen values. It
decides nothing and commits nothing: the flows do. Every query on an agency's rows is filtered by that agency's code.
"""
