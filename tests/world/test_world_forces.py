"""Stations and units of a year, tier by tier."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.config.schema import Config
from sim.errors import SimError
from sim.terms import TIERS
from sim.world import regions
from sim.world.forces import OUTSIDE, Forces, Station, build, mark
from sim.world.plan import levels
from sim.world.region import Region

# 建标152: what the configuration gives each class of the 13 standing stations, written down a second time
VEHICLES = {"special": 9, "class1": 6, "class2": 3, "small": 2, "logistics": 4}
CREWS = {"special": 50, "class1": 36, "class2": 20, "small": 15, "logistics": 20}


def of_year(region: Region, config: Config, year: int) -> Forces:
    return build(region, config.forces, levels(config.plan, year))


def tier(forces: Forces, name: str) -> list[Station]:
    return [station for station in forces.stations if station.tier == name and station.area != OUTSIDE]


@pytest.mark.parametrize(
    ("year", "professional", "teams", "volunteers", "patrol", "drone"),
    [
        (2023, 13, 43, 39, 0, 0),  # one class-2 team in each of the 43 towns, volunteers in the 39 townships
        (2024, 14, 43, 39, 100, 8),
        (2025, 15, 62, 27, 100, 8),
        (2027, 16, 100, 0, 100, 8),  # a team in every township and subdistrict, and where it is no volunteers
    ],
)
def test_number_of_stations_by_tier_and_year(
    region: Region,
    config: Config,
    year: int,
    professional: int,
    teams: int,
    volunteers: int,
    patrol: int,
    drone: int,
) -> None:
    forces = of_year(region, config, year)
    assert {name: len(tier(forces, name)) for name in TIERS} == {
        "professional": professional,
        "township": teams,
        "volunteer": volunteers,
        "micro": 923,
        "patrol": patrol,
        "drone": drone,
        "civil": 6,  # one in each county
        "enterprise": 1,  # that of 巨化
    }


def test_micro_stations_stand_at_committees_and_half_the_villages(region: Region, config: Config) -> None:
    forces = of_year(region, config, 2023)
    count = Counter(station.township for station in tier(forces, "micro"))
    for index, place in enumerate(region.townships):
        assert count[index] == round(place.committees + place.villages / 2), place.name
    assert sum(count.values()) == 923


def test_teams_stand_in_towns_and_volunteers_in_townships(region: Region, config: Config) -> None:
    forces = of_year(region, config, 2023)
    kinds = [place.kind for place in region.townships]
    assert [kinds[s.township] for s in tier(forces, "township")] == ["town"] * 43
    assert [kinds[s.township] for s in tier(forces, "volunteer")] == ["township"] * 39


def test_each_class_of_station_has_its_vehicles_and_crew(region: Region, config: Config) -> None:
    forces = of_year(region, config, 2023)
    classes = {site.name: site.station_class for site in region.sites}
    for station in tier(forces, "professional"):
        kind = classes[station.name]
        vehicles = [
            unit for unit in forces.units_of[station.index] if not forces.units[unit].kind.endswith("_team")
        ]
        assert len(vehicles) == VEHICLES[kind], station.name
        assert station.roster == CREWS[kind], station.name


def test_three_specialist_teams_are_in_being_and_the_others_come_with_the_kit(
    region: Region, config: Config
) -> None:
    before, after = of_year(region, config, 2023), of_year(region, config, 2024)
    inside = [s.index for s in before.stations if s.area != OUTSIDE]
    there = [u.kind for u in before.units if u.kind.endswith("_team") and u.station in inside]
    assert sorted(there) == ["chemical_team", "earthquake_team", "water_team"]
    homes = {u.kind: after.stations[u.station].name for u in after.units if u.kind.endswith("_team")}
    own = {f"{name}_team": home for name, home in config.forces.specialists.items()}
    found = {
        u.kind: after.stations[u.station].name
        for u in after.units
        if u.kind.endswith("_team") and after.stations[u.station].area != OUTSIDE
    }
    assert found == own
    assert set(homes) == set(own)


def test_brigades_equal_the_table(region: Region, config: Config) -> None:
    assert region.brigades == ("柯山", "柯城", "衢江", "龙游", "江山", "常山", "开化", "开发区")
    forces = of_year(region, config, 2023)
    assert {s.area for s in tier(forces, "professional")} == set(region.brigades)


@pytest.mark.parametrize("per_brigade", [1, 3])
def test_nests_per_brigade_follow_the_plan(per_brigade: int) -> None:
    config = compose(["scenario=2025", f"plan.drone_nests.per_brigade={per_brigade}"])
    forces = of_year(regions.load(config.region), config, 2025)
    assert set(Counter(s.area for s in tier(forces, "drone")).values()) == {per_brigade}


def test_nests_need_the_platform() -> None:
    config = compose(["scenario=2025", "plan.platform.enabled=false"])
    assert not tier(of_year(regions.load(config.region), config, 2025), "drone")


@given(share=st.floats(0, 1), more=st.floats(0, 1))
@hypothesis_settings(max_examples=15, deadline=None)
def test_larger_share_keeps_the_stations_of_a_smaller_share(
    region: Region, config: Config, share: float, more: float
) -> None:
    """Who is on the platform, or has a car, at a share is so at every larger share, too."""
    base = levels(config.plan, 2025)
    low, high = sorted((share, more))
    names = []
    for level in (low, high):
        forces = build(
            region,
            config.forces,
            replace(
                base, integrated=dict.fromkeys(TIERS, level), patrol_share=level, extra_teams_share=level
            ),
        )
        names.append(
            (
                {s.name for s in forces.stations if s.integrated and s.tier in ("micro", "civil")},
                {s.name for s in forces.stations if s.tier == "patrol"},
                {s.name for s in forces.stations if s.tier == "township"},
            )
        )
    for few, many in zip(*names, strict=True):
        assert few <= many


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.5, 0.46, 0.54), (1.0, 1, 1)])
def test_integrated_share_of_teams_is_on_the_platform(
    region: Region, config: Config, share: float, low: float, high: float
) -> None:
    forces = build(
        region, config.forces, replace(levels(config.plan, 2024), integrated=dict.fromkeys(TIERS, share))
    )
    others = [s for s in forces.stations if s.tier not in ("professional", "drone")]
    assert low <= sum(s.integrated for s in others) / len(others) <= high
    assert all(s.integrated for s in forces.stations if s.tier in ("professional", "drone"))


def test_names_are_unique_and_indices_are_places(region: Region, config: Config) -> None:
    forces = of_year(region, config, 2030)
    for table in (forces.stations, forces.units):
        assert [item.index for item in table] == list(range(len(table)))
        assert len({item.name for item in table}) == len(table)
    assert all(forces.units[u].station == s for s, units in enumerate(forces.units_of) for u in units)


def test_career_measure_raises_presence_to_its_level(region: Region, config: Config) -> None:
    for year, presence in ((2023, 0.85), (2027, 0.95)):
        forces = of_year(region, config, year)
        for station in (*tier(forces, "professional"), *tier(forces, "township")):
            assert station.presence == pytest.approx(presence), station.name


def test_extra_teams_replace_volunteers(region: Region, config: Config) -> None:
    forces = build(region, config.forces, replace(levels(config.plan, 2025), extra_teams_share=1.0))
    assert len(tier(forces, "township")) == 100
    assert not tier(forces, "volunteer")


def test_hash_mark_of_a_name_is_stable() -> None:
    # partial levels of published results hang on these numbers
    assert mark("integrated", "新新街道微型站1") == pytest.approx(0.4994331654161215, abs=1e-15)
    assert mark("patrol", "x") != mark("team", "x")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("forces.specialists.chemical=无名站", ["forces.specialists.chemical", "无名站", "stations.csv"]),
        ("plan.stations.zhihui_class2.name=无名站", ["plan.stations", "无名站", "stations.csv"]),
        ("~forces.professional.classes.special", ["forces.professional.classes.special", "missing"]),
    ],
)
def test_forces_that_contradict_the_tables_are_refused(region: Region, option: str, words: list[str]) -> None:
    config = compose(["scenario=2025", option])
    with pytest.raises(SimError) as refusal:
        of_year(region, config, 2025)
    assert all(word in str(refusal.value) for word in words), refusal.value
