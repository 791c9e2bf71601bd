"""Measure the speed of the simulation, and compare it with two bare loops of as many events.

    python -m experiments.benchmark [repeats=5] [quick] [national[=2850]] [out=results/benchmark]

One core, garbage collector on, full records: scenarios 2023 and 2025, one replication of a year, stage by stage, and
regions with 10 and 100 times the demand or the stations; medians of alternating repeats. Writes benchmark.json and
benchmark.png into `out`. Stages are in seconds of processor time; the command, the workers and the completion of a run
in elapsed time. Seconds depend on the machine; ratios to the bare loops, measured in the same minutes, hardly do.
`quick` is one month without larger regions; `national` adds one replication of a synthetic country of so many counties.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from experiments.benchmark import copies, timing
from experiments.benchmark.timing import STAGES, Year
from experiments.command_line import command
from sim.config.compose import compose
from sim.errors import SimError
from sim.files import write_text
from sim.reports import terminal
from sim.simulation import replication
from sim.simulation.replication import World
from sim.storage.provenance import provenance
from sim.terms import SPECIALTIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

SCENARIOS = ("2023", "2025")
TIMES = (1, 10, 100)
COUNTIES = 2850
LEAST_REPEATS = 5
QUICK_DAYS = 30
MODEL = ("preparation", "events")  # what the event model costs with everything it needs


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    repeats: int = LEAST_REPEATS
    quick: bool = False
    national: int = 0  # counties of the made-up country; none: it is left out
    out: Path = Path("results/benchmark")


def options(arguments: Sequence[str]) -> Options:
    """Return the options; SimError for one that is unknown or does not fit."""
    chosen: dict[str, Any] = {}
    for argument in arguments:
        key, _, value = argument.partition("=")
        if argument == "quick":
            chosen["quick"] = True
        elif argument == "national":
            chosen["national"] = COUNTIES
        elif key == "national" and value.isdigit() and int(value) > 0:
            chosen["national"] = int(value)
        elif key == "repeats" and value.isdigit() and int(value) > 0:
            chosen[key] = int(value)
        elif key == "out" and value:
            chosen[key] = Path(value)
        else:
            raise SimError(
                f"unknown option {argument!r}; allowed: repeats=<1 or more>, quick, national=<counties>, out=<folder>."
            )
    return Options(**chosen)


@dataclass(frozen=True)
class Point:
    """A world to be timed: a scenario, and how many times the region's demand and stations."""

    scenario: str
    axis: str  # "demand" (with all forces, at equal utilisation) or "stations" (professional stations alone)
    times: int
    world: World


def measure(wanted: Options) -> dict[str, Any]:
    """Return everything that was measured, as plain values."""
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wanted.out) as folder:
        scratch = Path(folder)
        points = list(_points(wanted, scratch))
        events = {id(point): timing.events_of(point.world, 0) for point in points if point.times == 1}
        years: dict[int, list[Year]] = {id(point): [] for point in points}
        bare: dict[int, list[tuple[float, float]]] = {key: [] for key in events}
        for _ in range(wanted.repeats):
            for point in points:
                key = id(point)
                years[key].append(timing.year(point.world, 0, scratch))
                if key in events:
                    simpy_s, heap_s = (
                        timing.timed(partial(loop, events[key]))[1]
                        for loop in (timing.bare_simpy, timing.plain_heap)
                    )
                    bare[key].append((simpy_s, heap_s))
        results = [
            _result(point, years[id(point)], events.get(id(point)), bare.get(id(point))) for point in points
        ]
        parallel = _parallel(points[-1 if wanted.quick else 1].world, wanted)
        commands = {name: asdict(timing.command([f"scenario={name}", *_days(wanted)])) for name in SCENARIOS}
    return {
        "repeats": wanted.repeats,
        "days": QUICK_DAYS if wanted.quick else 365,
        "points": results,
        "workers": parallel,
        "command": commands,
        "national": timing.country(wanted.national, SCENARIOS[-1]) if wanted.national else None,
        **provenance(),
    }


def _days(wanted: Options) -> list[str]:
    return [f"days={QUICK_DAYS}"] if wanted.quick else []


def _points(wanted: Options, scratch: Path) -> list[Point]:
    found = [
        Point(name, "demand", 1, replication.build_world(compose([f"scenario={name}", *_days(wanted)])))
        for name in SCENARIOS
    ]
    if wanted.quick:
        return found
    source = Path(str(resources.files("sim") / "data" / "quzhou"))
    last = found[-1]
    for times in TIMES:
        if times == 1:
            continue
        for axis in ("demand", "stations"):
            folder = scratch / f"{axis}-{times}"
            if axis == "demand":
                copies.whole(source, folder, times, last.world.levels.stations_open)
                calls = last.world.config.demand.calls_per_year * times
            else:
                copies.stations(source, folder, times)
                calls = last.world.config.demand.calls_per_year
            asked = [f"scenario={last.scenario}", f"region.folder={folder}", f"demand.calls_per_year={calls}"]
            if axis == "demand":
                # Teams at a named station would be one of each for all copies: every copy's special station has them.
                asked += [f"forces.specialists.{name}=special" for name in SPECIALTIES]
            config = compose(asked)
            found.append(Point(last.scenario, axis, times, replication.build_world(config)))
    return found


def _result(
    point: Point, years: list[Year], events: int | None, bare: list[tuple[float, float]] | None
) -> dict[str, Any]:
    """Return the medians of a point over its repeats."""
    seconds = {stage: median(year.seconds[stage] for year in years) for stage in STAGES}
    year = years[0]
    model = median(sum(year.seconds[stage] for stage in MODEL) for year in years)
    found: dict[str, Any] = {
        "scenario": point.scenario,
        "axis": point.axis,
        "times": point.times,
        "stations": len(point.world.forces.by_tier["professional"]),
        "units": len(point.world.forces.units),
        "incidents": year.incidents,
        "dispatches": year.dispatches,
        "seconds": seconds,
        "completing_s": median(year.completing_s for year in years),
        "statistics_per_s": year.incidents / seconds["statistics"],
        "written_per_s": year.incidents / seconds["writing"],
        "generated_per_s": year.generated / seconds["workload"],
        "incidents_per_s": year.incidents / seconds["events"],
        "dispatches_per_s": year.dispatches / seconds["events"],
        "incidents_per_s_prepared": year.incidents / model,
        "incidents_per_s_whole": year.incidents / median(sum(year.seconds.values()) for year in years),
        "statistics_and_writing_share": (seconds["statistics"] + seconds["writing"]) / sum(seconds.values()),
    }
    if events is not None and bare:
        found["events"] = events
        # Each repeat against the loops of the same moment: a machine that slows down slows all of them.
        ratios = list(zip(years, bare, strict=True))
        found["ratio_to_simpy"] = median(year.seconds["events"] / loop[0] for year, loop in ratios)
        found["ratio_to_heap"] = median(year.seconds["events"] / loop[1] for year, loop in ratios)
        found["simpy_events_per_s"] = events / median(loop[0] for loop in bare)
        found["heap_events_per_s"] = events / median(loop[1] for loop in bare)
    return found


def _parallel(world: World, wanted: Options) -> dict[str, Any]:
    """Return whole replications over one and two processes, in incidents a second."""
    count = 2 if wanted.quick else 6
    found: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(wanted.repeats):
        for workers, values in found.items():
            values.append(timing.throughput(world, workers, count))
    gain = median(two / one for one, two in zip(found[1], found[2], strict=True))
    return {"replications": count, "one_per_s": median(found[1]), "two_per_s": median(found[2]), "gain": gain}


# -- what the reader sees -----------------------------------------------------------------------------------------


def show(measured: dict[str, Any], out: Console) -> None:
    """Print the figures as tables."""
    from rich.table import Table

    points = [point for point in measured["points"] if point["times"] == 1]
    table = Table(
        title=f"One replication of {measured['days']} days on one core, medians of {measured['repeats']} repeats"
    )
    table.add_column("")
    for point in points:
        table.add_column(f"scenario {point['scenario']}", justify="right")

    def row(name: str, *cells: str) -> None:
        table.add_row(name, *cells)

    row("incidents, dispatches", *(f"{p['incidents']:,}, {p['dispatches']:,}" for p in points))
    for stage in STAGES:
        row(f"{stage}, ms", *(f"{1000 * p['seconds'][stage]:.1f}" for p in points))
    row("event model, incidents/s", *(f"{p['incidents_per_s']:,.0f}" for p in points))
    row("event model, dispatches/s", *(f"{p['dispatches_per_s']:,.0f}" for p in points))
    row("with its preparation, incidents/s", *(f"{p['incidents_per_s_prepared']:,.0f}" for p in points))
    row("all stages, incidents/s", *(f"{p['incidents_per_s_whole']:,.0f}" for p in points))
    row("workload, incidents/s", *(f"{p['generated_per_s']:,.0f}" for p in points))
    row("statistics, incidents/s", *(f"{p['statistics_per_s']:,.0f}" for p in points))
    row("writing, incidents/s", *(f"{p['written_per_s']:,.0f}" for p in points))
    row("statistics and writing, share", *(f"{p['statistics_and_writing_share']:.0%}" for p in points))
    row("completing a run, once, ms", *(f"{1000 * p['completing_s']:.1f}" for p in points))
    row("events", *(f"{p['events']:,}" for p in points))
    row("time against a bare SimPy loop", *(f"{p['ratio_to_simpy']:.1f} x" for p in points))
    row("time against a plain heapq loop", *(f"{p['ratio_to_heap']:.1f} x" for p in points))
    commands = [measured["command"][point["scenario"]] for point in points]
    row("command: start to first event, s", *(f"{c['first_event_s']:.2f}" for c in commands))
    row("command: peak memory, MiB", *(f"{c['peak_mib']:.0f}" for c in commands))
    out.print(table)
    workers = measured["workers"]
    out.print(
        f"{workers['replications']} whole replications: {workers['one_per_s']:,.0f} incidents/s with one process, "
        f"{workers['two_per_s']:,.0f} with two ({workers['gain']:.2f} x, their start included).",
        highlight=False,
    )
    larger = scaling(measured)
    if any(point["times"] > 1 for _, points in larger for point in points):
        out.print(_scaling_table(larger))
    if measured["national"]:
        out.print(_national_table(measured["national"]))


def scaling(measured: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the points of the last scenario along each axis, smallest first."""
    points = [point for point in measured["points"] if point["scenario"] == SCENARIOS[-1]]
    return [
        (axis, [p for p in points if p["times"] == 1 or p["axis"] == axis]) for axis in ("demand", "stations")
    ]


def _cost_us(point: dict[str, Any]) -> dict[str, float]:
    return {stage: 1e6 * seconds / point["incidents"] for stage, seconds in point["seconds"].items()}


def _scaling_table(axes: list[tuple[str, list[dict[str, Any]]]]) -> Any:
    from rich.table import Table

    table = Table(
        title=f"Scenario {SCENARIOS[-1]}: microseconds an incident\n"
        "demand: everything copied, equal utilisation; stations: professional stations alone",
        padding=(0, 0),
    )
    for name in ("axis", "times", "stations", "incidents", *STAGES, "model against x1"):
        table.add_column(name, justify="right", overflow="fold")
    for axis, points in axes:
        first = sum(_cost_us(points[0])[stage] for stage in MODEL)
        for point in points:
            cost = _cost_us(point)
            table.add_row(
                axis,
                f"x{point['times']}",
                f"{point['stations']:,}",
                f"{point['incidents']:,}",
                *(f"{cost[stage]:.0f}" for stage in STAGES),
                f"{sum(cost[stage] for stage in MODEL) / first:.2f} x",
            )
    return table


def _national_table(country: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table(
        title=f"A country of {country['counties']:,} counties, scenario {SCENARIOS[-1]}, one replication of a year\n"
        f"{country['townships']:,} townships, {country['cells']:,} cells, {country['stations']:,} stations, "
        f"{country['units']:,} units, {country['incidents']:,} incidents, {country['dispatches']:,} dispatches"
    )
    for name in ("stage", "seconds", "peak so far, MiB"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for stage, seconds in country["seconds"].items():
        table.add_row(stage, f"{seconds:.1f}", f"{country['peaks_mib'][stage]:,.0f}")
    table.add_row("completing", f"{country['completing_s']:.1f}", f"{country['peak_mib']:,.0f}")
    table.add_row("all, elapsed", f"{country['elapsed_s']:.1f}", "")
    return table


def draw(measured: dict[str, Any]) -> Figure:
    """Draw the cost of an incident by stage along both axes."""
    from sim.plots.style import SERIES, new_figure, use_style

    with use_style():
        figure = new_figure(10, 3.6)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (axis, points) in zip(panels, scaling(measured), strict=True):
            times = [point["times"] for point in points]
            for stage, look in zip(STAGES, SERIES, strict=False):
                costs = [_cost_us(point)[stage] for point in points]
                axes.plot(
                    times, costs, color=look.colour, linestyle=look.line, marker=look.marker, label=stage
                )
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xticks(times, [f"×{value}" for value in times])
            axes.minorticks_off()
            axes.set_xlabel("demand and all forces" if axis == "demand" else "professional stations")
        panels[0].set_ylabel("µs per incident")
        panels[0].set_title(f"Scenario {SCENARIOS[-1]}, one core")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    return figure


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Measure, print and leave the figures in a file."""
    wanted = options(arguments)
    measured = measure(wanted)
    show(measured, terminal.console())
    file = wanted.out / "benchmark.json"
    write_text(file, json.dumps(measured, indent=2, ensure_ascii=False) + "\n")
    from sim.plots.style import save

    save(draw(measured), wanted.out, "benchmark")
    print(f"All figures are in {file}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
