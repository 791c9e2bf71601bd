"""Loss and deaths of single fires, worked out by hand with the figures of the parameter book.

Deaths of a fire = weight of the type × age × hour × detector × R(minutes), times what makes the sum over scenario 2023
the configured number of deaths a year.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from helpers.frames import data_of

from sim.analysis import outcome
from sim.config.compose import compose
from sim.config.groups.outcome import OutcomeConfig

NOON_S, HOUR_S, MINUTE_S = 12 * 3600.0, 3600.0, 60.0
RULES = compose().outcome


def fire(
    minutes: float,
    kind: str = "residential_fire",
    ignition_h: float = 12.0,
    undetected_min: float = 4.0,
    **more: float | bool,
) -> dict[str, object]:
    """Return a fire that a capable crew reaches so many minutes after the call, discovered in the usual time."""
    call_s = ignition_h * HOUR_S + 300
    return {
        "type": kind,
        "time_s": call_s,
        "ignition_s": -300.0,
        "undetected_s": undetected_min * MINUTE_S,
        "first_capable_s": minutes * MINUTE_S,
        "elderly": False,
        "linked": False,
        "burnt_m2": 10.0,
        "loss_draw": 0.0,  # the draw of the property's value: the median
        **more,
    }


def deaths(*fires: dict[str, object], curve: str = "a", rules: OutcomeConfig = RULES) -> list[float]:
    """Return the expected deaths of each fire over what the calibration multiplies all of them with."""
    scale = rules.deaths_per_year / rules.baseline_risk[curve]
    found = outcome.add(data_of(pd.DataFrame(fires)), rules)[f"deaths_{curve}"]
    return [value / scale for value in found.tolist()]


# -- the three curves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "risk"),
    [(0, 0.445), (3, 0.525), (5, 0.572), (8, 0.633), (10, 0.669), (15, 0.745), (20, 0.803), (30, 0.883)],
)
def test_curve_a_has_the_values_of_the_parameter_book(minutes: float, risk: float) -> None:
    assert outcome.risk(np.array(float(minutes)), RULES.curves, "a") == pytest.approx(risk, abs=6e-4)


@pytest.mark.parametrize(
    ("curve", "slow", "fast", "cut"),
    [
        ("a", 20, 15, 0.07), ("b", 20, 15, 0.01), ("c", 20, 15, 0.11),
        ("a", 8, 5, 0.10), ("b", 8, 5, 0.15), ("c", 8, 5, 0.09),
        ("a", 15, 5, 0.23),
    ],
)  # fmt: skip
def test_each_curve_has_its_gain_from_faster_help(curve: str, slow: float, fast: float, cut: float) -> None:
    """The book's section 8: which times each shape rewards."""
    later, sooner = (
        float(outcome.risk(np.array(t), RULES.curves, curve)) for t in (float(slow), float(fast))
    )
    assert 1 - sooner / later == pytest.approx(cut, abs=0.007)  # whole percents of the book


def test_curve_c_is_never_negative() -> None:
    # 1 + 0.03 × (t − 8): with a slope of 0.2 it would be below 0 before 3 minutes
    steep = replace(RULES.curves, slope_c=0.2)
    assert outcome.risk(np.array([0.0, 3.0, 8.0]), steep, "c").tolist() == pytest.approx([0.0, 0.0, 1.0])


# -- one fire -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("curve", "risk"), [("a", 0.6693), ("b", 0.9517), ("c", 1.06)])
def test_death_risk_of_a_dwelling_fire_at_noon(curve: str, risk: float) -> None:
    # 0.0049 deaths a dwelling fire, by day 0.61 of the mean; help after 10 minutes
    assert deaths(fire(10.0), curve=curve) == [pytest.approx(0.0049 * 0.61 * risk, rel=1e-3)]


@pytest.mark.parametrize(
    ("hour", "factor"),
    [
        (0.0, 2.87),
        (5.9, 2.87),
        (6.0, 1.11),
        (9.9, 1.11),
        (10.0, 0.61),
        (19.9, 0.61),
        (20.0, 1.11),
        (23.9, 1.11),
    ],
)
def test_death_risk_depends_on_the_hour_of_ignition(hour: float, factor: float) -> None:
    assert deaths(fire(10.0, ignition_h=hour))[0] / deaths(fire(10.0))[0] == pytest.approx(factor / 0.61)


@pytest.mark.parametrize(
    ("kind", "per_fire"),
    [
        ("residential_fire", 0.0049),
        ("highrise_fire", 0.0049),
        ("premises_fire", 0.007),
        ("vehicle_fire", 0.0035),
        ("outdoor_fire", 0.0005),
    ],
)
def test_death_risk_is_weighted_by_type(kind: str, per_fire: float) -> None:
    assert deaths(fire(10.0, kind))[0] == pytest.approx(per_fire * 0.61 * 0.6693, rel=1e-3)


def test_death_risk_depends_on_age_and_detectors() -> None:
    plain, old, warned, both = deaths(
        fire(10.0), fire(10.0, elderly=True), fire(10.0, linked=True), fire(10.0, elderly=True, linked=True)
    )
    assert old / plain == pytest.approx(2.8)
    assert warned / plain == pytest.approx(0.63)  # −37 %
    assert both / plain == pytest.approx(2.8 * 0.63)


def test_discovery_time_shifts_the_minutes_of_exposure() -> None:
    # found 9 minutes after ignition instead of 4: as if help had come 5 minutes later
    late, on_time = deaths(fire(10.0, undetected_min=9.0), fire(15.0))
    assert late == pytest.approx(on_time)
    early, sooner, at_once = deaths(fire(10.0, undetected_min=1.0), fire(7.0), fire(1.0, undetected_min=1.0))
    assert early == pytest.approx(sooner)
    assert at_once == pytest.approx(0.0049 * 0.61 * 0.445, rel=1e-3)  # never before the start of the curve


def test_detector_effect_is_not_counted_twice() -> None:
    """The call comes sooner, but the minutes are those without it: its published effect is all that it does."""
    unaided = fire(10.0, undetected_min=9.0)
    aided = {**unaided, "linked": True, "ignition_s": -150.0, "time_s": NOON_S + 150.0}
    assert deaths(aided)[0] / deaths(unaided)[0] == pytest.approx(0.63)


def test_fire_without_capable_arrival_counts_as_one_hour() -> None:
    alone, hour = deaths(fire(math.nan), fire(60.0))
    assert alone == pytest.approx(hour)


def test_incidents_that_are_no_fires_have_no_deaths() -> None:
    found = outcome.add(
        data_of(pd.DataFrame([fire(10.0, "traffic_rescue"), fire(10.0, "false_alarm")])), RULES
    )
    assert all(np.isnan(found[name]).all() for name in ("deaths_a", "deaths_b", "deaths_c", "loss_cny"))


# -- the calibrations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "mean"), [("zhejiang", 2.3), ("target", 1.07), ("national", 3.25)])
@pytest.mark.parametrize("curve", ["a", "b", "c"])
def test_baseline_risk_gives_the_configured_deaths_per_year(name: str, mean: float, curve: str) -> None:
    rules = compose([f"outcome={name}"]).outcome
    one = fire(10.0)
    relative = deaths(one, curve=curve, rules=rules)[0]
    total = float(outcome.add(data_of(pd.DataFrame([one])), rules)[f"deaths_{curve}"][0])
    # so many of these fires make up the yearly sum of relative risks measured in 2023
    assert total * rules.baseline_risk[curve] / relative == pytest.approx(mean)


def test_loss_depends_on_area_type_and_value_and_has_the_calibrated_mean() -> None:
    # 1,500 + 10 m² × 800 CNY, the median of a log-normal with mean 1: × e^(−0.32)
    raw = (1500 + 800 * 10) * math.exp(-(0.8**2) / 2)
    found = outcome.add(data_of(pd.DataFrame([fire(10.0)])), RULES)["loss_cny"][0]
    assert found == pytest.approx(raw * 9000 / RULES.baseline_loss_cny)
    # one standard deviation of the property's value more
    rich = outcome.add(data_of(pd.DataFrame([fire(10.0, loss_draw=1.0)])), RULES)["loss_cny"][0]
    assert rich / found == pytest.approx(math.exp(0.8))
    hall = outcome.add(data_of(pd.DataFrame([fire(10.0, "premises_fire")])), RULES)["loss_cny"][0]
    assert hall / found == pytest.approx((5000 + 2500 * 10) / (1500 + 800 * 10))


# -- the target ---------------------------------------------------------------------------------------------------


ONE = (1.0,)  # victims: every fatal fire has one
SHIPPED = (0.86, 0.1, 0.04)


def poisson(most: int, mean: float) -> float:
    """Return P(X <= most) by its definition."""
    return sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(most + 1))


def test_the_shipped_victims_are_those_of_the_parameter_book() -> None:
    assert RULES.victims == SHIPPED


@pytest.mark.parametrize(
    ("years", "most"),
    [
        (1, 1),  # 0.047 × 22.88 = 1.08 deaths: one is below, two are not
        (3, 3),  # 3.23
        (5, 5),  # 5.38
    ],
)
@pytest.mark.parametrize("mean", [1.075, 2.3, 3.25])
def test_deaths_of_one_victim_a_fire_are_poisson(years: int, most: int, mean: float) -> None:
    found = outcome.chance_of_target(mean, 2_288_000, 0.047, years, ONE)
    assert found == pytest.approx(poisson(most, mean * years))


@pytest.mark.parametrize(("mean", "chance"), [(1.075, 0.71), (2.3, 0.33), (3.25, 0.165)])
def test_death_rate_of_a_year_equals_the_parameter_book(mean: float, chance: float) -> None:
    found = outcome.chance_of_target(mean, 2_288_000, 0.047, 1, ONE)
    assert found == pytest.approx(chance, abs=0.003)


@pytest.mark.parametrize(
    ("victims", "chances"),
    [
        (ONE, (0.331, 0.0871, 0.0277)),
        (SHIPPED, (0.381, 0.1260, 0.0500)),
        ((0.86, 0.1, 0.02, 0.02), (0.390, 0.1332, 0.0545)),  # half of "three or more" are four
    ],
)
def test_several_victims_in_a_fire_raise_the_chance_of_the_target(
    victims: tuple[float, ...], chances: tuple[float, ...]
) -> None:
    found = [outcome.chance_of_target(2.3, 2_276_000, 0.047, years, victims) for years in (1, 3, 5)]
    assert found == pytest.approx(chances, abs=6e-5, rel=1.5e-3)


@pytest.mark.parametrize("mean", [0.0, 0.4, 11.5, 60.0])
@pytest.mark.parametrize("victims", [ONE, SHIPPED, (0.0, 0.5, 0.0, 0.5)])
def test_number_of_deaths_is_the_sum_over_fatal_fires(mean: float, victims: tuple[float, ...]) -> None:
    """Against the definition: so many fires by Poisson, the victims of each convolved."""
    fires = mean / sum(n * share for n, share in enumerate(victims, 1))
    exact, of_fires = np.zeros(40), np.eye(1, 40)[0]
    for number in range(200):
        exact += math.exp(-fires + number * math.log(fires or 1e-300) - math.lgamma(number + 1)) * of_fires
        of_fires = np.convolve(of_fires, [0.0, *victims])[:40]
    found = list(islice(outcome.chances_of_at_most(mean, victims), 40))
    assert found == pytest.approx(np.cumsum(exact), abs=1e-12)


def test_number_of_deaths_agrees_with_simulation() -> None:
    draw = np.random.default_rng(2024)
    fires = draw.poisson(2.3 / 1.18, 200_000)
    deaths = np.bincount(
        np.repeat(np.arange(200_000), fires), draw.choice([1, 2, 3], fires.sum(), p=SHIPPED), 200_000
    )
    assert deaths.mean() == pytest.approx(2.3, abs=0.02)  # the mean is that of deaths, not of fires
    for most, chance in enumerate(islice(outcome.chances_of_at_most(2.3, SHIPPED), 8)):
        assert np.mean(deaths <= most) == pytest.approx(chance, abs=0.004)


def test_chances_of_thousands_of_deaths_do_not_vanish() -> None:
    # the chance of none, e to the power of −4237, is too small for a float
    median = next(n for n, chance in enumerate(outcome.chances_of_at_most(5000.0, SHIPPED)) if chance >= 0.5)
    assert median == pytest.approx(5000, abs=5)


def test_rate_equal_to_the_target_is_not_below_it() -> None:
    # 0.05 per 100,000 of two million is one death: only a year without any is below
    assert outcome.chance_of_target(1.0, 2e6, 0.05, 1, ONE) == pytest.approx(math.exp(-1))
    assert outcome.chance_of_target(0.0, 2e6, 0.0, 1, ONE) == 0
