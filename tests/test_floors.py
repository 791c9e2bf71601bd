"""The floors of the house: imports run down only, read from the code itself (docs/design.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SIM = ROOT / "sim"
FILES = sorted(SIM.rglob("*.py"))

# room: the rooms of sim that it may import from
BELOW = {
    "errors": set(),
    "terms": set(),
    "threads": set(),
    "config": {"errors", "terms"},
    "world": {"errors", "terms", "config"},
    "events": {"errors", "terms", "config", "world"},
    "findings": {"errors", "terms", "threads", "config", "world", "events"},
}
DOORS = {"screen", "cli", "sweep", "points", "__main__", "__init__"}  # stand above all floors
LIBRARIES = {  # a library that only some files may import
    "hydra": {"sim/config/compose.py", "sim/sweep/"},
    "omegaconf": {"sim/config/compose.py", "sim/config/text.py", "sim/sweep/"},
    "simpy": {"sim/events/"},
    "matplotlib": {"sim/findings/"},
    "SALib": {"sim/findings/sensitivity/"},
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


def room_of(module: str) -> str | None:
    """Return the room of sim that a module lies in, None for modules of others and for sim itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "sim" and len(parts) > 1 else None


def place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_every_room_is_known() -> None:
    rooms = {file.relative_to(SIM).parts[0].removesuffix(".py") for file in FILES}
    assert rooms <= set(BELOW) | DOORS


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_only_from_those_below(room: str) -> None:
    files = [file for file in FILES if file.relative_to(SIM).parts[0].removesuffix(".py") == room]
    assert files
    allowed = BELOW[room] | {room}
    wrong = [
        f"{place(file)}:{line} imports {module}"
        for file in files
        for module, line in imported(file)
        if (target := room_of(module)) is not None and target not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
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
def test_no_file_draws_from_a_generator_of_a_module(file: Path) -> None:
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
def test_the_reader_sees_module_level_randomness(line: str) -> None:
    assert random_functions(line)


def test_the_reader_lets_generators_pass() -> None:
    assert not random_functions("import numpy as np\ng = np.random.default_rng(np.random.SeedSequence(1))")
