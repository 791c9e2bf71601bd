"""A process in SimPy's schedule that waits for moments in time alone: the story of an incident, and the like.

SimPy's own process needs an event with a list of callbacks for every wait, and two more to begin and to end. A story
is one event that is put into the schedule again and again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import simpy
from simpy.events import NORMAL

Steps = Iterator[None]  # the story: before each step it says when it goes on (`Story.wait_until`)

NEVER: Final = math.inf
ENDED: Final[Steps] = iter(())


class Story:
    """Carries out steps, each at its time. It has what SimPy asks of an event: `callbacks` and `_ok`."""

    __slots__ = ("_env", "_ok", "_steps", "callbacks", "due")

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._ok = True
        self._steps = ENDED
        self.callbacks: Iterable[Callable[[Story], None]] | None = GO_ON
        self.due = NEVER  # when the next step comes

    def begin(self, steps: Steps) -> None:
        """Carry out the first step now."""
        self._steps = steps
        self.go_on()

    def wait_until(self, time: float, now: float) -> None:
        """Let the next step come at a time, which may be never: then only `wake` brings it."""
        if time < NEVER:
            delay = time - now
            self.due = now + delay  # as SimPy works it out
            self._env.schedule(self, NORMAL, delay)
        else:
            self.due = NEVER

    def wake(self, now: float) -> None:
        """Let the next step come at once, whatever it waits for."""
        if self._steps is not ENDED and self.due != now:
            self.wait_until(now, now)

    def go_on(self) -> None:
        """Carry out the next step."""
        if next(self._steps, ENDED) is ENDED:
            self._steps, self.due = ENDED, NEVER


def _go_on(story: Story) -> None:
    story.callbacks = GO_ON
    if story.due == story._env.now:  # else it was woken before this, and waits for another time
        story.due = NEVER
        story.go_on()


GO_ON: Final = (_go_on,)
