"""A fit finds the truth of a made-up city; the event model gives back what was fitted; what-ifs act as they must."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up_city import BASE_S, PER_KM_S, STAY_S, TURNOUT_S, tables, write

from sim.city.files import description, folder, importing
from sim.city.files.folder import Folder
from sim.city.model import fit as fits
from sim.city.model import laws, world
from sim.city.replay import calibration, page, score, validation, whatif
from sim.city.replay.score import Check
from sim.errors import SimError
from sim.service import LEVELS

TRUTH = {
    "trip of 1 km": BASE_S + PER_KM_S,
    "trip of 2 km": BASE_S + 2 * PER_KM_S,
    "turnout": TURNOUT_S,
    "stay": STAY_S,
}


def made(tmp_path: Path, seed: int, incidents: int = 900) -> Folder:
    """Return an imported made-up city."""
    described = description.read_map(str(write(tmp_path / "raw", tables(seed, incidents))))
    importing.run(described, tmp_path / "raw", tmp_path / "city")
    return folder.load(tmp_path / "city")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, fits.Fit]:
    """Return a made-up city and its fit."""
    found = made(tmp_path_factory.mktemp("city"), 5)
    return found, calibration.run(found, found.log)


def test_the_fit_finds_the_truth(city: tuple[Folder, fits.Fit]) -> None:
    _, fit = city
    law = fit.law
    trip = [law.base_s + law.slope_s * km**law.power for km in (1, 2)]
    assert trip == pytest.approx([TRUTH["trip of 1 km"], TRUTH["trip of 2 km"]], rel=0.03)
    assert np.mean(list(fit.turnout_s.values())) == pytest.approx(TURNOUT_S, rel=0.03)
    assert fit.stay["fire"].quantiles.mean == pytest.approx(STAY_S, rel=0.06)
    assert fit.trip_shared.incident < 0.1
    assert fit.choice_s <= 10
    assert max(fit.absent) < 0.05


def test_a_fit_needs_trips_and_assumes_a_stay_where_the_log_tells_none(tmp_path: Path) -> None:
    found = made(tmp_path, 6, 300)
    nothing = found.log["ordered"].where(found.log["ordered"].isna())
    with pytest.raises(SimError, match="city: 0 trips with station and arrival; a fit needs 100 or more"):
        fits.run(found, found.log.assign(arrived=nothing))
    fit = fits.run(found, found.log.assign(released=nothing))
    assert fit.stay["fire"].quantiles.mean == pytest.approx(fits.STAY_S)
    assert fit.stay["fire"].law == "assumed"
    assert fit.cancelled == (0.0, 0.0, 0.0)


@pytest.mark.slow
def test_intervals_hold_the_truth_in_95_of_100_seeds(tmp_path: Path) -> None:
    held = dict.fromkeys(TRUTH, 0)
    for seed in range(100):
        found = made(tmp_path / str(seed), 100 + seed, 500)
        table = fits.observed(found, found.log)
        ends = fits.intervals(
            table, table[table["travel"].notna()].assign(drive=table["travel"]), fits.Law(0, 1, 1.0)
        )
        for name, truth in TRUTH.items():
            held[name] += ends[name][0] <= truth <= ends[name][1]
    assert min(held.values()) >= 88, held  # three standard errors below 95
    assert np.mean(list(held.values())) >= 92, held


def test_the_event_model_gives_back_what_was_fitted(city: tuple[Folder, fits.Fit]) -> None:
    found, fit = city
    result = validation.run(found, fit, found.log.iloc[:0], found.log, 6, 1)
    missed = [check.quantity for check in result.checks if not check.met and "mean, " not in check.quantity]
    assert not [quantity for quantity in missed if not quantity.startswith("second")], missed
    # Without a spread of the choice nobody passes over the nearest, and its own score cannot be beaten by much.
    assert result.skill.simulation < result.skill.climatology


def test_a_fit_comes_back_from_its_file(city: tuple[Folder, fits.Fit], tmp_path: Path) -> None:
    found, fit = city
    fit.write(tmp_path / "fit.json")
    again = fits.read(tmp_path / "fit.json")
    one, other = (world.simulate(world.build(found, found.log, each), 3) for each in (fit, again))
    pd.testing.assert_frame_equal(one, other, rtol=1e-4)
    (tmp_path / "fit.json").write_text("{}")
    with pytest.raises(SimError, match="is no fit of this program"):
        fits.read(tmp_path / "fit.json")


def test_a_replay_is_the_same_for_any_number_of_workers(city: tuple[Folder, fits.Fit]) -> None:
    found, fit = city
    one, two = (validation.run(found, fit, found.log.iloc[:0], found.log, 3, workers) for workers in (1, 2))
    for left, right in zip(one.runs, two.runs, strict=True):
        np.testing.assert_array_equal(left.first_s, right.first_s)


def test_vehicles_of_one_station_have_luck_of_their_own(city: tuple[Folder, fits.Fit]) -> None:
    found, fit = city
    sent = world.simulate(world.build(found, found.log, fit), 0)
    pairs = (
        sent[sent["arrived_s"].notna()].groupby(["order", "station"])["arrived_s"].agg(["min", "max", "size"])
    )
    gap = (pairs["max"] - pairs["min"])[pairs["size"] > 1]
    assert len(gap) > 50
    assert gap.min() > 0


def test_a_station_added_where_calls_are_helps_and_one_closed_harms(city: tuple[Folder, fits.Fit]) -> None:
    found, fit = city
    near = whatif.changed(found, fit, ["New@4500/4500:engine"], [], [])
    table, areas = whatif.run((found, fit), near, 3, 1)
    mean = table.set_index("indicator").loc["first unit, mean"]
    assert mean["high"] < 0
    assert areas["change_s"].min() < -5
    closed = whatif.changed(found, fit, [], [], ["S11"])
    table, areas = whatif.run((found, fit), closed, 3, 1)
    assert table.set_index("indicator").loc["first unit, mean", "low"] > 0
    assert areas.set_index("area").loc["S11", "change_s"] == areas["change_s"].max()


def test_nothing_changed_changes_nothing(city: tuple[Folder, fits.Fit]) -> None:
    found, fit = city
    table, _ = whatif.run((found, fit), whatif.changed(found, fit, [], ["S11@3000/3000"], []), 2, 1)
    assert (table["difference"] == 0).all()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"add": ["New@1/2:engin"]}, r"engin is no kind of the city \(did you mean engine\?\)"),
        ({"add": ["New@1"]}, r"add is 'New@1'; allowed: NAME@X/Y:engine"),
        ({"add": ["S99:engine"]}, r"S99, which is no station of Gridton"),
        ({"add": ["S00@1/2"]}, r"there is a station S00; move=S00@X/Y moves it"),
        ({"move": ["S00@9e9/2"]}, r"move is 'S00@9e9/2'"),
        ({"move": ["S00@900000/2"]}, r"km from every station of Gridton; are the two swapped"),
        ({"close": ["S0"]}, r"S0, which is no station or vehicle of Gridton"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    city: tuple[Folder, fits.Fit], options: dict[str, list[str]], problem: str
) -> None:
    with pytest.raises(SimError, match=problem):
        whatif.changed(*city, options.get("add", []), options.get("move", []), options.get("close", []))


def test_the_score_of_a_sample_is_that_of_its_law() -> None:
    generator = np.random.default_rng(7)
    sample, values = generator.standard_normal((4000, 200)), generator.standard_normal(4000)
    exact = 1 / np.sqrt(np.pi)  # of a standard normal forecast of a standard normal truth
    assert score.crps_of_sample(sample, values).mean() == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize(("law", "draw"), [
    ("lognormal", lambda g: g.lognormal(4, 0.5, 1500)), ("gamma", lambda g: g.gamma(1.2, 100, 1500)),
])  # fmt: skip
def test_a_censored_law_is_not_biased_by_what_was_cut_off(law: str, draw: object) -> None:
    values = draw(np.random.default_rng(11))  # type: ignore[operator]
    limit = np.quantile(values, 0.7)
    for name in (law, "empirical"):
        at = laws.quantiles(name, values[values <= limit], np.full((values > limit).sum(), limit)).at
        median = float(np.interp(0.5, LEVELS, at))
        assert median == pytest.approx(np.median(values), rel=0.06), name


def test_a_use_is_refused_only_by_what_chance_does_not_explain() -> None:
    def second(simulated: float, low: float, high: float) -> Check:
        return Check("second unit, mean", "s", simulated, 300, low, high, 0.05, relative=True)

    together = Check("first two of one station", "share", 0.3, 0.4, 0.2, 0.6, 0.05)
    by_chance, surely = second(330, 290, 340), second(330, 290, 310)
    assert [check.word for check in (by_chance, surely, second(301, 290, 310))] == [
        "may be chance",
        "NO",
        "yes",
    ]
    words = [dict(page.verdicts([check, together]))["second vehicles"] for check in (by_chance, surely)]
    assert words[0].startswith("too few incidents to tell")
    assert words[1] == "no (second unit, mean)"
