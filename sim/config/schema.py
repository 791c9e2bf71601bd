"""The root of the schema, and the conversion of Hydra's composed tree into frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from sim.config.fields import build, number, value
from sim.config.groups.coverage import CoverageConfig
from sim.config.groups.demand import DemandConfig
from sim.config.groups.dispatch import DispatchConfig
from sim.config.groups.fireground import FiregroundConfig
from sim.config.groups.forces import ForcesConfig
from sim.config.groups.launch import LaunchConfig
from sim.config.groups.outcome import OutcomeConfig
from sim.config.groups.plan import PlanConfig, Targets, check_keys
from sim.config.groups.region import RegionConfig
from sim.config.groups.travel import TravelConfig
from sim.errors import SimError

LONGEST = 120  # bytes of the name of a run's folder


@dataclass(frozen=True)
class Scenario:
    """A year of the plan: its state at the END of the year."""

    year: int = number("scenario year", "year", 2023, 2050)
    title: str = value("what is special about the year")
    targets: Targets = value("what the plan promises by the end of the year")


@dataclass(frozen=True)
class Config:
    """Everything a run depends on."""

    scenario: Scenario = value("scenario year")
    delivery: Literal["promised", "lagged", "partial"] = value(
        "how the plan is delivered: at its dates (works started count as stations), late, or in part"
    )
    replications: Literal["auto"] | int = number(
        "replications of the period; auto runs until `precision` is reached", "replications", 1, 100_000
    )
    precision: float = number(
        "auto: half-width of the 95 % interval wanted, as a share of the mean", "-", 1e-6, 1
    )
    precision_kpis: tuple[str, ...] = value("auto: indicators over all incidents that must be this precise")
    not_known: str | None = value(
        "auto: folder of an uncertainty study; enough too once chance is a hundredth of the variance not known there"
    )
    least_replications: int = number(
        "auto: replications before the first decision", "replications", 2, 100_000
    )
    most_replications: int = number("auto: bound on the replications", "replications", 2, 100_000)
    days: int = number("days simulated from 1 January", "days", 1, 365)
    seed: int = number("root of all random streams", "-", 0, 2**63 - 1)
    workers: int = number("processes; 0 means all cores", "processes", 0, 4096, result_free=True)
    out: str = value("folder in which results are put", result_free=True)
    name: str | None = value(
        "name of the run's folder; nothing means a readable one from the options", result_free=True
    )
    overwrite: bool = value(
        "whether a run with a `name` takes the place of a finished run of another configuration",
        result_free=True,
    )
    strict: bool = value(
        "whether values outside the parameter book's range are an error, no longer a note", result_free=True
    )
    figures: Literal["none", "main", "all"] = value("pictures drawn after the run", result_free=True)
    keep: Literal["tables", "kpis"] = value(
        "what a run keeps of its incidents: their tables, or the indicators alone", result_free=True
    )
    max_memory: int = number(
        "memory that all processes of a run may take together; 0 means no limit", "MiB", 0, 16_777_216,
        result_free=True,
    )  # fmt: skip
    region: RegionConfig = value("study area")
    plan: PlanConfig = value("the policy's measures")
    demand: DemandConfig = value("incidents")
    forces: ForcesConfig = value("who there is")
    dispatch: DispatchConfig = value("who is sent")
    travel: TravelConfig = value("travel times")
    fireground: FiregroundConfig = value("before the call and at the scene")
    outcome: OutcomeConfig = value("loss and life")
    coverage: CoverageConfig = value("when a place counts as covered")
    launch: LaunchConfig = value("how a sweep is run", result_free=True)

    def check(self, path: str) -> None:
        """Refuse names that are no folder of its own in `out`, an awareness that the plan lowers, keys that are not."""
        del path  # the root has none
        check_keys(self, self.plan, self.scenario.targets)
        if not self.out:
            raise SimError("out is empty; allowed: the folder in which results are put.")
        if self.name is not None and not _is_plain(self.name):
            raise SimError(
                f"name is {self.name[:LONGEST]!r}; allowed: the name of a folder in out, 1..{LONGEST} bytes without "
                "a slash, a backslash or a leading dot."
            )
        if self.keep == "kpis" and self.figures != "none":
            raise SimError(
                f"keep is kpis and figures is {self.figures}, which needs the tables; allowed: figures=none."
            )
        awareness = self.plan.awareness
        if awareness.level < awareness.before:
            raise SimError(
                f"plan.awareness.level is {awareness.level:g}; allowed: plan.awareness.before, {awareness.before:g}, "
                "or more: a workload can lose ignitions to awareness, not gain any."
            )
        if self.most_replications < self.least_replications:
            raise SimError(
                f"most_replications is {self.most_replications}; allowed: least_replications, "
                f"{self.least_replications}, or more."
            )
        if not self.precision_kpis:
            raise SimError("precision_kpis is empty; allowed: one indicator or more that must be precise.")

    @property
    def replications_at_most(self) -> int:
        """Replications that this run may need: as many as configured, or the bound of `auto`."""
        return self.most_replications if self.replications == "auto" else self.replications


RESULT_FREE = tuple(field.name for field in fields(Config) if field.metadata["result_free"])


def is_parameter(key: str) -> bool:
    """Tell whether a dotted key is a parameter of a run: one that changes results, the year apart."""
    return key.split(".")[0] not in (*RESULT_FREE, "scenario")


def _is_plain(name: str) -> bool:
    """Tell whether a text is the name of a folder that can stand in another one, on every system."""
    refused = set("/\\") & set(name) or name.startswith(".") or not name.isprintable() or name != name.strip()
    return 1 <= len(name.encode(errors="replace")) <= LONGEST and not refused


def read(raw: dict[str, Any]) -> Config:
    """Return the checked configuration from nested plain values (see `build` for what it refuses)."""
    return build(Config, raw)
