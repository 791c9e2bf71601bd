"""Say how certain each claim is: vary all uncertain inputs at once, and rule out what contradicts published data.

1. draws of all parameters at once (a Sobol sequence over their laws, some of them together by a Gaussian copula).
2. 2023 is run for each draw. A draw that is more than three standard deviations from a published number, with the
   model's own discrepancy and the Monte Carlo error, is ruled out (history matching).
3. The others are run in the years and single measures that the claims need, on common workloads.
4. Each claim gets the share of the draws in which it holds, its interval, and the inputs that decide it. A claim, or
   its opposite, is stated if it holds in at least 90 % of the draws; else it is undecided, and its inputs are named.

On a cluster each job of an array measures a part into OUT/parts, and the command without part= gathers them:

    sbatch --array=1-16 --wrap 'python -m sim uncertainty draws=1024 workers=1 part=$SLURM_ARRAY_TASK_ID/16'

Claims are a YAML file like sim/data/claims.yaml (claims=FILE). parameters are named as for python -m sim sensitivity.
OUT/measured.csv keeps what was measured, so that a repeated command continues where it stopped. The page, its tables
and pictures are written into OUT. The same seed gives the same bytes for any number of workers.

    python -m sim uncertainty draws=256 days=365 workers=2
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import not_known
from sim.analysis.indicators import HEADLINE
from sim.calendar import YEAR_DAYS, days_told
from sim.config import out_of_range
from sim.config.city_file import tables_folder
from sim.config.compose import compose, options
from sim.errors import SimError
from sim.files import not_a_run, write_text
from sim.locks import Lock
from sim.options import Asked, Option, Usage
from sim.reports.terminal import say
from sim.storage.provenance import tables_digest
from sim.studies import markdown
from sim.studies.attribution import groups as attribution
from sim.studies.attribution.groups import RISK
from sim.studies.markdown import SETTINGS
from sim.studies.run_selection import LANG
from sim.studies.sensitivity.command import OWN
from sim.studies.sensitivity.command import command as command_line
from sim.studies.sensitivity.parameters import choose
from sim.studies.sensitivity.stages import fingerprint, parameters_table
from sim.studies.uncertainty import claims as texts
from sim.studies.uncertainty import draws, tables
from sim.studies.uncertainty.claims import ALL, Claims, Key, Point
from sim.studies.uncertainty.ensemble import BEFORE, PARTS, Ensemble, Measured, known
from sim.studies.uncertainty.figures import PICTURES, draw
from sim.studies.uncertainty.page import FILES, PAGES, TABLES, Report, read, render

FAN: tuple[Key, ...] = (
    ("first_capable_mean", *RISK), ("full_force_mean", *RISK), ("first_professional_mean", *RISK),
    ("trained_water_mean", *RISK), ("first_arrival_mean", ALL, ALL), ("deaths_a", ALL, ALL),
)  # fmt: skip
# What has its interval in each of the years: the fan, and what a report and a comparison of runs print.
KEYS: tuple[Key, ...] = (*FAN, ("first_capable_within_10", *RISK), *((kpi, ALL, ALL) for kpi in HEADLINE))
LONG = ("draws", "results")  # tables that stay in the study's folder
MOST_PARTS = 9999
LEAST_LEFT = 10  # draws, below which nothing can be said
USAGE = Usage(
    (
        Option("draws", "of all parameters at once; a power of two covers them evenly", 256, int, 16, 2**20),
        Option("years", "that are shown", ["2023", "2025", "2027", "2030"], list, allowed=lambda: options("scenario")),
        Option("replications", "of every draw: chance is told apart by them", 2, int, 2, 1000),
        Option("days", "of every run", 365, int, 1, 365),
        Option("seed", "of the draws and of every run", 2024, int, 0, 2**32 - 1),
        Option("parameters", "what is drawn", list(draws.PARAMETERS), list),
        Option("part", "K/N: measure only the K-th of N parts, as a job of a cluster, and write no page", None),
        Option("claims", "YAML file; without it those shipped", None, Path),
        LANG,
        Option("out", "folder for the results", Path("results/uncertainty"), Path),
        Option("publish", "folder into which page, tables and pictures are copied, such as docs", None, Path),
    ),
    configuration=True,
    refused={
        **{name: f"{name} belongs to a single run; every draw has its own." for name in OWN},
        "scenario": "scenario is given as years=... and by the claims here.",
        "launch": "launch is of sweeps: one command uses workers=... processes, several jobs take part=K/N each.",
    },
    interrupted="what was measured is kept; the same command goes on from there.",
)  # fmt: skip


def run(asked: Asked) -> int:
    """Run the ensemble, write its page and print what can be told."""
    part = part_of(asked["part"])
    for folder in filter(None, (asked["out"], asked["publish"])):
        not_a_run(folder)  # now, not after the work
    common = (f"days={asked['days']}", f"seed={asked['seed']}", "figures=none", *asked.others)
    shipped = compose([f"scenario={BEFORE}", *common])
    out_of_range.tell(out_of_range.values(shipped), strict=shipped.strict)
    if asked["days"] < YEAR_DAYS:
        say(f"what is published is of whole years, and is held against {days_told(asked['days'])} here")
    parameters = choose(asked["parameters"], shipped)
    units = known(shipped)
    claims = texts.read(asked["claims"], attribution.groups_of(shipped.plan), options("scenario"), units)
    shares = draws.quantiles(parameters, asked["draws"], asked["seed"])
    keys = tuple(
        dict.fromkeys([*(key for key in KEYS if key in units), *(item.key for item in claims.both.values())])
    )
    ensemble = Ensemble(
        tuple(parameters), draws.values(parameters, shares), keys, common, asked["replications"],
        asked["out"] / PARTS / f"{part[0]}-of-{part[1]}" if part else asked["out"],
    )  # fmt: skip
    years = [int(year) for year in asked["years"]]
    if part:
        with Lock(ensemble.out):
            measure(Measured(ensemble), range(part[0] - 1, len(shares), part[1]), points(claims, years))
        say(
            f"{ensemble.out}: part {part[0]} of {part[1]}; when all are done, the same command without part=..."
        )
        return 0
    with Lock(asked["out"]):
        found = carry_out(ensemble, shares, claims, years, units, asked["seed"])
        settings = {
            "command": command_line(asked.line, "uncertainty"), "region": shipped.region.name,
            **{name: asked[name] for name in ("draws", "replications", "days", "seed")},
            "years": sorted(map(int, asked["years"])), "shown": FAN, "left": len(found["results"]["draw"].unique()),
            "code": fingerprint(shipped), "region_digest": tables_digest(tables_folder(shipped.region.folder)),
            "worlds": {year: not_known.world(compose([f"scenario={year}", *common])) for year in sorted(asked["years"])},
        }  # fmt: skip
        place = write(found, settings, asked["out"], asked["lang"], asked["publish"])
    report = read(place.parent / FILES)
    show(report, asked["lang"])
    say(f"{place}: the whole result")
    return 0


def part_of(text: str | None) -> tuple[int, int] | None:
    """Return the number of a part and of all parts; SimError for what is no K/N."""
    if text is None:
        return None
    number, slash, parts = text.partition("/")
    if not (
        slash and number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts) <= MOST_PARTS
    ):
        raise SimError(
            f"part is {text!r}; allowed: K/N, such as 3/16, with K in 1..N and N up to {MOST_PARTS}."
        )
    return int(number), int(parts)


def points(claims: Claims, years: Sequence[int]) -> list[Point]:
    """Return the worlds to be run: the year before the plan, those shown and those of the claims."""
    every = {Point(BEFORE), *map(Point, years), *claims.points()}
    return sorted(every, key=lambda p: (p.year, p.way, p.group))


def measure(
    measured: Measured, own: Sequence[int], worlds: Sequence[Point], least: int = 0
) -> tuple[tables.Ruled, dict[Point, draws.Floats]]:
    """Run the year before the plan for the draws, and all worlds for those that are left; SimError for too few."""
    before = Point(BEFORE)
    first = measured([before], own, "2023")
    ruled = tables.Ruled.of(first[:, 0])
    left = [own[place] for place in ruled.left]
    if len(left) < least:
        raise SimError(
            f"{len(left)} of {len(own)} draws are left by what is published; needed: {least} or more. "
            "Give more draws, or narrower ranges of parameters."
        )
    say(f"{len(left)} of {len(own)} draws are left by what is published")
    rest = [point for point in worlds if point != before]
    later = measured(rest, left, "years and measures") if rest and left else first[ruled.left][:, :0]
    return ruled, {
        before: first[ruled.left, 0],
        **{point: later[:, place] for place, point in enumerate(rest)},
    }


def carry_out(
    ensemble: Ensemble,
    shares: draws.Floats,
    claims: Claims,
    years: Sequence[int],
    units: Mapping[Key, str],
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Run the draws and return the tables by the names of their files."""
    ruled, worlds = measure(Measured(ensemble), range(len(shares)), points(claims, years), least=LEAST_LEFT)
    usable = np.all([np.isfinite(found).any(axis=(1, 2)) for found in worlds.values()], axis=0)  # none failed
    results = tables.Results(
        ensemble,
        ruled.left[usable],
        {point: found[usable] for point, found in worlds.items()},
        shares,
        dict(units),
    )
    return {
        "parameters": parameters_table(ensemble.parameters),
        "draws": ruled.table(ensemble),
        "anchors": ruled.anchors(results.left),
        "results": results.table(),
        "years": results.years(sorted(years)),
        "claims": results.claims(claims),
        "boxes": results.boxes(claims),
        **results.decisions(claims, seed),
    }


def write(
    found: Mapping[str, pd.DataFrame], settings: Mapping[str, Any], out: Path, lang: str, publish: Path | None
) -> Path:
    """Write tables, pictures and page into the study's folder, and into `publish` if there is one."""
    names = {
        SETTINGS,
        *(f"{name}.{kind}" for name in PICTURES for kind in ("png", "svg")),
        *(f"{n}.csv" for n in TABLES),
    }
    for place in filter(None, (out, publish)):
        with markdown.replacing(
            place, FILES, PAGES.values(), names, "uncertainty study", SETTINGS
        ) as scratch:
            for name, table in found.items():
                if place == out or name not in LONG:
                    table.to_csv(scratch / f"{name}.csv", index=False, lineterminator="\n")
            text = json.dumps(dict(settings), indent=2, ensure_ascii=False) + "\n"
            (scratch / SETTINGS).write_text(text, encoding="utf-8", newline="\n")
            report = read(scratch)
            draw(report, scratch, svg=place == out)
        write_text(place / PAGES[lang], render(report, lang))
    return (publish or out) / PAGES[lang]


def show(report: Report, lang: str) -> None:
    """Print a sentence a claim."""
    for row in report.tables["claims"].to_dict("records"):
        say(report.sentence(row, lang))
