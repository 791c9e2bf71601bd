"""A run on disk: it is read back as written, and an incomplete run is refused with the reason."""

import copy
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers import store_samples as sample

from sim.errors import SimError
from sim.storage.run_folder import Result, is_complete, load, problems_in, runs_in

PARQUETS = ("incidents.parquet", "dispatches.parquet", "kpi_values.parquet")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    sample.write_run(tmp_path / "run", seed=1)
    return tmp_path / "run"


def frame_of(make, seed: int) -> pd.DataFrame:
    return pd.concat([make(seed, r).to_pandas() for r in range(3)], ignore_index=True)


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def test_written_run_is_read_back_unchanged(run: Path) -> None:
    result = load(run, verify=True)
    incidents = frame_of(sample.incidents, 1)
    incidents["type"] = incidents["type"].astype(str)
    read = result.incidents.assign(type=result.incidents["type"].astype(str))
    pd.testing.assert_frame_equal(read, incidents)
    pd.testing.assert_frame_equal(result.dispatches, frame_of(sample.dispatches, 1))
    written = pd.concat([sample.values(1, r) for r in range(3)], ignore_index=True)
    pd.testing.assert_frame_equal(result.values, written.astype({"replication": "int32"}))
    pd.testing.assert_frame_equal(result.kpis, sample.kpis(1))
    assert result.config == sample.CONFIG
    assert result.folder == run
    assert result.info["status"] == "complete"
    assert {k: result.info[k] for k in ("name", "seed", "replications")} == {
        "name": "衢州 2030",
        "seed": 1,
        "replications": 3,
    }
    assert result.info["gap"] is None  # JSON has no nan
    assert repr(result) == f"<Result {run}: name 衢州 2030, seed 1, replications 3>"


def test_run_json_lists_every_other_file(run: Path) -> None:
    files = {p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()}
    assert set(load(run).info["files"]) == files - {"run.json"}
    assert files == {*PARQUETS, "run.json", "config.yaml", "kpis.csv", "in_force.csv", "figures/arrival.svg"}


def test_each_replication_is_one_row_group_even_if_empty(tmp_path: Path) -> None:
    with sample.writer_for(tmp_path / "run") as writer:
        for rows in (30, 0, 20):
            table = sample.incidents(1, 0, rows)
            writer.add(sample.values(1, 0).head(rows), table, sample.dispatches(1, 0, rows))
        writer.finish({}, "", sample.kpis(1))
    for name, rows in (("incidents", [30, 0, 20]), ("dispatches", [30, 0, 20]), ("kpi_values", [3, 0, 3])):
        about = pq.read_metadata(tmp_path / "run" / f"{name}.parquet")
        assert [about.row_group(i).num_rows for i in range(about.num_row_groups)] == rows


def test_file_keeps_unit_and_meaning_of_each_column(run: Path) -> None:
    for name, schema in (("incidents", sample.INCIDENTS), ("dispatches", sample.DISPATCHES)):
        assert pq.read_schema(run / f"{name}.parquet").equals(schema, check_metadata=True)
    stored = pq.read_schema(run / "kpi_values.parquet")
    assert stored.names == ["replication", "kpi", "by", "group", "unit", "value"]
    assert all(stored.field(name).metadata[b"meaning"] for name in stored.names)


def test_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    sample.write_run(tmp_path / "a", seed=1)
    with sample.writer_for(tmp_path / "b") as writer:
        for replication in range(3):
            whole = sample.incidents(1, replication)
            pieces = [whole.slice(0, 7), whole.slice(7)]
            # As from two processes: each piece has a dictionary of its own.
            types = [p["type"].cast(pa.string()).dictionary_encode().combine_chunks() for p in pieces]
            assert not types[0].dictionary.equals(types[1].dictionary)
            from_pieces = whole.set_column(3, sample.INCIDENTS.field("type"), pa.chunked_array(types))
            writer.add(sample.values(1, replication), from_pieces, sample.dispatches(1, replication))
        writer.write_csv("in_force.csv", pd.DataFrame({"measure": ["patrol_cars"], "level": [1]}))
        (writer.path / "figures").mkdir()
        (writer.path / "figures" / "arrival.svg").write_text("<svg>1</svg>", encoding="utf-8")
        writer.finish(sample.info(1), sample.CONFIG, sample.kpis(1))
    names = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(names) == 8
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    sample.write_run(tmp_path / "c", seed=2)
    assert (tmp_path / "a" / "incidents.parquet").read_bytes() != (
        tmp_path / "c" / "incidents.parquet"
    ).read_bytes()


def test_reading_indicators_does_not_read_the_large_tables(run: Path) -> None:
    result = load(run)
    for name in PARQUETS:
        (run / name).unlink()
    assert result.kpis["kpi"].tolist() == ["calls", "first_arrival_mean", "first_arrival_mean"]
    assert result.kpis["group"].tolist() == ["", "urban", "NA"]
    assert result.kpis is result.kpis
    with pytest.raises(SimError, match=r"incidents\.parquet is missing; run it again"):
        _ = result.incidents


def test_result_can_be_kept_in_memory() -> None:
    tables = [
        frame_of(sample.incidents, 1),
        frame_of(sample.dispatches, 1),
        sample.kpis(1),
        sample.values(1, 0),
    ]
    result = Result(*tables, info={"seed": 1}, config="a: 1")
    assert result.incidents is tables[0]
    assert result.folder is None
    assert repr(result) == "<Result in memory: seed 1>"
    with pytest.raises(AttributeError, match="'Result' object has no attribute 'incident'"):
        _ = result.incident
    with pytest.raises(AttributeError):
        result.info = {}


def test_loaded_result_can_be_copied_and_pickled(run: Path) -> None:
    result = load(run)
    for twin in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert twin.info == result.info
        pd.testing.assert_frame_equal(twin.kpis, result.kpis)
    with pytest.raises(AttributeError, match="unknown"):
        _ = result.unknown


def test_result_never_mixes_tables_of_two_runs(run: Path) -> None:
    result = load(run)
    assert result.kpis["mean"][0] == 51.0
    sample.write_run(run, seed=2)
    with pytest.raises(SimError, match="written anew after it was loaded; load it again"):
        _ = result.incidents
    assert load(run).kpis["mean"][0] == 52.0


@pytest.mark.parametrize("name", [*PARQUETS, "kpis.csv", "config.yaml", "figures/arrival.svg"])
def test_missing_truncated_or_changed_file_is_named(run: Path, name: str) -> None:
    path = run / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(
        SimError, match=rf"{name} has {len(whole) - 1} bytes where .* truncated .* run it again"
    ):
        load(run)
    path.write_bytes(whole)
    flip(path, len(whole) // 2)
    load(run)  # the size is right
    with pytest.raises(SimError, match=rf"{name} has another checksum .* run it again"):
        load(run, verify=True)
    path.unlink()
    with pytest.raises(SimError, match=rf"{name} is missing; run it again"):
        load(run)
    assert not is_complete(run)


@pytest.mark.parametrize("name", PARQUETS)
def test_damaged_table_is_never_read_as_data(run: Path, name: str) -> None:
    attribute = {"kpi_values.parquet": "values"}.get(name, name.removesuffix(".parquet"))
    path = run / name
    whole, right = path.read_bytes(), getattr(load(run), attribute)
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    complaints = []
    for at in np.linspace(4, footer - 1, 40).astype(int):
        flip(path, at)
        try:
            read = getattr(load(run), attribute)
        except SimError as error:
            complaints.append(str(error))
        else:  # a byte in a page's header that nobody needs, such as a statistic
            pd.testing.assert_frame_equal(read, right)
        path.write_bytes(whole)
    assert len(complaints) > 20
    assert all(str(path) in line and "run it again" in line for line in complaints)


def test_truncated_table_of_the_right_size_is_named(run: Path) -> None:
    path = run / "incidents.parquet"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2] + bytes(size - size // 2))
    with pytest.raises(
        SimError,
        match=r"incidents\.parquet has another checksum than run\.json says: it was changed; run it again",
    ):
        _ = load(run).incidents


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda run: (run / "run.json").unlink(), "is an incomplete run: run.json is missing; run it again"),
        (
            lambda run: (run / "run.json").write_text('{"status": "comp'),
            r"run\.json is damaged .* run it again",
        ),
        (lambda run: (run / "run.json").write_text("[1]"), r"run\.json was not written by this program"),
        (
            lambda run: (run / "run.json").write_text('{"status": "complete"}'),
            "was not written by this program",
        ),
        (lambda run: sample.seal_again(run, status="running"), "has the status 'running', not 'complete'"),
        (
            lambda run: sample.seal_again(run, format="fire-response-sim run 99"),
            "has the format 'fire-response-sim run 99'",
        ),
        (lambda run: sample.seal_again(run, files={}), "does not list every table"),
        (
            lambda run: sample.seal_again(run, files=dict.fromkeys([*PARQUETS, "kpis.csv", "config.yaml"])),
            "no size and",
        ),
        (shutil.rmtree, "does not exist; run it first"),
    ],
)
def test_incomplete_run_is_refused_with_the_reason(run: Path, spoil, message: str) -> None:
    assert is_complete(run)
    spoil(run)
    assert not is_complete(run)
    with pytest.raises(SimError, match=message) as caught:
        load(run)
    assert str(run) in str(caught.value)


def test_file_or_foreign_folder_is_not_a_run(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(SimError, match=r"notes is not a run: run\.json is missing"):
        load(tmp_path / "notes")
    with pytest.raises(SimError, match=r"a\.txt is not a folder"):
        load(tmp_path / "notes" / "a.txt")


def test_folder_lists_its_runs_and_problems(tmp_path: Path) -> None:
    study = tmp_path / "study"
    for name in ("b", "a", "broken"):
        sample.write_run(study / name, seed=1)
    (study / "broken" / "incidents.parquet").write_bytes(b"PAR1")
    (study / "foreign").mkdir()
    (study / ".hydra").mkdir()
    (study / "log.txt").write_text("a file is no concern")
    (study / ".c.partial-1-0123abcd").mkdir()
    (study / ".a.old-1-0123abcd").mkdir()  # its successor stands
    with sample.writer_for(study / "d") as writer:
        assert runs_in(study) == [study / "a", study / "b"]
        problems = {path.name: reason for path, reason in problems_in(study).items()}
        assert set(problems) == {"broken", "foreign", ".c.partial-1-0123abcd", writer.path.name}
        assert "incidents.parquet has 4 bytes" in problems["broken"]
        assert "is not a run" in problems["foreign"]
        assert problems[".c.partial-1-0123abcd"].startswith("c was interrupted; run it again")
        assert problems[writer.path.name] == "d is still being written; wait for it"
        sample.fill(writer, seed=1)
        writer.finish(sample.info(1), "", sample.kpis(1))
    assert runs_in(study) == [study / "a", study / "b", study / "d"]


def test_single_run_folder_lists_itself(run: Path) -> None:
    assert runs_in(run) == [run]
    assert problems_in(run) == {}
    (run / "kpis.csv").unlink()
    assert runs_in(run) == []
    assert list(problems_in(run)) == [run]
    with pytest.raises(SimError, match="absent is not a folder"):
        runs_in(run.parent / "absent")
