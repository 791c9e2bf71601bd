"""Write the README's first result from an attribution by year: table, picture, three sentences.

    python -m experiments.reference.first_result [results/attribution/all] [out=results/reference] [readme=README.md|none]

The attribution is that of `make reference`: several years, parts vehicles, patrol_cars, drones, unified_dispatch,
township_teams and the rest. Writes first_result.csv (rows of the attribution, year by year), first_result.md and
figures/first_result.png into `out`, and puts sentences and picture between the two marks of the README.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import command_line
from experiments.command_line import options, row
from experiments.reference import first_result_zh
from sim.analysis.not_known import NotKnown
from sim.config.groups.plan import ASSUMED
from sim.errors import SimError
from sim.files import write_table, write_text
from sim.studies.attribution import command
from sim.studies.attribution.groups import COLUMNS, FIRE, OTHER, RISK
from sim.studies.attribution.output import BEFORE, changes, marks, names
from sim.studies.uncertainty.page import chance, read
from sim.studies.uncertainty.statistics import FAILS, HOLDS

SOURCE, OUT, README = Path("results/attribution/all"), Path("results/reference"), Path("README.md")
NAME = "first_result"
KEYS = ["kpi", "by", "group"]
BEGIN, END = "<!-- first result: written by make reference -->", "<!-- end of the first result -->"
CLAIMS = Path("docs/uncertainty")  # over all that is not known
SOONER, MOST = "first_crew_sooner_by_2_min", "dispatch_more_than_teams"  # claims that the README tells
ASKED = 2  # inputs that the README asks for
DATED = 2027  # the last year with a dated promise; later stations are the model's proposal
SHOWN_FIRST = 2025  # the year shown with the last one in the README: by then most of the plan is due
PARTS = {
    "vehicles": "specialist vehicles and equipment",
    "patrol_cars": "patrol cars",
    "drones": "drone nests and the air-ground platform",
    "unified_dispatch": "unified 119 dispatch",
    "township_teams": "township teams",
    ASSUMED: "faster call handling, better careers of crews, cleared fire lanes, alarms, public awareness",
    OTHER: "stations and water",
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


# fmt: off
WATER = Indicator("trained_water_mean", *RISK, "water by a trained crew, building fires", "专职力量出水，建筑火灾")
CAPABLE = Indicator("first_capable_mean", *RISK, "first capable crew, life-risk calls", "首个有效力量到场，涉及人身警情")
FORCE = Indicator("full_force_mean", *RISK, "force complete, life-risk calls", "力量到齐，涉及人身警情")
BRIGADE = Indicator("first_professional_mean", *RISK, "brigade, life-risk calls", "国家消防队到场，涉及人身警情")
ARRIVAL = Indicator("first_arrival_mean", "all", "all", "first arrival, all calls", "首个力量到场，全部警情")
SIZE_UP = Indicator("size_up_mean", "category", FIRE, "size-up, fires told wrongly", "到场侦察，误报火灾")
# fmt: on
INDICATORS = (WATER, CAPABLE, FORCE, BRIGADE, ARRIVAL, SIZE_UP)
DRAWN = (CAPABLE, FORCE, WATER, ARRIVAL)


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
    hint = (
        f"run python -m sim attribution year=all groups={','.join(part for part in PARTS if part != OTHER)}"
    )
    try:
        info = json.loads(info_path.read_text(encoding="utf-8"))
        empty = {column: [""] for column in ("mean", "low", "high")}
        table = pd.read_csv(path, keep_default_na=False, na_values=empty)
    except (OSError, ValueError) as problem:
        raise SimError(f"{folder}: is no attribution ({problem}); {hint}.") from problem
    lacking = [name for name in ("year", *COLUMNS, "effect") if name not in table]
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
    """Return what the plan brings by the end of its last dated year; it holds whatever the numbers are."""
    last = source.years[-1]
    year = max((item for item in source.years if item <= DATED), default=last)
    mark = {part: re.sub(r" [一-鿿]+", "", words) for part, words in marks(source.table).items()}
    sure = _not_known()

    def change(indicator: Indicator) -> str:
        before, after = (source.cell(year, indicator, way)[0] for way in ("before", "after"))
        words = _sooner(*source.cell(year, indicator, "change"))
        told = f"({after:.1f} minutes instead of {before:.1f})"
        row = sure and sure.row((indicator.kpi, indicator.by, indicator.group), year, int(BEFORE))
        return f"{_spread(row)} minutes; as shipped {words} {told}" if row else f"{words} {told}"

    def gain(part: str) -> str:
        mean, half = source.cell(year, CAPABLE, "shapley", part)
        return f"{-mean:.1f}".replace("-", "−") if _notable(mean, half) else "0"

    gains = sorted(
        (source.cell(year, CAPABLE, "shapley", part)[0], name + mark[part], part)
        for part, name in PARTS.items()
    )
    brought = "; ".join(f"{name} {gain(part)}" for _, name, part in gains)
    spread = "" if sure is None else (
        " Each line first gives the change with all\nuncertain inputs varied: the median, and in brackets the range of "
        'the middle 90 %. "As shipped" is the change with the\ndefault inputs.'
    )  # fmt: skip
    (now, half), (then, _) = (source.cell(end, CAPABLE, "change") for end in (last, year))
    seen = _sooner(*source.cell(year, SIZE_UP, "shapley", "drones"))
    teams = f"{abs(source.cell(year, CAPABLE, 'shapley', 'township_teams')[0]):.1f}"
    return f"""\
By the end of {year} these times at building fires and rescues of persons have changed since {BEFORE}.{spread}

- the first capable crew: {change(CAPABLE)};
- the professional brigade: {change(BRIGADE)};
- water by a trained crew, at building fires: {change(WATER)};
- anybody at all, at all calls: {change(ARRIVAL)}.

A station counts as open at the end of the year in which its construction starts (`delivery=promised`).

The parts of the plan bring the first capable crew so many minutes sooner: {brought}. *Assumed* effects are inputs of
the model, not results. The drone nests bring no crew; where the caller misjudged the fire, its true size is known
{seen}, on average.

Four things to know before you use these numbers:

- The plan names no number of full-time teams. The model reads it as one in every township by 2027; without this reading
  the gain is {teams} minutes smaller (`plan/readings=teams_none`, [docs/policy-register.md](docs/policy-register.md)).
- These are the calls and the people of 2023. With more calls and an older population expected deaths are higher
  ([the two side by side](results/reference/growth.md)).
- After {year} the plan sets no date for a new measure, only a target of coverage: the share of the main urban area that
  stations reach in time. The change by {last} ({_sooner(now - then, half)} for the first capable crew) comes from
  stations that this model proposes to meet it.
{_how_sure()}"""


def chinese(source: Source) -> str:
    """Return the sentences in Chinese."""
    year, sure = max(item for item in source.years if item <= DATED), _not_known()
    times = {}
    for subject, item in (
        ("首个有效力量到场", CAPABLE), ("国家消防队到场", BRIGADE), ("建筑火灾由专职力量出水", WATER),
    ):  # fmt: skip
        before, after = (source.cell(year, item, way)[0] for way in ("before", "after"))
        row = None if sure is None else sure.row((item.kpi, item.by, item.group), year, int(BEFORE))
        spread = "" if row is None else f"（考虑未知因素：{_spread(row).replace(' to ', '至')}分钟）"
        times[subject] = before, after, spread
    gains = {part: -source.cell(year, CAPABLE, "shapley", part)[0] for part in PARTS}
    claims = read(CLAIMS).tables["claims"].set_index("name")
    share = chance(float(claims["chance"][SOONER])).replace(" ", "")
    return first_result_zh.sentences(year, times, gains, share)


def _not_known() -> NotKnown | None:
    """Return the study whose intervals the bullets have; None where it was made before there were any."""
    try:
        return NotKnown.read(CLAIMS)
    except SimError:
        return None


def _how_sure() -> str:
    """Say in how much of all that is not known the main sentences hold, and what to ask for first."""
    study = read(CLAIMS)
    claims: dict[Any, dict[Any, Any]] = study.tables["claims"].set_index("name").to_dict("index")
    sooner, more_than = (claims[name] for name in (SOONER, MOST))
    two, more = (chance(claim["chance"]) for claim in (sooner, more_than))
    of = "{draws:,} draws of the uncertain inputs, {left} agree with what is published or believed".format(
        **study.settings
    )
    calls = {"all": " at all calls", "life_risk": ""}[sooner["calls"]]
    open_ = (
        "" if more_than["verdict"] in (HOLDS, FAILS) else " So the model cannot say which measure helps most."
    )
    asked = study.tables["worth"].query("decision == 'first_crew' and worth > 0")["parameter"][:ASKED]
    first = f"\n  Ask the 119 centre first for: {'; '.join(map(study.meaning, asked))}." if len(asked) else ""
    return f"""\
- How sure is that? Of {of}. In
  {two} of them the first capable crew arrives more than 2 minutes sooner{calls}. In {more} unified dispatch with its
  faster call handling helps more than township teams with better careers.{open_}
  See [docs/uncertainty.md](docs/uncertainty.md).{first}"""


def _spread(row: Mapping[str, Any]) -> str:
    """Return the middle draw and the ends of 90 % of them, in minutes with their signs."""
    middle, low, high = (f"{float(row[key]):+.1f}".replace("-", "−") for key in ("middle", "low", "high"))
    return f"{middle} ({low} to {high})"


def _sooner(mean: float, half: float) -> str:
    """Say a change in minutes if it is large enough to notice, and more than chance."""
    if not _notable(mean, half):
        return "no sooner"
    return f"{abs(mean):.1f} minutes {'sooner' if mean < 0 else 'later'}"


def _notable(mean: float, half: float) -> bool:
    return abs(mean) >= LEAST_MIN and abs(mean) > half


def sheet(source: Source, years: Sequence[int]) -> str:
    """Return the table in Markdown: the year before, then the changes by the end of each of the years."""

    def cells(words: Callable[[float, float, str], str], year: int, way: str, part: str = "") -> list[str]:
        return [words(*source.cell(year, item, way, part), item.unit) for item in INDICATORS]

    mark = marks(source.table)
    lines = [
        ["minutes from the call", *(item.heading for item in INDICATORS)],
        ["---", *["---:"] * len(INDICATORS)],
        [f"in {BEFORE}", *cells(_level, years[0], "before")],
    ]
    for year in years:
        lines.append([f"**change by {year}**", *(f"**{cell}**" for cell in cells(_change, year, "change"))])
        lines += [[name + mark[part], *cells(_change, year, "shapley", part)] for part, name in PARTS.items()]
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
        f"`delivery={info['delivery']}` (a station counts from the start of its construction), means ± half of the 95 % "
        f"interval, all on the same incidents. Contributions are Shapley values: the mean over all orders in which the "
        "measures could come, so that they add up to the change. A first arrival is that of a crew, not of a drone; "
        "a unit that never arrives, or arrives later, counts as 60 minutes."
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

    parts = {part: name.replace("\n", " ") for part, name in names(source.table).items()}
    with use_style():
        figure = new_figure(12.0, 7.6)
        for item, axes in zip(DRAWN, figure.subplots(2, 2).ravel(), strict=True):
            table = changes(source.table, item.kpi, item.by, item.group)
            by_year(table, axes, parts, item.factor)
            axes.set_title(f"{item.heading} {item.chinese}")
            axes.set_ylabel(f"change from {BEFORE} 较{BEFORE}年变化 ({item.unit})")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
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
        if (translated := Path(own["readme"]).with_suffix(".zh.md")).is_file():
            put(translated, chinese(source))
    write_table(rows(source), out / f"{NAME}.csv")
    write_text(out / f"{NAME}.md", page(source))
    draw(source, out / "figures")
    print(sentences(source))
    print(f"Results  {out}: {NAME}.csv, {NAME}.md, figures/{NAME}.png; readme: {own['readme']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
