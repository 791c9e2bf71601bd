"""Schema of the group `forces`: stations and units by tier, with crews and rosters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sim.config.fields import fraction, number, refuse_unknown, value
from sim.errors import SimError
from sim.terms import APPLIANCES, KINDS, SPECIALTIES, STATION_CLASSES, TIERS


@dataclass(frozen=True)
class Duration:
    """A random duration: log-normal about a median, exponential about a mean, or constant."""

    law: Literal["lognormal", "exponential", "constant"] = value("law of the duration")
    scale: float = number("median (lognormal), mean (exponential) or value (constant)", "s", 0, 1e6)
    sd_log: float = number("standard deviation of the logarithm (lognormal)", "-", 0, 3)


@dataclass(frozen=True)
class ComplementConfig:
    """A class of professional station: vehicles and persons on duty."""

    vehicles: dict[str, int] = number("vehicles by kind", "vehicles", 0, 50, "veh_1")
    crew: int = number("persons on the duty roster", "persons", 0, 500, "crew_1")

    def check(self, path: str) -> None:
        """Refuse unknown kinds of vehicle."""
        refuse_unknown(f"{path}.vehicles", self.vehicles, APPLIANCES)


@dataclass(frozen=True)
class ProfessionalConfig:
    """Professional stations (特勤, 一级, 二级, 小型, 战勤保障)."""

    enabled: bool = value("professional stations exist")
    classes: dict[str, ComplementConfig] = value(
        "vehicles and crew by class of station", names=STATION_CLASSES
    )
    crew_per_vehicle: int = number("persons that make a crew", "persons", 3, 20, "crew_veh")
    crew_by_kind: dict[str, int] = number(
        "persons on a vehicle, where fewer than a crew", "persons", 1, 20, "crew_veh"
    )
    availability: float = fraction("share of the roster present before career protection", "m_avail_p")
    water_m3: float = number("water in an engine's tank", "m3", 0, 30, "V_tank_p")
    tanker_m3: float = number("water in a tanker", "m3", 0, 40, "m_tanker")
    turnout: Duration = value("dispatch to wheels rolling", "t_to_p")
    turnout_night_s: float = number("added to turnout at night", "s", 0, 600, "t_to_p")


@dataclass(frozen=True)
class TownshipConfig:
    """Government full-time teams of towns and townships (政府专职消防队)."""

    kinds: tuple[str, ...] = value(
        "kinds of township-level unit that have a team", "n_ft23", ("town", "township", "subdistrict")
    )
    staff: int = number("staff of a team on duty at once (AB roster)", "persons", 0, 100, "m_t2_duty")
    vehicles: int = number("fire engines of a team", "vehicles", 0, 10, "veh_t2")
    crew_least: int = number("least persons who take an engine out", "persons", 1, 20, "m_t_least")
    availability: float = fraction("share of the roster present before career protection", "m_avail_t")
    night_factor: float = number("presence at night against day", "x", 0, 1, "m_t_night")
    water_m3: float = number("water in the engine's tank", "m3", 0, 30, "V_tank_t")
    turnout: Duration = value("dispatch to wheels rolling", "t_to_t")


@dataclass(frozen=True)
class VolunteerConfig:
    """Volunteer teams of the other townships (志愿消防队)."""

    kinds: tuple[str, ...] = value(
        "kinds of township-level unit that have one, where no full-time team is", "crew_tv",
        ("town", "township", "subdistrict"),
    )  # fmt: skip
    staff: int = number("members", "persons", 0, 100, "crew_tv")
    turn_up: float = fraction("chance that a member turns up", "m_v_turnup")
    crew_least: int = number("least persons who take the pump out", "persons", 1, 20, "m_v_least")
    water_m3: float = number("water with the pump", "m3", 0, 10, "m_v_water")
    turnout: Duration = value("notice to leaving", "t_to_v")


@dataclass(frozen=True)
class MicroConfig:
    """Micro stations of communities and villages (微型消防站)."""

    per_committee: float = number("micro stations per residents' committee", "stations", 0, 10, "n_micro23")
    per_village: float = number("micro stations per village", "stations", 0, 10, "n_micro23")
    crew: int = number("members on duty", "persons", 1, 20, "crew_m_duty")
    availability: float = fraction("chance that the station is manned by day", "p_m_avail")
    night_factor: float = number("chance at night against day", "x", 0, 1, "p_m_avail")
    radius_m: float = number("route beyond which it is not sent", "m", 0, 20000, "m_m_radius")
    speed_kmh: float = number("speed on foot or light vehicle", "km/h", 1, 60, "m_m_speed")
    most: int = number("micro stations sent to one incident", "stations", 0, 10, "m_m_most")
    turnout: Duration = value("notice to leaving", "t_to_m")


@dataclass(frozen=True)
class PatrolConfig:
    """Emergency-fire patrol cars of townships (应急消防巡逻车), crewed by the township's 4-8 posts."""

    crew: int = number("crew", "persons", 1, 8, "crew_pc")
    water_m3: float = number("water or extinguishant on board", "m3", 0, 5, "V_pc")
    staffed_hours: float = number("hours a day in which the car is crewed", "h", 0, 24, "h_pc")
    staffed_from_h: float = number("hour at which the crewed time begins", "h", 0, 24, "m_pc_from")
    posts: int = number(
        "posts of the township's emergency-fire station; half on duty (AB roster)", "persons", 1, 20,
        "n_pol_staff",
    )  # fmt: skip
    post_present: float = fraction(
        "chance that a post on duty is present in the crewed hours", "m_pc_present"
    )
    weekend_factor: float = number("presence at weekends against weekdays", "x", 0, 1, "m_pc_weekend")
    mobile_day: float = fraction("share of the crewed time on the move by day", "p_pc_mobile")
    mobile_night: float = fraction("the same at night", "p_pc_mobile")
    speed_factor: float = number("speed against a heavy vehicle", "x", 0.5, 2, "f_light")
    turnout_mobile: Duration = value("notice to heading there, when on the move", "t_to_pc")
    turnout_parked: Duration = value("notice to leaving, when parked", "t_to_pc")


@dataclass(frozen=True)
class DronesConfig:
    """Drones in fixed nests (无人机机巢): information, never water."""

    radius_m: float = number("effective radius of a nest", "m", 0, 30000, "r_d_out")
    speed_ms: float = number("cruise speed", "m/s", 1, 40, "v_d")
    technical: float = fraction("chance that the nest works", "p_d_avail")
    weather_hold: float = fraction("share of the time with too much wind, rain or fog to fly", "p_d_avail")
    endurance_min: float = number("endurance of a sortie", "min", 1, 300, "t_d_end")
    recharge_min: float = number("recharge between sorties", "min", 0, 300, "t_d_end")
    turnout: Duration = value("dispatch to airborne", "t_to_d")


@dataclass(frozen=True)
class CivilConfig:
    """Civil rescue teams (民间救援队), one in each county, for water and mountain rescue."""

    per_county: int = number("teams in each county", "teams", 0, 10, "m_c_teams")
    crew: int = number("persons who turn out", "persons", 1, 50, "m_c_crew")
    availability: float = fraction("chance that the team can be raised", "m_c_avail")
    turnout: Duration = value("notice to leaving", "m_c_turnout")


@dataclass(frozen=True)
class EnterpriseConfig:
    """Full-time brigades of enterprises (企业专职消防队), at the region's further posts of this tier."""

    teams: int = number("engines with a crew at each post", "teams", 0, 6, "n_ent")
    crew: int = number("persons on an engine", "persons", 1, 20, "m_ent_crew")
    water_m3: float = number("water on an engine, which carries foam too", "m3", 0, 30, "m_ent_water")
    availability: float = fraction("chance that the works can spare an engine", "m_ent_avail")
    radius_m: float = number("distance beyond which it is not sent", "m", 0, 50000, "m_ent_radius")
    turnout: Duration = value("notice to leaving", "m_ent_turnout")


@dataclass(frozen=True)
class FurtherTierConfig:
    """A tier of the table in sim/terms.py that has no group of its own, such as a helicopter."""

    bases: tuple[str, ...] = value("stations of the region where its units stand, one unit for each entry")
    kind: str = value("kind of unit", names=KINDS)
    crew: int = number("persons on a unit", "persons", 0, 50)
    water_m3: float = number("water on a unit", "m3", 0, 30)
    availability: float = fraction("chance that a unit can go out")
    weather_hold: float = fraction("share of the time with weather too bad to go out")
    radius_m: float = number("distance beyond which it is not sent", "m", 0, 1e6)
    speed_kmh: float = number("speed of a tier in the air or on foot", "km/h", 1, 500)
    turnout: Duration = value("notice to leaving")


@dataclass(frozen=True)
class Going:
    """How the units of a tier come: turnout, and what holds them back."""

    turnout: Duration
    speed_ms: float = math.nan  # of tiers in the air and on foot
    radius_m: float = math.inf
    weather_hold: float = 0.0
    night_factor: float = 1.0  # on the chance to be there
    most: int | None = None  # sent to one incident, where the tier table does not say


@dataclass(frozen=True)
class MutualAidConfig:
    """Help from the neighbouring prefectures: specialist teams that are missing here, columns for large fires."""

    enabled: bool = value("help from outside exists")
    form_up_s: float = number("request to departure of a column", "s", 0, 36000, "m_mutual_form_up")
    speed_kmh: float = number("speed of a column", "km/h", 5, 120, "v_mut")
    speed_sd_log: float = number("its spread (log)", "-", 0, 2, "v_mut")
    detour: float = number("route length over straight line", "x", 1, 5, "m_mutual_detour")
    distance_km: float = number(
        "straight line from the middle of a region that names no neighbours",
        "km",
        0,
        5000,
        "m_mutual_distance",
    )
    column: dict[str, int] = number("vehicles of a column, by kind", "vehicles", 0, 200, "m_mutual_column")

    def check(self, path: str) -> None:
        """Refuse unknown kinds of vehicle."""
        refuse_unknown(f"{path}.column", self.column, APPLIANCES)


OWN_GROUP = {"drone": "drones"}  # groups of `forces` that are not named as their tier


@dataclass(frozen=True)
class ForcesConfig:
    """Who there is, by tier."""

    professional: ProfessionalConfig = value("professional stations")
    township: TownshipConfig = value("township full-time teams")
    volunteer: VolunteerConfig = value("volunteer teams")
    micro: MicroConfig = value("micro stations")
    patrol: PatrolConfig = value("patrol cars")
    drones: DronesConfig = value("drones")
    civil: CivilConfig = value("civil rescue teams")
    enterprise: EnterpriseConfig = value("brigades of enterprises")
    further: dict[str, FurtherTierConfig] = value("further tiers of sim/terms.py, by name")
    specialists: dict[str, str] = value(
        "station that keeps each specialist team once it is equipped, or a class of station: each of them does",
        "m_spec_home",
        SPECIALTIES,
    )
    specialists_before: tuple[str, ...] = value(
        "specialist teams that there are without their kit; at a major incident these need help from outside, too",
        "n_spec0", SPECIALTIES,
    )  # fmt: skip
    mutual_aid: MutualAidConfig = value("help from outside")
    recovery: Duration = value("back at the station to ready: refill, clean", "t_rec")
    day_from_h: float = number("hour at which the day shift begins", "h", 0, 24, "m_shift")
    night_from_h: float = number("hour at which the night shift begins", "h", 0, 24, "m_shift")

    def check(self, path: str) -> None:
        """Refuse further tiers that are not in the tier table or have a group of their own."""
        known = [tier for tier in TIERS if not hasattr(self, OWN_GROUP.get(tier, tier))]
        for tier, rules in self.further.items():
            if tier not in known:
                allowed = ", ".join(known) or "none (a further tier needs a row in sim/terms.py)"
                raise SimError(f"unknown key {path}.further.{tier}; allowed: {allowed}.")
            if rules.kind not in KINDS:
                raise SimError(f"{path}.further.{tier}.kind is {rules.kind!r}; allowed: {', '.join(KINDS)}.")

    def going(self) -> dict[str, Going]:
        """Return how each tier comes."""
        micro, drones = self.micro, self.drones
        return {
            "professional": Going(self.professional.turnout),
            "township": Going(self.township.turnout),
            "volunteer": Going(self.volunteer.turnout),
            "micro": Going(
                micro.turnout, micro.speed_kmh / 3.6, micro.radius_m,
                night_factor=micro.night_factor, most=micro.most,
            ),
            "patrol": Going(self.patrol.turnout_parked),
            "drone": Going(drones.turnout, drones.speed_ms, drones.radius_m, drones.weather_hold),
            "civil": Going(self.civil.turnout),
            "enterprise": Going(self.enterprise.turnout, radius_m=self.enterprise.radius_m),
            **{
                tier: Going(rules.turnout, rules.speed_kmh / 3.6, rules.radius_m, rules.weather_hold)
                for tier, rules in self.further.items()
            },
        }  # fmt: skip
