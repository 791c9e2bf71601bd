"""The field's standard terms, in the fixed order in which tables and arrays use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FIRE_TYPES = ("residential_fire", "highrise_fire", "premises_fire", "vehicle_fire", "outdoor_fire")
RESCUE_TYPES = ("traffic_rescue", "hazmat_rescue", "water_rescue", "mountain_rescue", "other_rescue")
OTHER_TYPES = ("social_assistance", "standby", "false_alarm")
TYPES = FIRE_TYPES + RESCUE_TYPES + OTHER_TYPES
BUILDING_FIRES = ("residential_fire", "highrise_fire", "premises_fire")
# Calls at which lives hang on minutes: building fires, and rescues of persons.
LIFE_RISK = (*BUILDING_FIRES, "traffic_rescue", "water_rescue", "mountain_rescue", "other_rescue")


@dataclass(frozen=True, slots=True)
class Tier:
    """What the model needs to know about a tier. Its numbers are in configs/forces, its label is in sim/plots/labels.py.

    A tier without a group of its own there is described under `forces.further`.
    """

    name: str
    moves: Literal["road", "foot", "air"]  # foot and air: at a speed of their own; air: in a straight line
    crew: bool = True  # people come; without a crew it only looks
    manning: Literal["crews", "team", "turn_up", "posts", "always"] = "always"  # who decides if it can go out
    run_card: bool = False  # fills run cards and works at the scene: vehicles with an officer
    full_force: bool = False  # its units count towards the full force of the run card
    breathing: bool = (
        False  # its crews are trained and have breathing apparatus: they can go into a burning building
    )
    sizes_up: bool = False  # reports the true severity of the incident
    commands: bool = False  # the brigade: sent to all fires and rescues by policy, takes over at the scene
    foam: bool = False  # its engines carry foam
    en_route: bool = False  # can be sent again on its way home after its work
    fire_service: bool = False  # its vehicles and persons are those of the statistics
    first_aid: Literal["", "extinguisher", "reel"] = ""  # what it can do about a small fire
    beside: Literal["", "first", "all"] = ""  # in addition to the run card: the first that is free, or all
    reason: str = "first_aid"  # why it is sent in addition to the run card
    on_platform: bool = False  # always on the 119 platform
    posts: bool = False  # the region may list further posts of it
    listed: int = 2  # nearest stations that a dispatcher looks at


TIER_TABLE = (
    Tier(
        "professional", "road", manning="crews", run_card=True, full_force=True, breathing=True, sizes_up=True,
        commands=True, en_route=True, fire_service=True, on_platform=True, listed=12,
    ),
    Tier(
        "township", "road", manning="team", run_card=True, full_force=True, breathing=True, sizes_up=True,
        en_route=True, fire_service=True, posts=True, listed=8,
    ),
    Tier("volunteer", "road", manning="turn_up", run_card=True, full_force=True, sizes_up=True, listed=6),
    Tier("micro", "foot", first_aid="extinguisher", beside="all"),
    Tier("patrol", "road", manning="posts", first_aid="reel", posts=True, listed=3),
    Tier("drone", "air", crew=False, sizes_up=True, beside="first", reason="drone", on_platform=True, posts=True),
    Tier("civil", "road", full_force=True, beside="first"),
    Tier(  # of a works, called to its neighbourhood: all its engines
        "enterprise", "road", full_force=True, breathing=True, sizes_up=True, foam=True, beside="all", posts=True,
        listed=6,
    ),
)  # fmt: skip
TIERS = tuple(tier.name for tier in TIER_TABLE)
TIER = dict(zip(TIERS, TIER_TABLE, strict=True))
BREATHING = frozenset(tier.name for tier in TIER_TABLE if tier.breathing)
RUN_CARD_TIERS = tuple(tier.name for tier in TIER_TABLE if tier.run_card)
(BRIGADE,) = (tier.name for tier in TIER_TABLE if tier.commands)
CARRY_FOAM = frozenset(tier.name for tier in TIER_TABLE if tier.foam)
UNCREWED = frozenset(tier.name for tier in TIER_TABLE if not tier.crew)
SETTINGS = ("urban", "town", "plain", "mountain")

# Vehicles of the fire service proper, then what the other tiers bring.
APPLIANCES = ("engine", "tanker", "ladder", "rescue", "hazmat", "support")
SPECIALTIES = ("chemical", "highrise", "water", "mountain", "earthquake")
SPECIALISTS = tuple(f"{name}_team" for name in SPECIALTIES)
KINDS = (*APPLIANCES, *SPECIALISTS, "pump", "foot", "patrol", "drone", "civil")

# What a run card can ask the brigade for, and which kinds provide it, the plainest first.
PROVIDERS: dict[str, tuple[str, ...]] = {
    "engine": ("engine", "tanker"),
    "tanker": ("tanker",),
    "ladder": ("ladder",),
    "rescue": ("rescue",),
    "hazmat": ("hazmat",),
    "support": ("support",),
    "water_rescue": ("rescue",),
    "mountain_rescue": ("rescue",),
    "crew": ("engine", "rescue", "tanker"),
    **{team: (team,) for team in SPECIALISTS},
}
CAPABILITIES = tuple(PROVIDERS)
# What comes beside the brigade from the other run-card tiers. Volunteers never take the place of a full-time team.
LOCAL_TEAM, VOLUNTEERS = "local_team", "volunteers"
LOCAL_KINDS = ("engine", "pump")
KINDS_FOR = PROVIDERS | {LOCAL_TEAM: ("engine",), VOLUNTEERS: ("pump",)}
ABLE_TOO = {  # kinds of other tiers that can begin the work that the brigade's do
    "engine": LOCAL_KINDS, "crew": LOCAL_KINDS, "water_rescue": ("civil",), "mountain_rescue": ("civil",),
}  # fmt: skip
FOAM = ("support", "hazmat", "chemical_team")  # bring foam for burning liquids
PUMPS = ("engine", "tanker", "pump")  # carry water and a pump; a patrol car's extinguisher is no pump

GROWTH_CLASSES = ("slow", "medium", "fast", "ultrafast")
STATION_CLASSES = ("special", "class1", "class2", "small", "logistics")
COVERAGES = ("nominal", "reach", "demand")  # definitions of station coverage
