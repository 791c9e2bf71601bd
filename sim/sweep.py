"""Sweeps over configurations: many runs from one command, by Hydra's sweeper and launchers."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import create_config_search_path
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config.compose import HYDRA_VERSION, compose, config_folder, explain, quoted, sweep_params
from sim.config.naming import run_name
from sim.config.schema import read
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


def check(arguments: Sequence[str]) -> None:
    """Refuse a sweep of which any run would be refused or would replace another, before the first begins."""
    folders: dict[tuple[str, str], list[str]] = {}
    for job in jobs(arguments):
        config = compose([item for item in job if not re.match(r"\+*hydra\.", item)])
        folder = (config.out, run_name(config))
        if folder in folders:
            first = folders[folder]
            apart = [
                " ".join(set(one) - set(other)) or "the same" for one, other in ((first, job), (job, first))
            ]
            raise SimError(
                f"two runs of the sweep ({apart[0]} and {apart[1]}) would be put into {Path(*folder)}: "
                "leave name=... and whatever changes no result out of a sweep."
            )
        folders[folder] = job


def refuse_single(arguments: Sequence[str]) -> None:
    """Refuse an experiment that sweeps where one run is asked for: which of its runs would be a guess."""
    if sweep_params(arguments):
        count = len(jobs(arguments))
        line = " ".join(arguments)
        raise SimError(f"this experiment is a study of {count} runs: start it with python -m sim -m {line}")


def launch(arguments: Sequence[str], folder: Path) -> int:
    """Run the sweep through Hydra's launcher and return the exit status."""
    del folder
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us as they are, not as Hydra's report
    before = sys.argv
    # The experiment's own sweep again, with its years quoted whatever its author wrote.
    sys.argv = ["sim", "--multirun", *sweep_params(arguments), *quoted(arguments)]
    try:
        hydra.main(version_base=HYDRA_VERSION, config_path=str(config_folder()), config_name="config")(_job)()
    except (HydraException, OmegaConfBaseException) as problem:
        raise SimError(explain(problem)) from None
    finally:
        sys.argv = before
    return 0


def _job(tree: DictConfig) -> str:
    """Run one configuration of a sweep; the name of its folder is what the launcher hands back."""
    from sim.cli import run_and_show

    raw: Any = OmegaConf.to_container(tree, resolve=True)
    run_and_show(read(raw))
    return str(tree.out)
