"""Pictures say what they rest on: few fires, chance, points or per cent, what lies beyond an axis, which language."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.timeline import clock
from sim.config.compose import compose
from sim.plots import contributions
from sim.plots.figures import response_maps, targets
from sim.plots.figures.differences import differences
from sim.plots.figures.response_maps import View
from sim.plots.figures.simultaneous_demand import bars_of_demand
from sim.plots.labels import TERMS, Label, in_language, label, with_unit
from sim.plots.maps.basemap import Basemap, read_basemap
from sim.plots.style import new_figure, use_style
from sim.plots.timeline import draw_timeline
from sim.reports.interactive_map import _steps
from sim.reports.terminal import _in_force, _show, console
from sim.runs import precision
from sim.studies.sensitivity.report import short
from sim.world.plan import unchanged


@pytest.fixture
def axes():
    with use_style():
        yield new_figure(7, 5).subplots()


@pytest.fixture(scope="module")
def basemap() -> Basemap:
    return read_basemap({"folder": compose(["region=grid", "plan=off"]).region.folder})


def fires(cells: list[int], minutes: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"cell": cells, "first_capable_s": 60.0 * np.array(minutes), "replication": 0})


def test_a_cell_of_few_fires_takes_its_neighbours_in_or_is_grey(basemap: Basemap) -> None:
    at = {tuple(step): cell for cell, step in enumerate(basemap.steps.tolist())}
    middle, beside, far = at[5, 5], at[6, 5], at[0, 9]
    table = fires([middle] * 2 + [beside] * 6 + [far], [30, 30, *[10] * 6, 50])
    values = response_maps.cell_minutes(table, basemap, View(least=5))
    assert values[beside] == 10  # its own six
    assert values[middle] == 10  # two of its own, six beside
    assert np.isnan(values[far])  # one fire is no median
    assert np.isnan(values[at[0, 0]])
    assert sorted(basemap.around[middle]) == sorted(at[4 + i, 4 + j] for i in range(3) for j in range(3))
    assert (basemap.around[at[0, 0]] == -1).sum() == 5


def test_a_change_of_a_township_that_may_be_chance_is_marked(basemap: Basemap) -> None:
    names = basemap.townships["name"].tolist()
    rng = np.random.default_rng(1)

    def table(gain: float) -> pd.DataFrame:
        rows = [
            (replication, name, 600 - gain * (name == names[0]) + rng.normal(0, 30))
            for replication in range(10) for name in names for _ in range(8)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["replication", "township", "first_capable_s"])

    view = View(statistic="p90", by="township")
    chance = response_maps.within_chance(table(300), table(0), basemap, view)
    of = basemap.township_of
    assert not chance[of == 0].any()
    assert chance[of != 0].mean() > 0.5


def test_shares_differ_in_points_and_the_key_explains_hollow_markers(axes) -> None:
    rows = [
        ("b", "a", "first_capable_within_15", "all", "share", 0.4, 0.21, 0.2, 0.22),
        ("b", "a", "loss", "all", "CNY", 100.0, -22.0, -90.0, 46.0),
    ]
    columns = ["scenario", "baseline", "kpi", "by", "unit", "baseline_mean", "difference", "low", "high"]
    differences(pd.DataFrame(rows, columns=columns), axes, ["first_capable_within_15", "loss"], {})
    points = [x for line in axes.lines for x in np.ravel(line.get_xdata())]
    assert pytest.approx(21) in points  # not 52 % of the share
    assert ": points" in axes.get_yticklabels()[0].get_text()
    key = [text.get_text() for text in axes.get_legend().get_texts()]
    assert key[-2:] == [TERMS["beyond_chance"].stacked, TERMS["maybe_chance"].stacked]
    assert axes.get_xlim()[1] < 30  # the long interval of the loss does not stretch it


def test_rare_demand_is_one_point_and_nothing_is_a_bar_on_a_logarithmic_axis(axes) -> None:
    share = np.array([0.7, 0.29, 0.00999, 5e-6, 2.5e-6, 2.5e-6])
    bars_of_demand(pd.DataFrame({"open_incidents": range(6), "share": share}), axes)
    assert not axes.patches
    (line,) = axes.lines
    assert line.get_ydata() == pytest.approx([70, 29, 0.999, 0.001])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "1", "2", "≥ 3"]


def test_the_dot_of_a_target_leaves_room_for_its_arrow(axes) -> None:
    row = ("deaths_a", "at most", 1.0, 1.95, 0.5, 4.0, "/yr", "cannot_be_told")
    targets.scoreboard(pd.DataFrame([row], columns=list(targets._COLUMNS)), axes)
    (arrow,) = (line for line in axes.lines if line.get_marker() == 5)
    (dot,) = (line for line in axes.lines if line.get_marker() == "o")
    apart = axes.transData.transform([[arrow.get_xdata()[0], 0], [dot.get_xdata()[0], 0]])[:, 0]
    assert apart[0] - apart[1] > (arrow.get_markersize() + dot.get_markersize()) / 4 * axes.figure.dpi / 72


def test_a_waterfall_writes_totals_with_the_digits_of_its_changes(axes) -> None:
    table = pd.DataFrame(
        [("2023", "start", 9035.0), ("Teams", "change", -8718.0), ("2030", "end", 317.0)],
        columns=["name", "kind", "mean"],
    ).assign(low=lambda rows: rows["mean"], high=lambda rows: rows["mean"])
    contributions.waterfall(table, axes, unit="m2")
    assert [text.get_text() for text in axes.texts] == ["9,035", "−8,718", "317"]


def test_points_stand_on_their_years(axes) -> None:
    rows = [(year, part, 1.0, 0.5, 1.5) for year in (2024, 2025) for part in ("", "cars")]
    table = pd.DataFrame(rows, columns=["year", "part", "mean", "low", "high"])
    contributions.by_year(table, axes, {"cars": "Cars"})
    assert {float(x) for c in axes.containers for x in c.lines[0].get_xdata()} == {2024.0, 2025.0}


def test_what_lies_beyond_the_axis_has_no_line_in_the_key_and_tiers_have_colours(axes) -> None:
    unit = {"unit": "u", "tier": "professional", "reason": "run_card", "outcome": "arrived"}
    times = {
        "dispatched_s": 60.0,
        "turned_out_s": 120.0,
        "arrived_s": 600.0,
        "released_s": 36e3,
        "ready_s": 378e2,
    }
    row = pd.Series(
        {"type": "residential_fire", "severity": 1, "township": "a", "county": "b", "time_s": 0.0, "ignition_s": 0.0,
         "size_up_s": np.nan, "first_capable_s": 600.0, "first_water_s": 700.0, "control_s": 720.0, "closed_s": 36e3}
    )  # fmt: skip
    draw_timeline(row, pd.DataFrame([{**unit, **times}]), axes)
    key = axes.get_legend()
    names = [text.get_text() for text in key.get_texts()]
    lines = dict(zip(names, key.legend_handles, strict=True))
    (closed,) = (name for name in names if name.startswith("closed"))
    assert closed.endswith("→")
    assert lines[closed].get_linestyle() == "None"
    assert "Professional 国家消防队" in names


def test_both_maps_have_the_same_steps() -> None:
    steps = _steps(response_maps.time_scale())
    assert steps["ticks"] == list(response_maps.BINS_MIN)
    colours = [colour.upper() for _, colour in steps["stops"][::2]]
    assert colours == list(response_maps.TIME_COLOURS)
    change = _steps(response_maps.change_scale())
    assert (change["low"], change["high"]) == (-20, 20)
    assert change["ticks"] == list(response_maps.CHANGE_BINS_MIN)


def test_a_name_of_an_assumption_is_never_cut_short() -> None:
    name = "share of township teams on the 119 platform in 2023 as its operators told (range)"
    assert short("b_int_t", name).replace("\n", " ") == f"{name.partition(' (')[0]} b_int_t"


def test_figures_can_speak_one_language() -> None:
    for language, told in (("en", "Patrol car"), ("zh", "巡逻车"), ("", "Patrol car 巡逻车")):
        with in_language(language):
            assert str(label("patrol")) == told
    with in_language("zh"):
        assert with_unit(TERMS["after_call"], "min") == "报警后时间 (分钟)"
        assert str(Label("run 7", "")) == "run 7"  # a name that has no Chinese one
        assert TERMS["scenario"].stacked == "情景"


def test_the_terminal_writes_what_can_be_read() -> None:
    row = {
        "kpi": "deaths",
        "by": "all",
        "group": "all",
        "replications": 3,
        "mean": 1.0,
        "low": -3.4,
        "high": 5.4,
    }
    assert _show(pd.DataFrame([row]), ("deaths", "all", "all"), "{:.1f}", 1) == "1.0 ≤5.4"
    assert (
        _show(pd.DataFrame([row | {"low": 0.8, "high": 1.2}]), ("deaths", "all", "all"), "{:.1f}", 1)
        == "1.0 ±0.2"
    )
    reached = {
        "precision": {"reached": {"a": 1.2}, "replications_for_aim": 9, "asked": None, "aim": 3.3},
        "replications": 2,
    }
    told = precision.sentence(reached)
    assert "±120 %" in told
    assert "±330 %" in told
    assert "e+" not in told
    assert clock(55_754) == "15:29:14"
    assert clock(3599) == "59:59"


def test_a_measure_whose_level_has_not_moved_is_not_listed_as_in_force() -> None:
    assert unchanged("per brigade 0 → 0")
    assert unchanged("serviceable 0.93 → 0.93, coverage 0.9 → 0.9")
    assert not unchanged("serviceable 0.93 → 1, coverage 0.9 → 0.9")
    assert not unchanged("in use")
    lines = pd.DataFrame(
        [{"measure": name, "level": level, "share": 0.4, "note": "", "effect": "mechanism", "clauses": "x"}
         for name, level in (("nests", "per brigade 0 → 0"), ("cars", "share 0 → 0.4"))]
    )  # fmt: skip
    screen = console()
    with screen.capture() as told:
        for part in _in_force(lines, 2):
            screen.print(part)
    assert "not in force: nests" in told.get()
    assert "share 0 → 0.4" in told.get()
