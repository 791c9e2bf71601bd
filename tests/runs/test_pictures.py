"""The pictures of a run are shared out among processes: each is drawn once, the same bytes with any number."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.compose import compose
from sim.plots.registry import figures_of
from sim.runs import execute
from sim.runs.execute import PICTURE_COLUMNS


def drawn(out: Path, workers: int) -> dict[str, bytes]:
    options = ["scenario=2025", "days=20", "replications=2", "figures=all", "name=run"]
    folder = execute.on_disk(compose([*options, f"workers={workers}", f"out={out}"]))
    return {path.name: path.read_bytes() for path in (folder / "figures").iterdir()}


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes_as_one(tmp_path: Path) -> None:
    alone = drawn(tmp_path / "alone", 1)
    assert {Path(name).stem for name in alone} == {spec.name for spec in figures_of("run")}
    assert drawn(tmp_path / "two", 2) == alone


@pytest.mark.parametrize("table", PICTURE_COLUMNS)
def test_pictures_get_the_columns_that_they_declare_and_no_others(table: str) -> None:
    declared = {column for spec in figures_of("run") for column in spec.needs.get(table, ())}
    assert set(PICTURE_COLUMNS[table]) == declared
