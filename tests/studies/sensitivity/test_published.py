"""The published study: its page is what its tables say, its pictures are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.config.compose import config_folder
from sim.studies.sensitivity import command, figures, page
from sim.studies.sensitivity import report as sensitivity_report

DOCS = config_folder().parent / "docs"


def test_the_published_page_is_what_its_tables_say() -> None:
    report = sensitivity_report.read(DOCS / "sensitivity")
    assert (DOCS / "sensitivity.md").read_text(encoding="utf-8") == page.render(report)
    study = command.study_of(command.USAGE.parse([]))
    assert report.settings["kpis"] == list(study.kpis)
    assert {p.symbol for p in study.parameters} == set(report.order)


@pytest.mark.slow
def test_every_picture_of_the_page_is_there_and_can_be_drawn_again(tmp_path: Path) -> None:
    figures.draw(sensitivity_report.read(DOCS / "sensitivity"), tmp_path)
    drawn = {file.name for file in tmp_path.glob("*.png")}
    assert drawn == {file.name for file in (DOCS / "sensitivity").glob("*.png")}
    shown = re.findall(r"\(sensitivity/(\w+\.png)\)", (DOCS / "sensitivity.md").read_text(encoding="utf-8"))
    assert set(shown) == drawn == {f"{name}.png" for name in ("tornado", "morris", "sobol", "measures")}
