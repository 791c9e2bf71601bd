"""The public records of three services, where they are: import, fit, and what a replay gives back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.city.files import description, folder, importing
from sim.city.files.folder import Folder
from sim.city.model import demand, streets, world
from sim.city.model import fit as fits
from sim.city.replay import calibration, score, validation, whatif

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "validation"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDS.is_dir(), reason=f"the records are not there: {RECORDS}"),
]


def imported(name: str, to: Path) -> Folder:
    """Return a city imported by the map that comes with the package."""
    raw = RECORDS / name if (RECORDS / name).is_dir() else RECORDS
    importing.run(description.read_map(name), raw, to)
    return folder.load(to)


def test_dublin_durations_come_back_from_one_place(tmp_path: Path) -> None:
    whole = imported("dublin", tmp_path / "city")
    known = whole.log[["turned_out", "arrived", "released"]].notna().all(axis=1)
    city = replace(
        whole, log=whole.log[known]
    )  # of others the log tells no stay, and they are of other types
    fit = calibration.run(city, city.log)
    table = fits.observed(city, city.log)
    of = score.incidents(city, table, city.log["incident"].unique())
    seen = score.real(city, table, of)[0]
    built = world.build(city, city.log, fit)
    runs = [score.simulated(city, built, world.simulate(built, number), of)[0] for number in range(2)]
    assert fit.handling is not None
    pairs = [(table["handling"].dropna().to_numpy(), fit.handling.quantiles.at)]
    pairs += [
        (getattr(seen, name), np.concatenate([getattr(run, name) for run in runs]))
        for name in ("turnout_s", "stay_s")
    ]
    for real, made in pairs:
        levels = np.arange(0.1, 0.96, 0.05)
        np.testing.assert_allclose(np.nanquantile(made, levels), np.nanquantile(real, levels), rtol=0.05)


def test_london_comes_back_on_incidents_that_the_fit_has_not_seen(tmp_path: Path) -> None:
    """Incidents left out at random; the last fifth of the year is slower than what was before it (docs/city.md)."""
    city = imported("london", tmp_path / "city")
    rows = validation.fitted(city, 0.8, at_random=True)
    fit = calibration.run(city, city.log[rows])
    result = validation.run(city, fit, city.log[rows], city.log[~rows], 8, 2)
    overall = [check for check in result.checks if "mean, " not in check.quantity]
    assert len(overall) == 10
    assert sum(check.met for check in overall) >= 9, [check for check in overall if not check.met]
    assert result.skill.simulation < result.skill.climatology
    assert result.skill.high > 0  # not worse than the regression


def test_san_franciscos_demand_is_that_of_the_tutorial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    city = imported("san_francisco", tmp_path / "city")
    asked, fit = demand.run(city, city.log), calibration.run(city, city.log)
    assert demand.told(asked) == "328.3 incidents a day, by hour, days vary by chance, places within 200 m"
    table, _ = whatif.run_drawn(whatif.Drawn(city, fit, asked, 1.2), 20, 2)
    first = table.set_index("indicator").loc["first unit, mean"]
    found = first["without"], first["difference"], first["low"], first["high"]
    assert found == pytest.approx((251.6, 2.1, 1.4, 2.8), abs=0.06)


def test_san_francisco_has_streets_and_busy_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    city = imported("san_francisco", tmp_path / "city")
    assert streets.off_streets(city)[1] == 0
    fit = calibration.run(city, city.log)
    assert set(fit.scores) >= {"streets", "law, power 1"}
    result = validation.run(city, fit, city.log.iloc[:0], city.log, 6, 2)
    met = {check.quantity: check.met for check in result.checks}
    wanted = ("first unit, median", "first unit, mean", "first unit within 6 min", "own station without a free engine",
              "engines out at once, mean")  # fmt: skip
    assert all(met[name] for name in wanted), met
