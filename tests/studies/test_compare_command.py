"""python -m sim.studies.compare: what it reads, refuses, writes and prints."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sim import cli
from sim.analysis import not_known
from sim.analysis.compare import compare
from sim.errors import SimError
from sim.files import write_table
from sim.storage.files import FORMAT, REQUIRED, sha256
from sim.storage.seal import sealed
from sim.studies import compare as command
from sim.studies import report, run_selection
from sim.studies.compare import show
from sim.studies.run_selection import SelectedRuns, find_runs

REPLICATIONS = 10


def main(arguments: list[str]) -> int:
    """Run the command without its pictures: the runs of this module hold indicators and no incidents."""
    return cli.main(["compare", *arguments, "figures=none"])


def save(folder: Path, name: str, shift: float = 0.0, noise: float = 10.0, **changes) -> Path:
    """Store a run whose workload part of an indicator is the same for every run of one seed."""
    told = {
        "format": FORMAT,
        "status": "complete",
        "name": name,
        "seed": 1,
        "replications": REPLICATIONS,
        "days": 365,
        "workload_digest": "abc",
        "config_digest": name,
        "scenario": {"year": 2030},
    } | changes
    count = told["replications"]
    common = np.random.default_rng(told["seed"]).normal(800, 60, (3, 100))[:, :count]
    own = np.random.default_rng(len(name) + round(abs(shift))).normal(shift, noise, (3, count))
    groups = [("all", ""), ("setting", "urban"), ("setting", "mountain")]
    rows = [
        (replication, kpi, by, group, unit, factor * value)
        for (by, group), series in zip(groups, common + own, strict=True)
        for replication, value in enumerate(series)
        for kpi, unit, factor in (("first_arrival_mean", "s", 1.0), ("loss", "CNY", 75.5))
    ]
    folder.mkdir(parents=True)
    columns = ["replication", "kpi", "by", "group", "unit", "value"]
    pd.DataFrame(rows, columns=columns).to_parquet(folder / "kpi_values.parquet")
    for name in set(REQUIRED) - {"kpi_values.parquet"}:
        (folder / name).write_bytes(b"")  # a comparison of indicators never opens them
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    seal(folder)
    return folder


def seal(folder: Path) -> None:
    """Make run.json tell the sizes and checksums that the files have."""
    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    told["files"] = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)} for name in REQUIRED
    }
    told.pop("seal", None)
    (folder / "run.json").write_text(sealed(told), encoding="utf-8")


def rewrite(folder: Path, values: pd.DataFrame) -> None:
    """Put other indicator values in the place of a run's."""
    values.to_parquet(folder / "kpi_values.parquet")
    seal(folder)


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "rollout"
    save(folder / "2023", "2023")
    save(folder / "2025", "2025", shift=-4)
    save(folder / "2030", "2030", shift=-120)
    return folder


def test_a_study_leaves_the_comparison_that_the_library_makes(study, capsys):
    assert main([str(study)]) == 0
    written = pd.read_csv(
        study / "comparison.csv", dtype={"scenario": str, "baseline": str}, keep_default_na=False
    )
    expected = compare(find_runs([study]).runs, "2023")
    pd.testing.assert_frame_equal(written, expected, check_dtype=False)
    assert sorted(path.name for path in study.iterdir()) == ["2023", "2025", "2030", "comparison.csv"]
    assert capsys.readouterr().err == ""


def test_the_screen_says_what_the_table_says(study, capsys):
    main([str(study)])
    screen = capsys.readouterr().out
    table = compare(find_runs([study]).runs, "2023").set_index(["scenario", "kpi", "by"])
    row = table.loc[("2030", "first_arrival_mean", "all")]
    line = next(
        line
        for line in screen.split("2030 against 2023")[1].splitlines()
        if line.startswith(" first_arrival_mean")
    )
    shown = [float(number) for number in line.replace(" to ", " ").split()[2:7]]
    # The interval is tens of seconds wide, so whole seconds are what it deserves.
    assert shown == pytest.approx(
        row[["baseline_mean", "mean", "difference", "low", "high"]].to_list(), abs=0.51
    )
    assert shown == [round(number) for number in shown]
    assert "<0.001*" in line
    near = screen.split("2025 against 2023")[1].split("2030 against")[0]
    assert "<0.001*" not in near
    flat = " ".join(screen.split())
    assert "Holm's adjustment over the 2 comparisons of each indicator with 2023" in flat
    assert "simultaneous (Bonferroni) intervals" in flat
    gain = table.xs("all", level="by")["variance_reduction"].median()
    assert f"Variance reduction by common random numbers: {gain:.1f} times (median of 4 rows)" in flat
    assert "mountain" not in screen
    assert f"All 12 rows are in {study / 'comparison.csv'}." in screen


def test_what_is_not_known_comes_first(tmp_path, capsys):
    save(tmp_path / "s" / "2023", "2023", scenario=2023, region_digest="here")
    save(tmp_path / "s" / "2030", "2030", shift=-120, scenario=2030, region_digest="here")
    worlds = {year: not_known.world("") for year in (2023, 2030)}
    (tmp_path / "study.json").write_text(json.dumps({"worlds": worlds, "region_digest": "here"}))
    (tmp_path / "years.csv").write_text(
        "kpi,by,group,unit,before,year,low,middle,high,not_known_sd\nfirst_arrival_mean,all,,s,2023,2030,-218,-134,-56,50\n"
    )
    assert main([str(tmp_path / "s"), f"uncertainty={tmp_path}"]) == 0
    screen = capsys.readouterr().out
    assert screen.index("not known, 90 %") < screen.index("95 % interval")
    assert "−130 (−220 to −56)" in screen
    written = pd.read_csv(tmp_path / "s" / "comparison.csv").set_index(["kpi", "by"])
    assert written.loc[("first_arrival_mean", "all"), "not_known_low"] == -218
    assert np.isnan(written.loc[("loss", "all"), "not_known"])
    save(tmp_path / "s" / "2029", "2029", scenario=2029, region_digest="here")
    assert main([str(tmp_path / "s"), f"uncertainty={tmp_path}"]) == 2
    assert "does not speak of 2029, which is of 2029; the study has 2023, 2030" in capsys.readouterr().err


def test_breakdowns_and_indicators_can_be_chosen(study, capsys):
    assert main([str(study), "by=setting", "kpi=loss"]) == 0
    written = pd.read_csv(study / "comparison.csv")
    assert set(zip(written["kpi"], written["group"], strict=True)) == {
        ("loss", "urban"),
        ("loss", "mountain"),
    }
    screen = capsys.readouterr().out
    assert "loss, mountain" in screen
    assert "first_arrival_mean" not in screen


def test_runs_named_one_by_one_keep_their_order_and_write_where_told(study, tmp_path):
    out = tmp_path / "new" / "place"
    assert main([str(study / "2030"), str(study / "2023"), f"out={out}"]) == 0
    written = pd.read_csv(out / "comparison.csv", dtype=str)
    assert set(written["baseline"]) == {"2030"}
    assert set(written["scenario"]) == {"2023"}


def test_without_out_several_runs_are_compared_beside_the_first_and_nothing_is_in_the_current_folder(
    study, tmp_path, monkeypatch
):
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    assert main([str(study / "2030"), str(study / "2023")]) == 0
    assert not list((tmp_path / "desk").iterdir())
    assert (study / "comparison.csv").is_file()


def test_a_comparison_prints_a_bounded_number_of_lines(study, capsys, monkeypatch):
    monkeypatch.setattr(command, "MOST_LINES", 1)
    assert main([str(study)]) == 0
    said = capsys.readouterr().out
    assert "1 of 4 lines are shown; others with by=, kpi=, fewer runs, or in the table." in said
    assert "2 comparisons of each indicator" in " ".join(said.split())
    assert len(pd.read_csv(study / "comparison.csv")) == 12


@pytest.mark.parametrize("what", ["compare", "report"])
def test_more_runs_than_fit_are_refused_at_once_with_the_number_that_fits(what, tmp_path, capsys):
    for number in range(300):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "run.json").touch()  # refused before one is read
    assert cli.main([what, str(tmp_path)]) == 2
    fits = {"compare": run_selection.MOST_RUNS, "report": report.MOST_RUNS}[what]
    assert capsys.readouterr().err == (
        f"error: 300 runs are named; allowed: {fits} at once. Name fewer, or make one table of the "
        "indicators of all: python -m sim collect FOLDER\n"
    )
    assert not list(tmp_path.glob("*.*"))


@pytest.mark.parametrize("change", [{"days": 30}, {"seed": 7}, {"workload_digest": "other"}])
def test_report_and_compare_refuse_the_same_runs_with_the_same_words(study, capsys, change):
    save(study / "b2030", "b2030", **change)
    said = []
    for what in ("compare", "report"):
        assert cli.main([what, str(study)]) == 2
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]
    assert "2023 and b2030 did not meet the same workloads" in said[0]
    assert "unpaired=true" in said[0]


def test_runs_of_one_name_are_told_apart_by_their_folders(study, tmp_path):
    save(tmp_path / "lagged" / "2030", "2030", shift=-50)
    found = find_runs([study, tmp_path / "lagged", study / "2023"])
    assert list(found.runs) == ["2023", "2025", "rollout/2030", "lagged/2030"]


def test_jobs_of_a_sweep_come_in_the_order_of_their_numbers(tmp_path):
    for job in (10, 2, 0):
        save(tmp_path / str(job), f"job {job}")
    assert list(find_runs([tmp_path]).runs) == ["job 0", "job 2", "job 10"]


def test_the_baseline_is_the_one_asked_for_or_named_so_or_first(study, capsys):
    assert SelectedRuns({"a": 1, "baseline": 2}, ()).baseline(None) == "baseline"
    assert SelectedRuns({"a": 1, "b": 2}, ()).baseline(None) == "a"
    assert SelectedRuns({"a": 1, "b": 2}, ()).baseline("b") == "b"
    assert main([str(study), "baseline=2024"]) == 2
    assert (
        capsys.readouterr().err
        == "error: baseline is '2024', which is not among the runs; they are 2023, 2025, 2030\n"
    )
    assert not (study / "comparison.csv").exists()


def test_another_seed_is_refused_or_compared_unpaired(study, capsys):
    save(study / "2040", "2040", seed=7)
    assert main([str(study)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        "error: 2023 and 2040 did not meet the same workloads, they differ in the seed (1 in 2023, 7 in 2040)"
    )
    assert error.count("\n") == 1
    assert not (study / "comparison.csv").exists()
    assert main([str(study), "unpaired=true"]) == 0
    screen = capsys.readouterr().out
    assert "2040 against 2023 (Welch t, 10 replications)" in screen
    assert "Note: 2040 is compared with 2023 unpaired (Welch's interval)" in screen


def test_a_run_named_twice_is_compared_with_itself_and_differs_in_nothing(study, capsys):
    assert main([str(study / "2025"), str(study / "2025"), f"out={study}"]) == 0
    written = pd.read_csv(study / "comparison.csv", dtype={"scenario": str, "baseline": str})
    assert set(written["scenario"]) == {"2025 (2)"}
    assert set(written["baseline"]) == {"2025"}
    zeros = ["difference", "low", "high", "low_simultaneous", "high_simultaneous", "relative_difference"]
    assert (written[zeros] == 0).all(axis=None)
    assert (written["p"] == 1).all()


def test_fewer_replications_are_paired_and_said(study, capsys):
    save(study / "short", "short", shift=-30, replications=6)
    assert main([str(study)]) == 0
    assert (
        "short has 6 replications and 2023 10: they are paired on the 6 in common (0–5)"
        in capsys.readouterr().out
    )


def test_the_screen_says_how_many_replications_are_behind_a_table_or_a_row(study, capsys):
    save(study / "2040", "2040", seed=7, replications=6)
    values = pd.read_parquet(study / "2025" / "kpi_values.parquet")
    values.loc[(values["kpi"] == "loss") & (values["replication"] < 3), "value"] = np.nan
    rewrite(study / "2025", values)
    main([str(study), "unpaired=true"])
    screen = capsys.readouterr().out
    assert "2030 against 2023 (paired t, 10 replications)" in screen
    assert "2040 against 2023 (Welch t, 6/10 replications)" in screen
    gaps = screen.split("2025 against 2023 (paired t)")[1].split("2030 against")[0].splitlines()
    assert [line.split()[-1] for line in gaps if "(s)" in line or "(CNY)" in line] == ["10", "7"]


def test_a_run_that_changes_nothing_shows_zeros_and_claims_no_gain(tmp_path, capsys):
    for name in ("a", "b"):
        folder = save(tmp_path / name, name, noise=0.0)
        values = pd.read_parquet(folder / "kpi_values.parquet")
        values.loc[values["kpi"] == "loss", "value"] = 0.0
        rewrite(folder, values)
    assert main([str(tmp_path)]) == 0
    screen = capsys.readouterr().out
    (loss,) = (line.split() for line in screen.splitlines() if line.startswith(" loss"))
    assert loss == ["loss", "(CNY)", "0", "0", "+0", "+0", "to", "+0", "-", "1.000"]
    assert "Variance reduction" not in screen


def test_the_screen_keeps_its_numbers_whole_on_a_narrow_terminal(study):
    console = Console(width=80, file=io.StringIO(), force_terminal=False)
    table = compare(find_runs([study]).runs, "2023")
    show(table.loc[table["by"] == "all"], console)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    row = table.query("scenario == '2030' and kpi == 'first_arrival_mean' and by == 'all'").iloc[0]
    for number in (
        f"{row['baseline_mean']:.0f}",
        f"{row['difference']:+.0f}",
        f"{row['high']:+.0f}",
        "<0.001*",
    ):
        assert number in text
    assert text.count("loss") == text.count("(CNY)") == 2


def no_table(folder):
    (folder / "kpi_values.parquet").unlink()


def half_a_table(folder):
    path = folder / "kpi_values.parquet"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_table(folder):
    (folder / "kpi_values.parquet").write_bytes(b"")


def folder_for_a_table(folder):
    (folder / "kpi_values.parquet").unlink()
    (folder / "kpi_values.parquet").mkdir()


def another_table(folder):
    frame = pd.DataFrame({"x": [1], **dict.fromkeys(["kpi", "by", "group", "unit"], "a")})
    rewrite(folder, frame)


def fewer_replications(folder):
    rewrite(folder, pd.read_parquet(folder / "kpi_values.parquet").query("replication < 4"))


def describe(text):
    return lambda folder: (folder / "run.json").write_bytes(text)


UNFINISHED = sealed({"format": FORMAT, "status": "running"}).encode()
BROKEN = {
    "no table": (no_table, "kpi_values.parquet is missing"),
    "half a table": (half_a_table, "it is truncated or was changed"),
    "empty table": (empty_table, "has 0 bytes"),
    "folder for a table": (folder_for_a_table, "kpi_values"),
    "another table": (another_table, "lacks the column(s) replication, value"),
    "fewer replications": (fewer_replications, "says 10 replications, kpi_values has 4"),
    "unfinished": (describe(UNFINISHED), "has the status 'running'"),
    "half a description": (describe(b'{"status": "comp'), "run.json is damaged"),
    "no text": (describe(b"\xff\xfe\x00"), "run.json is damaged"),
    "a list": (describe(b"[]"), "was not written by this program"),
    "somebody else's": (describe(b'{"status": "complete", "loss": 0.3}'), "was not written by this program"),
    "a folder of pictures": (lambda folder: (folder / "run.json").unlink(), "run.json is missing"),
}


@pytest.mark.parametrize("spoil", BROKEN)
def test_a_broken_folder_is_skipped_in_a_study_and_refused_by_name(study, capsys, spoil):
    change, reason = BROKEN[spoil]
    broken = save(study / "2027", "2027", shift=-60)
    change(broken)

    assert main([str(study)]) == 0
    error = capsys.readouterr().err
    assert error.startswith(f"skipped: {broken}")
    assert reason in error
    assert error.count("\n") == 1
    assert set(pd.read_csv(study / "comparison.csv", dtype=str)["scenario"]) == {"2025", "2030"}

    (study / "comparison.csv").unlink()
    assert main([str(study), str(broken), f"out={study}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {broken}")
    assert error.count("\n") == 1
    assert not (study / "comparison.csv").exists()
    with pytest.raises(SimError):
        find_runs([broken])


def test_a_folder_that_is_nothing_is_refused(tmp_path, capsys):
    assert main([str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'nowhere'}: there is no such folder\n"
    (tmp_path / "notes" / "old").mkdir(parents=True)
    assert main([str(tmp_path / "notes")]) == 2
    error = capsys.readouterr().err
    assert f"{tmp_path / 'notes'} is neither a run (it has no run.json) nor a folder of runs" in error
    assert f"{tmp_path / 'notes' / 'old'} is not a run" in error


def test_one_run_alone_is_refused(study, capsys):
    assert main([str(study / "2023")]) == 2
    assert "a comparison needs a baseline and another run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["kpi=speed"], "kpi: no run has speed; there is first_arrival_mean, loss"),
        (["by=all,moon"], "by: no run has moon; there is all, setting"),
    ],
)
def test_what_no_run_has_cannot_be_chosen(study, capsys, options, reason):
    assert main([str(study), *options]) == 2
    assert capsys.readouterr().err == f"error: {reason}\n"


def test_a_choice_that_leaves_nothing_is_refused(study, capsys):
    for name in ("2023", "2025", "2030"):
        rewrite(
            study / name,
            pd.read_parquet(study / name / "kpi_values.parquet").query("kpi != 'loss' or by == 'all'"),
        )
    assert main([str(study), "kpi=loss", "by=setting"]) == 2
    assert capsys.readouterr().err == "error: kpi, by: no run has loss by setting\n"


def test_without_regional_indicators_the_screen_points_to_the_rest(study, capsys):
    for name in ("2023", "2025", "2030"):
        rewrite(study / name, pd.read_parquet(study / name / "kpi_values.parquet").query("by != 'all'"))
    assert main([str(study)]) == 0
    assert "No indicator is over the whole region (by = all)" in capsys.readouterr().out


def test_an_indicator_that_only_one_run_has_is_shown_without_numbers(study, capsys):
    rewrite(study / "2023", pd.read_parquet(study / "2023" / "kpi_values.parquet").query("kpi != 'loss'"))
    assert main([str(study)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith(" loss")]
    assert lines == [["loss", "(CNY)", *["-"] * 6, "0"]] * 2


def test_a_comparison_that_cannot_be_written_leaves_the_old_one(study, capsys, monkeypatch):
    assert main([str(study)]) == 0
    before = (study / "comparison.csv").read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main([str(study), "by=all"]) == 2
    assert (
        capsys.readouterr().err == f"error: cannot write {study / 'comparison.csv'}: the disk is full; "
        "free space there or choose another folder with out=...\n"
    )
    assert (study / "comparison.csv").read_bytes() == before
    assert sorted(path.name for path in study.iterdir()) == ["2023", "2025", "2030", "comparison.csv"]


def test_a_file_in_the_place_of_the_folder_is_a_sentence(tmp_path):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(SimError, match=r"cannot write .*comparison.csv: a file stands"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "out" / "comparison.csv")


def test_the_command_line_ends_with_two_and_one_sentence(study):
    line = [sys.executable, "-m", "sim", "compare", "figures=none"]
    root = Path(__file__).parents[2]
    good = subprocess.run([*line, study], cwd=root, capture_output=True, text=True, check=False)
    assert (good.returncode, good.stderr) == (0, "")
    bad = subprocess.run([*line, study / "no"], cwd=root, capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stdout, bad.stderr) == (
        2,
        "",
        f"error: {study / 'no'}: there is no such folder\n",
    )
    empty = subprocess.run([*line, study, "by=,"], cwd=root, capture_output=True, text=True, check=False)
    assert empty.returncode == 2
    assert "needs at least one name" in empty.stderr


def test_a_folder_full_of_other_things_is_refused_in_a_short_sentence(tmp_path, capsys):
    for number in range(9):
        (tmp_path / f"folder{number}").mkdir()
    assert main([str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "folder2 is not a run" in said
    assert "folder3" not in said
    assert "; and 6 more)" in said
