"""What if: stations, nests, teams or patrol cars at given places, or measures changed, beside the scenario as it is.

Runs the scenario without and with the changes on the same incidents, and compares the two. Places are
longitude/latitude or townships; kinds are station (a small one), nest, team and car. Measures and all other keys are
those of a run; they count for the run with the changes alone. Any run takes the places as region.added=[...].

    python -m sim whatif scenario=2027 add=station@118.86/28.97,nest@118.6/28.7 plan.patrol_cars.enabled=false
"""

from __future__ import annotations

from pathlib import Path

from sim.config import out_of_range
from sim.config.compose import compose
from sim.config.groups.region import HOW
from sim.config.schema import Config
from sim.errors import SimError
from sim.options import Asked, Option, Usage, as_arguments
from sim.reports import terminal
from sim.runs import execute
from sim.studies import compare
from sim.world import regions

WITHOUT, WITH = "without", "with"
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
        Option("figures", "pictures of the comparison", "main", allowed=("none", "main", "all")),
        Option("out", "folder of the two runs and the comparison", Path("results/whatif"), Path),
    ),
    configuration=True,
    refused={"name": "name is set by the command: the runs are called without and with."},
)


def run(asked: Asked) -> int:
    """Run without and with the changes, and compare."""
    shared = [word for word in asked.others if word.split("=")[0].split(".")[0] in ALIKE]
    fixed = [f"out={asked['out']}", "figures=none", "overwrite=true"]
    before = compose([*shared, *fixed, f"name={WITHOUT}"])
    if asked["add"] is None and len(shared) == len(asked.others):
        raise SimError(f"nothing is changed; allowed: add= with {HOW}, or a key of the plan or of the model.")
    added = as_arguments([], {"region.added": [*before.region.added, *(asked["add"] or [])]})
    after = compose([*asked.others, *fixed, *added, f"name={WITH}"])
    regions.load(after.region)  # refuses a place that is not in the region before anything is run
    for config in (before, after):
        out_of_range.tell(out_of_range.values(config), strict=config.strict)
    for config in (before, after):
        _run(config)
    folders = [str(asked["out"] / name) for name in (WITHOUT, WITH)]
    asked_of = compare.USAGE.parse(
        [*folders, f"baseline={WITHOUT}", f"out={asked['out']}", f"figures={asked['figures']}", "mixed=true"]
    )
    return compare.run(asked_of)


def _run(config: Config) -> None:
    with terminal.progress(f"{config.name} the changes", config.replications_at_most) as done:
        execute.on_disk(config, done)
