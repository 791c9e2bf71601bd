"""Load the region that a configuration asks for: from tables, with places added, closed and moved, or synthetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim.config.groups.region import ADDED, PLACE, RegionConfig
from sim.errors import SimError, did_you_mean
from sim.world import region_tables, synthetic
from sim.world.placement import nearest_brigade
from sim.world.projection import Projection
from sim.world.region import OF_TOWNSHIP, Post, Region, Site

CLASS = "small"  # of a station that is added
FAR_KM = 30.0  # from every cell: so far away a place is a slip of the pen


def load(config: RegionConfig) -> Region:
    """Return the region of the configuration. SimError names file, line and column of invalid data."""
    made_up = config.synthetic
    region = region_tables.read(config) if made_up is None else synthetic.generate(config, made_up)
    return with_places(_with_stations(region, config), config.added)


def _with_stations(region: Region, config: RegionConfig) -> Region:
    """Return the region without the stations that close, and with others where they move."""
    moved = dict(text.rsplit("@", 1) for text in config.moved)
    standing = [site.name for site in region.sites if not site.planned]
    for key, names in (("closed", config.closed), ("moved", moved)):
        for name in names:
            if name not in standing:
                hint = did_you_mean(name, standing)
                raise SimError(
                    f"region.{key} holds {name!r}, which is no standing station{hint}; allowed: {', '.join(standing)}."
                )
    sites = [site for site in region.sites if site.name not in config.closed]
    for row, site in enumerate(sites):
        if site.name in moved:
            x, y, _, _ = _place(region, "moved", f"{site.name}@{moved[site.name]}", moved[site.name])
            sites[row] = replace(site, x=x, y=y)
    return replace(region, sites=tuple(sites))


def with_places(region: Region, texts: Sequence[str]) -> Region:
    """Return the region with the places; SimError for one that is not in it."""
    sites, posts = list(region.sites), list(region.posts)
    for text in texts:
        kind, _, where = text.partition("@")
        tier = ADDED[kind]
        x, y, township, name = _place(region, "added", text, where)
        if tier:
            posts.append(Post(f"{name}{OF_TOWNSHIP[tier]}" if name else text, tier, x, y, township))
        else:
            brigade = nearest_brigade(region, x, y)
            sites.append(Site(text, brigade, CLASS, planned=False, x=x, y=y, added=True))
    return replace(region, sites=tuple(sites), posts=tuple(posts))


def _place(region: Region, key: str, text: str, where: str) -> tuple[float, float, int, str]:
    """Return x, y, township of a place, and the township's name if it is given by it."""
    match = PLACE.fullmatch(where)
    if match is None:
        names = [township.name for township in region.townships]
        if where not in names:
            raise SimError(
                f"region.{key} holds {text!r}: {region.name} has no township {where!r}{did_you_mean(where, names)}."
            )
        index = names.index(where)
        return region.townships[index].x, region.townships[index].y, index, where
    plane = region.projection
    assert isinstance(plane, Projection)  # a made-up region takes no places
    x, y = (float(axis[0]) for axis in plane.metres(*(np.array([float(d)]) for d in match.groups())))
    away_m = np.hypot(region.cells.x - x, region.cells.y - y)
    if away_m.min() > FAR_KM * 1000:
        raise SimError(
            f"region.{key} holds {text}, {away_m.min() / 1000:,.0f} km from {region.name}; "
            "allowed: a place in the region, longitude first."
        )
    return x, y, int(region.cells.township[away_m.argmin()]), ""
