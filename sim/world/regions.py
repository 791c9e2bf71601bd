"""Load the region that a configuration asks for: from tables, or synthetic."""

from __future__ import annotations

from sim.config.groups.region import RegionConfig
from sim.world import region_tables, synthetic
from sim.world.region import Region


def load(config: RegionConfig) -> Region:
    """Return the region of the configuration. SimError names file, line and column of invalid data."""
    if config.synthetic is not None:
        return synthetic.generate(config, config.synthetic)
    return region_tables.read(config)
