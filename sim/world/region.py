"""The study area: counties, townships and the 1-km cells that carry the demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.terms import TIER_TABLE
from sim.world.projection import Plane

CELL_M = 1000.0
POST_TIERS = tuple(tier.name for tier in TIER_TABLE if tier.posts)
# What the plan calls the post of a township: the same name has the same luck.
OF_TOWNSHIP = {"township": "专职队", "patrol": "巡逻车", "drone": "机巢"}


@dataclass(frozen=True)
class Township:
    """A township, town or subdistrict with its seat."""

    code: str
    name: str  # that no other township has
    county: str
    kind: str
    x: float
    y: float
    committees: int
    villages: int


@dataclass(frozen=True)
class Site:
    """A professional station, standing or planned."""

    name: str
    brigade: str
    station_class: str
    planned: bool
    x: float
    y: float
    proposed: str = ""  # definition of coverage for which the model itself proposes it, empty for the plan's
    year: int = 0  # of a proposed site: the year for whose target it is proposed
    added: bool = False  # by region.added, to be tried: nothing else moves because of it


@dataclass(frozen=True)
class Post:
    """A drone nest, a township's full-time team or a patrol car, in addition to those of the plan's levels."""

    name: str
    tier: str  # one of POST_TIERS
    x: float
    y: float
    township: int  # index into Region.townships, that of the nearest cell


@dataclass(frozen=True)
class Neighbour:
    """The seat of a neighbouring prefecture, from which help comes."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Cells:
    """Columns of the 1-km cells, each of shape (cells,)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    township: NDArray[np.int32]  # index into Region.townships
    population: NDArray[np.float64]
    setting: NDArray[np.int8]  # index into SETTINGS
    urban: NDArray[np.bool_]
    main_urban: NDArray[np.bool_]


@dataclass(frozen=True)
class Region:
    """The data of a region, from its tables or synthetic."""

    name: str
    projection: Plane
    counties: tuple[str, ...]
    townships: tuple[Township, ...]
    sites: tuple[Site, ...]
    cells: Cells
    posts: tuple[Post, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def brigades(self) -> tuple[str, ...]:
        """Return the fire brigades (大队) in the order of the table."""
        return tuple(dict.fromkeys(site.brigade for site in self.sites if not site.planned))

    @property
    def population(self) -> float:
        """Return the number of residents of the region."""
        return float(self.cells.population.sum())
