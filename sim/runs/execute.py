"""Make one run from configuration to result: replications, indicators, figures, and the run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import coverage
from sim.analysis import targets as scoreboard
from sim.analysis.accumulator import Accumulator
from sim.analysis.outcome import INCIDENTS
from sim.config import out_of_range
from sim.config.city_file import tables_folder
from sim.config.groups.region import RegionConfig
from sim.config.naming import run_name
from sim.config.schema import RESULT_FREE, Config
from sim.config.text import to_yaml
from sim.errors import SimError
from sim.runs import memory, region_notes
from sim.runs import replications as replicate
from sim.runs.precision import Precision
from sim.runs.replications import Tables
from sim.simulation import replication
from sim.simulation.columns import schema
from sim.simulation.dispatch.plugins import own_files
from sim.simulation.dispatch_columns import DISPATCHES
from sim.simulation.replication import World
from sim.storage.provenance import code_digest, digest, forget, provenance, tables_digest
from sim.storage.run_folder import MEANING, Result, differing
from sim.storage.writer import RunWriter
from sim.world import plan, proposals, regions
from sim.world.region import Region

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PICTURED = 50  # replications that the pictures show
MOST_DRAWING = 4  # processes: each is sent the tables, for a picture or two
PICTURE_COLUMNS = {  # all that the figures of a run declare
    "incidents": [
        "replication", "incident", "time_s", "type", "cell", "township",
        "first_arrival_s", "first_arrival_tier", "first_capable_s", "first_professional_s", "closed_s",
    ],
    "dispatches": ["replication", "incident", "tier", "station", "dispatched_s", "arrived_s", "ready_s"],
}  # fmt: skip

Progress = Callable[[int], None]


def config_digest(config: Config) -> str:
    """Return a digest of everything that the tables depend on."""
    return digest({key: item for key, item in asdict(config).items() if key not in RESULT_FREE})


def facts(config: Config, known: str = "") -> dict[str, str]:
    """Return what run.json must say for a run to be taken instead of running this configuration again.

    `known` is the configuration's digest, where it has been worked out.
    """
    own = own_files(config)
    return {
        "config_digest": known or config_digest(config),
        "code_digest": code_digest(),
        "region_digest": tables_digest(tables_folder(config.region.folder)),
        **({"travel_digest": tables_digest(Path(config.travel.file))} if config.travel.file else {}),
        **({"policy_digest": digest([tables_digest(file) for file in own])} if own else {}),
        "figures": config.figures,
        "keep": config.keep,
    }


def _facts_now(config: Config, known: str = "") -> dict[str, str]:
    """Return the facts from files that are read anew."""
    forget()
    return facts(config, known)


def _still(config: Config, before: dict[str, str]) -> dict[str, str]:
    """Return the facts found before a run, if they hold at its end: a result names the bytes that it was made from."""
    if name := differing(_facts_now(config, before["config_digest"]), before):
        raise SimError(
            f"the {MEANING.get(name, name)} was changed while the run was under way, and nothing of it is kept: "
            "run it again."
        )
    return before


def workload_digest(config: Config, world: World) -> str:
    """Return a digest of what the workload depends on apart from the seed: demand, cells and their projection.

    Stations and the place of the tables have no part in it: who answers a call does not change the calls. Nor have
    computed numbers, which another C library may round otherwise: a synthetic region counts by its options.
    """
    cells, region = world.region.cells, config.region
    columns = (cells.lon, cells.lat, cells.population, cells.setting, cells.urban)
    places = [np.ascontiguousarray(column).tobytes().hex() for column in columns]
    if region.synthetic is not None:
        places = [str(replace(region.synthetic, stations_per_county=1))]
    edges = [region.lon_min, region.lon_max, region.lat_min, region.lat_max]
    return digest({"demand": asdict(config.demand), "cells": digest(places), "edges": edges})


@lru_cache(maxsize=2)  # a process of a sweep makes run after run
def _region(config: RegionConfig, _: str) -> Region:
    """Return the region whose tables have this digest."""
    return regions.load(config)


def in_memory(config: Config, progress: Progress = lambda done: None) -> Result:
    """Run and return everything in memory, writing nothing; SimError when max_memory is not enough."""
    with memory.bounded(config.max_memory):
        return _in_memory(config, progress)


def _in_memory(config: Config, progress: Progress) -> Result:
    import pandas as pd
    import pyarrow as pa

    began, made_from = time.perf_counter(), _facts_now(config)
    world = replication.build_world(config)
    tables = []
    accumulator = Accumulator()
    precision = Precision(config)
    for item in _replications(world, precision):
        tables.append(item)
        accumulator.add(item.indicators)
        progress(item.number + 1)
    values = pd.concat([item.indicators for item in tables], ignore_index=True)
    kept = [
        pa.concat_tables(parts).to_pandas() for parts in zip(*(item.kept for item in tables), strict=True)
    ]
    calls, seconds = sum(item.calls for item in tables), time.perf_counter() - began
    info = _info(config, world, precision, calls, seconds, made_from)
    return Result.of(
        **dict(zip(("incidents", "dispatches"), kept, strict=False)),
        kpis=_kpis(accumulator, world), values=values, info=info, config=to_yaml(config),
    )  # fmt: skip


def on_disk(config: Config, progress: Progress = lambda done: None) -> Path:
    """Run, leave the result in its folder and return that; the folder is complete or absent.

    SimError when max_memory is not enough.
    """
    with memory.bounded(config.max_memory):
        return _on_disk(config, progress)


def _on_disk(config: Config, progress: Progress) -> Path:
    began, made_from = time.perf_counter(), _facts_now(config)
    world = replication.build_world(config, _region(config.region, made_from["region_digest"]))
    folder = Path(config.out) / run_name(config)
    with RunWriter(
        folder,
        table_schemas=[schema(INCIDENTS), schema(DISPATCHES)] if config.keep == "tables" else (),
        only_over=config_digest(config) if config.name and not config.overwrite else "",
    ) as writer:
        accumulator = Accumulator()
        pictured: list[dict[str, pa.Table]] = []
        total = 0
        precision = Precision(config)
        for item in _replications(world, precision):
            writer.add(item.indicators, *item.kept)
            accumulator.add(item.indicators)
            total += item.calls
            if len(pictured) < PICTURED and config.figures != "none":
                shown = {
                    name: getattr(item, name).select(columns) for name, columns in PICTURE_COLUMNS.items()
                }
                pictured.append(shown)
            progress(item.number + 1)
        kpis = _kpis(accumulator, world)
        writer.write_csv("in_force.csv", in_force(config, accumulator.replications))
        targets = scoreboard.scoreboard(config, world, kpis)
        writer.write_csv("targets.csv", targets)
        if pictured:
            _draw(writer.path / "figures", config, world, pictured, kpis, targets)
        info = _info(config, world, precision, total, time.perf_counter() - began, made_from)
        writer.finish(info, to_yaml(config), kpis)
    return folder


def _replications(world: World, precision: Precision) -> Iterator[Tables]:
    """Yield replications in order until there are enough; what workers have under way beyond is dropped."""
    with closing(replicate.run(world)) as run:
        for item in run:
            precision.add(item.indicators)
            yield item
            if precision.enough():
                return


def in_force(config: Config, replications: int | None = None) -> pd.DataFrame:
    """Return the measures with their level at the end of the scenario year and the clause behind each.

    `replications` is how many there were, where the configuration leaves it open (auto).
    """
    import pandas as pd

    drawn = deliveries(config, replications)
    lines = plan.in_force(config.plan, config.scenario.year, config.delivery, drawn)
    own = proposals.of_own_tables(config.region)
    return pd.DataFrame([asdict(line) for line in (*lines, *own)])


def deliveries(config: Config, replications: int | None = None) -> dict[str, list[float]] | None:
    """Return, for a partial delivery, the share of every measure in each replication; else nothing."""
    if config.delivery != plan.PARTIAL:
        return None
    numbers = range(replications or config.replications_at_most)
    marks = [replication.marks(config, number) for number in numbers]
    drawn = [plan.shares(config.plan, config.scenario.year, config.delivery, each) for each in marks]
    return {key: [share[key] for share in drawn] for key in drawn[0]}


def _kpis(accumulator: Accumulator, world: World) -> pd.DataFrame:
    import pandas as pd

    static = coverage.static_rows(world, accumulator.replications)
    tables = [accumulator.summary(), static, scoreboard.chance_rows(accumulator, replicate.facts_of(world))]
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def _info(
    config: Config,
    world: World,
    precision: Precision,
    incidents: int,
    seconds: float,
    made_from: dict[str, str],
) -> dict[str, Any]:
    return {
        "name": run_name(config),
        "scenario": config.scenario.year,
        "title": config.scenario.title,
        "delivery": config.delivery,
        "reading": config.plan.reading,
        "levels": asdict(world.levels),
        "seed": config.seed,
        "replications": precision.done,
        "precision": precision.report(),
        "days": config.days,
        "workers": replicate.workers(config),
        **_still(config, made_from),
        "region": config.region.folder,
        "workload_digest": workload_digest(config, world),
        "incidents": incidents,
        "outside_book": out_of_range.notes(out_of_range.values(config)),
        "region_notes": [*region_notes.notes(config, world.region), *world.travel.notes],
        "wall_time_s": round(seconds, 3),
        **provenance(),
    }


def _draw(
    folder: Path,
    config: Config,
    world: World,
    pictured: list[dict[str, pa.Table]],
    kpis: pd.DataFrame,
    targets: pd.DataFrame,
) -> None:
    from sim.runs.pictures import Shown, draw

    incidents, dispatches = ([part[name] for part in pictured] for name in PICTURE_COLUMNS)
    folder.mkdir(parents=True, exist_ok=True)
    workers = min(replicate.workers(config), MOST_DRAWING)
    draw(Shown(folder, config, world.levels.stations_open, incidents, dispatches, kpis, targets, workers))
