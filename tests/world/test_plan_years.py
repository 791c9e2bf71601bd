"""Years and deliveries: what is in force at the end of a year, and that nothing else changes the model."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim.config import compose as door
from sim.config.groups.plan import measures
from sim.errors import SimError
from sim.runs import execute, replications
from sim.simulation import replication, result_tables
from sim.world import plan
from sim.world.plan import levels

once = cache(door.compose)
YEARS = range(2023, 2031)
SHORT = ["days=20", "replications=2", "workers=1"]


def compose(arguments):
    return once(tuple(arguments))


@cache
def world(*arguments):
    return replication.build_world(once((*SHORT, *arguments)))


def tables(*arguments, number=0):
    there = world(*arguments)
    return result_tables.tables(there, replication.simulate(there, number))


def assert_same(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.fixture(scope="module")
def shipped():
    return compose(["scenario=2030"]).plan


def test_year_without_measures_has_the_levels_of_2023():
    before = levels(compose(["scenario=2023"]).plan, 2023)
    config = compose(["plan=off"])
    for year in YEARS:
        for delivery in ("promised", "lagged", "partial"):
            assert levels(config.plan, year, delivery, replication.marks(config, 0)) == before


@pytest.mark.parametrize("year", [2024, 2030])
def test_year_without_measures_has_the_tables_of_2023(year):
    assert_same(tables(f"scenario={year}", "plan=off"), tables("scenario=2023"))


def test_year_2030_differs_from_2023():
    first, last = tables("scenario=2023"), tables("scenario=2030")
    assert not first[0].equals(last[0])
    assert set(last[1]["tier"]) - set(first[1]["tier"]) == {"drone", "patrol"}


def test_plan_off_switches_every_measure_off():
    assert not any(measure.enabled for _, measure in measures(compose(["plan=off"]).plan))


@pytest.mark.parametrize("key", ["stations.zhihui_small", "township_teams", "urban_water", "career"])
def test_disabling_a_measure_not_yet_in_force_changes_no_level(key):
    off = f"plan.{key}.enabled=false"
    assert world("scenario=2024", off).levels == world("scenario=2024").levels
    assert world("scenario=2030", off).levels != world("scenario=2030").levels


@pytest.mark.parametrize(
    "year", [2024, 2025, 2027]
)  # what waits is the same from 2027 on, and nothing in 2030
def test_disabling_all_measures_not_yet_in_force_changes_no_row(year):
    policy = world(f"scenario={year}").config.plan
    waiting = [key for key, share in plan.shares(policy, year).items() if share == 0]
    off = [f"plan.{key}.enabled=false" for key in waiting]
    assert_same(tables(f"scenario={year}", *off), tables(f"scenario={year}"))


def test_measure_can_be_disabled_or_set_by_option():
    there = world("scenario=2025", "plan.patrol_cars.enabled=false", "plan.drone_nests.per_brigade=2")
    brigades = there.region.brigades
    assert "patrol" not in {station.tier for station in there.forces.stations}
    assert len(there.forces.by_tier["drone"]) == 2 * len(brigades)
    lines = execute.in_force(there.config).set_index("measure")
    assert lines.loc["patrol_cars", "note"] == "switched off"
    assert lines.loc["patrol_cars", "clauses"] == "六(二)b 三(三)"
    assert lines.loc["drone_nests", "level"] == "per brigade 0 → 2"


def test_every_year_has_its_targets():
    promised = {year: compose([f"scenario={year}"]).scenario.targets for year in YEARS}
    assert [promised[year].works_started for year in YEARS] == [None, 1, 2, 3, 3, 3, 3, 3]
    assert [promised[year].station_coverage for year in YEARS] == [None] * 4 + [0.75, 0.75, 0.75, 1.0]
    assert [promised[year].death_rate for year in YEARS] == [None, None, *[0.047] * 6]
    assert [promised[year].patrol_share for year in YEARS] == [None, *[1.0] * 7]


# -- delivery --------------------------------------------------------------------------------------------------------


def opened(shipped, delivery, **changes):
    return {year: len(levels(replace(shipped, **changes), year, delivery).stations_open) for year in YEARS}


def test_promised_delivery_counts_a_start_of_works_as_a_station(shipped):
    assert list(opened(shipped, "promised").values()) == [0, 1, 2, 3, 3, 3, 3, 3]
    lines = {line.measure: line for line in plan.in_force(shipped, 2025)}
    line = lines["stations.zhihui_class2"]
    assert line.level == "智慧新城二级站 counted as open"
    assert line.note == "the clause promises the start of works, not the opening"


def test_lagged_delivery_opens_a_station_after_its_lead_time(shipped):
    assert list(opened(shipped, "lagged").values()) == [0, 0, 0, 2, 3, 3, 3, 3]
    # parameter book: in service 2026.2, 2026.7 and 2027.7
    opening = [round(station.opening(0), 1) for station in shipped.stations.values()]
    assert opening == [2026.2, 2026.7, 2027.7]
    lines = {line.measure: line for line in plan.in_force(shipped, 2025, "lagged")}
    assert "in service 2026.2" in lines["stations.zhihui_class2"].note
    assert lines["stations.zhihui_class2"].level == "智慧新城二级站 not open"
    assert [len(plan.works_started(shipped, year, "lagged")) for year in YEARS] == [0, 1, 2, 3, 3, 3, 3, 3]


def test_slip_of_twelve_months_shifts_every_level_by_a_year(shipped):
    late = replace(shipped, slip_months=12.0)
    for year in range(2024, 2035):
        assert levels(late, year, "lagged") == levels(shipped, year - 1, "lagged")
        assert levels(late, year) == levels(shipped, year)  # the dates as promised know no slip
    assert levels(shipped, 2024, "lagged") != levels(shipped, 2025, "lagged")


@pytest.mark.parametrize("year", [2025, 2027])
def test_slip_of_twelve_months_shifts_the_tables_by_a_year(year):
    late = tables(f"scenario={year}", "delivery=lagged", "plan.slip_months=12")
    assert_same(late, tables(f"scenario={year - 1}", "delivery=lagged"))
    assert not late[0].equals(tables(f"scenario={year}", "delivery=lagged")[0])  # and it does move something


def test_slip_delays_a_measure_to_the_end_of_the_next_year(shipped):
    for months in (1.0, 11.0, 12.0):
        assert levels(replace(shipped, slip_months=months), 2024, "lagged").patrol_share == 0
        assert levels(replace(shipped, slip_months=months), 2025, "lagged").patrol_share == 1


def test_slip_delays_the_proposed_stations():
    open_by_slip = {
        months: world("scenario=2030", "delivery=lagged", f"plan.slip_months={months}").levels.stations_open
        for months in (0, 1, 12)
    }
    assert len(open_by_slip[0]) > 3  # the three of the plan and the model's own proposals
    assert len(open_by_slip[1]) == len(open_by_slip[12]) == 3


def marks_of(shipped, value):
    return {key: value for key, _ in measures(shipped)}


def test_partial_delivery_is_all_nothing_or_a_share(shipped):
    best, worst = (levels(shipped, 2030, "partial", marks_of(shipped, mark)) for mark in (0.0, 0.999999))
    assert best.platform
    assert best.specialist_kit
    assert len(best.stations_open) == 3
    assert best.patrol_share == 1
    assert not worst.platform
    assert not worst.stations_open
    assert worst.patrol_share == pytest.approx(0.5, abs=1e-5)
    certain = replace(shipped, p_ontime=1.0)
    assert levels(certain, 2030, "partial", marks_of(shipped, 0.999999)).platform
    never = replace(shipped, p_ontime=0.0)
    assert not levels(never, 2030, "partial", marks_of(shipped, 0.0)).platform


def test_partial_deliveries_never_shrink_over_the_years():
    configs = [compose([f"scenario={year}", "delivery=partial"]) for year in (2024, 2030)]
    for number in range(20):
        draws = [replication.marks(config, number) for config in configs]
        assert draws[0] == draws[1]
        done = [plan.shares(configs[0].plan, year, "partial", draws[0]) for year in YEARS]
        for key in done[0]:
            series = [share[key] for share in done]
            assert series == sorted(series), key


def test_partial_delivery_meets_commitments_with_its_probability():
    config = compose(["scenario=2030", "delivery=partial"])
    drawn = [replication.marks(config, number) for number in range(400)]
    done = [plan.shares(config.plan, 2030, "partial", draw) for draw in drawn]
    assert np.mean([share["platform"] for share in done]) == pytest.approx(0.75, abs=0.07)
    assert np.mean([share["patrol_cars"] for share in done]) == pytest.approx(0.75, abs=0.03)
    platform, nests = (np.array([share[key] for share in done]) for key in ("platform", "drone_nests"))
    assert abs(np.corrcoef(platform, nests)[0, 1]) < 0.15  # each from its own stream


def test_partial_delivery_gives_each_replication_its_own_forces():
    there = world("scenario=2030", "delivery=partial", "seed=5")
    cars = []
    for number in (0, 1):
        own = replication.delivered(there, number)
        assert replication.delivered(own, number) is own
        assert (
            replication.delivered(own, 1 - number).levels == replication.delivered(there, 1 - number).levels
        )
        cars.append(len(own.forces.by_tier["patrol"]))
        found = replications.one(there, number)
        names = {station.name for station in own.forces.stations}
        assert set(found.dispatches.to_pandas()["station"]) <= names
        busy = found.indicators
        stations = set(busy[(busy["kpi"] == "utilisation") & (busy["by"] == "station")]["group"])
        assert stations == {own.forces.stations[i].name for i in own.forces.by_tier["professional"]}
        direct = result_tables.tables(there, replication.simulate(there, number))
        assert direct[1]["station"].tolist() == found.dispatches.to_pandas()["station"].tolist()
    assert cars[0] != cars[1]
    assert there.levels == replication.levels_of(there.config, there.region)


def test_partial_delivery_reports_every_measure():
    config = compose(["scenario=2030", "delivery=partial", "replications=40"])
    lines = execute.in_force(config).set_index("measure")
    delivered = execute.deliveries(config)
    assert lines.loc["platform", "share"] == np.mean(delivered["platform"])
    met = int(sum(delivered["platform"]))
    assert lines.loc["platform", "level"] == f"in use in {met} of 40 replications"
    least, most = min(delivered["patrol_cars"]), max(delivered["patrol_cars"])
    assert f"(delivered {least:.0%} to {most:.0%})" in lines.loc["patrol_cars", "level"]
    assert "of 40 replications)" in lines.loc["drone_nests", "level"]
    assert "counted as open in" in lines.loc["stations.zhihui_small", "level"]
    assert "not the opening" in lines.loc["stations.zhihui_small", "note"]


def test_given_workload_equals_the_generated_one():
    there = world("scenario=2027")
    work = replication.workload_of(there, 0)
    assert_same(
        result_tables.tables(there, replication.simulate(there, 0, work)),
        result_tables.tables(there, replication.simulate(there, 0)),
    )


def test_year_beyond_the_plan_is_refused():
    with pytest.raises(SimError, match=r"scenario is '2031'"):
        compose(["scenario=2031"])
