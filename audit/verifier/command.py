"""`sealink-verify`: an auditor's own program, for a log on a drive or at an address. It changes nothing anywhere.

It leaves with 0 when everything asked for is proven, 1 when something does not hold (and names the first such thing),
2 when it could not check. The last line on standard output says which, in words.

May touch: disk, network, clock (whether a witness signed in the future)
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from audit.entry import LARGEST_ENTRY
from audit.errors import CannotCheckError, MissingError, NotProvenError, UnreadableError
from audit.keys import Verifier, parse_vkeys
from audit.note import OpenedNote
from audit.policy import parse_policy
from audit.proof import TlogProof
from audit.verifier.entry_grammar import event_of
from audit.verifier.judge import judge_log
from audit.verifier.rules import parse_rules
from audit.verifier.sources import TIME_LIMIT, source_of
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log

PROVEN, VIOLATED, COULD_NOT_CHECK = 0, 1, 2
_LONGEST_FILE = 16 * LARGEST_ENTRY
"""Bytes of keys, rules, a policy, an entry or a proof; a file that was cut here in silence would be another file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is the verdict. Wrong usage is 2 as well."""
    options = _parser().parse_args(arguments)
    try:
        for line in options.run(options):
            _say(line)
    except NotProvenError as error:
        _say(f"VIOLATED: {error}")
        return VIOLATED
    except CannotCheckError as error:
        _say(f"COULD NOT CHECK: {error}")
        return COULD_NOT_CHECK
    except Exception as error:  # Python would leave with 1, which says that something was found
        _say(f"COULD NOT CHECK: this program failed: {type(error).__name__}")
        return COULD_NOT_CHECK
    _say("PROVEN")
    return PROVEN


def _say(line: str) -> None:
    """One line, whatever names it quotes: a file's name may hold line ends, commands to the terminal, or no text."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
    encoding = sys.stdout.encoding or "utf-8"
    print(shown.encode(encoding, "backslashreplace").decode(encoding))


def run() -> None:
    """Entry point."""
    sys.exit(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("sealink-verify", description="Verify a Sealink audit log, offline or over HTTP.")
    commands = parser.add_subparsers(required=True, metavar="verify | proof | policy")
    whole = commands.add_parser("verify", help="a whole log: signatures, entries, tiles, root")
    whole.add_argument("log", help="folder or http address of the published log")
    whole.add_argument("--since", type=Path, help="older checkpoint that the log must still contain")
    whole.set_defaults(run=_verify)
    proof = commands.add_parser("proof", help="one entry by its .tlog-proof file")
    proof.add_argument("entry", type=Path, help="file with the exact bytes of the entry")
    proof.add_argument("proof", type=Path)
    proof.set_defaults(run=_proof)
    policy = commands.add_parser("policy", help="judge each logged decision again by a file of rules")
    policy.add_argument("log", help="folder or http address of the published log")
    policy.add_argument("--rules", type=Path, required=True, nargs="+", help="rule files, one for each version in use")
    policy.set_defaults(run=_policy)
    for command in (whole, policy):
        command.add_argument(
            "--time-limit", type=float, default=TIME_LIMIT, metavar="SECONDS",
            help="give up on an address after so long, with 2 (default: %(default)g)",
        )  # fmt: skip
    for command in (whole, proof, policy):
        command.add_argument("--keys", type=Path, required=True, help="verifier keys, one a line, the log's first")
        command.add_argument(
            "--policy", type=Path, help="trust policy (tlog-policy) that says which witnesses are needed"
        )
        command.add_argument("--quorum", type=int, help="how many witnesses are needed (default: each one in KEYS)")
    return parser


def _verify(options: argparse.Namespace) -> list[str]:
    since = _read(options.since) if options.since else None
    proven = verify_log(source_of(options.log, options.time_limit), _trust(options), int(time.time()), since)
    head = proven.head
    lines = [f"{head.origin}: {head.size} entries, root {head.root.hex()}", *_signers(proven.note)]
    lines += [f"  {count:>9} {event}" for event, count in proven.events.items()]
    if proven.pruned:
        lines.append(
            f"{proven.pruned} entries pruned as a logged decision allows: their hashes are proven, not their text"
        )
    if since:
        lines.append("the older checkpoint is a beginning of this log")
    return lines


def _proof(options: argparse.Namespace) -> list[str]:
    entry = _read(options.entry)
    proof = TlogProof.parse(_read(options.proof))
    head, note = _trust(options).open_checkpoint(proof.checkpoint, int(time.time()))
    proof.check(entry, head)
    return [f"{head.origin}: entry {proof.index} of {head.size}, {event_of(entry)}", *_signers(note)]


def _policy(options: argparse.Namespace) -> list[str]:
    rules = [parse_rules(_read(path)) for path in options.rules]
    source = source_of(options.log, options.time_limit)
    proven = verify_log(source, _trust(options), int(time.time()))
    judged = judge_log(source, proven, rules)
    return [f"{judged.decisions} decisions of {proven.head.size} entries, {judged.allowed} allowed, each by the rules"]


def _trust(options: argparse.Namespace) -> Trust:
    keys: list[Verifier] = parse_vkeys(_text(options.keys), str(options.keys))
    policy = parse_policy(_read(options.policy)) if options.policy else None
    return Trust(tuple(keys), options.quorum, policy)


def _signers(note: OpenedNote) -> list[str]:
    lines = []
    for line in note.signatures:
        when = time.strftime(" at %Y-%m-%d %H:%M:%S UTC", time.gmtime(line.timestamp)) if line.timestamp else ""
        lines.append(f"signed by {line.verifier.name} ({line.verifier.kind.name}){when}")
    return lines + [f"ignored: a line by an unknown key of {line.name}" for line in note.unknown]


def _text(path: Path) -> str:
    try:
        return _read(path).decode()
    except UnicodeDecodeError:
        raise UnreadableError(f"{path}: not text") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except FileNotFoundError:
        raise MissingError(f"{path}: not there") from None
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from None
    if len(data) > _LONGEST_FILE:
        raise UnreadableError(f"{path}: longer than any file of its kind")
    return data
