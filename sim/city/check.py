"""What a city's folder holds, on one screen: counts, what the log tells, and what is doubtful about it."""

from __future__ import annotations

import pandas as pd

from sim.city.files import clock
from sim.city.files.folder import Folder
from sim.city.model.streets import of, off_streets

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
