"""What if: stations, nests, teams or patrol cars at given places, or measures changed, beside the scenario as it is.

Runs the scenario without and with the changes on the same incidents, and compares the two. Places are
longitude/latitude or townships; kinds are station (a small one), nest, team and car. Stations of the region's tables
close or move. Measures and all other keys are those of a run; they count for the run with the changes alone, those in
`alike` for both. Any run takes the places as region.added, region.closed and region.moved. FILE holds such words, one a
line: python -m sim app saves it.

    python -m sim whatif scenario=2027 add=station@118.86/28.97,nest@118.6/28.7 plan.patrol_cars.enabled=false
    python -m sim whatif close=府东街站 move=衢化路站@118.86/28.93 alike=travel.night_factor travel.night_factor=1.0
"""

from __future__ import annotations

from pathlib import Path

from sim.config import out_of_range
from sim.config.compose import compose, written
from sim.config.groups.region import HOW, MOVED
from sim.config.schema import Config
from sim.errors import SimError
from sim.options import Asked, Option, Usage, with_file
from sim.reports import terminal
from sim.runs import execute
from sim.studies import compare
from sim.world import regions

WITHOUT, WITH = "without", "with"
KEYS = {"add": "added", "close": "closed", "move": "moved"}  # options, with the keys of the region
ALIKE = (
    "scenario",
    "replications",
    "days",
    "seed",
    "workers",
    "delivery",
    "demand",
    "out",
    "region",
)  # of both runs
USAGE = Usage(
    (
        Option("add", f"new places: {HOW}", None, list),
        Option("close", "stations of the region's tables that close", None, list),
        Option("move", f"stations of the region's tables that move: {MOVED}", None, list),
        Option("alike", "keys that count for both runs, such as an assumption", None, list),
        Option("file", "a file with such words, one a line", None, Path),
        Option("figures", "pictures of the comparison", "main", allowed=("none", "main", "all")),
        Option("out", "folder of the two runs and the comparison", Path("results/whatif"), Path),
    ),
    configuration=True,
    refused={"name": "name is set by the command: the runs are called without and with."},
)


def run(asked: Asked) -> int:
    """Run without and with the changes, and compare."""
    asked = with_file(USAGE, asked)
    configs = pair(asked)
    for config in configs:
        out_of_range.tell(out_of_range.values(config), strict=config.strict)
    try:
        _run(configs[0])
    except SimError as problem:
        raise SimError(
            f"without the changes: {problem} A key that is to count for both runs goes into alike=."
        ) from None
    _run(configs[1])
    folders = [str(asked["out"] / name) for name in (WITHOUT, WITH)]
    asked_of = compare.USAGE.parse(
        [*folders, f"baseline={WITHOUT}", f"out={asked['out']}", f"figures={asked['figures']}", "mixed=true"]
    )
    return compare.run(asked_of)


def pair(asked: Asked) -> tuple[Config, Config]:
    """Return the configurations without and with the changes; SimError for a place or a station that is none."""
    alike = {*ALIKE, *(asked["alike"] or ())}
    shared = [word for word in asked.others if {word.split("=")[0], word.split("=")[0].split(".")[0]} & alike]
    fixed = [f"out={asked['out']}", "figures=none", "overwrite=true"]
    before = compose([*shared, *fixed, f"name={WITHOUT}"])
    changes = {
        f"region.{key}": [*getattr(before.region, key), *asked[option]]
        for option, key in KEYS.items()
        if asked[option]
    }
    if not changes and len(shared) == len(asked.others):
        raise SimError(
            f"nothing is changed; allowed: add= with {HOW}, close=, move=, or a key of the plan or of the model."
        )
    after = compose([*asked.others, *fixed, *written(changes), f"name={WITH}"])
    regions.load(after.region)  # refuses a place that is not in the region before anything is run
    return before, after


def _run(config: Config) -> None:
    with terminal.progress(f"{config.name} the changes", config.replications_at_most) as done:
        execute.on_disk(config, done)
