"""What can go wrong with evidence: a closed tree in two families, and nothing about how it is shown.

A *not proven* error says that the evidence is there and does not hold (a verifier leaves with 1); a *cannot check*
error says that evidence, a key or a connection is missing (2). Messages name the place (file, line, entry index) and
the rule, never a value: entries may be read aloud in a court, keys must not be read at all.
"""

from __future__ import annotations


class AuditError(Exception):
    """Any refusal of this room; never raised itself."""


class NotProvenError(AuditError):
    """The evidence is there and does not hold; never raised itself."""


class MalformedError(NotProvenError):
    """Bytes that break the rule of their format."""


class SignatureError(NotProvenError):
    """A signature line of a known key that fails, or no line of a known key at all."""


class QuorumError(NotProvenError):
    """Too few known witnesses have cosigned, or at a time that cannot be."""


class ProofError(NotProvenError):
    """A Merkle proof that does not lead to the root."""


class TreeError(NotProvenError):
    """Entries, tiles and signed root that do not belong together."""


class EntryError(NotProvenError):
    """An entry that is not canonical, or not of the closed vocabulary."""


class RuleError(NotProvenError):
    """An entry that allows what the stated rules refuse."""


class CannotCheckError(AuditError):
    """What is needed for a check is not there; never raised itself."""


class MissingError(CannotCheckError):
    """A file or resource that is not there."""


class UnreadableError(CannotCheckError):
    """A file or resource that may be there and cannot be read: no permission, no connection, no answer."""


class UnfinishedError(CannotCheckError):
    """A publication that is under way or was broken off: files of a larger tree whose checkpoint is not there yet."""


class KeyFileError(CannotCheckError):
    """A key or a file of keys that cannot be used."""


class PolicyFileError(CannotCheckError):
    """A trust policy or rule file that breaks its own syntax."""


class CanonicalError(AuditError, ValueError):
    """A value that has no canonical form here: a float, a non-ASCII key, a number beyond 2^53 - 1."""
