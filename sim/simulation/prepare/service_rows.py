"""Prepare what the fit to a city's log says of each incident: luck of turnout and trip, and stays."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.demand.workload import Workload
from sim.service import Service
from sim.simulation.prepare.batch import ServiceRows
from sim.simulation.prepare.candidates import Candidates
from sim.world.forces import Forces

Floats = NDArray[np.float64]


def known_to_dispatcher(near: Candidates, forces: Forces, service: Service, work: Workload) -> Candidates:
    """Return the stations with the times that the dispatcher expects, who knows more than the log tells.

    Units are on the road, about to be free, or better placed than their address says: the choice is not always the
    one that expected times suggest. Each station has a draw of its own at each incident.
    """
    slots = np.array([station.slot for station in forces.stations])
    z = np.take_along_axis(work.unit_draws["choice"], slots[near.station], axis=1)
    assert work.log is not None
    mean = service.turnout_s[near.station] + service.choice_s * z
    own = near.station == work.log.own[:, None]
    return near._replace(expected_s=near.expected_s + mean - service.own_s * own)


def service_rows(service: Service, work: Workload, hour: NDArray[Any]) -> ServiceRows:
    """Return the rows of a batch; `hour` is the hour of the day of each order."""
    assert work.log is not None
    draws = work.unit_draws
    stay = np.empty(draws["stay"].shape)
    for index, law in enumerate(service.stay):
        here = work.log.type == index
        stay[here] = law.draw(draws["stay"][here])
    columns = draws["station_turnout"], draws["station_travel"], stay, draws["present"], draws["position"]
    return ServiceRows(
        [dict(needs) for needs in work.log.needs],
        service.turnout_hour[hour.astype(np.int64)].tolist(),
        work.draws["tank"].tolist(),  # draws that nothing else uses where no water is modelled
        work.draws["hydrant"].tolist(),
        *(array("f", np.asarray(column, dtype=np.float32).tobytes()) for column in columns),
    )
