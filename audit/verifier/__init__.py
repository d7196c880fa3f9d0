"""The auditors' verifier: reads what a log has published and says proven, violated or could not check.

It shares the formats with the log and nothing else: no database, no service, `cryptography` and the standard library
alone. It believes no file of the folder that it reads; what it believes is the keys, the policy and the rules that
the auditor brings along.
"""
