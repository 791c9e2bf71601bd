"""The demand of a city: its law of time and its width in space come back, and drawn incidents are like the log's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up_city import tables, write
from numpy.typing import NDArray

from sim import cli
from sim.city.files import clock, description, folder, importing
from sim.city.files.folder import Folder
from sim.city.model import demand
from sim.city.replay import calibration, whatif

DAYS = 40


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A made-up city with incidents evenly in time and space."""
    tmp_path = tmp_path_factory.mktemp("city")
    described = description.read_map(str(write(tmp_path / "raw", tables(3, 1500))))
    importing.run(described, tmp_path / "raw", tmp_path / "city")
    return folder.load(tmp_path / "city")


def moved(city: Folder, to_s: NDArray[np.float64], to_xy: NDArray[np.float64] | None = None) -> Folder:
    """Return the city with its incidents, in their order, at other times and places."""
    log = city.log.sort_values("ordered", kind="stable")
    number = log["incident"].astype("category").cat.codes.to_numpy()
    first = log.groupby("incident", sort=True)["ordered"].min()
    later = pd.to_timedelta(to_s - city.seconds(first), unit="s")[number]
    log = log.assign(**{step: log[step] + later for step in clock.STEPS})
    if to_xy is not None:
        log = log.assign(x=to_xy[number, 0], y=to_xy[number, 1])
    return replace(city, log=log.reset_index(drop=True))


def test_an_even_demand_needs_no_law_and_no_kernel(plain: Folder) -> None:
    found = demand.run(plain, plain.log)
    assert found.law == "constant"
    assert np.mean(found.rate) * 24 == pytest.approx(1500 / DAYS, rel=0.03)
    assert found.width_m >= 400  # of 12 km
    assert found.dispersion == 0 or found.dispersion > 20


def test_hours_and_weekends_come_back(plain: Folder) -> None:
    """Three times as many incidents by day as by night, half as many at the weekend."""
    generator, count = np.random.default_rng(1), plain.log["incident"].nunique()
    hour = np.arange(DAYS * 24)
    weight = np.where((hour % 24 >= 8) & (hour % 24 < 20), 3.0, 1.0) * np.where(hour // 24 % 7 >= 5, 0.5, 1.0)
    at = generator.choice(hour, count, p=weight / weight.sum()) * 3600 + generator.uniform(0, 3600, count)
    city = moved(plain, at)
    assert city.start.weekday() == 0
    found = demand.run(city, city.log)
    assert found.law == "weekday and hour"
    week = np.array(found.rate[0]).reshape(7, 24)
    assert week[:5, 8:20].mean() / week[:5, [*range(8), *range(20, 24)]].mean() == pytest.approx(3, rel=0.2)
    assert week[5:].mean() / week[:5].mean() == pytest.approx(0.5, rel=0.2)
    drawn = pd.concat([demand.draw(city, found, number, 1.0)[0] for number in range(5)])
    first = drawn.drop_duplicates(["incident", "ordered"])
    by_day = first["ordered"].dt.tz_convert(city.city.zone).dt.hour.between(8, 19).mean()
    assert by_day == pytest.approx(0.75, abs=0.03)


def test_days_that_differ_beyond_chance_are_told(plain: Folder) -> None:
    generator, count = np.random.default_rng(2), plain.log["incident"].nunique()
    share = generator.gamma(2.0, 0.5, DAYS)
    day = generator.choice(DAYS, count, p=share / share.sum())
    found = demand.run(plain, moved(plain, day * 86_400 + generator.uniform(0, 86_400, count)).log)
    assert 1 < found.dispersion < 4


def test_incidents_about_a_few_places_have_a_narrow_kernel(plain: Folder) -> None:
    generator, count = np.random.default_rng(3), plain.log["incident"].nunique()
    places = generator.uniform(0, 9000, (20, 2))
    xy = places[generator.integers(20, size=count)] + generator.normal(0, 50, (count, 2))
    first = plain.log.groupby("incident", sort=True)["ordered"].min()
    city = moved(plain, plain.seconds(first), xy)
    found = demand.run(city, city.log)
    assert found.width_m in (25, 50)
    drawn, _ = demand.draw(city, found, 0, 1.0)
    away = np.hypot(
        drawn["x"].to_numpy()[:, None] - places[:, 0], drawn["y"].to_numpy()[:, None] - places[:, 1]
    )
    assert np.quantile(away.min(axis=1), 0.95) < 200


def test_so_many_times_as_many_incidents_are_drawn_and_fewer_are_some_of_them(plain: Folder) -> None:
    found = demand.run(plain, plain.log)
    sizes = [demand.draw(plain, found, number, 1.5)[0]["incident"].nunique() for number in range(8)]
    assert np.mean(sizes) == pytest.approx(1.5 * 1500, abs=4 * np.sqrt(2250 / 8))
    log, mark = demand.draw(plain, found, 0, 1.5)
    again, _ = demand.draw(plain, found, 0, 1.5)
    pd.testing.assert_frame_equal(log, again)
    assert log[mark < 0.5]["incident"].nunique() == pytest.approx(sizes[0] / 2, rel=0.1)
    assert (pd.Series(mark).groupby(log["incident"]).std().fillna(0) == 0).all()
    vehicles = [each.groupby("incident").size().mean() for each in (plain.log, log)]
    assert vehicles[1] == pytest.approx(vehicles[0], rel=0.05)
    steps = [(each["arrived"] - each["ordered"]).dt.total_seconds().mean() for each in (plain.log, log)]
    assert steps[1] == pytest.approx(steps[0], rel=0.05)


def test_drawn_incidents_have_the_response_of_the_logs_own(plain: Folder) -> None:
    fit, asked = calibration.run(plain, plain.log), demand.run(plain, plain.log)
    own, _ = whatif.run((plain, fit), whatif.changed(plain, fit, [], [], ["S11"]), 3, 1)
    drawn, areas = whatif.run_drawn(whatif.Drawn(plain, fit, asked, 1.0, close=["S11"]), 3, 1)
    for name in ("first unit, mean", "first unit, 90th percentile"):
        rows = [table.set_index("indicator").loc[name] for table in (own, drawn)]
        assert rows[1]["without"] == pytest.approx(rows[0]["without"], rel=0.04)
        assert rows[1]["with"] > rows[1]["without"]
    assert areas.iloc[-1]["area"] == "S11"


def test_the_same_number_of_incidents_changes_nothing_and_more_have_the_same_luck(plain: Folder) -> None:
    fit, asked = calibration.run(plain, plain.log), demand.run(plain, plain.log)
    records, _ = whatif.Drawn(plain, fit, asked, 1.0).work(0)
    np.testing.assert_array_equal(records[0].first_s, records[1].first_s)
    records, incidents = whatif.Drawn(plain, fit, asked, 1.3).work(0)
    row_of = {name: row for row, name in enumerate(incidents[1].name)}
    rows = [row_of[name] for name in incidents[0].name]
    same = np.isclose(records[0].first_s, records[1].first_s[rows], equal_nan=True)
    assert len(incidents[1]) > len(incidents[0])
    assert 0.85 < same.mean() < 1.0  # the others meet busy units


def test_the_command_draws_and_says_what_is_missing(
    plain: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["city", "whatif", str(plain.path), "calls=1.2", "replications=2", "workers=1"]
    assert cli.main(["city", "fit", str(plain.path)]) == 0
    assert "incidents a day, by constant" in capsys.readouterr().out
    assert cli.main([*asked, f"out={tmp_path / 'out'}"]) == 0
    assert "1.2 times as many" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"whatif.csv", "areas.csv"}
    (plain.path / demand.FILE).write_text("{}")
    assert cli.main(asked) == 2
    assert "demand.json is no demand of this program" in capsys.readouterr().err
    (plain.path / demand.FILE).unlink()
    assert cli.main(asked) == 2
    assert "demand.json is missing: run python -m sim city fit" in capsys.readouterr().err
