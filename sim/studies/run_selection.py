"""Finding the runs that a command is about: folders in, readable runs by name out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.analysis.compare import Run, check_run
from sim.errors import SimError
from sim.storage import run_folder
from sim.storage.run_folder import Result

RUN_FILE = "run.json"
MOST_REASONS = 3  # that are told where a folder holds no run at all
OWN_FOLDERS = ("figures",)  # what the commands themselves leave in a study


@dataclass(frozen=True)
class Found:
    """Readable runs by name, in order, and a sentence for each sub-folder of a study that is none."""

    results: dict[str, Result]
    skipped: tuple[str, ...]

    @property
    def runs(self) -> dict[str, Run]:
        """The runs as a comparison wants them: indicator values and what run.json says."""
        return {name: (result.values, result.info) for name, result in self.results.items()}


def find_runs(folders: Sequence[Path]) -> Found:
    """Read each folder that is a run, and the runs in each folder that is a study.

    A folder named here that cannot be read is refused (SimError); one that only lies in a study is skipped
    and named. Two runs of one name are told apart by their folders; a run that is itself named twice is
    there twice.
    """
    read: list[Result] = []
    in_studies: set[Path | None] = set()
    skipped: list[str] = []
    for folder in (folder.resolve() for folder in folders):
        if not folder.is_dir():
            raise SimError(f"{folder}: there is no such folder")
        if (folder / RUN_FILE).exists():
            if folder not in in_studies:
                read.append(_read(folder))
            continue
        problems = {
            path: text
            for path, text in run_folder.problems_in(folder).items()
            if path.name not in OWN_FOLDERS
        }
        parts = []
        for part in sorted(run_folder.runs_in(folder), key=_natural):
            try:
                parts.append(_read(part))
            except SimError as error:
                problems[part] = str(error)
        refused = [problems[path] for path in sorted(problems, key=_natural)]
        if not parts:
            more = f"; and {len(refused) - MOST_REASONS} more" if len(refused) > MOST_REASONS else ""
            reasons = f" ({'; '.join(refused[:MOST_REASONS])}{more})" if refused else ""
            raise SimError(f"{folder}: is neither a run (it has no {RUN_FILE}) nor a folder of runs{reasons}")
        known = {result.folder for result in read}
        read.extend(part for part in parts if part.folder not in known)
        in_studies |= {part.folder for part in parts}
        skipped.extend(refused)
    return Found(_named(read), tuple(skipped))


def chosen_baseline(runs: Mapping[str, object], asked: str | None) -> str:
    """Return the run asked for, else the one named "baseline", else the first."""
    if asked is not None:
        if asked not in runs:
            raise SimError(f"--baseline: {asked!r} is not among the runs; they are {', '.join(runs)}")
        return asked
    return "baseline" if "baseline" in runs else next(iter(runs))


def _read(folder: Path) -> Result:
    result = run_folder.load(folder)
    check_run(str(folder), result.values, result.info)
    return result


def _named(read: Sequence[Result]) -> dict[str, Result]:
    names = [str(result.info["name"]) for result in read]
    runs: dict[str, Result] = {}
    for result, name in zip(read, names, strict=True):
        assert result.folder is not None
        folders = {str(item.folder) for item, other in zip(read, names, strict=True) if other == name}
        label = name if len(folders) == 1 else f"{result.folder.parent.name}/{result.folder.name}"
        if label in runs and runs[label].folder != result.folder:
            label = str(result.folder)
        count = 2
        while label in runs:
            label = f"{name} ({count})"
            count += 1
        runs[label] = result
    return runs


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort key that puts 2 before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", path.name)]
