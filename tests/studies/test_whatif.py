"""A what-if of a scenario: new places and changed measures, against the scenario as it is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.command_line import sim

from sim.config.compose import compose
from sim.errors import SimError
from sim.options import as_arguments
from sim.storage import run_folder
from sim.world import regions

SHORT = ("scenario=2027", "replications=2", "days=3")


def test_three_nests_a_station_and_no_patrol_cars_in_one_command(tmp_path: Path) -> None:
    add = "add=station@118.86/28.97,nest@118.6/28.7,nest@118.9/29.1,nest@118.4/28.6"
    told = sim("whatif", *SHORT, add, "plan.patrol_cars.enabled=false", "figures=none", "out=w", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    runs = {name: run_folder.load(tmp_path / "w" / name) for name in ("without", "with")}
    assert runs["without"].info["workload_digest"] == runs["with"].info["workload_digest"]
    sent = {name: set(run.dispatches["tier"]) for name, run in runs.items()}
    assert "patrol" in sent["without"]
    assert "patrol" not in sent["with"]
    assert "station@118.86/28.97" in (tmp_path / "w" / "with" / "in_force.csv").read_text(encoding="utf-8")
    assert "nest@118.6/28.7" not in (tmp_path / "w" / "without" / "config.yaml").read_text(encoding="utf-8")
    table = pd.read_csv(tmp_path / "w" / "comparison.csv")
    assert set(table["baseline"]) == {"without"}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["nst@118.6/28.7"], r"nst is no kind \(did you mean nest\?\); allowed: station, nest, team, car"),
        (["nest@28.7/118.6"], r"km from Quzhou 衢州; allowed: a place in the region, longitude first"),
        (["nest"], r"region.added holds 'nest'; allowed: KIND@LONGITUDE/LATITUDE"),
        (["team@nowhere"], r"has no township 'nowhere'"),
        (["team@118.6/28.7", "team@118.6/28.7"], r"'team@118.6/28.7' twice; allowed: each place once"),
    ],
)
def test_a_place_that_cannot_be_is_refused(words: list[str], problem: str) -> None:
    with pytest.raises(SimError, match=problem):
        regions.load(compose(as_arguments([], {"region.added": words})).region)


def test_without_a_change_nothing_is_run(tmp_path: Path) -> None:
    told = sim("whatif", *SHORT, "out=w", cwd=tmp_path)
    assert told.returncode == 2
    assert "nothing is changed" in told.stderr
    assert not (tmp_path / "w").exists()
