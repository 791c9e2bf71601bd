"""A light process in SimPy's schedule that only waits for times, such as the course (story) of an incident.

SimPy's own process needs an event with a list of callbacks for every wait, and two more to begin and to end. A story
is one event that is put into the schedule again and again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import simpy
from simpy.events import NORMAL

Steps = Iterator[None]  # before each further step the story says when it comes (`Story.wait_until`)

NEVER: Final = math.inf
ENDED: Final[Steps] = iter(())
ORDINARY: Final = NORMAL


class Story:
    """Carries out steps, each at its time. It has what SimPy asks of an event: `callbacks` and `_ok`."""

    __slots__ = ("_env", "_ok", "_steps", "callbacks", "due", "now")

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._ok = True
        self._steps = ENDED
        self.callbacks: Iterable[Callable[[Story], None]] | None = CALLBACKS
        self.now: float = env.now  # time of the present step
        self.due = NEVER  # time of the next one

    def begin(self, steps: Steps) -> None:
        """Carry out the first step now."""
        self._steps = steps
        self._go_on()

    def wait_until(self, time: float) -> None:
        """Let the next step come at a time, which may be never: then only `wake` brings it."""
        if time < NEVER:
            delay = time - self.now
            self.due = self.now + delay  # as SimPy works it out
            self._env.schedule(self, ORDINARY, delay)
        else:
            self.due = NEVER

    def wake(self, now: float) -> None:
        """Let the next step come at once, whatever it waits for."""
        if self._steps is not ENDED and self.due != now:
            self.now = now
            self.wait_until(now)

    def happen(self) -> None:
        """Carry out the next step if this is its time; else it was woken before, and waits for another one."""
        self.callbacks = CALLBACKS
        now = self._env.now
        if self.due == now:
            self.now, self.due = now, NEVER
            self._go_on()

    def _go_on(self) -> None:
        if next(self._steps, ENDED) is ENDED:
            self._steps, self.due = ENDED, NEVER


def _happen(story: Story) -> None:
    story.happen()


CALLBACKS: Final = (_happen,)
