"""Small runs for the tests of the store; also imported by the processes that those tests start and kill."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from sim.storage.run_folder import load
from sim.storage.seal import SEAL, sealed
from sim.storage.writer import RunWriter

ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
INCIDENTS = pa.schema(
    [
        pa.field("replication", pa.int32(), metadata={"unit": "1", "meaning": "number of the replication"}),
        pa.field("incident", pa.int32(), metadata={"unit": "1", "meaning": "number of the incident"}),
        pa.field("time_s", pa.float64(), metadata={"unit": "s", "meaning": "call, from 1 January 00:00"}),
        pa.field(
            "type", pa.dictionary(pa.int32(), pa.string()), metadata={"unit": "", "meaning": "type 类型"}
        ),
        pa.field("first_arrival_s", pa.float64(), metadata={"unit": "s", "meaning": "after the call"}),
    ]
)
DISPATCHES = pa.schema(
    [
        pa.field("replication", pa.int32(), metadata={"unit": "1", "meaning": "number of the replication"}),
        pa.field("unit", pa.string(), nullable=False, metadata={"unit": "", "meaning": "name of the unit"}),
        pa.field("route_m", pa.float64(), metadata={"unit": "m", "meaning": "length of the route"}),
    ]
)
CONFIG = "scenario: 2030\nname: 衢州\n"
DIGEST = "0123456789abcdef"


def incidents(seed: int, replication: int, rows: int = 50) -> pa.Table:
    rng = np.random.default_rng([seed, replication])
    columns = {
        "replication": np.full(rows, replication, dtype=np.int32),
        "incident": np.arange(rows, dtype=np.int32),
        "time_s": np.sort(rng.uniform(0, 3.15e7, rows)),
        "type": pa.array(rng.choice(["standby", "false_alarm"], rows)).dictionary_encode(),
        "first_arrival_s": np.where(rng.random(rows) < 0.1, np.nan, rng.exponential(600, rows)),
    }
    return pa.table(columns, schema=INCIDENTS)


def dispatches(seed: int, replication: int, rows: int = 80) -> pa.Table:
    rng = np.random.default_rng([seed, replication, 1])
    names = rng.choice(["engine 1", "盾安 2"], rows).tolist()
    columns = {"replication": np.full(rows, replication, dtype=np.int32), "unit": names}
    return pa.table({**columns, "route_m": rng.uniform(0, 9e3, rows)}, schema=DISPATCHES)


def values(seed: int, replication: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "replication": replication,
            "kpi": ["calls", "first_arrival_mean", "first_arrival_mean"],
            "by": ["all", "setting", "setting"],
            "group": ["", "urban", "NA"],
            "unit": ["1", "s", "s"],
            "value": [50.0 + seed, 600.0 / (replication + 1), float("nan")],
        }
    )


def kpis(seed: int) -> pd.DataFrame:
    frame = values(seed, 0).drop(columns=["replication", "value"])
    return frame.assign(mean=[50.0 + seed, 1 / 3, float("nan")], low=0.1, high=700.0, replications=3)


def info(seed: int) -> dict[str, object]:
    return {
        "name": "衢州 2030",
        "seed": seed,
        "replications": 3,
        "config_digest": DIGEST,
        "gap": np.float64("nan"),
    }


def fill(writer: RunWriter, seed: int, *, replications: int = 3, rows: int = 50) -> None:
    for replication in range(replications):
        writer.add(
            values(seed, replication), incidents(seed, replication, rows), dispatches(seed, replication)
        )


def writer_for(folder: Path) -> RunWriter:
    return RunWriter(folder, table_schemas=(INCIDENTS, DISPATCHES))


def write_run(folder: Path, seed: int) -> None:
    """Write a whole run whose every table depends on the seed."""
    with writer_for(folder) as writer:
        fill(writer, seed)
        writer.write_csv("in_force.csv", pd.DataFrame({"measure": ["patrol_cars"], "level": [seed]}))
        (writer.path / "figures").mkdir()
        (writer.path / "figures" / "arrival.svg").write_text(f"<svg>{seed}</svg>", encoding="utf-8")
        writer.finish(info(seed), CONFIG, kpis(seed))


def write_and_fail(run: Path, failure: type[BaseException], *, finish: bool = False) -> None:
    with writer_for(run) as writer:
        fill(writer, seed=2)
        if finish:
            writer.finish(info(2), CONFIG, kpis(2))
        raise failure


def seal_again(run: Path, **changes: object) -> None:
    """Change keys of run.json as somebody would who also makes the seal fit."""
    path = run / "run.json"
    info = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    info.pop(SEAL, None)
    path.write_text(sealed(info), encoding="utf-8")


def run_python(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    return subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=120, check=False)


def seed_of(run: Path) -> int:
    """Seed of a run of which every byte is as it was written, in the tables as in run.json."""
    result = load(run, verify=True)
    seed = int(result.info["seed"])
    pd.testing.assert_frame_equal(result.kpis, kpis(seed))
    written = pd.concat([values(seed, r) for r in range(3)], ignore_index=True)
    pd.testing.assert_frame_equal(result.values, written, check_dtype=False)
    first = incidents(seed, 0).to_pandas()["time_s"]
    assert (result.incidents["time_s"].head(len(first)) == first).all()
    return seed


def names_in(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}
