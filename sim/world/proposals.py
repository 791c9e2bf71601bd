"""Stations proposed by the model. They are no commitment of the plan, whose clause on coverage names no sites."""

from __future__ import annotations

from dataclasses import replace

from sim.config.groups.plan import ExtraStations
from sim.errors import SimError
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.region_tables import PROPOSALS


def opened(levels: Levels, measure: ExtraStations, share: float, year: int, region: Region) -> Levels:
    """Return the levels with all proposed sites open that are due by the end of `year`, if the measure is delivered.

    A region without a table of proposals opens none. SimError if its table has none for the definition.
    """
    proposed = [site for site in region.sites if site.proposed]
    if share < 1 or not proposed:
        return levels
    chosen = [site for site in proposed if site.proposed == measure.definition]
    if not chosen:
        known = ", ".join(dict.fromkeys(site.proposed for site in proposed))
        raise SimError(
            f"plan.extra_stations.definition is {measure.definition}; {PROPOSALS} of the region has sites for {known}."
        )
    names = tuple(site.name for site in chosen if site.year <= year)
    return replace(levels, stations_open=(*levels.stations_open, *names))
