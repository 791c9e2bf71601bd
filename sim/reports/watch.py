"""One day of a run as a page: vehicles move on the map, incidents open and close. All from the two result tables."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import movements
from sim.calendar import DAY_S, HOUR_S
from sim.config import schema
from sim.config.text import from_yaml
from sim.errors import SimError
from sim.files import publish_file
from sim.plots.labels import SETTINGS, TIERS, TYPES, label, of_place
from sim.plots.style import NOBODY, TIER_LOOKS
from sim.reports.page import FONT_PLACE, environment, file_text, font_face
from sim.reports.report_runs import Language, catalogue, said
from sim.simulation import replication
from sim.storage.run_folder import Result
from sim.terms import BREATHING, FIRE_TYPES, PROVIDERS, RESCUE_TYPES
from sim.world import forces, plan, regions
from sim.world.forces import Forces
from sim.world.region import CELL_M, Region

BEFORE_S = (
    DAY_S / 4
)  # a unit that is out at midnight may have been diverted from where an earlier order had sent it
STEP_S = 300  # of the curve of units that are out
MOST_SQUARES = 20_000  # of the map; a larger region is drawn on a coarser grid
PARTS = ("fire", "rescue", "other")
MILESTONES = (
    "answered_s", "dispatched_s", "drone_s", "first_arrival_s", "size_up_s", "first_capable_s", "first_professional_s",
    "first_water_s", "full_force_s", "control_s", "closed_s",
)  # fmt: skip
COUNTS = ("short", "recalled", "cover_moves")


def write(result: Result, day: int, number: int, language: Language, path: Path) -> int:
    """Write the page of a day, 0 for 1 January, whole or not at all; return its size in bytes."""
    page = build(result, day, number, language).encode()
    with publish_file(path) as temporary:
        temporary.write_bytes(page)
    return len(page)


def build(result: Result, day: int, number: int, language: Language) -> str:
    """Return the page."""
    words = {
        key.removeprefix("watch_"): text
        for key, text in catalogue(language)["words"].items()
        if key.startswith("watch_")
    }
    config = from_yaml(result.config)
    title = words["title"].format(
        city=said(of_place(config["region"]["name"]), language), date=_date(day, language),
        year=result.info["scenario"], name=result.info["name"], replication=number,
    )  # fmt: skip
    page = environment().get_template("watch.html").render(
        t=words, title=title, language=language, facts=facts(result, day, number, language) | {"words": words},
        style=file_text("watch.css"), script=file_text("watch.js"), font_placeholder=FONT_PLACE,
    )  # fmt: skip
    return page.replace(FONT_PLACE, font_face(page), 1) + "\n"


def busiest(incidents: pd.DataFrame, days: int) -> tuple[int, int]:
    """Return replication and day, from 0, of the day with the most calls among the first `days` of the year."""
    day = (incidents["time_s"] // DAY_S).astype(int)
    calls = day[day < days].groupby([incidents["replication"], day]).size()
    if calls.empty:
        raise SimError(
            "the run holds no incident: there is no day to watch, make it with more days or calls."
        )
    found: Any = calls.idxmax()
    return int(found[0]), int(found[1])


def facts(result: Result, day: int, number: int, language: Language) -> dict[str, Any]:
    """Return what the page shows, as plain values: seconds of the day, metres from the map's corner."""
    land, built = _world(result, number)
    lon, lat = land.cells.lon, land.cells.lat
    middle = float(lon.mean()), float(lat.mean())
    homes = movements.flat(*land.projection.degrees(*built.xy.T), middle)
    cells = movements.flat(lon, lat, middle)
    homes, cells = homes - cells.min(axis=0), cells - cells.min(axis=0)
    shift = movements.flat(lon, lat, middle).min(axis=0)
    own = result.incidents[result.incidents["replication"] == number]
    sent = movements.with_times(own, result.dispatches[result.dispatches["replication"] == number])
    begin, end = day * DAY_S, (day + 1) * DAY_S
    sent = sent[(sent["dispatched_s"] < end) & (sent["ready_s"] > begin - BEFORE_S)]
    known = set(built.station_names.tolist())
    if strange := sorted(set(sent["station"]) - known):
        raise SimError(
            f"{strange[0]} is no station of the run's region and configuration: make the run again."
        )
    scenes = movements.flat(sent["lon"], sent["lat"], middle) - shift
    place = dict(zip(built.station_names.tolist(), map(tuple, homes.tolist()), strict=True))
    legs = movements.legs(sent, scenes, place)
    out = sent[sent["ready_s"] > begin]
    last = out.groupby("incident")["ready_s"].max().reindex(own["incident"]).to_numpy()
    closed = (own["time_s"] + own["closed_s"].fillna(math.inf)).to_numpy()
    shown = own[(own["time_s"] < end) & (np.fmax(closed, last) > begin)].sort_values("time_s")
    order = {int(incident): row for row, incident in enumerate(shown["incident"])}
    grid = np.arange(begin, end + STEP_S, STEP_S)
    curve = movements.out_at(sent, grid)
    hours = np.convolve(curve, np.ones(HOUR_S // STEP_S), "valid")
    return {
        "map": _map(land, cells),
        "stations": _stations(built, homes, set(sent["station"])),
        "units": _units(legs, sent, built, order, begin),
        "incidents": _incidents(shown, movements.flat(shown["lon"], shown["lat"], middle) - shift, begin, language),
        "waits": _waits(sent, order, begin),
        "out": curve.tolist(),
        "worst": int(hours.argmax()) * STEP_S,
        "tiers": {name: {"name": said(label(name), language), "colour": TIER_LOOKS.get(name, NOBODY).colour}
                  for name in dict.fromkeys([*TIERS, *sent["tier"]])},
        "types": {name: said(item, language) for name, item in TYPES.items()},
        "settings": {name: said(item, language) for name, item in SETTINGS.items()},
        "milestones": [[name, said(label(name), language)] for name in MILESTONES],
        "counts": COUNTS,
    }  # fmt: skip


def _world(result: Result, number: int) -> tuple[Region, Forces]:
    """Return the region of a run and the forces of one of its replications."""
    config = schema.read(from_yaml(result.config))
    land = regions.load(config.region)
    drawn = number if config.delivery == plan.PARTIAL else None
    return land, forces.build(land, config.forces, replication.levels_of(config, land, drawn))


def _map(land: Region, cells: Any) -> dict[str, Any]:
    """Return squares with the county and the people of each, and the names of counties and townships."""
    step = math.ceil(math.sqrt(len(cells) / MOST_SQUARES)) if len(cells) > MOST_SQUARES else 1
    size = step * CELL_M
    county = np.array([land.counties.index(place.county) for place in land.townships])[land.cells.township]
    table = pd.DataFrame({"county": county, "people": land.cells.population / step**2})
    table[["x", "y"]] = cells if step == 1 else (cells // size + 0.5) * size
    if step > 1:
        table = table.groupby(["x", "y"], as_index=False).agg({"county": "first", "people": "sum"})
    shade = np.clip(np.log10(table["people"].to_numpy() + 1) / 4, 0, 1)
    by_people = table.sort_values("people", ascending=False)
    seats = by_people.drop_duplicates("county").set_index("county")
    people = np.bincount(land.cells.township, land.cells.population, len(land.townships))
    corner = pd.DataFrame(cells).groupby(land.cells.township).mean()
    mean = table.groupby("county")[["x", "y"]].mean()
    towns = [row for row in np.argsort(-people).tolist() if row in corner.index]
    return {
        "size": size,
        "x": table["x"].round().astype(int).tolist(),
        "y": table["y"].round().astype(int).tolist(),
        "county": table["county"].tolist(),
        "shade": shade.round(2).tolist(),
        "counties": [
            {
                "name": land.counties[row],
                "x": round(x),
                "y": round(y),
                "middle": mean.loc[row].round().tolist(),
            }
            for row, x, y in seats[["x", "y"]].itertuples()
        ],
        "towns": [
            {"name": land.townships[row].name, "x": round(corner.loc[row, 0]), "y": round(corner.loc[row, 1])}
            for row in towns
        ],
    }


def _stations(built: Forces, homes: Any, used: set[str]) -> list[dict[str, Any]]:
    """Return the stations of full-time crews, and those of others that sent somebody; with their engines."""
    engines = [
        sum(built.units[unit].kind in PROVIDERS["engine"] for unit in units) for units in built.units_of
    ]
    return [
        {"name": home.name, "tier": home.tier, "x": round(x), "y": round(y),
         "engines": engines[home.index] if home.tier in BREATHING else 0}
        for home, (x, y) in zip(built.stations, homes.tolist(), strict=True)
        if home.name in used or (home.tier in BREATHING and home.area != forces.OUTSIDE)
    ]  # fmt: skip


def _units(
    legs: dict[str, list[movements.Leg]], sent: pd.DataFrame, built: Forces, order: dict[int, int], begin: int
) -> list[dict[str, Any]]:
    """Return the units that are out on the day with their legs: times, points, what they do, and where."""
    station = {unit.name: built.stations[unit.station].name for unit in built.units}
    own = sent.drop_duplicates("unit").set_index("unit")
    units = []
    for name, rows in legs.items():
        shown = [leg for leg in rows if leg.end_s > max(leg.begin_s, begin) and leg.incident in order]
        if shown:
            told = [
                [round(leg.begin_s - begin, 1), _finite(leg.end_s - begin), *map(round, (*leg.start, *leg.end)),
                 leg.doing, order[leg.incident]]
                for leg in shown
            ]  # fmt: skip
            engine = own["kind"][name] in PROVIDERS["engine"]
            units.append(
                {"name": name, "tier": own["tier"][name], "station": station[name], "engine": engine, "legs": told}
            )  # fmt: skip
    return units


def _incidents(shown: pd.DataFrame, scenes: Any, begin: int, language: Language) -> list[dict[str, Any]]:
    """Return the incidents that are open on the day, each milestone in seconds after the call."""
    found = []
    for row, (x, y) in zip(shown.to_dict("records"), scenes.tolist(), strict=True):
        kind = str(row["type"])
        times = {name: round(row[name], 1) for name in MILESTONES if pd.notna(row[name])}
        found.append(
            {"number": row["incident"], "type": kind, "severity": row["severity"], "reported": row["reported"],
             "part": PARTS[0 if kind in FIRE_TYPES else 1 if kind in RESCUE_TYPES else 2],
             "place": f"{row['township']}, {row['county']}" if language == "en" else f"{row['county']}{row['township']}",
             "setting": row["setting"], "x": round(x), "y": round(y), "call": round(row["time_s"] - begin, 1),
             "times": times, "counts": {name: row[name] for name in COUNTS if row[name]}}
        )  # fmt: skip
    return found


def _waits(sent: pd.DataFrame, order: dict[int, int], begin: int) -> list[list[float]]:
    """Return from when to when a need of an incident waited for a unit that was free."""
    late = sent[(sent["waited_s"] > 0) & (sent["dispatched_s"] > begin) & sent["incident"].isin(order)]
    return [
        [round(until - waited - begin, 1), round(until - begin, 1), order[incident]]
        for until, waited, incident in late[["dispatched_s", "waited_s", "incident"]].itertuples(index=False)
    ]


def _finite(seconds: float) -> float:
    return round(seconds, 1) if math.isfinite(seconds) else 10.0 * DAY_S


def _date(day: int, language: Language) -> str:
    on = date(2025, 1, 1) + timedelta(day)  # a year without a leap day
    return f"{on.month}月{on.day}日" if language == "zh" else f"{on.day} {on:%B}"
