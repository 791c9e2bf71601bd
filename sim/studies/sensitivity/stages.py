"""The stages of a sensitivity study: which points are run, and their results, kept so that no point is run twice.

Every point is a run of the same workloads (same seed, same replications). When a batch is done, the indicators of its
points go into measured.csv in the study's folder, and their run folders are removed. So a repeated command continues
where it stopped, and a study of a thousand points leaves one small table. A changed model, configuration or option
makes a new point, which is run again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from sim.config.city_file import tables_folder
from sim.config.compose import compose, config_folder
from sim.config.schema import Config
from sim.errors import SimError
from sim.files import write_text
from sim.reports.terminal import progress, say
from sim.storage import provenance, run_folder
from sim.storage.seal import sealed_lines, unsealed_lines
from sim.studies.attribution import groups as attribution
from sim.studies.sensitivity import indices, rank_order
from sim.studies.sensitivity.parameters import Parameter
from sim.studies.sensitivity.report import Measured, Output, measured, outputs
from sim.sweeps import record
from sim.sweeps import run as sweeps
from sim.world.plan import levels

MEASURED, RUNS = "measured.csv", "runs"


@dataclass(frozen=True)
class SensitivityStudy:
    """What is asked for. `common` are options of every run; `launcher` those that change no result."""

    parameters: tuple[Parameter, ...]
    kpis: tuple[str, ...]
    scenario: str
    baseline: str
    replications: int
    days: int
    seed: int
    trajectories: int
    top: int
    samples: int
    points: int
    batch: int
    common: tuple[str, ...]
    launcher: tuple[str, ...]
    out: Path

    @property
    def config(self) -> Config:
        """The configuration of the scenario as shipped."""
        return compose(self.arguments(self.scenario))

    def arguments(self, year: str, values: Sequence[tuple[Parameter, float]] = ()) -> list[str]:
        """Return the options of a run of a year in which parameters have these values."""
        moved = [argument for parameter, value in values for argument in parameter.arguments(value)]
        size = [f"replications={self.replications}", f"days={self.days}", f"seed={self.seed}"]
        return [f"scenario={year}", *size, *self.common, *moved]


@dataclass(frozen=True)
class StageResults:
    """The tables of a study, by the name of their file; and what was chosen on the way."""

    tables: dict[str, pd.DataFrame]
    outputs: tuple[Output, ...]
    matter: tuple[str, ...]


class Measuring:
    """Runs points and remembers their indicators in the study's folder."""

    def __init__(self, study: SensitivityStudy) -> None:
        self.study = study
        self.code = fingerprint(study.config)
        self.known: dict[str, dict[str, float]] = {}
        self.units: dict[str, str] = {}
        self.ran = 0
        self.file = study.out / MEASURED
        if self.file.exists():
            self._read()
        # Of a study that ended between keeping a point and removing its run.
        record.forget(study.out / RUNS, self.known)

    def __call__(self, wanted: Sequence[Sequence[str]], title: str) -> list[Measured]:
        """Return the indicators of each run, in order; those not yet known are run, a batch at a time."""
        names = [self.name(arguments) for arguments in wanted]
        missing = {n: a for n, a in zip(names, wanted, strict=True) if n not in self.known}
        if missing:
            say(f"{title}: {len(missing)} runs to do")
        before = self.ran
        with progress(title, len(missing)) as done:
            for start in range(0, len(missing), self.study.batch):
                self._run(list(missing.items())[start : start + self.study.batch])
                done(self.ran - before)
                say(f"{title}: {self.ran - before} of {len(missing)}")
        return [self.known[name] for name in names]

    def _run(self, batch: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Run some points, keep their indicators and remove their folders."""
        given = [f"out={self.study.out / RUNS}", "figures=none", "keep=kpis", *self.study.launcher]
        with redirect_stdout(StringIO()):  # a line a run, and where it is: it does not stay there
            folders = sweeps.points([[*arguments, f"name={name}"] for name, arguments in batch], given)
        for (name, _), folder in zip(batch, folders, strict=True):
            self.known[name], self.units = measured(run_folder.load(folder).values)
        self._write()
        record.forget(self.study.out / RUNS, [name for name, _ in batch])
        self.ran += len(batch)

    def name(self, arguments: Sequence[str]) -> str:
        """Return the name of a run: a digest of its options and of the code and configurations behind it."""
        return f"p{provenance.digest([self.code, *arguments])}"

    def _read(self) -> None:
        try:
            text = StringIO(unsealed_lines(self.file, "remove it to begin anew"))
            table = pd.read_csv(text, keep_default_na=False, na_values={"value": [""]})
            self.units = {str(k): str(u) for k, u in zip(table["kpi"], table["unit"], strict=True)}
            for name, part in table.groupby("point"):
                self.known[str(name)] = dict(zip(part["kpi"], part["value"].astype(float), strict=True))
        except (OSError, ValueError, KeyError) as problem:
            raise SimError(f"{self.file} cannot be read ({problem}); remove it to begin anew.") from None

    def _write(self) -> None:
        rows = [(n, kpi, self.units[kpi], v) for n, values in self.known.items() for kpi, v in values.items()]
        table = pd.DataFrame(rows, columns=["point", "kpi", "unit", "value"])
        write_text(self.file, sealed_lines(table.to_csv(index=False, lineterminator="\n")))


def carry_out(study: SensitivityStudy) -> StageResults:
    """Run the study stage by stage and return its tables."""
    refuse_ends(study)
    measure = Measuring(study)
    names = [parameter.symbol for parameter in study.parameters]
    tables: dict[str, pd.DataFrame] = {"parameters": parameters_table(study.parameters)}

    # as shipped, then every parameter at its two ends
    ends: list[list[tuple[Parameter, float]]] = [[]]
    ends += [[(parameter, end)] for parameter in study.parameters for end in (parameter.low, parameter.high)]
    measure([study.arguments(study.scenario), study.arguments(study.baseline)], "as shipped")
    wanted = outputs(study.kpis, measure.units)
    values = values_at(study, measure, ends, wanted, "one at a time")
    tables["tornado"] = indices.tornado(names, values)
    shipped = {name: series[0] for name, series in values.items()}
    weights = indices.importance(tables["tornado"])

    if study.trajectories:
        grid = indices.trajectories(names, study.trajectories, study.seed)
        values = values_at(study, measure, placed(study.parameters, grid), wanted, "Morris")
        tables["morris"] = indices.morris(names, grid, values, study.seed)
        tables["spread"] = indices.spread(shipped, values)
        weights = indices.importance(tables["morris"])

    matter = tuple(str(name) for name in weights.index[: study.top] if weights[name] > 0)
    chosen = [next(p for p in study.parameters if p.symbol == name) for name in matter]
    if study.samples and chosen:
        cube = indices.saltelli(matter, study.samples, study.seed)
        values = values_at(study, measure, placed(chosen, cube), wanted, "Sobol")
        tables["sobol"] = indices.sobol(matter, values, study.seed)
    if study.points and in_force(study):  # over all parameters: it takes no more points than over a few
        at = [[], *placed(study.parameters, indices.hypercube(names, study.points, study.seed))]
        tables["effects"] = effects(study, measure, at)
        tables["groups"] = rank_order.groups(tables["effects"])
        tables["orders"] = rank_order.orders(tables["effects"])
        rows = [[number, *(value for _, value in point)] for number, point in enumerate(at) if point]
        tables["points"] = pd.DataFrame(rows, columns=["point", *names])
    tables["importance"] = weights.rename("importance").rename_axis("parameter").reset_index()
    say(f"{measure.ran} runs done, {len(measure.known) - measure.ran} known before")
    return StageResults(tables, tuple(wanted), matter)


def placed(parameters: Sequence[Parameter], grid: indices.Floats) -> list[list[tuple[Parameter, float]]]:
    """Return the values of the parameters at the points of a design, (points, parameters) in shares of their laws."""
    return [[(p, p.at(float(u))) for p, u in zip(parameters, row, strict=True)] for row in grid]


def values_at(
    study: SensitivityStudy,
    measure: Measuring,
    at: Sequence[Sequence[tuple[Parameter, float]]],
    wanted: Sequence[Output],
    title: str,
) -> dict[str, indices.Floats]:
    """Run both years at every point and return the outputs by name, (points,)."""
    runs = [study.arguments(year, values) for values in at for year in (study.scenario, study.baseline)]
    measured_runs = measure(runs, title)
    scenario, baseline = measured_runs[::2], measured_runs[1::2]
    return {o.name: np.array([o.of(a, b) for a, b in zip(scenario, baseline, strict=True)]) for o in wanted}


def effects(
    study: SensitivityStudy, measure: Measuring, at: Sequence[Sequence[tuple[Parameter, float]]]
) -> pd.DataFrame:
    """Return what each group of measures does at every point: all measures against all but the group."""
    groups = in_force(study)
    off = [[], *([f"plan.{key}.enabled=false" for key in keys] for keys in groups.values())]
    full = [study.arguments(study.scenario, values) for values in at]
    found = iter(
        measure([[*one, *without] for one in full for without in off], "measures, each group switched off")
    )
    rows = []
    for number in range(len(at)):
        whole, *without = (next(found) for _ in off)
        rows += [
            (number, kpi, group, rank_order.benefit(kpi, whole[kpi], left[kpi]))
            for kpi in study.kpis
            for group, left in zip(groups, without, strict=True)
        ]
    return pd.DataFrame(rows, columns=list(rank_order.EFFECTS))


def in_force(study: SensitivityStudy) -> dict[str, tuple[str, ...]]:
    """Return the groups of measures that do something in the scenario, with their measures."""
    config = study.config
    year, whole = config.scenario.year, config.plan
    shipped = levels(whole, year, config.delivery)
    return {
        group: keys
        for group, keys in attribution.groups_of(whole).items()
        if levels(attribution.without(whole, keys), year, config.delivery) != shipped
    }


def refuse_ends(study: SensitivityStudy) -> None:
    """Refuse, before anything runs, a parameter of which an end is no configuration."""
    for parameter in study.parameters:
        for end in (parameter.low, parameter.high):
            try:
                compose(study.arguments(study.scenario, [(parameter, end)]))
            except SimError as problem:
                raise SimError(
                    f"parameter {parameter.symbol} cannot be {end:g}: {str(problem).rstrip('.')}."
                ) from None


def parameters_table(parameters: Sequence[Parameter]) -> pd.DataFrame:
    """Return the parameters with ranges, keys and sources, one row each."""
    rows = [
        (p.symbol, p.name, p.unit, p.nominal, p.low, p.high, p.law, p.workload, " ".join(t.key for t in p.targets),
         p.confidence, p.source)
        for p in parameters
    ]  # fmt: skip
    columns = (
        "parameter",
        "name",
        "unit",
        "nominal",
        "low",
        "high",
        "law",
        "workload",
        "keys",
        "confidence",
        "source",
    )
    return pd.DataFrame(rows, columns=list(columns))


def fingerprint(config: Config) -> str:
    """Return a digest of what a run depends on in addition to its options: code, configuration files, region."""
    files = sorted(config_folder().rglob("*.yaml"))
    texts = {str(file.relative_to(config_folder())): file.read_text(encoding="utf-8") for file in files}
    return provenance.digest(
        [provenance.code_digest(), texts, provenance.tables_digest(tables_folder(config.region.folder))]
    )


def settings(study: SensitivityStudy, results: StageResults, line: str) -> str:
    """Return study.json: the command, what was asked for, what was chosen, and the code behind the results."""
    names = (
        "kpis", "scenario", "baseline", "replications", "days", "seed", "trajectories", "top", "samples", "points",
        "common",
    )  # fmt: skip
    whole = {
        "command": line,
        **{name: getattr(study, name) for name in names},
        "region": study.config.region.name,
        "matter": results.matter,
        "outputs": [{"kpi": o.kpi, "unit": o.unit, "change": o.change} for o in results.outputs],
        "code": fingerprint(study.config),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
