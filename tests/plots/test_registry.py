"""The registry of figures: one file makes a figure; every title says population, year and n and is never cut."""

import numpy as np
import pandas as pd
import pytest

import sim.plots.figures
from sim.analysis.accumulator import summarise
from sim.config.compose import compose
from sim.errors import SimError
from sim.plots import registry
from sim.plots.data import ComparisonData, RunData
from sim.plots.registry import figures_of
from sim.runs import replications
from sim.simulation.replication import build_world
from sim.storage.run_folder import Result

NEW_FIGURE = """
from sim.plots.labels import Label
from sim.plots.registry import figure


@figure("vehicle_fires", kind="run", title=Label("Calls by hour", "各时段警情"), population="all calls",
        needs={"incidents": ["time_s"]}, size=(3, 3), which="all")
def draw(data, picture):
    picture.subplots().hist(data.incidents["time_s"] % 86_400 / 3600)
"""


@pytest.fixture(scope="module")
def run():
    """Ten days of 2025, with one row of targets."""
    world = build_world(compose(["scenario=2025", "days=10", "replications=1", "figures=all"]))
    one = replications.one(world, 0)
    targets = pd.DataFrame(
        [("coverage", "at least", 0.7, 0.6, 0.5, 0.7, "share", "cannot_be_told")],
        columns=["name", "sense", "target", "mean", "low", "high", "unit", "verdict"],
    ).assign(chance=np.nan, chance_low=np.nan, chance_high=np.nan, chance_years=np.nan)
    tables = one.incidents.to_pandas(), one.dispatches.to_pandas(), summarise(one.indicators), targets
    return RunData(world.config, world.levels.stations_open, *tables)


class TwoRuns(ComparisonData):
    """The same tables as 2025 and as 2030, without folders."""

    def __init__(self, run):
        info = {"replications": 1, "days": 10}
        results = {str(y): Result(None, None, None, None, {**info, "scenario": y}, "") for y in (2025, 2030)}
        super().__init__(results, "2025")
        row = dict.fromkeys(("baseline_mean", "difference", "low", "high"), 1.0)
        rows = [
            {
                "scenario": "2030",
                "baseline": "2025",
                "kpi": "first_arrival_mean",
                "by": "all",
                "unit": "min",
                **row,
            }
        ]
        kpis = pd.concat([run.kpis.assign(scenario=year) for year in ("2025", "2030")])
        self.__dict__ |= {
            "region": run.region, "incidents": dict.fromkeys(("2025", "2030"), run.incidents), "kpis": kpis,
            "comparison": pd.DataFrame(rows),
        }  # fmt: skip


@pytest.fixture
def forget_new_figures(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))


def title_of(picture):
    return picture._suptitle


SPECS = [(spec.kind, spec.name) for kind in ("run", "comparison") for spec in figures_of(kind)]


@pytest.mark.parametrize(("kind", "name"), SPECS)
def test_every_title_says_population_year_and_n_in_both_languages_and_is_not_cut(run, kind, name):
    (spec,) = (spec for spec in figures_of(kind) if spec.name == name)
    picture = spec.make(run if kind == "run" else TwoRuns(run))
    picture.draw_without_rendering()
    title = title_of(picture)
    population, types = registry.POPULATIONS[spec.population]
    count = f"{len(run.incidents) if types is None else run.incidents['type'].isin(types).sum():,}"
    years = "2025" if kind == "run" else "2025–2030"
    assert spec.title.en in title.get_text()
    assert spec.title.zh in title.get_text()
    assert f"{population.en}, Quzhou {years} (n = {count} in 10 days)" in title.get_text()
    assert f"{population.zh}，衢州{years}年（10天n = {count}）" in title.get_text()
    box = title.get_window_extent()
    assert 0 <= box.x0 < box.x1 <= picture.bbox.x1
    assert box.y1 <= picture.bbox.y1


def test_a_title_says_a_year_where_the_runs_last_one(run):
    config = compose(["scenario=2025"])
    year = RunData(config, (), run.incidents.iloc[:2], run.dispatches, run.kpis, run.targets)
    (spec,) = (spec for spec in figures_of("run") if spec.name == "utilisation")
    assert (
        str(spec.subtitle(year)) == "All calls, Quzhou 2025 (n = 2 a year) 全部警情，衢州2025年（每年n = 2）"
    )


def test_a_title_wider_than_its_picture_is_written_smaller(run):
    (spec,) = (spec for spec in figures_of("run") if spec.name == "who_arrives_first")
    narrow = registry.FigureSpec(**{**vars(spec), "size": (3.0, 3.0)}).make(run)
    narrow.draw_without_rendering()
    assert title_of(narrow).get_window_extent().x1 <= narrow.bbox.x1


def test_a_figure_gets_the_incidents_of_its_population_only(run):
    types = {}
    for name in registry.POPULATIONS:
        spec = registry.FigureSpec(
            name, "run", figures_of("run")[0].title, name, {"incidents": ["type"]}, (3, 3),
            lambda data, picture, name=name: types.update({name: set(data.incidents["type"])}),
        )  # fmt: skip
        spec.make(run)
    assert all(kind.endswith("_fire") for kind in types["fires"])
    assert types["all calls"] == set(run.incidents["type"])


def test_a_new_figure_is_one_file(run, tmp_path, monkeypatch, forget_new_figures):
    (tmp_path / "vehicle_fires.py").write_text(NEW_FIGURE, encoding="utf-8")
    monkeypatch.setattr(sim.plots.figures, "__path__", [*sim.plots.figures.__path__, str(tmp_path)])
    drawn = registry.draw_figures(tmp_path, run, "run", "all")
    assert (tmp_path / "vehicle_fires.png").stat().st_size > 0
    assert drawn == [spec.name for spec in figures_of("run")]
    assert set(drawn) >= {"vehicle_fires", "utilisation"}
    assert "vehicle_fires" not in {spec.name for spec in figures_of("run", "main")}


def test_a_missing_column_is_a_sentence_that_names_figure_table_and_column(run):
    (spec,) = (spec for spec in figures_of("run") if spec.name == "simultaneous_demand")
    bare = RunData(
        run.config, (), run.incidents.drop(columns="closed_s"), run.dispatches, run.kpis, run.targets
    )
    with pytest.raises(SimError, match="figure simultaneous_demand: incidents: column closed_s is missing"):
        spec.make(bare)
    two = TwoRuns(run)
    two.__dict__["incidents"] = {"2025": run.incidents, "2030": bare.incidents.drop(columns="type")}
    (spec,) = (spec for spec in figures_of("comparison") if spec.name == "who_arrives_first")
    with pytest.raises(SimError, match="figure who_arrives_first: incidents of 2030: column type is missing"):
        spec.make(two)
