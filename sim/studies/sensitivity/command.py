"""Which assumptions move the results, and whether the order of the measures survives them.

    python -m sim.studies.sensitivity.command [parameters=m_seats,v_mtn,...] [kpis=first_capable_mean,...]
        [scenario=2025] [baseline=2023] [replications=2] [days=365] [seed=2024]
        [trajectories=5] [top=4] [samples=16] [points=10]
        [launch=basic] [batch=40] [out=results/sensitivity] [publish=docs] [key=value ...]

parameters: symbols of the parameter book (docs/parameter-book.md), each varied over its range there; a symbol or a
key of the configuration with a range of one's own, as in v_mtn:20..35 or dispatch.relay.never.patrol:0..0.5;
`assumptions` for all that the book marks so, `all` for all that have a range. What cannot be varied is refused.

1. One at a time: every parameter at its low and its high end, all others as shipped.
2. Morris's screening: trajectories × (parameters + 1) points. trajectories=0 leaves it out.
3. Sobol's first and total indices of the `top` parameters: samples × (top + 2) points; samples is a power of two or 0.
4. The measures: at `points` points of a Latin hypercube over all parameters, every group of measures is
   switched off alone, and its effect ranked. points=0 leaves it out.

Every point is a run of `scenario` and one of `baseline` on the same workloads, made as by python -m sim; launch=...
and options of Hydra's launchers choose where. Their indicators are kept in out/measured.csv: started again, the study
goes on where it stopped. The page sensitivity.md, its tables and pictures are written into `out`, and with publish=FOLDER
copied there.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from sim.config.compose import compose, options
from sim.config.schema import RESULT_FREE
from sim.errors import SimError
from sim.files import write_table, write_text
from sim.storage.run_folder import Lock
from sim.studies.sensitivity import design
from sim.studies.sensitivity.figures import draw
from sim.studies.sensitivity.page import render
from sim.studies.sensitivity.parameters import choose
from sim.studies.sensitivity.report import FILES, PAGE, SETTINGS, TABLES, read
from sim.studies.sensitivity.stages import Found, Study, carry_out, settings

# Of all that the book marks as assumptions, those that move the results most one at a time, apart from how many calls
# there are: other totals draw other incidents, so that what they do is part luck. The share of teams on the platform in
# 2025 and who never hears have no range of one number in the book; theirs are that of m_integrated (a year earlier or
# later) and of m_never.
PARAMETERS: tuple[str, ...] = (
    "plan.unified_dispatch.phase.2025:0..0.9", "t_disp0", "t_disp1", "t_relay", "dispatch.relay.never.township:0..0.5",
    "v_prov", "v_cty", "k_rur", "k_mtn", "m_local", "h_pc", "t_to_t", "m_avail_t", "e_aware", "cov_smart",
)  # fmt: skip
KPIS = (
    "first_arrival_mean", "first_capable_mean", "first_capable_p90", "first_professional_mean", "first_water_mean",
    "deaths_a",
)  # fmt: skip
DEFAULTS = {
    "parameters": ",".join(PARAMETERS), "kpis": ",".join(KPIS), "scenario": "2025", "baseline": "2023",
    "replications": "2", "days": "365", "seed": "2024", "trajectories": "5", "top": "4", "samples": "16",
    "points": "10", "batch": "40", "out": "results/sensitivity", "publish": "",
}  # fmt: skip
WHOLE = {  # what a whole number may be
    "replications": (1, 100_000), "days": (1, 365), "seed": (0, 2**32 - 1), "trajectories": (0, 1000), "top": (1, 50),
    "samples": (0, 2**16), "points": (0, 10_000), "batch": (1, 100_000),
}  # fmt: skip
OWN = ("name", "figures")  # of a single run: each point has its own
_FREE = "|".join(key for key in RESULT_FREE if key not in (*OWN, "out"))
LAUNCHER = re.compile(rf"\+*(({_FREE})(\..*)?|hydra(\.|/).*)=")  # where and how fast, not what


def asked_for(arguments: Sequence[str]) -> tuple[Study, str]:
    """Return the study that the arguments ask for, and the folder in which it is published, empty for none."""
    asked = dict(DEFAULTS)
    common, launcher = [], []
    for argument in arguments:
        key, equals, given = argument.partition("=")
        if not equals or key.startswith("-"):
            raise SimError(f"unknown option {argument}: options are of the form key=value; see --help.")
        if key in asked:
            if not given and key != "publish":
                raise SimError(f"{key} is empty; see --help.")
            asked[key] = given
        elif key in OWN:
            raise SimError(f"{key} belongs to a single run; every point of a study has its own.")
        elif LAUNCHER.match(argument):
            launcher.append(argument)
        else:
            common.append(argument)
    number = {key: _whole(key, asked[key]) for key in WHOLE}
    if number["trajectories"] == 1:
        raise SimError("trajectories is 1; allowed: 0, or 2 and more.")
    if number["samples"] == 1 or number["samples"] & (number["samples"] - 1):
        raise SimError(f"samples is {number['samples']}; allowed: 0 or a power of two, such as 16.")
    for key in ("scenario", "baseline"):
        if asked[key] not in options("scenario"):
            raise SimError(f"{key} is {asked[key]!r}; allowed: {', '.join(options('scenario'))}.")
    if asked["scenario"] == asked["baseline"]:
        raise SimError(
            f"scenario and baseline are both {asked['scenario']}; there is no change between them."
        )
    items = _listed(asked["parameters"])
    _refuse_moved_twice(items, asked["scenario"], common)
    parameters = choose(items, compose([f"scenario={asked['scenario']}", *common]))
    study = Study(
        parameters=tuple(parameters), kpis=tuple(_listed(asked["kpis"])), scenario=asked["scenario"],
        baseline=asked["baseline"], common=tuple(common), launcher=tuple(launcher), out=Path(asked["out"]), **number,
    )  # fmt: skip
    return study, asked["publish"]


def command(arguments: Sequence[str]) -> str:
    """Return the command line that gives the same study again, without where it runs and what it is called."""
    kept = [a for a in arguments if not LAUNCHER.match(a) and a.partition("=")[0] not in ("out", "batch")]
    return shlex.join(["python", "-m", "sim.studies.sensitivity.command", *kept])


def leave(study: Study, found: Found, line: str, publish: str) -> Path:
    """Write tables, pictures and page into the study's folder, and into `publish` if there is one."""
    folder = study.out / FILES
    for name in TABLES:
        file = folder / f"{name}.csv"
        if name in found.tables:
            write_table(found.tables[name], file)
        else:
            file.unlink(missing_ok=True)
    write_text(folder / SETTINGS, settings(study, found, line))
    report = read(folder)
    draw(report, folder)
    write_text(study.out / PAGE, render(report))
    if not publish:
        return study.out / PAGE
    target = Path(publish)
    try:
        (target / FILES).mkdir(parents=True, exist_ok=True)
        for file in sorted(folder.iterdir()):
            if file.suffix != ".svg":
                shutil.copyfile(file, target / FILES / file.name)
        shutil.copyfile(study.out / PAGE, target / PAGE)
    except OSError as problem:
        raise SimError(f"{target} cannot be written: {problem.strerror or problem}.") from None
    return target / PAGE


def told(study: Study) -> str:
    """Return what will be run, in a sentence."""
    count = len(study.parameters)
    pairs = 1 + 2 * count
    pairs += study.trajectories * (count + 1) + study.samples * (
        min(study.top, count) + 2 if study.samples else 0
    )
    moved = [p.symbol for p in study.parameters if p.workload]
    text = (
        f"{count} parameters; {pairs} points, each a run of {study.scenario} and one of {study.baseline} of "
        f"{study.replications} × {study.days} days on the same workloads; then the measures at {study.points} points."
    )
    if moved:
        text += f" The incidents depend on {', '.join(moved)}: they differ from point to point."
    return text


def _refuse_moved_twice(items: Sequence[str], year: str, common: Sequence[str]) -> None:
    """Refuse an option that sets what a parameter moves."""
    try:
        parameters = choose(items, compose([f"scenario={year}"]))
    except SimError:
        return  # said again, and right, with the options
    moved = {target.key: parameter.symbol for parameter in parameters for target in parameter.targets}
    for argument in common:
        key = argument.partition("=")[0].lstrip("+~")
        if key in moved:
            raise SimError(f"{key} is given and moved by the parameter {moved[key]}; leave out one of them.")


def _whole(key: str, text: str) -> int:
    low, high = WHOLE[key]
    if not re.fullmatch(r"\d{1,18}", text) or not low <= int(text) <= high:
        raise SimError(f"{key} is {text!r}; allowed: a whole number in {low}..{high}.")
    return int(text)


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 2 for a mistake of the user, 130 for Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if {"-h", "--help"} & set(given):
        print(__doc__)
        return 0
    try:
        design.need()
        study, publish = asked_for(given)
        print(told(study), flush=True)
        with Lock(study.out):
            found = carry_out(study)
            file = leave(study, found, command(given), publish)
    except SimError as mistake:
        sys.stderr.write(f"error: {mistake}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: what was measured is kept; the same command goes on from there.\n")
        return 130
    _show(found.tables, study)
    print(f"{file}: the whole result")
    return 0


def _show(tables: Mapping[str, pd.DataFrame], study: Study) -> None:
    """Print what matters most and whether the order of the measures holds."""
    weights = tables["importance"].head(study.top)
    text = ", ".join(
        f"{name} {share:.0%}" for name, share in zip(weights["parameter"], weights["importance"], strict=True)
    )
    print(f"most important over all results: {text}")
    if "orders" in tables:
        for row in tables["orders"].to_dict("records"):
            print(
                f"{row['kpi']}: the order of {row['groups']} groups holds at {row['same_order']:.0%} of {row['points']} "
                f"points, the first place at {row['same_first']:.0%}; mean tau {row['tau_mean']:.2f}"
            )


if __name__ == "__main__":
    sys.exit(main())
