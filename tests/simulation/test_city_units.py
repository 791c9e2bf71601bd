"""Units of a city with a log: luck that is shared as it says, stays, and who is turned back on the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers.made_up_city import tables, write

from sim.city.files import description, folder, importing
from sim.city.files.folder import Folder
from sim.city.model import fit as fits
from sim.city.model import world
from sim.city.model.fit import Fit
from sim.service import STEPS_A_Z, STEPS_Z, Shared
from sim.simulation.prepare.luck import at_step

City = tuple[Folder, Fit]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A made-up city in which two vehicles of a station, or of two, go to a sixth of the calls."""
    tmp_path = tmp_path_factory.mktemp("city")
    described = description.read_map(str(write(tmp_path / "raw", tables(4, 900))))
    importing.run(described, tmp_path / "raw", tmp_path / "city")
    found = folder.load(tmp_path / "city")
    fit = fits.run(found, found.log)
    return found, replace(fit, cancelled=(0.0,) * 3, absent=(0.0,) * 24, turnout_hour=(1.0,) * 24)


def sent(city: City, **changes: object) -> pd.DataFrame:
    """Return the units of a replication with `first` and `several`, and turnout as a factor on the station's mean."""
    found, fit = city
    built = world.build(found, found.log, replace(fit, **changes))
    rows = world.simulate(built, 0)
    mean = rows["station"].map(lambda row: fit.turnout_s[found.stations["station"][row]])
    rows = rows.assign(factor=rows["turnout_s"] / mean, rank=rows.groupby("order").cumcount())
    return rows.assign(several=rows.groupby("order")["unit"].transform("size") > 1)


def pairs(rows: pd.DataFrame, *, one_station: bool) -> pd.DataFrame:
    """Return the factors of two units of an incident, of one station or of two, side by side."""
    two = rows[rows["several"] & (rows["rank"] < 2)].pivot_table(
        index="order", columns="rank", values=["factor", "station"]
    )
    same = two["station", 0] == two["station", 1]
    return two["factor"][same if one_station else ~same]


def test_a_quantile_lies_between_its_neighbours() -> None:
    steps = [float(step**2) for step in range(2 * STEPS_Z * STEPS_A_Z + 1)]
    for z in (-9.0, -4.0, -1.234, 0.0, 0.005, 2.7182, 3.999, 9.0):
        place = min(max((z + STEPS_Z) * STEPS_A_Z, 0.0), len(steps) - 1.0)
        assert at_step(steps, z) == pytest.approx(np.interp(place, range(len(steps)), steps), abs=1e-3)


def test_luck_of_the_incident_is_that_of_all_its_units(city: City) -> None:
    rows = sent(city, turnout_shared=Shared(1.0, 0.0))
    both = pd.concat([pairs(rows, one_station=one_station) for one_station in (True, False)])
    assert len(both) > 50
    np.testing.assert_allclose(both[0], both[1], rtol=1e-6)
    assert rows["factor"].std() > 0.1


def test_luck_of_the_station_is_that_of_its_units_alone(city: City) -> None:
    rows = sent(city, turnout_shared=Shared(0.0, 1.0))
    same, apart = (pairs(rows, one_station=one_station) for one_station in (True, False))
    assert len(same) > 50
    np.testing.assert_allclose(same[0], same[1], rtol=1e-6)
    assert (np.abs(apart[0] - apart[1]) > 1e-3).mean() > 0.9


def test_luck_that_is_partly_shared_is_correlated_so_much_and_as_wide_as_before(city: City) -> None:
    rows = sent(city, turnout_shared=Shared(0.5, 0.0))
    own = sent(city, turnout_shared=Shared(0.0, 0.0))
    both = pd.concat([pairs(rows, one_station=one_station) for one_station in (True, False)])
    assert both[0].corr(both[1], method="spearman") == pytest.approx(0.5, abs=0.2)
    assert rows["factor"].std() == pytest.approx(own["factor"].std(), rel=0.1)
    assert rows["factor"].mean() == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("group", [0, 1, 2])
def test_units_sent_alone_first_or_later_are_turned_back_as_their_own_share_says(
    city: City, group: int
) -> None:
    shares = [0.0, 0.0, 0.0]
    shares[group] = 1.0
    rows = sent(city, cancelled=tuple(shares))
    back = rows["arrived_s"].isna()
    groups = [~rows["several"], rows["several"] & (rows["rank"] == 0), rows["several"] & (rows["rank"] > 0)]
    for number, of_group in enumerate(groups):
        assert of_group.sum() > 20
        assert (back[of_group] == (number == group)).all()


def test_each_unit_is_sometimes_turned_back_and_stays_for_its_own_time(city: City) -> None:
    rows = sent(city, cancelled=(0.5, 0.5, 0.5))
    share = rows["arrived_s"].isna().groupby(rows["unit"]).agg(["mean", "size"])
    often = share[share["size"] >= 15]["mean"]
    assert len(often) > 10
    assert ((often > 0.1) & (often < 0.9)).all()
    stay = (rows["released_s"] - rows["dispatched_s"] - rows["arrived_s"]).dropna()
    assert stay.round(3).groupby(rows["unit"]).nunique().sum() > 0.98 * len(stay)
    before = rows["arrived_s"].isna() & (rows["released_s"] < rows["dispatched_s"] + rows["turnout_s"] - 1e-6)
    assert not before.any()
