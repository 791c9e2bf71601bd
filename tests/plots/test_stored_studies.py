"""The pictures of the stored studies are those of their stored tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from sim.config.compose import compose
from sim.simulation import replication
from sim.studies.portfolio import figures as of_portfolio
from sim.studies.portfolio import finance
from sim.studies.portfolio import page as portfolio_page
from sim.studies.uncertainty import figures as of_uncertainty
from sim.studies.uncertainty import page as uncertainty_page

DOCS = Path(__file__).resolve().parents[2] / "docs"


def pixels(file: Path) -> Any:
    return imread(file)[..., :3]


def same(drawn: Path, stored: Path) -> None:
    """Compare as the eye does: another font rasteriser may shift an edge."""
    assert pixels(drawn).shape == pixels(stored).shape
    assert np.abs(pixels(drawn) - pixels(stored)).mean() < 0.005


def test_pictures_of_the_stored_uncertainty_study(tmp_path: Path) -> None:
    of_uncertainty.draw(uncertainty_page.read(DOCS / "uncertainty"), tmp_path, svg=False)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.png" for name in of_uncertainty.PICTURES}
    for name in of_uncertainty.PICTURES:
        same(tmp_path / f"{name}.png", DOCS / "uncertainty" / f"{name}.png")


@pytest.mark.parametrize("name", ["pareto", "marginal"])
def test_pictures_of_the_stored_portfolio(tmp_path: Path, name: str) -> None:
    report = portfolio_page.read(DOCS / "portfolio")
    with of_portfolio.use_style():
        of_portfolio.save(getattr(of_portfolio, f"_{name}")(report), tmp_path, name)
    same(tmp_path / f"{name}.png", DOCS / "portfolio" / f"{name}.png")


def test_the_map_of_a_portfolio_shows_what_would_stand(tmp_path: Path) -> None:
    report = portfolio_page.read(DOCS / "portfolio")
    worlds = {
        name: replication.build_world(compose([f"scenario={report.settings['year']}", f"portfolio={file}"]))
        for name in ("nothing", *finance.NAMES)
        if (file := DOCS / "portfolio" / f"{name}.yaml").is_file()
    }
    figure = of_portfolio._map(report, worlds)
    titles = [axes.get_title() for axes in figure.axes]
    assert len(titles) == len(worlds) - 1
    assert all("million yuan a year" in title for title in titles)
    plan = worlds["plan"].forces
    shown = sum(len(line.get_xdata()) for line in figure.axes[0].lines if len(line.get_xdata()) > 2)
    assert shown >= sum(len(plan.by_tier[tier]) for tier in of_portfolio.TIERS) * 0.9
