"""No year of the plan takes help away: rural fires keep their brigade, and no township has fewer crews or less water.

Trips take as long as expected. Persons are those of full-time crews: where the plan puts a full-time team into a
township, its volunteers give way to it.
Where a new station brings the brigade sooner, teams that would come after it are no longer called: fewer come,
and sooner. These incidents are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.transform import world_of

from sim.simulation import replication, result_tables
from sim.terms import BREATHING, BUILDING_FIRES

SOON_S = 1800.0  # on scene within this
NOISE = 4.0  # standard errors of a paired difference: 100 townships are looked at
READINGS = (
    "teams_none", "kit_2025", "dispatch_2025", "dispatch_2030", "stations_none", "stations_2027",
    "command_post_2023",
)  # fmt: skip
YEARS = ((2024,), (2025,), (2026,), (2027,), (2030,), *((2027, f"plan/readings={name}") for name in READINGS))
REPLICATIONS = 2


def year(scenario: int, *reading: str) -> pd.DataFrame:
    """Return the incidents of a year with the persons and the water that were there soon."""
    world, parts = world_of(f"scenario={scenario}", "travel.noise_sd_log=0", *reading), []
    water = {unit.name: unit.water_m3 for unit in world.forces.units}
    for number in range(REPLICATIONS):
        incidents, dispatches = result_tables.tables(world, replication.simulate(world, number))
        incidents = incidents.set_index("incident")
        there = dispatches[dispatches["outcome"] == "arrived"]
        there = there[(there["arrived_s"] <= SOON_S) & (there["reason"] != "mutual_aid")]
        trained = there[there["tier"].isin(BREATHING)]
        incidents["persons"] = trained.groupby("incident")["crew"].sum()
        incidents["water"] = there["unit"].map(water).groupby(there["incident"]).sum()
        incidents[["persons", "water"]] = incidents[["persons", "water"]].fillna(0.0)
        parts.append(incidents.assign(replication=number).set_index("replication", append=True))
    return pd.concat(parts)


@pytest.fixture(scope="module")
def before() -> pd.DataFrame:
    return year(2023)


def alone(incidents: pd.DataFrame) -> float:
    """Return the share of serious rural building fires to which no professional unit comes."""
    serious = incidents["type"].isin(BUILDING_FIRES) & (incidents["severity"] >= 2)
    rural = incidents["setting"].isin(["plain", "mountain"])
    return float(incidents.loc[serious & rural, "first_professional_s"].isna().mean())


@pytest.mark.slow
@pytest.mark.parametrize("scenario", YEARS, ids=lambda given: " ".join(map(str, given)))
def test_a_year_of_the_plan_takes_no_help_away(
    before: pd.DataFrame, scenario: tuple[int, *tuple[str, ...]]
) -> None:
    after = year(*scenario)
    assert alone(after) <= alone(before) + 0.02
    both = before.index.intersection(after.index)  # measures prevent some fires
    sooner = before.loc[both, "first_professional_s"] - after.loc[both, "first_professional_s"]
    both = both[~(sooner > 30)]  # calls are handled 20 s faster everywhere
    for what in ("persons", "water"):
        gain = after.loc[both, what] - before.loc[both, what]
        by = gain.groupby(before.loc[both, "township"])
        worst = (by.mean() / np.maximum(by.std() / np.sqrt(by.count()), 0.05)).sort_values()
        assert worst.iloc[0] > -NOISE, (what, worst.head(3), by.mean()[worst.index[:3]])
