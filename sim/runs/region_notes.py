"""List the settings of a run in another region that still have Quzhou's values, and check its number of calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.config.book import book
from sim.config.city_file import tables_folder
from sim.config.groups.plan import measures
from sim.config.naming import shipped
from sim.config.schema import Config
from sim.world import tables
from sim.world.region import Region

# The groups with values of a place. What fireground and coverage hold is physics and national standards.
GROUPS = ("demand", "plan", "forces", "dispatch", "travel", "outcome")
NAMED = 4  # keys of a group
LEAST, MOST = 0.5, 3.0  # calls per resident, in those of Quzhou: beyond them they are pointed out


def notes(config: Config, region: Region) -> list[str]:
    """Return at most two sentences; none where the tables are Quzhou's as shipped."""
    if config.region.shipped:
        return []
    base = shipped(config.scenario.year)
    counties = tables.read(tables_folder(None) / "counties.csv", {"county": tables.text})
    edited = any(row["county"] in region.counties for row in counties)  # a copy of Quzhou's tables
    left = [] if edited else _left(config, base)
    found = [f"Another region, still with the values set for Quzhou: {'; '.join(left)}."] if left else []
    residents = float(region.cells.population.sum())
    calls, usual = config.demand.calls_per_year, base.demand.calls_per_year / float(book()["pop"]["value"])
    if not LEAST <= calls / residents / usual <= MOST:
        found.append(
            f"{calls:,.0f} calls a year for {residents:,.0f} residents are {1000 * calls / residents:,.2f} per 1,000, "
            f"Quzhou has {1000 * usual:.2f}: at its rate demand.calls_per_year is {usual * residents:,.0f}."
        )
    return found


def _left(config: Config, base: Config) -> list[str]:
    """Return what has the values of Quzhou's configuration, a few words a group."""
    found = ["region.name"] * (config.region.name == base.region.name)
    for group in GROUPS:
        here, before = _values(config, group), _values(base, group)
        same = [key for key, item in before.items() if here.get(key) == item]
        changed = [key for key in before if key not in same]
        if same and not changed:
            found.append(group)
        elif same and len(changed) <= NAMED:
            found.append(f"{group} except in {', '.join(changed)}")
        elif same:
            many = len(same) > NAMED
            found.append(
                f"{len(same)} of {len(before)} keys of {group}" if many else f"{group} ({', '.join(same)})"
            )
    return found


def _values(config: Config, group: str) -> Mapping[str, Any]:
    """Return the keys of a group with their values; of the plan the measures that are not switched off."""
    if group == "plan":
        return {key: measure for key, measure in measures(config.plan) if measure.enabled}
    found: dict[str, Any] = vars(getattr(config, group))
    return found
