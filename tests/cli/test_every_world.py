"""Every command that simulates, in every kind of world: it does its work, or says at once in a sentence why not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import sim
from sim import cli

SHORT = ("days=1", "replications=2", "workers=1")
SEARCH = ("budget=20", "design=8", "screen=1", "final=2", "most=4", "days=2", "workers=1")
COMMANDS = {
    "run": ("figures=all", *SHORT),
    "whatif": ("whatif", "alike=plan", "dispatch.centre.seats=6", *SHORT),
    "attribution": ("attribution", "groups=vehicles,patrol_cars", *SHORT),
    "effects": ("effects", *SHORT),
    "sensitivity": (
        "sensitivity",
        "parameters=m_c_turnout",
        "trajectories=0",
        "samples=0",
        "points=0",
        *SHORT,
    ),
    "siting": ("siting", "year=2027", "sites=1", *SHORT),
    "portfolio": ("portfolio", "draws=0", *SEARCH),
}
MADE_UP = ("region=synthetic", "region.synthetic.counties=3")
WORLDS = {
    "no plan": ("plan=off",),
    "a grid": ("region=grid", "plan=off"),
    "a grid with Quzhou's plan": ("region=grid",),
    "a point": ("region=point", "plan=off"),
    "made up": MADE_UP,
    "made up, no plan": (*MADE_UP, "plan=off"),
    "the smaller readings": ("plan/readings=[stations_none,teams_none]",),
    "delivered in part": ("delivery=partial",),
    "without patrol cars and nests": ("plan.patrol_cars.enabled=false", "plan.drone_nests.enabled=false"),
}
QUZHOU = "plan.stations opens 智慧新城二级站, which is not in the region's stations.csv: leave it out with "
NO_PLACES = "region.synthetic makes the region up, or it is a single cell: places are sought where a region has a table"
GRID = "a grid with Quzhou's plan"
REFUSED = {  # all else is done
    **{(command, GRID): QUZHOU for command in COMMANDS},
    ("whatif", GRID): f"without the changes: {QUZHOU}",
    ("sensitivity", GRID): "1 of 2 runs are not complete: ",
    ("attribution", GRID): "forces.specialists.chemical is 衢化路站, which is not in the region's",
    **{
        (command, world): NO_PLACES
        for command in ("siting", "portfolio")
        for world in ("a point", "made up", "made up, no plan")
    },
}
# Half a minute each, and no other levers than without a plan.
LONG = {("portfolio", world) for world in list(WORLDS)[-3:]}


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save each picture small: whether it can be drawn counts here."""
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, file, **words: save(self, file, **(words | {"dpi": 20}))
    )


@pytest.mark.slow
@pytest.mark.usefixtures("small_pictures")
@pytest.mark.parametrize(
    ("command", "world"), [(c, w) for c in COMMANDS for w in WORLDS if (c, w) not in LONG]
)
def test_every_command_works_in_every_world_or_says_why_not(
    command: str, world: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main([*COMMANDS[command], *WORLDS[world], f"out={tmp_path}"])
    said = capsys.readouterr().err
    if refusal := REFUSED.get((command, world)):
        assert status == 2, said
        assert f"error: {refusal}" in said
        left = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]
        # A study of many runs keeps its list of them.
        assert not [path for path in left if "runs" not in path.relative_to(tmp_path).parts]
    else:
        assert status == 0, said
        assert list(tmp_path.rglob("*.csv")) or list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("year=2023",), "year is 2023; allowed: 2024 or later, when the plan holds."),
        (("outcome=national", "draws=16"), "Or leave out what is not known: draws=0."),
    ],
)
def test_a_portfolio_that_cannot_be_finished_is_refused_before_the_search(
    words: tuple[str, ...], refusal: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["portfolio", *SEARCH, *words, f"out={tmp_path}"]) == 2
    assert refusal in capsys.readouterr().err
    assert not (tmp_path / "measured.csv").exists()


def test_a_python_without_the_libraries_is_told_to_activate_the_environment() -> None:
    root = Path(sim.__file__).parents[1]
    for words in (("scenario=2025",), ("compare", "runs"), ("--help",)):
        bare = subprocess.run(
            [sys.executable, "-S", "-m", "sim", *words], cwd=root, capture_output=True, text=True, check=False
        )
        assert bare.returncode == 2
        assert "has no library" in bare.stderr
        assert "source .venv/bin/activate" in bare.stderr
        assert bare.stderr.count("\n") == 1


@pytest.mark.parametrize(("first", "status"), [("-m", 2), ("notebook", 1)])
def test_an_older_python_is_told_which_is_needed(first: str, status: int) -> None:
    root = Path(sim.__file__).parents[1]
    code = f"import sys; sys.version_info = (3, 9, 18); sys.argv = [{first!r}]; import sim"
    old = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert old.returncode == status
    assert "needs Python 3.11 or newer" in old.stderr.splitlines()[-1]
