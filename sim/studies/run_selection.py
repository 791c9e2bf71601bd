"""Find the runs for a command: take folders, return readable runs by name."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.analysis.compare import Run, check_run
from sim.analysis.not_known import NotKnown
from sim.config.fields import harm
from sim.errors import SimError, did_you_mean
from sim.options import Option
from sim.reports.terminal import progress
from sim.storage import run_folder
from sim.storage.run_folder import Result

RUN_FILE = "run.json"
MOST_RUNS = 200  # that are held at once: 5 MB each
MOST_REASONS = 3  # that are told where a folder holds no run at all
OWN_FOLDERS = ("figures",)  # what the commands themselves leave in a study

LANG = Option("lang", "language of the page", "en", allowed=("en", "zh"))
UNCERTAINTY = Option(
    "uncertainty", "folder of an uncertainty study of these years: what is not known then comes first", None, Path
)  # fmt: skip


@dataclass(frozen=True)
class SelectedRuns:
    """Readable runs by name, in order, and a sentence for each sub-folder of a study that is none."""

    results: dict[str, Result]
    skipped: tuple[str, ...]

    @property
    def runs(self) -> dict[str, Run]:
        """The runs as a comparison wants them: indicator values and what run.json says."""
        return {
            name: (result.values, {"status": "complete", **result.info})
            for name, result in self.results.items()
        }

    def not_known(self, folder: Path | None) -> NotKnown | None:
        """Return the study in a folder; SimError where it does not speak of each of the runs."""
        if folder is None:
            return None
        study = NotKnown.read(folder)
        for name, result in self.results.items():
            study.refuse_other(name, result.info, result.config)
        return study

    def baseline(self, name: str | None) -> str:
        """Return the run of this name, else the one named "baseline", else the first."""
        if name is None:
            return "baseline" if "baseline" in self.results else next(iter(self.results))
        if name not in self.results:
            hint = did_you_mean(name, self.results)
            raise SimError(
                f"baseline is {name!r}{hint}, which is not among the runs; they are {', '.join(self.results)}"
            )
        return name


def find_runs(folders: Sequence[Path | str | Result], most: int = MOST_RUNS) -> SelectedRuns:
    """Read each folder that is a run, and the runs in each folder that is a study; a result stands for itself.

    A folder named here that cannot be read is refused (SimError); one that only lies in a study is skipped
    and named. Two runs of one name are told apart by their folders; a run that is itself named twice is
    there twice. More than `most` are refused before one is read.
    """
    read: list[Result] = []
    in_studies: set[Path | None] = set()
    skipped: list[str] = []
    if not folders:
        raise SimError("no run is named: name a study, or the folders of runs.")
    named = sum(1 if isinstance(item, Result) else _count(Path(item)) for item in folders)
    if named > most:
        raise SimError(
            f"{named:,} runs are named; allowed: {most} at once. Name fewer, or make one table of the "
            f"indicators of all: python -m sim collect FOLDER"
        )
    with progress("reading runs") as done:
        for item in folders:
            if isinstance(item, Result):
                read.append(item)
                continue
            folder = Path(item).resolve()
            if not folder.is_dir():
                raise SimError(f"{folder}: there is no such folder")
            if (folder / RUN_FILE).exists():
                if folder not in in_studies:
                    read.append(_read(folder))
                continue
            results, refused = _read_study(folder)
            known = {result.folder for result in read}
            read.extend(result for result in results if result.folder not in known)
            in_studies |= {result.folder for result in results}
            skipped.extend(refused)
            done(len(read))
    return SelectedRuns(_named(read), tuple(skipped))


def _count(folder: Path) -> int:
    """Return how many runs a folder seems to hold, without reading one."""
    return 1 if (folder / RUN_FILE).exists() else sum(1 for _ in folder.glob(f"[!.]*/{RUN_FILE}"))


def selected_runs(folders: Sequence[str], most: int = MOST_RUNS) -> SelectedRuns:
    """Return the runs in folders named on a command line, and say on standard error what is skipped."""
    runs = find_runs(folders, most)
    for sentence in runs.skipped:
        sys.stderr.write(f"skipped: {sentence}\n")
    return runs


def place_beside(folders: Sequence[str]) -> Path:
    """Return where a command about these runs writes: into the study that is named first, else beside its first run."""
    first = Path(folders[0])
    return first.absolute().parent if (first / RUN_FILE).exists() else first


def _read_study(folder: Path) -> tuple[list[Result], list[str]]:
    """Return the runs of a study and a sentence for each sub-folder that is none; SimError if there is no run."""
    problems = {
        path: text for path, text in run_folder.problems_in(folder).items() if path.name not in OWN_FOLDERS
    }
    results = []
    for path in sorted(run_folder.runs_in(folder), key=_natural):
        try:
            results.append(_read(path))
        except SimError as error:
            problems[path] = str(error)
    refused = [problems[path] for path in sorted(problems, key=_natural)]
    if not results:
        more = f"; and {len(refused) - MOST_REASONS} more" if len(refused) > MOST_REASONS else ""
        reasons = f" ({'; '.join(refused[:MOST_REASONS])}{more})" if refused else ""
        raise SimError(
            f"{folder} is neither a run (it has no {RUN_FILE}) nor a folder of runs{reasons}; name another one"
        )
    return results, refused


def _read(folder: Path) -> Result:
    result = run_folder.load(folder)
    check_run(str(folder), result.values, result.info)
    return result


def _named(read: Sequence[Result]) -> dict[str, Result]:
    names = [str(result.info["name"]) for result in read]
    runs: dict[str, Result] = {}
    for result, name in zip(read, names, strict=True):
        folders = {str(item.folder) for item, other in zip(read, names, strict=True) if other == name}
        label = name
        if len(folders) > 1 and result.folder is not None:
            label = f"{result.folder.parent.name}/{result.folder.name}"
        if label in runs and runs[label].folder != result.folder and result.folder is not None:
            label = str(result.folder)
        count = 2
        while label in runs:
            label = f"{name} ({count})"
            count += 1
        if why := harm(label):
            raise SimError(
                f"{result.folder}: the run is called {label!r}, which {why}; rename its folders, or make it with name=..."
            )
        runs[label] = result
    return runs


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort key that puts 2 before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", path.name)]
