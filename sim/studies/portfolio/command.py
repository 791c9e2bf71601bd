"""Find what would do more for the same money: portfolios of stations, teams, cars, nests, water, alarms and rules.

1. The effect of one more step of each lever (what money can change) beside the plan, and its cost a minute or a life.
2. A regression of the event model on random portfolios proposes, with greedy steps and exchanges; so do greedy alone
   and the covering model. For each budget (million yuan a year) the event model decides among them, on common
   incidents: the best is chosen with a chance of 95 % if it is better by `indifference` or more (Kim and Nelson 2001).
3. The plan is compared with the best portfolio of its cost and with the cheapest that is as good; the order to buy in.
4. The same with uncertain inputs and costs varied (draws=0 leaves it out): the choice of least regret.

objective is response (first crew of four at life-risk calls), deaths, equity (the same in the tenth of the townships
that were last before the plan), or any indicator as kpi/by/group. Costs are a file like configs/costs/quzhou.yaml
(costs=FILE). OUT/measured.csv keeps what was measured, so that a repeated command continues where it stopped; the same
seed gives the same bytes for any number of workers. Each portfolio is a file for python -m sim portfolio=FILE.

    python -m sim portfolio budget=50 objective=deaths
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from sim.analysis import not_known
from sim.config import costs as money
from sim.config import out_of_range
from sim.config.compose import compose, options
from sim.config.schema import Config
from sim.errors import SimError, did_you_mean
from sim.files import Check, not_a_run, only, publish_folder
from sim.locks import Lock
from sim.options import Asked, Option, Usage
from sim.reports.terminal import say
from sim.runs import replications
from sim.simulation import replication
from sim.storage.provenance import tables_digest
from sim.studies.portfolio import figures, finance, page
from sim.studies.portfolio.levers import space
from sim.studies.portfolio.measuring import EQUITY, Key, Measured, Point, Study
from sim.studies.portfolio.study import MILLION, Outcome, Search, Settings
from sim.studies.portfolio.tables import FIXED, Tables, Unknown
from sim.studies.run_selection import LANG
from sim.studies.sensitivity.command import OWN
from sim.studies.sensitivity.command import command as command_line
from sim.studies.sensitivity.parameters import choose
from sim.studies.siting.evaluation import region_folder
from sim.studies.uncertainty import draws
from sim.studies.uncertainty.claims import Point as Year
from sim.studies.uncertainty.ensemble import BEFORE, Ensemble, known
from sim.studies.uncertainty.ensemble import Measured as OfEnsemble
from sim.studies.uncertainty.tables import Ruled

OBJECTIVES: dict[str, Key] = {
    "response": ("first_capable_mean", "risk", "life_risk"),
    "deaths": ("deaths_a", "all", "all"),
    "equity": (EQUITY, "all", "all"),
}
MORE = ("within", "coverage")  # parts of the names of indicators of which more is better
WORST = 0.1  # of the townships
LEAST_DRAWS = 3
PILOT = 8  # replications that find them
FOLDER = "portfolio"
BUDGETS = ["5", "10", "20", "35", "50", "75", "100", "150", "200"]
USAGE = Usage(
    (
        Option("budget", "million yuan a year, several with commas", BUDGETS, list),
        Option("objective", f"what is to be best: {', '.join(OBJECTIVES)}, or kpi/by/group", "response"),
        Option("year", "of the plan, its state at the end", "2027", allowed=lambda: options("scenario")),
        Option("costs", "YAML file; without it configs/costs/quzhou.yaml", None, Path),
        Option("design", "random portfolios for the regression", 256, int, 8, 100_000),
        Option("screen", "replications of each of them", 3, int, 1, 1000),
        Option("final", "replications of what is told", 20, int, 2, 10_000),
        Option("most", "replications of a race at most", 60, int, 3, 10_000),
        Option("indifference", "in the objective's unit; without it a hundredth of the plan's", None, float, 1e-9, 1e9),
        Option("alpha", "chance of a wrong choice", 0.05, float, 0.001, 0.5),
        Option("draws", "of what is not known, of which what is published rules out most; 0: none", 128, int, 0, 2**16),
        Option("most_draws", "that are run of those left", 32, int, 3, 10_000),
        Option("days", "of every run", 365, int, 1, 365),
        Option("seed", "of the search and of every run", 2024, int, 0, 2**32 - 1),
        LANG,
        Option("out", "folder for the results", Path("results/portfolio"), Path),
    ),
    configuration=True,
    refused={
        **{name: f"{name} belongs to a single run; every portfolio has its own." for name in OWN},
        "scenario": "scenario is given as year=... here.",
        "replications": "replications are given as screen=, final= and most= here.",
    },
    interrupted="what was measured is kept; the same command goes on from there.",
)  # fmt: skip


def run(asked: Asked) -> int:
    """Search, write the page with tables, pictures and scenarios, and print the answer."""
    costs, budgets = money.read(asked["costs"]), _budgets(asked["budget"])
    common = (f"days={asked['days']}", f"seed={asked['seed']}", "figures=none", *asked.others)
    shipped = compose([f"scenario={asked['year']}", *common])
    out_of_range.tell(out_of_range.values(shipped), strict=shipped.strict)
    if 0 < asked["draws"] < LEAST_DRAWS:
        raise SimError(f"draws is {asked['draws']}; allowed: 0 for none, or {LEAST_DRAWS} or more.")
    not_a_run(asked["out"])
    if shipped.scenario.year < shipped.plan.first_year:
        raise SimError(
            f"year is {asked['year']}; allowed: {shipped.plan.first_year} or later, when the plan holds."
        )
    folder = region_folder(shipped)
    keys = _keys(asked["objective"], shipped)
    world = replication.build_world(replace(shipped, keep="kpis"))
    levers = space(world, costs)
    sign = -1.0 if any(part in keys[0][0] for part in MORE) else 1.0
    settings = Settings(
        budgets, asked["design"], asked["screen"], asked["final"], asked["most"], asked["indifference"],
        asked["alpha"], asked["seed"], sign,
    )  # fmt: skip
    _refuse_foreign(asked["out"])(asked["out"] / FOLDER)  # now, not after an hour
    with Lock(asked["out"]):
        study = Study(common, keys, _worst(common))
        measured = Measured(study, asked["out"])
        search = Search(levers, costs, settings, measured)
        drawn = _draws(asked, search, study, shipped)  # too few are refused now
        found = search()
        unknown = _unknown(asked, search, found, replace(study, draws=drawn)) if drawn else None
        tables = Tables(search, found, keys, unknown)
        about = {
            "command": command_line(asked.line, "portfolio"), "region": shipped.region.name,
            "year": int(asked["year"]),
            "objective": list(keys[0]), "more_is_better": sign < 0, "keys": [list(key) for key in keys],
            **{name: asked[name] for name in ("days", "seed", "final", "alpha")},
            "screened": len(found.seen), "screen": asked["screen"], "indifference": found.indifference,
            "proxy_error": found.proxy_error, "draws": len(unknown.costs) if unknown else 0,
            "same_money_better": tables.better("same_money"), "worst_townships": list(study.worst),
            "price_year": costs.price_year, "world": not_known.world(shipped),
            "region_digest": tables_digest(folder),
        }  # fmt: skip
        write(asked["out"], tables, about)
    say(page.answer(page.read(asked["out"] / FOLDER), asked["lang"]))
    say(
        f"{len(measured.known):,} replications of portfolios in {measured.file}, {measured.ran:,} of them run now"
    )
    say(f"{asked['out'] / FOLDER / page.PAGES[asked['lang']]}: the whole result")
    return 0


def write(place: Path, tables: Tables, about: dict[str, object]) -> None:
    """Publish the folder of results as a whole."""
    with publish_folder(place / FOLDER, _refuse_foreign(place, tables.named)) as scratch:
        for name, table in tables.all().items():
            coding = "utf-8-sig" if name == "finance" else "utf-8"  # which a spreadsheet opens as Chinese
            table.to_csv(scratch / f"{name}.csv", index=False, encoding=coding, lineterminator="\n")
        for name, portfolio in tables.named.items():
            text = yaml.safe_dump(tables.space.keys(portfolio), allow_unicode=True, sort_keys=False)
            (scratch / f"{name}.yaml").write_text(text, encoding="utf-8", newline="\n")
        text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        (scratch / page.SETTINGS).write_text(text, encoding="utf-8", newline="\n")
        report = page.read(scratch)
        study = tables.search.measured.study
        worlds = {
            name: replication.build_world(study.config(Point.of(tables.space.keys(tables.named[name]))))
            for name in ("nothing", *finance.NAMES)
            if name in tables.named
        }
        figures.draw(report, scratch, worlds)
        for lang, name in page.PAGES.items():
            (scratch / name).write_text(page.render(report, lang), encoding="utf-8", newline="\n")


def _refuse_foreign(place: Path, named: Iterable[str] = ()) -> Check:
    """Return a check that lets the results of an earlier study be replaced, whatever it found, and nothing else."""
    before = {path.stem for path in (place / FOLDER).glob("best_*.yaml")}  # of other budgets
    portfolios = {f"{name}.yaml" for name in (*FIXED, *before, *named)}
    pictures = {f"{name}.{kind}" for name in figures.PICTURES for kind in ("png", "svg")}
    names = {*page.FILES, *pictures, *portfolios, *page.PAGES.values()}
    return only(names, "portfolio study", page.SETTINGS)


def _budgets(texts: list[str]) -> tuple[float, ...]:
    found = []
    for text in texts:
        try:
            number = float(text)
        except ValueError:
            number = np.nan
        if not 0 <= number <= 1e6:
            raise SimError(f"budget is {text!r}; allowed: million yuan a year in 0..1000000.")
        found.append(number * MILLION)
    return tuple(found)


def _keys(objective: str, config: Config) -> tuple[Key, ...]:
    """Return what is measured: the objective first."""
    wanted = OBJECTIVES.get(objective)
    if wanted is None:
        parts = objective.split("/")
        there = known(config)
        kpis = list(dict.fromkeys(key[0] for key in there))
        if len(parts) != 3 or (key := (parts[0], parts[1], parts[2])) not in there:
            hint = did_you_mean(parts[0], kpis)
            raise SimError(
                f"objective is {objective!r}{hint}; allowed: {', '.join(OBJECTIVES)}, or an indicator of a run as "
                "kpi/by/group, such as first_capable_p90/all/all."
            )
        wanted = key
    return tuple(dict.fromkeys([wanted, *OBJECTIVES.values()]))


def _worst(common: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tenth of the townships where the first crew that can begin came last before the plan."""
    config = compose([f"scenario={BEFORE}", *common, f"replications={PILOT}", "keep=kpis"])
    values = []
    for tables in replications.run(replication.build_world(config)):
        rows = tables.indicators
        rows = rows[(rows["kpi"] == "first_capable_mean") & (rows["by"] == "township")]
        values.append(rows.set_index("group")["value"])
    means = pd.concat(values, axis=1).mean(axis=1)
    order = means.sort_values(ascending=False, kind="stable").index
    return tuple(sorted(order[: max(1, round(WORST * len(order)))]))


def _draws(asked: Asked, search: Search, study: Study, shipped: Config) -> dict[int, tuple[str, ...]]:
    """Return the options of each draw of what is not known that what is published leaves; none with draws=0."""
    if not asked["draws"]:
        return {}
    moved = {key.lstrip("+") for lever in search.space.levers for level in lever.levels for key in level.keys}
    try:
        chosen = choose(list(draws.PARAMETERS), shipped)
    except SimError as problem:
        raise SimError(f"{problem} Or leave out what is not known: draws=0.") from None
    parameters = [p for p in chosen if not moved & {target.key for target in p.targets}]
    shares = draws.quantiles(parameters, asked["draws"], asked["seed"])
    drawn = draws.values(parameters, shares)
    ensemble = Ensemble(tuple(parameters), drawn, (), study.common, 2, asked["out"] / "ensemble")
    first = OfEnsemble(ensemble)([Year(BEFORE)], range(asked["draws"]), str(BEFORE))
    left = Ruled.of(first[:, 0]).left[: asked["most_draws"]].tolist()
    if len(left) < LEAST_DRAWS:
        raise SimError(
            f"{len(left)} of {asked['draws']} draws are left by what is published; needed: {LEAST_DRAWS} or more. "
            "Give more draws, or draws=0 for none."
        )
    say(f"{len(left)} draws of {asked['draws']} are run: what is published leaves them")
    return {
        d: tuple(w for p, at in zip(parameters, drawn[d], strict=True) for w in p.arguments(float(at)))
        for d in left
    }


def _unknown(asked: Asked, search: Search, found: Outcome, study: Study) -> Unknown:
    """Run what is told under the study's draws of what is not known."""
    search.measured.study = study
    every, values = search.unknown(found, list(study.draws), 2)
    rng = np.random.default_rng([asked["seed"], 2])
    prices = [search.costs.drawn(rng.random(len(search.costs.items))) for _ in study.draws]
    return Unknown(every, values.mean(axis=2), prices)
