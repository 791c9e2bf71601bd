"""What a city's folder holds, on one screen: counts, what the log tells, and what is doubtful about it."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pandas as pd

from sim.city.files import clock, hours
from sim.city.files.folder import LOG, Folder
from sim.city.model.streets import of, off_streets
from sim.config.city_file import options, tables_folder
from sim.config.compose import compose
from sim.runs import region_notes
from sim.terms import SETTINGS
from sim.world import regions

MANY = 0.2  # share of the rows from which on a gap is told as one


def table(folder: Folder) -> pd.DataFrame:
    """Return lines of what was found."""
    log, units = folder.log, folder.units
    days = (log["ordered"].max() - log["ordered"].min()) / pd.Timedelta(days=1)
    kinds = ", ".join(f"{count} {kind}" for kind, count in units["kind"].value_counts().items())
    lines = [
        ("stations", f"{len(folder.stations)}, {units['station'].nunique()} with vehicles"), ("vehicles", kinds),
        ("log", f"{len(log):,} rows, {log['incident'].nunique():,} incidents"),
        ("days", f"{days:,.1f} from {folder.start:%Y-%m-%d}"),
    ]  # fmt: skip
    lines += _duty(folder)
    for step in clock.STEPS:
        share = float(log[step].notna().mean())
        word = "not in the log" if share == 0 else f"in {share:.0%} of the rows"
        lines.append((f"  {step}", word + (", the others are censored" if 0 < share < 1 - MANY else "")))
    bare = set(folder.stations["station"]) - set(units["station"])
    if bare:
        lines.append(
            (
                "note",
                f"{len(bare)} stations have no vehicle and are never sent from: {', '.join(sorted(bare)[:5])}",
            )
        )
    known = units.set_index("unit")["station"]
    home = log["station"].fillna(log["unit"].map(known))
    if (lost := home.isna()).any() and folder.city.crs != "none":
        lines.append(
            (
                "note",
                f"{lost.mean():.0%} of the rows have no station: they count as incidents, not for travel",
            )
        )
    if log["released"].isna().all():
        lines.append(
            ("note", "nothing tells when a unit is free again: how many are busy at once cannot be validated")
        )
    if folder.has_streets:
        far, off = off_streets(folder)
        lines += [("streets", note) for note in of(folder).notes]
        lines.append(("streets", f"incidents are up to {far:,.0f} m off a street, {off:.1%} more than 1 km"))
    return pd.DataFrame(lines, columns=["what", "found"])


def region(name: str) -> tuple[str, pd.DataFrame]:
    """Return the name of a region and lines of what its tables hold; SimError with all that is wrong in them."""
    config = compose([f"region.folder={json.dumps(name, ensure_ascii=False)}"])
    found, folder = regions.load(config.region), tables_folder(name)
    standing = [site for site in found.sites if not site.planned]
    kinds = Counter(site.station_class for site in standing)
    posts = Counter(post.tier for post in found.posts)
    people = np.bincount(found.cells.setting, found.cells.population, len(SETTINGS)) / found.population
    lines = [
        ("residents", f"{found.population:,.0f} in {len(found.cells.lon):,} cells"),
        ("  where", ", ".join(f"{share:.0%} {name}" for name, share in zip(SETTINGS, people, strict=True) if share)),
        ("counties", ", ".join(found.counties)),
        ("townships", f"{len(found.townships):,}"),
        ("stations", f"{len(standing)} ({', '.join(f'{n} {kind}' for kind, n in kinds.items())})"),
        ("  planned", ", ".join(site.name for site in found.sites if site.planned and not site.proposed) or "none"),
        ("other posts", ", ".join(f"{n} {tier}" for tier, n in posts.items()) or "none"),
        ("neighbours", ", ".join(seat.name for seat in found.neighbours) or "none"),
        ("options", " ".join(options(name)) or "none: the numbers of configs/ hold"),
        *(("note", note) for note in region_notes.notes(config, found)),
        ("log", "yes" if (folder / LOG).is_file() else "none: nothing to fit, replay or validate"),
    ]  # fmt: skip
    return found.name, pd.DataFrame(lines, columns=["what", "found"])


def _duty(folder: Folder) -> list[tuple[str, str]]:
    """Return who is on duty when, where units have crews or hours, and orders that the hours contradict."""
    units, log, lines = folder.units, folder.log, []
    limited = units[units["hours"] != ""]
    if len(limited):
        week = np.sum([hours.week(text) for text in units["hours"]], axis=0)
        lines.append(
            ("on duty", f"{week.min()} to {week.max()} vehicles, {week.mean():.1f} in the mean of the week")
        )
        row_of = {name: row for row, name in enumerate(limited["unit"])}
        rows = log[log["unit"].isin(row_of)]
        on = folder.staffed(limited, folder.seconds(rows["ordered"]))
        off = ~on[rows["unit"].map(row_of).to_numpy(dtype=np.int64), np.arange(len(rows))]
        if off.any():
            first = rows[off].iloc[0]
            at = first["ordered"].tz_convert(folder.city.zone)
            found = f"{first['unit']} at {at:%a %Y-%m-%d %H:%M}"
            lines.append(
                (
                    "note",
                    f"{off.mean():.0%} of the orders to vehicles with hours are out of them, such as {found}",
                )
            )
    if units["crew"].notna().all():
        persons = folder.persons_on_duty
        lines.append(
            (
                "on duty",
                f"{persons.min():.0f} to {persons.max():.0f} persons, {persons.mean():.1f} in the mean",
            )
        )
    return lines
