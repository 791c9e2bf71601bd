"""Response-time curves of a run and of a comparison."""

from matplotlib.figure import Figure

from sim.plots import curves
from sim.plots.data import ComparisonData, RunData
from sim.plots.labels import Label
from sim.plots.registry import figure

TITLE = Label("Response times", "响应时间")


@figure(
    "response_curves", kind="run", title=TITLE, population="fires", size=(13, 5.5), order=10,
    needs={
        "incidents": ["type", "replication", "incident", *curves.MILESTONES],
        "dispatches": ["replication", "incident", "tier", "arrived_s"],
    },
)  # fmt: skip
def of_a_run(data: RunData, picture: Figure) -> None:
    """Share of the fires reached by time: by milestone, and by tier."""
    left, right = picture.subplots(1, 2)
    curves.milestones(data.incidents, left)
    curves.by_tier(data.dispatches, data.incidents, right)


@figure(
    "response_curves", kind="comparison", title=TITLE, population="fires", size=(13, 5.5), order=20,
    needs={"incidents": ["type", "first_arrival_s", "first_capable_s"]},
)  # fmt: skip
def of_a_comparison(data: ComparisonData, picture: Figure) -> None:
    """Share of the fires reached by time, first arrival and first capable arrival: one curve a scenario."""
    for column, axes in zip(("first_arrival_s", "first_capable_s"), picture.subplots(1, 2), strict=True):
        curves.by_scenario(data.incidents, axes, column)


@figure(
    "professional_curves", kind="comparison", title=TITLE, population="all calls", size=(7.5, 5.3), order=80,
    which="all", needs={"incidents": ["type", "first_professional_s"]},
)  # fmt: skip
def professional(data: ComparisonData, picture: Figure) -> None:
    """Share of all calls reached by a professional unit by time."""
    curves.by_scenario(data.incidents, picture.subplots(), "first_professional_s")
