"""Schema of the group `demand`: how many incidents, of what type, when and where."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.fields import fraction, number, refuse_missing, refuse_unknown, value, vector
from sim.errors import SimError
from sim.terms import FIRE_TYPES, GROWTH_CLASSES, RESCUE_TYPES, SETTINGS, TYPES


@dataclass(frozen=True)
class MixConfig:
    """Relative frequency of the five groups of calls; only their proportions count."""

    fire: float = number("fires", "-", 0, 1e6, "Lam_fire")
    rescue: float = number("rescues", "-", 0, 1e6, "Lam_resc")
    social_assistance: float = number("social assistance", "-", 0, 1e6, "Lam_soc")
    standby: float = number("security and standby duty", "-", 0, 1e6, "Lam_duty")
    false_alarm: float = number("false and unfounded alarms", "-", 0, 1e6, "Lam_false")

    def check(self, path: str) -> None:
        """Refuse a mix that is empty."""
        if self.fire + self.rescue + self.social_assistance + self.standby + self.false_alarm <= 0:
            raise SimError(f"{path} must have at least one group above 0.")


@dataclass(frozen=True)
class FireSplitConfig:
    """How fires divide into types."""

    building: float = fraction("share of fires in buildings", "p_bld")
    vehicle: float = fraction("share of fires in vehicles", "p_veh")
    outdoor: float = fraction("share of outdoor fires", "p_out")
    highrise: float = fraction("share of building fires in high-rises", "p_hr")
    residential: float = fraction("share of the other building fires in dwellings", "p_res_b")

    def check(self, path: str) -> None:
        """Refuse shares that do not make a whole."""
        total = self.building + self.vehicle + self.outdoor
        if abs(total - 1) > 1e-6:
            raise SimError(f"{path}.building, vehicle and outdoor must add up to 1, found {total:g}.")


@dataclass(frozen=True)
class PlaceConfig:
    """Where a type of incident happens: weight of a cell = persons × rate + constant, in some settings only."""

    urban_rate: float = number("calls per urban resident, relative", "-", 0, 100, "lamF_urb")
    rural_rate: float = number("calls per rural resident, relative", "-", 0, 100, "lamF_rur")
    per_km2: float = number(
        "weight of a cell whatever its population, in persons", "persons/km2", 0, 1e5, "m_area"
    )
    settings: tuple[str, ...] = value("settings where it can happen", names=SETTINGS)


@dataclass(frozen=True)
class SurgesConfig:
    """Days on which more is called in than on others."""

    new_year_eve_day: int = number("day of the year of Chinese New Year's Eve", "day", 1, 365, "m_nye_day")
    new_year_eve_factor: float = number("calls on New Year's Eve against a mean day", "x", 1, 10, "k_nye")
    qingming_first_day: int = number("first day of the Qingming days", "day", 1, 365, "m_qm_day")
    qingming_days: int = number("length of the Qingming days", "days", 0, 10, "k_qm")
    qingming_factor: float = number("outdoor fires on a Qingming day against a mean day", "x", 1, 10, "k_qm")
    flood_days: int = number("days of typhoon or flood in a year", "days", 0, 10, "k_flood")
    flood_factor: float = number(
        "rescues and assistance on a flood day against a mean day", "x", 1, 20, "k_flood"
    )
    flood_sd_log: float = number("spread of the flood factor between years (log)", "-", 0, 2, "k_flood")
    flood_first_day: int = number("first day of the flood season", "day", 1, 365, "k_flood")
    flood_last_day: int = number("last day of the flood season", "day", 1, 365, "k_flood")


@dataclass(frozen=True)
class SeverityConfig:
    """How bad an incident truly is: 1 small, 2 serious, 3 major."""

    self_limiting: float = fraction("share of fires that stay small by themselves", "p_lim")
    growth: dict[str, tuple[float, ...]] = value(
        "share of slow, medium, fast and ultra-fast growth by type of fire", "mix_res", names=FIRE_TYPES
    )
    most: dict[str, int] = number("highest severity a type of fire can have", "-", 1, 3, "m_severity")
    others: dict[str, tuple[float, ...]] = value(
        "share of severity 1, 2 and 3 by other type", "m_severity", names=TYPES
    )
    reported_right: float = fraction("chance that the caller's account gives the true severity", "m_report")

    def check(self, path: str) -> None:
        """Refuse shares of the wrong number or that do not add up to 1, and types left out."""
        for name, table, length, types in (
            ("growth", self.growth, len(GROWTH_CLASSES), FIRE_TYPES),
            ("others", self.others, 3, tuple(t for t in TYPES if t not in FIRE_TYPES)),
        ):
            for kind in types:
                shares = table.get(kind, ())
                if len(shares) != length or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
                    raise SimError(
                        f"{path}.{name}.{kind} must be {length} shares that add up to 1, found {list(shares)}."
                    )
        refuse_missing(f"{path}.most", self.most, FIRE_TYPES, ": the highest severity of this type")


@dataclass(frozen=True)
class DemandConfig:
    """The incidents of a year."""

    calls_per_year: float = number("incidents in a year", "/yr", 0, 1e8, "Lam")
    mix: MixConfig = value("groups of calls")
    fires: FireSplitConfig = value("fires by type")
    rescues: dict[str, float] = number("rescues by type, relative", "-", 0, 1e6, "p_rta")
    places: dict[str, PlaceConfig] = value("where each type happens", names=TYPES)
    hours_fire: tuple[float, ...] = vector("fires by hour of the day", "%", 0, 1000, 24, "w_hour_fire")
    hours_other: tuple[float, ...] = vector("other calls by hour of the day", "%", 0, 1000, 24, "w_hour_oth")
    months_fire: tuple[float, ...] = vector("fires by month", "%", 0, 1000, 12, "w_mon_fire")
    months_rescue: tuple[float, ...] = vector("rescues by month", "%", 0, 1000, 12, "w_mon_resc")
    months_social: tuple[float, ...] = vector("social assistance by month", "%", 0, 1000, 12, "w_mon_soc")
    dispersion: float = number(
        "size k of the negative-binomial daily counts; 0 means Poisson days", "-", 0, 1e6, "k_nb"
    )
    surges: SurgesConfig = value("surge days")
    severity: SeverityConfig = value("true and reported severity")
    awareness_elasticity: float = number(
        "elasticity of ignitions to fire-safety awareness", "-", -2, 0, "e_aware"
    )
    growth: float = number(
        "growth of calls per year after the first year, 0 to compare capacity alone", "/yr", -0.2, 0.2,
        "g_call",
    )  # fmt: skip
    growth_from: int = number("year in which calls_per_year holds", "year", 2000, 2100, "g_call")

    def check(self, path: str) -> None:
        """Refuse unknown types of rescue, empty profiles and types without a place."""
        refuse_unknown(f"{path}.rescues", self.rescues, RESCUE_TYPES)
        refuse_missing(f"{path}.places", self.places, TYPES, ": where this type happens")
        for name in ("hours_fire", "hours_other", "months_fire", "months_rescue", "months_social"):
            if sum(getattr(self, name)) <= 0:
                raise SimError(f"{path}.{name} must have at least one entry above 0.")
