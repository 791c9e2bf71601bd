"""Schema of the group `fireground`: from ignition to the call, and from arrival to control."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.fields import fraction, number, refuse_missing, value
from sim.config.groups.forces import Duration
from sim.errors import SimError
from sim.terms import FIRE_TYPES, GROWTH_CLASSES, OTHER_TYPES, RESCUE_TYPES, SETTINGS, TYPES


@dataclass(frozen=True)
class DiscoveryConfig:
    """Ignition to discovery to call; rescues and assistance are called in at once."""

    enabled: bool = value("fires burn before they are discovered")
    attended: Duration = value("ignition to discovery with somebody awake", "t_disc_d")
    asleep: Duration = value("ignition to discovery with everybody asleep", "t_disc_n")
    linked: Duration = value("ignition to discovery by a linked smoke detector", "t_disc_s")
    call: Duration = value("discovery to the 119 call", "t_call")
    asleep_share: dict[str, float] = fraction("chance that nobody is awake at night, by type", "m_asleep")
    asleep_from_h: float = number("hour at which people go to sleep", "h", 0, 24, "m_asleep")
    asleep_to_h: float = number("hour at which they wake", "h", 0, 24, "m_asleep")
    elderly_share: float = fraction("dwelling fires in homes of people aged 60 or more", "p60")
    ageing: float = number(
        "growth of that share a year after demand.growth_from", "-", -0.05, 0.05, "m_ageing"
    )


@dataclass(frozen=True)
class AccessConfig:
    """Between the kerb and the fire."""

    enabled: bool = value("fire lanes can be blocked and high-rises must be climbed")
    obstructed: dict[str, float] = fraction("chance of a blocked fire lane, by setting", "p_obs_old")
    delay: Duration = value("delay by a blocked lane", "t_obs")
    base_s: float = number("high-rise: fixed part of the climb", "s", 0, 3600, "t_vert")
    per_floor_s: float = number("high-rise: each floor", "s", 0, 600, "t_vert")
    vertical_cv: float = fraction("high-rise: coefficient of variation of the climb", "t_vert")
    floors: int = number("highest floor of a high-rise fire (uniform from 1)", "floors", 1, 100, "m_floors")
    light: float = fraction(
        "share of the lane delay that a light vehicle or crew on foot suffers", "m_light_lane"
    )


@dataclass(frozen=True)
class WaterConfig:
    """First water from the tank, then hydrant, draft or shuttle."""

    enabled: bool = value("water beyond the tank must be found")
    from_tank: Duration = value("access to water from the tank, crew of four", "t_fw_tank")
    crew_factor: dict[str, float] = number(
        "time to water by crew size 2, 3, 4 against 4", "x", 0.5, 3, "k_crew"
    )
    hydrant: Duration = value("hook-up to a working hydrant", "t_hyd")
    hydrant_failed: Duration = value("further delay when the nearest hydrant fails", "t_hyd_f")
    draft: Duration = value("drafting set-up at an intake point", "t_draft")
    shuttle: Duration = value("cycle of a tanker shuttle", "t_shut")
    hydrant_settings: tuple[str, ...] = value("settings with street hydrants", "m_hydrant_settings", SETTINGS)
    large_village: float = fraction("share of rural fires in villages above 1,000 people", "p_v1000")
    intake_reach: float = fraction(
        "chance that one intake point is within hose reach of the fire", "m_intake_reach"
    )
    nozzle_ls: float = number("flow of a nozzle", "L/s", 0.1, 50, "q_noz")
    held_m2: float = number("burning area that a nozzle holds", "m2", 0.04, 1000, "A_noz")
    crew_per_nozzle: int = number("crew needed behind each nozzle", "persons", 1, 10, "m_crew_nozzle")
    reel_ls: float = number("flow of a patrol car's reel", "L/s", 0.05, 10, "m_reel")


@dataclass(frozen=True)
class GrowthConfig:
    """Incubation, t² growth to flashover, then exponential spread to a cap; a dict is by type of fire."""

    enabled: bool = value("fires grow; otherwise time on scene is drawn, not computed")
    incubation: Duration = value("ignition to the start of t² growth: smouldering and small flames", "t_inc")
    alpha: dict[str, float] = number("growth coefficient by class", "kW/s2", 1e-5, 10, "al_m")
    flashover_kw: float = number("heat release at flashover", "kW", 10, 1e5, "Q_fo")
    per_area_kw: float = number("heat release per area", "kW/m2", 10, 5000, "q_area")
    doubling: Duration = value("doubling time of the area after flashover", "t_dbl")
    self_limited_kw: float = number(
        "heat release at which a self-limiting fire stays", "kW", 1, 1e5, "m_lim_kw"
    )
    cap_m2: dict[str, float] = number("largest area, by type", "m2", 0.1, 1e6, "A_cap")
    confined: dict[str, float] = fraction(
        "building fires that walls, floors and doors keep in the room of origin, by setting", "m_confined"
    )
    room_m2: float = number("median area of a room", "m2", 1, 1000, "m_room")
    room_sd_log: float = number("spread of the areas of rooms (log)", "-", 0, 2, "m_room")
    cap_village_m2: float = number("largest area of a dwelling fire in a village", "m2", 0.1, 1e6, "A_cap")
    cap_village_share: float = fraction(
        "share of village dwelling fires that can spread to the cluster", "m_cluster"
    )
    cap_factory_m2: float = number("largest area of a factory or warehouse fire", "m2", 0.1, 1e6, "A_cap")
    cap_factory_share: float = fraction("share of factories and warehouses among premises fires", "p_fac_b")
    liquid_share: float = fraction(
        "share of these fires that burn liquids and need foam, if they grow", "m_liquid"
    )
    burn_out_min: float = number(
        "time after which a fully involved fire has consumed its fuel", "min", 1, 600, "m_burn_out"
    )
    out_by_first_aid: float = fraction("chance that first aid puts out a small fire", "p_self_ext")
    first_aid_kw: float = number("largest fire that first aid can put out", "kW", 0, 1e5, "m_first_aid_kw")
    first_aid_s: float = number("first aid: arrival to agent applied", "s", 0, 3600, "m_first_aid_s")


@dataclass(frozen=True)
class OnSceneConfig:
    """Time on the scene."""

    others: dict[str, Duration] = value("arrival to release for types that do not burn", "os_resc", TYPES)
    fires: dict[str, Duration] = value(
        "arrival to release of fires where growth is off", "os_res", FIRE_TYPES
    )
    mop_up: dict[str, Duration] = value("control to release at a small fire", "m_mop_up", FIRE_TYPES)
    team_share: float = fraction(
        "share of the work at a rescue that a specialist team must do", "m_team_share"
    )
    overhaul_m2_per_crew_min: float = number(
        "area that a crew turns over in a minute", "m2/min", 0.01, 1000, "m_overhaul"
    )


@dataclass(frozen=True)
class FiregroundConfig:
    """What happens between ignition and release, apart from who is sent."""

    discovery: DiscoveryConfig = value("before the call")
    access: AccessConfig = value("kerb to fire")
    water: WaterConfig = value("water supply")
    growth: GrowthConfig = value("fire growth and control")
    on_scene: OnSceneConfig = value("time on the scene")

    def check(self, path: str) -> None:
        """Refuse tables with a class, setting or type left out."""
        refuse_missing(f"{path}.growth.alpha", self.growth.alpha, GROWTH_CLASSES)
        refuse_missing(f"{path}.growth.cap_m2", self.growth.cap_m2, FIRE_TYPES)
        refuse_missing(f"{path}.growth.confined", self.growth.confined, SETTINGS)
        refuse_missing(f"{path}.access.obstructed", self.access.obstructed, SETTINGS)
        refuse_missing(f"{path}.water.crew_factor", self.water.crew_factor, ("2", "3", "4"))
        refuse_missing(f"{path}.on_scene.fires", self.on_scene.fires, FIRE_TYPES)
        refuse_missing(f"{path}.on_scene.mop_up", self.on_scene.mop_up, FIRE_TYPES)
        refuse_missing(f"{path}.on_scene.others", self.on_scene.others, (*RESCUE_TYPES, *OTHER_TYPES))
        for name, scale in (
            ("growth.doubling", self.growth.doubling.scale),
            ("water.shuttle", self.water.shuttle.scale),
        ):
            if scale <= 0:
                raise SimError(
                    f"{path}.{name}.scale is {scale:g} s; allowed: above 0, a rate is computed from it."
                )
