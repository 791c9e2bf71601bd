"""A run of a synthetic region has the same tables and figures, but no maps; commands that need a map refuse it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import cli
from sim.plots.data import ComparisonData
from sim.plots.registry import draw_figures
from sim.storage import run_folder

MADE_UP = ("region=synthetic", "region.synthetic.counties=2", "days=15", "replications=2", "workers=1")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    for year in ("2023", "2025"):
        assert cli.main([*MADE_UP, f"scenario={year}", f"name={year}", f"out={folder}", "figures=all"]) == 0
    return folder


def test_synthetic_region_run_has_all_tables_and_figures_except_maps(study: Path) -> None:
    result = run_folder.load(study / "2025")
    assert set(result.incidents["county"]) <= {"县0001", "县0002"}
    assert result.info["incidents"] == len(result.incidents) > 0
    pictures = {path.stem for path in (study / "2025" / "figures").iterdir()}
    assert pictures == {
        "response_curves", "who_arrives_first", "simultaneous_demand", "utilisation", "targets",
    }  # fmt: skip


def test_every_township_has_its_indicators(study: Path) -> None:
    result = run_folder.load(study / "2025")
    groups = result.kpis[(result.kpis["by"] == "township") & (result.kpis["kpi"] == "first_arrival_mean")][
        "group"
    ]
    assert set(groups) == set(result.incidents["township"])


def test_comparison_of_synthetic_regions_has_no_maps(study: Path, tmp_path: Path) -> None:
    results = {name: run_folder.load(study / name) for name in ("2023", "2025")}
    drawn = draw_figures(tmp_path, ComparisonData(results, "2023"), "comparison", "all")
    assert not [name for name in drawn if "map" in name]
    assert {"percentiles", "differences"} <= set(drawn)


def test_report_of_a_synthetic_region_is_refused(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(study)]) == 2
    assert capsys.readouterr().err == (
        "error: region.synthetic makes the region up, or it is a single cell: there are maps only of regions with a "
        "table of cells.\n"
    )


def test_siting_of_a_synthetic_region_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["siting", *MADE_UP]) == 2
    assert "region.synthetic makes the region up" in capsys.readouterr().err


def test_shipped_region_is_mapped_by_its_name(tmp_path: Path) -> None:
    options = [
        "region=grid",
        "plan=off",
        "days=5",
        "replications=1",
        "workers=1",
        f"out={tmp_path}",
        "name=grid",
    ]
    assert cli.main(options) == 0
    assert (tmp_path / "grid" / "figures" / "map_first_capable.png").is_file()
