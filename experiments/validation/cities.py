"""Hold other cities against their own records: the table of docs/city.md.

    python -m experiments.validation.cities [records=FOLDER] [replications=20] [workers=0]

Imports the public records of London and San Francisco, fits a part, replays the rest and prints how near it comes, in
Markdown. A bold number is beyond what is allowed. Each call uses the last fifth, which was
held out; docs/city.md counts these uses.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from experiments.command_line import command, options, table
from sim.city.files import description, importing
from sim.city.files import folder as folders
from sim.city.replay import calibration, validation
from sim.city.replay.score import Check
from sim.city.replay.validation import Validation
from sim.errors import SimError
from sim.runs.processes import cores

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "validation"
PARTS = {  # map, folder of the raw files, share that is fitted, whether incidents are left out at random
    "London, a random half": ("london", ".", 0.5, True),
    "London, last fifth": ("london", ".", 0.8, False),
    "San Francisco, last fifth": ("san_francisco", "san_francisco", 0.8, False),
}
ROWS = {  # how the quantities begin; of several the worst
    "first unit, median": "first unit, median", "first unit, mean": "first unit, mean",
    "first unit, 90th percentile": "first unit, 90th", "first unit within 6 min, points": "first unit within 6",
    "first unit within 10 min, points": "first unit within 10", "second unit, median": "second unit, median",
    "second unit, mean": "second unit, mean", "second unit, 90th percentile": "second unit, 90th",
    "first unit of the own station, points": "first unit of the own", "first two of one station, points": "first two",
    "own station without a free engine, points": "own station without",
    "engines out at once, mean": "engines out at once, mean",
    "engines out at once, 95th percentile": "engines out at once, 95th",
}  # fmt: skip
WORST = {
    "first unit by block of hours, worst": "h",
    "first unit by distance, worst": "away",
}  # how they end: mean of a group


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Print the table; 2 for records that are not there."""
    refusal = "unknown option {}; allowed: records=FOLDER, replications=N (2 or more), workers=N."
    asked = options(arguments, refusal, records=str(RECORDS), replications=20, workers=0)
    records = Path(asked["records"])
    if missing := [name for _, name, *_ in PARTS.values() if not (records / name).is_dir()]:
        raise SimError(
            f"{records / missing[0]} is no folder; records=FOLDER names that of the raw records (docs/city.md)."
        )
    if asked["replications"] < 2:
        raise SimError(refusal.format(f"replications={asked['replications']}"))
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for title, (name, raw, share, at_random) in PARTS.items():
            print(title, file=sys.stderr)
            importing.run(description.read_map(name), records / raw, Path(scratch) / name)
            city = folders.load(Path(scratch) / name)
            fitted = validation.fitted(city, share, at_random=at_random)
            before = city.log[fitted]
            fit = calibration.run(replace(city, log=before), before)
            workers = asked["workers"] or cores()
            found[title] = validation.run(
                city, fit, before, city.log[~fitted], asked["replications"], workers
            )
    print(page(found), end="")
    return 0


def page(found: Mapping[str, Validation]) -> str:
    """Return the table of some validations by title."""
    rows = []
    for label, begins in ROWS.items():
        name = [_named(result.checks, begins) for result in found.values()]
        rows.append((label, *map(_cell, name), _allowed(name)))
    for label, ends in WORST.items():
        worst = [
            max((c for c in result.checks if "mean, " in c.quantity and c.quantity.endswith(f" {ends}")),
                key=lambda check: abs(check.off), default=None)
            for result in found.values()
        ]  # fmt: skip
        rows.append((label, *map(_cell, worst), _allowed(worst)))
    skills = [result.skill for result in found.values()]
    scores = [f"{skill.simulation:.1f}, {skill.regression:.1f}" for skill in skills]
    gains = [f"{skill.low:+.1f} to {skill.high:+.1f}" for skill in skills]
    rows.append(("score (CRPS) an incident, s: simulation, regression", *scores, "less"))
    rows.append(("gain over the regression, 95 % interval, s", *gains, "above 0"))
    sizes = [f"{len(result.of):,}" for result in found.values()]
    return table(("", *found, "allowed"), [("incidents replayed", *sizes, ""), *rows])


def _named(checks: Sequence[Check], begins: str) -> Check | None:
    return next((check for check in checks if check.quantity.startswith(begins)), None)


def _cell(check: Check | None) -> str:
    if check is None:
        return "–"
    number = f"{check.off:+.0f} s" if _in_seconds(check) else f"{100 * check.off:+.1f}{' %' * check.relative}"
    return number if check.met else f"**{number}**"


def _allowed(checks: Sequence[Check | None]) -> str:
    check = next(check for check in checks if check is not None)
    return f"{check.allowed:g} s" if _in_seconds(check) else f"{100 * check.allowed:g}{' %' * check.relative}"


def _in_seconds(check: Check) -> bool:
    return check.unit == "s" and not check.relative


if __name__ == "__main__":
    raise SystemExit(main())
