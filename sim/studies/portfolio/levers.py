"""The levers: what each of their levels changes in the configuration, and how many of which thing is paid for.

The level of the plan changes nothing, so that the plan as it stands is the portfolio without a key. Level 0 is the
year before the plan. Measures that are no lever (lanes, premises, awareness, vehicles, posts) are in every portfolio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.analysis.coverage import demand_weight, open_sites
from sim.config.costs import ITEMS, Costs, annual
from sim.config.groups.plan import belongs, measures
from sim.config.schema import Config
from sim.plots.labels import Label
from sim.simulation.replication import World, levels_of
from sim.studies.portfolio.search import Portfolio
from sim.studies.siting import tasks
from sim.world.plan import shares
from sim.world.region import Region

BY_COVERAGE = {"dispatch.move_up.policy": "dmexclp", "dispatch.move_up.least_level": 1}
PLACES = 6  # further stations that are considered
TEAM_STEPS = 5
SOONER_S = 10.0  # of the brigade's turnout
ROSTER = 2  # persons on the roster of a team for one on duty
NAMES = {
    "teams": Label("township teams", "乡镇专职队"),
    "team_crew": Label("persons on duty in a team", "专职队在岗人数"),
    "career": Label("presence of full-time crews", "专职人员到岗率"),
    "volunteers": Label("members of a volunteer team", "志愿队员"),
    "cars": Label("crewed hours a day of a township's patrol car", "各乡镇巡逻车每日值守小时"),
    "nests": Label("nests in a brigade", "每大队机巢"), "hydrants": Label("hydrants complete", "消火栓完好"),
    "intake": Label("intake points of large villages", "大村取水点"),
    "alarms": Label("alarms in homes of the elderly", "老年家庭报警器"),
    "platform": Label("on the 119 platform", "接入119平台"),
    "turnout": Label("turnout of the brigade, s", "国家队出动时间（秒）"),
    "move_up": Label("move-ups by computed coverage", "按覆盖计算的移防补位"),
}  # fmt: skip


@dataclass(frozen=True)
class Level:
    """One level of a lever: its number, and the keys that it sets. `places` go into region.added."""

    amount: float
    keys: dict[str, Any]
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lever:
    """A lever with its levels, that of the year before the plan first, and which of them is the plan's."""

    name: str
    label: Label
    levels: tuple[Level, ...]
    plan: int
    clauses: tuple[str, ...] = ()  # of the plan that put it there


@dataclass(frozen=True)
class Space:
    """All levers of a year's plan in a region, and what of the region the costs depend on."""

    levers: tuple[Lever, ...]
    year: int
    counts: dict[str, float]
    volunteers: dict[float, int]  # volunteer teams that are left, by the number of full-time teams
    fixed: tuple[str, ...] = ()  # places that every portfolio has

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of levels of each lever."""
        return tuple(len(lever.levels) for lever in self.levers)

    @property
    def plan(self) -> Portfolio:
        """The plan as it stands."""
        return tuple(lever.plan for lever in self.levers)

    def keys(self, portfolio: Portfolio) -> dict[str, Any]:
        """Return the scenario of a portfolio: keys of the configuration with their values."""
        chosen = [lever.levels[at] for lever, at in zip(self.levers, portfolio, strict=True)]
        keys: dict[str, Any] = {"scenario": str(self.year)}
        for level in chosen:
            keys |= level.keys
        places = [*self.fixed, *(place for level in chosen for place in level.places)]
        return keys | ({"region.added": places} if places else {})

    def quantities(self, portfolio: Portfolio) -> dict[str, float]:
        """Return how many of each item are paid for beyond the year before the plan."""
        amount = {
            lever.name: lever.levels[at].amount for lever, at in zip(self.levers, portfolio, strict=True)
        }
        return quantities(amount, self.counts, self.volunteers[amount["teams"]])

    def cost(self, costs: Costs, portfolio: Portfolio) -> float:
        """Return what a portfolio costs a year."""
        return annual(costs, self.quantities(portfolio))


def quantities(amount: dict[str, float], count: dict[str, float], volunteers: int) -> dict[str, float]:
    """Return how many of each item so much of each lever is, beyond the year before the plan."""
    got = dict.fromkeys(ITEMS, 0.0)
    for name, there in amount.items():
        if name.startswith("station"):
            got[f"station_{name.split()[1]}"] += there
    teams = count["towns"] + amount["teams"]
    crew, hours = amount["team_crew"], amount["cars"]
    staff = count["brigade"] + teams * ROSTER * crew
    return got | {
        "team": amount["teams"],
        "team_person": (crew - count["crew"]) * teams,
        "career": staff * (amount["career"] - count["presence"]) / 0.1,
        "volunteer": (amount["volunteers"] - count["members"]) * volunteers,
        "patrol_car": min(1.0, hours / count["hours"]) * count["townships"],
        "patrol_hour": max(0.0, hours - count["hours"]) * count["townships"],
        "nest": amount["nests"] * count["brigades"],
        "hydrant": amount["hydrants"] * count["hydrants"],
        "intake_point": (amount["intake"] - count["points"]) * count["large_villages"],
        "home_alarm": amount["alarms"] * count["elderly_homes"],
        "platform": amount["platform"],
        "turnout": (count["turnout"] - amount["turnout"]) / SOONER_S * count["stations"],
        "move_up": amount["move_up"],
    }


def counted(config: Config, region: Region, costs: Costs) -> dict[str, float]:
    """Return what of a region and its year before the plan the costs depend on."""
    forces, water = config.forces, config.plan.urban_water
    towns = [t for t in region.townships if t.kind in forces.township.kinds]
    brigade = sum(
        forces.professional.classes[site.station_class].crew for site in region.sites if not site.planned
    )
    gaps = (water.serviceable - water.serviceable_before) + (water.coverage - water.coverage_before)
    return {
        "towns": len(towns), "townships": len(region.townships), "brigade": brigade,
        "brigades": len(region.brigades), "stations": sum(not site.planned for site in region.sites),
        "hydrants": costs.counts.hydrants * gaps, "large_villages": costs.counts.large_villages,
        "elderly_homes": costs.counts.elderly_homes, "crew": forces.township.staff,
        "presence": config.plan.career.before, "members": forces.volunteer.staff,
        "hours": forces.patrol.staffed_hours, "points": config.plan.rural_water.before,
        "turnout": forces.professional.turnout.scale,
    }  # fmt: skip


def amounts(config: Config, region: Region) -> dict[str, float]:
    """Return how much of each lever a scenario has by the plan; not what is added, nor how engines are moved up."""
    forces, policy = config.forces, config.plan
    there = levels_of(config, region)
    rural = sum(t.kind not in forces.township.kinds for t in region.townships)
    done = shares(policy, config.scenario.year, config.delivery)
    sites = {site.name: site for site in region.sites}
    return {
        "teams": round(there.extra_teams_share * rural), "team_crew": forces.township.staff,
        "career": policy.career.before + there.availability_gain, "volunteers": forces.volunteer.staff,
        "nests": there.nests_per_brigade, "intake": there.intake_points, "alarms": there.linked_elderly,
        "platform": done["unified_dispatch"], "cars": there.patrol_share * forces.patrol.staffed_hours,
        "hydrants": done["urban_water"], "turnout": forces.professional.turnout.scale, "move_up": 0.0,
        **{f"station {sites[name].station_class} {name}": 1.0 for name in there.stations_open},
    }  # fmt: skip


def space(world: World, costs: Costs) -> Space:
    """Return the levers of a world as it is in a year of the plan."""
    config, region, forces = world.config, world.region, world.config.forces
    rural = [t for t in region.townships if t.kind not in forces.township.kinds]
    counts, now = counted(config, region, costs), amounts(config, region)
    off: dict[str, Any] = {"plan.township_teams.enabled": False}
    order = _teams(world, rural)
    numbers = [round(len(order) * step / TEAM_STEPS) for step in range(TEAM_STEPS)]
    teams = [Level(n, off, tuple(f"team@{name}" for name in order[:n])) for n in numbers]
    promised = Level(now["teams"], {})
    teams = sorted(
        [*(level for level in teams if level.amount != promised.amount), promised],
        key=lambda level: level.amount,
    )
    kinds = [town.kind in forces.volunteer.kinds for name in order for town in rural if town.name == name]
    left = {level.amount: sum(kinds[int(level.amount) :]) for level in teams}
    rows: list[tuple[str, str, list[float]]] = [  # lever, key and levels
        ("team_crew", "forces.township.staff", [5, 6, 7, 8]),
        ("career", "plan.career.level", [0.85, 0.9, 0.95]),
        ("volunteers", "forces.volunteer.staff", [8, 12, 16]),
        ("nests", "plan.drone_nests.per_brigade", [0, 1, 2, 3]),
        ("intake", "plan.rural_water.points", [0.8, 2, 4]),
        ("alarms", "plan.elderly_alarms.level", [0, 0.3, 0.6, 0.9]),
        # No half: of the town teams more than half are on it before the plan.
        ("platform", "plan.unified_dispatch.share", [0.0, 1.0]),
    ]
    levers = [*_stations(world), Lever("teams", NAMES["teams"], tuple(teams), teams.index(promised))]
    levers += [_numbers(world, *row, now[row[0]]) for row in rows]
    # Who is on the platform, and how soon a call is handled there, come together.
    levers[-1] = replace(levers[-1], levels=tuple(_with_handling(level) for level in levers[-1].levels))
    # A car in every other township is half of the hours; all night they are twice.
    hours, share = counts["hours"], "plan.patrol_cars.share"
    cars = {
        0.0: {share: 0.0},
        hours / 2: {share: 0.5},
        hours: {share: 1.0},
        24.0: {share: 1.0, "forces.patrol.staffed_hours": 24},
    }
    cars[now["cars"]] = {}
    steps = tuple(Level(amount, keys) for amount, keys in sorted(cars.items()))
    levers.append(
        Lever("cars", NAMES["cars"], steps, next(at for at, level in enumerate(steps) if not level.keys))
    )
    sooner = now["turnout"] - SOONER_S
    switches: dict[str, tuple[Level, Level]] = {
        "hydrants": (Level(0, {"plan.urban_water.enabled": False}), Level(1, {})),
        "turnout": (Level(now["turnout"], {}), Level(sooner, {"forces.professional.turnout.scale": sooner})),
        "move_up": (Level(0, {}), Level(1, BY_COVERAGE)),
    }
    levers += [Lever(name, NAMES[name], pair, int(not pair[1].keys)) for name, pair in switches.items()]
    clauses = {f"plan.{key}": measure.clauses for key, measure in measures(config.plan)}
    levers = [
        replace(lever, clauses=next((own for key, own in clauses.items() if _sets(lever, key)), ()))
        for lever in levers
    ]
    return Space(tuple(levers), config.scenario.year, counts, left, config.region.added)


def _sets(lever: Lever, group: str) -> bool:
    return any(belongs(key, group) for level in lever.levels for key in level.keys)


def _with_handling(level: Level) -> Level:
    return replace(level, keys=level.keys and level.keys | {"plan.call_handling.level": level.amount})


def _numbers(world: World, name: str, key: str, levels: Sequence[float], now: float) -> Lever:
    """Return a lever that is one number: the plan's level stays as it is, the others are reached by the year's end."""
    whole = isinstance(levels[0], int) and all(float(x).is_integer() for x in levels)
    found = sorted({*(round(x, 6) for x in levels), round(now, 6)})
    done: dict[str, Any] = {}
    year, (group, name_of, *_) = world.config.scenario.year, key.split(".")
    if group == "plan":
        measure = getattr(world.config.plan, name_of)
        done = {} if measure.enabled else {f"plan.{name_of}.enabled": True}
        if measure.phase and replace(measure, enabled=True).share_at(year) < 1:
            later = [own for own in measure.phase if int(own) > year]
            done |= {f"++plan.{name_of}.phase.{own}": 1.0 for own in (year, *later)}
    return Lever(
        name, NAMES[name],
        tuple(Level(x, {} if x == round(now, 6) else {key: int(x) if whole else x} | done) for x in found),
        found.index(round(now, 6)),
    )  # fmt: skip


def _stations(world: World) -> list[Lever]:
    """Return a lever a named station of the plan, and one a further place that covers most beyond those that stand."""
    config, region = world.config, world.region
    levers = []
    sites = {site.name: site for site in region.sites}
    for key, station in config.plan.stations.items():
        if station.name not in sites:  # a plan of another place, whose stations are not built here
            continue
        built = station.name in world.levels.stations_open
        name = f"station {sites[station.name].station_class} {station.name}"
        keys: dict[str, Any] = {f"plan.stations.{key}.enabled": not built}
        if not built:
            keys[f"plan.stations.{key}.works_start"] = config.scenario.year
        levels = (Level(0, keys if built else {}), Level(1, {} if built else keys))
        levers.append(Lever(name, Label(key.replace("_", " "), station.name), levels, int(built)))
    urban = region.cells.main_urban
    seats = np.array([(township.x, township.y) for township in region.townships])
    places = np.vstack([seats, np.column_stack([region.cells.x[urban], region.cells.y[urban]])])
    standing = np.array([(site.x, site.y) for site in open_sites(world)]).reshape(-1, 2)
    weight = demand_weight(config.demand, region, config.coverage.demand)
    task = tasks.by_road(region, world.travel, config.coverage.travel_s, standing, places, weight)
    chosen = list(task.greatest(min(PLACES, len(places)), 60.0).chosen)
    lon, lat = region.projection.degrees(task.x[chosen], task.y[chosen])
    found = dict.fromkeys(zip(np.round(lon, 5).tolist(), np.round(lat, 5).tolist(), strict=True))
    for number, (east, north) in enumerate(found, 1):
        place = f"station@{east}/{north}"
        levels = (Level(0, {}), Level(1, {}, (place,)))
        levers.append(
            Lever(f"station small {place}", Label(f"further station {number}", f"新增站{number}"), levels, 0)
        )
    return levers


def _teams(world: World, rural: Sequence[Any]) -> list[str]:
    """Return the townships without a full-time team, those first whose team would cover most calls beyond the others."""
    config, region, forces = world.config, world.region, world.forces
    if not rural:
        return []
    seats = np.array([(township.x, township.y) for township in rural])
    kept = [
        index for tier in ("professional", "township") for index in forces.by_tier[tier].tolist()
        if not (np.hypot(*(seats - forces.xy[index]).T) < 1).any()
    ]  # fmt: skip
    weight = demand_weight(config.demand, region, config.coverage.demand)
    within_s = config.coverage.township_travel_min * 60
    task = tasks.by_road(region, world.travel, within_s, forces.xy[kept], seats, weight)
    return [rural[index].name for index in task.greatest(len(rural), 60.0).chosen]
