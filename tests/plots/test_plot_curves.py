"""Response-time curves: the drawn lines are the distributions worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from sim.plots.figures import response_curves as curves
from sim.plots.style import TIER_LOOKS, new_figure, use_style


@pytest.fixture
def axes():
    with use_style():
        yield new_figure(6, 4).subplots()


@pytest.fixture
def incidents():
    return pd.DataFrame(
        {
            "replication": [0, 0, 0, 0],
            "incident": [0, 1, 2, 3],
            "first_arrival_s": [120.0, 300.0, 300.0, 540.0],
            "first_capable_s": [300.0, 600.0, np.nan, 900.0],
            "first_professional_s": [np.nan] * 4,
        }
    )


def lines(axes):
    """The curves of a panel, by the first word of their name, without the reference lines."""
    return {str(line.get_label()): line for line in axes.lines if not str(line.get_label()).startswith("_")}


def test_reached_is_the_empirical_distribution():
    minutes, percent = curves.reached([300, 120, 300, np.nan], 5)
    assert minutes.tolist() == [0, 2, 5]
    assert percent == pytest.approx([0, 20, 60])


def test_reached_is_exact_at_whole_seconds_and_short_for_many():
    times = np.random.default_rng(1).uniform(0, 2400, 100_000)
    minutes, percent = curves.reached(times, len(times))
    assert len(minutes) <= 2401
    for second in (1, 60, 599, 2400):
        at = percent[np.searchsorted(minutes, second / 60, side="right") - 1]
        assert at == pytest.approx(100 * (times <= second).mean())


def test_milestones_draw_steps_to_the_right_edge(axes, incidents):
    assert curves.milestones(incidents, axes) is axes
    drawn = list(lines(axes).values())
    assert [line.get_drawstyle() for line in drawn] == ["steps-post"] * 3
    first, capable, professional = drawn
    assert first.get_xdata().tolist() == [0, 2, 5, 9, 40]
    assert first.get_ydata() == pytest.approx([0, 25, 75, 100, 100])
    assert capable.get_xdata().tolist() == [0, 5, 10, 15, 40]
    assert capable.get_ydata() == pytest.approx([0, 25, 50, 75, 75])
    assert professional.get_ydata() == pytest.approx([0, 0])


def test_the_key_reads_off_ten_minutes(axes, incidents):
    curves.milestones(incidents, axes)
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names[0] == "First arrival, drones apart   100 %\n首个力量到场（不含无人机）"
    assert (
        names[1] == "First capable arrival   50 %\n首个有效力量到场"
    )  # the one at exactly ten minutes counts


def test_axes_have_units_and_reference_lines(axes, incidents):
    curves.milestones(incidents, axes)
    assert axes.get_xlabel().endswith("(min)")
    assert axes.get_ylabel().endswith("(%)")
    assert axes.get_xlim() == (0, 40)
    marks = [line.get_xdata()[0] for line in axes.lines if str(line.get_label()).startswith("_")]
    assert marks == [5, 10, 15]


def test_by_tier_is_relative_to_all_incidents_given(axes, incidents):
    dispatches = pd.DataFrame(
        [
            (0, 0, "township", 300.0),
            (0, 0, "township", 240.0),
            (0, 1, "township", 600.0),
            (0, 4, "drone", 9.0),
        ],
        columns=["replication", "incident", "tier", "arrived_s"],
    )
    curves.by_tier(dispatches, incidents, axes)
    ((name, line),) = lines(axes).items()  # the drone went to an incident that is not in the table
    assert name == "Township team   50 %\n乡镇专职队"
    assert line.get_xdata().tolist() == [0, 4, 10, 40]
    assert line.get_ydata() == pytest.approx([0, 25, 50, 50])
    assert line.get_color() == TIER_LOOKS["township"].colour


def test_by_scenario_draws_each_run(axes, incidents):
    later = incidents.assign(first_capable_s=incidents["first_capable_s"] + 60)
    curves.by_scenario({"2023": later, "2025": incidents}, axes, "first_capable_s")
    before, after = lines(axes).values()
    assert before.get_xdata().tolist() == [0, 6, 11, 16, 40]
    assert after.get_xdata().tolist() == [0, 5, 10, 15, 40]
    assert before.get_color() != after.get_color()


@pytest.mark.parametrize("draw", ["milestones", "by_tier", "by_scenario"])
def test_without_incidents_the_panel_says_so(axes, incidents, draw):
    none = incidents[:0]
    dispatches = pd.DataFrame({"replication": [0], "incident": [0], "tier": ["drone"], "arrived_s": [9.0]})
    {
        "milestones": lambda: curves.milestones(none, axes),
        "by_tier": lambda: curves.by_tier(dispatches, none, axes),
        "by_scenario": lambda: curves.by_scenario({"2023": none}, axes, "first_capable_s"),
    }[draw]()
    assert [text.get_text() for text in axes.texts] == ["No incident\n无警情"]
    assert not lines(axes)
    axes.figure.canvas.draw()
