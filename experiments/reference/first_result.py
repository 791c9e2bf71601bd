"""Write the README's first result from an attribution by year: table, picture, three sentences.

    python -m experiments.reference.first_result [results/attribution/all] [out=results/reference] [readme=README.md|none]

The attribution is that of `make reference`: several years, parts vehicles, patrol_cars, drones, unified_dispatch and
the rest. Writes first_result.csv (rows of the attribution, year by year), first_result.md and figures/first_result.png
into `out`, and puts sentences, table and picture between the two marks of the README.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import command_line
from experiments.command_line import options, row
from sim.errors import SimError
from sim.files import write_table, write_text
from sim.studies.attribution import command
from sim.studies.attribution.groups import COLUMNS, FIRE, OTHER, RESCUE
from sim.studies.attribution.output import BEFORE, changes, one_line

SOURCE, OUT, README = Path("results/attribution/all"), Path("results/reference"), Path("README.md")
NAME = "first_result"
KEYS = ["kpi", "by", "group"]
BEGIN, END = "<!-- first result: written by make reference -->", "<!-- end of the first result -->"
SHOWN_FIRST = 2025  # the year shown with the last one in the README: by then most of the plan is due
PARTS = {
    "vehicles": "specialist vehicles, kit, command post",
    "patrol_cars": "patrol cars",
    "drones": "drone nests and their platform",
    "unified_dispatch": "unified 119 dispatch",
    OTHER: "all other measures",
}
LEAST_MIN = 0.05  # a gain below three seconds is too small to notice


@dataclass(frozen=True)
class Indicator:
    """A column of the table: where it stands in the attribution, its headings, unit shown and factor to it."""

    kpi: str
    by: str
    group: str
    heading: str
    chinese: str
    unit: str = "min"
    factor: float = 1


ARRIVAL = Indicator("first_arrival_mean", "all", "all", "first arrival, all calls", "首个力量到场，全部警情")
# fmt: off
WITHIN = Indicator("first_arrival_within_10", "all", "all", "first arrival within 10 min", "10分钟内首个到场", "%", 100)
CAPABLE = Indicator("first_capable_mean", "category", FIRE, "first capable arrival, fires", "首个有效力量到场，火灾")
BRIGADE = Indicator("first_professional_mean", "category", FIRE, "first professional arrival, fires",
                    "首支国家消防队到场，火灾")
FORCE = Indicator("full_force_mean", "category", RESCUE, "force complete, rescues", "力量到齐，抢险救援")
SIZE_UP = Indicator("size_up_mean", "category", FIRE, "size-up, fires", "到场侦察，火灾")
# fmt: on
INDICATORS = (ARRIVAL, WITHIN, CAPABLE, BRIGADE, FORCE, SIZE_UP)
DRAWN = (ARRIVAL, CAPABLE, FORCE, SIZE_UP)


@dataclass(frozen=True)
class Source:
    """An attribution by year: its table, and what attribution.json says."""

    table: pd.DataFrame
    info: dict[str, Any]

    @property
    def years(self) -> list[int]:
        """Years in order."""
        return sorted(set(self.table["year"]))

    def cell(self, year: int, indicator: Indicator, way: str, part: str = "") -> tuple[float, float]:
        """Return mean and half-width in the unit shown."""
        keys = {"year": year, "way": way, "part": part} | {key: getattr(indicator, key) for key in KEYS}
        row = self.table[(self.table[list(keys)] == list(keys.values())).all(axis=1)].iloc[0]
        return indicator.factor * float(row["mean"]), indicator.factor * float(row["high"] - row["low"]) / 2


def load(folder: Path) -> Source:
    """Read an attribution; SimError if it is none, or not one of several years and the parts of the table."""
    path, info_path = folder / command.TABLE, folder / command.INFO
    hint = "run python -m sim attribution year=all groups=vehicles,patrol_cars,drones,unified_dispatch"
    try:
        info = json.loads(info_path.read_text(encoding="utf-8"))
        empty = {column: [""] for column in ("mean", "low", "high")}
        table = pd.read_csv(path, keep_default_na=False, na_values=empty)
    except (OSError, ValueError) as problem:
        raise SimError(f"{folder}: is no attribution ({problem}); {hint}.") from problem
    lacking = [name for name in ("year", *COLUMNS) if name not in table]
    if lacking or not isinstance(info, dict):
        raise SimError(f"{path}: lacks the column(s) {', '.join(lacking)}; {hint}.")
    if set(info.get("parts", {})) != set(PARTS):
        found = ", ".join(info.get("parts", {}))
        raise SimError(f"{folder}: has the parts {found}; needed: {', '.join(PARTS)}; {hint}.")
    years = set(table["year"])
    if len(years) < 2 or SHOWN_FIRST not in years:
        raise SimError(
            f"{folder}: has the years {', '.join(map(str, sorted(years)))}; needed: {SHOWN_FIRST} and a later one."
        )
    return Source(table, info)


def rows(source: Source) -> pd.DataFrame:
    """Return the rows of the attribution behind the first result."""
    keys = {tuple(getattr(item, key) for key in KEYS) for item in INDICATORS}
    table = source.table
    known = pd.MultiIndex.from_frame(table[KEYS]).isin(keys)
    return table[known & table["way"].isin(["before", "after", "change", "shapley"])]


# -- words -----------------------------------------------------------------------------------------------------------


def sentences(source: Source) -> str:
    """Return three sentences about the last year that hold whatever the numbers are."""
    year = source.years[-1]

    def change(indicator: Indicator) -> str:
        before, after = (source.cell(year, indicator, way)[0] for way in ("before", "after"))
        words = _sooner(*source.cell(year, indicator, "change"))
        return f"{words} than in {BEFORE} ({after:.1f} minutes after the call instead of {before:.1f})"

    def gain(part: str, indicator: Indicator) -> str:
        return _sooner(*source.cell(year, indicator, "shapley", part))

    return (
        f"By the end of {year} the first crew reaches a call {change(ARRIVAL)}, and the first crew that can fight the "
        f"fire reaches a fire {change(CAPABLE)}. "
        f"The patrol cars bring the first crew {gain('patrol_cars', ARRIVAL)} and the crew that can fight the fire "
        f"{gain('patrol_cars', CAPABLE)}; the specialist vehicles complete the force at a rescue "
        f"{gain('vehicles', FORCE)} and bring the crew that can fight a fire {gain('vehicles', CAPABLE)}; the drone "
        f"nests bring no crew, and show a fire {gain('drones', SIZE_UP)} on average. "
        f"The unified 119 dispatch brings the first crew {gain('unified_dispatch', ARRIVAL)} and the crew that can "
        f"fight the fire {gain('unified_dispatch', CAPABLE)}, and the professional brigade, at fires where it is still "
        f"needed, arrives {_sooner(*source.cell(year, BRIGADE, 'change'))} than in {BEFORE}; much of this rests on "
        "assumptions about who hears, turns up and travels how fast ([docs/model.md](docs/model.md))."
    )


def _sooner(mean: float, half: float) -> str:
    """Say a change in minutes if it is large enough to notice, and more than chance."""
    if abs(mean) < LEAST_MIN or abs(mean) <= half:
        return "no sooner"
    return f"{abs(mean):.1f} minutes {'sooner' if mean < 0 else 'later'}"


def sheet(source: Source, years: Sequence[int]) -> str:
    """Return the table in Markdown: the year before, then the changes by the end of each of the years."""

    def cells(words: Callable[[float, float, str], str], year: int, way: str, part: str = "") -> list[str]:
        return [words(*source.cell(year, item, way, part), item.unit) for item in INDICATORS]

    lines = [
        ["minutes from the call", *(item.heading for item in INDICATORS)],
        ["---", *["---:"] * len(INDICATORS)],
        [f"in {BEFORE}", *cells(_level, years[0], "before")],
    ]
    for year in years:
        lines.append([f"**change by {year}**", *(f"**{cell}**" for cell in cells(_change, year, "change"))])
        lines += [[name, *cells(_change, year, "shapley", part)] for part, name in PARTS.items()]
    return "".join(map(row, lines))


def _level(mean: float, half: float, unit: str) -> str:
    return f"{mean:.1f} ± {half:.1f}{' %' if unit == '%' else ''}"


def _change(mean: float, half: float, unit: str) -> str:
    digits = 1 if unit == "%" else 2
    if round(mean, digits) == 0 and round(half, digits) == 0:
        return "0"
    told = f"{mean:+.{digits}f}" if round(mean, digits) else "0"
    return f"{told} ± {half:.{digits}f}{' points' if unit == '%' else ''}".replace("-", "−")


def note(source: Source) -> str:
    """Say what the numbers are."""
    info = source.info
    return (
        f"{info['replications']} replications of {info['days']} days, state at the end of each year, "
        f"`delivery={info['delivery']}` (starts of works count as stations), means ± half of the 95 % interval, "
        f"all on the same incidents. Contributions are Shapley values: the mean over all orders in which the "
        "measures could come, so that they add up to the change. A first arrival is that of a crew, not of a drone; "
        "times are means over the incidents that were reached, and an engine that is called back reaches none."
    )


def block(source: Source, folder: str) -> str:
    """Return what stands in the README."""
    return (
        f"{sentences(source)}\n\n"
        f"Every year, each with its interval: [{folder}/{NAME}.md]({folder}/{NAME}.md); as a picture: "
        f"[{NAME}.png]({folder}/figures/{NAME}.png); all indicators: "
        f"[comparison.csv]({folder}/comparison.csv). Made by `make reference`."
    )


def page(source: Source) -> str:
    """Return the table of every year as a page of its own."""
    return (
        f"# What each group of measures changes, year by year\n\n{note(source)} Made by `make reference`.\n\n"
        f"{sheet(source, source.years)}"
    )


# -- files -----------------------------------------------------------------------------------------------------------


def draw(source: Source, folder: Path) -> None:
    """Draw the contributions to four response times by year."""
    from sim.plots.contributions import by_year
    from sim.plots.style import new_figure, save, use_style

    with use_style():
        figure = new_figure(12.0, 7.6)
        for item, axes in zip(DRAWN, figure.subplots(2, 2).ravel(), strict=True):
            table = changes(source.table, item.kpi, item.by, item.group)
            by_year(table, axes, {part: one_line(part) for part in PARTS}, item.factor)
            axes.set_title(f"{item.heading} {item.chinese}")
            axes.set_ylabel(f"change from {BEFORE} 较{BEFORE}年变化 ({item.unit})")
        handles, names = axes.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=3)
        folder.mkdir(parents=True, exist_ok=True)
        _, vector = save(figure, folder, NAME)
    vector.unlink()  # the published pictures are small


def put(path: Path, words: str) -> None:
    """Put the block between the two marks of a file; SimError where they are not."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise SimError(f"{path}: cannot be read ({problem.strerror or problem}).") from problem
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SimError(f"{path}: lacks the marks {BEGIN} and {END} between which the first result stands.")
    write_text(path, f"{before}{begin}\n{words}\n{end}{after}")


@command_line.command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Write table, picture and sentences; 2 and one sentence on standard error if the user has to mend something."""
    folders = [item for item in arguments if "=" not in item and not item.startswith("-")]
    refusal = "unknown option {}; options are out=FOLDER and readme=FILE or none."
    own = options([item for item in arguments if item not in folders], refusal, out=OUT, readme=str(README))
    if len(folders) > 1:
        raise SimError(f"name one attribution, not {len(folders)}.")
    source, out = load(Path(folders[0]) if folders else SOURCE), own["out"]
    if own["readme"] != "none":
        put(Path(own["readme"]), block(source, out.as_posix()))  # first: it may lack the marks
    write_table(rows(source), out / f"{NAME}.csv")
    write_text(out / f"{NAME}.md", page(source))
    draw(source, out / "figures")
    print(sentences(source))
    print(f"Results  {out}: {NAME}.csv, {NAME}.md, figures/{NAME}.png; readme: {own['readme']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
