"""Who may do what in the vault's PostgreSQL: the owner makes the tables, the service works, nobody alters the log.

The service may add rows everywhere and change what a state machine moves; rosters, acts, intents and locks are never
altered, sealing forms by shredding alone, and entries of the log not at all.

May touch: nothing
Sees:      names of roles
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.models import grants
from vault.models import METADATA

_CHANGED = {
    "vault_roster": "DELETE",  # an older version makes room for a newer one
    "vault_record": "UPDATE (state, data, index_entry, proof)",
    "vault_half": "UPDATE (key, sealed), DELETE",
    "vault_envelope": "DELETE",
    "vault_notice": "UPDATE (answer, answered_ms)",
    "vault_correction": "UPDATE (answer, answered_ms)",
    "vault_request": "UPDATE (state, expires_ms)",
    "vault_proposal": "UPDATE (state, done_ms)",
    "vault_seen_call": "DELETE",
}


def vault_grants(role: str) -> Iterator[str]:
    """Statements for the owner to run; whatever the role had before is taken back."""
    quoted = '"' + role.replace('"', '""') + '"'
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}"
    yield f"REVOKE CREATE ON SCHEMA public FROM {quoted}"
    yield f"GRANT USAGE ON SCHEMA public TO {quoted}"
    for name in sorted(METADATA.tables):
        more = f", {_CHANGED[name]}" if name in _CHANGED else ""
        yield f"GRANT SELECT, INSERT{more} ON {name} TO {quoted}"
    yield f"GRANT SELECT ON alembic_version TO {quoted}"
    yield from grants(role)
