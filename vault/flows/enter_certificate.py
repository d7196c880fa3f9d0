"""Write that an agency's desk issues a no-record certificate, before the certificate exists.

The form carries the hash of the page and a number, no name. The entry follows from the form alone: the same form again
gives the same entry, and there is no row beside the log. An entry without a certificate is one that a desk broke off.

May touch: database, a local socket (the signer)
Sees:      pseudonyms, hashes
Spec:      vault-law L25; architecture D4
"""

from __future__ import annotations

from vault.caller import Caller
from vault.certificate import CertificateRecord
from vault.checks import SKEW_MS
from vault.house import Vault, caller_actor, signed_by
from vault.refusals import Why, need
from vault.vocabulary import SEALING_KINDS, Role


def enter_certificate(vault: Vault, caller: Caller, data: bytes) -> str:
    """The number that was entered; Refused when it is not the caller's own, or of another time than now."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        signed = signed_by(caller, CertificateRecord, data, vault.rosters(connection), now)
    form = signed.form
    is_own = (form.agency, form.issuer) == (caller.agency, caller.person)
    need(is_own, Why.NOT_ENTITLED, "certificate: not by the caller")
    seals = vault.pins.agency(caller.agency).kind in SEALING_KINDS
    need(seals, Why.NOT_ENTITLED, "certificate: only an agency that seals issues one")
    need(abs(form.issued_ms - now) <= SKEW_MS, Why.MALFORMED, "certificate: of another time than now")
    role = Role.DECIDER if Role.DECIDER in caller.roles else Role.SEALER
    vault.enter(
        caller_actor(caller, role.value),
        "certificate.issue",
        {"agency": form.agency},
        req=form.certificate,
        ts_ms=form.issued_ms,
        input=signed.hex,
    )
    return form.certificate
