"""The commands other than a run and a sweep, one entry each.

The module of a command has USAGE, which declares its options, and `run`, which executes it and returns the exit
status. The module is imported only when its command is called.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command: what it is for, in one line, and the module that holds it."""

    help: str
    module: str


COMMANDS = {
    "compare": Command("how runs differ from a baseline, paired", "sim.studies.compare"),
    "report": Command("one HTML page about a study, with an interactive map", "sim.studies.report"),
    "incident": Command("what happened in single incidents, unit by unit", "sim.studies.incident"),
    "watch": Command("a day of a run on a map, to play", "sim.studies.watch"),
    "replay": Command("a given incident in a scenario's year, beside the real one", "sim.studies.replay"),
    "whatif": Command("new stations, nests, teams, cars, or measures changed, paired", "sim.studies.whatif"),
    "app": Command("a page on this machine: what-ifs on a map, answered while one looks", "sim.app.command"),
    "collect": Command("one table over all runs of a sweep", "sim.studies.collect"),
    "export": Command("a run for Excel and maps: xlsx, CSV, GeoJSON, GeoPackage", "sim.studies.export"),
    "array": Command("the runs of a sweep as jobs of sbatch --array", "sim.studies.array"),
    "attribution": Command("which measures of the plan did it", "sim.studies.attribution.command"),
    "effects": Command("what each mechanism of the model does", "sim.studies.effects.command"),
    "sensitivity": Command("which assumptions move the results", "sim.studies.sensitivity.command"),
    "uncertainty": Command("how sure each claim is", "sim.studies.uncertainty.command"),
    "siting": Command("where further stations, nests, teams or cars go", "sim.studies.siting.command"),
    "portfolio": Command("what would do more for the same money", "sim.studies.portfolio.command"),
    "city": Command("another city: import, fit, validate, replay, what-ifs", "sim.city.command"),
    "completion": Command("a script that completes commands and keys in a shell", "sim.cli.completion"),
}
