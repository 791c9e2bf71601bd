"""Mutation testing: put small mistakes into the event model and check whether the tests detect them.

    python -m experiments.mutation [sample=300] [seed=1] [minutes=90] [workers=2] [files=GLOB,GLOB] [write]
    python -m experiments.mutation again [minutes=90] [workers=2] [write]

A seeded random sample of the places that cosmic-ray can mutate, one mutant a place, each in a copy of the checkout.
First come the quick tests of incidents worked out by hand. Undetected mutants then meet the baseline of earlier
results, and the rest the slow tests: invariants, relations and theory. `write` stores the verdicts in
results/reference/mutation.csv, the source of docs/verification.md.
`again` repeats the undetected mutants of that table; use it after you have written tests for them.
Needs the extra `mutation`.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatch
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pandas as pd

from experiments.command_line import command, options
from sim.errors import SimError
from sim.files import write_table

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "results" / "reference" / "mutation.csv"
FILES = (
    "sim/simulation/model.py", "sim/simulation/incident.py", "sim/simulation/fireground.py",
    "sim/simulation/dispatch/*.py", "sim/simulation/prepare/*.py",
    "sim/demand/workload.py", "sim/demand/call_centre.py", "sim/world/travel/law.py",
)  # fmt: skip
PARTS = (
    "sim", "configs", "experiments", "tests", "pyproject.toml", "CHANGELOG.md", "docs", "results/reference",
)  # fmt: skip
# What is run for a mutant of a file, what is quick and what takes long; the first pattern that fits counts.
STORIES = ("tests/simulation", "--ignore=tests/simulation/test_surge_days.py")
LONG = ("tests/property", "tests/metamorphic", "tests/theory/test_pairs.py", "tests/theory/test_hypercube.py")
TESTS = {
    "sim/world/travel/law.py": (
        ("tests/world/test_travel_law.py", "tests/theory/test_distances.py"), ("tests/metamorphic/test_scale.py",),
    ),
    "sim/demand/workload.py": (
        ("tests/theory/test_workload_shares.py", "tests/reproducibility/test_streams_apart.py", *STORIES),
        ("tests/theory/test_arrivals_and_service.py", "tests/metamorphic/test_scale.py"),
    ),
    "sim/simulation/fireground.py": ((*STORIES, "tests/theory/test_fire_sizes.py"), LONG),
    "sim/simulation/prepare/scenes.py": ((*STORIES, "tests/theory/test_fire_sizes.py"), LONG),
    "*": (STORIES, LONG),
}  # fmt: skip
BASELINE = ("tests/reproducibility/test_baseline.py",)
Tests = tuple[str, ...]
Rounds = Sequence[tuple[Tests, str]]  # tests, and the verdict if they see the mutant
KNOWN, BY_BASELINE, SURVIVED = "killed", "killed by the baseline", "survived"
# Operators that change nothing, or that no number with a fraction can bear: killed by the first call, they prove little.
TRIVIAL = ("NoOp", "_LShift", "_RShift", "_BitAnd", "_BitOr", "_BitXor")
AGAIN = "again"
REFUSAL = (
    f"unknown option {{}}; allowed: sample=N, seed=N, minutes=N, workers=N, files=GLOB,GLOB, {AGAIN}, write."
)
SLACK = 3.0  # a mutant that takes so many times as long as the unspoilt tests hangs


@dataclass(frozen=True)
class Mutant:
    """A place in the source and what is put there: the table's columns."""

    file: str
    line: int
    column: int
    function: str
    operator: str
    occurrence: int
    source: str  # the line as it stands
    verdict: str = ""
    seconds: float = 0.0
    why: str = ""  # for a survivor: why it is none of concern, filled in by hand and kept by the next run


def chosen(root: Path, patterns: Sequence[str], count: int, seed: int) -> tuple[list[Mutant], int]:
    """Return a random sample of the mutants of the files, in the order in which to try them, and the number of places."""
    paths = sorted({path for pattern in patterns for path in root.glob(pattern)})
    if not paths:
        raise SimError(f"files is {','.join(patterns)}: no such files in {root}.")
    places: dict[tuple[Any, ...], list[Mutant]] = {}
    for path in paths:
        for mutant in _mutants(root, path):
            family = mutant.operator.partition("_")[0]
            places.setdefault((mutant.file, mutant.line, mutant.column, family), []).append(mutant)
    generator = np.random.Generator(np.random.PCG64(seed))
    known = sorted(places)
    some = [known[i] for i in generator.permutation(len(known))[:count].tolist()]
    return [places[place][generator.integers(len(places[place]))] for place in some], len(places)


def _mutants(root: Path, path: Path) -> Iterator[Mutant]:
    """Yield what cosmic-ray can do to a file, but for type annotations, which are not executed."""
    try:
        from cosmic_ray.commands import init
        from cosmic_ray.work_db import use_db
    except ImportError:
        raise SimError("cosmic-ray is not installed: pip install '.[mutation]'.") from None
    text = path.read_text(encoding="utf-8")
    lines, passive = text.splitlines(), _annotations(text)
    with tempfile.TemporaryDirectory() as folder, use_db(str(Path(folder) / "session.sqlite")) as db:
        init([path], db, {})
        for item in db.work_items:
            for mutation in item.mutations:
                line, column = mutation.start_pos
                trivial = mutation.operator_name.endswith(TRIVIAL)
                if trivial or any(begin <= (line, column) < end for begin, end in passive):
                    continue
                yield Mutant(
                    path.relative_to(root).as_posix(), line, column, mutation.definition_name or "",
                    mutation.operator_name.partition("/")[2], mutation.occurrence, lines[line - 1].strip(),
                )  # fmt: skip


def _annotations(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where type annotations and the switches of dataclasses begin and end."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        elif isinstance(node, ast.ClassDef):
            found += [item for item in node.decorator_list if "dataclass" in ast.unparse(item)]
    return [  # the decorator's own place begins at its at sign
        ((item.lineno, max(item.col_offset - 1, 0)), (item.end_lineno or 0, item.end_col_offset or 0))
        for item in found
        if item is not None
    ]


class Bench:
    """A copy of the checkout in which mutants are tried one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            source, target = ROOT / part, folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.is_file():
                shutil.copy(source, target)

    def passes(self, tests: Sequence[str], limit_s: float | None) -> bool:
        """Tell whether the tests pass in time (`tests` may hold options of pytest)."""
        there = [test for test in tests if test.startswith("-") or (self.folder / test).exists()]
        quick = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
        command = [sys.executable, "-m", "pytest", *quick, *there]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(  # noqa: S603 -- the tests of this checkout
            command, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            return process.wait(limit_s) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return False

    def uses_itself(self) -> bool:
        """Tell whether the tests run against the copy, not against what is installed."""
        command = [sys.executable, "-c", "import sim; print(sim.__file__)"]
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        found = subprocess.run(  # noqa: S603 -- a line of Python
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=True
        )
        return Path(found.stdout.strip()).is_relative_to(self.folder)

    def verdict(self, mutant: Mutant, limits: Mapping[Tests, float], rounds: Rounds) -> tuple[str, float]:
        """Return what becomes of a mutant in rounds of tests, and the seconds that it takes."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        path = self.folder / mutant.file
        before = path.read_text(encoding="utf-8")
        operator: Any = get_operator(f"core/{mutant.operator}")
        after = mutate_code(before, operator(), mutant.occurrence)
        if after is None or after == before:
            raise SimError(
                f"{mutant.file}, line {mutant.line}: cosmic-ray changed nothing ({mutant.operator})."
            )
        began = time.perf_counter()
        path.write_text(after, encoding="utf-8")
        try:
            for tests, killed in rounds:
                if not self.passes(tests, limits[tests]):
                    return killed, time.perf_counter() - began
            return SURVIVED, time.perf_counter() - began
        finally:
            path.write_text(before, encoding="utf-8")


def tests_of(file: str) -> tuple[Tests, Tests]:
    """Return the tests that are run for a mutant of a file, the quick ones and those that take long."""
    return next(tests for pattern, tests in TESTS.items() if fnmatch(file, pattern))


def run(mutants: Sequence[Mutant], workers: int, minutes: float) -> Iterator[Mutant]:
    """Yield the mutants with their verdicts as they come, until the time is over; undetected ones come twice.

    All are tried on the quick tests first, then the undetected ones on the slow tests.
    """
    with tempfile.TemporaryDirectory() as folder:
        benches: Queue[Bench] = Queue()
        unspoilt = Bench(Path(folder) / "unspoilt")
        if not unspoilt.uses_itself():
            raise SimError(
                f"the tests in {unspoilt.folder} would not run against the copy; is sim installed twice?"
            )
        limits: dict[Tests, float] = {}  # seconds: a multiple of what tests take on unspoilt code

        def measure(groups: set[Tests]) -> None:
            for tests in groups - limits.keys():
                began = time.perf_counter()
                if not unspoilt.passes(tests, None):
                    raise SimError(f"the tests fail before anything is mutated: {' '.join(tests)}.")
                limits[tests] = SLACK * (time.perf_counter() - began) + 30

        measure({*(tests_of(mutant.file)[0] for mutant in mutants), BASELINE})
        for number in range(workers):
            benches.put(Bench(Path(folder) / str(number)))
        end = time.monotonic() + 60 * minutes

        def attempt(mutant: Mutant) -> Mutant | None:
            if time.monotonic() > end:
                return None
            bench = benches.get()
            quick, long = tests_of(mutant.file)
            rounds = ((long, KNOWN),) if mutant.verdict else ((quick, KNOWN), (BASELINE, BY_BASELINE))
            try:
                verdict, seconds = bench.verdict(mutant, limits, rounds)
            finally:
                benches.put(bench)
            return replace(mutant, verdict=verdict, seconds=round(mutant.seconds + seconds, 1))

        alive: list[Mutant] = []
        with ThreadPoolExecutor(workers) as pool:
            for some in (mutants, alive):
                if some is alive and time.monotonic() <= end:
                    measure({tests_of(mutant.file)[1] for mutant in alive})
                for done in pool.map(attempt, some):
                    if done is not None:
                        yield done
                        if some is mutants and done.verdict == SURVIVED:
                            alive.append(done)


def read(file: Path | None = None) -> list[Mutant]:
    """Return the mutants of the last run that was kept."""
    file = file or TABLE
    if not file.is_file():
        return []
    rows = pd.read_csv(file, keep_default_na=False, dtype={"seconds": float}).to_dict("records")
    return [Mutant(**{str(name): value for name, value in row.items()}) for row in rows]


def keep(mutants: Sequence[Mutant], file: Path | None = None) -> None:
    """Write the verdicts; explanations of survivors that are still there stay."""
    file = file or TABLE
    known = {_place(old): old.why for old in read(file)}
    rows = [asdict(replace(new, why=known.get(_place(new), ""))) for new in mutants]
    table = pd.DataFrame(rows, columns=[field.name for field in fields(Mutant)])
    write_table(table.sort_values(["file", "line", "column"], kind="stable"), file)


def _lived(root: Path) -> tuple[list[Mutant], list[Mutant]]:
    """Return the kept table's undetected mutants, as if not tried, and the others; SimError if their code has changed."""
    kept = read()
    if not kept:
        raise SimError(f"{TABLE} holds no mutants: run without '{AGAIN}' and with 'write' first.")
    for mutant in kept:
        file = root / mutant.file
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        if lines[mutant.line - 1 : mutant.line] == [] or lines[mutant.line - 1].strip() != mutant.source:
            raise SimError(
                f"{mutant.file}, line {mutant.line} has changed since the table was kept: draw a new sample."
            )
    lived = [
        replace(mutant, verdict="", seconds=0.0, why="") for mutant in kept if mutant.verdict == SURVIVED
    ]
    return lived, [mutant for mutant in kept if mutant.verdict != SURVIVED]


def _place(mutant: Mutant) -> tuple[str, str, str, str]:
    return mutant.file, mutant.function, mutant.operator, mutant.source


def score(mutants: Sequence[Mutant]) -> tuple[float, float]:
    """Return the share that was killed, and the share killed by tests with known correct answers."""
    total = max(len(mutants), 1)
    alone, by_baseline = (sum(mutant.verdict == kind for mutant in mutants) for kind in (KNOWN, BY_BASELINE))
    return (alone + by_baseline) / total, alone / total


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Try the mutants, print what became of each; status 0, or 2 for a mistake of the user."""
    asked = options(
        arguments, REFUSAL, (AGAIN, "write"), sample=300, seed=1, minutes=90, workers=2, files=",".join(FILES)
    )
    rest: list[Mutant] = []
    if asked[AGAIN]:
        mutants, rest = _lived(ROOT)
        print(f"{len(mutants)} that lived", flush=True)
    else:
        mutants, places = chosen(ROOT, asked["files"].split(","), asked["sample"], asked["seed"])
        files = len({mutant.file for mutant in mutants})
        print(f"{len(mutants)} of {places} places in {files} files", flush=True)
    seen: dict[Mutant, Mutant] = {}
    for mutant in run(mutants, max(asked["workers"], 1), asked["minutes"]):
        seen[replace(mutant, verdict="", seconds=0.0)] = mutant
        print(
            f"{len(seen):4d} {mutant.verdict:28s} {mutant.seconds:6.1f} s  {mutant.file}:{mutant.line} "
            f"{mutant.operator}  {mutant.source}",
            flush=True,
        )
    tried = mutants if asked[AGAIN] else [mutant for mutant in mutants if mutant in seen]
    found = [*rest, *(seen.get(mutant, replace(mutant, verdict=SURVIVED)) for mutant in tried)]
    both, alone = score(found)
    print(f"{len(found)} mutants, {both:.1%} killed, {alone:.1%} without the baseline's help")
    if asked["write"]:
        keep(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
