"""The mechanisms of the model, each with the options that switch off this mechanism and no other."""

from __future__ import annotations

from dataclasses import dataclass

from sim.terms import FIRE_TYPES, SETTINGS, STATION_CLASSES

RESCUES_WITH_CALLERS = ("traffic_rescue", "hazmat_rescue")
ENOUGH = 120  # persons: a crew for every vehicle of any class of station


@dataclass(frozen=True)
class Mechanism:
    """A mechanism: its name in tables, the step of the story it belongs to, what the change is, and the options."""

    name: str
    step: str
    change: str
    options: tuple[str, ...]


def _all(key: str, names: tuple[str, ...], value: float) -> tuple[str, ...]:
    return tuple(f"{key}.{name}={value:g}" for name in names)


EVERY_TIER = ("township", "volunteer", "micro", "patrol", "civil")
PRESENCE = (
    "forces.professional.availability=1",
    "forces.township.availability=1",
    "forces.patrol.post_present=1",
    "forces.volunteer.turn_up=1",
    "forces.micro.availability=1",
)
BY_NIGHT_AS_BY_DAY = (
    "forces.micro.night_factor=1",
    "forces.professional.turnout_night_s=0",
    "forces.patrol.staffed_hours=24",
)
NO_SURGES = (
    "demand.surges.new_year_eve_factor=1",
    "demand.surges.qingming_factor=1",
    "demand.surges.flood_days=0",
)
NO_KIT, NO_AID = "plan.specialist_kit.enabled=false", "forces.mutual_aid.enabled=false"
CALLERS = _all("dispatch.centre.repeat_calls", (*FIRE_TYPES, *RESCUES_WITH_CALLERS), 0)
CREWS = _all("forces.professional.classes", tuple(f"{name}.crew" for name in STATION_CLASSES), ENOUGH)
NO_RUSH = _all("travel.peak_factor", SETTINGS, 1)
NO_DETECTORS = ("plan.elderly_alarms.enabled=false", "plan.monitoring.enabled=false")
HEARD_AT_ONCE = ("dispatch.relay.delay.scale=0", *_all("dispatch.relay.never", EVERY_TIER, 0))

MECHANISMS = (
    Mechanism(
        "discovery", "call", "fires are called in as they start", ("fireground.discovery.enabled=false",)
    ),
    Mechanism("linked detectors", "call", "no linked detection", NO_DETECTORS),
    Mechanism("119 queue", "call", "a seat for every caller", ("dispatch.centre.seats=1000",)),
    Mechanism("repeat calls", "call", "one caller an incident", CALLERS),
    Mechanism(
        "unified dispatch", "order", "no team on the platform", ("plan.unified_dispatch.enabled=false",)
    ),
    Mechanism("relay", "order", "teams off the platform hear at once", HEARD_AT_ONCE),
    Mechanism(
        "always a professional",
        "order",
        "the nearest forces alone go",
        ("dispatch.professional_always=false",),
    ),
    Mechanism("vacancy", "crews", "everybody on the roster is there", PRESENCE),
    Mechanism("night", "crews", "posts manned and crews awake as by day", BY_NIGHT_AS_BY_DAY),
    Mechanism("cross-staffing", "crews", "a crew for every vehicle", CREWS),
    Mechanism("township teams", "crews", "no full-time team", ("forces.township.kinds=[]",)),
    Mechanism("volunteers", "crews", "no volunteer team", ("forces.volunteer.kinds=[]",)),
    Mechanism(
        "micro stations",
        "crews",
        "no micro station",
        ("forces.micro.per_committee=0", "forces.micro.per_village=0"),
    ),
    Mechanism("civil teams", "crews", "no civil team", ("forces.civil.per_county=0",)),
    Mechanism("patrol cars", "crews", "no patrol car", ("plan.patrol_cars.enabled=false",)),
    Mechanism(
        "patrol on the move",
        "crews",
        "patrol cars parked",
        ("forces.patrol.mobile_day=0", "forces.patrol.mobile_night=0"),
    ),
    Mechanism("drones", "eyes", "no nest", ("plan.drone_nests.enabled=false",)),
    Mechanism(
        "size-up by drone", "eyes", "drones fly, the crew alone reports", ("dispatch.size_up.by_drone=false",)
    ),
    Mechanism("recall", "size-up", "nobody is recalled", ("dispatch.size_up.recall=false",)),
    Mechanism("escalation", "size-up", "no second alarm", ("dispatch.size_up.escalate=false",)),
    Mechanism("further alarms", "size-up", "nobody looks again", ("dispatch.alarms.policy=none",)),
    Mechanism("command post", "size-up", "no field command post", ("plan.command_post.enabled=false",)),
    Mechanism("specialist teams", "size-up", "no local specialists, help from outside", (NO_KIT,)),
    Mechanism("specialists and mutual aid", "size-up", "no specialists from anywhere", (NO_KIT, NO_AID)),
    Mechanism("cover moves", "units", "switched ON: engines stand in", ("dispatch.move_up.policy=nearest",)),
    Mechanism("redirect en route", "units", "units must be home first", ("dispatch.en_route=false",)),
    Mechanism("rush hour", "travel", "no slower at 7-9 and 17-19 h", NO_RUSH),
    Mechanism("empty roads at night", "travel", "no faster at night", ("travel.night_factor=1",)),
    Mechanism(
        "weather", "travel", "always fair", ("travel.bad_weather_share=0", "forces.drones.weather_hold=0")
    ),
    Mechanism("trip noise", "travel", "trips as expected", ("travel.noise_sd_log=0",)),
    Mechanism("access", "scene", "no blocked lane, no stairs", ("fireground.access.enabled=false",)),
    Mechanism("water supply", "scene", "tanks never empty", ("fireground.water.enabled=false",)),
    Mechanism(
        "first aid", "scene", "nobody puts a fire out by hand", ("fireground.growth.out_by_first_aid=0",)
    ),
    Mechanism(
        "fire growth", "scene", "time on scene drawn, nothing burns", ("fireground.growth.enabled=false",)
    ),
    Mechanism("surges", "demand", "no New Year's Eve, Qingming or flood", NO_SURGES),
)
