"""A whole synthetic city: same in, same out; rates as the profile says; nothing that gives the truth away."""

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from linkage.synthetic.agencies import LAYOUTS, SUSPECT_ROLE
from linkage.synthetic.city import City, build_city
from linkage.synthetic.profiles import HARD, OTHER, TYPICAL, Profile
from linkage.synthetic.sightings import Source
from linkage.synthetic.strata import Stratum

CHILDREN = 6_000


@pytest.fixture(scope="module")
def city() -> City:
    """One typical city for all tests of this file."""
    return build_city(CHILDREN, 21)


def _share(table: pa.Table, stratum: Stratum) -> float:
    return float(np.mean(table[str(stratum)].to_numpy()))


def _by_record(city: City, source: Source, column: str) -> dict[str, str]:
    table = city.tables[source]
    return dict(zip(table[LAYOUTS[source].record_id].to_pylist(), table[column].to_pylist(), strict=True))


def test_the_same_arguments_give_the_same_city(city: City) -> None:
    """Every figure that names a seed depends on this."""
    again = build_city(CHILDREN, 21)
    assert all(city.tables[source].equals(again.tables[source]) for source in Source)
    assert city.truth.equals(again.truth)
    assert city.strata.equals(again.strata)
    assert not city.truth.equals(build_city(CHILDREN, 22).truth)


@pytest.mark.parametrize("profile", [TYPICAL, HARD, OTHER], ids=lambda p: p.title)
def test_mistakes_are_as_frequent_as_the_profile_says(profile: Profile) -> None:
    """If the mix drifts, figures stop being comparable with those in the issue."""
    made = build_city(CHILDREN, 5, profile)
    assert 1 - _share(made.strata, Stratum.CLEAN) == pytest.approx(profile.error_share, abs=0.04)
    assert _share(made.strata, Stratum.TWIN) == pytest.approx(profile.population.twins, abs=0.012)
    assert 0.01 < _share(made.strata, Stratum.DUPLICATE) < 0.04
    assert 1.55 < made.truth.num_rows / CHILDREN < 1.85


def test_every_stratum_occurs(city: City) -> None:
    """A kind of mistake that never happens is a kind that nobody tests."""
    absent = {s for s in Stratum if not _share(city.strata, s)}
    assert absent <= {Stratum.FIFTEEN_DIGIT_ID}


def test_mistakes_come_in_clusters(city: City) -> None:
    """Independent mistakes are the easy case that real files never are: bad names must go with bad dates."""
    wrong_name = city.strata[str(Stratum.HOMOPHONE)].to_numpy() | city.strata[str(Stratum.LOOKALIKE)].to_numpy()
    wrong_date = city.strata[str(Stratum.WRONG_DIGIT_DATE)].to_numpy() | city.strata[str(Stratum.LUNAR_DATE)].to_numpy()
    assert np.mean(wrong_date[wrong_name]) > 1.25 * np.mean(wrong_date)


def test_clean_records_hold_the_true_name_and_day(city: City) -> None:
    """Strata must not lie: a clean record says what the world says, in some format."""
    people = city.children
    names = _by_record(city, Source.SCHOOL, "姓名")
    clean = pc.and_(
        city.strata["clean"], pc.and_(pc.equal(city.strata["source"], "school"), pc.invert(city.strata["spaced"]))
    )
    clean = pc.and_(clean, pc.invert(pc.or_(city.strata["ethnic_dot"], city.strata["traditional"])))
    for row in city.truth.filter(clean).slice(0, 500).to_pylist():
        child = int(row["entity"][1:])
        assert names[row["record"]] in ("", people.name[child], people.former_name[child])


def test_record_ids_are_unique_and_say_nothing_of_the_child(city: City) -> None:
    """An id in the order of the children would let a matcher link by row number."""
    for source in Source:
        rows = city.truth.filter(pc.equal(city.truth["source"], str(source))).to_pylist()
        assert len({row["record"] for row in rows}) == len(rows)
        record = [int("".join(c for c in row["record"] if c.isdigit())) for row in rows]
        entity = [int(row["entity"][1:]) for row in rows]
        assert abs(np.corrcoef(record, entity)[0, 1]) < 0.08
        assert abs(np.corrcoef(np.arange(len(rows)), entity)[0, 1]) < 0.08


def test_suspects_are_in_the_police_file_but_not_in_the_truth(city: City) -> None:
    """The filter of a police source is only tested while rows exist that it must drop."""
    roles = _by_record(city, Source.POLICE, "RYLB")
    suspects = {record for record, role in roles.items() if role == SUSPECT_ROLE}
    linked = set(city.truth.filter(pc.equal(city.truth["source"], "police"))["record"].to_pylist())
    assert suspects
    assert not suspects & linked
    assert suspects | linked == set(roles)


def test_agencies_know_children_in_common(city: City) -> None:
    """Without overlap there is nothing to link; without loners there is nothing to leave alone."""
    sources: dict[str, set[str]] = defaultdict(set)
    for row in city.truth.to_pylist():
        sources[row["entity"]].add(row["source"])
    counts = Counter(len(held) for held in sources.values())
    assert counts[1] > 0.25 * len(sources)
    assert counts[2] > 0.15 * len(sources)
    assert counts[3] > 0.03 * len(sources)


def test_brothers_and_sisters_share_phones_in_the_files(city: City) -> None:
    """A phone that belongs to one child only would be an identifier, which a household's phone is not."""
    phones = _by_record(city, Source.SCHOOL, "父亲手机")
    entities = {
        row["record"]: row["entity"] for row in city.truth.filter(pc.equal(city.truth["source"], "school")).to_pylist()
    }
    holders: dict[str, set[str]] = defaultdict(set)
    for record, phone in phones.items():
        if phone:
            holders[phone].add(entities[record])
    assert sum(1 for held in holders.values() if len(held) > 1) > 100


def test_a_newborns_row_has_neither_name_nor_id_of_its_own(city: City) -> None:
    """If the ward already knew the child's ID, newborn rows would link by it and the hard case would be gone."""
    rows = city.strata.filter(city.strata["newborn"])
    ids, names = _by_record(city, Source.HOSPITAL, "身份证号"), _by_record(city, Source.HOSPITAL, "患儿姓名")
    records = rows["record"].to_pylist()
    assert set(rows["source"].to_pylist()) == {"hospital"}
    assert all(ids[record] == "" and len(names[record]) > 2 for record in records)


def test_a_city_needs_children() -> None:
    """Zero children must be refused in words, not by a numpy error."""
    with pytest.raises(ValueError, match="at least one child"):
        build_city(0, 1)
    assert build_city(1, 1).truth.num_rows < 8
