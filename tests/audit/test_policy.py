"""The trust policy file: its example, its refusals, and the quorums that it states."""

from __future__ import annotations

import itertools

import pytest

from audit.errors import PolicyFileError
from audit.keys import Ed25519Cosigner, Ed25519Signer
from audit.policy import Policy, parse_policy

LOG = Ed25519Signer("log.example", b"l" * 32).verifier
ONES = {
    name: Ed25519Cosigner(f"{name.lower()}.example", name.encode() * 16).verifier
    for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")
}
WITNESSES = "".join(f"witness {name} {key.vkey}\n" for name, key in ONES.items())
EXAMPLE = f"""# as in the specification
log {LOG.vkey}

{WITNESSES}
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2 Y3
  # indented
group\tX-and-Y  all X-witnesses Y-witnesses\t
quorum X-and-Y
"""


def policy_of(text: str) -> Policy:
    return parse_policy(text.encode())


def test_the_specification_s_example_means_what_it_says() -> None:
    """A checkpoint could pass with the witnesses of one organisation alone."""
    policy = policy_of(EXAMPLE)
    for count in range(7):
        for names in itertools.combinations(ONES, count):
            enough = sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
            assert policy.is_satisfied({ONES[name] for name in names}) is enough
    assert policy.is_log(LOG)
    assert not policy.is_log(ONES["X1"])


def test_single_witness_and_none() -> None:
    """The simplest policies would ask for too much or too little."""
    assert policy_of("quorum none").is_satisfied(())
    one = policy_of(WITNESSES + "quorum Y3")
    assert one.is_satisfied({ONES["Y3"]})
    assert not one.is_satisfied({ONES["Y2"]})
    assert one.is_log(LOG)


def test_names_are_octets_and_addresses_are_kept() -> None:
    """Names that look alike would be one name; witnesses could not be reached."""
    text = f"witness K {ONES['X1'].vkey} https://w.example/\nwitness \u212a {ONES['X2'].vkey}\nquorum \u212a"
    policy = policy_of(text)
    assert policy.is_satisfied({ONES["X2"]})
    assert not policy.is_satisfied({ONES["X1"]})
    assert policy.witnesses[0].url == "https://w.example/"
    assert parse_policy(b"# \xff\nquorum none").quorum is None


@pytest.mark.parametrize(
    "text",
    [
        "", "quorum", "quorum none\nquorum none", "quorum X1", "rule x", "log x\nquorum none",
        f"log {ONES['X1'].vkey}\nquorum none", f"witness a {LOG.vkey}\nquorum a",
        f"witness none {ONES['X1'].vkey}\nquorum none", WITNESSES + WITNESSES + "quorum X1",
        WITNESSES + "group X1 any X2\nquorum X1", WITNESSES + "group g 0 X1\nquorum g",
        WITNESSES + "group g 2 X1\nquorum g", WITNESSES + "group g any\nquorum g",
        WITNESSES + "group g any X1 X1\nquorum g",
        WITNESSES + "group g any none\nquorum g", WITNESSES + "group g any X1\ngroup h any X1\nquorum h",
        WITNESSES + "group g any g\nquorum g", WITNESSES + "group g +1 X1\nquorum g", "quorum none\r\n",
        "quorum\x00none",
        WITNESSES + f"witness Z {Ed25519Cosigner('z', b'X1' * 16).vkey}\nquorum Z", "log a b c d\nquorum none",
    ],
)  # fmt: skip
def test_broken_policies_are_refused(text: str) -> None:
    """A policy with a slip would demand less than its author meant."""
    with pytest.raises(PolicyFileError):
        policy_of(text)
