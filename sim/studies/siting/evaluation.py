"""The siting study: proposals of further stations by definition of coverage, and their effect in the event model."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import coverage as cover
from sim.analysis import statistics
from sim.config.city_file import tables_folder
from sim.config.compose import options
from sim.config.schema import Config
from sim.errors import SimError, explain
from sim.options import Asked
from sim.plots.maps.basemap import has_map
from sim.reports.terminal import progress
from sim.runs import replications as replicate
from sim.simulation import replication
from sim.simulation.replication import World
from sim.studies.siting import covering, tasks
from sim.terms import COVERAGES
from sim.world import coverage
from sim.world.coverage import Shares
from sim.world.region import Site
from sim.world.region_tables import PROPOSALS

EFFECTS = (
    "first_arrival_mean", "first_arrival_p90", "first_capable_mean", "first_capable_p90", "first_professional_mean",
    "first_professional_p90", "first_professional_within_5", "coverage_operational",
)  # fmt: skip
WorldOf = Callable[[int], World]


@dataclass(frozen=True)
class Proposal:
    """Further stations for a definition and year; `earlier` are those already proposed for the years before.

    `gap` is how far the number of sites (or with a number given, the coverage) may be from the best; `alone` is
    the fewest sites for the target if no earlier proposal had to stay.
    """

    definition: Any  # of COVERAGES
    year: int
    target: float | None
    earlier: tuple[Site, ...]
    sites: tuple[Site, ...]
    today: Shares
    before: Shares
    after: Shares
    gap: float
    alone: int


def propose(asked: Asked, world_of: WorldOf) -> Iterator[Proposal]:
    """Yield the proposals by definition and year; `world_of` gives the world of a year without any proposal."""
    for definition in [asked["definition"]] if asked["definition"] else COVERAGES:
        earlier: tuple[Site, ...] = ()
        for year in _years(asked, world_of):
            proposal = _proposal(asked, world_of(year), definition, year, earlier)
            earlier += proposal.sites
            yield proposal


def _years(asked: Asked, world_of: WorldOf) -> list[int]:
    if asked["year"] is not None:
        return [int(asked["year"])]
    known = options("scenario")
    targets = world_of(int(known[-1])).config.coverage.target
    for year in targets:
        if year not in known:
            raise SimError(f"coverage.target has the year {year}; years of the plan: {', '.join(known)}.")
    if not targets:
        raise SimError("coverage.target is empty: give year= and target= or sites=.")
    return sorted(map(int, targets))


def _proposal(asked: Asked, world: World, definition: Any, year: int, earlier: tuple[Site, ...]) -> Proposal:
    region, travel, rules = world.region, world.travel, world.config.coverage
    weight = cover.demand_weight(world.config.demand, region, rules.demand)
    target, kind, limit_s = asked["target"], asked["kind"], asked["time_limit"]
    if target is None and asked["sites"] is None:
        if str(year) not in rules.target:
            raise SimError(f"coverage.target has no {year}: give target= or sites= with year={year}.")
        target = rules.target[str(year)]
    standing = cover.open_sites(world)

    def solve(present: Sequence[Site]) -> tuple[tasks.Task, covering.Siting, tuple[str, ...]]:
        task = tasks.for_stations(region, travel, rules, present, weight, definition)
        if definition != "nominal" and target is not None:
            best = task.fewest(target, limit_s)
            return task, best, (kind,) * len(best.chosen)
        classes = (kind,) * (asked["sites"] or 0)
        if target is not None:
            covered_km2 = coverage.jurisdiction_km2(region, rules, present)
            area_km2 = len(coverage.main_urban(region)) * coverage.CELL_KM2
            classes = tasks.stations_needed(target * area_km2 - covered_km2, rules, kind)
        return task, task.greatest(len(classes), limit_s), classes

    if kind not in rules.reach_classes:
        raise SimError(
            f"kind is {kind}; allowed by coverage.reach_classes: {', '.join(rules.reach_classes)}."
        )
    present = [*standing, *earlier]
    task, best, classes = solve(present)
    sites = tasks.as_sites(region, task, best.chosen, classes, definition, year, len(earlier) + 1)
    alone = len(solve(standing)[1].chosen) if earlier else len(sites)
    today, before, after = (
        coverage.shares(region, travel, rules, there, weight)
        for there in (standing, present, [*present, *sites])
    )
    return Proposal(definition, year, target, earlier, sites, today, before, after, best.gap, alone)


def coverage_table(proposals: Sequence[Proposal]) -> pd.DataFrame:
    """Return one row a proposal: target, sites, coverage by each definition before and after, the solver's gap."""
    rows = []
    for item in proposals:
        row: dict[str, Any] = {
            "definition": item.definition, "year": item.year, "target": item.target,
            "earlier_sites": len(item.earlier), "sites": len(item.sites), "sites_alone": item.alone, "gap": item.gap,
        }  # fmt: skip
        for when in ("today", "before", "after"):
            row |= {f"{name.name}_{when}": getattr(getattr(item, when), name.name) for name in fields(Shares)}
        rows.append(row)
    return pd.DataFrame(rows)


def site_table(proposals: Sequence[Proposal], world_of: WorldOf) -> pd.DataFrame:
    """Return one row a proposed site with its township and place, those that add most first."""
    rows = []
    for item in proposals:
        world = world_of(item.year)
        region = world.region
        present = [*cover.open_sites(world), *item.earlier]
        for site in item.sites:
            present.append(site)
            lon, lat = (float(axis) for axis in region.projection.degrees(np.array(site.x), np.array(site.y)))
            cell = int(np.argmin((region.cells.x - site.x) ** 2 + (region.cells.y - site.y) ** 2))
            township = region.townships[region.cells.township[cell]]
            reached = coverage.reached(region, world.travel, world.config.coverage, present)
            rows.append(
                (item.definition, item.year, site.name, site.brigade, site.station_class, township.county, township.name,
                 round(lon, 5), round(lat, 5), float(reached.mean()))
            )  # fmt: skip
    columns = [
        "definition",
        "year",
        "name",
        "brigade",
        "kind",
        "county",
        "township",
        "lon",
        "lat",
        "reach_so_far",
    ]
    return pd.DataFrame(rows, columns=columns)


def region_folder(config: Config) -> Path:
    """Return the folder with the tables of the configured region; SimError where no places can be chosen among."""
    if not has_map(asdict(config.region)):
        raise SimError(
            "region.synthetic makes the region up, or it is a single cell: places are sought where a region has a "
            "table of cells."
        )
    return tables_folder(config.region.folder)


def proposal_rows(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the region's table of proposals."""
    return sites[["name", "brigade", "kind", "lon", "lat", "year", "definition"]]


@contextmanager
def copied_region(config: Config) -> Iterator[tuple[Config, Path]]:
    """Yield the configuration with a temporary copy of its region's folder, and that folder."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "region"
        with explain(folder, instead="name another folder for temporary files in TMPDIR"):
            folder.mkdir()
            for table in region_folder(config).iterdir():
                if table.is_file():
                    shutil.copyfile(table, folder / table.name)
        yield replace(config, region=replace(config.region, folder=str(folder))), folder


def effect(proposals: Sequence[Proposal], sites: pd.DataFrame, world_of: WorldOf) -> pd.DataFrame:
    """Run the event model with and without each proposal on the same workloads; one row an indicator.

    Indicators are those of the main urban area. The proposals reach the model the way they do in a scenario:
    as the table of a region's folder, here a copy in a temporary one, opened by plan.extra_stations.
    """
    rows = []
    with copied_region(world_of(proposals[0].year).config) as (copied, folder):
        proposal_rows(sites).to_csv(folder / PROPOSALS, index=False)

        @cache
        def without(year: int) -> pd.DataFrame:
            config = replace(world_of(year).config, region=copied.region)
            return measured(config, "area", cover.MAIN_URBAN, EFFECTS)

        for item in proposals:
            config = replace(world_of(item.year).config, region=copied.region)
            phase = {str(item.year): 1.0}
            measure = replace(
                config.plan.extra_stations, enabled=True, phase=phase, definition=item.definition
            )
            opened = replace(config, plan=replace(config.plan, extra_stations=measure))
            effects = paired(without(item.year), measured(opened, "area", cover.MAIN_URBAN, EFFECTS))
            effects.insert(0, "definition", item.definition)
            effects.insert(1, "year", item.year)
            rows.append(effects)
    return pd.concat(rows, ignore_index=True)


def paired(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return one row an indicator: its mean without and with, the paired difference and its interval."""
    difference = statistics.paired(after.to_numpy(), before.to_numpy())
    low, high = difference.interval()
    return pd.DataFrame(
        {
            "kpi": before.index.get_level_values("kpi"), "unit": before.index.get_level_values("unit"),
            "without": difference.baseline_mean, "with": difference.mean, "difference": difference.difference,
            "low": low, "high": high, "replications": difference.n,
        }
    )  # fmt: skip


def measured(config: Config, by: str, group: str, names: Sequence[str]) -> pd.DataFrame:
    """Run the event model; return the named indicators of a group, (indicators, replications)."""
    tables = []
    with progress("event model", config.replications_at_most) as done:
        for replicated in replicate.run(replication.build_world(replace(config, keep="kpis"))):
            tables.append(replicated.indicators)
            done(len(tables))
    values = pd.concat(tables, ignore_index=True)
    values = values[(values["by"] == by) & (values["group"] == group)]
    order = values["kpi"].map({name: number for number, name in enumerate(names)})
    chosen = values[order.notna()].assign(order=order).sort_values(["order", "replication"], kind="stable")
    series = chosen.set_index(["kpi", "unit", "replication"])["value"]
    return series.unstack("replication", sort=False)  # noqa: PD010 -- pivot_table would drop empty rows
