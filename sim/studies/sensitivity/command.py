"""Find out which assumptions move the results, and whether the rank order of the measures stays the same.

parameters: symbols of the parameter book (docs/parameter-book.md), each varied over its range there; a symbol or a
key of the configuration with your own range, as in v_mtn:20..35 or dispatch.relay.never.patrol:0..0.5; `assumptions`
for all that the book marks as such; `all` for all that have a range. A parameter that cannot be varied is an error.

1. One at a time: every parameter at its low and its high end, all others as shipped.
2. Morris's screening: trajectories × (parameters + 1) points. trajectories=0 leaves it out.
3. Sobol's first and total indices of the `top` parameters: samples × (top + 2) points; samples is a power of two or 0.
4. The measures: at `points` points of a Latin hypercube over all parameters, every group of measures is
   switched off alone, and its effect ranked. points=0 leaves it out.

Every point is a run of `scenario` and one of `baseline` on the same workloads, made as by python -m sim. launch=...
and options of Hydra's launchers choose where. out/measured.csv keeps their indicators, so a repeated command continues
where it stopped. The page sensitivity.md, its tables and figures are written into `out`.

    python -m sim sensitivity parameters=m_seats,v_mtn kpis=first_capable_mean launch=laptop
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd

from sim.config.compose import compose, options
from sim.config.schema import RESULT_FREE
from sim.errors import SimError, pasteable
from sim.files import write_text
from sim.locks import Lock
from sim.options import Asked, Option, Usage
from sim.reports.terminal import say
from sim.studies import markdown
from sim.studies.markdown import SETTINGS
from sim.studies.sensitivity import indices
from sim.studies.sensitivity.figures import draw
from sim.studies.sensitivity.page import render
from sim.studies.sensitivity.parameters import choose
from sim.studies.sensitivity.report import FILES, PAGE, TABLES, read
from sim.studies.sensitivity.stages import SensitivityStudy, StageResults, carry_out, settings

# Of all that the book marks as assumptions, those that move the results most one at a time, apart from how many calls
# there are: other totals draw other incidents, so that part of their effect is chance. The share of teams on the
# platform in 2025 and who never hears have no range of one number in the book; theirs are that of m_integrated (a year
# earlier or later) and of m_never.
PARAMETERS: tuple[str, ...] = (
    "plan.unified_dispatch.phase.2025:0..0.9", "b_int_t", "m_t2_duty", "m_v_turnup",
    "t_disp0", "t_disp1", "t_relay", "dispatch.relay.never.township:0..0.5",
    "v_prov", "v_cty", "k_rur", "k_mtn", "h_pc", "m_avail_t", "e_aware", "cov_smart",
)  # fmt: skip
KPIS = (
    "first_arrival_mean", "first_capable_mean", "first_capable_p90", "first_professional_mean", "first_water_mean",
    "deaths_a",
)  # fmt: skip
WHOLE = (
    Option("replications", "of every run", 2, int, 1, 100_000),
    Option("days", "of every run", 365, int, 1, 365),
    Option("seed", "of every run", 2024, int, 0, 2**32 - 1),
    Option("trajectories", "of Morris's screening: 0, or 2 and more", 5, int, 0, 1000),
    Option("top", "how many parameters Sobol's indices are worked out for", 4, int, 1, 50),
    Option("samples", "of Sobol's design: 0 or a power of two", 16, int, 0, 2**16),
    Option("points", "at which the measures are ranked", 10, int, 0, 10_000),
    Option("batch", "runs after which what was measured is kept", 40, int, 1, 100_000),
)
OWN = ("name", "figures", "keep")  # of a single run: each point has its own
_FREE = "|".join(key for key in RESULT_FREE if key not in (*OWN, "out"))
USAGE = Usage(
    (
        Option("parameters", "what is varied", list(PARAMETERS), list),
        Option("kpis", "the indicators", list(KPIS), list),
        Option("scenario", "year of the plan", "2025", allowed=lambda: options("scenario")),
        Option("baseline", "year that it is compared with", "2023", allowed=lambda: options("scenario")),
        *WHOLE,
        Option("out", "folder for the results", Path("results/sensitivity"), Path),
        Option("publish", "folder into which page, tables and pictures are copied, such as docs", None, Path),
    ),
    configuration=True,
    refused={name: f"{name} belongs to a single run; every point of a study has its own." for name in OWN},
    interrupted="what was measured is kept; the same command goes on from there.",
)
LAUNCHER = re.compile(rf"\+*(({_FREE})(\..*)?|hydra(\.|/).*)=")  # where and how fast, not what


def study_of(asked: Asked) -> SensitivityStudy:
    """Return the study that is asked for; SimError for what does not go together."""
    if asked["trajectories"] == 1:
        raise SimError("trajectories is 1; allowed: 0, or 2 and more.")
    samples = asked["samples"]
    if samples == 1 or samples & (samples - 1):
        raise SimError(f"samples is {samples}; allowed: 0 or a power of two, such as 16.")
    if asked["scenario"] == asked["baseline"]:
        raise SimError(
            f"scenario and baseline are both {asked['scenario']}; there is no change between them."
        )
    common = [item for item in asked.others if not LAUNCHER.match(item)]
    launcher = [item for item in asked.others if LAUNCHER.match(item)]
    _refuse_moved_twice(asked["parameters"], asked["scenario"], common)
    parameters = choose(asked["parameters"], compose([f"scenario={asked['scenario']}", *common]))
    return SensitivityStudy(
        parameters=tuple(parameters), kpis=tuple(asked["kpis"]), scenario=asked["scenario"],
        baseline=asked["baseline"], common=tuple(common), launcher=tuple(launcher), out=asked["out"],
        **{option.name: asked[option.name] for option in WHOLE},
    )  # fmt: skip


def command(arguments: Sequence[str], name: str = "sensitivity") -> str:
    """Return the command line that gives the same study again, without where it runs and what it is called."""
    kept = [a for a in arguments if not LAUNCHER.match(a) and a.partition("=")[0] not in ("out", "batch")]
    return pasteable(name, *kept)


def write(study: SensitivityStudy, result: StageResults, line: str, publish: Path | None) -> Path:
    """Write tables, pictures and page into the study's folder, and into `publish` if there is one."""
    folder = study.out / FILES
    with _replacing(study.out) as scratch:
        for name in TABLES:
            if name in result.tables:
                result.tables[name].to_csv(scratch / f"{name}.csv", index=False, lineterminator="\n")
        (scratch / SETTINGS).write_text(settings(study, result, line), encoding="utf-8", newline="\n")
        report = read(scratch)
        draw(report, scratch)
    write_text(study.out / PAGE, render(report))
    if publish is None:
        return study.out / PAGE
    with _replacing(publish) as scratch:
        for file in sorted(folder.iterdir()):
            if file.suffix != ".svg":
                shutil.copyfile(file, scratch / file.name)
    write_text(publish / PAGE, render(report))
    return publish / PAGE


def _replacing(place: Path) -> AbstractContextManager[Path]:
    pictures = [
        f"{name}.{kind}" for name in ("tornado", "morris", "sobol", "measures") for kind in ("png", "svg")
    ]
    names = {SETTINGS, *pictures, *(f"{name}.csv" for name in TABLES)}
    return markdown.replacing(place, FILES, [PAGE], names, "sensitivity study", SETTINGS)


def summary(study: SensitivityStudy) -> str:
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


def run(asked: Asked) -> int:
    """Carry out the study, write its page, and print what matters most."""
    indices.need()
    study = study_of(asked)
    say(summary(study))
    with Lock(study.out):
        results = carry_out(study)
        file = write(study, results, command(asked.line), asked["publish"])
    _show(results.tables, study)
    say(f"{file}: the whole result")
    return 0


def _show(tables: Mapping[str, pd.DataFrame], study: SensitivityStudy) -> None:
    """Print what matters most and whether the order of the measures holds."""
    weights = tables["importance"].head(study.top)
    text = ", ".join(
        f"{name} {share:.0%}" for name, share in zip(weights["parameter"], weights["importance"], strict=True)
    )
    say(f"most important over all results: {text}")
    if "orders" in tables:
        for row in tables["orders"].to_dict("records"):
            say(
                f"{row['kpi']}: the order of {row['groups']} groups holds at {row['same_order']:.0%} of {row['points']} "
                f"points, the first place at {row['same_first']:.0%}; mean tau {row['tau_mean']:.2f}"
            )
