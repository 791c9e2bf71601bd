"""The benchmark runs and reports all its figures; no test depends on the measured time."""

import json

import pytest

from experiments.benchmark import command as benchmark
from experiments.benchmark import copies, timing
from sim.config.compose import compose
from sim.simulation import replication


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    out = tmp_path_factory.mktemp("benchmark")
    assert benchmark.main(["quick", "repeats=1", "national=2", "points=1", f"out={out}"]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "benchmark.json",
        "benchmark.png",
        "benchmark.svg",
    ]
    return json.loads((out / "benchmark.json").read_text())


@pytest.mark.slow
def test_both_scenarios_are_compared_with_bare_loops(found):
    assert [point["scenario"] for point in found["points"]] == ["2023", "2025"]
    for point in found["points"]:
        assert point["ratio_to_simpy"] > 0
        assert point["ratio_to_heap"] > 0
        assert point["events"] > point["incidents"] > 0
        assert point["dispatches"] > point["incidents"]
        assert set(point["seconds"]) == set(timing.STAGES)
        assert 0 < point["statistics_and_writing_share"] < 1
        for name in ("generated", "incidents", "dispatches", "statistics", "written"):
            assert point[f"{name}_per_s"] > 0


@pytest.mark.slow
def test_command_reports_first_event_and_memory(found):
    for command in found["command"].values():
        assert command["first_event_s"] > 0
        assert 50 < command["peak_mib"] < 10_000
    assert found["workers"]["gain"] > 0


@pytest.mark.slow
def test_country_run_reports_sizes_seconds_and_memory(found):
    country = found["national"]
    assert (country["counties"], country["townships"]) == (2, 28)
    assert country["incidents"] == pytest.approx(2 * 842, rel=0.2)
    assert list(country["seconds"]) == ["region", "forces", *timing.STAGES]
    peaks = list(country["peaks_mib"].values())
    assert peaks == sorted(peaks)
    assert peaks[-1] <= country["peak_mib"] < 10_000
    assert country["elapsed_s"] > sum(country["seconds"].values()) / 2


def test_country_is_measured_only_on_request():
    assert benchmark.wanted(["quick"])["national"] == 0
    assert benchmark.wanted(["national"])["national"] == 2850
    assert benchmark.wanted(["national=30"])["national"] == 30


@pytest.mark.slow
def test_result_table_is_printed(found, capsys):
    benchmark.show(found, benchmark.terminal.console())
    text = capsys.readouterr().out
    assert "time against a bare SimPy loop" in text
    assert "scenario 2025" in text
    assert "A country of 2 counties" in text


@pytest.mark.parametrize(
    "argument", ["repeats=0", "repeats=x", "fast", "full", "out=", "national=0", "national=all"]
)
def test_wrong_argument_gives_one_line_and_status_2(argument, capsys):
    assert benchmark.main([argument]) == 2
    assert "unknown option" in capsys.readouterr().err


@pytest.mark.parametrize("events", [0, 1, 7, 1000])
def test_bare_loops_accept_any_number_of_events(events):
    timing.bare_simpy(events)
    timing.plain_heap(events)


def test_counting_events_does_not_change_the_model():
    world = replication.build_world(compose(["scenario=2025", "days=3"]))
    assert timing.events_of(world) == timing.events_of(world) > 0


def test_copies_multiply_the_region_or_only_its_stations(tmp_path, quzhou):
    home = replication.build_world(compose(["scenario=2025"]))
    copies.whole(quzhou, tmp_path / "whole", 3, home.levels.stations_open)
    copies.stations(quzhou, tmp_path / "stations", 3)
    by_folder = {
        name: replication.build_world(
            compose(["scenario=2025", f"region.folder={tmp_path / name}", "region.checked=false"])
        )
        for name in ("whole", "stations")
    }
    for tier, stations in home.forces.by_tier.items():
        # A third of the missing township teams is drawn by name, and a copy has names of its own.
        drawn = 5 if tier in ("township", "volunteer", "micro") else 0
        assert len(by_folder["whole"].forces.by_tier[tier]) == pytest.approx(3 * len(stations), abs=drawn), (
            tier
        )
    assert by_folder["whole"].region.population == pytest.approx(3 * home.region.population)
    standing = len(home.forces.by_tier["professional"]) - len(home.levels.stations_open)
    many = by_folder["stations"].forces.by_tier
    assert len(many["professional"]) == 3 * standing + len(home.levels.stations_open)
    assert len(many["township"]) == len(home.forces.by_tier["township"])


@pytest.fixture
def quzhou():
    from importlib import resources
    from pathlib import Path

    return Path(str(resources.files("sim") / "data" / "quzhou"))
