"""From the arguments of a sweep to those of each of its runs, all of them checked before the first begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import create_config_search_path
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from sim.config.compose import compose, config_folder, explain, quoted, sweep_params
from sim.config.naming import run_name
from sim.config.schema import Config
from sim.errors import SimError


def jobs(arguments: Sequence[str]) -> list[list[str]]:
    """Return the arguments of every run of a sweep, in the order in which Hydra runs them.

    What the experiment file sweeps comes first, so that a key given on the command line replaces it.
    """
    try:
        loader = ConfigLoaderImpl(
            create_config_search_path(str(config_folder()))
        )  # knows what glob(...) means
        given = [*sweep_params(arguments), *quoted(arguments)]
        overrides = OverridesParser.create(loader).parse_overrides(given)
        return [list(job) for job in BasicSweeper.split_arguments(overrides, max_batch_size=None)[0]]
    except (HydraException, OmegaConfBaseException) as problem:
        raise SimError(explain(problem)) from None


def is_hydras(argument: str) -> bool:
    """Whether an argument is for Hydra itself, such as hydra.launcher.verbose=1."""
    return re.match(r"[+~]*hydra[./]", argument) is not None


def checked(runs: Sequence[Sequence[str]]) -> list[Config]:
    """Return the configuration of each run; SimError when one is refused or would replace another."""
    folders: dict[str, Sequence[str]] = {}
    configs: list[Config] = []
    for job in runs:
        config = compose([item for item in job if not is_hydras(item)])
        for key in ("out", "launch"):
            if configs and getattr(config, key) != getattr(configs[0], key):
                raise SimError(f"{key} differs between the runs of a sweep; allowed: one for all of them.")
        name = run_name(config)
        if name in folders:
            first = folders[name]
            apart = [
                " ".join(set(one) - set(other)) or "the same" for one, other in ((first, job), (job, first))
            ]
            raise SimError(
                f"two runs of the sweep ({apart[0]} and {apart[1]}) would be put into {Path(config.out, name)}: "
                "leave name=... and whatever changes no result out of a sweep."
            )
        folders[name] = job
        configs.append(config)
    return configs


def check(arguments: Sequence[str]) -> None:
    """Refuse a sweep of which any run would be refused or would replace another, before the first begins."""
    checked(jobs(arguments))


def refuse_single(arguments: Sequence[str]) -> None:
    """Refuse an experiment that sweeps where one run is asked for: which of its runs would be a guess."""
    if sweep_params(arguments):
        count = len(jobs(arguments))
        line = " ".join(arguments)
        raise SimError(f"this experiment is a study of {count} runs: start it with python -m sim -m {line}")
