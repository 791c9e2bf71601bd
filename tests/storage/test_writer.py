"""Writing a run: what is written in which order, and the message when the disk or the folder refuses."""

import errno
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers import store_samples as sample
from helpers.store_samples import names_in, run_python, seed_of

from sim import files
from sim.errors import SimError
from sim.storage.run_folder import load


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of open files are read from /proc")
def test_files_are_synced_before_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename, done = os.replace, []
    monkeypatch.setattr(os, "fsync", lambda fd: done.append(Path(f"/proc/self/fd/{fd}").readlink()))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), rename(a, b)))
    sample.write_run(tmp_path / "run", seed=1)
    before, after = done[: done.index("rename")], done[done.index("rename") + 1 :]
    (partial,) = {path for path in before if ".partial-" in path.name}
    assert before[-1] == partial  # the names in it, after what they stand for
    assert {path.relative_to(partial) for path in before} == {
        Path(),
        *(path.relative_to(tmp_path / "run") for path in (tmp_path / "run").rglob("*")),
    }
    assert after == [tmp_path]


def test_two_concurrent_writers_each_write_a_whole_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with sample.writer_for(run) as slow:
        sample.fill(slow, seed=1)
        with sample.writer_for(run) as fast:
            assert slow.path.exists()  # its writer lives
            sample.fill(fast, seed=2)
            fast.finish(sample.info(2), sample.CONFIG, sample.kpis(2))
        assert seed_of(run) == 2
        slow.finish(sample.info(1), sample.CONFIG, sample.kpis(1))
    assert seed_of(run) == 1
    assert names_in(tmp_path) == {"run"}


def test_folders_with_similar_names_are_not_touched(tmp_path: Path) -> None:
    others = {".runs.partial-1-0123abcd", ".run.b.partial-1-0123abcd", ".run.partial-1-mine", ".run.old"}
    for name in others | {".run.partial-1-0123abcd", ".run.old-1-0123abcd"}:
        (tmp_path / name).mkdir()
    sample.write_run(tmp_path / "run", seed=1)
    assert names_in(tmp_path) == others | {"run"}


def write_on_full_disk(run: Path, name: str) -> None:
    with sample.writer_for(run) as writer:
        if not name.endswith(".parquet"):
            (writer.path / name).symlink_to("/dev/full")  # the kernel itself says ENOSPC
        sample.fill(writer, seed=2)
        writer.write_csv("in_force.csv", sample.kpis(2))
        with (writer.path / "figure.svg").open("w") as figure:  # as a plotting library would
            figure.write("<svg>")
        writer.finish(sample.info(2), sample.CONFIG, sample.kpis(2))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(
    "name", ["in_force.csv", "kpis.csv", "config.yaml", "figure.svg", "incidents.parquet"]
)
def test_full_disk_gives_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    run = tmp_path / "run"
    sample.write_run(run, seed=1)
    opened = pq.ParquetWriter

    def on_full_disk(where: Path, *args, **kwargs):
        return opened("/dev/full" if where.name == name else where, *args, **kwargs)

    monkeypatch.setattr(pq, "ParquetWriter", on_full_disk)
    with pytest.raises(SimError, match="the disk is full") as caught:
        write_on_full_disk(run, name)
    assert str(caught.value).startswith(f"cannot write {run}: the disk is full")
    assert str(caught.value).endswith("; free space there or choose another folder with out=...")
    assert seed_of(run) == 1
    assert names_in(tmp_path) == {"run"}


def test_file_size_limit_gives_one_sentence(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; import store_samples as sample\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "with sample.writer_for(Path(sys.argv[1])) as writer: sample.fill(writer, 1, rows=5000)"
    )
    done = run_python(script, tmp_path / "run")
    assert done.stderr.splitlines()[-1].startswith(
        f"sim.errors.SimError: cannot write {tmp_path / 'run'}: the file"
    )
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.EACCES, "permission is denied"),
        (errno.EPERM, "permission is denied"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_folder_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, cause: str
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(SimError, match=rf"cannot write {tmp_path / 'run'}: {cause} .* out=\.\.\.$"):
        sample.write_run(tmp_path / "run", seed=1)
    assert names_in(tmp_path) == set()


def test_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for run in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(SimError, match=rf"cannot write {run}: .*file.* move .* out=\.\.\.$"):
            sample.write_run(run, seed=1)
    assert (tmp_path / "file").read_text() == "mine"
    assert names_in(tmp_path) == {"file"}


def test_too_long_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="the name is too long"):
        sample.write_run(tmp_path / ("r" * 250), seed=1)


@pytest.mark.parametrize("mine", ["thesis.docx", "run.json"])
def test_foreign_folder_is_refused_before_the_run(tmp_path: Path, mine: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "thesis.docx").write_text("mine")
    if mine == "run.json":  # of another program
        (run / "run.json").write_text("{}")
    with (
        pytest.raises(
            SimError, match=r"is not a run: it holds thesis\.docx, which this program did not write"
        ),
        sample.writer_for(run),
    ):
        pytest.fail("the work began")
    assert (run / "thesis.docx").read_text() == "mine"
    assert names_in(tmp_path) == {"run"}


def test_folder_that_appears_during_the_run_is_not_replaced(tmp_path: Path) -> None:
    run = tmp_path / "run"

    def write() -> None:
        with sample.writer_for(run) as writer:
            run.mkdir()
            (run / "thesis.docx").write_text("mine")
            writer.finish({}, "", sample.kpis(1))

    with pytest.raises(SimError, match=r"it holds thesis\.docx"):
        write()
    assert (run / "thesis.docx").read_text() == "mine"
    assert names_in(tmp_path) == {"run"}


@pytest.mark.parametrize("note", ["notes.txt", "figures/mine.png", "figures/drafts/a.txt", "more/a.csv"])
def test_notes_in_a_run_folder_outlive_another_run(tmp_path: Path, note: str) -> None:
    run = tmp_path / "run"
    sample.write_run(run, seed=1)
    (run / note).parent.mkdir(parents=True, exist_ok=True)
    (run / note).write_text("mine")
    with pytest.raises(
        SimError, match=rf"holds {note.rpartition('/')[0] or note}.* and is left alone; move that file"
    ):
        sample.write_run(run, seed=2)
    assert (run / note).read_text() == "mine"
    assert seed_of(run) == 1
    assert names_in(tmp_path) == {"run"}


@pytest.mark.parametrize(
    "files", [["config.yaml"], ["config.yaml", "figures/plan.png"], ["kpis.csv", "targets.csv"]]
)
def test_a_folder_that_only_has_names_of_a_run_is_not_replaced(tmp_path: Path, files: list[str]) -> None:
    for name in files:
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text("mine")
    with pytest.raises(
        SimError, match=r"project is not a run: it holds .* did not write there, and is left alone"
    ):
        sample.write_run(tmp_path / "project", seed=1)
    assert all((tmp_path / "project" / name).read_text() == "mine" for name in files)


@pytest.mark.parametrize("kind", ["old", "gone", "partial"])
def test_a_link_with_the_name_of_a_scratch_folder_costs_its_target_nothing(tmp_path: Path, kind: str) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in (".owner", "thesis.docx"):
        (mine / name).write_text("mine")
    (tmp_path / f".run.{kind}-1-00000000").symlink_to(mine)
    sample.write_run(tmp_path / "run", seed=1)
    assert {path.name: path.read_text() for path in mine.iterdir()} == {
        ".owner": "mine",
        "thesis.docx": "mine",
    }


@pytest.mark.parametrize("lock", [".run.swap", ".page.html.partial"])
def test_a_link_with_the_name_of_a_lock_costs_its_target_nothing(tmp_path: Path, lock: str) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    (tmp_path / lock).symlink_to(tmp_path / "thesis.docx")
    with pytest.raises(SimError, match="a link stands where a file is needed"):
        sample.write_run(tmp_path / "run", seed=1) if "run" in lock else files.write_text(
            tmp_path / "page.html", ""
        )
    assert (tmp_path / "thesis.docx").read_text() == "mine"


def test_empty_folder_or_incomplete_run_is_replaced(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    sample.write_run(run, seed=1)
    (run / "run.json").write_text('{"cut')
    sample.write_run(run, seed=2)
    (run / "run.json").unlink()
    sample.write_run(run, seed=3)
    assert seed_of(run) == 3
    assert names_in(tmp_path) == {"run"}


def test_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "disk" / "run")
    sample.write_run(tmp_path / "run", seed=1)
    sample.write_run(tmp_path / "run", seed=2)
    assert (tmp_path / "run").is_symlink()
    assert seed_of(tmp_path / "disk" / "run") == 2


def test_wrong_tables_and_names_are_refused(tmp_path: Path) -> None:
    with sample.writer_for(tmp_path / "run") as writer:
        good = (sample.values(1, 0), sample.incidents(1, 0), sample.dispatches(1, 0))
        writer.add(*good)
        with pytest.raises(
            ValueError, match=r"incidents\.parquet has the columns .*'first_arrival_s': 'double'"
        ):
            writer.add(good[0], good[1].drop_columns("type"), good[2])
        with pytest.raises(ValueError, match=r"dispatches\.parquet has the columns"):
            writer.add(good[0], good[1], good[1])
        nameless = good[2].set_column(1, sample.DISPATCHES.field("unit"), pa.nulls(80, pa.string()))
        with pytest.raises(ValueError, match=r"column unit for dispatches\.parquet has empty values"):
            writer.add(good[0], good[1], nameless)
        with pytest.raises(ValueError, match="values has the columns"):
            writer.add(good[0].assign(more=1), *good[1:])
        with pytest.raises(ValueError, match="null"):
            writer.add(good[0].assign(group=None), *good[1:])
        for name in ("../kpis.csv", "in_force", "a/b.csv"):
            with pytest.raises(ValueError, match="plain name"):
                writer.write_csv(name, good[0])
        with pytest.raises(ValueError, match="status"):
            writer.finish({"status": "fine"}, "", sample.kpis(1))
        with pytest.raises(TypeError, match=r"info\.when is a Timestamp"):
            writer.finish({"when": pd.Timestamp(0)}, "", sample.kpis(1))
        writer.finish({}, "", sample.kpis(1))
    result = load(tmp_path / "run")  # nothing of what was refused is in it
    assert [len(result.incidents), len(result.dispatches), len(result.kpis)] == [50, 80, 3]


def test_writer_waits_while_a_run_is_being_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WAIT_S", 0.1)
    with (
        files.exclusive(tmp_path / "run"),
        pytest.raises(SimError, match=rf"run is being exchanged by process {os.getpid()} on"),
    ):
        sample.write_run(tmp_path / "run", seed=1)


MEMORY = """
import sys
from pathlib import Path
import store_samples as sample
def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])
with sample.writer_for(Path(sys.argv[1])) as writer:
    for replication in range(200):
        writer.add(sample.values(1, 0), sample.incidents(1, replication, 20_000), sample.dispatches(1, 0))
        if replication == 19:
            early = resident()
    print(resident() / early)
    writer.finish({}, "", sample.kpis(1))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_memory_does_not_grow_with_replications(tmp_path: Path) -> None:
    done = run_python(MEMORY, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    # 180 replications more are 100 MB of tables: kept, they would nearly double the process.
    assert float(done.stdout) < 1.25
