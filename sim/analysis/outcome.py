"""Loss and deaths, computed from the times and the fire of an incident.

Expected deaths of a fire = weight of its type × age × hour × detector × R(t), scaled so that scenario 2023 gives
the configured yearly mean. R is one of three published curves of the risk by minutes to the first capable arrival
(parameter book 6): A concave (default), B steep early and flat late, C linear. The minutes count from the call of a
fire discovered in the usual time; late discovery adds to them. So the night factor covers only the risk that late
discovery does not explain. A detector acts by its published effect alone, so the minutes are those without it. R already
includes the lives that the service saves.
Several may die in one fire: fatal fires are Poisson, so the deaths of a year are a compound Poisson number.
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sim.calendar import whole_hour
from sim.config.groups.outcome import CurvesConfig, OutcomeConfig
from sim.libm import exp
from sim.simulation import incident_columns
from sim.simulation.columns import Column, Data, filled
from sim.simulation.incident_columns import LOSS_DRAW
from sim.terms import FIRE_TYPES

Floats = NDArray[np.float64]
CURVES = {"a": "A (concave, default)", "b": "B (steep early, flat late)", "c": "C (linear)"}


def risk(minutes: Floats, curves: CurvesConfig, curve: str) -> Floats:
    """Return the relative risk of death for minutes from the call to the first capable arrival."""
    if curve == "a":
        return np.asarray(1 - curves.phi * exp(-minutes / curves.tau_a_min))
    if curve == "b":
        return np.asarray(1 - exp(-minutes / curves.tau_b_min))
    return np.asarray(np.maximum(1 + curves.slope_c * (minutes - curves.zero_c_min), 0.0))


def weights(incidents: Data, config: OutcomeConfig) -> Floats:
    """Return each fire's deadliness apart from the response: type × age × hour × detector, 0 where nothing burns."""
    kinds = incidents["type"].mapped(config.type_weight, 0.0)
    hour = whole_hour(incidents["time_s"] + incidents["ignition_s"])
    by_hour = np.select(
        [hour < 6, (hour >= 10) & (hour < 20)], [config.night_risk, config.day_risk], config.other_risk
    )
    age = np.where(incidents["elderly"], config.elderly_risk, 1.0)
    detector = np.where(incidents["linked"], 1 + config.detector_effect, 1.0)
    return np.asarray(kinds * by_hour * age * detector)


def loss(incidents: Data, config: OutcomeConfig) -> Floats:
    """Return the loss of each incident in CNY; 0 where nothing burns.

    `loss_draw` spreads the values of properties: standard normal numbers, one an incident.
    """
    per_m2 = incidents["type"].mapped(config.loss_per_m2, 0.0)
    base = incidents["type"].mapped(config.loss_base_cny, 0.0)
    draws = incidents[LOSS_DRAW.name]
    spread = exp(config.loss_sd_log * draws - config.loss_sd_log**2 / 2)
    relative = np.asarray((base + per_m2 * filled(incidents["burnt_m2"], 0.0)) * spread)
    return relative * config.loss_mean_cny / config.baseline_loss_cny


def _deaths(incidents: Data, config: OutcomeConfig, curve: str) -> Floats:
    """Return weight × risk of each incident, calibrated."""
    arrival = filled(incidents["first_capable_s"] / 60, config.no_service_min)
    late = incidents["undetected_s"] / 60 - config.usual_discovery_min
    relative = weights(incidents, config) * risk(np.maximum(arrival + late, 0.0), config.curves, curve)
    return relative * (config.deaths_per_year / config.baseline_risk[curve])


# Columns that fires have and other incidents have not, computed from the incidents and the configuration.
OUTCOMES = (
    Column("loss_cny", "float64", "CNY", "direct loss", loss),
    *(
        Column(f"deaths_{name}", "float64", "deaths", f"expected deaths, risk curve {what}", partial(_deaths, curve=name))
        for name, what in CURVES.items()
    ),
)  # fmt: skip
INCIDENTS = (*incident_columns.INCIDENTS, *OUTCOMES)  # the columns of incidents.parquet


def add(incidents: Data, config: OutcomeConfig) -> Data:
    """Return the incidents with loss and expected deaths; fires only, others stay empty."""
    fire = incidents["type"].isin(FIRE_TYPES)
    values = {column.name: np.where(fire, column.of(incidents, config), np.nan) for column in OUTCOMES}
    return {name: item for name, item in incidents.items() if name != LOSS_DRAW.name} | values


def chances_of_at_most(mean: float, victims: Sequence[float]) -> Iterator[float]:
    """Yield the chances of at most 0, 1, 2, … deaths where `mean` are expected (compound Poisson, Panjer 1981).

    `victims` are the shares of fatal fires with 1, 2, … of them.
    """
    # Decimals: a float cannot hold the chance of no death where hundreds are expected.
    shares = [Decimal(share) for share in victims]
    each = sum((n * share for n, share in enumerate(shares, 1)), Decimal())
    fires = [Decimal(mean) * share / each for share in shares]
    chances = [(-sum(fires, Decimal())).exp()]
    at_most = chances[0]
    while True:
        yield float(at_most)
        terms = (n * rate * chances[-n] for n, rate in enumerate(fires[: len(chances)], 1))
        chances.append(sum(terms, Decimal()) / len(chances))
        at_most += chances[-1]


def chance_of_target(
    mean_per_year: float, population: float, target_rate: float, years: int, victims: Sequence[float]
) -> float:
    """Return the chance that the death rate over `years` stays below the target.

    The rate is deaths per 100,000 residents and year, and must be strictly below the target.
    """
    allowed = math.ceil(target_rate * population / 1e5 * years) - 1
    if allowed < 0:
        return 0.0
    return next(islice(chances_of_at_most(mean_per_year * years, victims), allowed, None))
