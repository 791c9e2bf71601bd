"""Maps of response times: of one run, and of several runs in one figure."""

from typing import Any

from matplotlib.figure import Figure

from sim.plots.data import ComparisonData, RunData
from sim.plots.labels import Label, label
from sim.plots.maps.response_maps import View, response_map, small_multiples
from sim.plots.registry import figure

MEDIAN = View()
FIRST_ARRIVAL_P90 = View(column="first_arrival_s", statistic="p90", by="township", least=5)
FIRST_CAPABLE_P90 = View(statistic="p90", by="township", least=5)


def _title(view: View, english: str = "", chinese: str = "") -> Label:
    name, by = view.name, label(f"by_{view.by}")
    return Label(f"{name.en}, {by.en}{english}", f"{name.zh}，{by.zh}{chinese}")


def _declared(view: View) -> dict[str, Any]:
    return {
        "population": "fires",
        "needs": {"incidents": ["type", view.by, view.column], "basemap": []},
        "possible": lambda data: data.has_map,
    }


@figure("map_first_capable", kind="run", title=_title(MEDIAN), size=(9.5, 8.4), order=20, **_declared(MEDIAN))
def first_capable(data: RunData, picture: Figure) -> None:
    """Median time to the first capable arrival by cell."""
    response_map(data.incidents, data.basemap, picture.subplots(), MEDIAN)


@figure(
    "map_first_arrival_p90", kind="run", title=_title(FIRST_ARRIVAL_P90), size=(9.5, 8.4), order=50, which="all",
    **_declared(FIRST_ARRIVAL_P90),
)  # fmt: skip
def first_arrival_p90(data: RunData, picture: Figure) -> None:
    """90th percentile of the first arrival by township."""
    response_map(data.incidents, data.basemap, picture.subplots(), FIRST_ARRIVAL_P90)


def _columns(panels: int) -> int:
    return 3 if panels <= 9 else 4


def _size(panels: int) -> tuple[float, float]:
    columns = _columns(panels)
    return 4.4 * min(columns, panels) + 1.2, 4.0 * -(-panels // columns) + 1.1


@figure(
    "map_p90", kind="comparison", title=_title(FIRST_CAPABLE_P90), order=40,
    size=lambda data: _size(len(data.names)), **_declared(FIRST_CAPABLE_P90),
)  # fmt: skip
def by_scenario(data: ComparisonData, picture: Figure) -> None:
    """90th percentile of the first capable arrival by township: one map a scenario."""
    small_multiples(
        picture, data.incidents, data.basemap, FIRST_CAPABLE_P90, columns=_columns(len(data.names))
    )


@figure(
    "map_p90_change", kind="comparison", order=50, size=lambda data: _size(len(data.names) - 1),
    title=_title(FIRST_CAPABLE_P90, ": change against the baseline", "：较基准的变化"),
    **_declared(FIRST_CAPABLE_P90) | {"possible": lambda data: len(data.names) > 1 and data.has_map},
)  # fmt: skip
def change(data: ComparisonData, picture: Figure) -> None:
    """Change of the same against the baseline."""
    small_multiples(
        picture, data.incidents, data.basemap, FIRST_CAPABLE_P90, data.names[data.baseline],
        _columns(len(data.names) - 1),
    )  # fmt: skip
