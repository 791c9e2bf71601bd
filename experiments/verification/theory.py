"""The theory that the model must match: every case by name, each with exact values and a deliberate mistake."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from experiments.verification import arrivals, hypercube, queues, square_root_law, travel_and_fire
from experiments.verification.proof import Proof

Case = Callable[[], Iterator[Proof]]
CASES: dict[str, Case] = {
    **{
        f"Erlang B({load:g}, {servers}), {law}": partial(queues.erlang_b, load, servers, law, replications)
        for load, servers, replications in ((2, 3, 40), (5, 10, 66), (10, 10, 20))
        for law in queues.LAWS
    },
    "Erlang C(1.5, 3)": partial(queues.erlang_c, 1.5, 3, 40),
    "Erlang C(5, 8)": partial(queues.erlang_c, 5, 8, 60),
    "two-unit dispatches": queues.pairs,
    "Larson and Odoni": hypercube.larson,
    **{
        f"hypercube, {units} units, {kind}": partial(hypercube.several, units, kind)
        for units in range(2, 8)
        for kind in ("loss", "wait")
    },
    "hours and months": arrivals.profile,
    "days": arrivals.days,
    "busy by hour": arrivals.busy_by_hour,
    "ordinary days": arrivals.ordinary_days,
    "square root, Euclid": partial(square_root_law.square_root, "euclid"),
    "square root, Manhattan": partial(square_root_law.square_root, "manhattan"),
    "square root, manned": square_root_law.square_root_manned,
    "square root, n - busy": square_root_law.square_root_free,
    "travel, Euclid": partial(travel_and_fire.travel, "euclid", 0.0),
    "travel, Manhattan": partial(travel_and_fire.travel, "manhattan", 0.25),
    "fire": travel_and_fire.fire,
}


def timed(case: Case) -> list[Proof]:
    """Return the proofs of a case, the seconds that it took shared among them."""
    began = time.perf_counter()
    proofs = list(case())
    share = (time.perf_counter() - began) / len(proofs)
    return [replace(proof, seconds=share) for proof in proofs]


def run(tell: Callable[[str], None] = lambda name: None) -> Iterator[Proof]:
    """Yield every proof; `tell` hears the name of each case before it begins."""
    for name, case in CASES.items():
        tell(name)
        yield from timed(case)
