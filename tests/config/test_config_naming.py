"""Names of runs are readable, unique per configuration, and valid as folder names."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.config.naming import run_name
from sim.config.schema import LONGEST


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "2025"),
        (["scenario=2030"], "2030"),
        (["scenario=2023", "dispatch.centre.seats=2"], "2023,dispatch.centre.seats=2"),
        (["replications=2", "days=3"], "2025,replications=2,days=3"),
        (["workers=3", "out=elsewhere", "figures=none"], "2025"),
        (["outcome=national"], "2025,outcome.deaths_per_year=3.25"),
        (["~demand.rescues.hazmat_rescue"], "2025,~demand.rescues.hazmat_rescue"),
        (["~plan.stations"], None),
        (["+plan.patrol_cars.phase.2026=1.0"], "2025,plan.patrol_cars.phase.2026=1.0"),
        (["region=grid", "seed=7"], "2025,region.folder=grid,seed=7"),
        (["forces.township.kinds=[town,township]"], "2025,forces.township.kinds=town-township"),
        (["scenario.year=2040"], "2040"),  # a year without a file
        (["name=mine"], "mine"),
        (["region=synthetic", "seed=7"], "2025,region=synthetic,seed=7"),
        (
            ["scenario=2023", "region=synthetic", "region.synthetic.counties=30"],
            "2023,region=synthetic,region.synthetic.counties=30,demand.calls_per_year=25260.0,dispatch.centre.seats=30",
        ),
    ],
)
def test_run_name_lists_differences_from_the_shipped_values(arguments: list[str], name: str | None) -> None:
    if name is not None:
        assert run_name(compose(arguments)) == name


def test_long_names_are_shortened_and_stay_unique() -> None:
    many = [f"forces.professional.classes.{name}.crew=7" for name in ("special", "class1", "class2", "small")]
    names = {run_name(compose([*many, f"seed={seed}"])) for seed in (1, 2)}
    assert len(names) == 2
    assert all(len(name.encode()) <= LONGEST and name.startswith("2025,") for name in names)


def test_run_name_is_a_valid_folder_name() -> None:
    name = run_name(compose(["region.name='a/b'", "forces.specialists.chemical='../x'"]))
    assert "/" not in name
    assert not name.startswith(".")
