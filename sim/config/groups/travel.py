"""Schema of the group `travel`: how long a unit takes from A to B."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.config.fields import fraction, number, refuse_missing, value, vector
from sim.terms import SETTINGS


@dataclass(frozen=True)
class TravelConfig:
    """Route length and speed; the expected travel time is what a dispatcher knows."""

    model: str = value(
        "law (of distance, by the keys below), matrix (times from `file`) or network (roads from `file`)"
    )
    file: str | None = value(
        "table of travel times or road network, for a model that reads one (docs/model.md)"
    )
    metric: Literal["euclid", "manhattan"] = value("distance between two points before the detour")
    detour: dict[str, float] = number("route length over straight line, by setting", "x", 1, 5, "k_urb")
    local_m: float = number("first part of a route, at local speed", "m", 0, 1e6, "m_local")
    local_kmh: dict[str, float] = number("cruise speed on local roads, by setting", "km/h", 1, 300, "v_urb")
    trunk_kmh: dict[str, float] = number(
        "cruise speed on the rest of the route near the place, by setting", "km/h", 1, 300, "v_prov"
    )
    far_m: float = number("straight line beyond which the way leads by main roads", "m", 0, 1e6, "m_far")
    far_detour: float = number("route length over straight line there", "x", 1, 5, "m_far_detour")
    far_kmh: float = number("speed there", "km/h", 1, 300, "m_far_kmh")
    acceleration_ms2: float = number(
        "effective acceleration; 0 means cruise from the start", "m/s2", 0, 10, "a_eff"
    )
    peak_hours: tuple[int, ...] = number("hours with peak traffic", "h", 0, 23, "f_peak")
    peak_factor: dict[str, float] = number("speed in peak hours, by setting", "x", 0.1, 2, "f_peak")
    night_hours: tuple[int, ...] = number("hours of the night", "h", 0, 23, "f_night")
    night_factor: float = number("speed at night", "x", 0.1, 2, "f_night")
    bad_weather_factor: float = number("speed on bad-weather days", "x", 0.1, 2, "f_wx")
    bad_weather_share: float = fraction("share of the time with weather that slows traffic", "m_bad_weather")
    week_factor: tuple[float, ...] | None = vector(
        "speed by hour of the week from Monday 0 h, in place of peak and night; nothing: by those",
        "x",
        0.1,
        3,
        168,
    )
    noise_sd_log: float = number("trip noise about the expected time (log, mean 1)", "-", 0, 2, "sd_tt")
    class_kmh: dict[str, float] = number(
        "network: speed by class of road, where an edge has none of its own", "km/h", 1, 200, "m_class_kmh"
    )
    default_kmh: float = number("network: speed on roads of any other class", "km/h", 1, 200, "m_default_kmh")
    off_road_kmh: float = number(
        "network: speed between a place and the nearest node", "km/h", 1, 100, "m_off_road_kmh"
    )
    off_road_m: float = number(
        "network: longest such way; farther places are refused if they matter", "m", 1, 1e6, "m_off_road"
    )
    network_factor: float = number(
        "network: expected drive = extra + factor x time on the roads", "x", 0.1, 10
    )
    network_extra_s: float = number("network: seconds of every drive, besides", "s", 0, 1000)

    def check(self, path: str) -> None:
        """Refuse a missing setting."""
        for name in ("detour", "local_kmh", "trunk_kmh", "peak_factor"):
            refuse_missing(f"{path}.{name}", getattr(self, name), SETTINGS)
