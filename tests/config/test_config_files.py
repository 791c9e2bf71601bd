"""Every file of configs/ composes, states its purpose, and runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import roads
from helpers.travel_table import travel_table, write

from sim.config.compose import compose, config_folder, options, raw
from sim.config.schema import Config, read
from sim.config.text import to_yaml
from sim.errors import SimError
from sim.runs import execute
from sim.world import regions

CONFIGS = config_folder()
GROUPS = (
    path for path in CONFIGS.glob("*/*.yaml") if path.parent.name != "costs"
)  # of no group of the configuration
FILES = sorted(path.relative_to(CONFIGS).with_suffix("").as_posix() for path in GROUPS)
YEARS = ("2023", "2024", "2025", "2026", "2027", "2028", "2029", "2030")


def chosen(file: str) -> str:
    """Return the option that chooses a file; an experiment is added, it is not in the list of defaults."""
    group, name = file.rsplit("/", 1)
    given = (CONFIGS / "config.yaml").read_text(encoding="utf-8")
    return f"{'' if f'- {group}:' in given else '+'}{group}={name}"


def test_scenario_files_cover_the_years_of_the_plan() -> None:
    assert tuple(options("scenario")) == YEARS


@pytest.mark.parametrize("file", FILES)
def test_every_file_composes_and_runs_for_two_days(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Quzhou's plan opens Quzhou's stations: another region runs without it
    without = ["plan=off"] if file in ("region/grid", "region/point") else []
    made_up = ["region=synthetic", "region.synthetic.counties=5"]
    of_a_country = made_up if file in ("region/synthetic", "demand/national") else []
    table = []
    if file == "travel/matrix":  # a small region's, for it needs a row for every cell
        without, grid = ["region=grid", "plan=off"], compose(["region=grid", "plan=off"])
        times = travel_table(grid.travel, regions.load(grid.region))
        table = [f"travel.file={write(tmp_path / 'times.csv', times)}"]
    if file == "travel/network":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        streets = roads.lattice(21, 21, 500.0, x0=-5000.0, y0=-5000.0)
        without, table = (
            ["region=grid", "plan=off"],
            [f"travel.file={roads.write(tmp_path / 'roads', *streets)}"],
        )
    options = list(dict.fromkeys([chosen(file), *without, *of_a_country, *table]))
    # Past the front door, which sends a study to a sweep: here its first run is made alone.
    result = execute.in_memory(compose([*options, "days=2", "replications=1", "workers=1", "figures=none"]))
    assert len(result.incidents) > 0
    assert result.incidents["time_s"].max() < 2 * 86_400
    assert set(result.dispatches["incident"]) <= set(result.incidents["incident"])
    assert not result.kpis.empty


@pytest.mark.parametrize("year", YEARS)
def test_scenario_file_sets_the_year_of_its_name(year: str) -> None:
    assert compose([f"scenario={year}"]).scenario.year == int(year)


@pytest.mark.parametrize("file", ["config", *FILES])
def test_every_file_begins_with_a_comment_on_its_purpose(file: str) -> None:
    first = (CONFIGS / f"{file}.yaml").read_text(encoding="utf-8").splitlines()[:2]
    assert any(
        line.startswith("# ") and len(line) > 20 and not line.startswith("# @package") for line in first
    )


def test_outcome_files_differ_only_in_calibration() -> None:
    shipped = compose(["outcome=zhejiang"])
    for name, deaths in (("target", 1.07), ("national", 3.25)):
        other = compose([f"outcome={name}"])
        assert other.outcome.deaths_per_year == deaths
        changed = {
            key for key in vars(other.outcome) if getattr(other.outcome, key) != getattr(shipped.outcome, key)
        }
        assert changed == {"deaths_per_year"}


def test_configuration_survives_a_round_trip_through_text(tmp_path: Path) -> None:
    from omegaconf import OmegaConf

    config = compose(["scenario=2027", "plan.drone_nests.per_brigade=3", "name=衢州"])
    (tmp_path / "config.yaml").write_text(to_yaml(config), encoding="utf-8")
    tree = OmegaConf.to_container(OmegaConf.load(tmp_path / "config.yaml"))
    assert isinstance(tree, dict)
    again = read({str(key): item for key, item in tree.items()})
    assert again == config
    assert isinstance(again, Config)


def test_composing_restores_the_state_of_hydra() -> None:
    from hydra.core.global_hydra import GlobalHydra

    before = GlobalHydra.instance().hydra
    raw(["scenario=2023", "seed=81"])  # composed by no other test
    with pytest.raises(SimError):
        raw(["scenario=1999"])
    assert GlobalHydra.instance().hydra is before
