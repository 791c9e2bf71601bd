"""Replay a part of a city's log that the fit has not seen, in many replications, and hold it against what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.city.files.folder import Folder
from sim.city.model import fit as fits
from sim.city.model import world
from sim.city.model.fit import Fit
from sim.city.model.world import CityWorld
from sim.city.replay import score
from sim.city.replay.score import Check, Incidents, Records, Skill
from sim.demand.streams import Streams
from sim.errors import SimError
from sim.runs.processes import in_order

WARM_UP = pd.Timedelta(
    hours=24
)  # before the part that counts: so long the log's incidents run already (m_city_warm_up)
LEAST = 50  # incidents


@dataclass(frozen=True)
class Validation:
    """What came out."""

    fit: Fit
    of: Incidents
    seen: Records
    runs: list[Records]
    checks: list[Check]
    skill: Skill
    from_: pd.Timestamp
    until: pd.Timestamp

    @property
    def known(self) -> int:
        """The incidents of which the log has the first arrival."""
        return int(np.isfinite(self.seen.first_s).sum())


_ready: list[tuple[Folder, CityWorld, Incidents]] = []  # of a worker process


def start(folder: Folder, built: CityWorld, of: Incidents) -> None:
    """Make a process ready."""
    _ready[:] = [(folder, built, of)]


def work(number: int) -> tuple[Records, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return the records of a replication, and its busy engines by time."""
    ((folder, built, of),) = _ready
    records, engines = score.simulated(folder, built, world.simulate(built, number), of)
    return records, score.busy_at_once(engines, of)


def fitted(folder: Folder, share: float, *, at_random: bool = False) -> pd.Series[bool]:
    """Tell which rows are fitted: those of the first incidents in order of time, or of some at random.

    At random what is left out is of the same season: the difference to the last part is what has changed since.
    """
    log = folder.log
    first = log.groupby("incident")["ordered"].min().sort_values(kind="stable")
    count = min(int(len(first) * share), len(first) - 1)
    names = first.index
    if at_random:
        if log["released"].notna().any():
            raise SimError(
                f"part is random, but {folder.path} tells when units are free again: they are busy with the incidents "
                "that would be left out; allowed: part=last."
            )
        names = names[Streams(0, 0).get("city.part").permutation(len(first))]
    return log["incident"].isin(set(names[:count]))


def run(
    folder: Folder, fit: Fit, before: pd.DataFrame, part: pd.DataFrame, replications: int, workers: int
) -> Validation:
    """Replay the rows of `part`; `before` are those that the fit has seen, and the state at its beginning."""
    table = fits.observed(folder, pd.concat([before, part]))
    begins = part["ordered"].min()
    chosen = part["incident"].unique()
    of = score.incidents(folder, table, chosen)
    if len(of) < LEAST:
        raise SimError(
            f"{folder.path}: {len(of)} incidents to hold the fit against; {LEAST} or more are needed."
        )
    ends = part["ordered"].max()
    warm = before[(before["ordered"] > begins - WARM_UP) & (before["ordered"] < ends)]
    built = world.build(folder, pd.concat([warm, part]), fit)
    seen, engines = score.real(folder, table, of)
    results = list(in_order(work, range(replications), workers, start, (folder, built, of)))
    runs = [records for records, _ in results]
    out = (score.busy_at_once(engines, of), [busy for _, busy in results])
    # A replay of the fitted incidents themselves has nothing before them: then the simple forecasts are of the same.
    known = before if len(before) else part
    old = score.incidents(folder, table, known["incident"].unique())
    earlier = old, score.real(folder, table, old)[0]
    checks = score.checks(of, seen, runs, out)
    return Validation(
        fit, of, seen, runs, checks, score.skill(of, seen, runs, earlier), begins, part["ordered"].max()
    )
