"""How far the nearest station is: the square-root law of Kolesar and Blum, and travel times by integration."""

import math
from dataclasses import replace

import exact
import numpy as np
import pytest
import reduced
from reduced import agrees, configure, replications, simulate

DENSITY = 1e-6  # stations per square metre
SIDE, EDGE = 30_000.0, 3_000.0  # nobody is called in from within EDGE of the border
ONE_ENGINE = "forces.professional.classes.class1={crew: 6, vehicles: {engine: 1}}"
BRIEF = "fireground.on_scene.others.social_assistance={law: constant, scale: 1}"
PRESENT = 0.6


def field(config, folder, seed, side=SIDE, edge=EDGE):
    """Return the configuration on a Poisson field of stations, and how many there are."""
    draw = np.random.default_rng(seed)
    count = draw.poisson(DENSITY * side**2)
    stations = draw.uniform(-side / 2, side / 2, (count, 2))
    inner = np.arange(-side / 2 + edge + 500, side / 2 - edge, 1000.0)
    cells = [(x, y) for x in inner.tolist() for y in inner.tolist()]
    reduced.region(folder / str(seed), cells, stations.tolist())
    return replace(config, seed=seed, region=replace(config.region, folder=str(folder / str(seed)))), count


def routes(tmp_path, metric, fields=10, availability=1.0, cards=2):
    """Return the mean route of the nearest and the second nearest unit, by field."""
    card = f"{{crew: {cards}}}"
    config = configure(
        f"travel.metric={metric}",
        "demand.calls_per_year=3000",
        f"forces.professional.availability={availability}",
        ONE_ENGINE,
        BRIEF,
        f"dispatch.run_cards.social_assistance=[{card}, {card}, {card}]",
        "replications=1",
    )
    found = []
    for seed in range(fields):
        (run,) = replications(field(config, tmp_path, seed)[0])
        by_incident = run.dispatches.groupby("incident")["route_m"]
        found.append((by_incident.min().mean(), by_incident.max().mean()))
    return np.array(found)


@pytest.mark.parametrize(
    ("metric", "first", "second"),
    [("euclid", 0.5, 0.75), pytest.param("manhattan", 0.627, 0.940, marks=pytest.mark.slow)],
)
def test_the_square_root_law(tmp_path, metric, first, second):
    assert exact.nearest(1.0, 1, metric) == pytest.approx(first, abs=5e-4)
    assert exact.nearest(1.0, 2, metric) == pytest.approx(second, abs=5e-4)
    found = routes(tmp_path, metric)
    assert agrees(found[:, 0], exact.nearest(DENSITY, 1, metric), widest=0.05)
    assert agrees(found[:, 1], exact.nearest(DENSITY, 2, metric), widest=0.05)
    other = "manhattan" if metric == "euclid" else "euclid"
    assert not agrees(found[:, 0], exact.nearest(DENSITY, 1, other), widest=0.1), "the other metric must fail"


@pytest.mark.slow
def test_the_square_root_law_of_those_that_are_manned(tmp_path):
    """Stations without a crew are a random part of all: the law holds for the others alone."""
    found = routes(tmp_path, "euclid", availability=PRESENT, cards=1)
    manned = sum(math.comb(6, k) * PRESENT**k * (1 - PRESENT) ** (6 - k) for k in (4, 5, 6))
    assert agrees(found[:, 0], exact.nearest(DENSITY * manned, 1, "euclid"), widest=0.05)
    assert not agrees(found[:, 0], exact.nearest(DENSITY, 1, "euclid"), widest=0.1)


@pytest.mark.slow
def test_the_square_root_law_of_those_that_are_free(tmp_path):
    """n - busy: distance at 60 % utilisation by the number free at the call. An approximation, good to a few per cent.

    Busy stations are not a random part of all: they lie a little denser where stations are sparse.
    """
    side, service_s = 20_000.0, 144_000.0
    ratios, plain = [], []
    config = configure(
        f"fireground.on_scene.others.social_assistance.scale={service_s}",
        ONE_ENGINE,
        "days=80",
        "replications=1",
    )
    for seed in range(8):
        there, count = field(config, tmp_path, seed, side=side, edge=0.0)
        calls = 0.6 * count * reduced.YEAR_S / service_s
        (run,) = replications(replace(there, demand=replace(there.demand, calls_per_year=calls)))
        served = run.dispatches[run.dispatches["incident"].isin(run.incidents.index)]
        served = served[served["since"] > 10 * reduced.DAY_S].merge(
            run.incidents[["lon", "lat"]], left_on="incident", right_index=True
        )
        inner = served[(served["lon"].abs() < 0.06) & (served["lat"].abs() < 0.06)]  # 6.7 km of 10
        free = count - reduced.busy(run, inner["since"].to_numpy() - 1e-3)
        law = np.array([exact.nearest(number / side**2, 1, "euclid") for number in free])
        ratios.append(inner["route_m"].mean() / law.mean())
        plain.append(inner["route_m"].mean() / exact.nearest(count / side**2, 1, "euclid"))
    assert agrees(ratios, 1.0, widest=0.06, margin=0.05)
    assert not agrees(plain, 1.0, widest=0.15, margin=0.05), "without the busy ones taken off it must fail"


# -- travel times -------------------------------------------------------------------------------------------------

CRUISE, TRUNK, ACCELERATION, LOCAL_M, DETOUR = 45 / 3.6, 60 / 3.6, 0.4, 3000.0, 1.4
LINE = [(500.0 + 1000.0 * place, 0.0) for place in range(12)]
TRAVEL = [
    "travel.local_m=3000",
    "travel.local_kmh.plain=45",
    "travel.trunk_kmh.plain=60",
    "travel.acceleration_ms2=0.4",
    "travel.detour.plain=1.4",
]


def seconds(distance, acceleration=ACCELERATION):
    """Kolesar, Walker and Hausner on the local part, trunk speed beyond; written out from the paper."""
    route = DETOUR * distance
    local = np.minimum(route, LOCAL_M)
    full = CRUISE**2 / acceleration  # speeding up and slowing down take this route
    drive = np.where(
        local < full, 2 * np.sqrt(local / acceleration), full / CRUISE * 2 + (local - full) / CRUISE
    )
    return drive + (route - local) / TRUNK


def expected(metric, **law):
    def value(x, y):
        total = 0.0
        for east, north in LINE:
            dx, dy = x + east, y + north
            distance = np.hypot(dx, dy) if metric == "euclid" else np.abs(dx) + np.abs(dy)
            total = total + seconds(distance, **law)
        return total / len(LINE)

    return exact.over_square(1000.0, value)


@pytest.mark.parametrize(("metric", "noise"), [("euclid", 0.0), ("manhattan", 0.25)])
def test_travel_times_on_a_line(tmp_path, metric, noise):
    where = reduced.region(tmp_path, LINE, [(0.0, 0.0)])
    runs = simulate(
        *where,
        *TRAVEL,
        f"travel.metric={metric}",
        f"travel.noise_sd_log={noise}",
        "forces.professional.classes.class1.vehicles.engine=50",
        BRIEF,
        "demand.calls_per_year=3000",
        "replications=6",
    )
    means = [(run.dispatches["arrived_s"] - run.dispatches["dispatched_s"]).mean() for run in runs]
    assert agrees(means, expected(metric), widest=0.04)
    assert not agrees(means, expected(metric, acceleration=1e9), widest=0.04), "no acceleration must fail"
