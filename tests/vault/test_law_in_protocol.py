"""Rules of the law that the signed forms and the agents' checks enforce, one accepting and one refusing test each."""

from __future__ import annotations

import dataclasses

import pytest
from vault_cast import NOW, Cast, Sealed

from vault.agent import Dossier, release_half
from vault.asking import Asked
from vault.checks import check_request
from vault.deciding import decide, refuse
from vault.errors import CheckFailedError, MalformedFormError, Stop
from vault.forms import open_form
from vault.requests import Refusal, Request
from vault.vocabulary import Holder

AT = NOW + 4000


@pytest.fixture(scope="module")
def cast() -> Cast:
    """Nothing here changes it: agents' memories are keyed by request."""
    return Cast()


def asked_and_agreed(cast: Cast) -> tuple[Sealed, Asked, Dossier]:
    sealed, asked = cast.seal(), cast.ask()
    return sealed, asked, cast.dossier(sealed, asked, Holder.COURT)


def release(cast: Cast, dossier: Dossier) -> bytes:
    memory = cast.memories[Holder.COURT]
    return release_half(cast.agent(Holder.COURT), dossier, cast.rosters(), memory, cast.locks, AT)


def stopped(cast: Cast, dossier: Dossier) -> Stop:
    with pytest.raises(CheckFailedError) as caught:
        release(cast, dossier)
    return caught.value.stop


def form_of(cast: Cast, asked: Asked) -> Request:
    return check_request(asked.data, cast.rosters(), NOW)[0].form


def test_L17_accepts_a_request_that_names_its_official_letter(cast: Cast) -> None:
    """No request could be made."""
    assert form_of(cast, cast.ask()).letter == "a" * 64


def test_L17_refuses_a_request_without_a_letter_or_by_nobody_known(cast: Cast) -> None:
    """A unit could query without its own paper, or somebody without standing in its name."""
    form = form_of(cast, cast.ask())
    with pytest.raises(MalformedFormError, match=r"request\.letter"):
        dataclasses.replace(form, letter="")
    forged = form.sign(cast.people["sealer-procuratorate"].signer)
    with pytest.raises(CheckFailedError):
        check_request(forged, cast.rosters(), NOW)


def test_L19_accepts_a_decision_of_the_agency_that_sealed(cast: Cast) -> None:
    """Nobody could decide."""
    sealed, asked = cast.seal("police-a"), cast.ask(to="police-a")
    assert decide(cast.signer("decider-police"), asked.data, sealed.index, cast.rosters(), cast.law, AT)


@pytest.mark.parametrize("decider", ["decider-procuratorate", "decider-police", "decider-justice"])
def test_L19_refuses_a_decision_of_any_other_agency(cast: Cast, decider: str) -> None:
    """One agency would open another's records."""
    sealed, asked = cast.seal(), cast.ask()
    with pytest.raises(CheckFailedError) as caught:
        decide(cast.signer(decider), asked.data, sealed.index, cast.rosters(), cast.law, AT)
    assert caught.value.stop is Stop.DECISION


def test_L20_accepts_a_refusal_with_a_reason_and_words_for_the_officer(cast: Cast) -> None:
    """Refusals would be silence."""
    decider, words = cast.signer("decider-court"), "另有说明"
    data = refuse(decider, cast.ask().data, "nothing-to-release", words, cast.rosters(), AT)
    form = open_form(Refusal, data, [decider.key.verifying_key]).form
    assert form.reason == "nothing-to-release"
    assert words.encode() not in data


def test_L20_refuses_reasons_that_tell_of_a_record(cast: Cast) -> None:
    """The vault and the ineligible would read from the reason that there is a record."""
    decider = cast.signer("decider-court")
    for reason in ("record-found-but-secret", "no-such-record", ""):
        with pytest.raises(MalformedFormError, match=r"refusal\.reason"):
            refuse(decider, cast.ask().data, reason, "x", cast.rosters(), AT)
    lengths = {
        len(refuse(decider, cast.ask().data, "nothing-to-release", words, cast.rosters(), AT))
        for words in ("no", "there is one, but it is not for you")
    }
    assert len(lengths) == 1


def test_L22_accepts_a_request_that_names_its_signed_undertaking(cast: Cast) -> None:
    """No request could be made."""
    assert form_of(cast, cast.ask()).undertaking == "b" * 64


def test_L22_refuses_a_request_without_an_undertaking(cast: Cast) -> None:
    """A record would be read by somebody who promised nothing."""
    form = form_of(cast, cast.ask())
    for undertaking in ("", "promised", "B" * 64):
        with pytest.raises(MalformedFormError, match=r"request\.undertaking"):
            dataclasses.replace(form, undertaking=undertaking)


def test_L23_accepts_a_release_whose_papers_are_registered_first(cast: Cast) -> None:
    """Nothing would be released."""
    assert release(cast, asked_and_agreed(cast)[2])


def test_L23_refuses_a_release_that_the_log_does_not_hold(cast: Cast) -> None:
    """A query would leave no trace: no entry, another request's entry, or one that a witness has not seen."""
    _, _, dossier = asked_and_agreed(cast)
    _, _, other = asked_and_agreed(cast)
    index = cast.log.entries.index(dossier.entry)
    assert stopped(cast, dataclasses.replace(dossier, entry=b"", proof=b"")) is Stop.WITNESSES
    assert stopped(cast, dataclasses.replace(dossier, entry=other.entry, proof=other.proof)) is Stop.ENTRY
    unseen = cast.log.proof(index, NOW + 3000, witnesses=["court"])
    assert stopped(cast, dataclasses.replace(dossier, proof=unseen)) is Stop.WITNESSES


def test_L40_accepts_a_release_that_the_persons_in_charge_approved(cast: Cast) -> None:
    """Nothing would be released."""
    _, _, dossier = asked_and_agreed(cast)
    assert len(dossier.approvals) == 1
    assert release(cast, dossier)


def test_L40_refuses_a_release_without_them(cast: Cast) -> None:
    """Staff would read minors' data on nobody's responsibility."""
    _, _, dossier = asked_and_agreed(cast)
    assert stopped(cast, dataclasses.replace(dossier, approvals=())) is Stop.APPROVAL
    assert stopped(cast, dataclasses.replace(dossier, decision=b"")) is Stop.DECISION
