"""Another city: import its log, fit, validate on what the fit has not seen, replay another log, ask what-ifs.

    python -m sim city import san_francisco RAW_FOLDER out=cities/sf
    python -m sim city check cities/sf
    python -m sim city validate cities/sf
    python -m sim city fit cities/sf
    python -m sim city replay cities/sf log=later/log.csv
    python -m sim city whatif cities/sf add=North@-122.41/37.80:engine close=35
    python -m sim city whatif cities/sf calls=1.2

`import` reads raw files by a map: san_francisco, london or dublin, which come with the package, or a YAML file of your
own (docs/city.md); `import run RUN_FOLDER` takes a finished run of this program instead. `validate` fits the first
80 % of the incidents, in order of time, and replays the rest. `fit` fits all of them, for `replay` and `whatif`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype
from rich.table import Table
from rich.text import Text

from sim.city import check as checking
from sim.city.files import description, importing, of_run
from sim.city.files import folder as folders
from sim.city.files.folder import LOG, Folder
from sim.city.model import demand
from sim.city.model import fit as fits
from sim.city.model.fit import FILE
from sim.city.replay import calibration, page, validation, whatif
from sim.config.city_file import tables_folder
from sim.errors import SimError, did_you_mean, pasteable
from sim.files import not_a_run, publish_file, publish_files
from sim.options import Asked, Option, Usage, with_file
from sim.reports.terminal import console, progress, say
from sim.runs.processes import cores

OPTIONS = {  # of each action
    "import": ("log", "out"), "check": (), "fit": (), "validate": ("share", "part", "replications", "workers", "out"),
    "replay": ("log", "replications", "workers", "out"),
    "whatif": ("add", "move", "close", "calls", "file", "replications", "workers", "out"),
}  # fmt: skip
OF_RUN = "run"  # instead of a map
NONE_OF_THEM = ", none of these incidents."
NEEDS = {"import": "import MAP RAW_FOLDER"} | {name: f"{name} FOLDER" for name in OPTIONS if name != "import"}
USAGE = Usage(
    (
        Option(
            "out",
            "folder of the results; without it beside the city's, such as FOLDER-validation",
            None,
            Path,
        ),
        Option(
            "share",
            "validate: share of the incidents that is fitted, in order of time",
            0.8,
            float,
            0.2,
            0.95,
        ),
        Option(
            "part", "validate: which incidents are left out of the fit", "last", allowed=("last", "random")
        ),
        Option("replications", "how often the incidents are replayed", 20, int, 2, 1000),
        Option("workers", "processes; 0 means all cores", 0, int, 0, 4096),
        Option(
            "log",
            "import: another raw log of the same form; replay: the log.csv that it was imported to",
            None,
            Path,
        ),
        Option(
            "add",
            "whatif: a station with vehicles NAME@X/Y:engine+ladder, or a vehicle NAME:engine; with hours "
            "NAME:engine:Mo-Fr 08:00-18:00",
            None,
            list,
        ),
        Option("move", "whatif: a station and its new place, NAME@X/Y", None, list),
        Option("close", "whatif: stations or vehicles", None, list),
        Option(
            "calls",
            "whatif: how many times as many incidents as in the log, drawn anew from the fitted demand; with stations "
            "or vehicles changed on both sides, else as the change",
            None,
            float,
            0.1,
            10,
        ),
        Option("file", "whatif: a file with such words, one a line, as sim app saves it", None, Path),
    ),
    words="ACTION",
    form="ACTION [MAP] FOLDER",
    least=2,
    most=3,
)


def run(asked: Asked) -> int:
    """Carry out the action."""
    action, *words = asked.words
    if action not in OPTIONS:
        raise SimError(
            f"city {action} is no action{did_you_mean(action, OPTIONS)}; allowed: {', '.join(OPTIONS)}."
        )
    if len(words) != (2 if action == "import" else 1):
        raise SimError(f"city {action} has {len(words)} words after it; allowed: {NEEDS[action]}.")
    if action == "whatif":
        asked = with_file(USAGE, asked)
    for name in sorted(asked.given):
        if name not in OPTIONS[action]:
            allowed = ", ".join(OPTIONS[action]) or "none"
            raise SimError(f"{name} has no meaning with city {action}; its options: {allowed}.")
    ACTIONS[action](asked, *words)
    return 0


def _import(asked: Asked, name: str, raw: str) -> None:
    if asked["out"] is None:
        raise SimError("out is missing: give the folder that the import writes, such as out=cities/sf.")
    if name == OF_RUN:
        if asked["log"] is not None:
            raise SimError(f"log has no meaning with city import {OF_RUN}: the log is that of the run.")
        rows = of_run.write(Path(raw), asked["out"])
        say(
            f"City {asked['out']}: city.yaml, stations.csv, units.csv, log.csv of {rows:,} rows that the model made"
        )
        return
    described = description.read_map(name)
    if asked["log"] is not None:
        described = replace(described, log=replace(described.log, file=str(asked["log"].resolve())))
    audit = importing.run(described, Path(raw), asked["out"])
    _print(audit.table(), f"{described.name}: {audit.rows:,} rows read", "What was found in the log")
    say(f"City {asked['out']}: city.yaml, stations.csv, units.csv, log.csv, audit.csv")


def _check(asked: Asked, name: str) -> None:
    tables = tables_folder(name)
    if is_region := (tables / "cells.csv").is_file():
        title, lines = checking.region(name)
        _print(lines, f"{title}, a region", "What the folder holds")
    if not is_region or (tables / LOG).is_file():
        folder = folders.load(tables)
        _print(checking.table(folder), folder.city.name, "What the folder holds")


def _fit(asked: Asked, name: str) -> None:
    folder = folders.load(Path(name))
    with progress("fitting"):
        found = calibration.run(folder, folder.log)
        asked_for = demand.run(folder, folder.log)
    with publish_file(folder.path / FILE) as scratch:
        found.write(scratch)
    with publish_file(folder.path / demand.FILE) as scratch:
        asked_for.write(scratch)
    say(f"Fit {folder.path / FILE}: {found.rows:,} rows, to {found.until}")
    say(f"Demand {folder.path / demand.FILE}: {demand.told(asked_for)}")


def _validate(asked: Asked, name: str) -> None:
    folder = folders.load(Path(name))
    fitted = validation.fitted(folder, asked["share"], at_random=asked["part"] == "random")
    before, part = folder.log[fitted], folder.log[~fitted]
    with progress("fitting"):
        found = calibration.run(replace(folder, log=before), before)
    _replayed(asked, folder, found, before, part, "validation", NONE_OF_THEM)


def _replay(asked: Asked, name: str) -> None:
    own = folders.load(Path(name))
    found = fits.read(own.path / FILE)
    if asked["log"] is None:
        words = ", these incidents themselves: this shows whether it can tell what it has seen, no more."
        _replayed(asked, own, found, own.log.iloc[:0], own.log, "replay", words)
        return
    later = folders.load(own.path, asked["log"])
    known = set(own.log["incident"])
    part = later.log[~later.log["incident"].isin(known)]
    if part.empty:
        raise SimError(
            f"{asked['log']} has no incident that {own.path} has not; allowed: a log that the fit has not seen."
        )
    whole = pd.concat([own.log, part], ignore_index=True)
    _replayed(asked, replace(later, log=whole), found, own.log, part, "replay", NONE_OF_THEM)


def _replayed(
    asked: Asked,
    folder: Folder,
    found: fits.Fit,
    before: pd.DataFrame,
    part: pd.DataFrame,
    what: str,
    looked: str,
) -> None:
    out = asked["out"] or _beside(folder, what)
    page.REPLACEABLE(out)  # now, not after the work
    with progress("replaying"):
        result = validation.run(
            folder, found, before, part, asked["replications"], asked["workers"] or cores()
        )
        page.write(folder.city, result, out, looked)
    show(folder.city.name, result)
    say(f"Results {out}: validation.md, validation.csv, validation.png, validation.svg, fit.json")


def show(name: str, result: validation.Validation) -> None:
    """Print the quantities and what the city may be used for."""
    table = page.frame(result.checks)
    kept = table[["quantity", "unit", "simulated", "real", "difference", "allowed"]]
    kept = kept.assign(met=[check.word for check in result.checks])
    _print(kept, f"{name}: {len(result.of):,} incidents, {len(result.runs)} replications", "Replayed")
    skill = result.skill
    say(
        f"First unit, score an incident (s, less is better): simulation {skill.simulation:.1f}, regression "
        f"{skill.regression:.1f}, all alike {skill.climatology:.1f}; "
        f"gain {skill.gain:+.1f} ({skill.low:+.1f} to {skill.high:+.1f})."
    )
    for use, word in page.verdicts(result.checks):
        say(f"  {use}: {word}")


def _whatif(asked: Asked, name: str) -> None:
    folder = folders.load(Path(name))
    found = fits.read(folder.path / FILE)
    if asked["out"] is not None:
        not_a_run(asked["out"])  # now, not after the work
    changes = [asked[key] or [] for key in ("add", "move", "close")]
    count, workers = asked["replications"], asked["workers"] or cores()
    if asked["calls"] is None:
        after = whatif.changed(folder, found, *changes)
        with progress("replaying with and without"):
            table, areas = whatif.run((folder, found), after, count, workers)
        _print(table, f"{folder.city.name}, {count} replications of its log, paired", "What if")
    else:
        of_log = demand.read(folder.path / demand.FILE)
        drawn = whatif.Drawn(folder, found, of_log, asked["calls"], *changes)
        with progress("drawing and replaying"):
            table, areas = whatif.run_drawn(drawn, count, workers)
        _print(
            table, f"{folder.city.name}, {count} times incidents like those of its log, {asked['calls']:g} times as many",
            "What if",
        )  # fmt: skip
    shown = pd.concat([areas.head(5), areas.tail(5)]).drop_duplicates()
    _print(shown, "first unit, change of the mean by area", "Most sooner and most later")
    if asked["out"] is not None:
        with publish_files(asked["out"], last="whatif.csv") as scratch:
            areas.to_csv(scratch / "areas.csv", index=False, lineterminator="\n")
            table.to_csv(scratch / "whatif.csv", index=False, lineterminator="\n")
        say(f"Results {asked['out']}: whatif.csv, areas.csv")
    else:
        say("Nothing of this was kept: out=FOLDER writes both tables.")
    say(_trust(folder))


def _trust(folder: Folder) -> str:
    """Say what the validation beside the city says of such a question."""
    beside = _beside(folder, "validation")
    if not (beside / page.TABLE).exists():
        return f"Whether such answers can be trusted is not known yet: {pasteable('city', 'validate', folder.path)}"
    use, word = page.verdicts(page.read(beside))[0]
    return f"Before you use this: for {use}, {beside / page.PAGE} says {word}."


def _beside(folder: Folder, what: str) -> Path:
    return folder.path.with_name(f"{folder.path.resolve().name}-{what}")


def _print(table: pd.DataFrame, title: str, nothing: str) -> None:
    say(title)
    if table.empty:
        say(f"  {nothing}: nothing to tell.")
        return
    sheet = Table(box=None, pad_edge=False, header_style="dim")
    for column in table:
        sheet.add_column(
            str(column), justify="right" if is_numeric_dtype(table[column]) else "left", overflow="fold"
        )
    for row in table.itertuples(index=False):
        sheet.add_row(*(Text(_cell(cell)) for cell in row))
    console(120).print(sheet)


def _cell(cell: Any) -> str:
    return (
        f"{cell:.4g}"
        if isinstance(cell, float)
        else "yes"
        if cell is True
        else "NO"
        if cell is False
        else str(cell)
    )


ACTIONS: dict[str, Callable[..., None]] = {
    "import": _import, "check": _check, "fit": _fit, "validate": _validate, "replay": _replay, "whatif": _whatif,
}  # fmt: skip
