"""python -m sim sensitivity: a study of a few days from end to end, taken up again, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim import cli
from sim.errors import SimError
from sim.storage.seal import sealed_lines
from sim.studies.sensitivity import command, report
from sim.studies.sensitivity.stages import MEASURED, RUNS, Measuring, SensitivityStudy, in_force
from sim.sweeps import run as sweeps

pytest.importorskip("SALib", reason="the extra `sensitivity` is not installed")

KPIS = "first_capable_mean,deaths_a"
# All measures but one dispatch and the stations are off, so that few runs are needed.
OFF = (
    "patrol_cars", "drone_nests", "platform", "specialist_kit", "command_post", "career", "township_teams", "urban_water",
    "park_water", "rural_water", "fire_lanes", "elderly_alarms", "monitoring", "awareness", "key_premises",
)  # fmt: skip
SHORT = [
    "parameters=v_mtn", f"kpis={KPIS}", "days=4", "replications=1", "workers=1", "top=1", "samples=0",
    *(f"plan.{name}.enabled=false" for name in OFF),
]  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    assert (
        cli.main(
            [
                "sensitivity",
                *SHORT,
                "trajectories=2",
                "points=1",
                f"out={folder / 'out'}",
                f"publish={folder}",
            ]
        )
        == 0
    )
    return folder


def asked_for(arguments: list[str]) -> SensitivityStudy:
    return command.study_of(command.USAGE.parse(arguments))


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return report.read(folder / "sensitivity").tables


def test_a_study_leaves_a_page_with_its_tables_and_pictures(done: Path) -> None:
    text = (done / "sensitivity.md").read_text(encoding="utf-8")
    for name in ("tornado", "morris", "measures"):
        assert f"(sensitivity/{name}.png)" in text
        assert (done / "sensitivity" / f"{name}.png").stat().st_size > 10_000
    assert "python -m sim sensitivity parameters=v_mtn" in text
    assert "out=" not in text
    assert (done / "out" / "sensitivity.md").read_text(encoding="utf-8") == text
    assert not (done / "sensitivity" / "sobol.csv").exists()
    assert list((done / "out" / RUNS).glob("p*")) == []  # what is measured needs no run


def test_a_scenario_without_measures_in_force_has_no_order_of_them(tmp_path: Path) -> None:
    given = ["scenario=2023", "baseline=2025", "parameters=v_mtn", "replications=1", "days=1", "workers=1"]
    assert (
        cli.main(["sensitivity", *given, "trajectories=0", "samples=0", "points=2", f"out={tmp_path}"]) == 0
    )
    assert (tmp_path / "sensitivity" / "tornado.csv").exists()
    assert not (tmp_path / "sensitivity" / "orders.csv").exists()


def test_a_point_is_the_run_with_its_options(done: Path) -> None:
    row = tables(done)["tornado"].set_index("output").loc["first_capable_mean"]
    for end, speed in (("low", 18), ("high", 38), ("nominal", 28)):
        run = sim.run("scenario=2025", *SHORT[2:5], *SHORT[7:], f"travel.local_kmh.mountain={speed}")
        kpis = run.kpis[run.kpis["by"] == "all"].set_index("kpi")["mean"]
        assert row[end] == pytest.approx(kpis["first_capable_mean"], rel=1e-12)
    assert row["low"] > row["high"]


def test_every_group_in_force_is_switched_off_as_shipped_and_at_each_point(done: Path) -> None:
    effects = tables(done)["effects"]
    assert set(effects["point"]) == {0, 1}
    assert set(effects["group"]) == {"unified_dispatch", "stations"}
    assert (effects.groupby(["point", "kpi"]).size() == 2).all()
    saved = effects.set_index(["point", "kpi", "group"])["effect"]
    assert saved[0, "first_capable_mean", "unified_dispatch"] > 0


def test_groups_in_force_are_those_that_change_the_year() -> None:
    groups = in_force(asked_for([]))
    assert groups["unified_dispatch"] == ("unified_dispatch", "call_handling")
    assert {"stations", "detection", "vehicles", "water"} <= set(groups)
    assert "proposed_stations" not in groups  # of 2030


def test_a_study_begun_again_runs_only_what_is_new(
    done: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = done / "out"
    before = (out / "sensitivity.md").read_bytes(), (out / MEASURED).read_bytes()
    known = next(iter(Measuring(asked_for([*SHORT, f"out={out}"])).known))
    for name in (
        known,
        "mine",
    ):  # the study was killed before it removed the run of a point; a folder of the user's
        (out / RUNS / name).mkdir(parents=True, exist_ok=True)
        (out / RUNS / name / "kpis.csv").write_text("left")
    left = [out / RUNS / f".{known}.swap"]  # and a write of the run's last step failed
    left += [
        out / RUNS / ".sweep" / place for place in ("lock", f"failed/{known}.txt", f"running/{known}.lock")
    ]
    for path in left:
        path.touch()
    monkeypatch.setattr(sweeps, "points", lambda *_: pytest.fail("a point that is known was run"))
    assert (
        cli.main(["sensitivity", *SHORT, "trajectories=2", "points=1", f"out={out}", f"publish={done}"]) == 0
    )
    assert "0 runs done" in capsys.readouterr().out
    assert not [path for path in (out / RUNS / known, *left) if path.exists()]
    assert (out / RUNS / "mine").exists()
    shutil.rmtree(out / RUNS / "mine")
    assert ((out / "sensitivity.md").read_bytes(), (out / MEASURED).read_bytes()) == before


def test_other_options_other_code_or_another_region_make_another_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = asked_for([*SHORT, f"out={tmp_path}"])
    first = Measuring(study)
    arguments = study.arguments("2025")
    assert first.name(arguments) == Measuring(study).name(arguments)
    assert first.name(arguments) != first.name(study.arguments("2023"))
    monkeypatch.setattr("sim.storage.provenance.code_digest", lambda: "another")
    assert first.name(arguments) != Measuring(study).name(arguments)


def test_a_damaged_memory_is_named(tmp_path: Path) -> None:
    study = asked_for([*SHORT, f"out={tmp_path}"])
    (tmp_path / MEASURED).write_text(sealed_lines("point,kpi\np1,x\n"))
    with pytest.raises(SimError, match=r"measured\.csv cannot be read .* remove it to begin anew"):
        Measuring(study)


def test_an_edited_memory_is_never_believed(tmp_path: Path) -> None:
    study = asked_for([*SHORT, f"out={tmp_path}"])
    memory = Measuring(study)
    memory.known, memory.units = {"p1": {"loss": 12.5}}, {"loss": "CNY"}
    memory._write()
    assert Measuring(study).known == memory.known
    text = (tmp_path / MEASURED).read_text()
    for wrong in (text.replace("12.5", "11.5"), text[:-1], text.partition("#")[0], "x" + text):
        (tmp_path / MEASURED).write_text(wrong)
        with pytest.raises(SimError, match=r"was changed after it was written .* remove it to begin anew"):
            Measuring(study)


def test_a_pipe_for_the_memory_is_never_waited_for(tmp_path: Path) -> None:
    study = asked_for([*SHORT, f"out={tmp_path}"])
    os.mkfifo(tmp_path / MEASURED)
    with pytest.raises(SimError, match="is a pipe or a device"):
        Measuring(study)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["parameters=v_mnt"], "parameters has 'v_mnt'"),
        (["parameters=k_nb"], "parameter k_nb has the range"),
        (
            ["parameters=p_out"],
            "parameter p_out cannot be 0.39: demand.fires.building, vehicle and outdoor must",
        ),
        (["kpis=first_help"], "kpis has 'first_help'; allowed: first_arrival_mean"),
        (["scenario=2022"], "scenario is '2022'; allowed: 2023"),
        (["baseline=2025"], "scenario and baseline are both 2025"),
        (["samples=12"], "samples is 12; allowed: 0 or a power of two"),
        (["trajectories=1"], "trajectories is 1; allowed: 0, or 2 and more"),
        (["replications=auto"], "replications is 'auto'; allowed: a whole number in 1..100000"),
        (["days=0"], "days is '0'; allowed: a whole number in 1..365"),
        (["days="], "days is empty"),
        (["name=x"], "name belongs to a single run"),
        (
            ["travel.local_kmh.mountain=30", "parameters=v_mtn"],
            "travel.local_kmh.mountain is given and moved by",
        ),
        (["no.such.key=1"], "unknown key no.such.key"),
        (["--help-me"], "unknown flag --help-me"),
    ],
)
def test_wrong_input_is_one_sentence_before_anything_is_left(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    asked = ["days=3", "replications=1", "workers=1", *arguments, f"out={out}"]
    if not any(item.startswith("parameters=") for item in arguments):
        asked.append("parameters=v_mtn")
    assert cli.main(["sensitivity", *asked]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert said in error
    assert not (out / "sensitivity.md").exists()


def test_the_default_study_can_be_asked_for_and_is_told() -> None:
    study = asked_for(["publish=docs"])
    assert 12 <= len(study.parameters) <= 16
    assert {parameter.confidence for parameter in study.parameters} == {"assumption", "literature"}  # t_relay
    assert f"{len(study.parameters)} parameters" in command.summary(study)
    assert "e_aware" in command.summary(study)  # thins the incidents, and says so
    assert isinstance(study, SensitivityStudy)
    assert command.command(["publish=docs", "launch=laptop", "out=x", "workers=2"]).endswith(
        "sensitivity publish=docs"
    )


def test_settings_tell_what_was_asked(done: Path) -> None:
    asked = json.loads((done / "sensitivity" / "study.json").read_text(encoding="utf-8"))
    assert asked["matter"] == ["v_mtn"]
    assert asked["days"] == 4
