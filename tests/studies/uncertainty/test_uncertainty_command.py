"""python -m sim uncertainty: the same bytes for any number of workers, resumed or not; a page in two languages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import cli
from sim.analysis.anchors import ANCHORS
from sim.analysis.not_known import NotKnown
from sim.errors import SimError
from sim.studies.uncertainty import command, ensemble, tables
from sim.studies.uncertainty.page import Report, read

CLAIMS = """
claims:
  sooner: {kpi: first_capable_mean, year: 2027, falls_from: 2023}
  never:  {kpi: first_capable_mean, year: 2027, at_most: 0}
  stops:  {kpi: drone_first, year: 2023, at_least: 0}
decisions:
  first:  {kpi: first_capable_mean, year: 2027, first: [unified_dispatch, patrol_cars]}
"""
SMALL = ["years=2023,2027", "days=3", "parameters=t_disp0,t_disp1,v_mtn", "draws=16"]


def toy(place: int) -> np.ndarray:
    """Stand in for the runs of a draw: published values with noise, and indicators that fall with the year."""
    study, _, points, draws = ensemble._ready[0]
    draw, size = draws[place], (study.replications, len(study.columns))
    rows = []
    for point in points:
        rng = np.random.default_rng([draw, *point.label.encode()])
        row = rng.normal(
            [*(anchor.value for anchor in ANCHORS), *[2040 - point.year] * len(study.keys)], 0.01, size
        )
        if point.year < 2024:
            row[:, study.columns.index("drone_first/all/all")] = np.nan
        rows.append(row / study.drawn[draw, 0] * 90 if point.way == "alone" else row)
    return np.array(rows)


def no_picture(_: Report, folder: Path, *, svg: bool) -> None:
    (folder / "claims.png").touch()


@pytest.fixture(autouse=True)
def _cheap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "real" not in request.fixturenames:
        monkeypatch.setattr(ensemble, "work", toy)
        monkeypatch.setattr(command, "draw", no_picture)


@pytest.fixture
def real() -> None:
    """Run the model, and draw."""


def run(folder: Path, name: str, *more: str) -> Path:
    given = [*SMALL, f"claims={folder / 'claims.yaml'}", f"out={folder / name}", "workers=1", *more]
    assert cli.main(["uncertainty", *given]) == 0
    return folder / name


def files(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "claims.yaml").write_text(CLAIMS)
    return tmp_path


@pytest.fixture
def whole(folder: Path) -> Path:
    return run(folder, "whole")


def test_an_interrupted_study_goes_on_to_the_same_bytes(
    whole: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ensemble, "BATCH", 4)
    kept, count = ensemble.Measured._write, iter(range(99))

    def dies(measured: ensemble.Measured) -> None:
        kept(measured)
        if next(count) == 1:
            raise SimError("the disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(ensemble.Measured, "_write", dies)
        with pytest.raises(AssertionError):
            run(folder, "again")
    assert not (folder / "again" / "uncertainty").exists()
    left = len(pd.read_csv(folder / "again" / "measured.csv", comment="#"))
    assert left == 2 * 4 * 2  # two batches of four draws, two replications each
    assert files(run(folder, "again")) == files(whole)


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_any_number_of_workers_gives_the_same_bytes(folder: Path) -> None:
    one, two = (files(run(folder, f"w{workers}", f"workers={workers}")) for workers in (1, 2))
    assert one == two
    assert {
        "uncertainty.md",
        "measured.csv",
        *(f"uncertainty/{name}.png" for name in ("claims", "years")),
    } < set(one)


def test_parts_of_several_jobs_give_the_same_bytes(
    whole: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        assert not (run(folder, "jobs", f"part={number}/2") / "uncertainty.md").exists()
    monkeypatch.setattr(ensemble, "work", None)  # nothing is left to run
    found = files(run(folder, "jobs"))
    assert {name: text for name, text in found.items() if not name.startswith("parts/")} == files(whole)


def test_more_draws_run_only_the_new_ones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(
        ensemble, "work", lambda place: ran.append(ensemble._ready[0][3][place]) or toy(place)
    )
    run(folder, "more")
    ran.clear()
    run(folder, "more", "draws=32")
    assert sorted(set(ran)) == list(range(16, 32))


def test_a_draw_that_fails_is_left_out_and_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(variants: object, region: object, number: int, *rest: object) -> np.ndarray:
        if number // 2 == 3:
            raise ValueError("no such unit")
        return np.ones((len(variants), len(ensemble._ready[0][0].columns)))  # type: ignore[arg-type]

    monkeypatch.undo()
    monkeypatch.setattr(command, "draw", no_picture)
    monkeypatch.setattr(ensemble.attribution, "coalition_values", fails)
    monkeypatch.setattr(tables, "CUT", np.inf)
    table = read(run(folder, "fails") / "uncertainty").tables["draws"]
    assert table["state"].value_counts().to_dict() == {"left": 15, "failed": 1}
    assert table.loc[table["state"] == "failed", "draw"].tolist() == [3]
    assert "draw 3 is left out: ValueError: no such unit\n" in capsys.readouterr().err


def test_each_claim_has_its_chance_and_its_verdict(whole: Path) -> None:
    table = read(whole / "uncertainty").tables["claims"].set_index("name")
    assert table.loc["never", ["chance", "verdict"]].tolist() == [0, "does_not_hold"]
    assert table.loc["stops", "draws"] == 0  # no drone in 2023: no value, no verdict
    assert table.loc["stops", "verdict"] == "cannot_be_told"
    sooner = table.loc["sooner"]
    assert 0 <= sooner["chance_low"] <= sooner["chance"] <= sooner["chance_high"] <= 1
    assert sooner["low"] <= sooner["estimate"] <= sooner["high"]


def test_life_risk_calls_have_their_interval_in_each_year_and_from_year_to_year(whole: Path) -> None:
    found = NotKnown.read(whole)
    for kpi in ("first_capable_mean", "full_force_mean", "first_professional_mean", "trained_water_mean"):
        level, change = (found.row((kpi, "risk", "life_risk"), 2027, before) for before in (0, 2023))
        assert level is not None
        assert change is not None
        assert level["low"] <= level["middle"] <= level["high"]
        assert (level["middle"], change["middle"]) == pytest.approx((13, -4), abs=0.02)
    assert "First capable arrival, mean, life-risk calls" in (whole / "uncertainty.md").read_text()


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a study in which call handling slows 2027, and unified dispatch helps more the slower it was."""

    def slower(place: int) -> np.ndarray:
        study, _, points, draws = ensemble._ready[0]
        rows, seconds = toy(place), study.drawn[draws[place], 0]
        first = np.isin(study.columns, ["first_capable_mean/all/all"])
        for number, point in enumerate(points):
            if point.way == "alone":
                gain = {"unified_dispatch": seconds / 100 - 0.45, "patrol_cars": 0.7}
                rows[number] = 13 - sum(gain.get(group, 0) for group in point.group.split("+"))
            else:
                rows[number] += first * seconds / 100
        return rows

    folder = tmp_path_factory.mktemp("moved")
    low = "claims:\n  low: {kpi: first_capable_mean, year: 2027, at_most: 14.2}"
    text = CLAIMS.replace("claims:", low, 1).replace(
        "dispatch, patrol_cars]", "dispatch, patrol_cars, drones]"
    )
    (folder / "claims.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "work", slower)
        patch.setattr(command, "draw", no_picture)
        return run(folder, "moved", "draws=64")


def test_the_page_says_in_which_draws_a_claim_does_not_hold(moved: Path) -> None:
    row = read(moved / "uncertainty").tables["boxes"].iloc[0]
    assert row["parameter"] == "t_disp0"
    assert row["low"] == pytest.approx(120, abs=8)
    assert (row["density"], row["coverage"]) == pytest.approx((1, 1), abs=0.15)
    assert "(`t_disp0`) above 12" in (moved / "uncertainty.md").read_text(encoding="utf-8")


def test_orders_are_judged_by_their_regret_over_the_draws(moved: Path) -> None:
    table = read(moved / "uncertainty").tables["choices"]
    orders = table[table["kind"] == "order"].sort_values("regret_mean")["option"].tolist()
    assert len(orders) == 6
    assert all(order.endswith("drones") for order in orders[:2])  # they save nothing
    assert orders[-1].startswith("drones")
    pairs = table[table["kind"] == "pair"].set_index("option")
    assert pairs.loc["unified_dispatch+patrol_cars", ["best", "regret_mean"]].tolist() == [1, 0]
    page = (moved / "uncertainty.md").read_text(encoding="utf-8")
    assert "| order | saves until all are there, 90 % |" in page


def test_the_page_says_how_many_weeks_of_records_would_do(moved: Path) -> None:
    tables = read(moved / "uncertainty").tables
    assert tables["worth"].iloc[0]["parameter"] == "t_disp0"
    found = tables["records"]
    assert found["weeks"].iloc[0] == 1
    assert found["share"].iloc[0] > 0.8  # 67 calls a week say enough about a factor of four
    assert "min | 1 week (67 calls) |" in (moved / "uncertainty.md").read_text(encoding="utf-8")


def test_the_page_is_written_in_chinese_too(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    english = (whole / "uncertainty.md").read_text(encoding="utf-8")
    assert "## What can be told" in english
    assert "First capable arrival, mean is above 0 min in 2027: 100 %, 13 (13 to 13) min" in english
    run(whole.parent, "whole", "lang=zh")
    chinese = (whole / "uncertainty.zh.md").read_text(encoding="utf-8")
    told = "2027年，首个有效力量到场时间均值高于0 min：100 %，13 (13至13) min"
    assert told in chinese
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("draws=8", "draws is '8'; allowed: a whole number in 16.."),
        ("replications=1", "replications is '1'; allowed: a whole number in 2..1000"),
        ("years=2040", "years is '2040'; allowed: 2023, 2024"),
        ("scenario=2025", "scenario is given as years=... and by the claims here."),
        ("parameters=v_mnt", "parameters has 'v_mnt'"),
        ("part=4/3", "part is '4/3'; allowed: K/N, such as 3/16"),
        ("launch=laptop", "launch is of sweeps: one command uses workers="),
        ("lang=de", "lang is 'de'; allowed: en, zh."),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(
    given: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["uncertainty", f"out={tmp_path / 'out'}", given]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {said}")
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()
