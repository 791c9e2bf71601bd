"""Bars, trends and the scoreboard: heights, intervals, words and verdicts."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sim.analysis.targets import verdict
from sim.errors import SimError
from sim.plots import contributions
from sim.plots.figures import targets
from sim.plots.figures.indicators import by_scenario
from sim.plots.figures.simultaneous_demand import bars_of_demand
from sim.plots.figures.utilisation import heat_map
from sim.plots.figures.who_arrives_first import stacked_shares
from sim.plots.labels import TERMS
from sim.plots.style import BETTER, TIER_LOOKS, UNCERTAIN, WORSE, new_figure, use_style


@pytest.fixture
def axes():
    with use_style():
        yield new_figure(8, 4).subplots()


def heights(axes):
    return {
        str(group.get_label()): [(bar.get_y(), bar.get_height()) for bar in group.patches]
        for group in axes.containers
        if hasattr(group, "patches")
    }  # fmt: skip


def texts(axes):
    return [text.get_text() for text in axes.texts]


def shares(rows):
    return pd.DataFrame(rows, columns=["scenario", "tier", "share"])


def test_shares_of_first_arrivals_stack_to_100_per_cent(axes):
    table = shares(
        [
            ("2023", "professional", 0.75),
            ("2023", "none", 0.25),
            ("2024", "professional", 0.5),
            ("2024", "drone", 0.5),
        ]
    )
    stacked_shares(table, axes)
    assert heights(axes) == {
        "Professional 国家消防队": [(0, 75), (0, 50)],
        "Drone 无人机": [(75, 0), (50, 50)],
        "Nobody arrived 无力量到场": [(75, 25), (100, 0)],
    }
    assert texts(axes) == ["75 %", "50 %", "50 %", "25 %"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2023", "2024"]
    # the key stands in the order of the stack
    assert [text.get_text() for text in axes.get_legend().get_texts()][-1] == "Professional 国家消防队"
    assert axes.containers[1].patches[0].get_hatch() == TIER_LOOKS["drone"].hatch


def test_segments_too_thin_for_text_carry_no_number(axes):
    stacked_shares(shares([("2023", "micro", 0.97), ("2023", "civil", 0.03)]), axes)
    assert texts(axes) == ["97 %"]


def test_simultaneous_demand_is_drawn_as_a_share_on_a_logarithmic_axis(axes):
    table = pd.DataFrame({"open_incidents": [0, 1, 2, 3], "share": [0.9, 0.0984, 0.0, 0.0016]})
    bars_of_demand(table, axes)
    drawn = [*zip(axes.lines[0].get_xdata(), axes.lines[0].get_ydata(), strict=True)]
    assert drawn == [(0, 90), (1, pytest.approx(9.84)), (3, pytest.approx(0.16))]
    assert texts(axes) == ["90 %", "9.8 %", "0.16 %"]
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] == pytest.approx(0.1)


WATERFALL = pd.DataFrame(
    [
        ("2023", "start", 1200.0, 1140.0, 1260.0),
        ("Teams", "change", -300.0, -360.0, -240.0),
        ("Nests", "change", -60.0, -120.0, 60.0),
        ("Gaps", "change", 120.0, 60.0, 180.0),
        ("2030", "end", 960.0, 900.0, 1020.0),
    ],
    columns=["name", "kind", "mean", "low", "high"],
)


def waterfall_bars(axes):
    """(bottom, height) of the bars by their place, minutes."""
    found = {round(b.get_x() + b.get_width() / 2): b for b in axes.patches}
    return {place: (found[place].get_y(), found[place].get_height()) for place in sorted(found)}, found


def test_waterfall_runs_from_start_to_end_in_minutes(axes):
    contributions.waterfall(WATERFALL, axes, unit="s")
    drawn, patches = waterfall_bars(axes)
    assert drawn == {0: (0, 20), 1: (20, -5), 2: (15, -1), 3: (14, 2), 4: (0, 16)}
    assert axes.get_ylabel() == "min"
    colours = [face_colour(patches[place]) for place in (1, 2, 3)]
    assert colours == [BETTER.lower(), UNCERTAIN.lower(), WORSE.lower()]
    assert texts(axes) == ["20.00", "−5.00", "−1.00", "+2.00", "16.00"]
    assert axes.get_ylim()[0] > 0  # as every waterfall: the changes are what is looked at
    assert "does not begin at 0" in axes.get_xlabel()


def face_colour(patch):
    return to_hex(patch.get_facecolor())


def test_waterfall_intervals_stand_on_the_running_total(axes):
    contributions.waterfall(WATERFALL, axes, unit="s")
    (errors,) = [c for c in axes.containers if not hasattr(c, "patches")]
    (stems,) = errors.lines[2]
    ends = [segment[:, 1].tolist() for segment in stems.get_segments()]
    assert ends == [[19, 21], [14, 16], [13, 16], [15, 17], [15, 17]]


def test_waterfall_says_which_way_is_better(axes):
    contributions.waterfall(WATERFALL, axes, unit="s", lower_is_better=False)
    _, patches = waterfall_bars(axes)
    assert face_colour(patches[1]) == WORSE.lower()


def test_waterfall_says_when_its_axis_is_cut(axes):
    small = WATERFALL.assign(
        mean=[1000, -5, -1, 2, 996], low=[999, -6, -2, 1, 995], high=[1001, -4, 1, 3, 997]
    )
    contributions.waterfall(small, axes, unit="calls")
    assert axes.get_ylim()[0] > 900
    assert "does not begin at 0" in axes.get_xlabel()


def test_waterfall_of_an_indicator_without_incidents_says_no_data(axes):
    contributions.waterfall(WATERFALL.assign(mean=np.nan), axes, unit="s")
    assert not axes.patches
    assert [text.get_text() for text in axes.texts] == [TERMS["no_data"].stacked]


def test_waterfall_draws_a_change_without_interval_as_uncertain(axes):
    unknown = WATERFALL.assign(low=np.nan, high=np.nan)
    contributions.waterfall(unknown, axes, unit="s")
    _, patches = waterfall_bars(axes)
    assert face_colour(patches[1]) == UNCERTAIN.lower()
    axes.figure.canvas.draw()


KPIS = pd.DataFrame(
    [
        ("2023", "first_capable_median", "all", "all", "s", 600.0, 540.0, 660.0),
        ("2023", "first_capable_p90", "all", "all", "s", 1200.0, 1140.0, 1320.0),
        ("2030", "first_capable_median", "all", "all", "s", 480.0, 420.0, 540.0),
        ("2030", "first_capable_p90", "all", "all", "s", 900.0, 840.0, 960.0),
        ("2023", "first_capable_p90", "setting", "urban", "s", 300.0, 240.0, 360.0),
        ("2023", "first_capable_p90", "setting", "plain", "s", 1500.0, 1440.0, 1560.0),
        ("2023", "calls", "all", "all", "calls", 3500.0, 3400.0, 3600.0),
    ],
    columns=["scenario", "kpi", "by", "group", "unit", "mean", "low", "high"],
)


def points(axes):
    """(means, lows, highs) of each series."""
    found = {}
    for series in axes.containers:
        stems = series.lines[2][0].get_segments()
        mean = series.lines[0].get_ydata().tolist()
        found[str(series.get_label())] = (mean, [s[0, 1] for s in stems], [s[1, 1] for s in stems])
    return found


def test_by_scenario_draws_means_and_intervals_in_minutes(axes):
    by_scenario(KPIS, axes, ["first_capable_median", "first_capable_p90"], by="all")
    assert points(axes) == {
        "median\n中位数": ([10, 8], [9, 7], [11, 9]),
        "90th percentile\n90%分位值": ([20, 15], [19, 14], [22, 16]),
    }
    assert axes.get_title(loc="left") == "First capable arrival 首个有效力量到场"
    assert axes.get_ylabel() == "min"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2023", "2030"]


def test_by_scenario_draws_one_line_per_group(axes):
    by_scenario(KPIS, axes, ["first_capable_p90"], by="setting")
    assert points(axes) == {"Urban\n城区": ([5], [4], [6]), "Plain\n平原": ([25], [24], [26])}


def test_by_scenario_names_indicator_and_group_where_both_differ(axes):
    other = KPIS.assign(kpi="first_arrival_mean")
    rows = pd.concat([KPIS, other[other["by"] == "setting"]])
    by_scenario(rows, axes, ["first_arrival_mean", "first_capable_p90"], by="setting")
    assert list(points(axes)) == [
        "First arrival, drones apart, mean, Urban\n首个力量到场（不含无人机）时间均值，城区",
        "First arrival, drones apart, mean, Plain\n首个力量到场（不含无人机）时间均值，平原",
        "First capable arrival, 90th percentile, Urban\n首个有效力量到场时间90%分位值，城区",
        "First capable arrival, 90th percentile, Plain\n首个有效力量到场时间90%分位值，平原",
    ]
    assert axes.get_title(loc="left") == ""


def test_by_scenario_accepts_blank_groups(axes):
    by_scenario(KPIS.assign(group=np.nan), axes, ["calls"], by="all")
    assert points(axes) == {"Calls\n警情数": ([3500], [3400], [3600])}
    assert axes.get_ylabel() == "calls"


def test_by_scenario_refuses_two_units(axes):
    with pytest.raises(SimError, match="units calls, s found"):
        by_scenario(KPIS, axes, ["calls", "first_capable_p90"], by="all")


def test_utilisation_by_station_and_hour(axes):
    rows = [("甲站", hour, 0.10) for hour in range(24)] + [
        ("乙站", hour, 0.20 + 0.01 * hour) for hour in range(23)
    ]
    heat_map(pd.DataFrame(rows, columns=["station", "hour", "value"]), axes)
    values = axes.collections[0].get_array().reshape(2, 24).filled(-1).tolist()
    assert values[0] == pytest.approx([10] * 24)
    assert values[1] == pytest.approx([*range(20, 43), -1])  # one hour without a value is masked
    # the busiest on top
    assert [label.get_text() for label in axes.get_yticklabels()] == ["甲站", "乙站"]
    assert texts(axes)[:2] == ["10.0 %", "31.0 %"]


@pytest.mark.parametrize(
    ("sense", "target", "low", "high", "found"),
    [
        ("at least", 0.75, 0.75, 0.80, "met"),
        ("at least", 0.75, 0.70, 0.80, "cannot_be_told"),
        ("at least", 0.75, 0.70, 0.74, "not_met"),
        ("at most", 0.047, 0.03, 0.047, "met"),
        ("at most", 0.047, 0.04, 0.05, "cannot_be_told"),
        ("at most", 0.047, 0.05, 0.06, "not_met"),
        ("at least", 1.0, np.nan, np.nan, "cannot_be_told"),
    ],
)
def test_verdict_is_met_only_when_the_whole_interval_meets_the_target(sense, target, low, high, found):
    assert verdict(sense, target, low, high) == found


def test_verdict_refuses_an_unknown_sense():
    with pytest.raises(SimError, match="sense: equal found; allowed: at least, at most"):
        verdict("equal", 1, 1, 1)


def test_scoreboard_writes_every_row(axes):
    table = pd.DataFrame(
        [
            (
                "Coverage of the main city",
                "主城区覆盖率",
                "at least",
                0.75,
                0.58,
                0.55,
                0.61,
                "share",
                "not_met",
            ),
            ("first_capable_p90", None, "at most", 1200.0, 900.0, 840.0, 960.0, "s", "met"),
            (
                "Hydrants in service",
                "消火栓完好率",
                "at least",
                1.0,
                np.nan,
                np.nan,
                np.nan,
                "share",
                "cannot_be_told",
            ),
            ("Fire deaths", "火灾死亡率", "at most", 0.047, 0.1, 0.02, 0.2, "/100k", "chance"),
        ],
        columns=["name", "name_zh", "sense", "target", "mean", "low", "high", "unit", "verdict"],
    ).assign(chance=0.388, chance_low=0.36, chance_high=0.411, chance_years=3)
    targets.scoreboard(table, axes)
    written = texts(axes)
    for text in (
        "Coverage of the main city\n主城区覆盖率",
        "≥ 75 %",
        "58 %",
        "55 – 61 %",
        "✘",
        "not met\n未达标",
    ):
        assert text in written
    for text in (
        "First capable arrival, 90th percentile\n首个有效力量到场时间90%分位值",
        "≤ 20 min",
        "15",
        "14 – 16",
        "✔",
    ):
        assert text in written
    assert written.count("cannot be told\n无法判定") == 1
    said = "chance 39 % (36 to 41 %) to stay below 0.047 over 3 years\n3年内低于0.047的概率为39%（36%至41%）"
    assert written.count(said) == 1
    assert written.count("–") == 2
    axes.figure.canvas.draw()


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (stacked_shares, shares([])),
        (bars_of_demand, pd.DataFrame({"open_incidents": [], "share": []})),
        (lambda table, axes: contributions.waterfall(table, axes, unit="s"), WATERFALL[:0]),
        (lambda table, axes: by_scenario(table, axes, ["calls"], "all"), KPIS[:0]),
        (heat_map, pd.DataFrame({"station": [], "hour": [], "value": []})),
        (targets.scoreboard, pd.DataFrame(columns=list(targets._COLUMNS))),
    ],
)
def test_an_empty_table_is_said_to_be_empty(axes, draw, table):
    assert draw(table, axes) is axes
    assert texts(axes) in (["No incident\n无警情"], ["No data\n无数据"])
    axes.figure.canvas.draw()


def test_utilisation_marks_stations_of_which_only_the_start_of_works_is_promised(axes):
    rows = [(name, hour, 0.1) for name in ("甲站", "乙站") for hour in range(24)]
    heat_map(pd.DataFrame(rows, columns=["station", "hour", "value"]), axes, ["乙站"])
    assert {text.get_text() for text in axes.get_yticklabels()} == {"甲站", "乙站*"}
    assert "start of works, not the opening" in axes.get_xlabel()


def test_an_interval_that_goes_on_beyond_twice_the_target_has_an_arrow(axes):
    def carets(high):
        table = pd.DataFrame(
            [("deaths_a", "at most", 1.0, 1.5, 0.5, high, "/yr", "cannot_be_told")],
            columns=list(targets._COLUMNS),
        )
        axes.clear()
        targets.scoreboard(table, axes)
        return [line for line in axes.lines if line.get_marker() == 5]

    assert not carets(1.9)
    assert len(carets(4.0)) == 1


def test_contributions_are_drawn_year_by_year_with_their_intervals(axes):
    table = pd.DataFrame(
        [(2023, "", 0, 0, 0), (2025, "", -3, -4, -2), (2023, "cars", 0, 0, 0), (2025, "cars", -1, -2, 0)],
        columns=["year", "part", "mean", "low", "high"],
    )
    contributions.by_year(table, axes, {"cars": "Patrol cars"}, factor=100)
    total, cars = (container.lines[0] for container in axes.containers)
    assert total.get_ydata().tolist() == [0, -300]
    assert cars.get_ydata().tolist() == [0, -100]
    bars = axes.containers[1].lines[2][0].get_segments()
    assert [y for _, y in bars[1]] == [-200, 0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2023", "2025"]
    names = axes.get_legend_handles_labels()[1]
    assert names == ["All measures together 全部措施", "Patrol cars"]
