"""What an adversary would do: attacks that judge both schemes, run on generated data or on an agency's own plaintext.

Pure arrays in, result dataclasses out. An attack gets plaintext and what the linkage unit sees, never a secret, save
where it says that it plays a leaked one. No service imports this package.
"""
