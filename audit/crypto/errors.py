"""Say what the primitives refuse: one error for each reason, none of which carries a secret or a value.

A caller may tell the reasons apart by class and show the message as it is. An error never holds a key, a passphrase,
plaintext or a field's value; it names the file or part and the rule. It knows no exit codes and no HTTP.

May touch: nothing
Sees:      names of parts and rules
"""

from __future__ import annotations

from audit.errors import AuditError


class CryptoError(AuditError):
    """Anything that the primitives refuse; never raised itself, only its leaves are."""


class UnknownSuiteError(CryptoError):
    """The suite named is not one that this installation has."""


class KeyFormError(CryptoError):
    """A key has the wrong length or is not a key of its algorithm."""


class MalformedSignedObjectError(CryptoError):
    """The bytes are not a signed object: wrong first line, not strict JSON, or a broken signature line."""


class WrongKindError(CryptoError):
    """A signed object of another kind than the one expected."""


class SignatureRefusedError(CryptoError):
    """No trusted key signed, or a trusted key's signature does not verify."""


class SealedKeyError(CryptoError):
    """A sealed key does not open: another recipient's, another purpose's, or damaged."""


class ContainerError(CryptoError):
    """Anything wrong with a sealed container; never raised itself, only its leaves are."""


class MalformedContainerError(ContainerError):
    """Not a sealed container of this version, or its header breaks a rule."""


class UnsignedContainerError(ContainerError):
    """The container does not end with a sender's signature: it is unsigned, or it was cut short."""


class UnknownSenderError(ContainerError):
    """The header names a sender whom the reader does not trust."""


class ForgedContainerError(ContainerError):
    """The sender's signature does not cover these bytes: header, body or signature was changed."""


class WrongPurposeError(ContainerError):
    """The container is for another purpose, or about other things, than the reader expects."""


class UnknownRecipientError(ContainerError):
    """The container is not sealed to the reader's key."""


class KeyCommitmentError(ContainerError):
    """The content key that opened is not the one that the header commits to."""


class DamagedBodyError(ContainerError):
    """A chunk does not authenticate, or the body changed while it was being read."""


class KeystoreError(CryptoError):
    """A keystore file is missing, damaged, readable by others or asks for an unreasonable effort."""


class WrongPassphraseError(KeystoreError):
    """The keystore does not open: another passphrase, or the file was changed."""


class MissingKeyError(KeystoreError):
    """The keystore holds no key of that kind and name."""


class PassphraseError(KeystoreError):
    """A passphrase is empty, too long, not text, or came from a place that others can read."""
