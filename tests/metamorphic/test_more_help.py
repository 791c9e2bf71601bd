"""One more unit, person or team on the platform, or a shorter delay: the first crew of four comes no later.

Without the luck of single trips and without other calls at the same time this holds for every incident. In the whole
system a unit that was sent to one call is missing at the next: a few incidents lose (the two-server paradox).
"""

import numpy as np
import pytest
from helpers.transform import tables, world_of

NO_LUCK = (
    "travel.noise_sd_log=0",
    *(
        f"forces.{tier}.turnout.sd_log=0"
        for tier in ("professional", "township", "volunteer", "micro", "civil")
    ),
    "dispatch.relay.delay.sd_log=0",
    "dispatch.relay.never={township: 0, volunteer: 0, micro: 0, patrol: 0, civil: 0}",
)
FEW = "demand.calls_per_year=150"  # two calls at once are rare
CLASS2 = "forces.professional.classes.class2"
BETTER = {
    "an engine more": f"{CLASS2}.vehicles.engine=2",
    "a person more in each team": "forces.township.staff=6",
    "all teams on the platform": "plan.unified_dispatch.before={township: 1, volunteer: 1, micro: 1, civil: 1}",
    "a quicker relay": "dispatch.relay.delay.scale=60",
    "a quicker turnout": "forces.professional.turnout.scale=40",
    "quicker call taking": "dispatch.centre.handling_fragmented.scale=60",
}


def crew_of_four(*arguments):
    incidents = tables(world_of("scenario=2023", *arguments)).incidents
    return incidents.set_index("incident")["first_capable_s"].fillna(np.inf), incidents.set_index("incident")


@pytest.mark.parametrize("better", BETTER.values(), ids=BETTER)
def test_more_help_never_delays_the_first_crew_of_four_of_a_lone_incident(better):
    (before, rows), (after, _) = (crew_of_four(*NO_LUCK, FEW, *more) for more in ((), (better,)))
    alone = rows["open_incidents"] == 0
    assert alone.sum() > 50
    later = (after - before)[alone & np.isfinite(before)]
    assert later.max() <= 1e-6, rows.loc[later.idxmax()]
