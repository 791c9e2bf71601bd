"""The available travel models, by their name in `travel.model`."""

from __future__ import annotations

from collections.abc import Callable

from sim.config.groups.travel import TravelConfig
from sim.errors import SimError
from sim.world.region import Region
from sim.world.travel.law import TravelLaw
from sim.world.travel.matrix import TravelMatrix
from sim.world.travel.model import TravelModel
from sim.world.travel.network import TravelNetwork

MODELS: dict[str, Callable[[TravelConfig, Region], TravelModel]] = {
    "law": TravelLaw,
    "matrix": TravelMatrix,
    "network": TravelNetwork,
}


def build(config: TravelConfig, region: Region) -> TravelModel:
    """Return the travel model that the configuration chooses."""
    if config.model not in MODELS:
        raise SimError(f"travel.model is {config.model!r}; allowed: {', '.join(MODELS)}.")
    return MODELS[config.model](config, region)
