"""Every change of a published file is noticed by whoever shows that file, or does not reach what is shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from helpers.nasty import put_odd_file
from helpers.store_samples import seal_again

from sim import cli
from sim.analysis.compare import compare
from sim.errors import SimError
from sim.reports import sections, watch
from sim.reports.report_runs import ReportRuns
from sim.storage import run_folder
from sim.studies import array, collect, mixing
from sim.studies.run_selection import find_runs
from sim.sweeps import record

OPTIONS = ("replications=2", "days=2", "workers=1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of two small runs."""
    out = tmp_path_factory.mktemp("made") / "sweep"
    assert cli.main(["-m", "scenario=2023,2025", *OPTIONS, "figures=none", f"out={out}"]) == 0
    return out


@pytest.fixture
def sweep(made: Path, tmp_path: Path) -> Path:
    """A copy of it that can be spoilt."""
    shutil.copytree(made, tmp_path / "sweep")
    return tmp_path / "sweep"


def compared(sweep: Path) -> str:
    found = find_runs(sorted(path.parent for path in sweep.glob("*/run.json")))
    return compare(found.runs, found.baseline(None)).to_csv()


def reported(sweep: Path) -> str:
    found = find_runs(sorted(path.parent for path in sweep.glob("*/run.json")))
    mixing.refuse_later_tables(found.results[found.baseline(None)])
    report = ReportRuns("sweep", found.results, found.baseline(None), "en")
    parts = (
        sections.question,
        sections.in_force,
        sections.scoreboard,
        sections.headline,
        sections.assumptions,
    )
    shown = [str(part(report)) for part in (*parts, sections.reproduce)]
    tables = [table.to_csv() for table in report.data.incidents.values()]
    return "\n".join([*shown, *tables, *(str(result.info) for result in found.results.values())])


def collected(sweep: Path) -> str:
    found = record.load(sweep)
    states = record.states(found)
    if lacking := [item.reason for item in states if item.status != "complete"]:
        raise SimError("; ".join(lacking))
    return pd.concat(collect.tables(states, values=False, kpi=None, by=None)).to_csv()


def told(sweep: Path) -> str:
    """Return what `incident` shows of each run."""
    runs = [run_folder.load(path.parent) for path in sorted(sweep.glob("*/run.json"))]
    return "".join(run.incidents.to_csv() + run.dispatches.to_csv() for run in runs)


def watched(sweep: Path) -> str:
    """Return what `watch` shows of a day of the first run."""
    run = run_folder.load(next(path.parent for path in sorted(sweep.glob("*/run.json"))))
    return str(watch.facts(run, 0, 0, "en"))


def jobs(sweep: Path) -> str:
    """Return which runs are to be made, and of what."""
    found = record.load(sweep)
    return str([array.missing(found), *(found.config(run) for run in found.runs)])


READERS = (compared, reported, collected, told, watched, jobs)
# What a reader never opens cannot reach what it shows. Nothing shows pictures but the user's own viewer.
UNREAD = {
    compared: {
        "incidents.parquet",
        "dispatches.parquet",
        "kpis.csv",
        "in_force.csv",
        "targets.csv",
        "config.yaml",
    },
    reported: {"dispatches.parquet"},
    told: {"kpi_values.parquet", "kpis.csv", "in_force.csv", "targets.csv", "config.yaml"},
    watched: {"kpi_values.parquet", "kpis.csv", "in_force.csv", "targets.csv"},
}


def noticed(reader: Callable[[Path], str], sweep: Path, clean: str) -> bool:
    """Whether a reader refuses; it must not show anything else than before."""
    try:
        shown = reader(sweep)
    except SimError:
        return True
    assert shown == clean, reader.__name__
    return False


def flipped(path: Path, share: float) -> bytes:
    """Return the content of a file with one bit changed."""
    content = bytearray(path.read_bytes())
    content[int(share * (len(content) - 1))] ^= 1
    return bytes(content)


@pytest.mark.parametrize("reader", READERS[:5])
def test_a_changed_byte_of_a_run_is_noticed_by_every_reader_that_opens_the_file(
    sweep: Path, reader: Callable[[Path], str]
) -> None:
    clean = reader(sweep)
    run = next(path.parent for path in sorted(sweep.glob("*/run.json")))
    names = sorted(path.name for path in run.iterdir() if path.is_file())
    assert {"run.json", "in_force.csv", "targets.csv", "incidents.parquet"} <= set(names)
    for name in names:
        before = (run / name).read_bytes()
        (run / name).write_bytes(flipped(run / name, 0.6))
        assert noticed(reader, sweep, clean) == (name not in UNREAD.get(reader, ())), name
        (run / name).write_bytes(before[:-1])
        assert noticed(reader, sweep, clean), f"{name} cut short"
        (run / name).write_bytes(before)


@pytest.mark.parametrize("name", ["run.json", "sweep.json", ".sweep/configs"])
def test_every_part_of_what_is_sealed_is_under_the_seal(sweep: Path, name: str) -> None:
    path = sweep / name
    if name == "run.json":
        path = next(iter(sorted(sweep.glob("*/run.json"))))
    elif path.is_dir():
        path = next(iter(sorted(path.iterdir())))
    read = (lambda: run_folder.load(path.parent)) if name == "run.json" else (lambda: jobs(sweep))
    read()
    before = path.read_bytes()
    for step in range(40):
        path.write_bytes(flipped(path, step / 39))
        with pytest.raises(SimError):
            read()
    for wrong in (before + b" ", before.replace(b"{", b'{"seed": 1,', 1), before.replace(b"\n", b"\r\n")):
        path.write_bytes(wrong)
        with pytest.raises(SimError):
            read()
    path.write_bytes(before)
    read()


@pytest.mark.parametrize("where", ["run.json", "sweep.json"])
@pytest.mark.parametrize("what", ["pipe", "self-link", "deep", "huge", "device"])
def test_what_is_no_regular_file_is_refused_at_once(sweep: Path, where: str, what: str) -> None:
    path = sweep / where if where == "sweep.json" else next(iter(sweep.glob("*/run.json")))
    path.unlink()
    if what == "deep":
        path.write_text("[" * 200_000)
    else:
        put_odd_file(path, what)
    with pytest.raises(SimError) as refusal:
        record.load(sweep) if where == "sweep.json" else run_folder.load(path.parent)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("fact", ["code_digest", "region_digest"])
def test_runs_of_two_versions_are_paired_only_if_asked(
    sweep: Path, fact: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = sorted(path.parent for path in sweep.glob("*/run.json"))
    seal_again(second, **{fact: "0123456789abcdef"})
    for command in ("compare", "report"):
        assert cli.main([command, str(sweep), f"out={sweep.parent}"]) == 2
        assert "mixed=true" in capsys.readouterr().err
    assert (
        cli.main(["compare", str(first), str(second), f"out={sweep.parent}", "figures=none", "mixed=true"])
        == 0
    )
    assert "Note: " in capsys.readouterr().out
    assert mixing.notes(find_runs([first, second]).results, mixed=True)


def test_tables_of_two_regions_are_named_without_being_asked(sweep: Path) -> None:
    first, second = sorted(path.parent for path in sweep.glob("*/run.json"))
    seal_again(second, region="mine", region_digest="0123456789abcdef")
    (note,) = mixing.notes(find_runs([first, second]).results, mixed=False)
    assert "two versions of a region's tables" in note


def test_maps_of_tables_changed_after_the_run_are_refused(sweep: Path) -> None:
    run = next(iter(sorted(path.parent for path in sweep.glob("*/run.json"))))
    seal_again(run, region_digest="0123456789abcdef")
    with pytest.raises(SimError, match=r"are not those that .* was made from"):
        mixing.refuse_later_tables(run_folder.load(run))
