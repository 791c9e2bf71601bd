"""Put one given incident into a scenario's year, tell its story, and show it beside what is known of the real one.

FILE names place, day and hour, type and severity, and if known the fire's course (a YAML file, such as
experiments/validation/2020-11-09.yaml). The incident happens on that day of the scenario's year, whatever its own year
was. All other incidents of each replication stay as they are; its own draws have streams of their own. Prints the story
of replication 0 and a table over the replications; out=FOLDER keeps the table as story.csv and the story as a picture.

    python -m sim replay experiments/validation/2020-11-09.yaml scenario=2023
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table
from rich.text import Text

from sim.analysis import outcome
from sim.analysis.timeline import lines, when
from sim.calendar import HOUR_S
from sim.config import given as files
from sim.config import out_of_range
from sim.config.compose import compose
from sim.config.given import GivenIncident
from sim.config.schema import Config
from sim.demand import given as demand
from sim.demand.streams import Streams
from sim.files import not_a_run, publish_files
from sim.options import Asked, Option, Usage
from sim.plots.style import use_style
from sim.plots.timeline import save_timeline
from sim.reports import terminal
from sim.runs import replications
from sim.runs.processes import in_order
from sim.simulation import replication, result_tables
from sim.simulation.columns import frame
from sim.simulation.prepare.rosters import Rosters
from sim.simulation.replication import Replication, World
from sim.terms import BRIGADE, PROVIDERS, TIER, UNCREWED
from sim.world import regions

TABLE = "story.csv"
KEY = ["quantity", "who", "when"]
WIDTH = 110  # columns of a sentence
WITHIN_MIN = (15, 30, 60)
FIRST, IN_ALL, ALL = "first order", "in all", "all"
WHO = ("professional", "other tiers", "from outside", ALL)
ASKED_FOR = {"second_alarm": "second alarm", "third_alarm": "third alarm", "mutual_aid": "aid from outside"}
USAGE = Usage(
    (
        Option("replications", "how many years of chance it is put into", 5, int, 1, 1000),
        Option("out", "folder of story.csv and the picture; without it neither is written", None, Path),
    ),
    words="FILE",
    least=1,
    most=1,
    configuration=True,
)
Number = tuple[str, str, str, float]  # quantity with its unit, who, when, value


@dataclass(frozen=True)
class Story:
    """What one replication tells of the incident."""

    incident: pd.Series[Any]
    sent: pd.DataFrame
    numbers: list[Number]


_ready: list[tuple[World, GivenIncident]] = []  # of a worker process


def start(config: Config, given: GivenIncident) -> None:
    """Make a process ready."""
    _ready[:] = [(replication.build_world(config), given)]


def work(number: int) -> Story:
    """Return the story of the incident in a replication."""
    ((world, given),) = _ready
    world = replication.delivered(world, number)
    streams, others = Streams(world.config.seed, number), replication.workload_of(world, number)
    workload, own = demand.insert(others, given, world.region, streams)
    made = replication.simulate(world, number, workload)
    incidents, dispatches = result_tables.columns(world, made)
    incidents = outcome.add(incidents, world.config.outcome)
    chosen = np.flatnonzero(incidents["incident"] == own)
    incident = frame(incidents).iloc[chosen[0]]
    sent = frame(dispatches)
    sent = sent[sent["incident"] == own].reset_index(drop=True)
    stations, until_s = stripped(world, made, int(np.flatnonzero(made.workload.number == own)[0]))
    call_s = float(incident["time_s"])
    return Story(
        incident,
        sent,
        [
            *_force(sent, float(incident["dispatched_s"])),
            *_asked(sent),
            ("call to control, h", ALL, IN_ALL, float(incident["control_s"]) / HOUR_S),
            ("stations stripped", ALL, IN_ALL, float(stations)),
            ("the last has an engine again, min", ALL, IN_ALL, (until_s - call_s) / 60),
            ("engines that stood in elsewhere", ALL, IN_ALL, float(incident["cover_moves"])),
        ],
    )


def _force(sent: pd.DataFrame, ordered_s: float) -> Iterator[Number]:
    """Yield vehicles and persons: ordered at once, and arrived within some minutes of the call."""
    outside = sent["reason"] == "mutual_aid"
    who = np.select([outside, sent["tier"] == BRIGADE], [WHO[2], WHO[0]], WHO[1])
    crewed = ~sent["tier"].isin(UNCREWED)
    vehicles = crewed & sent["tier"].map(lambda tier: TIER[tier].moves != "foot").astype(bool)
    times = {FIRST: sent["dispatched_s"] <= ordered_s}
    times |= {f"{minutes} min": sent["arrived_s"] <= minutes * 60 for minutes in WITHIN_MIN}
    times[IN_ALL] = sent["arrived_s"].notna()
    for quantity, each in (("vehicles", vehicles.astype(int)), ("persons", sent["crew"] * crewed)):
        for name in WHO:
            for label, there in times.items():
                yield quantity, name, label, float(each[there & ((who == name) | (name == ALL))].sum())


def _asked(sent: pd.DataFrame) -> Iterator[Number]:
    """Yield when further alarms and aid from outside were asked for, empty where they were not."""
    for reason, words in ASKED_FOR.items():
        asked_s = sent.loc[sent["reason"] == reason, "dispatched_s"].min()
        yield f"{words} asked for, min", ALL, IN_ALL, float(asked_s) / 60


def stripped(world: World, made: Replication, row: int) -> tuple[int, float]:
    """Return how many professional stations had no engine with a crew left, and until when, in seconds of the year.

    They are stations that sent to the incident of this row. Only their own engines count, not those that stand in; the
    persons on duty are those of the shift of the order.
    """
    forces, kept = world.forces, made.records.columns()[1]
    home = np.array([unit.station for unit in forces.units])
    engine = np.array([unit.kind in PROVIDERS["engine"] for unit in forces.units])
    mine, station = kept["i"] == row, home[kept["unit"]]
    count, until = 0, np.nan
    if not mine.any():
        return count, until
    first, last = kept["dispatched_s"][mine].min(), kept["ready_s"][mine].max()
    persons = Rosters(made.workload.roster, forces, world.config).of(np.array([first])).told[0]
    for place in np.intersect1d(station[mine], forces.by_tier[BRIGADE]).tolist():
        own = (station == place) & (kept["dispatched_s"] <= last) & (kept["ready_s"] > first)
        begin, end, engines = kept["dispatched_s"][own], kept["ready_s"][own], engine[kept["unit"][own]]
        crews = (persons[place] + 2) // forces.crew_per_vehicle  # as the fleet counts them
        moments = np.unique([*begin[begin >= first], *end])
        away = (begin <= moments[:, None]) & (moments[:, None] < end)
        left = np.minimum(
            engine[home == place].sum() - (away & engines).sum(axis=1), crews - away.sum(axis=1)
        )
        if engine[home == place].any() and (empty := np.flatnonzero(left[:-1] <= 0)).size:
            count, until = count + 1, np.nanmax([until, moments[empty[-1] + 1]])
    return count, float(until)


def table(stories: list[Story], given: GivenIncident) -> pd.DataFrame:
    """Return a row a replication and number, beside what is known."""
    known = given.known
    real = {
        ("vehicles", ALL, FIRST): known.vehicles_first, ("persons", ALL, FIRST): known.persons_first,
        ("vehicles", ALL, IN_ALL): known.vehicles, ("persons", ALL, IN_ALL): known.persons,
        ("call to control, h", ALL, IN_ALL): known.hours,
    }  # fmt: skip
    rows = [
        (story.incident["replication"], *number, real.get(number[:3]))
        for story in stories
        for number in story.numbers
    ]
    return pd.DataFrame(rows, columns=["replication", *KEY, "value", "known"])


def cell(values: pd.Series[float]) -> str:
    """Write the mean over the replications, and the least and the most of them; say in how many, if not in all."""
    there = values.dropna()
    if there.empty:
        return "-"
    least, mean, most = (f"{number:.3g}" if number < 100 else f"{number:.0f}" for number in
                         (there.min(), there.mean(), there.max()))  # fmt: skip
    of = f", {len(there)} of {len(values)}" if len(there) < len(values) else ""
    return f"{mean}{of}" if least == most else f"{mean} ({least}–{most}{of})"


def show(numbers: pd.DataFrame) -> None:
    """Print the force by time, then the other numbers, each beside what is known."""
    cells: dict[Any, str] = {key: cell(rows["value"]) for key, rows in numbers.groupby(KEY, sort=False)}
    known = numbers.dropna(subset="known").set_index(KEY)["known"]
    shown: dict[Any, str] = {key: f"{value:g}" for key, value in known.items()}
    times = (FIRST, *(f"{minutes} min" for minutes in WITHIN_MIN), IN_ALL)
    out = terminal.console()
    for quantity in ("vehicles", "persons"):
        sheet = _sheet(f"{quantity}, mean (least–most)", *times)
        for who in WHO:
            sheet.add_row(who, *(Text(cells[quantity, who, time]) for time in times))
        if any((quantity, ALL, time) in shown for time in times):
            sheet.add_row("known of the real one", *(shown.get((quantity, ALL, time), "") for time in times))
        out.print(sheet)
    sheet = _sheet("", "mean (least–most)", "known")
    for key, text in cells.items():
        if key[0] not in ("vehicles", "persons"):
            sheet.add_row(key[0], Text(text), shown.get(key, ""))
    out.print(sheet)


def _sheet(*headings: str) -> Table:
    sheet = Table(box=None, pad_edge=False, header_style="dim")
    for place, heading in enumerate(headings):
        sheet.add_column(heading, justify="right" if place else "left", overflow="fold")
    return sheet


def run(asked: Asked) -> int:
    """Tell the story of the incident in each replication."""
    given = files.read(Path(asked.words[0]))
    if asked["out"] is not None:
        not_a_run(asked["out"])  # now, not after the work
    config = compose([*asked.others, f"replications={asked['replications']}"])
    out_of_range.tell(out_of_range.values(config), strict=config.strict)
    demand.refuse_outside(given, regions.load(config.region), config.days)
    stories: list[Story] = []
    with terminal.progress("replay", asked["replications"]) as done:
        numbers = range(asked["replications"])
        for story in in_order(work, numbers, replications.workers(config), start, (config, given)):
            stories.append(story)
            done(len(stories))
    numbers_told = table(stories, given)
    first = stories[0]
    terminal.say(f"{given.name}\n{textwrap.fill(given.what, WIDTH)}")
    terminal.say(
        f"Put into scenario {config.scenario.year}: call on {when(first.incident)}. Real: {given.time}.\n"
    )
    terminal.say("\n".join(lines(first.incident, first.sent)) + "\n")
    show(numbers_told)
    if asked["out"] is not None:
        with publish_files(asked["out"], last=TABLE) as scratch, use_style():
            numbers_told.to_csv(scratch / TABLE, index=False, lineterminator="\n")
            save_timeline(first.incident, first.sent, scratch, "story")
        terminal.say(f"Results {asked['out']}: {TABLE}, story.png, story.svg")
    return 0
