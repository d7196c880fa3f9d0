"""Projects: who sees them, who joins with which keys, and the linkage secret on its way between custodians."""

from __future__ import annotations

from dataclasses import replace

import pytest
from batch_site import PROJECT, TERMS, Agency, make_project
from fastapi.testclient import TestClient
from service_site import ServiceSite, caller, who

from api.auth.permissions import Role
from api.linkage.routers import ROUTERS
from audit.crypto.errors import ContainerError
from linkage.encoding.keys import LinkageSecret
from linkage.encoding.secret_passing import Custodians, accept, invite, join
from linkage.errors import FingerprintError
from linkage.flows.join_project import fetch_secrets, join_project, read_custodians, relay_secret
from linkage.flows.manage_projects import change_project, close_project, create_project, list_projects, read_project
from linkage.projects import ProjectState
from linkage.refusals import Refused, Why


def custodians(place: ServiceSite, agency: Agency) -> Custodians:
    project, keys = read_custodians(place.unit, caller(agency.code), PROJECT)
    return Custodians(PROJECT, project.epoch, keys)


def test_the_secret_reaches_the_other_custodian_alone(place: ServiceSite) -> None:
    """Two agencies would encode under different secrets, or a third would read it."""
    police, hospital = make_project(place)
    secret, shown = LinkageSecret.generate(), custodians(place, police)
    sealed = invite(secret, shown, "police", "hospital", police.signing, police.opening, shown.fingerprint)
    assert secret.key not in sealed
    relay_secret(place.unit, caller("police"), PROJECT, "hospital", sealed)
    assert fetch_secrets(place.unit, caller("police"), PROJECT) == []
    (found,) = fetch_secrets(place.unit, caller("hospital"), PROJECT)
    seen = custodians(place, hospital)
    assert found.fingerprint == seen.fingerprint == shown.fingerprint
    opened = accept(found.sealed, seen, "police", "hospital", hospital.signing, hospital.opening, seen.fingerprint)
    assert opened == secret
    for_another = invite(secret, shown, "police", "police", police.signing, police.opening, shown.fingerprint)
    with pytest.raises(ContainerError):
        accept(for_another, seen, "police", "hospital", hospital.signing, hospital.opening, seen.fingerprint)


def test_swapped_keys_show(place_sqlite: ServiceSite) -> None:
    """A unit that puts its own key in place of a custodian's would read the secret."""
    police, _ = make_project(place_sqlite)
    shown = custodians(place_sqlite, police)
    unit_key = place_sqlite.unit.keys.opening.sealing_key.to_text()
    swapped = Custodians(PROJECT, 1, {**shown.keys, "hospital": (shown.keys["hospital"][0], unit_key)})
    assert swapped.fingerprint != shown.fingerprint
    with pytest.raises(FingerprintError):
        keys = police.signing, police.opening
        invite(LinkageSecret.generate(), swapped, "police", "hospital", *keys, shown.fingerprint)


def test_one_list_of_swapped_keys_for_everybody_shows(place_sqlite: ServiceSite) -> None:
    """Both sides would read out the same fingerprint of the unit's own keys, and the unit would read the secret."""
    police, hospital = make_project(place_sqlite)
    true, posing = custodians(place_sqlite, police), Agency("hospital")
    false = (posing.signing.verifying_key.to_text(), posing.opening.sealing_key.to_text())
    swapped = Custodians(PROJECT, 1, {**true.keys, "police": false, "hospital": false})
    for code, real in (("police", police), ("hospital", hospital)):
        with pytest.raises(FingerprintError, match="other keys of this agency"):
            swapped.check_own(code, real.signing.verifying_key, real.opening.sealing_key)
    keys = police.signing, police.opening
    with pytest.raises(FingerprintError, match="other keys of this agency"):
        invite(LinkageSecret.generate(), swapped, "police", "hospital", *keys, swapped.fingerprint)
    relayed = invite(
        LinkageSecret.generate(), swapped, "police", "hospital", posing.signing, posing.opening, swapped.fingerprint
    )
    half = Custodians(PROJECT, 1, {**true.keys, "police": false, "hospital": (true.keys["hospital"][0], false[1])})
    for shown in (swapped, half):
        with pytest.raises(FingerprintError, match="other keys of this agency"):
            accept(relayed, shown, "police", "hospital", hospital.signing, hospital.opening, shown.fingerprint)


def test_an_agency_joins_with_a_key_that_it_holds_only(place_sqlite: ServiceSite) -> None:
    """Somebody else's key, project or name could be put in."""
    place_sqlite.know(*TERMS.members)
    create_project(place_sqlite.unit, caller(), PROJECT, TERMS)
    police, other = Agency("police"), Agency("police")
    line = police.signing.verifying_key.to_text()
    for accepted in (
        join(PROJECT, "police", 1, other.signing, other.opening),
        join(PROJECT, "hospital", 1, police.signing, police.opening),
        join("p-two", "police", 1, police.signing, police.opening),
        join(PROJECT, "police", 2, police.signing, police.opening),
    ):
        with pytest.raises(Refused) as refused:
            join_project(place_sqlite.unit, caller("police"), PROJECT, accepted, line)
        assert refused.value.why in {Why.UNSEALED, Why.MALFORMED}


def test_who_is_no_member_finds_nothing(place: ServiceSite) -> None:
    """A stranger could tell which projects there are."""
    make_project(place)
    for act in (read_project, read_custodians, fetch_secrets):
        for code in (PROJECT, "p-none"):
            with pytest.raises(Refused) as refused:
                act(place.unit, caller("school"), code)  # type: ignore[operator]
            assert (refused.value.why, str(refused.value)) == (Why.NOT_FOUND, "project: none of this code")
    assert list_projects(place.unit, caller("school"), "", 10) == []
    assert [one.code for one in list_projects(place.unit, caller("police"), "", 10)] == [PROJECT]


def test_changes_need_the_version_that_was_read(place: ServiceSite) -> None:
    """Two operators would overwrite each other's terms; an agency that was taken out would stay in."""
    make_project(place)
    changed = change_project(place.unit, caller(), PROJECT, 1, members=("police",), elsewhere_basis="law-14")
    assert (changed.version, changed.terms.elsewhere_basis) == (2, "law-14")
    with pytest.raises(Refused) as stale:
        close_project(place.unit, caller(), PROJECT, 1)
    assert stale.value.why is Why.STALE
    with pytest.raises(Refused):
        read_project(place.unit, caller("hospital"), PROJECT)
    assert close_project(place.unit, caller(), PROJECT, 2).state is ProjectState.CLOSED
    with pytest.raises(Refused) as closed:
        Agency("police").join(place)
    assert closed.value.why is Why.WRONG_STATE


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": "../etc/passwd"}, Why.MALFORMED),
        ({"legal_basis": " "}, Why.NO_BASIS),
        ({"retention_days": 0}, Why.MALFORMED),
        ({"members": ("police", "police")}, Why.MALFORMED),
    ],
)
def test_terms_without_rule_are_refused(place_sqlite: ServiceSite, change: dict[str, object], why: Why) -> None:
    """A project without legal basis or end could be run, or a file of the unit be read as a schema."""
    with pytest.raises(Refused) as refused:
        create_project(place_sqlite.unit, caller(), PROJECT, replace(TERMS, **change))  # type: ignore[arg-type]
    assert refused.value.why is why


def test_members_stand_in_the_register(place: ServiceSite) -> None:
    """An invitation to a code with a slip in it would wait for whoever is given that code one day."""
    make_project(place)
    for members in (("police", "hosptial"), ("police", "hospital", "school")):
        with pytest.raises(Refused) as refused:
            change_project(place.unit, caller(), PROJECT, 1, members=members)
        assert refused.value.why is Why.MALFORMED
    place.know("school")
    assert change_project(place.unit, caller(), PROJECT, 1, members=("hospital", "school")).version == 2


def test_a_code_that_the_log_would_not_take_is_refused(place_sqlite: ServiceSite) -> None:
    """Whoever puts a date into a project's code would be told that the log is down."""
    place_sqlite.know(*TERMS.members)
    for code in ("p-20261127", "P-one", ""):
        with pytest.raises(Refused) as refused:
            create_project(place_sqlite.unit, caller(), code, TERMS)
        assert refused.value.why is Why.MALFORMED
    body = {"project": "p-20261127", **dict.fromkeys(("purpose", "legal_basis", "normaliser"), "x")}
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        for code, status in (("p-20261127", 422), ("p/one", 422)):
            given = {**body, "project": code, "schema_name": "cn-child-v1", "population": 5_000, "retention_days": 30}
            answer = http.post("/v1/projects", json={**given, "members": ["police"]}, headers=who(Role.OPERATOR))
            assert (answer.status_code, answer.json()["places"]) == (status, ["body.project"]), answer.text
        assert http.get("/v1/projects/p-20261127", headers=who(Role.OPERATOR)).status_code == 422
