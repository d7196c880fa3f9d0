"""Whose signatures make a checkpoint good (C2SP tlog-policy): logs, witnesses, groups, one quorum.

It judges sets of keys whose signatures somebody else has verified, and no times. Names are opaque octets, kept here as
text with surrogate escapes, so that nothing is normalised.

May touch: nothing
Spec:      https://c2sp.org/tlog-policy
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from audit.errors import KeyFileError, PolicyFileError
from audit.keys import Verifier
from audit.signature_line import Kind

_NONE = "none"
_OCTETS = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_LOG_KINDS = (Kind.ED25519, Kind.ML_DSA_44)
_WITNESS_KINDS = (Kind.COSIGNATURE_V1, Kind.ML_DSA_44)


@dataclass(frozen=True, slots=True)
class Known:
    """A log or witness: the policy's name for it (empty for logs), its key, its address or None."""

    name: str
    key: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Satisfied when `least` of its members (names of witnesses or groups above it) are."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy; `quorum` is the name of a witness or group, None when no cosignature is needed."""

    logs: tuple[Known, ...]
    witnesses: tuple[Known, ...]
    groups: dict[str, Group]
    quorum: str | None

    def is_log(self, key: Verifier) -> bool:
        """Whether this key is one of the policy's logs; a policy that names no log leaves that to its user."""
        return not self.logs or any(log.key == key for log in self.logs)

    def is_satisfied(self, cosigners: Collection[Verifier]) -> bool:
        """Whether cosignatures that hold, by these keys, make the quorum."""
        if self.quorum is None:
            return True
        signed = {witness.name for witness in self.witnesses if witness.key in cosigners}
        return self._is_witnessed(self.quorum, signed)

    def _is_witnessed(self, name: str, signed: set[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in signed
        return sum(self._is_witnessed(member, signed) for member in group.members) >= group.least


def parse_policy(data: bytes) -> Policy:
    """Read a policy file; PolicyFileError names the line and the rule."""
    if not _OCTETS.fullmatch(data):
        raise PolicyFileError("policy: a control character")
    draft = _Draft()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            try:
                draft.read(words)
            except (PolicyFileError, KeyFileError) as error:
                raise PolicyFileError(f"policy line {number}: {error}") from None
    return draft.finish()


class _Draft:
    """A policy while its lines are read: names must be defined above their use, and are used once."""

    def __init__(self) -> None:
        self.logs: list[Known] = []
        self.witnesses: list[Known] = []
        self.groups: dict[str, Group] = {}
        self.quorums: list[str] = []
        self.free: set[str] = set()
        self.names: set[str] = set()

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(self._known("", vkey, url, _LOG_KINDS, self.logs))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self.witnesses.append(self._known(name, vkey, url, _WITNESS_KINDS, self.witnesses))
                self._name(name)
            case ["group", name, count, *members] if members:
                self.groups[name] = self._group(count, members)
                self._name(name)
            case ["quorum", name]:
                if name != _NONE and name not in self.names:
                    raise PolicyFileError("the quorum is a name that is not defined above")
                self.quorums.append(name)
            case _:
                raise PolicyFileError("not a log, witness, group or quorum line")

    def finish(self) -> Policy:
        if len(self.quorums) != 1:
            raise PolicyFileError("policy: exactly one quorum line is expected")
        quorum = None if self.quorums[0] == _NONE else self.quorums[0]
        return Policy(tuple(self.logs), tuple(self.witnesses), self.groups, quorum)

    def _name(self, name: str) -> None:
        if name == _NONE or name in self.names:
            raise PolicyFileError("a name that is reserved or taken")
        self.names.add(name)
        self.free.add(name)

    def _known(self, name: str, vkey: str, url: list[str], kinds: tuple[Kind, ...], others: list[Known]) -> Known:
        key = Verifier.parse(vkey)
        if key.kind not in kinds:
            raise PolicyFileError("a key whose kind of signature does not fit")
        if any(other.key.public_key == key.public_key for other in others):
            raise PolicyFileError("a public key that stands above already")
        return Known(name, key, url[0] if url else None)

    def _group(self, count: str, members: list[str]) -> Group:
        if len(set(members)) != len(members) or not self.free.issuperset(members):
            raise PolicyFileError("a member that is not defined above, or is in a group already")
        self.free.difference_update(members)
        words = {"any": 1, "all": len(members)}
        least = words.get(count) or (int(count) if re.fullmatch(r"[1-9][0-9]{0,3}", count) else 0)
        if not 1 <= least <= len(members):
            raise PolicyFileError("a group's count is not any, all or a number up to its size")
        return Group(least, tuple(members))
