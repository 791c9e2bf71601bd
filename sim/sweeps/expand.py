"""Expand the arguments of a sweep into those of each run. All are checked before the first run begins."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import create_config_search_path
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from sim.config import out_of_range
from sim.config.compose import compose, config_folder, explain, quoted, sweep_params
from sim.config.hydra_state import own_hydra
from sim.config.naming import run_name
from sim.config.schema import Config
from sim.config.text import plain
from sim.errors import SimError, pasteable
from sim.reports.terminal import progress
from sim.runs.execute import facts

MOST_RUNS = 20_000  # of a sweep: each is composed and checked before the first begins


@own_hydra()
def jobs(arguments: Sequence[str]) -> list[list[str]]:
    """Return the arguments of every run of a sweep, in the order in which Hydra runs them.

    What the experiment file sweeps comes first, so that a key given on the command line replaces it.
    """
    try:
        # the loader knows what glob(...) means
        loader = ConfigLoaderImpl(create_config_search_path(str(config_folder())))
        given = [*sweep_params(arguments), *quoted(arguments)]
        overrides = OverridesParser.create(loader).parse_overrides(given)
        _refuse_many(overrides)
        return [list(job) for job in BasicSweeper.split_arguments(overrides, max_batch_size=None)[0]]
    except (HydraException, OmegaConfBaseException) as problem:
        raise SimError(explain(problem)) from None


def _refuse_many(overrides: Sequence[Override]) -> None:
    """Refuse a sweep of more runs than can be listed, before one is."""
    sizes = {override.key_or_group: _values(override.value()) for override in overrides}
    count = math.prod(sizes.values())
    if count > MOST_RUNS:
        largest = max(sizes, key=lambda key: sizes[key])
        raise SimError(
            f"{largest} sweeps {sizes[largest]:,} values, the sweep {count:,} runs; allowed: {MOST_RUNS:,} runs. "
            "Sweep fewer values, or make several sweeps."
        )


def _values(swept: Any) -> int:
    """Return how many values an override stands for."""
    if isinstance(swept, RangeSweep) and swept.start is not None and swept.stop is not None:
        return max(0, math.ceil((swept.stop - swept.start) / swept.step)) if swept.step else 1
    return len(swept.list) if isinstance(swept, ChoiceSweep) else 1


def is_hydras(argument: str) -> bool:
    """Whether an argument is for Hydra itself, such as hydra.launcher.verbose=1."""
    return re.match(r"[+~]*hydra[./]", argument) is not None


@dataclass(frozen=True)
class Checked:
    """A run of a sweep whose configuration was checked, and is kept packed: a sweep may have thousands."""

    arguments: tuple[str, ...]
    name: str  # of its folder
    year: int
    facts: dict[str, str]  # what run.json must say
    packed: bytes  # the configuration

    @classmethod
    def of(cls, arguments: Sequence[str], config: Config) -> Checked:
        """Return the run of a configuration."""
        packed = zlib.compress(json.dumps(plain(asdict(config)), ensure_ascii=False).encode())
        return cls(tuple(arguments), run_name(config), config.scenario.year, facts(config), packed)

    @property
    def plain(self) -> dict[str, Any]:
        """The configuration as nested plain values."""
        found: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return found


def checked(runs: Sequence[Sequence[str]]) -> tuple[list[Checked], Config]:
    """Return the runs and the configuration of the first, whose `out` and `launch` are those of all.

    SimError when a run is refused or would replace another.
    """
    folders: dict[str, Sequence[str]] = {}
    beyond: list[out_of_range.Found] = []
    runs_checked: list[Checked] = []
    common: Config | None = None
    with progress("checking the runs", len(runs)) as done:
        for number, job in enumerate(runs, 1):
            done(number)
            config = compose([item for item in job if not is_hydras(item)])
            common = common or config
            beyond += out_of_range.values(config)
            for key in ("out", "launch"):
                if getattr(config, key) != getattr(common, key):
                    raise SimError(
                        f"{key} differs between the runs of a sweep; allowed: one for all of them."
                    )
            runs_checked.append(Checked.of(job, config))
            name = runs_checked[-1].name
            if name in folders:
                first = folders[name]
                apart = [
                    " ".join(set(one) - set(other)) or "the same"
                    for one, other in ((first, job), (job, first))
                ]
                raise SimError(
                    f"two runs of the sweep ({apart[0]} and {apart[1]}) would be put into {Path(config.out, name)}: "
                    "leave name=... and whatever changes no result out of a sweep."
                )
            folders[name] = job
    if common is None:
        raise SimError("the sweep has no runs: give every key one value or more.")
    out_of_range.tell(beyond, strict=common.strict)
    return runs_checked, common


def single(arguments: Sequence[str]) -> Config:
    """Return the configuration of one run; SimError for flags, and for what only a sweep can be given."""
    refuse_flags(arguments)
    if sweep_params(arguments):  # which of its runs is meant would be a guess
        count = len(jobs(arguments))
        raise SimError(
            f"this experiment is a study of {count} runs: start it with {pasteable('-m', *arguments)}, "
            "in a program with sim.sweep(...)."
        )
    config = compose(arguments)
    if config.launch.how != "basic":
        raise SimError(
            f"launch={config.launch.how} is for sweeps, this is one run: leave it out, or add -m "
            "(from Python: sim.sweep)."
        )
    out_of_range.tell(out_of_range.values(config), strict=config.strict)
    return config


def refuse_flags(arguments: Sequence[str]) -> None:
    """Refuse what begins with a hyphen."""
    for argument in arguments:
        if argument.startswith("-"):
            raise SimError(
                f"unknown flag {argument}: options are of the form key=value; see python -m sim --help."
            )
