"""The studies of configs/experiment: every run is composed, and a wrong sweep is refused before its first run."""

import shutil
from functools import cache
from pathlib import Path

import pytest

from sim import cli
from sim.config import compose as door
from sim.config.naming import run_name
from sim.errors import SimError
from sim.sweeps import expand, launch

STUDIES = [
    name for name in door.options("experiment") if not name.startswith("theory/")
]  # those reduce the model
RUNS = {
    "rollout": 8,
    "deliveries": 24,
    "demand": 6,
    "dispatch": 5,
    "nests": 12,
    "patrol": 15,
    "readings": 32,
    "growth": 4,
}


def composed(study: str) -> list:
    return [door.compose(job) for job in expand.jobs([f"+experiment={study}"])]


shipped = cache(composed)  # composing takes a quarter of a second


def there(study: str) -> bool:
    """Whether the keys that a study sweeps are in the schema."""
    return study != "deliveries" or "delivery" in door.raw([])


def test_shipped_studies_are_the_documented_ones():
    assert set(STUDIES) == set(RUNS)


@pytest.mark.parametrize("study", STUDIES)
def test_study_file_begins_with_its_command(study):
    lines = (door.config_folder() / "experiment" / f"{study}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# @package _global_", f"# python -m sim -m +experiment={study}"]


LARGE = (
    "deliveries",
    "nests",
    "patrol",
    "readings",
)  # studies of 12 runs and more are composed by make verify


@pytest.mark.parametrize(
    "study", [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in STUDIES]
)
def test_every_run_of_a_study_composes_with_a_unique_readable_name(study):
    if not there(study):
        pytest.skip("the configuration has no key `delivery` yet")
    configs = shipped(study)
    names = [run_name(config) for config in configs]
    assert len(set(names)) == len(names) == RUNS[study]
    assert {config.out for config in configs} == {f"results/{study}"}
    assert not any("~" in name for name in names)  # a hash in the place of what was swept


def test_studies_sweep_the_documented_values():
    assert [c.scenario.year for c in shipped("rollout")] == list(range(2023, 2031))
    assert [c.demand.calls_per_year for c in shipped("demand")] == [2400, 3000, 3500, 4200, 5000, 6000]
    unified = [(c.plan.unified_dispatch, c.scenario.year) for c in shipped("dispatch")]
    assert [measure.share for measure, _ in unified] == [0, 0.25, 0.5, 0.75, 1]
    assert {measure.share_at(year) for measure, year in unified} == {1}  # so the swept share is in force
    nests = {tuple(job[:2]) for job in expand.jobs(["+experiment=nests"])}
    assert nests == {
        (f"plan.drone_nests.per_brigade={count}", f"forces.drones.radius_m={radius}")
        for count in (0, 1, 2, 3)
        for radius in (4000, 7000, 10_000)
    }
    patrol = {tuple(job[:2]) for job in expand.jobs(["+experiment=patrol"])}
    assert patrol == {
        (f"plan.patrol_cars.share={share}", f"forces.patrol.staffed_hours={hours}")
        for share in (0, 0.25, 0.5, 0.75, 1)
        for hours in (8, 12, 24)
    }


def test_folder_name_contains_the_swept_key():
    names = [run_name(config) for config in shipped("dispatch")]
    assert names[0] == "2027,plan.unified_dispatch.share=0.0"
    assert names[-1] == "2027"


def test_command_line_overrides_the_study_file():
    years = expand.jobs(["+experiment=rollout", "scenario=2023,2025", "replications=5"])
    configs = [door.compose(job) for job in years]
    assert [(c.scenario.year, c.replications) for c in configs] == [(2023, 5), (2025, 5)]


@pytest.mark.parametrize("name", ["experiment", "+experiment"])
def test_study_without_m_is_refused_with_the_correct_command(name, capsys):
    assert cli.main([f"{name}=rollout", "replications=2"]) == 2
    message = capsys.readouterr().err
    assert "a study of 8 runs" in message
    assert f"python -m sim -m {name}=rollout replications=2" in message


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["+experiment=nope"], ("'nope'", "rollout")),
        (["+experiment=rollout,nests"], ("one of", "rollout")),
        (["+experiment=rollout", "scenario=2023,1999"], ("1999", "2030")),
        (["+experiment=patrol", "plan.patrol_cars.share=0,7"], ("plan.patrol_cars.share is 7", "0..1")),
    ],
)
def test_wrong_study_is_refused_in_one_sentence(arguments, words, capsys, monkeypatch):
    monkeypatch.setattr(launch, "through_hydra", lambda *_, **__: pytest.fail("a run began"))
    assert cli.main(["-m", *arguments]) == 2
    message = capsys.readouterr().err
    assert len(message.strip().splitlines()) == 1
    assert all(word in message for word in words)


@pytest.fixture
def own_studies(tmp_path, monkeypatch):
    """A copy of the configuration to which a test adds a study of its own."""
    folder = tmp_path / "configs"
    shutil.copytree(door.config_folder(), folder)
    monkeypatch.setattr(door, "config_folder", lambda: folder)
    monkeypatch.setattr(expand, "config_folder", lambda: folder)
    return folder / "experiment"


def test_unquoted_years_in_a_users_study_are_accepted(own_studies: Path):
    body = "# @package _global_\nhydra:\n  sweeper:\n    params:\n      scenario: 2023,2030\n"
    (own_studies / "mine.yaml").write_text(body, encoding="utf-8")
    assert [config.scenario.year for config in composed("mine")] == [2023, 2030]


def test_invalid_sweep_in_a_file_is_refused_before_the_first_run(own_studies: Path):
    body = "# @package _global_\nhydra:\n  sweeper:\n    params:\n      demand.calls_per_year: 3500,many\n"
    (own_studies / "mine.yaml").write_text(body, encoding="utf-8")
    with pytest.raises(SimError, match=r"demand\.calls_per_year must be a number.*'many'"):
        expand.checked(expand.jobs(["+experiment=mine"]))


def test_an_experiment_that_sweeps_nothing_is_one_run(own_studies: Path):
    (own_studies / "mine.yaml").write_text("# @package _global_\nseed: 7\n", encoding="utf-8")
    assert expand.single(["+experiment=mine"]).seed == 7


def test_study_writes_one_folder_per_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = ["scenario=2023,2024", "replications=1", "days=2", "workers=1", "figures=none"]
    assert cli.main(["-m", "+experiment=rollout", *small]) == 0
    made = sorted(
        path.name for path in (tmp_path / "results" / "rollout").iterdir() if (path / "run.json").is_file()
    )
    assert made == ["2023,replications=1,days=2", "2024,replications=1,days=2"]
    assert "results/rollout/2024" in capsys.readouterr().out
