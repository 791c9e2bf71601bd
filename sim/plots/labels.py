"""Labels of figures, in English and Chinese, and the units of the values."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

_ONE_LANGUAGE: ContextVar[str] = ContextVar("language of the figures", default="")  # empty: both


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Draw figures in one language, en or zh, inside the context."""
    token = _ONE_LANGUAGE.set(language)
    try:
        yield
    finally:
        _ONE_LANGUAGE.reset(token)


class Label(NamedTuple):
    """A name in English and in Chinese."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self._joined(" ")

    @property
    def stacked(self) -> str:
        """The two languages on two lines, for narrow places."""
        return self._joined("\n")

    def _joined(self, between: str) -> str:
        if language := _ONE_LANGUAGE.get():
            return self.zh or self.en if language == "zh" else self.en
        return f"{self.en}{between}{self.zh}".strip()


TIERS = {
    "professional": Label("Professional", "国家消防队"),
    "township": Label("Township team", "乡镇专职队"),
    "volunteer": Label("Volunteer team", "志愿队"),
    "micro": Label("Micro station", "微型站"),
    "patrol": Label("Patrol car", "巡逻车"),
    "drone": Label("Drone", "无人机"),
    "civil": Label("Civil rescue team", "民间救援队"),
    "enterprise": Label("Enterprise brigade", "企业专职消防队"),
}
SETTINGS = {
    "urban": Label("Urban", "城区"),
    "town": Label("Town", "城镇"),
    "plain": Label("Plain", "平原"),
    "mountain": Label("Mountain", "山区"),
}
TYPES = {
    "residential_fire": Label("Residential fire", "住宅火灾"),
    "highrise_fire": Label("High-rise fire", "高层火灾"),
    "premises_fire": Label("Premises fire", "厂房仓储场所火灾"),
    "vehicle_fire": Label("Vehicle fire", "车辆火灾"),
    "outdoor_fire": Label("Outdoor fire", "室外火灾"),
    "traffic_rescue": Label("Traffic rescue", "交通事故救援"),
    "hazmat_rescue": Label("Hazmat rescue", "危化品救援"),
    "water_rescue": Label("Water rescue", "水域救援"),
    "mountain_rescue": Label("Mountain rescue", "山岳救援"),
    "other_rescue": Label("Other rescue", "其他救援"),
    "social_assistance": Label("Social assistance", "社会救助"),
    "standby": Label("Standby", "执勤保卫"),
    "false_alarm": Label("False alarm", "误报"),
}
TIMES = {
    "answered": Label("Call answered", "接警"),
    "dispatched": Label("Dispatch", "派警"),
    "first_arrival": Label("First arrival, drones apart", "首个力量到场（不含无人机）"),
    "first_capable": Label("First capable arrival", "首个有效力量到场"),
    "first_professional": Label("First professional arrival", "首支国家消防队到场"),
    "drone_s": Label("Drone over the scene", "无人机到场"),
    "size_up_gain_s": Label("Report ahead of the first crew's", "侦察提前时间"),
    "size_up": Label("Size-up", "到场侦察"),
    "full_force": Label("Full force complete", "力量全部到齐"),
    "first_water": Label("First water", "首次出水"),
    "trained_water": Label("Water by a trained crew (fires)", "专职力量出水（火灾）"),
    "control": Label("Fire under control", "火势控制"),
    "closed": Label("Incident closed", "处置结束"),
    "free_travel": Label("Travel of the nearest free unit", "最近可用力量行车时间"),
    "undetected": Label("Undetected", "未发现时间"),
}
INDICATORS = {
    "calls": Label("Calls", "警情数"),
    "fires": Label("Fires", "火灾数"),
    "utilisation": Label("Utilisation", "车辆占用率"),
    "burnt_m2": Label("Burnt area", "过火面积"),
    "loss_cny": Label("Direct loss", "直接损失"),
    "deaths": Label("Expected deaths", "预期死亡人数"),
    "deaths_a": Label("Expected deaths, curve A", "预期死亡人数（曲线A）"),
    "deaths_b": Label("Expected deaths, curve B", "预期死亡人数（曲线B）"),
    "deaths_c": Label("Expected deaths, curve C", "预期死亡人数（曲线C）"),
    "death_rate_a": Label("Expected death rate, curve A", "预期死亡率（曲线A）"),
    "coverage": Label("Coverage", "覆盖率"),
    "coverage_nominal": Label("Nominal coverage", "标称面积覆盖率"),
    "coverage_reach": Label("Coverage by travel time", "行车时间覆盖率"),
    "coverage_demand": Label("Demand-weighted coverage", "警情加权覆盖率"),
    "coverage_operational": Label("Operational coverage", "实际覆盖率"),
    "recalled": Label("Recalled units", "途中返回"),
    "vehicles_per_call": Label("Vehicles per call", "每次警情出动车辆"),
    "persons_per_call": Label("Persons per call", "每次警情出动人数"),
    "loss": Label("Direct loss", "直接损失"),
    "fire": Label("Fires", "火灾"),
    "rescue": Label("Rescues", "抢险救援"),
    "other": Label("Other calls", "其他警情"),
}
TERMS = {
    "after_call": Label("Time after the call", "报警后时间"),
    "share_of_incidents": Label("Share of incidents reached", "到场警情比例"),
    "share_of_time": Label("Share of the time", "时间占比"),
    "open_incidents": Label("Incidents open at once", "同时处置警情数"),
    "share_first": Label("Share of incidents", "警情比例"),
    "works": Label(
        "* The plan promises the start of works, not the opening.", "规划承诺的是开工，而非启用。"
    ),
    "none": Label("Nobody arrived", "无力量到场"),
    "no_incident": Label("No incident", "无警情"),
    "few_fires": Label("Fewer than 5 fires", "火灾不足5起"),
    "maybe_chance": Label("May be chance", "可能只是随机波动"),
    "beyond_chance": Label("More than chance", "超出随机波动"),
    "no_data": Label("No data", "无数据"),
    "scenario": Label("Scenario", "情景"),
    "station": Label("Fire station", "消防站"),
    "planned": Label("Planned station: works start", "规划消防站（承诺开工）"),
    "proposed": Label("Proposed by this model, not by the plan", "拟建（本模型提出，非规划）"),
    "own_proposal": Label("Proposed by this model", "本模型拟建（非规划）"),
    "in_place": Label("In place", "现有"),
    "covered": Label("Covered", "已覆盖"),
    "added": Label("Covered by proposed sites", "拟建后覆盖"),
    "not_covered": Label("Not covered", "未覆盖"),
    "nests": Label("Drone nests", "无人机机巢"),
    "teams": Label("Full-time crews", "专职力量"),
    "patrol_cars": Label("Patrol cars", "巡逻车"),
    "longitude": Label("Longitude", "经度"),
    "latitude": Label("Latitude", "纬度"),
    "by_cell": Label("by 1-km cell", "按1公里网格"),
    "by_township": Label("by township", "按乡镇"),
    "hour": Label("Hour of the day", "时刻"),
    "axis_cut": Label("The axis does not begin at 0.", "纵轴不从0开始。"),
    "target": Label("Target", "目标"),
    "found": Label("Given or found", "设定或模拟值"),
    "interval": Label("95 % interval", "95%区间"),
    "verdict": Label("Verdict or chance", "结论或概率"),
    "commitment": Label("Commitment", "承诺指标"),
    "ratio": Label("Relative to the target, 0 to 2", "与目标之比（0至2）"),
    "met": Label("met", "达标"),
    "not_met": Label("not met", "未达标"),
    "cannot_be_told": Label("cannot be told", "无法判定"),
    "better": Label("Improvement", "改善"),
    "worse": Label("Deterioration", "恶化"),
    "uncertain": Label("Interval contains zero", "区间含零"),
    "together": Label("All measures together", "全部措施"),
}
STATISTICS = {"median": Label("median", "中位数"), "mean": Label("mean", "均值")}
LABELS = {**TIERS, **SETTINGS, **TYPES, **TIMES, **INDICATORS, **TERMS, **STATISTICS}

# a stored unit → the unit shown and the factor; 万元 is how losses are read in China
_SHOWN = {"s": ("min", 1 / 60), "share": ("%", 100.0), "m2": ("m²", 1.0), "1": ("", 1.0), "-": ("", 1.0)}
_SHOWN |= {"CNY": ("10⁴ CNY 万元", 1e-4), "CNY/yr": ("10⁴ CNY/yr 万元/年", 1e-4)}
_STATISTIC = re.compile(r"(?P<base>\w+?)_(?P<what>median|mean|p\d\d?|within_\d+)(_?(s|min|share))?")


def of_place(name: str) -> Label:
    """Split the name of a region, such as `Quzhou 衢州`, into its languages."""
    words = name.split()
    english = " ".join(word for word in words if word.isascii())
    return Label(english or name, "".join(word for word in words if not word.isascii()) or english)


def statistic(name: str) -> Label:
    """Name a statistic: median, mean, p90, within_10 (minutes)."""
    if name.startswith("within_"):
        minutes = name.removeprefix("within_")
        return Label(f"within {minutes} min", f"{minutes}分钟内")
    if re.fullmatch(r"p\d\d?", name):
        return Label(f"{name[1:]}th percentile", f"{name[1:]}%分位值")
    return STATISTICS[name]


def label(name: str) -> Label:
    """Name a tier, setting, incident type, time column, indicator or term.

    `first_capable_p90` is put together from its two parts; a name the table does not know is shown as it is
    written, with spaces, because tables of other regions and studies bring their own groups.
    """
    for known in (name, name.removesuffix("_s")):
        if known in LABELS:
            return LABELS[known]
    base, what = parts(name)
    if what is None:
        return Label(name.replace("_", " "), "")
    stem, ending = label(base), statistic(what)
    time = "时间" if {base, base.removesuffix("_s")} & set(TIMES) else ""
    return Label(f"{stem.en}, {ending.en}", f"{stem.zh}{time}{ending.zh}" if stem.zh else "")


def parts(name: str) -> tuple[str, str | None]:
    """Split an indicator: `first_capable_p90` is `first_capable` and `p90`; others have no statistic."""
    match = None if name in LABELS else _STATISTIC.fullmatch(name)
    return (match["base"], match["what"]) if match else (name, None)


def shown(unit: str) -> tuple[str, float]:
    """Give the unit a reader sees for a stored unit, and the factor to it (seconds → minutes, shares → %)."""
    return _SHOWN.get(unit, (unit, 1.0))


def with_unit(name: Label | str, unit: str) -> str:
    """Put the unit in brackets behind a name; a bare number has none."""
    return f"{name} ({in_words(unit)})" if unit else str(name)


def in_words(unit: str) -> str:
    """Give a unit of time in the language of the figure."""
    return "分钟" if unit == "min" and _ONE_LANGUAGE.get() == "zh" else unit


def number(value: float) -> str:
    """Write a number with three significant figures, thousands separated; an unknown one as a dash."""
    if not math.isfinite(value):
        return "–"
    rounded = float(f"{value:.3g}")
    return (f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.6g}").replace("-", "−")
