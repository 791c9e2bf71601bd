"""Schema of the group `launch`: how a sweep uses cores and machines. It changes no result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.config.fields import number, value
from sim.errors import SimError


@dataclass(frozen=True)
class SlurmConfig:
    """What each job asks of Slurm."""

    partition: str | None = value("partition of the jobs; nothing means the cluster's default")
    account: str | None = value("account that the jobs are charged to; nothing means the user's default")
    minutes: int = number(
        "time limit of a job; what it has not finished by then is not done", "min", 1, 43_200
    )
    memory: int = number("memory of a job", "MiB", 256, 16_777_216)


@dataclass(frozen=True)
class LaunchConfig:
    """The way a sweep is run: in this process, over the cores of this machine, by Slurm, or by hand."""

    how: Literal["basic", "laptop", "slurm", "array"] = value("the way, as its file is called")
    jobs: int = number("jobs at once; 0 means as many as this machine has cores for", "jobs", 0, 100_000)
    cores: int = number(
        "cores of a job, shared by its replications when workers=0; 0 means all", "cores", 0, 4096
    )
    runs: int = number(
        "runs of a job, one after another; 0 means all, with launch=laptop as many as keep its processes busy",
        "runs",
        0,
        100_000,
    )
    slurm: SlurmConfig | None = value("what each job asks of Slurm; nothing without it")

    def check(self, path: str) -> None:
        """Refuse jobs at once where there is one process, and a Slurm job without a number of cores."""
        if self.how == "basic" and self.jobs != 1:
            raise SimError(f"{path}.jobs is {self.jobs}; allowed with launch=basic: 1; see launch=laptop.")
        if self.how == "slurm":
            for name in ("jobs", "cores"):
                if (found := getattr(self, name)) < 1:
                    raise SimError(f"{path}.{name} is {found}; allowed with launch=slurm: 1 or more.")
