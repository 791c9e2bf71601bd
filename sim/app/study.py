"""A what-if under way: pairs of replications, without and with the changes, until there are as many as asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from sim import compiled
from sim.analysis.compare import compare
from sim.app import answer, money
from sim.app.questions import Questions
from sim.calendar import YEAR_DAYS
from sim.config.schema import Config
from sim.errors import SimError, beyond_a_limit
from sim.reports.report_runs import Language
from sim.runs import replications
from sim.runs.processes import cores, in_order
from sim.runs.replications import Tables
from sim.simulation import replication
from sim.simulation.replication import World
from sim.studies import whatif

_worlds: list[World] = []  # of a worker process: without and with the changes
SECONDS = (
    1.5e-4 if compiled.status() == "compiled" else 5e-4
)  # of a core for an incident, until one was measured
RUNNING, WRITING, OVER = "running", "writing", "over"


def warm_up() -> None:
    """Start the process from which workers come, so that the first answer need not wait for its imports."""
    with closing(in_order(_idle, range(2), cores(), _start, ((),))) as results:
        list(results)


def _idle(number: int) -> int:
    return number


def _start(configs: Sequence[Config]) -> None:
    _worlds[:] = [replication.build_world(config) for config in configs]


def _work(number: int) -> Tables:
    world = _worlds[number % 2]
    if number < len(_worlds):  # the first pair may be watched
        world = replace(world, config=replace(world.config, keep="tables"))
    return replications.one(world, number // 2)


@dataclass
class Study:
    """A question and the answer so far. `tables` holds a table a replication, without and with the changes."""

    questions: Questions
    words: list[str]
    state: str = RUNNING
    problem: str = ""
    seconds: float = 0.0
    tables: tuple[list[pd.DataFrame], list[pd.DataFrame]] = field(default_factory=lambda: ([], []))
    first: list[tuple[pa.Table, ...]] = field(
        default_factory=list
    )  # incidents and dispatches of the first pair
    cancelled: threading.Event = field(default_factory=threading.Event)
    rate: float = SECONDS

    def __post_init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fire-response-sim-"))
        try:
            self._prepare()
        except SimError:
            self.close()
            raise

    def _prepare(self) -> None:
        self.configs = self.questions.pair(self.words, self.folder)
        if self.configs[1].region.changes:
            replication.build_world(self.configs[1])  # refuses what cannot be
        self.wanted = int(self.configs[0].replications)

    @property
    def done(self) -> int:
        """Pairs of replications that there are."""
        return len(self.tables[1])

    @property
    def expected_s(self) -> float:
        """The seconds that the whole would take."""
        return self._calls(self.wanted) * self.rate

    def _calls(self, pairs: int) -> float:
        """Incidents of so many pairs for each worker."""
        config = self.configs[0]
        return 2 * pairs * config.demand.calls_per_year * config.days / YEAR_DAYS / min(cores(), 2 * pairs)

    def start(self) -> None:
        """Begin in a thread of its own."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        began = time.perf_counter()
        try:
            with closing(self._results()) as results:
                for number, found in enumerate(results):
                    if self.cancelled.is_set():
                        break
                    self._take(number, found)
                    self.seconds = time.perf_counter() - began
            if self.done > 1:
                self.rate = self.seconds / self._calls(self.done)
        except Exception as problem:
            self.problem = (
                str(problem) if isinstance(problem, SimError) else beyond_a_limit(problem) or repr(problem)
            )
        self.state = OVER

    def _results(self) -> Generator[Any]:
        workers = self.questions.standard.workers or cores()
        return in_order(_work, range(2 * self.wanted), workers, _start, (self.configs,))

    def _take(self, number: int, found: Any) -> None:
        if found.kept:
            self.first.append(found.kept)
        self.tables[number % 2].append(found.indicators)

    def answer(self, language: Language, words: dict[str, str]) -> dict[str, Any]:
        """Return what the page shows of the answer so far."""
        done, costs = self.done, self.questions.costs
        if not done:
            return {}
        tables = [side[:done] for side in self.tables]
        found = answer.of(tables, [town.name for town in self.questions.land.townships], language)
        return found | ({"money": money.of(self.configs, tables, costs, words, language)} if costs else {})

    def cancel(self) -> None:
        """End at the next replication; what is there stays."""
        self.cancelled.set()

    def close(self) -> None:
        """End, and leave nothing behind."""
        self.cancel()
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self) -> str:
        """Return the words as a file for `python -m sim whatif file=...`, with the replications that there are."""
        words = [*self.questions.base, *self.words]
        if self.state != RUNNING and self.done:
            words = [word for word in words if not word.startswith("replications=")] + [
                f"replications={self.done}"
            ]
        return "\n".join(["# python -m sim whatif file=THIS_FILE", *words, ""])

    def comparison(self) -> bytes:
        """Return comparison.csv, the same bytes as the command line's for so many replications."""
        done, infos = self.done, {}
        for name, config, found in zip((whatif.WITHOUT, whatif.WITH), self.configs, self.tables, strict=True):
            facts = {"name": name, "seed": config.seed, "days": config.days, "workload_digest": ""}
            infos[name] = (pd.concat(found[:done]), {"status": "complete", "replications": done, **facts})
        table = compare(infos, whatif.WITHOUT)
        return table.to_csv(index=False, lineterminator="\n").encode()

    def write(self, language: Language) -> None:
        """Make tables, pictures and report by the command line, as a user would, and pack them."""
        self.state, self.problem = WRITING, ""
        threading.Thread(target=self._write, args=(language,), daemon=True).start()

    @property
    def packed(self) -> Path:
        """The archive that `write` leaves."""
        return self.folder / "what-if.zip"

    def _write(self, language: Language) -> None:
        out = self.folder / "what-if"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        (out / "what-if.txt").write_text(self.file(), encoding="utf-8")
        runs = [str(out / name) for name in (whatif.WITHOUT, whatif.WITH)]
        for words in (
            ["whatif", f"file={out / 'what-if.txt'}", f"out={out}"],
            ["report", *runs, f"baseline={whatif.WITHOUT}", "mixed=true", f"lang={language}", f"out={out}"],
        ):
            done = subprocess.run(  # noqa: S603 -- this program, and words that were checked
                [sys.executable, "-m", "sim", *words], capture_output=True, text=True, check=False
            )
            if done.returncode:
                self.problem = done.stderr.strip().removeprefix("error: ")[-500:]
                break
        else:
            shutil.make_archive(str(self.packed.with_suffix("")), "zip", out)
        self.state = OVER
