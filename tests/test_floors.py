"""The floors of docs/design.md, read from the code: imports go down only, without circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SIM = ROOT / "sim"
MOST_LINES, MOST_FILES = 400, 14
FILES = sorted(SIM.rglob("*.py"))

# The floors of each building, from the ground up. A room imports only from lower floors, never from its neighbours.
FLOORS = {
    "sim": (
        {"calendar", "compiled", "errors", "garbage_collection", "libm", "loaded", "terms", "threads"},
        {"locks"},
        {"files", "service"},
        {"config", "options", "storage"},
        {"world"},
        {"demand"},
        {"simulation"},
        {"analysis"},
        {"plots"},
        {"runs"},
        {"reports"},
        {"sweeps"},
        {"studies"},
        {"city"},
        {"app"},
        {"cli", "__init__"},
        {"__main__"},
    ),
    "sim.simulation": (
        {"shared"},
        {"columns", "prepare", "story"},
        {"records", "fireground"},
        {"incident"},
        {"dispatch"},
        {"incident_columns", "dispatch_columns"},
        {"scene_work"},
        {"model", "recorder"},
        {"replication"},
        {"result_tables"},
    ),
    "experiments": (
        {"command_line"},
        {"verification", "mutation", "benchmark", "faults", "calibration", "reference"},
        {"validation"},
    ),
}
LIBRARIES = {  # a library that only some files may import
    "hydra": {"sim/config/compose.py", "sim/config/hydra_state.py", "sim/sweeps/"},
    "omegaconf": {"sim/config/compose.py", "sim/config/text.py", "sim/config/tree_cache.py", "sim/sweeps/"},
    "simpy": {"sim/simulation/"},
    "matplotlib": {"sim/plots/", "sim/reports/", "sim/studies/", "sim/city/"},
    "osmnx": {"sim/world/travel/roads.py"},
    "pyrosm": {"sim/world/travel/roads.py"},
    "SALib": {"sim/studies/sensitivity/"},
}
# what may be called on numpy.random: everything else draws from the module's own, shared generator
NAMED_RANDOMNESS = {
    "Generator",
    "SeedSequence",
    "default_rng",
    "PCG64",
    "PCG64DXSM",
    "Philox",
    "BitGenerator",
    "bit_generator",
}


def imported(file: Path) -> Iterator[tuple[str, int]]:
    """Yield every module that a file imports, wherever in it, with the line; `from a import b` also as a.b."""
    package = file.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            yield module, node.lineno
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def modules(*folders: str) -> dict[str, Path]:
    """Return the file of every module of these top-level packages, by its dotted name."""
    found = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in found
    }


MODULES = modules("sim", "experiments")
PACKAGES = sorted(name for name, file in MODULES.items() if file.name == "__init__.py")


@cache
def import_graph() -> dict[str, set[str]]:
    """Return for each module those that it imports, wherever in it; lazy imports and those for types count."""
    return {
        name: {module for module, _ in imported(file) if module in MODULES and module != name}
        for name, file in MODULES.items()
    }


def rooms_of(package: str, graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the graph between the files and folders that lie directly in a package."""
    depth = package.count(".") + 2

    def room(module: str) -> str | None:
        if module == package:
            return "__init__"
        return module.split(".")[depth - 1] if module.startswith(f"{package}.") else None

    rooms: dict[str, set[str]] = {}
    for module, targets in graph.items():
        here = room(module)
        if here is None:
            continue
        found = {there for target in targets if (there := room(target)) not in (None, here, "__init__")}
        rooms.setdefault(here, set()).update(found)
    return rooms


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the nodes of one circle of a graph, in order; empty where there is none."""
    state: dict[str, int] = {}
    path: list[str] = []

    def visit(node: str) -> list[str]:
        state[node] = 1
        path.append(node)
        for target in sorted(graph.get(node, ())):
            if state.get(target) == 1:
                return path[path.index(target) :]
            if target not in state and (found := visit(target)):
                return found
        state[node] = 2
        path.pop()
        return []

    for node in sorted(graph):
        if node not in state and (found := visit(node)):
            return found
    return []


def upward(package: str, rooms: dict[str, set[str]]) -> list[str]:
    """Return the imports of a package that do not run down its floors."""
    level = {room: number for number, floor in enumerate(FLOORS[package]) for room in floor}
    return [
        f"{package}.{room} imports {package}.{target}"
        for room, targets in sorted(rooms.items())
        for target in sorted(targets)
        if level[target] >= level[room]
    ]


def test_files_import_each_other_without_circles() -> None:
    graph = {name: targets - set(PACKAGES) for name, targets in import_graph().items()}
    assert not circle(graph)


@pytest.mark.parametrize("package", PACKAGES)
def test_rooms_import_each_other_without_circles(package: str) -> None:
    assert not circle(rooms_of(package, import_graph()))


@pytest.mark.parametrize("package", FLOORS)
def test_every_room_has_a_floor(package: str) -> None:
    assert set(rooms_of(package, import_graph())) - {"__init__"} == set().union(*FLOORS[package]) - {
        "__init__"
    }


@pytest.mark.parametrize("package", FLOORS)
def test_imports_go_to_lower_floors_only(package: str) -> None:
    rooms = rooms_of(package, import_graph())
    if package != "sim":
        rooms.pop("__init__", None)
    assert not upward(package, rooms)


def test_import_upwards_is_detected() -> None:
    assert upward("sim", {"world": {"plots", "errors"}}) == ["sim.world imports sim.plots"]


def test_circle_is_detected() -> None:
    assert circle({"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"a"}}) == ["a", "b", "d"]
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


@pytest.mark.parametrize("folder", [ROOT / "sim", ROOT / "experiments"])
def test_files_and_folders_stay_within_their_size_limits(folder: Path) -> None:
    long = [f"{place(file)} has {count} lines" for file in folder.rglob("*.py")
            if (count := len(file.read_text(encoding="utf-8").splitlines())) > MOST_LINES]  # fmt: skip
    full = [f"{place(room)} has {count} files" for room in [folder, *folder.rglob("*/")] if "data" not in room.parts
            and (count := sum(file.suffix == ".py" for file in room.glob("*"))) > MOST_FILES]  # fmt: skip
    assert not long + full


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_is_imported_only_by_its_rooms(library: str) -> None:
    users = {place(file) for file in FILES for module, _ in imported(file) if module.split(".")[0] == library}
    assert users, f"nobody imports {library}: drop it from this test"
    homes = LIBRARIES[library]
    wrong = {
        user
        for user in users
        if not any(user == home or (home.endswith("/") and user.startswith(home)) for home in homes)
    }
    assert not wrong


def test_experiments_use_no_private_names_of_sim() -> None:
    wrong = [
        f"{place(file)}:{line} imports {module}"
        for file in sorted((ROOT / "experiments").rglob("*.py"))
        for module, line in imported(file)
        if module.startswith("sim.")
        and any(part.startswith("_") and part != "__version__" for part in module.split("."))
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_in_sim_imports_experiments_or_tests() -> None:
    wrong = [
        f"{place(file)}:{line} imports {module}"
        for file in FILES
        for module, line in imported(file)
        if module.split(".")[0] in ("experiments", "tests")
    ]
    assert not wrong, "\n".join(wrong)


def random_functions(source: str) -> list[str]:
    """Return the uses of module-level randomness: numpy.random's functions and the module random."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            for prefix in ("np.random.", "numpy.random."):
                if (
                    dotted.startswith(prefix)
                    and dotted.removeprefix(prefix).split(".")[0] not in NAMED_RANDOMNESS
                ):
                    found.append(f"line {node.lineno}: {dotted}")
        elif isinstance(node, ast.ImportFrom) and node.module == "numpy.random":
            found += [f"line {node.lineno}: {a.name}" for a in node.names if a.name not in NAMED_RANDOMNESS]
        elif isinstance(node, ast.ImportFrom) and node.module == "random":
            found.append(f"line {node.lineno}: random")
        elif isinstance(node, ast.Import):
            found += [f"line {node.lineno}: {a.name}" for a in node.names if a.name == "random"]
    return found


@pytest.mark.parametrize("file", [*FILES, *sorted((ROOT / "experiments").rglob("*.py"))], ids=place)
def test_no_file_uses_module_level_randomness(file: Path) -> None:
    assert not random_functions(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from random import choice",
        "import numpy as np\nnp.random.seed(1)",
        "import numpy\nx = numpy.random.normal()",
        "from numpy.random import rand",
    ],
)
def test_module_level_randomness_is_detected(line: str) -> None:
    assert random_functions(line)


def test_passed_generators_are_not_reported() -> None:
    assert not random_functions("import numpy as np\ng = np.random.default_rng(np.random.SeedSequence(1))")
