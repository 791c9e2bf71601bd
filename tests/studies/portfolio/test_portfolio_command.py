"""python -m sim portfolio: the same bytes for any workers, resumed or not; a portfolio's file is what was searched."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from sim import cli
from sim.config import costs as money
from sim.config.compose import compose, written
from sim.errors import SimError
from sim.simulation import replication
from sim.studies.portfolio import command, figures, levers, measuring, page, study
from sim.studies.portfolio.measuring import Measured, Point, Study
from sim.studies.portfolio.study import Search, Settings

SMALL = ["budget=20", "design=8", "screen=1", "final=2", "most=4", "draws=0", "days=2"]
KEYS = (("first_capable_mean", "all", "all"), ("vehicles_per_call", "all", "all"))
CONFIG = compose(["scenario=2027", "days=3", "keep=kpis", "figures=none"])
COSTS = money.read(None)


@pytest.fixture(scope="module")
def space() -> levers.Space:
    return levers.space(replication.build_world(CONFIG), COSTS)


def toy(place: int) -> np.ndarray:
    """Stand in for the runs of a task: what is measured falls with the number of keys, with noise by replication."""
    common, _, tasks = measuring._ready[0]
    number, points = tasks[place]
    rng = np.random.default_rng(number)
    shared = rng.normal(0, 0.01, len(common.keys))
    return np.array(
        [10 - 0.1 * len(str(point.scenario)) / 50 + point.draw * 0.01 + shared for point in points]
    )


def no_picture(_: Any, folder: Path, worlds: Any) -> None:
    (folder / "map.png").write_bytes(str(sorted(worlds)).encode())


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "work", toy)
    monkeypatch.setattr(study, "ROUNDS", 1)
    monkeypatch.setattr(study, "SHARES", (0.5,))
    monkeypatch.setattr(figures, "draw", no_picture)


def files(place: Path) -> dict[str, bytes]:
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in sorted(place.rglob("*")) if p.is_file()}


def run(place: Path, *more: str) -> Path:
    assert cli.main(["portfolio", *SMALL, "workers=1", f"out={place}", *more]) == 0
    return place


@pytest.mark.slow
@pytest.mark.usefixtures("cheap")
def test_an_interrupted_search_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(tmp_path / "whole")
    kept, count = Measured._write, iter(range(99))

    def dies(measured: Measured) -> None:
        kept(measured)
        if next(count) == 1:
            raise SimError("the disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(Measured, "_write", dies)
        with pytest.raises(AssertionError):
            run(tmp_path / "again")
    assert not (tmp_path / "again" / "portfolio").exists()
    again = files(run(tmp_path / "again"))
    assert {name: again[name] for name in again if "study.json" not in name and ".md" not in name} == {
        name: text for name, text in files(whole).items() if "study.json" not in name and ".md" not in name
    }


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_bytes_and_pictures(tmp_path: Path) -> None:
    one, two = (run(tmp_path / name / "out", f"workers={name}") for name in ("1", "2"))
    left = {name for name in files(one) if not name.endswith((".json", ".md"))}  # which name the command
    assert {name: files(one)[name] for name in left} == {name: files(two)[name] for name in left}
    assert {"portfolio/map.png", "portfolio/pareto.svg", "measured.csv"} <= left
    against = pd.read_csv(one / "portfolio" / "against.csv")  # of the real event model
    assert sorted(against["rival"]) == 2 * ["greedy"] + 2 * ["siting"] + 2 * ["siting with teams"]
    assert "worse" not in set(against["verdict"])


def test_a_portfolio_is_a_file_that_gives_what_the_search_measured(
    space: levers.Space, tmp_path: Path
) -> None:
    portfolio = tuple(min(1, size - 1) for size in space.sizes)
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(space.keys(portfolio), allow_unicode=True), encoding="utf-8")
    common = Study(("days=3", "figures=none", "workers=1"), KEYS, ())
    found = Measured(common, tmp_path / "out")([Point.of(space.keys(portfolio))], range(2), "test")[0]
    given = [f"portfolio={file}", "days=3", "replications=2", "workers=1", "figures=none", "keep=kpis"]
    assert cli.main([*given, f"out={tmp_path / 'run'}", "name=own"]) == 0
    values = pd.read_parquet(tmp_path / "run" / "own" / "kpi_values.parquet")
    for place, (kpi, by, group) in enumerate(KEYS):
        rows = values[(values["kpi"] == kpi) & (values["by"] == by) & (values["group"] == group)]
        assert rows.sort_values("replication")["value"].tolist() == found[:, place].tolist()


def test_a_world_is_made_once_for_all_its_replications(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Point] = []
    config = Study.config
    monkeypatch.setattr(Study, "config", lambda own, point: made.append(point) or config(own, point))
    point = Point.of({"scenario": "2027"})
    measuring.start(Study(("days=1", "figures=none"), KEYS, ()), [(0, [point]), (1, [point]), (0, [point])])
    first, second, again = (measuring.work(place) for place in range(3))
    assert made == [point]
    assert first.tolist() == again.tolist() != second.tolist()


def test_nests_are_seen_with_the_station_that_they_are_on(space: levers.Space) -> None:
    stored = page.read(Path(__file__).parents[3] / "docs" / "portfolio")
    empty = compose(written(space.keys((0,) * len(space.sizes))))
    worlds = {"nothing": replication.build_world(empty), "plan": replication.build_world(CONFIG)}
    axes = figures._map(stored, worlds).axes[0]
    by_size = {line.get_markersize(): line for line in axes.lines if len(line.get_xdata())}
    nests, stations = (by_size[figures.SIZES[tier]] for tier in ("drone", "professional"))
    assert nests.get_markerfacecolor() == "none"  # a ring round the station
    assert nests.get_markersize() > stations.get_markersize() + 2
    assert nests.get_zorder() > stations.get_zorder()
    assert len(nests.get_xdata()) == 8


def test_the_plan_is_the_portfolio_without_a_key_and_nothing_costs_nothing(space: levers.Space) -> None:
    assert space.keys(space.plan) == {"scenario": "2027"}
    empty = (0,) * len(space.sizes)
    assert space.cost(COSTS, empty) == 0
    before = replication.build_world(compose(written(space.keys(empty))))
    there = {
        station.name
        for station in before.forces.stations
        if station.tier in ("professional", "township", "drone")
    }
    shipped = replication.build_world(compose(["scenario=2023"])).forces.stations
    assert there == {s.name for s in shipped if s.tier in ("professional", "township", "drone")}


def test_every_level_of_every_lever_is_a_scenario_and_more_costs_more(space: levers.Space) -> None:
    world = replication.build_world(CONFIG)
    for at, lever in enumerate(space.levers):
        prices = []
        for level in range(len(lever.levels)):
            portfolio = (*space.plan[:at], level, *space.plan[at + 1 :])
            prices.append(space.cost(COSTS, portfolio))
            if level != lever.plan:  # composing takes a while
                keys = space.keys(portfolio)
                assert len(keys) > 1
                assert level not in (0, len(lever.levels) - 1) or compose(written(keys)) != world.config
        assert prices == sorted(prices), lever.name


def test_levers_by_hand(space: levers.Space) -> None:
    amount = {lever.name: at for at, lever in enumerate(space.levers)}
    night = list(space.plan)
    night[amount["cars"]] = 3
    got = space.quantities(tuple(night))
    assert (got["patrol_car"], got["patrol_hour"]) == (100, 1200)
    # 13 stations: their rosters, and ten persons for each of 43 towns and 57 further teams; a tenth more presence
    crews = {"special": 50, "class1": 36, "class2": 20, "logistics": 20}
    roster = sum(
        crews[s.station_class] for s in replication.build_world(CONFIG).region.sites if not s.planned
    )
    assert got["career"] == pytest.approx(roster + 100 * 2 * 5)
    assert (got["team"], got["nest"], got["station_small"], got["station_class2"]) == (57, 8, 2, 1)


@pytest.mark.usefixtures("cheap")
def test_the_winner_is_never_worse_than_greedy_and_than_siting(space: levers.Space, tmp_path: Path) -> None:
    settings = Settings((20e6,), 10, 1, 2, 12, 0.001, 0.05, 1, 1.0)
    search = Search(space, COSTS, settings, Measured(Study(("days=2", "workers=1"), KEYS, ()), tmp_path))
    for race in search().races:
        assert {"greedy", "siting"} <= set(race.contenders.values())
        racing = list(race.contenders)
        assert all(search.cost(p) <= race.budget for p in racing)
        values = dict(
            zip(racing, search.run(racing, range(1000, 1012), "all")[:, :, 0].mean(axis=1), strict=True)
        )
        assert values[race.winner] <= min(values.values()) + 0.001


@pytest.mark.usefixtures("cheap")
def test_the_page_and_the_tables_say_the_same(tmp_path: Path) -> None:
    place = run(tmp_path / "out", "lang=zh") / "portfolio"
    table = pd.read_csv(place / "portfolios.csv").set_index("portfolio")
    assert {"plan", "nothing", "best_20", "same_money"} <= set(table.index)
    assert table.loc["plan", "first_capable_mean/risk/life_risk change"] == 0
    assert table.loc["best_20", "cost"] <= 20e6
    finance = pd.read_csv(place / "finance.csv")
    nest = finance[finance["item 项目"] == "drone nest 无人机机巢"].set_index(["portfolio 方案", "kind 类别"])
    assert nest.loc[("plan 规划", "capital 资本支出"), "2025"] == 8 * 150_000
    assert nest.loc[("plan 规划", "total 合计"), "2026"] == 8 * 50_000
    assert (
        (place / "finance.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    )  # a spreadsheet opens it as Chinese
    told = (place / "portfolio.zh.md").read_text(encoding="utf-8")
    assert "用规划的费用（每年140.3百万元）" in told
    assert "price of the plan (140.3 million" in (place / "portfolio.md").read_text(
        encoding="utf-8"
    )  # both are written
    assert (
        json.loads((place / "study.json").read_text(encoding="utf-8"))["objective"][0] == "first_capable_mean"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("budget=-1", "budget is '-1'; allowed: million yuan a year"),
        (
            "objective=first_capabel_mean/all/all",
            "objective is 'first_capabel_mean/all/all' (did you mean first_capable_mean",
        ),
        ("year=2040", "year is '2040'"),
        ("scenario=2025", "scenario is given as year=... here."),
        ("costs=nowhere.yaml", "cannot read nowhere.yaml"),
        ("replications=3", "replications are given as screen=, final= and most= here."),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(
    given: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["portfolio", f"out={tmp_path / 'out'}", given]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {said}")
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_objective_of_which_more_is_better_is_turned_round() -> None:
    assert command._keys("first_capable_within_10/risk/life_risk", CONFIG)[0][0] == "first_capable_within_10"
    assert any(part in "first_capable_within_10" for part in command.MORE)
    assert replace(Settings((), 1, 1, 2, 3, None, 0.05, 1, -1.0), seed=2).sign == -1


def test_the_results_of_an_earlier_search_are_replaced_whatever_it_found(tmp_path: Path) -> None:
    folder = tmp_path / command.FOLDER
    folder.mkdir()
    for name in (page.SETTINGS, "as_good.yaml", "best_7.yaml", "regret.csv", "map.svg"):
        (folder / name).write_text("", encoding="utf-8")
    command._refuse_foreign(tmp_path)(folder)


def test_a_file_of_somebody_else_is_refused_before_the_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / command.FOLDER
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert cli.main(["portfolio", *SMALL, f"out={tmp_path}"]) == 2
    assert "notes.txt, which is no portfolio study" in capsys.readouterr().err
    assert not (tmp_path / measuring.MEASURED).exists()
