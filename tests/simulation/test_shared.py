"""What replications share follows from the very parts it was made of."""

from __future__ import annotations

from sim.simulation.shared import shared


def test_what_was_made_is_kept_only_for_the_same_objects() -> None:
    made: list[list[int]] = []

    def make(*parts: list[int]) -> list[int]:
        made.append([len(part) for part in parts])
        return made[-1]

    one, equal = [1], [1]
    first = shared(make, one)
    assert shared(make, one) is first
    assert shared(make, equal) is not first  # equal is not the same: a world may be changed in place
    assert shared(make, one) is not first  # only the last is kept
    assert len(made) == 3
