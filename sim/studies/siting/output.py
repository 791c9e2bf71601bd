"""Output of the siting command: terminal, figures, and tables for a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.table import Table

from sim.analysis import coverage as cover
from sim.files import write_table
from sim.plots.labels import label
from sim.plots.maps import site_map as plot
from sim.plots.maps.basemap import read_basemap
from sim.plots.style import new_figure, save, use_style
from sim.reports.terminal import console
from sim.simulation.replication import World
from sim.studies.siting import covering, tasks
from sim.studies.siting.evaluation import Options, Proposal, WorldOf, proposal_rows
from sim.studies.siting.points import TIERS, names
from sim.terms import COVERAGES
from sim.world import coverage
from sim.world.region_tables import PROPOSALS

NAMES = {"nests": "nests", "teams": "teams", "patrol": "patrol_cars"}  # keys of the labels
OWN = "Proposed sites are this model's own; the plan names three stations (starts of works) and no further site."


def show_proposals(shares: pd.DataFrame, sites: pd.DataFrame) -> None:
    """Print how many further stations each target needs, and where."""
    out = console()
    table = _table("Further stations in the main urban area, by definition of coverage")
    for name in (
        "definition",
        "year",
        "target",
        "further",
        "alone",
        "coverage",
        "nominal",
        "reach",
        "demand",
        "optimal",
    ):
        table.add_column(name, justify="left" if name == "definition" else "right", no_wrap=True)
    for row in shares.to_dict("records"):
        own = str(row["definition"])
        earlier = f" (+{row['earlier_sites']})" if row["earlier_sites"] else ""
        table.add_row(
            own, str(row["year"]), _percent(row["target"]), f"{row['sites']}{earlier}", str(row["sites_alone"]),
            f"{_percent(row[f'{own}_before'])} → {_percent(row[f'{own}_after'])}",
            *(_percent(row[f"{name}_after"]) for name in COVERAGES),
            "proven" if row["gap"] <= covering.SLACK else f"gap {100 * row['gap']:.1f} %",
        )  # fmt: skip
    out.print(table)
    first = shares.drop_duplicates("year")
    for row in first.to_dict("records"):
        today = ", ".join(f"{name} {_percent(row[f'{name}_today'])}" for name in COVERAGES)
        out.print(f"With the plan's stations alone, {row['year']}: {today}")
    out.print(
        "further (+n): beside the n proposed for earlier years; alone: if none of those had to stay.\n" + OWN,
    )
    places = _table("Sites, those that add most first")
    for name in ("definition", "year", "name", "class", "township", "lon", "lat", "reach so far"):
        places.add_column(
            name, no_wrap=True, justify="right" if name in ("lon", "lat", "reach so far") else "left"
        )
    for row in sites.to_dict("records"):
        places.add_row(
            str(row["definition"]), str(row["year"]), str(row["name"]), str(row["kind"]),
            f"{row['county']} {row['township']}", f"{row['lon']:.5f}", f"{row['lat']:.5f}", _percent(row["reach_so_far"]),
        )  # fmt: skip
    out.print(places)


def show_effect(effect: pd.DataFrame, where: str = "Main urban area") -> None:
    """Print what the proposals do in the event model."""
    out = console()
    number = int(effect["replications"].max())
    table = _table(f"{where} in the event model, with against without ({number} replications, paired)")
    named = [name for name in ("definition", "year") if name in effect]
    for name in (*named, "indicator", "without", "with", "difference", "95 % interval"):
        table.add_column(
            name, no_wrap=True, justify="left" if name in ("definition", "indicator") else "right"
        )
    for row in effect.to_dict("records"):
        share = row["unit"] == "share"
        factor, unit = (100, "%") if share else (1, str(row["unit"]))
        signs = (("without", ""), ("with", ""), ("difference", "+"))
        cells = [_figure(row[name] * factor, sign) for name, sign in signs]
        low, high = (_figure(row[name] * factor, "+") for name in ("low", "high"))
        interval = "-" if np.isnan(row["low"]) else f"{low} to {high}"
        table.add_row(*(str(row[name]) for name in named), f"{row['kpi']} ({unit})", *cells, interval)
    out.print(table)


def show_points(
    chosen: Options, world: World, task: tasks.Task, best: covering.Siting, table: pd.DataFrame
) -> None:
    """Print where nests, teams or patrol cars would add most."""
    out = console()
    optimal = "proven optimal" if best.proven else f"gap {100 * best.gap:.1f} %"
    out.print(
        f"{chosen.what} at the end of {world.config.scenario.year}: {_percent(task.share_before)} of {chosen.weight} "
        f"covered, {_percent(best.share)} with {len(table)} more ({optimal}). The sites are this model's own proposal.",
    )
    screen = _table("Sites, those that add most first")
    for name in ("name", "township", "lon", "lat", "covered so far"):
        screen.add_column(name, no_wrap=True, justify="left" if name in ("name", "township") else "right")
    for row in table.to_dict("records"):
        screen.add_row(
            str(row["name"]), f"{row['county']} {row['township']}", f"{row['lon']:.5f}", f"{row['lat']:.5f}",
            _percent(row["share_so_far"]),
        )  # fmt: skip
    out.print(screen)


def write_proposal(sites: pd.DataFrame, folder: Path) -> Path:
    """Put the sites into a region's table of proposals, in place of those of the same definitions."""
    path = folder / PROPOSALS
    rows = proposal_rows(sites)
    if path.is_file():
        kept = pd.read_csv(path)
        rows = pd.concat([kept[~kept["definition"].isin(sites["definition"])], rows], ignore_index=True)
    rows = rows.assign(definition=pd.Categorical(rows["definition"], COVERAGES))
    write_table(rows.sort_values(["definition", "year"], kind="stable"), path)
    return path


def draw_proposals(folder: Path, proposals: Sequence[Proposal], world_of: WorldOf) -> None:
    """Draw a map of the main urban area for every definition and year: map.png and map.svg."""
    definitions = list(dict.fromkeys(item.definition for item in proposals))
    years = list(dict.fromkeys(item.year for item in proposals))
    with use_style():
        figure = new_figure(5.6 * len(definitions) + 0.6, 5.4 * len(years) + 0.9)
        grid = figure.subplots(len(years), len(definitions), squeeze=False)
        for item in proposals:
            world = world_of(item.year)
            axes = grid[years.index(item.year), definitions.index(item.definition)]
            scene = _scene(item, world)
            ground = read_basemap(asdict(world.config.region))
            handles = plot.coverage_map(ground, axes, scene, extent=plot.window(ground, scene.state >= 0))
            target = "" if item.target is None else f", {100 * item.target:g} %"
            own = _percent(getattr(item.after, item.definition))
            axes.set_title(
                f"{label(f'coverage_{item.definition}')}\n{item.year}{target}: {own}, +{len(scene.proposed)}"
            )
        columns = 2 if len(definitions) == 1 else 3  # as many as a narrow figure has room for
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=1.5)
        save(figure, folder, "map")


def _scene(item: Proposal, world: World) -> plot.Scene:
    region, rules = world.region, world.config.coverage
    proposed = [*item.earlier, *item.sites]
    standing = cover.open_sites(world)
    now = coverage.reached(region, world.travel, rules, standing)
    then = coverage.reached(region, world.travel, rules, [*standing, *proposed])
    state: NDArray[Any] = np.full(len(region.cells.x), plot.OUTSIDE)
    state[coverage.main_urban(region)] = np.select([now, then], [plot.COVERED, plot.ADDED], plot.OPEN)
    names = [f"拟建{number}" for number in range(1, len(proposed) + 1)]
    return plot.Scene(
        state,
        standing=_degrees(world, [(site.x, site.y) for site in standing if not site.planned]),
        planned=_degrees(world, [(site.x, site.y) for site in standing if site.planned]),
        proposed=_degrees(world, [(site.x, site.y) for site in proposed]),
        names=tuple(names),
    )


def draw_points(folder: Path, chosen: Options, world: World, task: tasks.Task, best: covering.Siting) -> None:
    """Draw a map of the region with what is covered by nests, teams or patrol cars: map.png and map.svg."""
    then = task.before | task.reach[list(best.chosen)].any(axis=0)
    state = np.select([task.before, then], [plot.COVERED, plot.ADDED], plot.OPEN)
    standing = [
        world.forces.xy[index] for tier in TIERS[chosen.what] for index in world.forces.by_tier[tier].tolist()
    ]
    scene = plot.Scene(
        state,
        standing=_degrees(world, standing),
        planned=_degrees(world, []),
        proposed=_degrees(world, [(task.x[index], task.y[index]) for index in best.chosen]),
        names=tuple(names(chosen, world, best)),
        standing_is="in_place",
    )
    with use_style():
        figure = new_figure(9.5, 8.6)
        axes = figure.subplots()
        handles = plot.coverage_map(read_basemap(asdict(world.config.region)), axes, scene)
        change = f"{_percent(task.share_before)} → {_percent(best.share)}"
        axes.set_title(f"{label(NAMES[chosen.what])} {world.config.scenario.year}: {change}")
        figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1.5)
        save(figure, folder, "map")


def _degrees(world: World, points: Sequence[Any]) -> NDArray[np.float64]:
    """Return longitudes and latitudes of points in metres, (points, 2)."""
    xy = np.array(points, dtype=np.float64).reshape(-1, 2)
    return np.column_stack(world.region.projection.degrees(xy[:, 0], xy[:, 1]))


def _figure(value: float, sign: str = "") -> str:
    """Return a number with the digits that count, a dash where there is none."""
    if np.isnan(value):
        return "-"
    return f"{value:{sign},.0f}" if abs(value) >= 1000 else f"{value:{sign}.{2 if abs(value) >= 0.1 else 3}f}"


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")


def _percent(share: float | None) -> str:
    return "-" if share is None or np.isnan(share) else f"{100 * share:.1f} %"
