"""portfolio=FILE: the keys of a file stand for themselves on the command line, and places may be added by township."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import cli
from sim.config.compose import compose
from sim.simulation import replication

KEYS = """
scenario: 2027
plan.township_teams.enabled: false
region.added: [team@太真乡, station@118.6/28.7]
"""


def test_the_keys_of_a_file_are_those_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(KEYS, encoding="utf-8")
    config = compose([f"portfolio={tmp_path / 'own.yaml'}", "days=3"])
    places = "region.added=['team@太真乡','station@118.6/28.7']"
    assert config == compose(["scenario=2027", "plan.township_teams.enabled=false", places, "days=3"])


def test_the_team_that_is_added_to_a_township_is_the_one_that_the_plan_would_give_it() -> None:
    both = [
        replication.build_world(compose(["scenario=2027", *more])).forces
        for more in ([], ["plan.township_teams.enabled=false", "region.added=['team@太真乡']"])
    ]
    plans, added = (next(s for s in forces.stations if s.name == "太真乡专职队") for forces in both)
    assert (plans.x, plans.y, plans.slot, plans.roster_slot) == (
        added.x,
        added.y,
        added.slot,
        added.roster_slot,
    )
    assert not [s for s in both[1].stations if s.name == "太真乡志愿队"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("- 1", "is not a table"), ("a: [", "is not readable as YAML"), ("plan.x: 1", "unknown key plan.x")],
)
def test_a_file_that_holds_no_keys_is_refused(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.yaml").write_text(text)
    assert cli.main([f"portfolio={tmp_path / 'own.yaml'}", f"out={tmp_path}"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
