"""A run on disk, complete or absent: write, read, lock and describe runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sim.errors import SimError, explain, sentence
from sim.files import LEFTOVER, OWNER, put_back
from sim.locks import is_held
from sim.storage import files
from sim.storage.files import INFO, check_files, check_sum, read_info

if TYPE_CHECKING:
    import pandas as pd

TEXT = ("kpi", "by", "group", "unit")  # the columns of the indicator tables that hold words


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """One run: its tables, what run.json says (`info`) and its configuration as YAML text.

    `load` leaves the tables and `config` on disk; each is read when it is first asked for. A result made in
    memory holds everything and has no folder.
    """

    incidents: pd.DataFrame
    dispatches: pd.DataFrame
    kpis: pd.DataFrame
    values: pd.DataFrame
    info: dict[str, Any]
    config: str
    folder: Path | None = None

    @classmethod
    def of(cls, **parts: Any) -> Self:
        """Return a run that holds these parts; others lie in its folder, or are not kept."""
        result = object.__new__(cls)
        result.__dict__.update({"folder": None, **parts})
        return result

    if not TYPE_CHECKING:  # a type checker shall know the fields above and no others

        def __getattr__(self, name: str) -> Any:
            # Python comes here only for what is not in __dict__: an unread part of a run on disk.
            folder, info = self.__dict__.get("folder"), self.__dict__.get("info", {})
            if name in ("incidents", "dispatches") and info.get("keep") == "kpis":
                raise SimError(
                    f"{folder or 'the run in memory'} holds no table of {name}: it was made with keep=kpis; run it "
                    "again with keep=tables"
                )
            if folder is None or name not in _READERS:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return self.__dict__.setdefault(name, _read(folder, name, info))

    def table(self, name: str) -> Any:
        """Return a further table of a run on disk, in_force or targets; None where the run has none."""
        known = self.folder is not None and _READERS[name][0] in self.info["files"]
        return getattr(self, name) if known else None

    def __repr__(self) -> str:
        where = self.folder if self.folder is not None else "in memory"
        facts = ", ".join(
            f"{k} {self.info[k]}" for k in ("name", "scenario", "seed", "replications") if k in self.info
        )
        return f"<Result {where}{': ' if facts else ''}{facts}>"


def load(folder: Path | str, *, verify: bool = False) -> Result:
    """Open the run in `folder`; SimError when it is absent, incomplete, damaged or not a run.

    Presence and size of every file are always checked, the checksum of a table when it is first read, those of
    all files at once with `verify`.
    """
    folder = Path(folder)
    put_back(folder)
    info = read_info(folder)
    check_files(folder, info, checksums=verify)
    return Result.of(folder=folder, info=info)


def is_complete(folder: Path | str) -> bool:
    """Whether `folder` holds a complete run."""
    try:
        load(folder)
    except SimError:
        return False
    return True


def unfit(folder: Path | str, facts: Mapping[str, str]) -> str:
    """Say why the run in `folder` cannot stand for one with these `facts` in run.json; empty when it can.

    Every byte of it is read: a run that passes is complete, undamaged and of the same inputs.
    """
    try:
        info = load(folder, verify=True).info
    except SimError as error:
        return str(error)
    name = differing(info, facts)
    if not name:
        return ""
    return f"{folder} was made with another {MEANING.get(name, name)} ({info.get(name)}, now {facts[name]})"


def differing(found: Mapping[str, Any], wanted: Mapping[str, str]) -> str:
    """Return the first of the wanted facts that differs; empty where none does. More than is wanted is fine."""
    for name, fact in wanted.items():
        if found.get(name) not in AS_GOOD.get(name, {}).get(fact, (fact,)):
            return name
    return ""


AS_GOOD: dict[str, dict[str, tuple[str, ...]]] = {  # wanted: what has that
    "figures": {"none": ("none", "main", "all"), "main": ("main", "all")},
    "keep": {"kpis": ("kpis", "tables")},
}
MEANING = {
    "config_digest": "configuration",
    "code_digest": "version of this program or its libraries",
    "region_digest": "version of the region's tables",
    "travel_digest": "table of travel times or road network",
    "policy_digest": "file of your own policy",
    "figures": "choice of pictures",
    "keep": "choice of what is kept",
}


def runs_in(folder: Path | str) -> list[Path]:
    """Return `folder` itself where it is a complete run, else its sub-folders that are, by name."""
    folder = Path(folder)
    if is_complete(folder):
        return [folder]
    return [path for path in _sub_folders(folder) if not path.name.startswith(".") and is_complete(path)]


def problems_in(folder: Path | str) -> dict[Path, str]:
    """Return the folders that `runs_in` passes over with the reason: broken, interrupted, foreign."""
    folder = Path(folder)
    if is_complete(folder):
        return {}
    if (folder / INFO).exists():
        return {folder: _problem(folder)}
    reasons = {path: _problem(path) for path in _sub_folders(folder)}
    return {path: reason for path, reason in reasons.items() if reason}


def _sub_folders(folder: Path) -> list[Path]:
    """Return the sub-folders by name, after bringing back old runs whose exchange was cut off."""
    if not folder.is_dir():
        raise SimError(f"{folder} is not a folder; name the folder of a run, or one that holds runs")
    with explain(folder, "read"):
        for path in list(folder.iterdir()):
            if cut_off := LEFTOVER.fullmatch(path.name):
                put_back(folder / cut_off["name"])
        return sorted(path for path in folder.iterdir() if path.is_dir())


def _problem(folder: Path) -> str:
    """Say why `folder` is not a complete run; empty when it is one, or a hidden folder of no concern."""
    if leftover := LEFTOVER.fullmatch(folder.name):
        if leftover["kind"] == "partial" and is_held(folder / OWNER):
            return f"{leftover['name']} is still being written; wait for it"
        if leftover["kind"] == "gone" or (
            leftover["kind"] == "old" and folder.with_name(leftover["name"]).exists()
        ):
            return ""  # its successor stands; the next writer removes it
        return f"{leftover['name']} was interrupted; run it again, which also clears this folder up"
    if folder.name.startswith("."):
        return ""
    try:
        check_files(folder, read_info(folder))
    except SimError as error:
        return str(error)
    return ""


def _read(folder: Path, name: str, info: dict[str, Any]) -> Any:
    file, reader = _READERS[name]
    path = folder / file
    if read_info(folder)["files"] != info["files"]:  # tables of two runs must not meet in one result
        raise SimError(f"{folder} was written anew after it was loaded; load it again")
    try:
        if file in info["files"]:
            check_sum(folder, file, info)
        return reader(path)
    except FileNotFoundError:
        raise SimError(f"{path} is missing; run it again") from None
    except PermissionError as error:
        raise SimError(sentence(error, path, "read")) from error
    except (OSError, ValueError) as error:  # what pyarrow and pandas raise for damaged files
        raise SimError(f"{path} is damaged ({str(error).splitlines()[0]}); run it again") from error


def _read_table(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        frame: pd.DataFrame = file.read().to_pandas()
    return frame


def _read_values(path: Path) -> pd.DataFrame:
    # Plain strings, as in memory: a category remembers groups that a selection no longer holds.
    return _read_table(path).astype(dict.fromkeys(TEXT, "str"))


def _read_kpis(path: Path) -> pd.DataFrame:
    import pandas as pd

    # A group may be called "NA"; only in a column of numbers does an empty field mean a missing value.
    numbers = [name for name in pd.read_csv(path, nrows=0).columns if name not in TEXT]
    missing = {name: [""] for name in numbers}
    return pd.read_csv(path, dtype=dict.fromkeys(TEXT, "str"), keep_default_na=False, na_values=missing)


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path)


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


_READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "incidents": (files.INCIDENTS, _read_table),
    "dispatches": (files.DISPATCHES, _read_table),
    "values": (files.VALUES, _read_values),
    "kpis": (files.KPIS, _read_kpis),
    "config": (files.CONFIG, _read_text),
    "in_force": (files.IN_FORCE, _read_csv),
    "targets": (files.TARGETS, _read_csv),
}
