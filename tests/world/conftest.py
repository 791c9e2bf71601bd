"""The shipped region and configuration, read once for the tests of this folder."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.config.schema import Config
from sim.world import regions
from sim.world.region import Region


@pytest.fixture(scope="session")
def config() -> Config:
    return compose(["scenario=2025"])


@pytest.fixture(scope="session")
def region(config: Config) -> Region:
    return regions.load(config.region)
