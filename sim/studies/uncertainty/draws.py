"""Draw everything that is not known at once: a scrambled Sobol sequence, with correlations by a Gaussian copula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.studies.sensitivity.parameters import Parameter

Floats = NDArray[np.float64]

# Of all that is no assumption but has a range in the book, what moves a response, a fire or a death; and two numbers
# whose rows of the book hold several (see sim.studies.sensitivity.command). What a standard fixes is not varied.
PARAMETERS: tuple[str, ...] = (
    "assumptions", "plan.unified_dispatch.phase.2025:0..0.9", "dispatch.relay.never.township:0..0.5",
    "t_relay", "t_disc_d", "t_to_p", "t_to_v", "t_to_m", "t_to_d", "a_eff", "f_night", "sd_tt", "k_urb", "t_obs",
    "q_noz", "p_self_ext", "Q_fo", "q_area", "A_noz", "lamF_urb", "lamF_rur", "p_hr", "D_zj", "d_res", "rr60", "r_alarm",
)  # fmt: skip
# Parameters that are high or low together, with the correlation of their normal scores: one centre handles the call
# before and after; one centre connected the teams; one method estimated the speeds, or the durations on scene.
TOGETHER: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.7, ("t_disp0", "t_disp1")),
    (0.7, ("b_int_t", "b_int_v", "b_int_m", "b_int_c")),
    (0.5, ("v_urb", "v_town", "v_prov", "v_cty", "v_mtn")),
    (0.5, ("os_out", "os_veh", "os_res", "os_big", "os_resc", "os_soc", "os_false")),
)
LEAST = 2.0**-53  # of a quantile: the normal score of 0 is infinite


def quantiles(parameters: Sequence[Parameter], count: int, seed: int) -> Floats:
    """Return the design as shares of each law, (draws, parameters); more draws begin with the same ones.

    Parameters of a group share a common normal factor; the factors are further columns of the sequence.
    """
    from scipy import special
    from scipy.stats import qmc

    number = {parameter.symbol: place for place, parameter in enumerate(parameters)}
    groups = [(rho, [number[s] for s in symbols if s in number]) for rho, symbols in TOGETHER]
    groups = [(rho, places) for rho, places in groups if len(places) > 1]
    whole = (count - 1).bit_length()  # a power of two, which the sequence is balanced for
    points = qmc.Sobol(len(parameters) + len(groups), seed=seed).random_base2(whole)[:count]
    scores = special.ndtri(np.clip(points, LEAST, 1 - LEAST))
    for factor, (rho, places) in enumerate(groups, len(parameters)):
        common = np.sqrt(rho) * scores[:, [factor]]
        points[:, places] = special.ndtr(common + np.sqrt(1 - rho) * scores[:, places])
    return np.asarray(points[:, : len(parameters)])


def values(parameters: Sequence[Parameter], shares: Floats) -> Floats:
    """Return the values of the parameters at these shares of their laws, (draws, parameters)."""
    columns = [
        [parameter.at(float(u)) for u in column]
        for parameter, column in zip(parameters, shares.T, strict=True)
    ]
    return np.array(columns, dtype=float).reshape(len(parameters), len(shares)).T
