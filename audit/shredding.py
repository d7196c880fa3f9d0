"""Keep the salt and key of every subject in a case, outside of the log, so that destroying them is the erasure.

A handle (a ULID that the caller keeps with its own row) names a pair of secrets; the store knows no identifier, not
even as a hash. Pairs are wrapped under an epoch key that lives in a file outside of this database and its backups.
`shred` destroys a pair here at once. Copies in backups, write-ahead logs and replicas die with the epoch: `new_epoch`
wraps the survivors under a new key, and when the old key's file is destroyed, no backup opens any more.
The log is not touched: leaves, tree and all earlier proofs stay as they are.

May touch: database (its own, never the log's)
Sees:      salts and keys
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    create_engine,
    delete,
    func,
    insert,
    select,
    update,
)

from audit.commitments import KEY_BYTES, SALT_BYTES, SubjectSecrets, new_secrets
from audit.durability import prepare_sessions
from audit.refusals import CommitmentError, ShreddedError, StoreError
from audit.shapes import is_ulid
from audit.store import DEADLINE_S

_METADATA: Final = MetaData()
_SECRET: Final = Table(
    "subject_secret",
    _METADATA,
    Column("handle", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)
_EPOCH: Final = Table(
    "secret_epoch",
    _METADATA,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("key_check", LargeBinary, nullable=False),
)
_NONCE_BYTES: Final = 12


class ShreddingStore:
    """An opened store of subject secrets. Every change is durable when its call returns. Safe to share by threads."""

    def __init__(self, engine: Engine, epoch: int, key: bytes) -> None:
        self._engine, self._epoch, self._key = engine, epoch, key

    @classmethod
    def open(cls, url: str, epoch_key: bytes) -> Self:
        """Open, making the tables at the first time. Raises `StoreError` when the key is not that of the epoch."""
        if len(epoch_key) != KEY_BYTES:
            raise CommitmentError(f"epoch key must be {KEY_BYTES} bytes")
        engine = create_engine(url, hide_parameters=True)
        prepare_sessions(engine, DEADLINE_S)
        try:
            with _writing(engine) as connection:
                _METADATA.create_all(connection)
                found = connection.execute(select(_EPOCH.c.epoch, _EPOCH.c.key_check)).one_or_none()
                if found is None:
                    connection.execute(insert(_EPOCH).values(one=1, epoch=1, key_check=_check(epoch_key, 1)))
                    return cls(engine, 1, epoch_key)
            if not hmac.compare_digest(found.key_check, _check(epoch_key, found.epoch)):
                raise StoreError(f"the key is not that of epoch {found.epoch}")
            return cls(engine, found.epoch, epoch_key)
        except BaseException:
            engine.dispose()
            raise

    @property
    def epoch(self) -> int:
        """Number of the present epoch; a ``subject.shred`` entry states it."""
        return self._epoch

    def __len__(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(_SECRET)).scalar_one())

    def create(self, handle: str) -> SubjectSecrets:
        """Draw secrets for a new handle and keep them. A handle that exists gives its own secrets."""
        if not is_ulid(handle):
            raise CommitmentError("handle must be a ULID")
        with _writing(self._engine) as connection:
            self._hold_epoch(connection)
            wrapped = _read(connection, handle)
            if wrapped is not None:
                return self._unwrap(handle, wrapped)
            made = new_secrets()
            row = {"handle": handle, "epoch": self._epoch, "wrapped": _wrap(self._key, self._epoch, handle, made)}
            connection.execute(insert(_SECRET).values(row))
        return made

    def secrets(self, handle: str) -> SubjectSecrets:
        """The secrets behind a handle. Raises `ShreddedError` when they are destroyed or never were."""
        with self._engine.connect() as connection:
            wrapped = _read(connection, handle)
        if wrapped is None:
            raise ShreddedError("no secrets stand behind this handle")
        return self._unwrap(handle, wrapped)

    def shred(self, handle: str) -> bool:
        """Destroy the secrets behind a handle; False when there were none. Backups need `new_epoch` as well."""
        with _writing(self._engine) as connection:
            done = connection.execute(delete(_SECRET).where(_SECRET.c.handle == handle)).rowcount == 1
        self._wipe()
        return done

    def new_epoch(self, new_key: bytes) -> int:
        """Wrap all survivors under a new key and return the epoch's number; then destroy the old key's file.

        One transaction: after a crash either the old key opens everything or the new one does.
        """
        if len(new_key) != KEY_BYTES or hmac.compare_digest(new_key, self._key):
            raise CommitmentError(f"a new epoch needs another key of {KEY_BYTES} bytes")
        epoch = self._epoch + 1
        with _writing(self._engine) as connection:
            self._hold_epoch(connection)
            for handle, wrapped in connection.execute(select(_SECRET.c.handle, _SECRET.c.wrapped)).all():
                again = _wrap(new_key, epoch, handle, self._unwrap(handle, wrapped))
                row = update(_SECRET).where(_SECRET.c.handle == handle).values(epoch=epoch, wrapped=again)
                connection.execute(row)
            connection.execute(update(_EPOCH).values(epoch=epoch, key_check=_check(new_key, epoch)))
        self._epoch, self._key = epoch, new_key
        self._wipe()
        return epoch

    def close(self) -> None:
        self._engine.dispose()

    def _unwrap(self, handle: str, wrapped: bytes) -> SubjectSecrets:
        nonce, body = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            pair = AESGCM(self._key).decrypt(nonce, body, _place(handle, self._epoch))
        except InvalidTag:
            raise StoreError("wrapped secrets do not open: damaged, or of an epoch begun elsewhere") from None
        return SubjectSecrets(pair[:SALT_BYTES], pair[SALT_BYTES:])

    def _hold_epoch(self, connection: Connection) -> None:
        """Keep others from beginning an epoch meanwhile; refuse if another process has begun one."""
        if connection.execute(select(_EPOCH.c.epoch).with_for_update()).scalar_one() != self._epoch:
            raise StoreError("another process has begun an epoch: open the store anew with its key")

    def _wipe(self) -> None:
        """Overwrite what a deleted row left in the file (SQLite) or let the server reuse it (PostgreSQL)."""
        with self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
                autocommit.exec_driver_sql("VACUUM subject_secret")


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")  # deleted bytes are overwritten with zeros
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


def _read(connection: Connection, handle: str) -> bytes | None:
    query = select(_SECRET.c.wrapped).where(_SECRET.c.handle == handle)
    wrapped: bytes | None = connection.execute(query).scalar_one_or_none()
    return wrapped


def _wrap(key: bytes, epoch: int, handle: str, pair: SubjectSecrets) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, pair.salt + pair.key, _place(handle, epoch))


def _place(handle: str, epoch: int) -> bytes:
    """Bound to its row, so that wrapped secrets cannot be moved to another handle or back into another epoch."""
    return f"sealink/subject-secret/v1\n{epoch}\n{handle}".encode()


def _check(key: bytes, epoch: int) -> bytes:
    return hmac.new(key, f"sealink/epoch-check/v1\n{epoch}".encode(), hashlib.sha256).digest()
