"""A what-if of a scenario: new places and changed measures, against the scenario as it is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.command_line import sim

from sim.errors import SimError
from sim.options import with_file
from sim.storage import run_folder
from sim.studies import whatif
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
    with_it = (tmp_path / "w" / "with" / "in_force.csv").read_text(encoding="utf-8")
    assert "1 added: station@118.86/28.97" in with_it
    assert "3 added: nest@118.6/28.7" in with_it
    table = pd.read_csv(tmp_path / "w" / "comparison.csv")
    assert set(table["baseline"]) == {"without"}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (
            ["add=nst@118.6/28.7"],
            r"nst is no kind \(did you mean nest\?\); allowed: station, nest, team, car",
        ),
        (["add=nest@28.7/118.6"], r"km from Quzhou 衢州; allowed: a place in the region, longitude first"),
        (["add=nest"], r"region.added holds 'nest'; allowed: KIND@LONGITUDE/LATITUDE"),
        (["add=team@nowhere"], r"has no township 'nowhere'"),
        (["add=team@118.6/28.7,team@118.6/28.7"], r"'team@118.6/28.7' twice; allowed: each once"),
        (["close=府东站"], r"region.closed holds '府东站'.*\(did you mean 府东街站\?\); allowed"),
        (["close=府东街站", "move=府东街站@118.87/28.96"], r"closed or moved holds '府东街站' twice"),
        (["close=智慧新城二级站"], r"closed holds '智慧新城二级站', which is no standing station"),
        (["move=府东街站"], r"region.moved holds '府东街站'; allowed: STATION@LONGITUDE/LATITUDE"),
        (["move=府东街站@28.9/118.8"], r"region.moved holds .* km from Quzhou"),
        (["file=absent.txt"], r"absent.txt"),
    ],
)
def test_a_place_that_cannot_be_is_refused(words: list[str], problem: str) -> None:
    with pytest.raises(SimError, match=problem):
        whatif.pair(with_file(whatif.USAGE, whatif.USAGE.parse(words)))


def test_stations_close_and_move_and_an_assumption_counts_for_both_runs(tmp_path: Path) -> None:
    words = "close=府东街站\n# why\nmove=衢化路站@118.86/28.93\nalike=travel.night_factor\ntravel.night_factor=1.0\n"
    (tmp_path / "mine.txt").write_text(words, encoding="utf-8")
    asked = with_file(whatif.USAGE, whatif.USAGE.parse([f"file={tmp_path / 'mine.txt'}", f"out={tmp_path}"]))
    before, after = whatif.pair(asked)
    assert before.travel.night_factor == after.travel.night_factor == 1.0
    old, new = ({site.name: site for site in regions.load(config.region).sites} for config in (before, after))
    assert set(old) - set(new) == {"府东街站"}
    assert [name for name in new if new[name] != old[name]] == ["衢化路站"]


def test_without_a_change_nothing_is_run(tmp_path: Path) -> None:
    told = sim("whatif", *SHORT, "out=w", cwd=tmp_path)
    assert told.returncode == 2
    assert "nothing is changed" in told.stderr
    assert not (tmp_path / "w").exists()


def test_places_given_in_several_words_add_up() -> None:
    asked = whatif.USAGE.parse(["add=nest@118.6/28.7", "add=team@太真乡,car@太真乡"])
    assert asked["add"] == ["nest@118.6/28.7", "team@太真乡", "car@太真乡"]
