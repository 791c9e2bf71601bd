"""The same configuration and seed give the same bytes for any workers, start method, folder, locale or time zone."""

import ast
import hashlib
import math
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim import libm
from sim.config.compose import compose
from sim.runs import execute, replications
from sim.simulation import replication, result_tables
from sim.storage.run_folder import read_info

ROOT = Path(__file__).resolve().parents[2]
RUN = ("scenario=2025", "replications=3", "days=20", "figures=none", "name=run")
# What a run leaves, but for what says where, when and with how many workers it was made.
FILES = ("incidents.parquet", "dispatches.parquet", "kpi_values.parquet", "kpis.csv", "in_force.csv")


def digests(folder):
    assert set(FILES) <= {path.name for path in folder.iterdir()}
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def command(out, *arguments, cwd=ROOT, **variables):
    """Run the command line in a process of its own and return the digests of what it left."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    subprocess.run(
        [sys.executable, "-m", "sim", *RUN, f"out={out}", *arguments],
        cwd=cwd,
        env=environment,
        check=True,
        capture_output=True,
        timeout=300,
    )
    return digests(Path(out) / "run")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """One worker, in this process."""
    out = tmp_path_factory.mktemp("reference")
    return digests(execute.on_disk(compose([*RUN, "workers=1", f"out={out}"])))


def test_two_workers_in_another_process_write_the_same_bytes(tmp_path, reference):
    assert command(tmp_path, "workers=2", PYTHONHASHSEED="1") == reference


def test_folder_locale_and_time_zone_do_not_change_the_bytes(tmp_path, reference):
    elsewhere = tmp_path / "somewhere else"
    elsewhere.mkdir()
    found = command(
        tmp_path / "out",
        "workers=3",
        cwd=elsewhere,
        LC_ALL="C",
        LANG="C",
        TZ="Pacific/Apia",
        PYTHONHASHSEED="77",
    )
    assert found == reference


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_start_method_of_workers_does_not_change_the_bytes(tmp_path, reference, monkeypatch, method):
    """The program starts its workers afresh (forkserver or spawn); copies of the parent give the same."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"{method} is not known on this platform")
    used = []
    plain = multiprocessing.get_context
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: [method])
    monkeypatch.setattr(multiprocessing, "get_context", lambda name: used.append(name) or plain(method))
    assert digests(execute.on_disk(compose([*RUN, "workers=2", f"out={tmp_path}"]))) == reference
    assert set(used) == {"forkserver" if method == "forkserver" else "spawn"}


def test_same_workload_in_another_process_gives_identical_tables(tmp_path):
    """The event model alone: the workload goes to another process, the tables come back."""
    file = tmp_path / "tables.pickle"
    script = (
        "import pickle, sys; from sim.config.compose import compose\n"
        "from sim.simulation import replication, result_tables\n"
        "work, options, file = pickle.load(sys.stdin.buffer)\n"
        "world = replication.build_world(compose(options))\n"
        "found = result_tables.tables(world, replication.simulate(world, 0, work))\n"
        "pickle.dump(found, open(file, 'wb'))\n"
    )
    options = [*RUN, "workers=1", "scenario=2027"]
    world = replication.build_world(compose(options))
    work = replication.workload_of(world, 0)
    subprocess.run(
        [sys.executable, "-c", script],
        input=pickle.dumps((work, options, str(file))),
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "5"},
        check=True,
        timeout=300,
    )
    there = pickle.loads(file.read_bytes())
    for one, other in zip(
        result_tables.tables(world, replication.simulate(world, 0, work)), there, strict=True
    ):
        assert len(one) > 0
        assert one.equals(other)


def test_replication_does_not_depend_on_earlier_replications(reference):
    """Out of order and alone: a replication depends on its number only."""
    world = replication.build_world(compose([*RUN, "workers=1"]))
    alone = replications.one(world, 2)
    replications.one(world, 0)
    again = replications.one(world, 2)
    assert alone.incidents.equals(again.incidents)
    assert alone.dispatches.equals(again.dispatches)
    assert alone.indicators.equals(again.indicators)


def test_another_seed_changes_the_bytes(tmp_path, reference):
    other = digests(execute.on_disk(compose([*RUN, "workers=1", "seed=2025", f"out={tmp_path}"])))
    for name in ("incidents.parquet", "dispatches.parquet", "kpi_values.parquet"):
        assert other[name] != reference[name]


# What numpy, its linear algebra and Arrow find in a processor decides which of their functions they call.
FOUND = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
PROCESSORS = {
    "without AVX-512": ([name for name in FOUND if name.startswith(("AVX512", "X86_V4"))], "Haswell", "AVX2"),
    "without AVX2 and FMA": (FOUND, "Nehalem", "NONE"),
}


@pytest.mark.slow
@pytest.mark.skipif(not FOUND, reason="numpy has one set of functions here")
@pytest.mark.parametrize("more", [(), ("region=synthetic", "region.synthetic.counties=3")])
def test_class_of_processor_does_not_change_the_bytes(tmp_path, more):
    more = (*more, "workers=1", "dispatch.move_up.policy=dmexclp")
    reference = command(tmp_path / "all", *more)
    calls = read_info(tmp_path / "all" / "run")["workload_digest"]
    for name, (features, kernels, arrow) in PROCESSORS.items():
        found = command(
            tmp_path / name,
            *more,
            NPY_DISABLE_CPU_FEATURES=" ".join(features),
            OPENBLAS_CORETYPE=kernels,
            ARROW_USER_SIMD_LEVEL=arrow,
        )
        assert found == reference, name
        assert read_info(tmp_path / name / "run")["workload_digest"] == calls


def test_exponentials_are_those_of_the_c_library():
    z = np.random.default_rng(1).standard_normal(20_000) * 5
    assert libm.exp(z).tolist() == [math.exp(item) for item in z]
    assert libm.exp(z.astype(np.float32)).dtype == np.float32
    assert libm.power(np.abs(z), 0.7) == pytest.approx(np.abs(z) ** 0.7, rel=1e-14)
    assert libm.power(0.0, np.array([0.0, 1.0])).tolist() == [1.0, 0.0]
    assert libm.each(math.atan2, z, 1.0).tolist() == [math.atan2(item, 1.0) for item in z]


# What numpy computes in other ways on other processors.
DIFFER = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh",
    "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "power", "float_power", "cbrt", "dot", "vdot", "inner", "outer",
    "matmul", "tensordot", "linalg", "argpartition",
}  # fmt: skip


def test_what_makes_tables_calls_no_function_that_differs_between_processors():
    found = []
    for room in ("world", "demand", "simulation", "analysis"):
        for path in sorted((ROOT / "sim" / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                numpys = isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np", "numpy")
                if (numpys and node.attr in DIFFER) or isinstance(node, ast.MatMult):
                    found.append(f"{path.relative_to(ROOT)}: {ast.unparse(node) or '@'}")
                sorts = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".argsort")
                if sorts and "stable" not in ast.unparse(node):  # ties
                    found.append(f"{path.relative_to(ROOT)}: {ast.unparse(node)}")
    assert found == ["sim/world/travel/matrix.py: np.argsort(slot)"]  # without ties
