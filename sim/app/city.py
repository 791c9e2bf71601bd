"""The page for another city: stations and vehicles of its folder, its own log replayed with and without the changes."""

from __future__ import annotations

import math
import shlex
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.movements import KM_PER_DEGREE
from sim.app import answer
from sim.app.answer import Floats
from sim.app.questions import Questions
from sim.app.study import OVER, Study
from sim.city import command
from sim.city.files import folder as folders
from sim.city.model import fit as fits
from sim.city.replay import whatif
from sim.city.replay.score import Records
from sim.errors import SimError
from sim.reports.report_runs import Language
from sim.runs.processes import cores, in_order

ALLOWED = ("add", "move", "close", "replications")
ACROSS = 70  # squares of the map
EMPTY: dict[str, Any] = {"years": [], "measures": [], "values": [], "base": [], "year": ""}


class CityQuestions(Questions):
    """What may be asked about a city: stations and vehicles more, fewer or elsewhere."""

    tabs = ("map", "times")

    def __init__(self, path: Path) -> None:
        self.base, self.costs = (), None
        self.folder = folders.load(path)
        if self.folder.city.crs == "none":
            raise SimError(f"{path} has no places (crs none): there is no map of it.")
        self.fit = fits.read(path / fits.FILE)
        self.known = whatif.known(self.folder)
        self.areas, self.of = np.unique(self.known.own.astype(str), return_inverse=True)

    def facts(self, language: Language) -> dict[str, Any]:
        """Return what the page offers: kinds of vehicles, and the map."""
        del language
        kinds = {kind: kind for kind in self.folder.city.kinds}
        return EMPTY | {
            "replications": 20, "city": self.folder.city.name, "kinds": kinds, "of_city": True, "map": self._map(),
        }  # fmt: skip

    def _map(self) -> dict[str, Any]:
        """Return squares with calls, each of the station on whose ground most of its calls are."""
        degrees = self.folder.city.crs == "degrees"
        axes = ["lon", "lat"] if degrees else ["x", "y"]
        places = self.folder.log.drop_duplicates("incident").set_index("incident").loc[self.known.name, axes]
        middle = places.mean().tolist()
        per_degree = [KM_PER_DEGREE * math.cos(math.radians(middle[1])), KM_PER_DEGREE]
        km = per_degree if degrees else [1e-3, 1e-3]
        away = (places.to_numpy() - middle) * km
        side = max(float(np.ptp(away, axis=0).max()) / ACROSS, 0.1)
        cells = pd.DataFrame(np.floor(away / side), columns=["x", "y"]).assign(town=self.of)
        cells = cells.groupby(["x", "y", "town"]).size().rename("calls").reset_index()
        most = cells.sort_values("calls").drop_duplicates(["x", "y"], keep="last")
        seats = most.drop_duplicates("town", keep="last").set_index("town")
        stations = self.folder.stations[["station", *axes]].itertuples(index=False)
        return {
            "middle": middle,
            "km": km,
            "step": 0.1,
            "digits": 5 if degrees else 0,
            "example": "/".join(f"{end:.{2 if degrees else 0}f}" for end in middle),
            "cell": side,
            "x": ((most["x"] + 0.5) * side).round(3).tolist(),
            "y": ((most["y"] + 0.5) * side).round(3).tolist(),
            "town": most["town"].tolist(),
            "shade": np.clip(np.log10(most["calls"] + 1) / 3, 0, 1).round(2).tolist(),
            "towns": [
                {"name": str(name), "county": row, "seat": _seat(seats, row, side, km, middle)}
                for row, name in enumerate(self.areas)
            ],
            "counties": [""] * len(self.areas),
            "stations": [{"name": name, "lon": x, "lat": y} for name, x, y in stations],
        }


def _seat(seats: pd.DataFrame, row: int, side: float, km: list[float], middle: list[float]) -> list[float]:
    if row not in seats.index:
        return []
    corner = seats.loc[row, ["x", "y"]].to_numpy(dtype=float)
    return [float(end) for end in (corner + 0.5) * side / km + middle]


@dataclass
class CityStudy(Study):
    """Replications of a city's log, without and with the changes."""

    pairs: list[list[Records]] = field(default_factory=list)

    @property
    def city(self) -> CityQuestions:
        """The questions that this one is of."""
        assert isinstance(self.questions, CityQuestions)
        return self.questions

    def _prepare(self) -> None:
        for word in self.words:
            if (key := word.partition("=")[0]) not in ALLOWED:
                raise SimError(f"{key} cannot be changed on the page; allowed: {', '.join(ALLOWED)}.")
        folder, fit = self.city.folder, self.city.fit
        asked = command.USAGE.parse(["whatif", str(folder.path), *self.words])
        changes = (asked[key] or [] for key in ALLOWED[:3])
        self.wanted = int(asked["replications"])
        self.given = whatif.ready((folder, fit), whatif.changed(folder, fit, *changes))

    @property
    def done(self) -> int:
        """Pairs of replications that there are."""
        return len(self.pairs)

    def _calls(self, pairs: int) -> float:
        return 2 * pairs * len(self.city.known) / min(cores(), pairs)

    def _results(self) -> Generator[Any]:
        return in_order(whatif.work, range(self.wanted), cores(), whatif.start, self.given)

    def _take(self, number: int, found: Any) -> None:
        del number
        self.pairs.append(found)

    def answer(self, language: Language, words: dict[str, str]) -> dict[str, Any]:
        """Return the rows of the times, the change of each station's ground and the headline."""
        del language
        pairs = self.pairs[: self.done]
        if not pairs:
            return {}
        rows = []
        for name, (unit, number) in whatif.INDICATORS.items():
            factor, shown = (1 / 60, words["minutes"]) if unit == "s" else (100.0, "%")
            before, after = factor * np.array([[number(side) for side in pair] for pair in pairs]).T
            key = name if "within" in name else f"{name} mean p90"  # of a time less is better
            rows.append(answer.compared(key, words[name], shown, before, after))
        times = [np.array([self._by_area(pair[side]) for pair in pairs]).T / 60 for side in (0, 1)]
        return {"times": rows, "map": answer.on_map(*times), "headline": rows[0]}

    def _by_area(self, records: Records) -> Floats:
        there = np.isfinite(records.first_s)
        count = len(self.city.areas)
        calls = np.bincount(self.city.of[there], minlength=count)
        total = np.bincount(self.city.of[there], records.first_s[there], count)
        return np.where(calls > 0, total / np.maximum(calls, 1), np.nan)

    def file(self) -> str:
        """Return the words as a file for this page and for `python -m sim city whatif FOLDER file=...`."""
        words = list(self.words)
        if self.state == OVER and self.done > 1:
            words = [word for word in words if not word.startswith("replications=")]
            words.append(f"replications={self.done}")
        first = shlex.join(["python", "-m", "sim", "city", "whatif", str(self.city.folder.path)])
        return "\n".join([f"# {first} file=THIS_FILE", *words, ""])

    def comparison(self) -> bytes:
        """Return whatif.csv, the same bytes as the command line's for so many replications."""
        return (
            whatif.told(self.given[0], self.pairs[: self.done])
            .to_csv(index=False, lineterminator="\n")
            .encode()
        )
