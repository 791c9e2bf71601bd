"""Measure the speed of the simulation, and compare it with pure Python and two bare loops of as many events.

    python -m experiments.benchmark [repeats=5] [quick] [national[=2850]] [points=20] [out=results/benchmark]

One core, garbage collector on, full records: scenarios 2023 and 2025, one replication of a year, stage by stage, and
regions with 10 and 100 times the demand or the stations; medians of alternating repeats. Writes benchmark.json and
benchmark.png into `out`. Stages are in seconds of processor time; the command, the workers, the studies and the
completion of a run in elapsed time. Seconds depend on the machine; ratios to the bare loops, measured in the same
minutes, hardly do. `points` sets the size of a study: two years × 5 replications of 90 days a point on all cores, with
keep=kpis. A study of half the size is timed too, to see whether the time is linear; the full study has points=1000.
`quick` is one month without larger regions; `national` adds one replication of a synthetic country of that many counties.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from experiments.benchmark import copies, study, timing
from experiments.benchmark.timing import STAGES, Year
from experiments.command_line import command, options
from sim.config.compose import compose
from sim.files import write_text
from sim.reports import terminal
from sim.simulation import replication
from sim.simulation.replication import World
from sim.storage.provenance import provenance
from sim.terms import SPECIALTIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console
    from rich.table import Table

SCENARIOS = ("2023", "2025")
TIMES = (10, 100)
COUNTIES = 2850
QUICK_DAYS = 30
MODEL = ("preparation", "events")  # what the event model costs with everything it needs


REFUSAL = (
    "unknown option {!r}; allowed: repeats=<1 or more>, quick, national=<counties>, points=<1 or more>, "
    "out=<folder>."
)
ROWS = (  # of the first table: a name, and what it shows of a scenario
    ("incidents, dispatches", "{incidents:,}, {dispatches:,}"),
    *((f"{stage}, ms", f"{{ms[{stage}]:.1f}}") for stage in STAGES),
    ("event model, incidents/s", "{incidents_per_s:,.0f}"),
    ("event model, dispatches/s", "{dispatches_per_s:,.0f}"),
    ("with its preparation, incidents/s", "{incidents_per_s_prepared:,.0f}"),
    ("all stages, incidents/s", "{incidents_per_s_whole:,.0f}"),
    ("workload, incidents/s", "{generated_per_s:,.0f}"),
    ("statistics, incidents/s", "{statistics_per_s:,.0f}"),
    ("writing, incidents/s", "{written_per_s:,.0f}"),
    ("statistics and writing, share", "{statistics_and_writing_share:.0%}"),
    ("completing a run, once, ms", "{ms[completing]:.1f}"),
    ("events", "{events:,}"),
    ("time against a bare SimPy loop", "{ratio_to_simpy:.1f} x"),
    ("time against a plain heapq loop", "{ratio_to_heap:.1f} x"),
    ("time of pure Python against it", "{ratio_of_pure:.1f} x"),
    ("command: start to first event, s", "{command[first_event_s]:.2f}"),
    ("command: peak memory, MiB", "{command[peak_mib]:.0f}"),
)


def wanted(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the options; SimError for one that is unknown or does not fit. `national` is 0 where it is left out."""
    full = [f"national={COUNTIES}" if item == "national" else item for item in arguments]
    return options(
        full, REFUSAL, ["quick"], least=1, repeats=5, national=0, points=20, out=Path("results/benchmark")
    )


@dataclass
class Point:
    """A world to be timed: a scenario, how many times the region's demand or stations, and what was measured."""

    scenario: str
    axis: str  # "demand" (with all forces, at equal utilisation) or "stations" (professional stations alone)
    times: int
    world: World
    years: list[Year] = field(default_factory=list)
    events: int = 0  # of the event model, where it is compared with
    bare: list[tuple[float, float]] = field(
        default_factory=list
    )  # seconds of SimPy's loop and of the plain one
    pure: list[float] = field(default_factory=list)  # seconds of the event model in pure Python


def measure(quick: bool, repeats: int, national: int, points: int, out: Path) -> dict[str, Any]:
    """Return everything that was measured, as plain values."""
    out.mkdir(parents=True, exist_ok=True)
    days = [f"days={QUICK_DAYS}"] if quick else []
    with tempfile.TemporaryDirectory(dir=out) as folder:
        scratch = Path(folder)
        worlds = [
            Point(name, "demand", 1, replication.build_world(compose([f"scenario={name}", *days])))
            for name in SCENARIOS
        ]
        for point in worlds:
            point.events = timing.events_of(point.world)
        worlds += [] if quick else list(_larger(worlds[-1], scratch))
        for _ in range(repeats):
            for point in worlds:
                point.years.append(timing.year(point.world, 0, scratch))
                if point.events:
                    loops = [partial(loop, point.events) for loop in (timing.bare_simpy, timing.plain_heap)]
                    simpy_s, heap_s = (timing.timed(loop)[1] for loop in loops)
                    point.bare.append((simpy_s, heap_s))
                    point.pure.append(timing.pure_events_s([f"scenario={point.scenario}", *days]))
        count, world = (2 if quick else 6), worlds[1].world
        one, two = zip(
            *([timing.throughput(world, workers, count) for workers in (1, 2)] for _ in range(repeats)),
            strict=True,
        )
    return {
        "repeats": repeats,
        "days": QUICK_DAYS if quick else 365,
        "points": [_result(point) for point in worlds],
        "workers": {
            "replications": count,
            "one_per_s": median(one),
            "two_per_s": median(two),
            "gain": median(b / a for a, b in zip(one, two, strict=True)),
        },
        "command": {name: timing.command([f"scenario={name}", *days]) for name in SCENARIOS},
        "studies": [study.timed(size, out) for size in (max(1, points // 2), points)],
        "national": timing.country(national, SCENARIOS[-1]) if national else None,
        **provenance(),
    }


def _larger(last: Point, scratch: Path) -> Iterable[Point]:
    source, calls = (
        Path(str(resources.files("sim") / "data" / "quzhou")),
        last.world.config.demand.calls_per_year,
    )
    for times in TIMES:
        for axis in ("demand", "stations"):
            folder = scratch / f"{axis}-{times}"
            asked = [f"scenario={last.scenario}", f"region.folder={folder}", "region.checked=false"]
            if axis == "demand":
                copies.whole(source, folder, times, last.world.levels.stations_open)
                # Teams at a named station would be one of each for all copies: every copy's special station has them.
                asked += [f"forces.specialists.{name}=special" for name in SPECIALTIES]
                asked.append(f"demand.calls_per_year={calls * times}")
            else:
                copies.stations(source, folder, times)
            yield Point(last.scenario, axis, times, replication.build_world(compose(asked)))


def _result(point: Point) -> dict[str, Any]:
    """Return the medians of a point over its repeats."""
    years, year = point.years, point.years[0]
    seconds = {stage: median(year.seconds[stage] for year in years) for stage in STAGES}
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
    if point.events:
        found["events"] = point.events
        pairs = zip(point.pure, years, strict=True)
        found["ratio_of_pure"] = median(pure / year.seconds["events"] for pure, year in pairs)
        for number, name in enumerate(("simpy", "heap")):
            loops = [seconds[number] for seconds in point.bare]
            # Each repeat against the loops of the same moment: a machine that slows down slows all of them.
            ratios = (year.seconds["events"] / loop for year, loop in zip(years, loops, strict=True))
            found[f"ratio_to_{name}"] = median(ratios)
            found[f"{name}_events_per_s"] = point.events / median(loops)
    return found


# -- what the reader sees -----------------------------------------------------------------------------------------


def show(measured: dict[str, Any], out: Console) -> None:
    """Print the figures as tables."""
    shown = [
        point
        | {"ms": {name: 1000 * s for name, s in (point["seconds"] | {"completing": point["completing_s"]}).items()}}
        | {"command": measured["command"][point["scenario"]]}
        for point in measured["points"]
        if point["times"] == 1
    ]  # fmt: skip
    title = (
        f"One replication of {measured['days']} days on one core, medians of {measured['repeats']} repeats"
    )
    names = ["", *(f"scenario {point['scenario']}" for point in shown)]
    out.print(
        _table(title, names, [[name, *(text.format(**point) for point in shown)] for name, text in ROWS])
    )
    workers = measured["workers"]
    out.print(
        f"{workers['replications']} whole replications: {workers['one_per_s']:,.0f} incidents/s with one process, "
        f"{workers['two_per_s']:,.0f} with two ({workers['gain']:.2f} x, their start included).",
        highlight=False,
    )
    for found in measured["studies"]:
        out.print(
            "A study of {points} points, {runs} runs, {replications} replications: {elapsed_s:.1f} s on {cores} cores, "
            "{ms_per_replication:.1f} ms a replication, {incidents_per_s:,.0f} incidents/s.".format(**found),
            highlight=False,
        )
    if any(point["times"] > 1 for point in measured["points"]):
        title = (
            f"Scenario {SCENARIOS[-1]}: microseconds an incident\n"
            "demand: everything copied, equal utilisation; stations: professional stations alone"
        )
        names = ["axis", "times", "stations", "incidents", *STAGES, "model against x1"]
        out.print(_table(title, names, _scaling_rows(measured), padding=(0, 0)))
    if country := measured["national"]:
        title = (
            "A country of {counties:,} counties, scenario {scenario}, one replication of a year\n"
            "{townships:,} townships, {cells:,} cells, {stations:,} stations, {units:,} units, {incidents:,} incidents, "
            "{dispatches:,} dispatches"
        ).format(scenario=SCENARIOS[-1], **country)
        rows = [
            [name, f"{s:.1f}", f"{country['peaks_mib'][name]:,.0f}"] for name, s in country["seconds"].items()
        ]
        rows.append(["completing", f"{country['completing_s']:.1f}", f"{country['peak_mib']:,.0f}"])
        rows.append(["all, elapsed", f"{country['elapsed_s']:.1f}", ""])
        out.print(_table(title, ["stage", "seconds", "peak so far, MiB"], rows))


def _table(
    title: str, names: Iterable[str], rows: Iterable[Iterable[str]], padding: tuple[int, int] = (0, 1)
) -> Table:
    from rich.table import Table

    table = Table(title=title, padding=padding)
    for name in names:
        table.add_column(name, justify="left" if name in ("", "stage") else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def scaling(measured: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the points of the last scenario along each axis, smallest first."""
    points = [point for point in measured["points"] if point["scenario"] == SCENARIOS[-1]]
    return [
        (axis, [p for p in points if p["times"] == 1 or p["axis"] == axis]) for axis in ("demand", "stations")
    ]


def _cost_us(point: dict[str, Any]) -> dict[str, float]:
    return {stage: 1e6 * seconds / point["incidents"] for stage, seconds in point["seconds"].items()}


def _scaling_rows(measured: dict[str, Any]) -> Iterable[list[str]]:
    for axis, points in scaling(measured):
        costs = [_cost_us(point) for point in points]
        models = [sum(cost[stage] for stage in MODEL) for cost in costs]
        for point, cost, model in zip(points, costs, models, strict=True):
            size = [f"x{point['times']}", f"{point['stations']:,}", f"{point['incidents']:,}"]
            yield [axis, *size, *(f"{cost[stage]:.0f}" for stage in STAGES), f"{model / models[0]:.2f} x"]


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
    from sim.plots.style import save

    asked = wanted(arguments)
    measured = measure(**asked)
    show(measured, terminal.console())
    file = asked["out"] / "benchmark.json"
    write_text(file, json.dumps(measured, indent=2, ensure_ascii=False) + "\n")
    save(draw(measured), asked["out"], "benchmark")
    print(f"All figures are in {file}.")
    return 0
