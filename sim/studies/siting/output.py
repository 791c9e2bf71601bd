"""Output of the siting command: terminal, figures, and tables for a region."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from rich.table import Table
from rich.text import Text

from sim.analysis import coverage as cover
from sim.files import write_table
from sim.options import Asked
from sim.plots.labels import label
from sim.plots.maps import site_map as plot
from sim.plots.maps.basemap import read_basemap
from sim.plots.style import new_figure, save, use_style
from sim.reports.terminal import console
from sim.simulation.replication import World
from sim.studies.siting import covering, tasks
from sim.studies.siting.evaluation import Proposal, WorldOf, proposal_rows
from sim.studies.siting.points import names, standing
from sim.terms import COVERAGES
from sim.world import coverage
from sim.world.region_tables import PROPOSALS

NAMES = {"nests": "nests", "teams": "teams", "patrol": "patrol_cars"}  # keys of the labels
WORDS = ("definition", "name", "class", "township", "indicator")  # columns
OWN = "Proposed sites are this model's own; the plan names three stations (starts of works) and no further site."


def show_proposals(coverage: pd.DataFrame, sites: pd.DataFrame) -> None:
    """Print how many further stations each target needs, and where."""
    rows = []
    for row in coverage.to_dict("records"):
        own = str(row["definition"])
        earlier = f" (+{row['earlier_sites']})" if row["earlier_sites"] else ""
        rows.append((
            own, str(row["year"]), _percent(row["target"]), f"{row['sites']}{earlier}", str(row["sites_alone"]),
            f"{_percent(row[f'{own}_before'])} → {_percent(row[f'{own}_after'])}",
            *(_percent(row[f"{name}_after"]) for name in COVERAGES),
            "proven" if row["gap"] <= covering.SLACK else f"gap {100 * row['gap']:.1f} %",
        ))  # fmt: skip
    headings = ("definition", "year", "target", "further", "alone", "coverage", *COVERAGES, "optimal")
    _show("Further stations in the main urban area, by definition of coverage", headings, rows)
    for row in coverage.drop_duplicates("year").to_dict("records"):
        today = ", ".join(f"{name} {_percent(row[f'{name}_today'])}" for name in COVERAGES)
        console().print(f"With the plan's stations alone, {row['year']}: {today}")
    console().print(
        "further (+n): beside the n proposed for earlier years; alone: if none of those had to stay.\n" + OWN
    )
    names = ("definition", "year", "name", "kind")
    sited = [
        (*(str(row[n]) for n in names), *_place(row, "reach_so_far")) for row in sites.to_dict("records")
    ]
    places = ("definition", "year", "name", "class", "township", "lon", "lat", "reach so far")
    _show("Sites, those that add most first", places, sited)


def show_effect(effect: pd.DataFrame, where: str = "Main urban area") -> None:
    """Print what the proposals do in the event model."""
    named = [name for name in ("definition", "year") if name in effect]
    rows = []
    for row in effect.to_dict("records"):
        factor, unit = (100, "%") if row["unit"] == "share" else (1, str(row["unit"]))
        signs = (("without", ""), ("with", ""), ("difference", "+"), ("low", "+"), ("high", "+"))
        *cells, low, high = [_figure(row[name] * factor, sign) for name, sign in signs]
        interval = "-" if np.isnan(row["low"]) else f"{low} to {high}"
        rows.append([*(str(row[name]) for name in named), f"{row['kpi']} ({unit})", *cells, interval])
    number = int(effect["replications"].max())
    title = f"{where} in the event model, with against without ({number} replications, paired)"
    _show(title, (*named, "indicator", "without", "with", "difference", "95 % interval"), rows)


def show_points(
    asked: Asked, world: World, task: tasks.Task, best: covering.Siting, table: pd.DataFrame
) -> None:
    """Print where nests, teams or patrol cars would add most."""
    optimal = "proven optimal" if best.proven else f"gap {100 * best.gap:.1f} %"
    console().print(
        f"{asked['what']} at the end of {world.config.scenario.year}: {_percent(task.share_before)} of {asked['weight']} "
        f"covered, {_percent(best.share)} with {len(table)} more ({optimal}). The sites are this model's own proposal."
    )
    rows = [(str(row["name"]), *_place(row, "share_so_far")) for row in table.to_dict("records")]
    headings = ("name", "township", "lon", "lat", "covered so far")
    _show("Sites, those that add most first", headings, rows)


def _show(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; words stand on the left, numbers on the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for name in headings:
        table.add_column(name, no_wrap=True, justify="left" if name in WORDS else "right")
    for row in rows:
        table.add_row(*map(Text, row))
    console().print(table)


def _place(row: Mapping[Hashable, Any], share: str) -> tuple[str, ...]:
    """Return where a site is, and what is covered with it and those before it."""
    return (
        f"{row['county']} {row['township']}",
        f"{row['lon']:.5f}",
        f"{row['lat']:.5f}",
        _percent(row[share]),
    )


def write_proposal(sites: pd.DataFrame, folder: Path) -> Path:
    """Put the sites into a region's table of proposals, in place of those of the same definitions."""
    path = folder / PROPOSALS
    rows = proposal_rows(sites)
    if path.is_file():
        kept = pd.read_csv(path, dtype={"name": str, "brigade": str}, keep_default_na=False)
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
    there = cover.open_sites(world)
    now = coverage.reached(region, world.travel, rules, there)
    then = coverage.reached(region, world.travel, rules, [*there, *proposed])
    state: NDArray[Any] = np.full(len(region.cells.x), plot.OUTSIDE)
    state[coverage.main_urban(region)] = np.select([now, then], [plot.COVERED, plot.ADDED], plot.OPEN)
    return plot.Scene(
        state,
        standing=_degrees(world, [(site.x, site.y) for site in there if not site.planned]),
        planned=_degrees(world, [(site.x, site.y) for site in there if site.planned]),
        proposed=_degrees(world, [(site.x, site.y) for site in proposed]),
        names=tuple(f"拟建{number}" for number in range(1, len(proposed) + 1)),
    )


def draw_points(folder: Path, asked: Asked, world: World, task: tasks.Task, best: covering.Siting) -> None:
    """Draw a map of the region with what is covered by nests, teams or patrol cars: map.png and map.svg."""
    then = task.before | task.reach[list(best.chosen)].any(axis=0)
    state = np.select([task.before, then], [plot.COVERED, plot.ADDED], plot.OPEN)
    scene = plot.Scene(
        state,
        standing=_degrees(world, standing(asked, world)),
        planned=_degrees(world, []),
        proposed=_degrees(world, [(task.x[index], task.y[index]) for index in best.chosen]),
        names=tuple(names(asked, world, best)),
        standing_is="in_place",
    )
    with use_style():
        figure = new_figure(9.5, 8.6)
        axes = figure.subplots()
        handles = plot.coverage_map(read_basemap(asdict(world.config.region)), axes, scene)
        change = f"{_percent(task.share_before)} → {_percent(best.share)}"
        axes.set_title(f"{label(NAMES[asked['what']])} {world.config.scenario.year}: {change}")
        figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1.5)
        save(figure, folder, "map")


def _degrees(world: World, points: ArrayLike) -> NDArray[np.float64]:
    """Return longitudes and latitudes of points in metres, (points, 2)."""
    xy = np.array(points, dtype=np.float64).reshape(-1, 2)
    return np.column_stack(world.region.projection.degrees(xy[:, 0], xy[:, 1]))


def _figure(value: float, sign: str = "") -> str:
    """Return a number with the digits that count, a dash where there is none."""
    if np.isnan(value):
        return "-"
    return f"{value:{sign},.0f}" if abs(value) >= 1000 else f"{value:{sign}.{2 if abs(value) >= 0.1 else 3}f}"


def _percent(share: float | None) -> str:
    return "-" if share is None or np.isnan(share) else f"{100 * share:.1f} %"
