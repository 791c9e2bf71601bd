"""Refuse to compare runs of different versions of the program or of a region's tables, unless the user allows it."""

from __future__ import annotations

from collections.abc import Mapping

from sim.config.city_file import tables_folder
from sim.config.text import from_yaml
from sim.errors import SimError
from sim.options import Option
from sim.storage.provenance import tables_digest
from sim.storage.run_folder import Result

MIXED = Option(
    "mixed", "take runs of two versions of the program or of a region's tables, and say so", type=bool
)
PARTS = {
    "code_digest": "versions of the program or its libraries",
    "region_digest": "versions of a region's tables",
}


def notes(results: Mapping[str, Result], *, mixed: bool) -> list[str]:
    """Return a sentence for each mixture of the first run with another; SimError unless it is wanted."""
    (first, base), *others = [(name, result.info) for name, result in results.items()]
    found = []
    for name, info in others:
        for key, what in PARTS.items():
            if info.get(key) == base.get(key):
                continue
            words = f"{first} and {name} are of two {what} ({base.get(key)}, {info.get(key)})"
            named = key == "region_digest" and info.get("region") != base.get("region")  # by region.folder
            if not (mixed or named):
                raise SimError(f"{words}: make one of them again, or take them as they are with mixed=true.")
            found.append(f"{words}: what differs there is part of every difference")
    return found


def refuse_later_tables(result: Result) -> None:
    """Refuse maps of a run whose region's tables were changed after it: they would show what the run never saw."""
    region = from_yaml(result.config).get("region", {})
    folder = tables_folder(region.get("folder"))
    if region.get("synthetic") is None and tables_digest(folder) != result.info.get("region_digest"):
        raise SimError(
            f"the tables in {folder} are not those that {result.folder} was made from, and the maps would show them: "
            "bring those tables back, or make the run again."
        )
