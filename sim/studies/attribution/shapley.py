"""Exact Shapley values: the contribution of each part to a change, averaged over all orders of the parts.

A game is an array of values by coalition. In row `mask`, part i is in force exactly if bit i of `mask` is set (part 0
is bit 0), so n parts have 2**n rows. Further axes (replications, indicators) are kept.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def members(parts: int) -> NDArray[np.bool_]:
    """Return which part is in which coalition, (2**parts, parts)."""
    return np.asarray((np.arange(2**parts)[:, None] >> np.arange(parts)) % 2 == 1)


def shapley(values: ArrayLike) -> Floats:
    """Return the Shapley value of each part, (parts, ...), for values of shape (2**parts, ...).

    The mean, over all orders in which the parts can come into force, of the change that each brings when it
    comes. The values of all parts add up to values[-1] - values[0].
    """
    game, parts = _game(values)
    inside = members(parts)
    size = inside.sum(axis=1)
    values = np.empty((parts, *game.shape[1:]))
    for part in range(parts):
        without = np.flatnonzero(~inside[:, part])
        weight = np.array([_weight(int(size[mask]), parts) for mask in without])
        values[part] = np.tensordot(weight, game[without + 2**part] - game[without], axes=1)
    return values


def alone(values: ArrayLike) -> Floats:
    """Return what each part changes if it is the only one, (parts, ...)."""
    game, parts = _game(values)
    return np.asarray(game[2 ** np.arange(parts)] - game[0])


def last(values: ArrayLike) -> Floats:
    """Return what each part changes if it comes after all others: what is lost without it, (parts, ...)."""
    game, parts = _game(values)
    return np.asarray(game[-1] - game[len(game) - 1 - 2 ** np.arange(parts)])


def _weight(before: int, parts: int) -> float:
    """Return the share of the orders of all parts in which exactly `before` given ones come before a part."""
    return factorial(before) * factorial(parts - before - 1) / factorial(parts)


def _game(values: ArrayLike) -> tuple[Floats, int]:
    game = np.asarray(values, dtype=np.float64)
    parts = len(game).bit_length() - 1 if game.ndim else 0
    if game.ndim == 0 or len(game) != 2**parts or not parts:
        raise ValueError(f"a game has 2, 4, 8, ... rows, one a coalition; found shape {game.shape}")
    return game, parts
