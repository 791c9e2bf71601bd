"""Stations beyond the plan: proposed by the model, or added by the tables of a region of one's own.

They are no commitment of the plan, whose clause on coverage names no sites.
"""

from __future__ import annotations

from dataclasses import replace

from sim.config.city_file import tables_folder
from sim.config.groups.plan import ExtraStations
from sim.config.groups.region import DEFAULT, RegionConfig
from sim.errors import SimError
from sim.world import regions, tables
from sim.world.plan import InForce, Levels
from sim.world.region import POST_TIERS, Region
from sim.world.region_tables import POSTS, PROPOSALS

NOTE = "by the region's own tables"
NOTES = {"drone": f"{NOTE}; nests fly once the platform is in use"}


def of_own_tables(config: RegionConfig) -> list[InForce]:
    """Return a line for the stations that a region's tables add to the shipped ones, and one a tier of further posts.

    Only for the shipped tables with places added, or an edited copy: another place has no station of theirs.
    """
    own = tables_folder(config.folder) != tables_folder(DEFAULT) or config.changes
    if config.synthetic is not None or not own:
        return []
    land = regions.load(config)
    shipped = {
        row["name"] for row in tables.read(tables_folder(DEFAULT) / "stations.csv", {"name": tables.text})
    }
    standing = [site.name for site in land.sites if not site.planned]
    added = {"stations": [name for name in standing if name not in shipped] if shipped & {*standing} else []}
    shipped |= {row["name"] for row in tables.read(tables_folder(DEFAULT) / POSTS, {"name": tables.text})}
    added |= {
        tier: [post.name for post in land.posts if post.tier == tier and post.name not in shipped]
        for tier in POST_TIERS
    }
    told = {what: ("added", found) for what, found in added.items() if found}
    told |= {key: (key, list(names)) for key, names in config.changes.items() if key != "added"}
    return [
        InForce(f"region.{what}", "", f"{len(names)} {done}: {', '.join(names)}", 1.0, NOTES.get(what, NOTE))
        for what, (done, names) in told.items()
    ]


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
