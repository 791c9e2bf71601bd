"""The mechanisms of the model, each with the options that switch off this mechanism and no other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sim.terms import FIRE_TYPES, RESCUE_TYPES, SETTINGS, STATION_CLASSES

ENOUGH = 120  # persons: a crew for every vehicle of any class of station


class Mechanism(NamedTuple):
    """A mechanism: its name in tables, the step of the story it belongs to, what the change is, and the options."""

    name: str
    step: str
    change: str
    options: tuple[str, ...]


def _all(pattern: str, names: Iterable[str]) -> str:
    return " ".join(pattern.format(name) for name in names)


PRESENCE = (
    "forces.professional.availability=1 forces.township.availability=1 forces.patrol.post_present=1 "
    "forces.volunteer.turn_up=1 forces.micro.availability=1"
)
BY_NIGHT_AS_BY_DAY = (
    "forces.micro.night_factor=1 forces.professional.turnout_night_s=0 forces.patrol.staffed_hours=24"
)
NO_SURGES = "demand.surges.new_year_eve_factor=1 demand.surges.qingming_factor=1 demand.surges.flood_days=0"
NO_KIT, NO_AID = (
    "plan.specialist_kit.enabled=false forces.specialists_before=[]",
    " forces.mutual_aid.enabled=false",
)
NO_TEAMS = "forces.township.kinds=[] plan.township_teams.enabled=false"
CALLERS = _all("dispatch.centre.repeat_calls.{}=0", (*FIRE_TYPES, "traffic_rescue", "hazmat_rescue"))
CREWS = _all(f"forces.professional.classes.{{}}.crew={ENOUGH}", STATION_CLASSES)
NO_RUSH = _all("travel.peak_factor.{}=1", SETTINGS)
NO_WALLS = _all("fireground.growth.confined.{}=0", SETTINGS)
NO_DETECTORS = "plan.elderly_alarms.enabled=false plan.monitoring.enabled=false"
ALONE = _all("dispatch.local_teams.{}=[0,0,0]", (*FIRE_TYPES, *RESCUE_TYPES, "false_alarm"))
NO_PLATFORM = "plan.unified_dispatch.enabled=false plan.call_handling.enabled=false"
EVERY_TIER = ("township", "volunteer", "micro", "patrol", "civil")
HEARD_AT_ONCE = "dispatch.relay.delay.scale=0 " + _all("dispatch.relay.never.{}=0", EVERY_TIER)

ROWS = (
    ("discovery", "call", "fires are called in as they start", "fireground.discovery.enabled=false"),
    ("linked detectors", "call", "no linked detection", NO_DETECTORS),
    ("119 queue", "call", "a seat for every caller", "dispatch.centre.seats=1000"),
    ("repeat calls", "call", "one caller an incident", CALLERS),
    ("unified dispatch", "order", "the platform as in 2023", NO_PLATFORM),
    ("teams beside the brigade", "order", "the brigade goes alone", ALONE),
    ("relay", "order", "teams off the platform hear at once", HEARD_AT_ONCE),
    ("vacancy", "crews", "everybody on the roster is there", PRESENCE),
    ("night", "crews", "posts manned and crews awake as by day", BY_NIGHT_AS_BY_DAY),
    ("cross-staffing", "crews", "a crew for every vehicle", CREWS),
    ("township teams", "crews", "no full-time team", NO_TEAMS),
    ("volunteers", "crews", "no volunteer team", "forces.volunteer.kinds=[]"),
    ("micro stations", "crews", "no micro station", "forces.micro.per_committee=0 forces.micro.per_village=0"),
    ("civil teams", "crews", "no civil team", "forces.civil.per_county=0"),
    ("patrol cars", "crews", "no patrol car", "plan.patrol_cars.enabled=false"),
    ("patrol on the move", "crews", "patrol cars parked", "forces.patrol.mobile_day=0 forces.patrol.mobile_night=0"),
    ("drones", "eyes", "no nest", "plan.drone_nests.enabled=false"),
    ("size-up by drone", "eyes", "drones fly, the crew alone reports", "dispatch.size_up.by_drone=false"),
    ("recall", "size-up", "nobody is recalled", "dispatch.size_up.recall=false"),
    ("escalation", "size-up", "no second alarm", "dispatch.size_up.escalate=false"),
    ("further alarms", "size-up", "nobody looks again", "dispatch.alarms.policy=none"),
    ("columns from outside", "size-up", "none is asked for", "dispatch.alarms.outside_columns=0"),
    ("command post", "size-up", "no field command post", "plan.command_post.enabled=false"),
    ("specialist teams", "size-up", "no local specialists, help from outside", NO_KIT),
    ("specialists and mutual aid", "size-up", "no specialists from anywhere", NO_KIT + NO_AID),
    ("enterprise brigade", "crews", "none", "forces.enterprise.teams=0"),
    ("cover moves", "units", "no engine stands in", "dispatch.move_up.policy=none"),
    ("redirect en route", "units", "units must be home first", "dispatch.en_route=false"),
    ("rush hour", "travel", "no slower at 7-9 and 17-19 h", NO_RUSH),
    ("empty roads at night", "travel", "no faster at night", "travel.night_factor=1"),
    ("weather", "travel", "always fair", "travel.bad_weather_share=0 forces.drones.weather_hold=0"),
    ("trip noise", "travel", "trips as expected", "travel.noise_sd_log=0"),
    ("access", "scene", "no blocked lane, no stairs", "fireground.access.enabled=false"),
    ("water supply", "scene", "tanks never empty", "fireground.water.enabled=false"),
    ("incubation", "scene", "fires grow from ignition on", "fireground.growth.incubation.scale=0"),
    ("walls", "scene", "no fire is kept in its room", NO_WALLS),
    ("first aid", "scene", "nobody puts a fire out by hand", "fireground.growth.out_by_first_aid=0"),
    ("fire growth", "scene", "time on scene drawn, nothing burns", "fireground.growth.enabled=false"),
    ("surges", "demand", "no New Year's Eve, Qingming or flood", NO_SURGES),
)  # fmt: skip
MECHANISMS = tuple(
    Mechanism(name, step, change, tuple(options.split())) for name, step, change, options in ROWS
)
