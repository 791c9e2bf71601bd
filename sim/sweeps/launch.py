"""Hand the runs of a sweep to a Hydra launcher: this process, the cores of this machine, or Slurm."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from sim.config.compose import config_folder, explain
from sim.config.hydra_state import own_hydra
from sim.config.schema import Config
from sim.errors import SimError, beyond_a_limit, was_interrupted
from sim.runs.processes import cores as all_cores
from sim.runs.processes import semaphores
from sim.sweeps import job, slurm
from sim.sweeps.record import Planned, Record


def batches(runs: Sequence[Planned], size: int) -> list[list[int]]:
    """Return the numbers of the runs in parts of `size`, each for one job."""
    numbers = [run.number for run in runs]
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


JOBS_PER_PROCESS, MOST_RUNS = 8, 25  # of a sweep on this machine, at least; of a job


def at_a_time(runs: int, jobs: int) -> int:
    """Return the runs of a job on this machine: few enough that all processes are busy to the end.

    Each job composes its configuration anew, which takes as long as a short run.
    """
    return max(1, min(runs // (JOBS_PER_PROCESS * (jobs or all_cores())), MOST_RUNS))


def spread(config: Config) -> tuple[int, int]:
    """Return the jobs at once and the cores of each: never more processes than this machine has cores for."""
    launch = config.launch
    cores = config.workers or launch.cores
    if launch.jobs or not cores:
        return launch.jobs, cores
    return max(1, all_cores() // cores), cores


@own_hydra()
def through_hydra(record: Record, runs: Sequence[Planned], config: Config, *, screens: bool) -> str:
    """Run these runs of a sweep, and return what the launcher complains of; empty when it does not.

    With `screens` a run in this process prints its screen. Complaints are for the message only: what is
    complete is read from the folders of the runs afterwards.
    """
    if not runs:
        return ""
    if record.how == "laptop" and not semaphores():  # joblib would use threads
        job.work(record, [run.number for run in runs])
        return ""
    jobs, cores = spread(config)
    arguments = [
        *runs[0].arguments, f"launch.jobs={jobs}", f"launch.cores={cores}",
        "hydra.sweep.dir=.",  # where Hydra would put files of its own, of which there are none
    ]  # fmt: skip
    task = partial(job.hydra_job, folder=str(record.folder), token=record.token, screens=screens)
    try:
        hydra = Hydra.create_main_hydra2("sim", create_config_search_path(str(config_folder())))
        tree = hydra.compose_config("config", arguments, RunMode.MULTIRUN)
        context = HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks(tree))
        launcher = _launcher(context, task, tree)
        if record.how == "laptop":
            # A keyword that joblib hands on to the processes that it starts.
            launcher.joblib |= {"initializer": job.end_with, "initargs": (os.getpid(),)}
        own = record.how == "laptop" and not config.launch.runs
        size = at_a_time(len(runs), jobs) if own else record.each
        parts = [[f"+runs={part}"] for part in batches(runs, size)]
    except (HydraException, OmegaConfBaseException) as problem:
        raise SimError(explain(problem)) from None
    else:
        with slurm.watched(), deaf_workers() if record.how == "laptop" else nullcontext():
            try:
                returns = launcher.launch(parts, initial_job_idx=0)
                # Not its property return_value, which prints and raises.
                errors = [vars(back)["_return_value"] for back in returns if back.status.name == "FAILED"]
            except SimError:
                raise
            except Exception as lost:  # each launcher has its own for a job that was killed
                if was_interrupted(lost):
                    raise KeyboardInterrupt from None
                return beyond_a_limit(lost) or slurm.lost(lost)
        return "" if not errors else str(errors[0])


def _launcher(context: HydraContext, task: TaskFunction, tree: DictConfig) -> Any:
    try:
        return Plugins.instance().instantiate_launcher(hydra_context=context, task_function=task, config=tree)
    except (HydraException, RuntimeError, ImportError) as problem:
        target = tree.hydra.launcher._target_
        raise SimError(
            f"hydra.launcher._target_ is {target!r}, which cannot be used here ({' '.join(str(problem).split())[:200]}): "
            "leave it out; launch=laptop or launch=slurm choose a launcher."
        ) from None


@contextmanager
def deaf_workers() -> Iterator[None]:
    """Keep Ctrl-C from processes that start inside, which would each complain; this one ends them.

    They inherit that the signal is blocked in the thread that starts them. Another thread takes it instead.
    """
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as lokys

    for tracker in (resource_tracker, lokys):  # starting later, they would let the signal through again
        tracker.ensure_running()
    end = threading.Event()
    threading.Thread(target=end.wait, daemon=True).start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        end.set()
